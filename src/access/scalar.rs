//! Numbers and times as they stand in a line, read at memory speed. The shapes are those of `crate::time`; here the
//! part that seldom changes is remembered from the line before.

use super::digits::{eight, integer};
use crate::time::{self, Moment, SECOND, Stamp};

/// A count that may be absent: `-`, empty and negative numbers are 0.
pub(super) fn count(text: &[u8]) -> Option<u64> {
    match text {
        b"" | b"-" => Some(0),
        [b'-', rest @ ..] => integer(rest).map(|_| 0),
        [b'+', rest @ ..] => integer(rest),
        _ => integer(text),
    }
}

/// A decimal number in units of `unit` nanoseconds as microseconds, rounded down; `None` for `-`, empty and negative
/// values, which mean "not measured". A last part in a list (`0.1, 0.2` or `0.1 : 0.2` of nginx) is added up.
pub(super) fn duration(text: &[u8], unit: i64) -> Option<Option<i64>> {
    if text.first() == Some(&b'-') {
        return match text[1..]
            .iter()
            .all(|byte| byte.is_ascii_digit() || *byte == b'.')
        {
            true => Some(None),
            false => None,
        };
    }
    if text.is_empty() {
        return Some(None);
    }
    if text.len() <= 8
        && let Some(whole) = eight(text)
    {
        return Some(Some(i64::try_from(whole).ok()?.checked_mul(unit)? / 1000));
    }
    let text = text.strip_prefix(b"+").unwrap_or(text);
    let mut whole = 0_i64;
    let mut at = 0;
    while let Some(digit) = text.get(at).map(|byte| byte.wrapping_sub(b'0')) {
        if digit > 9 {
            break;
        }
        whole = whole.checked_mul(10)?.checked_add(i64::from(digit))?;
        at += 1;
    }
    if at == 0 {
        return None;
    }
    let mut nanos = whole.checked_mul(unit)?;
    if text.get(at) == Some(&b'.') {
        at += 1;
        let mut weight = unit;
        while let Some(digit) = text.get(at).map(|byte| byte.wrapping_sub(b'0')) {
            if digit > 9 {
                break;
            }
            // Digits beyond the nanosecond carry nothing; the weight of the ones before is exact for powers of ten.
            weight /= 10;
            nanos = nanos.checked_add(i64::from(digit) * weight)?;
            at += 1;
        }
    }
    match text.get(at..) {
        Some(b"") | Some(b"s") | Some(b"ms") => Some(Some(nanos / 1000)),
        Some(rest) => {
            let more = rest
                .strip_prefix(b", ")
                .or_else(|| rest.strip_prefix(b" : "))
                .or_else(|| rest.strip_prefix(b","))?;
            let tail = duration(more, unit)?.unwrap_or(0);
            Some(Some((nanos / 1000).checked_add(tail)?))
        }
        None => None,
    }
}

/// Reads stamps and remembers the hour of the last one, because the next line is almost always in the same hour.
#[derive(Debug, Clone, Default)]
pub(super) struct Clock {
    /// The last stamp in full: many lines have the same second.
    last: Option<([u8; CLF], At)>,
    head: [u8; 14],
    zone: [u8; 8],
    zone_length: usize,
    hour: i64,
    known: bool,
    zoned: bool,
}

/// A stamp in a line: microseconds and whether a zone was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct At {
    pub(super) micros: i64,
    pub(super) zoned: bool,
    /// Microseconds per unit of the last digit.
    pub(super) resolution: i64,
}

/// Length of `22/Nov/2026:01:02:03 +0900`.
pub(super) const CLF: usize = 26;

impl Clock {
    /// The stamp read last, if `rest` begins with it in full.
    #[inline]
    pub(super) fn same(&self, rest: &[u8]) -> Option<At> {
        match (&self.last, rest.first_chunk()) {
            (Some((last, at)), Some(text)) if last == text => Some(*at),
            _ => None,
        }
    }

    /// `22/Nov/2026:01:02:03 +0900`, with or without a fraction and a zone.
    #[inline]
    pub(super) fn clf(&mut self, text: &[u8]) -> Option<At> {
        if let (Some((last, at)), Ok(text)) = (&self.last, <&[u8; CLF]>::try_from(text))
            && last == text
        {
            return Some(*at);
        }
        let at = self.other_clf(text)?;
        self.last = text.try_into().ok().map(|text| (text, at));
        Some(at)
    }

    fn other_clf(&mut self, text: &[u8]) -> Option<At> {
        if let Some(head) = text.first_chunk::<14>()
            && self.known
            && *head == self.head
            && let Some(at) = self.within_the_hour(text)
        {
            return Some(at);
        }
        let (stamp, used) = time::clf(text)?;
        if used != text.len() {
            return None;
        }
        let at = at(stamp)?;
        let digits = fraction_end(text, 20);
        if let (Some(head), Some(zone)) = (text.first_chunk::<14>(), text.get(digits..)) {
            let past = (two(text, 15)? * 60 + two(text, 18)?) * SECOND;
            self.head = *head;
            self.known = zone.len() <= self.zone.len();
            self.zone_length = zone.len().min(self.zone.len());
            self.zone[..self.zone_length].copy_from_slice(&zone[..self.zone_length]);
            self.hour = at.micros.div_euclid(SECOND) * SECOND - past;
            self.zoned = at.zoned;
        }
        Some(at)
    }

    fn within_the_hour(&self, text: &[u8]) -> Option<At> {
        if *text.get(14)? != b':' || *text.get(17)? != b':' {
            return None;
        }
        let (minute, second) = (two(text, 15)?, two(text, 18)?);
        let end = fraction_end(text, 20);
        if text[end..] != self.zone[..self.zone_length] || minute > 59 || second > 60 {
            return None;
        }
        let (micros, resolution) = fraction(&text[20..end])?;
        Some(At {
            micros: self.hour + (minute * 60 + second) * SECOND + micros,
            zoned: self.zoned,
            resolution,
        })
    }

    /// `2026-11-22T01:02:03.456Z` and its relatives.
    pub(super) fn iso(&mut self, text: &[u8]) -> Option<At> {
        if self.known
            && text.len() >= 20
            && text[..13] == self.head[..13]
            && text[13] == b':'
            && text[16] == b':'
            && text.last() == Some(&b'Z')
        {
            let minute = two(text, 14)?;
            let second = two(text, 17)?;
            let fraction = &text[19..text.len() - 1];
            if let (true, Some((micros, resolution))) =
                (minute < 60 && second < 61, self::fraction(fraction))
            {
                return Some(At {
                    micros: self.hour + (minute * 60 + second) * SECOND + micros,
                    zoned: true,
                    resolution,
                });
            }
        }
        let (stamp, used) = time::iso8601(text)?;
        if used != text.len() {
            return None;
        }
        let at = at(stamp)?;
        if text.last() == Some(&b'Z') {
            let past = (two(text, 14)? * 60 + two(text, 17)?) * SECOND;
            self.head[..13].copy_from_slice(&text[..13]);
            self.hour = at.micros.div_euclid(SECOND) * SECOND - past;
            self.known = true;
        }
        Some(at)
    }

    /// Seconds since 1970 with or without a fraction: `1761019822.315`. Milliseconds or microseconds since 1970 when
    /// the number is that large.
    pub(super) fn epoch(text: &[u8]) -> Option<At> {
        let dot = memchr::memchr(b'.', text);
        let whole = i64::try_from(integer(&text[..dot.unwrap_or(text.len())])?).ok()?;
        let (micros, resolution) = match dot {
            Some(dot) => fraction(&text[dot..])?,
            None => (0, SECOND),
        };
        let (scaled, resolution) = match whole {
            0..100_000_000_000 => (whole * SECOND, resolution),
            100_000_000_000..100_000_000_000_000 => (whole * 1000, 1000),
            100_000_000_000_000..100_000_000_000_000_000 => (whole, 1),
            _ => (whole / 1000, 1),
        };
        Some(At {
            micros: scaled + micros,
            zoned: true,
            resolution,
        })
    }

    /// `2026-11-22`: midnight.
    pub(super) fn date(text: &[u8]) -> Option<i64> {
        if text.len() != 10 || text[4] != b'-' || text[7] != b'-' {
            return None;
        }
        let year = two(text, 0)? * 100 + two(text, 2)?;
        let (month, day) = (two(text, 5)?, two(text, 8)?);
        let date = (year as i32, month as u32, day as u32);
        Some(time::Instant::from_civil(date, (0, 0, 0), 0)?.0)
    }

    /// `01:02:03` or `01:02:03.456`: microseconds since midnight and the resolution.
    pub(super) fn time_of_day(text: &[u8]) -> Option<(i64, i64)> {
        if text.len() < 8 || text[2] != b':' || text[5] != b':' {
            return None;
        }
        let (hour, minute, second) = (two(text, 0)?, two(text, 3)?, two(text, 6)?);
        if hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        let (micros, resolution) = fraction(&text[8..])?;
        Some((
            (hour * 3600 + minute * 60 + second) * SECOND + micros,
            resolution,
        ))
    }

    /// `Sun Mar 13 22:49:12 2016` of `asctime`, without a zone; mod_jk writes a fraction behind the seconds.
    pub(super) fn asctime(text: &[u8]) -> Option<At> {
        let end = fraction_end(text, 19);
        let year = text.get(end..)?.strip_prefix(b" ")?;
        let year = i32::try_from(integer(year).filter(|_| year.len() == 4)?).ok()?;
        let (stamp, used) = time::syslog(text.get(4..19)?, year)?;
        let (micros, resolution) = fraction(&text[19..end])?;
        let at = at(stamp).filter(|_| used == 15)?;
        Some(At {
            micros: at.micros + micros,
            resolution,
            ..at
        })
    }
}

fn at(stamp: Stamp) -> Option<At> {
    let (moment, zoned): (Moment, bool) = match stamp {
        Stamp::Zoned(moment) => (moment, true),
        Stamp::Local(moment) => (moment, false),
        Stamp::Uptime(_) => return None,
    };
    Some(At {
        micros: moment.lo.0,
        zoned,
        resolution: moment.width() + 1,
    })
}

/// Where the fraction that may begin at `start` ends.
fn fraction_end(text: &[u8], start: usize) -> usize {
    match text.get(start) {
        Some(b'.' | b',') => {
            let digits = text[start + 1..]
                .iter()
                .take_while(|byte| byte.is_ascii_digit());
            start + 1 + digits.count()
        }
        _ => start.min(text.len()),
    }
}

/// `` or `.123456789`: microseconds and resolution.
fn fraction(text: &[u8]) -> Option<(i64, i64)> {
    let Some((b'.' | b',', digits)) = text.split_first().map(|(first, rest)| (*first, rest)) else {
        return text.is_empty().then_some((0, SECOND));
    };
    let mut micros = 0;
    let mut weight = SECOND;
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        weight /= 10;
        micros += i64::from(digit) * weight;
    }
    (!digits.is_empty()).then_some((micros, weight.max(1)))
}

fn two(text: &[u8], at: usize) -> Option<i64> {
    let tens = text.get(at)?.wrapping_sub(b'0');
    let ones = text.get(at + 1)?.wrapping_sub(b'0');
    (tens < 10 && ones < 10).then(|| i64::from(tens * 10 + ones))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_in_every_unit() {
        let seconds = 1_000_000_000;
        assert_eq!(duration(b"0.057", seconds), Some(Some(57_000)));
        assert_eq!(duration(b"12", 1_000_000), Some(Some(12_000)));
        assert_eq!(duration(b"12", 1_000), Some(Some(12)));
        assert_eq!(duration(b"1.5", 1_000_000), Some(Some(1500)));
        assert_eq!(duration(b"0.1, 0.2 : 0.3", seconds), Some(Some(600_000)));
        assert_eq!(duration(b"0.123s", seconds), Some(Some(123_000)));
        assert_eq!(duration(b"-", seconds), Some(None));
        assert_eq!(duration(b"-1", seconds), Some(None));
        assert_eq!(duration(b"abc", seconds), None);
        assert_eq!(duration(b"99999999999999999999", seconds), None);
    }

    #[test]
    fn the_remembered_hour_changes_nothing() {
        let mut clock = Clock::default();
        for text in [
            "22/Nov/2026:01:02:03 +0900",
            "22/Nov/2026:01:59:59 +0900",
            "22/Nov/2026:02:00:00 +0900",
            "22/Nov/2026:02:00:00 -0330",
            "22/Nov/2026:02:00:01.123",
            "22/Nov/2026:02:00:01.999",
            "22/Nov/2026:02:00:02.9 -0330",
        ] {
            let fresh = Clock::default().clf(text.as_bytes());
            assert_eq!(clock.clf(text.as_bytes()), fresh, "{text}");
            assert!(fresh.is_some());
        }
        assert_eq!(clock.clf(b"22/Nov/2026:02:61:00 -0330"), None);
        let mut clock = Clock::default();
        for text in [
            "2026-11-22T01:02:03.456Z",
            "2026-11-22T01:59:03.456789Z",
            "2026-11-22T01:59:03Z",
            "2026-11-22T01:59:03+0900",
        ] {
            let fresh = Clock::default().iso(text.as_bytes());
            assert_eq!(clock.iso(text.as_bytes()), fresh, "{text}");
            assert!(fresh.is_some());
        }
    }

    #[test]
    fn other_clocks() {
        let at = Clock::epoch(b"1761019822.315").unwrap();
        assert_eq!((at.micros, at.resolution), (1_761_019_822_315_000, 1000));
        assert_eq!(Clock::epoch(b"1761019822315").unwrap().micros, at.micros);
        let at = Clock::asctime(b"Sun Mar 13 22:49:12 2016").unwrap();
        assert_eq!(at.micros, 1_457_909_352_000_000);
        let at = Clock::asctime(b"Sun Mar 13 22:49:12.355 2016").unwrap();
        assert_eq!((at.micros, at.resolution), (1_457_909_352_355_000, 1000));
        assert_eq!(
            Clock::time_of_day(b"01:02:03"),
            Some((3_723_000_000, SECOND))
        );
        assert_eq!(Clock::date(b"1970-01-02"), Some(86_400_000_000));
    }
}
