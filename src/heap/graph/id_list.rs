//! Identifiers in the order of the file, in a byte or two each: neighbours in the file are neighbours in memory.

/// Identifiers in the order in which they were added.
#[derive(Debug)]
pub(in crate::heap) struct IdList {
    /// The distance of each identifier from the one before, as LEB128.
    bytes: Vec<u8>,
    last: u64,
    len: usize,
    min: u64,
    max: u64,
    /// All distances but the first, one over the other: its lowest bit is the lowest in which two identifiers differ.
    distances: u64,
}

impl Default for IdList {
    fn default() -> Self {
        Self {
            bytes: Vec::new(),
            last: 0,
            len: 0,
            min: u64::MAX,
            max: 0,
            distances: 0,
        }
    }
}

/// Addresses are multiples of eight: those three bits go to the top, where a real distance leaves them out.
const ALIGNED: u32 = 3;

impl IdList {
    /// Adds an identifier.
    #[inline]
    pub(in crate::heap) fn push(&mut self, id: u64) {
        let distance = id.wrapping_sub(self.last);
        if self.len > 0 {
            self.distances |= distance;
        }
        self.min = self.min.min(id);
        self.max = self.max.max(id);
        self.last = id;
        self.len += 1;
        let distance = distance.rotate_right(ALIGNED) as i64;
        let mut rest = (distance << 1 ^ distance >> 63) as u64;
        while rest >= 0x80 {
            self.bytes.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        self.bytes.push(rest as u8);
    }

    /// How many there are.
    pub(in crate::heap) fn len(&self) -> usize {
        self.len
    }

    /// The smallest and the largest identifier; `None` of an empty list.
    pub(in crate::heap) fn bounds(&self) -> Option<(u64, u64)> {
        (self.len > 0).then_some((self.min, self.max))
    }

    /// A number whose lowest bit is the lowest in which two of the identifiers differ.
    pub(in crate::heap) fn differences(&self) -> u64 {
        self.distances
    }

    /// Gives back memory that was kept for more.
    pub(in crate::heap) fn shrink(&mut self) {
        self.bytes.shrink_to_fit();
    }

    /// The identifiers in order.
    pub(in crate::heap) fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        let mut bytes = self.bytes.iter();
        let mut last = 0_u64;
        std::iter::from_fn(move || {
            let (mut folded, mut shift) = (0, 0);
            loop {
                let byte = *bytes.next()?;
                folded |= u64::from(byte & 0x7F) << shift;
                shift += 7;
                if byte < 0x80 {
                    break;
                }
            }
            let distance = folded >> 1 ^ (folded & 1).wrapping_neg();
            last = last.wrapping_add(distance.rotate_left(ALIGNED));
            Some(last)
        })
    }
}

impl FromIterator<u64> for IdList {
    fn from_iter<I: IntoIterator<Item = u64>>(ids: I) -> Self {
        let mut list = Self::default();
        ids.into_iter().for_each(|id| list.push(id));
        list
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn neighbours_take_a_byte() {
        let list: IdList = (1..1000).map(|at| 0x7_0000_0000 + at * 24).collect();
        assert!(list.bytes.len() < 1010);
    }

    proptest! {
        #[test]
        fn what_goes_in_comes_out(ids in proptest::collection::vec(any::<u64>(), 0..50)) {
            let list: IdList = ids.iter().copied().collect();
            prop_assert_eq!(list.len(), ids.len());
            prop_assert_eq!(list.iter().collect::<Vec<_>>(), ids.clone());
            let bounds = ids.iter().copied().min().zip(ids.iter().copied().max());
            prop_assert_eq!(list.bounds(), bounds);
            let differences = ids.iter().fold(0, |bits, id| bits | id ^ ids[0]);
            prop_assert_eq!(list.differences().trailing_zeros(), differences.trailing_zeros());
        }
    }
}
