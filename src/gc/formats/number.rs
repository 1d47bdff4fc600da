//! Numbers as the JVM writes them: decimals with a point or a comma, sizes with a unit. No allocation, no floats.

/// A decimal scaled by 10^`scale`: `12.345` with scale 3 is 12345. Digits beyond the scale are dropped, a missing
/// fraction is zero. Gives the value and the bytes used; `None` without a digit or on overflow.
pub(in crate::gc) fn decimal(text: &[u8], scale: u32) -> Option<(i64, usize)> {
    let mut value: i64 = 0;
    let mut at = 0;
    while let Some(digit) = text.get(at).filter(|byte| byte.is_ascii_digit()) {
        value = value
            .checked_mul(10)?
            .checked_add(i64::from(digit - b'0'))?;
        at += 1;
    }
    if at == 0 {
        return None;
    }
    let mut left = scale;
    let fraction = matches!(text.get(at), Some(b'.' | b','))
        && text.get(at + 1).is_some_and(u8::is_ascii_digit);
    if fraction {
        at += 1;
        while let Some(digit) = text.get(at).filter(|byte| byte.is_ascii_digit()) {
            if left > 0 {
                value = value
                    .checked_mul(10)?
                    .checked_add(i64::from(digit - b'0'))?;
                left -= 1;
            }
            at += 1;
        }
    }
    for _ in 0..left {
        value = value.checked_mul(10)?;
    }
    Some((value, at))
}

/// An unsigned whole number and the bytes used.
pub(in crate::gc) fn whole(text: &[u8]) -> Option<(u64, usize)> {
    let mut value: u64 = 0;
    let mut at = 0;
    while let Some(digit) = text.get(at).filter(|byte| byte.is_ascii_digit()) {
        value = value
            .checked_mul(10)?
            .checked_add(u64::from(digit - b'0'))?;
        at += 1;
    }
    (at > 0).then_some((value, at))
}

/// A size such as `113M`, `9140K`, `0B`, `1.5G`, `1239.5M`: bytes and the bytes used. A number without a unit is bytes.
pub(in crate::gc) fn size(text: &[u8]) -> Option<(u64, usize)> {
    let (thousandths, used) = decimal(text, 3)?;
    let thousandths = thousandths as u64;
    let (factor, used) = match text.get(used) {
        Some(b'K' | b'k') => (1 << 10, used + 1),
        Some(b'M' | b'm') => (1 << 20, used + 1),
        Some(b'G' | b'g') => (1 << 30, used + 1),
        Some(b'T' | b't') => (1_u64 << 40, used + 1),
        Some(b'B') => (1, used + 1),
        _ => (1, used),
    };
    let whole = (thousandths / 1000).checked_mul(factor)?;
    let part = (thousandths % 1000).checked_mul(factor)? / 1000;
    Some((whole.checked_add(part)?, used))
}

/// The number before a `unit` at the end of `text`, as in `… 11.070ms`: value scaled by 10^`scale`, and the text before.
pub(in crate::gc) fn trailing<'a>(
    text: &'a [u8],
    unit: &[u8],
    scale: u32,
) -> Option<(i64, &'a [u8])> {
    let text = text.trim_ascii_end().strip_suffix(unit)?;
    let start = text
        .iter()
        .rposition(|byte| !byte.is_ascii_digit() && !matches!(byte, b'.' | b','))
        .map_or(0, |at| at + 1);
    let (value, used) = decimal(&text[start..], scale)?;
    (start + used == text.len()).then(|| (value, text[..start].trim_ascii_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_keep_every_digit_they_can() {
        assert_eq!(decimal(b"11.070ms", 6), Some((11_070_000, 6)));
        assert_eq!(decimal(b"0,0984634 secs", 9), Some((98_463_400, 9)));
        assert_eq!(decimal(b"5", 3), Some((5000, 1)));
        assert_eq!(decimal(b"5.", 3), Some((5000, 1)));
        assert_eq!(decimal(b"x", 3), None);
        assert_eq!(decimal(b"99999999999999999999", 0), None);
    }

    #[test]
    fn sizes_have_units_and_decimals() {
        assert_eq!(size(b"113M->72M"), Some((113 << 20, 4)));
        assert_eq!(size(b"1.5G"), Some((3 << 29, 4)));
        assert_eq!(size(b"0.0B"), Some((0, 4)));
        assert_eq!(size(b"99999999999999G"), None);
    }

    #[test]
    fn a_trailing_duration_is_split_off() {
        let (value, before) = trailing(b"Pause Young 1M->2M(3M) 1.5ms ", b"ms", 6).unwrap();
        assert_eq!(
            (value, before),
            (1_500_000, b"Pause Young 1M->2M(3M)".as_slice())
        );
        assert_eq!(trailing(b"Mark live objects", b"ms", 6), None);
    }
}
