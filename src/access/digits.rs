//! Whole numbers without a sign, eight digits in a few steps.

/// Digits only: `200`. No sign, no overflow.
pub(super) fn integer(text: &[u8]) -> Option<u64> {
    if let 1..=8 = text.len() {
        return eight(text);
    }
    if text.is_empty() || text.len() > 19 {
        return None;
    }
    let mut value = 0_u64;
    for byte in text {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + u64::from(digit);
    }
    Some(value)
}

/// The number of one to seven digits that `text` begins with, and what follows them; `None` also near the end of a line,
/// where fewer than eight bytes are left.
#[inline]
pub(super) fn leading(text: &[u8]) -> Option<(u64, &[u8])> {
    let digits = u64::from_le_bytes(*text.first_chunk()?) ^ ZEROS;
    // The high bit of a byte that is above nine; of those only the lowest is certain.
    let others = (digits | digits.wrapping_add(0x7676_7676_7676_7676)) & 0x8080_8080_8080_8080;
    let count = others.trailing_zeros() / 8;
    match count {
        1..8 => Some((joined(digits << (64 - 8 * count)), &text[count as usize..])),
        _ => None,
    }
}

const ZEROS: u64 = u64::from_le_bytes(*b"00000000");

/// Eight digits, the first in the lowest byte, as a number: pairs, fours, then all eight (Langdale and Lemire 2019, after
/// Muła).
#[inline]
fn joined(digits: u64) -> u64 {
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = pairs.wrapping_mul(100).wrapping_add(pairs >> 16) & 0x0000_ffff_0000_ffff;
    fours.wrapping_mul(10_000).wrapping_add(fours >> 32) & 0xffff_ffff
}

/// One to eight digits, in a few steps whatever their number: a loop over them would be mispredicted at its end.
#[inline]
pub(super) fn eight(text: &[u8]) -> Option<u64> {
    let (low, high) = (text.first_chunk::<4>(), text.last_chunk::<4>());
    let absent = 8 * (8 - text.len() as u32);
    let word = match (low, high) {
        (Some(low), Some(high)) => {
            let (low, high) = (u32::from_le_bytes(*low), u32::from_le_bytes(*high));
            u64::from(low) | u64::from(high) << (32 - absent)
        }
        _ => {
            let (middle, last) = (text.len() / 2, text.len() - 1);
            let at = |index: usize| u64::from(text[index]) << (8 * index);
            at(0) | at(middle) | at(last)
        }
    };
    // Zeros before the first digit.
    let digits = match absent {
        0 => word,
        absent => word << absent | ZEROS >> (64 - absent),
    } ^ ZEROS;
    // Above nine a byte has a bit of the upper half, or gets one by adding six.
    const UPPER: u64 = 0xf0f0_f0f0_f0f0_f0f0;
    if (digits | digits.wrapping_add(0x0606_0606_0606_0606)) & UPPER != 0 {
        return None;
    }
    Some(joined(digits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_digits_are_read_as_one_by_one() {
        for text in [
            "0", "7", "10", "255", "4096", "65536", "123456", "9999999", "12345678", "00000009",
        ] {
            assert_eq!(integer(text.as_bytes()), text.parse().ok(), "{text}");
        }
        for text in [
            "a",
            "1a",
            "1:",
            "12/",
            "123\u{0}",
            "1234 ",
            "12.456",
            "-234567",
            "1234567\u{7f}",
        ] {
            assert_eq!(integer(text.as_bytes()), None, "{text}");
        }
        for byte in 0..=255_u8 {
            for length in 1..=8 {
                for at in 0..length {
                    let mut text = vec![b'5'; length];
                    text[at] = byte;
                    assert_eq!(integer(&text).is_some(), byte.is_ascii_digit());
                }
            }
        }
    }

    #[test]
    fn leading_digits_end_where_they_end() {
        for (text, expected) in [
            ("200 1234", Some((200, " 1234"))),
            ("1234567 x", Some((1_234_567, " x"))),
            ("12345678 x", None),
            ("- \"-\" \"-\"", None),
            ("7\u{ff}\u{fe}890", Some((7, "\u{ff}\u{fe}890"))),
            ("12", None),
        ] {
            let expected = expected.map(|(value, rest): (u64, &str)| (value, rest.as_bytes()));
            assert_eq!(leading(text.as_bytes()), expected, "{text}");
        }
        for byte in (0..=255_u8).filter(|byte| !byte.is_ascii_digit()) {
            for at in 1..8 {
                let mut text = *b"55555555";
                text[at] = byte;
                let (value, rest) = leading(&text).unwrap();
                assert_eq!(
                    (value, rest),
                    (55_555_555 / 10_u64.pow(8 - at as u32), &text[at..])
                );
            }
        }
    }
}
