//! How summaries are written to a partial file: fields in a fixed order, numbers as variable-length integers of seven bits
//! a byte (LEB128), signed ones with the sign in the lowest bit. Equal summaries are equal bytes.

/// Something that can be written and read back.
pub(super) trait Wire: Sized {
    /// Appends it.
    fn put(&self, out: &mut Vec<u8>);

    /// Reads it; `None` when the bytes end early or make no sense.
    fn take(from: &mut Reader<'_>) -> Option<Self>;
}

/// The bytes not yet read.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    /// The next `count` bytes.
    pub(super) fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(head)
    }
}

impl Wire for u64 {
    fn put(&self, out: &mut Vec<u8>) {
        let mut value = *self;
        while value >= 0x80 {
            out.push(value as u8 | 0x80);
            value >>= 7;
        }
        out.push(value as u8);
    }

    fn take(from: &mut Reader<'_>) -> Option<Self> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = from.bytes(1)?[0];
            value |= Self::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }
}

impl Wire for i64 {
    fn put(&self, out: &mut Vec<u8>) {
        (((*self << 1) ^ (*self >> 63)) as u64).put(out);
    }

    fn take(from: &mut Reader<'_>) -> Option<Self> {
        let value = u64::take(from)?;
        Some((value >> 1) as Self ^ -((value & 1) as Self))
    }
}

macro_rules! narrow {
    ($($name:ty),*) => {$(
        impl Wire for $name {
            fn put(&self, out: &mut Vec<u8>) {
                (*self as u64).put(out);
            }

            fn take(from: &mut Reader<'_>) -> Option<Self> {
                Self::try_from(u64::take(from)?).ok()
            }
        }
    )*};
}

narrow!(u16, u32, usize);

impl Wire for u8 {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(*self);
    }

    fn take(from: &mut Reader<'_>) -> Option<Self> {
        Some(from.bytes(1)?[0])
    }
}

impl Wire for bool {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }

    fn take(from: &mut Reader<'_>) -> Option<Self> {
        Some(from.bytes(1)?[0] != 0)
    }
}

impl Wire for String {
    fn put(&self, out: &mut Vec<u8>) {
        self.as_bytes().to_vec().put(out);
    }

    fn take(from: &mut Reader<'_>) -> Option<Self> {
        Self::from_utf8(Vec::take(from)?).ok()
    }
}

impl<T: Wire> Wire for Vec<T> {
    fn put(&self, out: &mut Vec<u8>) {
        self.len().put(out);
        self.iter().for_each(|item| item.put(out));
    }

    fn take(from: &mut Reader<'_>) -> Option<Self> {
        let count = usize::take(from)?;
        // Every item takes at least a byte, so a count that lies cannot make this allocate much.
        if count > from.0.len() {
            return None;
        }
        (0..count).map(|_| T::take(from)).collect()
    }
}

impl<T: Wire> Wire for Option<T> {
    fn put(&self, out: &mut Vec<u8>) {
        self.is_some().put(out);
        self.iter().for_each(|item| item.put(out));
    }

    fn take(from: &mut Reader<'_>) -> Option<Self> {
        match bool::take(from)? {
            true => T::take(from).map(Some),
            false => Some(None),
        }
    }
}

impl<A: Wire, B: Wire> Wire for (A, B) {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
        self.1.put(out);
    }

    fn take(from: &mut Reader<'_>) -> Option<Self> {
        Some((A::take(from)?, B::take(from)?))
    }
}

impl<A: Wire, B: Wire, C: Wire> Wire for (A, B, C) {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
        self.1.put(out);
        self.2.put(out);
    }

    fn take(from: &mut Reader<'_>) -> Option<Self> {
        Some((A::take(from)?, B::take(from)?, C::take(from)?))
    }
}

/// Implements [`Wire`] for a struct, field by field.
macro_rules! wire {
    ($name:ident(0)) => {
        impl $crate::access::wire::Wire for $name {
            fn put(&self, out: &mut Vec<u8>) {
                self.0.put(out);
            }

            fn take(from: &mut $crate::access::wire::Reader<'_>) -> Option<Self> {
                $crate::access::wire::Wire::take(from).map(Self)
            }
        }
    };
    ($name:ident $(<$parameter:ident: $kind:ty>)? { $($field:ident),* $(,)? }) => {
        impl $(<const $parameter: $kind>)? $crate::access::wire::Wire for $name $(<$parameter>)? {
            fn put(&self, out: &mut Vec<u8>) {
                $($crate::access::wire::Wire::put(&self.$field, out);)*
            }

            fn take(from: &mut $crate::access::wire::Reader<'_>) -> Option<Self> {
                Some(Self { $($field: $crate::access::wire::Wire::take(from)?),* })
            }
        }
    };
}
pub(super) use wire;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(a: u64, b: i64, c in prop::collection::vec(any::<u16>(), 0..9), d in ".{0,9}") {
            let mut out = Vec::new();
            (a, b, c.clone()).put(&mut out);
            d.put(&mut out);
            let mut reader = Reader(&out);
            prop_assert_eq!(<(u64, i64, Vec<u16>)>::take(&mut reader), Some((a, b, c)));
            prop_assert_eq!(String::take(&mut reader), Some(d));
            prop_assert!(reader.0.is_empty());
            for end in 0..out.len() {
                let mut reader = Reader(&out[..end]);
                let _ = <(u64, i64, Vec<u16>)>::take(&mut reader);
            }
        }
    }
}
