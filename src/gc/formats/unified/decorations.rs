//! The decorations in front of a unified log line (JEP 158): any subset, none too, in the order that the JVM fixes.
//!
//! Two numbers in brackets are ambiguous (`[1886]` is a pid or a tid), so each bracket is classified by its shape.

use super::super::number;
use crate::gc::run::Clocks;
use crate::time::{Instant, Moment, SECOND, Stamp, iso8601};

/// What stands before the message.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Decorations<'a> {
    /// `2026-11-22T01:02:03.456+0000`, not yet read: most lines are not worth it.
    date: Option<&'a [u8]>,
    /// Microseconds of uptime.
    pub(super) uptime: Option<i64>,
    /// `timemillis` as microseconds since 1970.
    millis: Option<i64>,
    /// Process id: the first plain number.
    pub(super) pid: Option<u64>,
    /// Tags as written, padding removed: `gc,start`.
    pub(super) tags: Option<&'a [u8]>,
    /// Level as written, padding removed.
    pub(super) level: Option<&'a [u8]>,
    /// Decorations found.
    pub(super) count: u32,
}

impl Decorations<'_> {
    /// The clocks of the line.
    pub(super) fn clocks(&self) -> Clocks {
        let date = self.date.and_then(iso8601).map(|(stamp, _)| stamp);
        let millis = self.millis.map(|micros| {
            let moment = Moment::truncated(Instant(micros), SECOND / 1000);
            Stamp::Zoned(moment)
        });
        Clocks {
            uptime: self.uptime,
            wall: date.or(millis),
        }
    }

    /// The date as written.
    pub(super) fn date(&self) -> Option<&[u8]> {
        self.date
    }

    /// Whether there is a clock or a level or tags: what a line of another program in brackets does not have.
    pub(super) fn are_convincing(&self) -> bool {
        self.date.is_some() || self.uptime.is_some() || self.millis.is_some() || self.tags.is_some()
    }
}

/// Splits a line into decorations and message. A line that does not begin with `[` has none.
pub(super) fn split(line: &[u8]) -> (Decorations<'_>, &[u8]) {
    let mut found = Decorations::default();
    let mut rest = line;
    // The JVM has 12 decorations; a 13th bracket belongs to the message.
    while found.count < 12 {
        // Some set-ups put one blank between the brackets.
        let spaced = usize::from(found.count > 0 && rest.starts_with(b" ["));
        let Some(inner) = rest[spaced..].strip_prefix(b"[") else {
            break;
        };
        let Some(end) = memchr::memchr(b']', &inner[..inner.len().min(80)]) else {
            break;
        };
        let text = &inner[..end];
        if !classify(text, &mut found) {
            break;
        }
        found.count += 1;
        rest = &inner[end + 1..];
    }
    let message = match found.count {
        0 => rest,
        _ => rest.strip_prefix(b" ").unwrap_or(rest),
    };
    (found, message)
}

fn classify<'a>(text: &'a [u8], found: &mut Decorations<'a>) -> bool {
    match text.first() {
        Some(b'0'..=b'9') => number_or_date(text, found),
        Some(b'a'..=b'z' | b'A'..=b'Z') => word(text.trim_ascii_end(), found),
        _ => false,
    }
}

fn number_or_date<'a>(text: &'a [u8], found: &mut Decorations<'a>) -> bool {
    if text.len() >= 19 && text[4] == b'-' {
        if found.date.is_none() {
            found.date = Some(text);
        }
        return true;
    }
    if let Some(nanos) = text.strip_suffix(b"ns") {
        // The second of two is uptimenanos; timenanos counts from an arbitrary origin but keeps the distances.
        return match number::whole(nanos) {
            Some((nanos, used)) if used + 2 == text.len() => {
                found.uptime = i64::try_from(nanos / 1000).ok();
                true
            }
            _ => false,
        };
    }
    let Some((value, used)) = number::decimal(text, 6) else {
        return false;
    };
    match &text[used..] {
        b"s" => found.uptime = Some(value),
        // timemillis since 1970 is above this since 1973; no uptime reaches it.
        b"ms" if value >= 100_000_000_000 * SECOND => found.millis = Some(value / 1000),
        b"ms" => found.uptime = Some(value / 1000),
        b"" if found.pid.is_none() => found.pid = u64::try_from(value / SECOND).ok(),
        b"" => {}
        _ => return false,
    }
    true
}

fn word<'a>(text: &'a [u8], found: &mut Decorations<'a>) -> bool {
    if found.tags.is_some() {
        return false;
    }
    match text {
        b"trace" | b"debug" | b"info" | b"warning" | b"error" => {
            found.level = Some(text);
            return true;
        }
        _ => {}
    }
    let is_word = |byte: &u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b',' | b'_' | b'+' | b'-' | b'.')
    };
    // Nearly every line has the collector's tags: what else could begin like this is not worth a look at each letter.
    if !text.starts_with(b"gc,") && !text.iter().all(is_word) {
        return false;
    }
    // Before the level stands only the host name; after it, or without a level, these are tags.
    let host = found.level.is_none() && (text.contains(&b'.') || text.contains(&b'-'));
    if !host {
        found.tags = Some(text);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(line: &str) -> (Option<i64>, Option<String>, Option<u64>, String) {
        let (found, message) = split(line.as_bytes());
        let tags = found
            .tags
            .map(|tags| String::from_utf8_lossy(tags).into_owned());
        let message = String::from_utf8_lossy(message).into_owned();
        (found.uptime, tags, found.pid, message)
    }

    #[test]
    fn every_subset_is_read() {
        let tags = Some("gc,start".to_owned());
        assert_eq!(
            parts("[2026-11-21T22:32:15.537+0000][0.321s][info ][gc,start      ] GC(0) x"),
            (Some(321_000), tags.clone(), None, "GC(0) x".to_owned())
        );
        assert_eq!(
            parts("[2026-11-21T22:32:15.537+0000][1886][gc,start] GC(0) x"),
            (None, tags, Some(1886), "GC(0) x".to_owned())
        );
        assert_eq!(parts("[25ms] x").0, Some(25_000));
        assert_eq!(parts("[5258404ms] x").0, Some(5_258_404_000));
        assert_eq!(
            parts("[2020-01-01T00:00:00.000+0000] [1.5s] x").0,
            Some(1_500_000)
        );
        assert_eq!(parts("GC(0) [x").3, "GC(0) [x");
        assert_eq!(parts("").3, "");
        assert_eq!(parts("[0.1s][info][gc] [x] y").3, "[x] y");
    }

    #[test]
    fn milliseconds_since_1970_are_a_wall_clock() {
        let (found, _) = split(b"[1795300000123ms][3ms] x");
        let clocks = found.clocks();
        assert_eq!(clocks.uptime, Some(3000));
        assert_eq!(clocks.wall_micros(), Some(1_795_300_000_123_000));
    }
}
