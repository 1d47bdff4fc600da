//! Cycles and failures of the concurrent collectors: ZGC, Shenandoah, G1 marking, CMS.

use super::pause::occupancy;
use crate::gc::event::{Collector, Event, PauseKind, Place};
use crate::gc::formats::number;
use crate::gc::report::IncidentKind;
use crate::gc::run::Run;

/// Removes the mark of generational ZGC: `y: ` minor, `Y: ` young of a major, `O: ` old.
pub(super) fn strip_generation<'a>(run: &mut Run, body: &'a [u8]) -> &'a [u8] {
    match body {
        [b'y' | b'Y' | b'O', b':', b' ', rest @ ..] => {
            run.generational = true;
            rest.trim_ascii_start()
        }
        _ => body,
    }
}

/// Takes a line about a cycle, a stall or a failure; `false` when it is none.
pub(super) fn read(run: &mut Run, gc: u32, body: &[u8], tags: &[u8], place: Place) -> bool {
    match body {
        [b'C', b'o', b'n', b'c', ..] => concurrent(run, gc, body, place),
        [b'G', b'a', b'r', ..] | [b'M', b'i', b'n', ..] | [b'M', b'a', b'j', ..] => {
            z_cycle(run, gc, body, place)
        }
        [b'A', b'l', b'l', ..] => stall(
            run,
            body,
            b"Allocation Stall",
            IncidentKind::AllocationStall,
            place,
        ),
        [b'R', b'e', b'l', ..] if gc == u32::MAX => stall(
            run,
            body,
            b"Relocation Stall",
            IncidentKind::RelocationStall,
            place,
        ),
        // A stalled worker of the collector is no stalled application.
        [b'R', b'e', b'l', ..] => body.starts_with(b"Relocation Stall"),
        [b'O', b'u', b't', ..] if body.starts_with(b"Out Of Memory (") => {
            run.note(IncidentKind::OutOfMemory, place, name_in_parentheses(body));
            true
        }
        [b'D', b'e', b'g', ..] => body.starts_with(b"Degenerated GC upgrading"),
        [b'P', ..] if body.eq_ignore_ascii_case(b"promotion failed") => {
            run.note(IncidentKind::PromotionFailed, place, b"");
            true
        }
        [b'M', b'e', b't', ..] if tags.ends_with(b"oom") || body.ends_with(b"for size") => {
            metaspace_failure(run, body, place)
        }
        [b'R', b'e', b't', ..] if body.starts_with(b"Retried waiting for GCLocker too often") => {
            run.note(IncidentKind::GcLockerRetried, place, b"");
            true
        }
        [b'G', b'C', b' ', ..] if memchr::memmem::find(body, b"GCTimeLimit").is_some() => {
            run.note(IncidentKind::OverheadLimit, place, b"");
            true
        }
        _ => false,
    }
}

fn concurrent(run: &mut Run, gc: u32, body: &[u8], place: Place) -> bool {
    if body.starts_with(b"Concurrent Mark Abort") {
        run.note(IncidentKind::ConcurrentMarkAborted, place, b"");
        return true;
    }
    if body.len() > 16 && body[..16].eq_ignore_ascii_case(b"concurrent mode ") {
        run.note(IncidentKind::ConcurrentModeFailure, place, b"");
        return true;
    }
    // Shenandoah writes its occupancy here: `Concurrent cleanup (Young) 48M->15M(160M) 0.081ms`.
    let Some(rest) = body.strip_prefix(b"Concurrent cleanup") else {
        return false;
    };
    if run.collector == Collector::Unknown {
        run.collector = Collector::Shenandoah;
    }
    let rest = rest.trim_ascii_start();
    let rest = match rest
        .strip_prefix(b"(")
        .and_then(|inner| memchr::memchr(b')', inner))
    {
        Some(close) => {
            if rest.starts_with(b"(Young)") || rest.starts_with(b"(Old)") {
                run.generational = true;
            }
            rest[close + 2..].trim_ascii_start()
        }
        None => rest,
    };
    if let Some((area, _)) = occupancy(rest) {
        let cause = run.name(b"Concurrent cleanup");
        let mut event = Event::new(run.now, 0, PauseKind::Cycle, cause, place);
        event.gc = gc;
        event.heap = area;
        run.push(event);
    }
    true
}

/// `Garbage Collection (Warmup) 20M(12%)->12M(8%)`, `Major Collection (Proactive) 20M(12%)->12M(8%) 0.026s`.
fn z_cycle(run: &mut Run, gc: u32, body: &[u8], place: Place) -> bool {
    let rest = if let Some(rest) = body.strip_prefix(b"Garbage Collection (") {
        rest
    } else if let Some(rest) = body
        .strip_prefix(b"Minor Collection (")
        .or_else(|| body.strip_prefix(b"Major Collection ("))
    {
        run.generational = true;
        rest
    } else {
        return false;
    };
    if run.collector == Collector::Unknown {
        run.collector = Collector::Z;
    }
    let Some(close) = memchr::memmem::find(rest, b") ") else {
        return true;
    };
    if let Some((mut area, _)) = occupancy(&rest[close + 2..]) {
        if let Some(max) = run.heap_max {
            area.capacity = max;
        }
        let cause = run.name(&rest[..close]);
        let mut event = Event::new(run.now, 0, PauseKind::Cycle, cause, place);
        event.gc = gc;
        event.heap = area;
        run.push(event);
    }
    true
}

/// `Allocation Stall (thread) 95.348ms`: the line is written when the stall ends.
fn stall(run: &mut Run, body: &[u8], name: &[u8], kind: IncidentKind, place: Place) -> bool {
    if !body.starts_with(name) || !body[name.len()..].starts_with(b" (") {
        return false;
    }
    let Some((nanos, _)) = number::trailing(body, b"ms", 6) else {
        return false;
    };
    let cause = run.name(name);
    let begin = run.now.saturating_sub(nanos / 1000);
    run.note(kind, place, name_in_parentheses(body));
    run.push(Event::new(begin, nanos, PauseKind::Stall, cause, place));
    true
}

fn metaspace_failure(run: &mut Run, body: &[u8], place: Place) -> bool {
    // `Metaspace (data) allocation failed for size 72`
    if memchr::memmem::find(body, b"allocation failed for size").is_none() {
        return false;
    }
    run.note(
        IncidentKind::MetaspaceExhausted,
        place,
        name_in_parentheses(body),
    );
    true
}

fn name_in_parentheses(body: &[u8]) -> &[u8] {
    let Some(open) = memchr::memchr(b'(', body) else {
        return b"";
    };
    match memchr::memrchr(b')', body) {
        Some(close) if close > open => &body[open + 1..close],
        _ => b"",
    }
}
