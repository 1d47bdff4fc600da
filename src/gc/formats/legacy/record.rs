//! One complete `[GC …]` or `[Full GC …]` record of a legacy log, with everything spliced into it, as an event.
//!
//! A record is a tree of brackets. Names decide what a child means; unknown children are stepped over, because JDK 5 to
//! 8 splice reference, ergonomics and concurrent records into pauses.

use crate::gc::event::{Area, Collector, Cpu, Event, PauseKind, Place, UNKNOWN};
use crate::gc::formats::number;
use crate::gc::formats::unified::occupancy;
use crate::gc::report::IncidentKind;
use crate::gc::run::Run;

/// Brackets nested deeper than this are damage.
const DEPTH: usize = 12;

/// What a record says, gathered from its own text and its children.
#[derive(Debug, Default)]
struct Parts {
    own: Vec<u8>,
    heap: Area,
    young: Area,
    old: Area,
    metaspace: Option<u64>,
    is_remark: bool,
    is_initial_mark: bool,
    collector: Option<Collector>,
}

/// Reads a record and adds its event to the run. `begin` is the raw time of its stamp. `false` when it is no pause or
/// has no duration.
pub(super) fn read(run: &mut Run, record: &[u8], begin: i64, place: Place) -> bool {
    let Some(inner) = record.strip_prefix(b"[") else {
        return false;
    };
    let inner = inner.strip_suffix(b"]").unwrap_or(inner);
    let mut parts = Parts::default();
    gather(inner, &mut parts, 0);
    let own = std::mem::take(&mut parts.own);
    let (is_full, rest) = match own.strip_prefix(b"Full GC") {
        Some(rest) => (true, rest),
        None => match own.strip_prefix(b"GC") {
            Some(rest) => (false, rest),
            None => return false,
        },
    };
    // `[GC concurrent-mark-start]`: G1 works while the application runs.
    if rest.trim_ascii_start().starts_with(b"concurrent-") {
        return true;
    }
    let Some(nanos) = duration(rest) else {
        return false;
    };
    if let Some(area) = last_occupancy(rest) {
        parts.heap = area;
    }
    let groups = Groups::of(rest);
    let kind = kind(is_full, rest, &groups, &parts);
    if run.collector == Collector::Unknown {
        run.collector = match parts.collector {
            Some(collector) => collector,
            None if groups.is_g1 || kind == PauseKind::Cleanup => Collector::G1,
            None => Collector::Unknown,
        };
    }
    let cause = run.name(groups.cause);
    let mut event = Event::new(begin, nanos, kind, cause, place);
    event.heap = parts.heap;
    event.young = parts.young;
    event.old = parts.old;
    event.metaspace = parts.metaspace.unwrap_or(UNKNOWN);
    notes(run, record, place);
    run.push(event);
    true
}

/// Splits a text into its own words and its children; the children fill the areas they name.
fn gather(text: &[u8], parts: &mut Parts, depth: usize) {
    let mut own = Vec::with_capacity(text.len().min(512));
    let mut at = 0;
    while at < text.len() {
        let Some(open) = memchr::memchr(b'[', &text[at..]).map(|skip| at + skip) else {
            break;
        };
        own.extend_from_slice(&text[at..open]);
        let close = matching(text, open).unwrap_or(text.len());
        if depth < DEPTH {
            child(&text[open + 1..close.min(text.len())], parts, depth + 1);
        }
        at = (close + 1).min(text.len());
    }
    own.extend_from_slice(&text[at.min(text.len())..]);
    if depth == 0 {
        parts.own = own;
    }
}

/// The bracket that closes the one at `open`.
fn matching(text: &[u8], open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in text.iter().enumerate().skip(open) {
        match byte {
            b'[' => depth += 1,
            b']' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

fn child(text: &[u8], parts: &mut Parts, depth: usize) {
    let area = |text: &[u8]| last_occupancy(&without_children(text)).unwrap_or_default();
    let starts = |name: &[u8]| text.starts_with(name);
    if starts(b"PSYoungGen") {
        parts.young = area(text);
        parts.collector = Some(Collector::Parallel);
    } else if starts(b"ParNew") || starts(b"ASParNew") {
        parts.young = area(text);
        parts.collector = Some(Collector::Cms);
    } else if starts(b"DefNew") {
        parts.young = area(text);
        parts.collector.get_or_insert(Collector::Serial);
    } else if starts(b"ParOldGen") || starts(b"PSOldGen") {
        parts.old = area(text);
        parts.collector = Some(Collector::Parallel);
    } else if starts(b"Tenured") {
        parts.old = area(text);
        parts.collector.get_or_insert(Collector::Serial);
    } else if starts(b"1 CMS-initial-mark") {
        parts.is_initial_mark = true;
        parts.collector = Some(Collector::Cms);
    } else if starts(b"1 CMS-remark") || starts(b"YG occupancy") {
        parts.is_remark = true;
        parts.collector = Some(Collector::Cms);
    } else if starts(b"CMS Perm") || starts(b"PSPermGen") || starts(b"Perm") || starts(b"Metaspace")
    {
        parts.metaspace = Some(area(text).after).filter(|&after| after != UNKNOWN);
    } else if starts(b"CMS-concurrent") {
        // A concurrent record that interrupted this pause.
    } else if starts(b"CMS") {
        parts.old = area(text);
        parts.collector = Some(Collector::Cms);
    } else if starts(b"Eden: ") {
        parts.heap = eden_line(text).unwrap_or(parts.heap);
    }
    // A name may hide deeper: `[CMS2016-…: [CMS-concurrent-mark: …] (concurrent mode failure): …`.
    if memchr::memchr(b'[', text).is_some() && depth < DEPTH {
        let mut inner = Parts {
            heap: parts.heap,
            young: parts.young,
            old: parts.old,
            metaspace: parts.metaspace,
            collector: parts.collector,
            ..Parts::default()
        };
        gather(text, &mut inner, depth);
        if !parts.young.is_known() {
            parts.young = inner.young;
        }
        if !parts.old.is_known() {
            parts.old = inner.old;
        }
        parts.metaspace = parts.metaspace.or(inner.metaspace);
        parts.is_remark |= inner.is_remark;
        parts.is_initial_mark |= inner.is_initial_mark;
    }
}

fn without_children(text: &[u8]) -> Vec<u8> {
    let mut own = Vec::with_capacity(text.len());
    let mut depth = 0_usize;
    for byte in text {
        match byte {
            b'[' => depth += 1,
            b']' => depth = depth.saturating_sub(1),
            _ if depth == 0 => own.push(*byte),
            _ => {}
        }
    }
    own
}

/// `Eden: 24.0M(24.0M)->0.0B(13.0M) Survivors: 0.0B->3072.0K Heap: 24.0M(252.0M)->21.3M(252.0M)`: the heap.
pub(super) fn eden_line(text: &[u8]) -> Option<Area> {
    let at = memchr::memmem::find(text, b"Heap: ")?;
    occupancy(&text[at + 6..]).map(|(area, _)| area)
}

/// `user=1.40 sys=0.01, real=0.69 secs`
pub(super) fn times(text: &[u8]) -> Option<Cpu> {
    let value = |label: &[u8]| {
        let at = memchr::memmem::find(text, label)?;
        number::decimal(&text[at + label.len()..], 6).map(|(micros, _)| micros)
    };
    Some(Cpu {
        user: value(b"user=")?,
        sys: value(b"sys=")?,
        real: value(b"real=")?,
    })
}

/// The last `a->b(c)` of a text.
fn last_occupancy(text: &[u8]) -> Option<Area> {
    let mut found = None;
    for arrow in memchr::memmem::find_iter(text, b"->") {
        let is_size =
            |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b',' | b'(' | b')');
        let start = text[..arrow]
            .iter()
            .rposition(|byte| !is_size(byte))
            .map_or(0, |at| at + 1);
        if let Some((area, _)) = occupancy(&text[start..])
            && area.capacity != UNKNOWN
        {
            found = Some(area);
        }
    }
    found
}

/// The last `0.0984634 secs` of a text in nanoseconds.
fn duration(text: &[u8]) -> Option<i64> {
    let at = memchr::memmem::rfind(text, b" secs")?;
    number::trailing(&text[..at], b"", 9).map(|(nanos, _)| nanos)
}

/// The parenthesised words after `GC`.
struct Groups<'a> {
    cause: &'a [u8],
    mixed: bool,
    is_g1: bool,
}

impl<'a> Groups<'a> {
    fn of(text: &'a [u8]) -> Self {
        let mut groups = Self {
            cause: b"",
            mixed: false,
            is_g1: text.trim_ascii_start().starts_with(b"pause"),
        };
        let mut rest = text;
        while let Some(open) = memchr::memchr(b'(', rest) {
            // `3925228K->2702358K(4040704K)` is no word.
            let is_capacity = open > 0 && rest[open - 1].is_ascii_alphanumeric();
            let Some(close) = rest[open..].iter().position(|&byte| byte == b')') else {
                break;
            };
            let mut close = open + close;
            // `(System.gc())`
            if rest[open + 1..close].ends_with(b"(") && rest.get(close + 1) == Some(&b')') {
                close += 1;
            }
            let group = &rest[open + 1..close];
            match group {
                b"mixed" => groups.mixed = true,
                b"young"
                | b"initial-mark"
                | b"partial"
                | b"to-space exhausted"
                | b"to-space overflow" => {}
                _ if is_capacity
                    || group.starts_with(b"concurrent mode")
                    || group.starts_with(b"promotion") => {}
                _ if groups.cause.is_empty() && !group.first().is_some_and(u8::is_ascii_digit) => {
                    groups.cause = group;
                }
                _ => {}
            }
            rest = &rest[close + 1..];
        }
        groups
    }
}

fn kind(is_full: bool, rest: &[u8], groups: &Groups<'_>, parts: &Parts) -> PauseKind {
    let rest = rest.trim_ascii_start();
    if is_full {
        PauseKind::Full
    } else if rest.starts_with(b"remark") || parts.is_remark || groups.cause == b"CMS Final Remark"
    {
        PauseKind::Remark
    } else if rest.starts_with(b"cleanup") {
        PauseKind::Cleanup
    } else if parts.is_initial_mark {
        PauseKind::InitialMark
    } else if groups.mixed {
        PauseKind::Mixed
    } else if parts.old.is_known() {
        // `[GC [ParNew (promotion failed): …][CMS (concurrent mode failure): …] …]`: the old generation was compacted.
        PauseKind::Full
    } else {
        PauseKind::Young
    }
}

fn notes(run: &mut Run, record: &[u8], place: Place) {
    let has = |text: &[u8]| memchr::memmem::find(record, text).is_some();
    if has(b"to-space exhausted") || has(b"to-space overflow") {
        run.note(IncidentKind::EvacuationFailure, place, b"");
    }
    // Parallel marks a failed promotion with two hyphens: `[GC-- [PSYoungGen: …`.
    if has(b"promotion failed") || record.starts_with(b"[GC--") {
        run.note(IncidentKind::PromotionFailed, place, b"");
    }
    if has(b"concurrent mode failure") {
        run.note(IncidentKind::ConcurrentModeFailure, place, b"");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(record: &str) -> (PauseKind, i64, Area, Area, String) {
        let mut run = Run::new("legacy");
        assert!(
            read(&mut run, record.as_bytes(), 0, Place::default()),
            "{record}"
        );
        let event = run.events[0].clone();
        let cause = run.cause(&event).to_owned();
        (event.kind, event.nanos, event.heap, event.old, cause)
    }

    #[test]
    fn nested_stamps_and_areas() {
        let (kind, nanos, heap, old, _) = one(
            "[Full GC 25.510: [CMS: 16874K->16395K(69392K), 1.0691521 secs] 42192K->16395K(148256K), [CMS Perm : 60155K->60151K(99804K)], 1.0704342 secs]",
        );
        assert_eq!((kind, nanos), (PauseKind::Full, 1_070_434_200));
        assert_eq!((heap.after, old.capacity), (16395 << 10, 69392 << 10));
        let (kind, nanos, heap, _, cause) = one(
            "[GC pause (G1 Evacuation Pause) (young) (to-space exhausted) 1239M->949M(4096M), 0.0245500 secs]",
        );
        assert_eq!(
            (kind, nanos, cause.as_str()),
            (PauseKind::Young, 24_550_000, "G1 Evacuation Pause")
        );
        assert_eq!(heap.after, 949 << 20);
    }

    #[test]
    fn a_torn_concurrent_record_inside_does_not_hurt() {
        let (kind, nanos, heap, old, cause) = one(
            "[GC (Allocation Failure) 719.521: [ParNew: 138K->138K(138K), 0.0000470 secs]719.521: [CMS719.522: [CMS-concurrent-mark: 0.082/0.083 secs] [Times: user=0.08 sys=0.00, real=0.08 secs] (concurrent mode failure): 2542K->2658K(2658K), 12.3447910 secs] 3925K->2702K(4040K), [Metaspace: 72K->72K(111K)] icms_dc=100 , 12.3480570 secs]",
        );
        assert_eq!(
            (kind, nanos, cause.as_str()),
            (PauseKind::Full, 12_348_057_000, "Allocation Failure")
        );
        assert_eq!((heap.before, old.after), (3925 << 10, 2658 << 10));
    }

    #[test]
    fn requests_and_marks() {
        assert_eq!(
            one("[Full GC (System.gc()) 3M->2M(10M), 0,0004470 secs]").4,
            "System.gc()"
        );
        assert_eq!(
            one("[GC [1 CMS-initial-mark: 1117964K(1310720K)] 1569902K(2018560K), 2.0271745 secs]")
                .0,
            PauseKind::InitialMark
        );
        assert_eq!(
            one("[GC cleanup 10M->9M(50M), 0.001 secs]").0,
            PauseKind::Cleanup
        );
        assert_eq!(
            one("[GC remark 12.3: [GC ref-proc, 0.0000010 secs], 0.0023 secs]").1,
            2_300_000
        );
        let mut run = Run::new("legacy");
        assert!(!read(&mut run, b"[GC [[[[[", 0, Place::default()));
        assert!(!read(&mut run, b"[", 0, Place::default()));
    }
}
