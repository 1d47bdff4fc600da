//! Quantities as Kubernetes, systemd and Go write them.

use crate::time::SECOND;

const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const YEAR: i64 = 365 * DAY;

/// A `kubectl` age in microseconds: the true age lies in `[printed, printed + unit)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Age {
    /// As printed.
    pub(super) printed: i64,
    /// Width of the truncation.
    pub(super) unit: i64,
}

/// Reads an age of `kubectl` (apimachinery `HumanDuration`, and `ShortHumanDuration` of old releases): `87s`, `5m53s`,
/// `58m`, `6h12m`, `31h`, `5d3h`, `35d`, `3y12d`. `None` for `<unknown>`, `<invalid>` and anything else.
pub(super) fn age(text: &str) -> Option<Age> {
    let mut rest = text.as_bytes();
    let mut printed: i64 = 0;
    let mut last = i64::MAX;
    let mut parts = 0;
    while !rest.is_empty() {
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let number: i64 = std::str::from_utf8(&rest[..digits]).ok()?.parse().ok()?;
        let unit = match rest.get(digits)? {
            b's' => SECOND,
            b'm' => MINUTE,
            b'h' => HOUR,
            b'd' => DAY,
            b'y' => YEAR,
            _ => return None,
        };
        if unit >= last {
            return None;
        }
        last = unit;
        printed = printed.checked_add(number.checked_mul(unit)?)?;
        rest = &rest[digits + 1..];
        parts += 1;
    }
    if parts == 0 {
        return None;
    }
    // What HumanDuration drops depends on the size; a lone `1m`, `1h`, `2h` or `1d` is never printed by it, so there the
    // old function was at work and the last unit is the width.
    let unit = if parts == 1 && matches!(text, "1m" | "1h" | "2h" | "1d") {
        last
    } else if printed < 10 * MINUTE {
        SECOND
    } else if printed < 8 * HOUR {
        MINUTE
    } else if printed < 8 * DAY {
        HOUR
    } else if printed < 8 * YEAR {
        DAY
    } else {
        YEAR
    };
    Some(Age { printed, unit })
}

/// A quantity of memory in bytes: `512Mi`, `1Gi`, `500M`, `128974848`, `129e6`, `1924152Ki`.
pub(super) fn memory(text: &str) -> Option<u64> {
    let text = text.trim();
    let end = text
        .find(|character: char| !character.is_ascii_digit() && character != '.')
        .unwrap_or(text.len());
    let number: f64 = text[..end].parse().ok()?;
    let scale = match text[end..].trim() {
        "" => 1.0,
        "m" => 1e-3,
        "k" | "K" | "kB" => 1e3,
        "Ki" => 1024.0,
        "M" => 1e6,
        "Mi" => 1024.0 * 1024.0,
        "G" => 1e9,
        "Gi" => 1024.0 * 1024.0 * 1024.0,
        "T" => 1e12,
        "Ti" => 1024.0_f64.powi(4),
        "P" => 1e15,
        "Pi" => 1024.0_f64.powi(5),
        exponent => match exponent.strip_prefix(['e', 'E']) {
            Some(power) => 10.0_f64.powi(power.parse::<i32>().ok().filter(|p| p.abs() < 20)?),
            None => return None,
        },
    };
    let bytes = number * scale;
    (0.0..9e18).contains(&bytes).then_some(bytes.round() as u64)
}

/// A share of processors in thousandths: `500m`, `2`, `0.5`.
pub(super) fn cpu_millis(text: &str) -> Option<u64> {
    let text = text.trim();
    let millis = match text.strip_suffix('m') {
        Some(millis) => millis.parse::<f64>().ok()?,
        None => text.parse::<f64>().ok()? * 1000.0,
    };
    (0.0..1e9)
        .contains(&millis)
        .then_some(millis.round() as u64)
}

/// A Go duration in microseconds: `1m30s`, `51s20ms282µs452ns`, `2.703s`, `1h2m3.5s`.
pub(super) fn go_duration(text: &str) -> Option<i64> {
    let mut rest = text.trim();
    let mut total = 0.0_f64;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let end = rest.find(|character: char| !character.is_ascii_digit() && character != '.')?;
        let number: f64 = rest[..end].parse().ok()?;
        rest = &rest[end..];
        const UNITS: [(&str, f64); 9] = [
            ("ms", 1e3),
            ("µs", 1.0),
            ("μs", 1.0),
            ("us", 1.0),
            ("ns", 1e-3),
            ("s", 1e6),
            ("m", 6e7),
            ("h", 3.6e9),
            ("d", 8.64e10),
        ];
        let (unit, scale) = UNITS.iter().find(|(unit, _)| rest.starts_with(unit))?;
        total += number * scale;
        rest = &rest[unit.len()..];
    }
    (total.is_finite() && total < 9e18).then_some(total.round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// `HumanDuration` of apimachinery, written out again from its description.
    fn human(age: i64) -> String {
        let (seconds, minutes, hours) = (age / SECOND, age / MINUTE, age / HOUR);
        let two = |big: i64, unit: &str, small: i64, part: &str| match small {
            0 => format!("{big}{unit}"),
            _ => format!("{big}{unit}{small}{part}"),
        };
        match () {
            () if seconds < 120 => format!("{seconds}s"),
            () if minutes < 10 => two(minutes, "m", seconds % 60, "s"),
            () if minutes < 180 => format!("{minutes}m"),
            () if hours < 8 => two(hours, "h", minutes % 60, "m"),
            () if hours < 48 => format!("{hours}h"),
            () if hours < 192 => two(hours / 24, "d", hours % 24, "h"),
            () if hours < 24 * 365 * 2 => format!("{}d", hours / 24),
            () if hours < 24 * 365 * 8 => two(hours / 24 / 365, "y", hours / 24 % 365, "d"),
            () => format!("{}y", hours / 24 / 365),
        }
    }

    proptest! {
        #[test]
        fn the_true_age_lies_in_the_printed_interval(age_micros in 0..20 * YEAR) {
            let read = age(&human(age_micros)).unwrap();
            prop_assert!(read.printed <= age_micros && age_micros < read.printed + read.unit);
        }

        #[test]
        fn any_text_is_survived(text in "\\PC{0,20}") {
            let _ = (age(&text), memory(&text), cpu_millis(&text), go_duration(&text));
        }
    }

    #[test]
    fn old_ages_are_as_wide_as_their_unit() {
        assert_eq!(
            age("1m"),
            Some(Age {
                printed: MINUTE,
                unit: MINUTE
            })
        );
        assert_eq!(
            age("3m"),
            Some(Age {
                printed: 3 * MINUTE,
                unit: SECOND
            })
        );
        assert_eq!(age("<unknown>"), None);
        assert_eq!(age(""), None);
        assert_eq!(age("5s3m"), None);
        assert_eq!(age("99999999999999999999y"), None);
    }

    #[test]
    fn quantities() {
        assert_eq!(memory("512Mi"), Some(512 << 20));
        assert_eq!(memory("1924152Ki"), Some(1_924_152 << 10));
        assert_eq!(memory("129e6"), Some(129_000_000));
        assert_eq!(memory("-1"), None);
        assert_eq!(memory("1e99"), None);
        assert_eq!(cpu_millis("500m"), Some(500));
        assert_eq!(cpu_millis("1.5"), Some(1500));
        assert_eq!(go_duration("51s20ms282µs452ns"), Some(51_020_282));
        assert_eq!(go_duration("2.703s"), Some(2_703_000));
        assert_eq!(go_duration("3 s"), None);
    }
}
