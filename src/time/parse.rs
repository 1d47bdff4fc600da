//! The few shapes of time stamp that all logs share, read at fixed columns without a regular expression.

use super::{Instant, Moment, SECOND, Stamp};

/// `2026-11-22T01:02:03.456+0900`, with `T` or a space, `.` or `,` before up to nine fractional digits, and `Z`,
/// `±hh:mm`, `±hhmm` or no zone. Returns the stamp and the bytes used. The resolution is that of the digits written.
pub fn iso8601(text: &[u8]) -> Option<(Stamp, usize)> {
    let date = (
        number(text, 0, 4)?,
        number(text, 5, 2)?,
        number(text, 8, 2)?,
    );
    if text[4] != b'-' || text[7] != b'-' || !matches!(text.get(10), Some(b'T' | b' ')) {
        return None;
    }
    let (time, micros, resolution, end) = clock(text, 11)?;
    let at = Instant::from_civil((date.0 as i32, date.1, date.2), time, micros)?;
    let moment = Moment::truncated(at, resolution);
    // A zone may follow one space (`2026-11-22 01:02:03 +0900`), but a lone space belongs to the next field.
    let spaced = usize::from(text.get(end) == Some(&b' ') && zone(text, end + 1, false).is_some());
    match zone(text, end + spaced, true) {
        Some((offset, end)) => Some((Stamp::Zoned(moment.plus(-offset)), end)),
        None => Some((Stamp::Local(moment), end)),
    }
}

/// `22/Nov/2026:01:02:03 +0900`, the `%t` of Apache httpd and everything after it; a fraction may follow the seconds.
pub fn clf(text: &[u8]) -> Option<(Stamp, usize)> {
    let day = number(text, 0, 2)?;
    let month = month(text.get(3..6)?)?;
    let year = number(text, 7, 4)?;
    if text[2] != b'/' || text[6] != b'/' || text.get(11) != Some(&b':') {
        return None;
    }
    let (time, micros, resolution, end) = clock(text, 12)?;
    let at = Instant::from_civil((year as i32, month, day), time, micros)?;
    let moment = Moment::truncated(at, resolution);
    let spaced = usize::from(text.get(end) == Some(&b' '));
    match zone(text, end + spaced, false) {
        Some((offset, end)) => Some((Stamp::Zoned(moment.plus(-offset)), end)),
        None => Some((Stamp::Local(moment), end)),
    }
}

/// `Nov 22 01:02:03` of RFC 3164 syslog and `dmesg`: no year and no zone, so the caller gives the year.
pub fn syslog(text: &[u8], year: i32) -> Option<(Stamp, usize)> {
    let month = month(text.get(0..3)?)?;
    if text.get(3) != Some(&b' ') {
        return None;
    }
    let day = match text.get(4)? {
        b' ' => number(text, 5, 1)?,
        _ => number(text, 4, 2)?,
    };
    if text.get(6) != Some(&b' ') {
        return None;
    }
    let (time, micros, resolution, end) = clock(text, 7)?;
    let at = Instant::from_civil((year, month, day), time, micros)?;
    Some((Stamp::Local(Moment::truncated(at, resolution)), end))
}

/// `Sun, 22 Nov 2026 01:02:03 +0000`, as `kubectl describe` prints absolute times (RFC 2822 with a numeric zone).
pub fn rfc2822(text: &[u8]) -> Option<(Stamp, usize)> {
    let comma = text.iter().take(4).position(|&byte| byte == b',')?;
    let start = comma + 2;
    let day = number(text, start, 2)?;
    let month = month(text.get(start + 3..start + 6)?)?;
    let year = number(text, start + 7, 4)?;
    let (time, micros, resolution, end) = clock(text, start + 12)?;
    let at = Instant::from_civil((year as i32, month, day), time, micros)?;
    let moment = Moment::truncated(at, resolution);
    let (offset, end) = zone(text, end + 1, false)?;
    Some((Stamp::Zoned(moment.plus(-offset)), end))
}

/// Hours, minutes and seconds of the day.
type TimeOfDay = (u32, u32, u32);

/// `01:02:03[.fraction]` at `start`: time of day, microseconds, resolution in microseconds, end.
fn clock(text: &[u8], start: usize) -> Option<(TimeOfDay, u32, i64, usize)> {
    let time = (
        number(text, start, 2)?,
        number(text, start + 3, 2)?,
        number(text, start + 6, 2)?,
    );
    if text[start + 2] != b':' || text[start + 5] != b':' {
        return None;
    }
    let end = start + 8;
    if !matches!(text.get(end), Some(b'.' | b',')) {
        return Some((time, 0, SECOND, end));
    }
    let digits = text[end + 1..]
        .iter()
        .take(9)
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    if digits == 0 {
        return Some((time, 0, SECOND, end));
    }
    let mut micros = 0;
    for index in 0..6 {
        let digit = if index < digits {
            u32::from(text[end + 1 + index] - b'0')
        } else {
            0
        };
        micros = micros * 10 + digit;
    }
    let resolution = 10_i64.pow(6_u32.saturating_sub(digits as u32));
    Some((time, micros, resolution, end + 1 + digits))
}

/// `Z` (where allowed), `±hh:mm`, `±hhmm` or `±hh`: microseconds east of UTC, end.
fn zone(text: &[u8], start: usize, zulu: bool) -> Option<(i64, usize)> {
    let sign = match text.get(start)? {
        b'Z' if zulu => return Some((0, start + 1)),
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let hours = i64::from(number(text, start + 1, 2)?);
    let colon = usize::from(text.get(start + 3) == Some(&b':'));
    let (minutes, end) = match number(text, start + 3 + colon, 2) {
        Some(minutes) => (i64::from(minutes), start + 5 + colon),
        None => (0, start + 3),
    };
    if hours > 18 || minutes > 59 {
        return None;
    }
    Some((sign * (hours * 60 + minutes) * 60 * SECOND, end))
}

fn month(name: &[u8]) -> Option<u32> {
    const NAMES: [&[u8; 3]; 12] = [
        b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov",
        b"Dec",
    ];
    let index = NAMES.iter().position(|known| known.as_slice() == name)?;
    Some(index as u32 + 1)
}

fn number(text: &[u8], start: usize, digits: usize) -> Option<u32> {
    let field = text.get(start..start.checked_add(digits)?)?;
    field.iter().try_fold(0, |value: u32, byte| {
        byte.is_ascii_digit()
            .then(|| value * 10 + u32::from(byte - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zoned(text: &str) -> String {
        match iso8601(text.as_bytes()) {
            Some((Stamp::Zoned(moment), used)) => {
                format!("{} {} {used}", moment.lo.rfc3339(), moment.width())
            }
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn iso_stamps_keep_their_zone_and_resolution() {
        assert_eq!(
            zoned("2026-11-22T01:02:03.456+0900]"),
            "2026-11-21T16:02:03.456Z 999 28"
        );
        assert_eq!(
            zoned("2026-11-22T01:02:03Z"),
            "2026-11-22T01:02:03Z 999999 20"
        );
        assert_eq!(
            zoned("2026-11-22 01:02:03 +00:00 x"),
            "2026-11-22T01:02:03Z 999999 26"
        );
        assert_eq!(
            zoned("2026-11-22T01:02:03.123456789Z"),
            "2026-11-22T01:02:03.123456Z 0 30"
        );
    }

    #[test]
    fn a_stamp_without_zone_is_local() {
        let (stamp, used) = iso8601(b"2026-11-22 01:02:03,456 INFO").unwrap();
        assert!(matches!(stamp, Stamp::Local(_)));
        assert_eq!(used, 23);
    }

    #[test]
    fn other_shapes() {
        let (stamp, used) = clf(b"22/Nov/2026:01:02:03 +0100] \"GET").unwrap();
        assert_eq!(stamp.zoned().unwrap().lo.rfc3339(), "2026-11-22T00:02:03Z");
        assert_eq!(used, 26);
        let (stamp, _) = rfc2822(b"Sun, 22 Nov 2026 01:02:03 +0000").unwrap();
        assert_eq!(stamp.zoned().unwrap().lo.rfc3339(), "2026-11-22T01:02:03Z");
        let (stamp, used) = syslog(b"Nov  2 01:02:03 host kernel:", 2026).unwrap();
        assert!(matches!(stamp, Stamp::Local(_)));
        assert_eq!(used, 15);
    }

    #[test]
    fn nonsense_is_refused_at_every_length() {
        let good = b"2026-11-22T01:02:03.456+0900";
        for end in 0..19 {
            assert_eq!(iso8601(&good[..end]), None, "{end}");
        }
        assert_eq!(iso8601(b"2026-99-22T01:02:03"), None);
        assert_eq!(clf(b"22/Foo/2026:01:02:03 +0100"), None);
        assert_eq!(rfc2822(b"Sun,"), None);
        assert_eq!(syslog(b"Nov", 2026), None);
    }
}
