//! What stands around a line of a log: the record it belongs to and the stamps before and after it.

use std::ops::Range;

use super::stamps::{When, leading};
use crate::events::event::Rough;
use crate::time::{Moment, Stamp};

/// Bytes around a line in which a stamped line is looked for.
const REACH: usize = 64 << 10;

/// The stamped lines around the line under examination. Every byte is looked at a bounded number of times, because
/// lines come in order and what was found is kept.
pub(super) struct Near<'a> {
    bytes: &'a [u8],
    line: Range<usize>,
    /// Start of the record the line belongs to.
    pub(super) record: usize,
    /// The line belongs to the record before it or is itself stamped, so the stamp is its own.
    pub(super) exact: bool,
    before: Option<(When, usize)>,
    /// Up to where lines before were searched: behind the line end of the last one.
    searched: usize,
    after: Option<(When, usize)>,
    /// Up to where lines after were searched in vain.
    ahead: usize,
}

impl<'a> Near<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            line: 0..0,
            record: 0,
            exact: false,
            before: None,
            searched: 0,
            after: None,
            ahead: 0,
        }
    }

    /// Moves on to a later line.
    pub(super) fn to(&mut self, line: Range<usize>) {
        self.line = line.clone();
        if let Some((when, _)) = leading(self.cut(line.start)) {
            self.before = Some((when, line.start));
            self.searched = line.end + 1;
            self.record = line.start;
            self.exact = true;
            return;
        }
        // Back to the nearest stamped line, but not behind what was searched for the line before.
        let floor = self.searched.max(line.start.saturating_sub(REACH));
        let mut continued = true;
        let mut start = line.start;
        let mut found = false;
        if !continuation(self.cut(line.start)) || self.report_of_the_jvm() {
            continued = false;
        }
        while start > floor {
            let end = start - 1;
            start =
                memchr::memrchr(b'\n', &self.bytes[floor..end]).map_or(floor, |at| floor + at + 1);
            let text = self.cut(start);
            if let Some((when, _)) = leading(text) {
                self.before = Some((when, start));
                self.record = start;
                found = true;
                break;
            }
            if !continuation(text) {
                continued = false;
            }
        }
        if !found {
            // Nothing new between: the last stamped line counts as long as it is near.
            let far = self.before.is_some_and(|(_, at)| line.start - at > REACH);
            if far {
                self.before = None;
            }
            continued &= self.exact && self.before.is_some();
            if !continued {
                self.record = match block_start(self.bytes, line.start, floor) {
                    Some(start) => start,
                    None => self.record,
                };
            }
        }
        self.exact = continued;
        self.searched = line.end + 1;
        if !self.exact {
            self.look_ahead();
        }
    }

    /// An error at the left margin without a stack trace under it: the JVM itself wrote it, between two records.
    fn report_of_the_jvm(&self) -> bool {
        let line = self.cut(self.line.start);
        let next = self.next_line();
        let trace = next.starts_with(b"\tat ") || next.starts_with(b"    at ");
        line.starts_with(b"java.lang.OutOfMemoryError") && !trace
    }

    fn look_ahead(&mut self) {
        if self.after.is_some_and(|(_, at)| at > self.line.start) {
            return;
        }
        self.after = None;
        let limit = self.line.end.saturating_add(REACH).min(self.bytes.len());
        let mut start = self.line.end.max(self.ahead);
        while start < limit {
            let Some(end) = memchr::memchr(b'\n', &self.bytes[start..limit]) else {
                break;
            };
            start += end + 1;
            if let Some((when, _)) = leading(self.cut(start)) {
                self.after = Some((when, start));
                break;
            }
        }
        self.ahead = start.min(limit);
    }

    fn cut(&self, start: usize) -> &'a [u8] {
        let end = self.bytes.len().min(start + 2048);
        let head = &self.bytes[start.min(end)..end];
        let line = memchr::memchr(b'\n', head).map_or(head, |end| &head[..end]);
        line.strip_suffix(b"\r").unwrap_or(line)
    }

    pub(super) fn next_line(&self) -> &'a [u8] {
        self.cut(self.line.end + 1)
    }

    pub(super) fn record_line(&self) -> &'a [u8] {
        match (self.exact, self.before) {
            (true, Some((_, at))) => self.cut(at),
            _ => &[],
        }
    }

    pub(super) fn time(&self) -> Option<When> {
        let before = self.before.map(|(when, _)| when);
        if self.exact {
            return before;
        }
        let after = self.after.map(|(when, _)| when);
        match (before, after) {
            (Some(When::Stamp(first)), Some(When::Stamp(last))) => between(first, last),
            (Some(When::Stamp(stamp)), _) => Some(When::Rough(Rough::After(stamp))),
            (Some(rough), _) => Some(rough),
            (None, Some(When::Stamp(stamp))) => Some(When::Rough(Rough::Before(stamp))),
            (None, _) => None,
        }
    }
}

fn between(first: Stamp, last: Stamp) -> Option<When> {
    let span = |first: Moment, last: Moment| Moment {
        lo: first.lo,
        hi: last.hi.max(first.hi),
    };
    let stamp = match (first, last) {
        (Stamp::Zoned(first), Stamp::Zoned(last)) => Stamp::Zoned(span(first, last)),
        (Stamp::Local(first), Stamp::Local(last)) => Stamp::Local(span(first, last)),
        (first, _) => return Some(When::Rough(Rough::After(first))),
    };
    Some(When::Stamp(stamp))
}

/// Whether a line without a stamp can continue the record above it: part of a stack trace or its headline.
pub(super) fn continuation(line: &[u8]) -> bool {
    let starts = |text: &str| line.starts_with(text.as_bytes());
    let exception = || {
        let word = line
            .split(|byte| matches!(byte, b' ' | b':'))
            .next()
            .unwrap_or(b"");
        let class = word.contains(&b'.')
            && word
                .iter()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'$' | b'_'));
        class
            && (word.ends_with(b"Exception")
                || word.ends_with(b"Error")
                || word.ends_with(b"Throwable"))
    };
    line.first().is_some_and(|byte| matches!(byte, b' ' | b'\t'))
        || starts("Caused by: ")
        || starts("Suppressed: ")
        || starts("at ")
        || starts("... ")
        || starts("Wrapped by: ")
        // java.util.logging writes level and message on a second line.
        || ["SEVERE: ", "WARNING: ", "INFO: "].iter().any(|level| starts(level))
        || exception()
}

/// Start of the block of continuation lines that a line stands in, for text without stamps.
fn block_start(bytes: &[u8], line: usize, floor: usize) -> Option<usize> {
    let mut start = line;
    while start > floor {
        let text_at = |from: usize| {
            let end = memchr::memchr(b'\n', &bytes[from..]).map_or(bytes.len(), |end| from + end);
            &bytes[from..end.min(from + 2048)]
        };
        if !continuation(text_at(start)) {
            return Some(start);
        }
        let end = start - 1;
        start = memchr::memrchr(b'\n', &bytes[floor..end]).map_or(floor, |at| floor + at + 1);
    }
    (start < line || floor == 0).then_some(start)
}
