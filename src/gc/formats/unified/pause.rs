//! `Pause …` lines: the summary of every stop of the world, of every collector.

use crate::gc::event::{Area, Event, PauseKind, Place};
use crate::gc::formats::number;
use crate::gc::report::IncidentKind;
use crate::gc::run::Run;

/// The summary of a pause, cut into its parts.
#[derive(Debug, PartialEq)]
pub(in crate::gc::formats) struct Summary<'a> {
    pub(in crate::gc::formats) kind: PauseKind,
    /// The JVM's cause, or for a degenerated cycle the point where it failed.
    pub(in crate::gc::formats) cause: &'a [u8],
    pub(in crate::gc::formats) evacuation_failed: bool,
    pub(in crate::gc::formats) pinned: bool,
    pub(in crate::gc::formats) heap: Area,
    /// `None` for the line at the beginning of the pause.
    pub(in crate::gc::formats) nanos: Option<i64>,
}

/// Reads `Young (Normal) (G1 Evacuation Pause) 113M->72M(160M) 11.070ms`, the text after `Pause `.
pub(in crate::gc::formats) fn read(text: &[u8]) -> Summary<'_> {
    let (nanos, rest) = match number::trailing(text, b"ms", 6) {
        Some((nanos, rest)) => (Some(nanos), rest),
        None => (None, text.trim_ascii_end()),
    };
    // JDK 9 put begin and end of the pause between occupancy and duration: `(0.321s, 0.334s)`.
    let rest = match (rest.strip_suffix(b"s)"), memchr::memrchr(b'(', rest)) {
        (Some(_), Some(open)) if rest[open..].windows(3).any(|part| part == b"s, ") => {
            rest[..open].trim_ascii_end()
        }
        _ => rest,
    };
    let (heap, rest) = match occupancy_at_end(rest) {
        Some((heap, before)) => (heap, before),
        None => (Area::default(), rest),
    };
    let (name, groups) = match memchr::memchr(b'(', rest) {
        Some(open) => (rest[..open].trim_ascii_end(), &rest[open..]),
        None => (rest, &b""[..]),
    };
    let mut summary = Summary {
        kind: kind(name),
        cause: b"",
        evacuation_failed: false,
        pinned: false,
        heap,
        nanos,
    };
    for group in Groups(groups) {
        match group {
            b"Normal" | b"Concurrent Start" | b"Prepare Mixed" | b"Concurrent End" => {}
            b"Mixed" => summary.kind = PauseKind::Mixed,
            b"Young" | b"Old" | b"Global" | b"Bootstrap Old" => {}
            _ if group.starts_with(b"Evacuation Failure") => {
                summary.evacuation_failed = memchr::memmem::find(group, b"Allocation").is_some();
                summary.pinned = memchr::memmem::find(group, b"Pinned").is_some();
            }
            _ if summary.cause.is_empty() => summary.cause = group,
            _ => {}
        }
    }
    summary
}

fn kind(name: &[u8]) -> PauseKind {
    match name {
        b"Young" => PauseKind::Young,
        b"Mixed" => PauseKind::Mixed,
        b"Full" => PauseKind::Full,
        b"Initial Mark" | b"Init Mark" | b"Mark Start" => PauseKind::InitialMark,
        b"Remark" | b"Final Mark" | b"Mark End" => PauseKind::Remark,
        b"Cleanup" => PauseKind::Cleanup,
        _ if name.starts_with(b"Degenerated") => PauseKind::Degenerated,
        _ => PauseKind::Other,
    }
}

/// Top-level parenthesised groups; causes hold parentheses themselves: `(System.gc())`.
struct Groups<'a>(&'a [u8]);

impl<'a> Iterator for Groups<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let open = memchr::memchr(b'(', self.0)?;
        let mut depth = 0_u32;
        for (at, byte) in self.0.iter().enumerate().skip(open) {
            match byte {
                b'(' => depth += 1,
                b')' if depth == 1 => {
                    let group = &self.0[open + 1..at];
                    self.0 = &self.0[at + 1..];
                    return Some(group);
                }
                b')' => depth -= 1,
                _ => {}
            }
        }
        self.0 = b"";
        None
    }
}

/// `… 113M->72M(160M)` at the end of a text: the area and what stands before.
fn occupancy_at_end(text: &[u8]) -> Option<(Area, &[u8])> {
    let start = memchr::memrchr(b' ', text).map_or(0, |blank| blank + 1);
    let (area, used) = occupancy(&text[start..])?;
    (start + used == text.len()).then(|| (area, text[..start].trim_ascii_end()))
}

/// `113M->72M(160M)`, `113M(150M)->72M(160M)`, `113M(60%)->72M(40%)`, `56->64`: the area and the bytes used. Numbers in
/// parentheses after the second size are the capacity, unless they are a share.
pub(in crate::gc::formats) fn occupancy(text: &[u8]) -> Option<(Area, usize)> {
    let (before, mut at) = number::size(text)?;
    at += parenthesis(&text[at..]).1;
    if !text[at..].starts_with(b"->") {
        return None;
    }
    at += 2;
    let (after, used) = number::size(&text[at..])?;
    at += used;
    let (capacity, used) = parenthesis(&text[at..]);
    let mut area = Area {
        before,
        after,
        ..Area::default()
    };
    if let Some(capacity) = capacity {
        area.capacity = capacity;
    }
    Some((area, at + used))
}

/// `(160M)` or `(12%)` at the beginning: the size unless it is a share, and the bytes used (0 without parenthesis).
fn parenthesis(text: &[u8]) -> (Option<u64>, usize) {
    let Some(inner) = text.strip_prefix(b"(") else {
        return (None, 0);
    };
    let Some(close) = inner.iter().take(24).position(|&byte| byte == b')') else {
        return (None, 0);
    };
    match number::size(&inner[..close]) {
        Some((size, used)) if used == close => (Some(size), close + 2),
        _ => (None, close + 2),
    }
}

/// Adds the pause to the run. `now` is the time of the line, which is the end of the pause.
pub(in crate::gc::formats) fn record(
    run: &mut Run,
    summary: &Summary<'_>,
    gc: u32,
    now: i64,
    place: Place,
) {
    let Some(nanos) = summary.nanos else { return };
    let cause = run.name(summary.cause);
    let begin = now.saturating_sub(nanos / 1000);
    let mut event = Event::new(begin, nanos, summary.kind, cause, place);
    event.gc = gc;
    event.heap = summary.heap;
    run.push(event);
    if summary.evacuation_failed {
        run.note(IncidentKind::EvacuationFailure, place, b"");
    }
    if summary.pinned {
        run.note(IncidentKind::PinnedRegions, place, b"");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(line: &str) -> (PauseKind, String, Option<i64>, u64) {
        let summary = read(line.as_bytes());
        let cause = String::from_utf8_lossy(summary.cause).into_owned();
        (summary.kind, cause, summary.nanos, summary.heap.after)
    }

    #[test]
    fn causes_with_parentheses_and_failures_are_told_apart() {
        let full = parts("Full (System.gc()) 12M->3M(10M) 5.5ms");
        assert_eq!(
            full,
            (
                PauseKind::Full,
                "System.gc()".to_owned(),
                Some(5_500_000),
                3 << 20
            )
        );
        let summary = read(
            b"Young (Normal) (G1 Evacuation Pause) (Evacuation Failure: Allocation/Pinned) 113M->72M(160M) 11.070ms",
        );
        assert!(summary.evacuation_failed && summary.pinned);
        assert_eq!(summary.cause, b"G1 Evacuation Pause");
        let mixed = parts("Young (Mixed) (G1 Evacuation Pause) 113M->72M(160M) 11.070ms");
        assert_eq!(mixed.0, PauseKind::Mixed);
        let old = parts("Initial Mark (G1 Evacuation Pause) 24M->4M(256M) (0.100s, 0.104s) 3.2ms");
        assert_eq!(
            old,
            (
                PauseKind::InitialMark,
                "G1 Evacuation Pause".to_owned(),
                Some(3_200_000),
                4 << 20
            )
        );
    }

    #[test]
    fn a_start_has_no_duration() {
        assert_eq!(parts("Full (Ergonomics)").2, None);
        assert_eq!(
            parts("Degenerated GC (Young) (Outside of Cycle) 1M->1M(2M) 3ms").1,
            "Outside of Cycle"
        );
        assert_eq!(parts("((((").2, None);
        assert_eq!(parts("").2, None);
    }

    #[test]
    fn areas_of_all_versions() {
        let (area, _) = occupancy(b"123K(456K)->7K(500K) Eden: ").unwrap();
        assert_eq!(
            (area.before, area.after, area.capacity),
            (123 << 10, 7 << 10, 500 << 10)
        );
        let (area, _) = occupancy(b"20M(12%)->12M(8%)").unwrap();
        assert_eq!(area.capacity, crate::gc::event::UNKNOWN);
        assert_eq!(occupancy(b"20M(12%)"), None);
    }
}
