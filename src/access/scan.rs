//! Searching for bytes that are near: most fields end within a few bytes, where looking at a word of eight at a time beats the
//! call of a vector search.

/// The first `byte` of `text`.
#[inline]
pub(super) fn first(byte: u8, text: &[u8]) -> Option<usize> {
    let Some((near, _)) = text.split_first_chunk::<16>() else {
        return text.iter().position(|found| *found == byte);
    };
    let (low, high) = near.split_at(8);
    for (half, base) in [(low, 0), (high, 8)] {
        if let Some(word) = half.first_chunk() {
            let marks = zeros(*word, byte);
            if marks != 0 {
                return Some(base + place(marks));
            }
        }
    }
    memchr::memchr(byte, &text[16..]).map(|at| 16 + at)
}

/// The first of `one` and `other` in `text`.
#[inline]
pub(super) fn first_of_two(one: u8, other: u8, text: &[u8]) -> Option<usize> {
    let (words, rest) = text.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let marks = zeros(*word, one) | zeros(*word, other);
        if marks != 0 {
            return Some(8 * index + place(marks));
        }
    }
    let at = rest
        .iter()
        .position(|byte| *byte == one || *byte == other)?;
    Some(8 * words.len() + at)
}

/// Marks the bytes of a word of eight that are `byte`: `x` has a zero there. Of the marks only the lowest is certain, the next
/// ones may come from what it borrowed (Mycroft 1987).
#[inline]
fn zeros(word: [u8; 8], byte: u8) -> u64 {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGH: u64 = ONES << 7;
    let x = u64::from_le_bytes(word) ^ (ONES * u64::from(byte));
    x.wrapping_sub(ONES) & !x & HIGH
}

#[inline]
fn place(marks: u64) -> usize {
    marks.trailing_zeros() as usize / 8
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_first_is_found(text in prop::collection::vec(prop::sample::select(vec![b'a', b'?', b'#', b'"', b'!', 0, 0x80, 0xff]), 0..60)) {
            let position = |bytes: &[u8]| text.iter().position(|byte| bytes.contains(byte));
            prop_assert_eq!(first(b'"', &text), position(b"\""));
            prop_assert_eq!(first_of_two(b'?', b'#', &text), position(b"?#"));
        }
    }
}
