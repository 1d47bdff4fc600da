//! The stamp at the beginning of a log line, in all the shapes that frameworks, servers and the kernel write.

use crate::events::event::Rough;
use crate::time::{Instant, Moment, SECOND, Stamp, clf, iso8601, syslog};

/// What a line says about its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// A stamp.
    Stamp(Stamp),
    /// Something that needs another source.
    Rough(Rough),
}

/// The stamp that a line begins with, and the bytes it takes, brackets included.
pub(super) fn leading(line: &[u8]) -> Option<(When, usize)> {
    let skipped = line
        .iter()
        .take_while(|b| matches!(b, b' ' | b'\t'))
        .count();
    // An indented line continues the record before it.
    if skipped > 0 {
        return None;
    }
    if line.first() == Some(&b'{') {
        return json(line);
    }
    // `time="2026-11-22T01:02:03Z" level=info msg=…` of containerd and other programs written in Go.
    if let Some(rest) = line.strip_prefix(b"time=") {
        let (stamp, _) = iso8601(rest.strip_prefix(b"\"").unwrap_or(rest))?;
        return Some((When::Stamp(stamp), 0));
    }
    let open = usize::from(matches!(line.first(), Some(b'[' | b'<' | b'#')));
    let text = &line[open..];
    let (when, used) = match text.first()? {
        b'0'..=b'9' | b' ' => digits(text)?,
        b'A'..=b'Z' => letters(text)?,
        _ => return None,
    };
    let mut end = open + used;
    if open > 0 {
        while let Some(byte) = line.get(end) {
            end += 1;
            if matches!(byte, b']' | b'>' | b'#') {
                break;
            }
        }
    }
    Some((when, end))
}

fn digits(text: &[u8]) -> Option<(When, usize)> {
    if let Some((stamp, used)) = iso8601(text) {
        return Some((When::Stamp(stamp), used));
    }
    if let Some((stamp, used)) = clf(text) {
        return Some((When::Stamp(stamp), used));
    }
    slashed(text)
        .or_else(|| juli(text))
        .or_else(|| since(text))
        .or_else(|| time_of_day(text))
}

fn letters(text: &[u8]) -> Option<(When, usize)> {
    let dated = || juli_old(text).or_else(|| ctime(text));
    dated()
        .or_else(|| full(text))
        .or_else(|| klog(text))
        .or_else(|| {
            // 2000 is a leap year, so every date exists.
            let (stamp, used) = syslog(text, 2000)?;
            let Stamp::Local(moment) = stamp else {
                return None;
            };
            Some((When::Rough(Rough::WithoutYear(moment)), used))
        })
}

/// `2026/11/22 01:02:03.456`
fn slashed(text: &[u8]) -> Option<(When, usize)> {
    if text.get(4) != Some(&b'/') || text.get(7) != Some(&b'/') {
        return None;
    }
    let mut copy = text[..text.len().min(40)].to_vec();
    copy[4] = b'-';
    copy[7] = b'-';
    let (stamp, used) = iso8601(&copy)?;
    Some((When::Stamp(stamp), used))
}

/// `22-Nov-2026 00:41:02.123`, the one-line formatter of Tomcat's JULI.
fn juli(text: &[u8]) -> Option<(When, usize)> {
    if text.get(2) != Some(&b'-') || text.get(6) != Some(&b'-') || text.get(11) != Some(&b' ') {
        return None;
    }
    // The same fields as in a common log format stamp, with other separators.
    let mut copy = text[..text.len().min(32)].to_vec();
    copy[2] = b'/';
    copy[6] = b'/';
    copy[11] = b':';
    let (stamp, used) = clf(&copy)?;
    Some((When::Stamp(stamp), used))
}

/// `Nov 22, 2026 1:02:03 AM`, the two-line formatter of java.util.logging in English.
fn juli_old(text: &[u8]) -> Option<(When, usize)> {
    let head = std::str::from_utf8(&text[..text.len().min(32)])
        .ok()
        .or_else(|| {
            let valid = text
                .iter()
                .take(32)
                .take_while(|byte| byte.is_ascii())
                .count();
            std::str::from_utf8(&text[..valid]).ok()
        })?;
    let (month, rest) = head.split_once(' ')?;
    let (day, rest) = rest.split_once(", ")?;
    let (year, rest) = rest.split_once(' ')?;
    let (clock, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let mut parts = clock
        .trim_end_matches(',')
        .split(':')
        .map(str::parse::<u32>);
    let (mut hour, minute, second) = (
        parts.next()?.ok()?,
        parts.next()?.ok()?,
        parts.next()?.ok()?,
    );
    let half = rest.get(..2).filter(|half| matches!(*half, "AM" | "PM"));
    match half {
        Some("PM") if hour < 12 => hour += 12,
        Some("AM") if hour == 12 => hour = 0,
        _ => {}
    }
    let date = (year.parse().ok()?, month_of(month)?, day.parse().ok()?);
    let at = Instant::from_civil(date, (hour, minute, second), 0)?;
    let used = head.len() - rest.len() + half.map_or(0, str::len);
    let stamp = Stamp::Local(Moment::truncated(at, SECOND));
    Some((When::Stamp(stamp), used))
}

/// `Wed Dec  6 23:54:11 2017`, with `UTC` or a zone name behind it in `hs_err` files, without one in `dmesg -T`.
pub(super) fn ctime(text: &[u8]) -> Option<(When, usize)> {
    let weekday = text.get(..4)?;
    let known = [
        b"Mon ", b"Tue ", b"Wed ", b"Thu ", b"Fri ", b"Sat ", b"Sun ",
    ];
    if !known.iter().any(|name| name.as_slice() == weekday) {
        return None;
    }
    let rest = &text[4..];
    let year = std::str::from_utf8(rest.get(16..20)?).ok()?.parse().ok()?;
    let (stamp, used) = syslog(rest, year)?;
    if used != 15 {
        return None;
    }
    let zone = rest.get(20..24).unwrap_or(b"");
    let (stamp, end) = match (stamp, zone) {
        (Stamp::Local(moment), b" UTC" | b" GMT") => (Stamp::Zoned(moment), 28),
        (stamp, _) => (stamp, 24),
    };
    Some((When::Stamp(stamp), end))
}

/// `Sun 2026-11-22 01:02:03 UTC` of `journalctl -o short-full`; the abbreviation of another zone tells none.
fn full(text: &[u8]) -> Option<(When, usize)> {
    let blank = text.get(..4)?;
    (blank[3] == b' ' && blank[..3].iter().all(u8::is_ascii_alphabetic)).then_some(())?;
    let (stamp, used) = iso8601(&text[4..])?;
    let rest = text.get(4 + used..)?.strip_prefix(b" ").unwrap_or(b"");
    let zone = rest
        .iter()
        .take_while(|byte| byte.is_ascii_uppercase())
        .count();
    let stamp = match (stamp, &rest[..zone]) {
        (Stamp::Local(moment), b"UTC" | b"GMT") => Stamp::Zoned(moment),
        (stamp, _) => stamp,
    };
    let named = usize::from(zone >= 2) * (zone + 1);
    Some((When::Stamp(stamp), 4 + used + named))
}

/// `I1122 01:02:03.456789` of klog, the logger of Kubernetes: level, month and day without a year.
fn klog(text: &[u8]) -> Option<(When, usize)> {
    let level = matches!(text.first()?, b'I' | b'W' | b'E' | b'F');
    let head = text.get(..21).filter(|head| head.is_ascii())?;
    let marks = [(5, b' '), (8, b':'), (11, b':'), (14, b'.')];
    (level && marks.iter().all(|(at, mark)| head[*at] == *mark)).then_some(())?;
    let head = std::str::from_utf8(head).ok()?;
    let part = |from: usize, to: usize| head.get(from..to)?.parse::<u32>().ok();
    let date = (2000, part(1, 3)?, part(3, 5)?);
    let time = (part(6, 8)?, part(9, 11)?, part(12, 14)?);
    let at = Instant::from_civil(date, time, part(15, 21)?)?;
    Some((When::Rough(Rough::WithoutYear(Moment::exact(at))), 21))
}

/// `337533.314159]` of the kernel (seconds since boot) or `2.311s]` of the JVM (seconds since its start).
fn since(text: &[u8]) -> Option<(When, usize)> {
    let blank = text.iter().take_while(|byte| **byte == b' ').count();
    let digits = text[blank..]
        .iter()
        .take_while(|b| b.is_ascii_digit())
        .count();
    let point = blank + digits;
    if digits == 0 || digits > 12 || text.get(point) != Some(&b'.') {
        return None;
    }
    let fraction = text[point + 1..]
        .iter()
        .take_while(|b| b.is_ascii_digit())
        .count();
    let end = point + 1 + fraction;
    let number: f64 = std::str::from_utf8(&text[blank..end]).ok()?.parse().ok()?;
    let micros = (number * 1e6).round() as i64;
    match text.get(end..)? {
        [b']', ..] if fraction == 6 => Some((When::Rough(Rough::SinceBoot(micros)), end)),
        [b's', b']', ..] => Some((When::Stamp(Stamp::Uptime(micros)), end + 1)),
        _ => None,
    }
}

/// `01:02:03,456` with a fraction, or `01:02:03 ` before a blank.
fn time_of_day(text: &[u8]) -> Option<(When, usize)> {
    // Borrow a date, so that one parser knows about clocks.
    let mut dated = b"1970-01-01T".to_vec();
    dated.extend_from_slice(&text[..text.len().min(20)]);
    let (stamp, used) = iso8601(&dated)?;
    let used = used - 11;
    match (stamp, text.get(used)) {
        (Stamp::Local(moment), None | Some(b' ' | b']' | b'|' | b'\t' | b',')) => {
            Some((When::Rough(Rough::TimeOfDay(moment.lo.0)), used))
        }
        _ => None,
    }
}

/// A structured line: the value of its time field.
fn json(line: &[u8]) -> Option<(When, usize)> {
    const NAMES: [&str; 6] = [
        "\"@timestamp\":",
        "\"timestamp\":",
        "\"TimeStamp\":",
        "\"time\":",
        "\"ts\":",
        "\"date\":",
    ];
    // A log line states its time near its beginning; a long message is not searched.
    let head = &line[..line.len().min(2000)];
    NAMES.iter().find_map(|name| {
        let at = memchr::memmem::find(head, name.as_bytes())? + name.len();
        let quote = at + head[at..].iter().take_while(|byte| **byte == b' ').count();
        if head.get(quote) != Some(&b'"') {
            return None;
        }
        let (stamp, _) = iso8601(&head[quote + 1..])?;
        Some((When::Stamp(stamp), 0))
    })
}

fn month_of(name: &str) -> Option<u32> {
    const NAMES: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let index = NAMES.iter().position(|known| *known == name)?;
    Some(index as u32 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn local(text: &str) -> String {
        match leading(text.as_bytes()) {
            Some((When::Stamp(Stamp::Local(moment)), used)) => {
                format!("{} {used}", moment.lo.rfc3339())
            }
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn the_shapes_of_frameworks() {
        assert_eq!(
            local("22-Nov-2026 00:41:02.123 INFO [main]"),
            "2026-11-22T00:41:02.123Z 24"
        );
        assert_eq!(
            local("Nov 22, 2026 1:02:03 PM org.apache"),
            "2026-11-22T13:02:03Z 23"
        );
        assert_eq!(
            local("Nov 22, 2026 12:02:03 AM org"),
            "2026-11-22T00:02:03Z 24"
        );
        assert_eq!(
            local("2026-11-22 01:02:03,456 INFO"),
            "2026-11-22T01:02:03.456Z 23"
        );
        assert_eq!(
            local("2026/11/22 01:02:03 [error]"),
            "2026-11-22T01:02:03Z 19"
        );
        assert_eq!(
            local("[Wed Dec  6 23:54:11 2017] java"),
            "2017-12-06T23:54:11Z 26"
        );
    }

    #[test]
    fn stamps_that_need_another_source() {
        let rough = |text: &str| match leading(text.as_bytes()) {
            Some((When::Rough(rough), _)) => Some(rough),
            _ => None,
        };
        assert_eq!(
            rough("[337533.314159] java invoked"),
            Some(Rough::SinceBoot(337_533_314_159))
        );
        assert_eq!(
            rough("06:31:31,317 INFO  [org.jboss]"),
            Some(Rough::TimeOfDay(23_491_317_000))
        );
        assert!(matches!(
            rough("Feb 20 08:18:28 host kernel:"),
            Some(Rough::WithoutYear(_))
        ));
        assert_eq!(leading(b"10 apples"), None);
        assert_eq!(leading(b"\t22-Nov-2026 00:41:02.123"), None);
        let (when, used) = leading(b"[2.311s][warning][os,thread] Failed").unwrap();
        assert_eq!((when, used), (When::Stamp(Stamp::Uptime(2_311_000)), 8));
    }

    #[test]
    fn structured_lines() {
        let line = br#"{"@timestamp":"2026-11-22T01:02:03.456Z","message":"x"}"#;
        let Some((When::Stamp(stamp), _)) = leading(line) else {
            panic!("no stamp");
        };
        assert_eq!(
            stamp.zoned().unwrap().lo.rfc3339(),
            "2026-11-22T01:02:03.456Z"
        );
    }

    proptest! {
        #[test]
        fn any_line_is_survived(line in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = leading(&line);
        }

        #[test]
        fn any_cut_is_survived(cut in 0_usize..40) {
            for line in ["22-Nov-2026 00:41:02.123 INFO", "Nov 22, 2026 1:02:03 PM x", "[Wed Dec  6 23:54:11 2017] j",
                         "[337533.314159] java", "2026/11/22 01:02:03.123456789", "06:31:31,317 INFO"] {
                let _ = leading(&line.as_bytes()[..cut.min(line.len())]);
            }
        }
    }
}
