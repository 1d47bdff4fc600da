//! Shenandoah backported to JDK 8: one bracketed line per phase, durations in milliseconds.

use crate::gc::event::{Collector, Event, PauseKind, Place};
use crate::gc::formats::number;
use crate::gc::formats::unified::{occupancy, read_pause, record_pause};
use crate::gc::run::Run;

/// Takes `[Pause Final Mark (process weakrefs), 0.436 ms]` or `[Concurrent cleanup 84078K->26953K(98304K), 0.037 ms]`.
/// The stamp of these lines is the beginning of the phase. Lines without a duration are beginnings.
pub(super) fn read(run: &mut Run, message: &[u8], place: Place) {
    let Some(inner) = message.trim_ascii_end().strip_prefix(b"[") else {
        return;
    };
    let inner = inner.strip_suffix(b"]").unwrap_or(inner);
    let Some((nanos, text)) = number::trailing(inner, b" ms", 6) else {
        return;
    };
    let text = text.strip_suffix(b",").unwrap_or(text);
    run.collector = Collector::Shenandoah;
    if let Some(pause) = text.strip_prefix(b"Pause ") {
        let mut summary = read_pause(pause);
        summary.nanos = Some(nanos);
        let end = run.now.saturating_add(nanos / 1000);
        record_pause(run, &summary, u32::MAX, end, place);
    } else if let Some(cleanup) = text.strip_prefix(b"Concurrent cleanup ")
        && let Some((area, _)) = occupancy(cleanup)
    {
        let cause = run.name(b"Concurrent cleanup");
        let mut event = Event::new(run.now, 0, PauseKind::Cycle, cause, place);
        event.heap = area;
        run.push(event);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_are_pauses_and_cycles() {
        let mut run = Run::new("legacy");
        let place = Place::default();
        read(
            &mut run,
            b"[Pause Final Mark (process weakrefs), 0.436 ms]",
            place,
        );
        read(
            &mut run,
            b"[Concurrent cleanup 84078K->26953K(98304K), 0.037 ms]",
            place,
        );
        read(&mut run, b"[Pause Full 3M->1M(9M), 12.5 ms]", place);
        read(&mut run, b"[Pause Full, start]", place);
        let events: Vec<(PauseKind, i64)> = run
            .events
            .iter()
            .map(|event| (event.kind, event.nanos))
            .collect();
        assert_eq!(
            events,
            [
                (PauseKind::Remark, 436_000),
                (PauseKind::Cycle, 0),
                (PauseKind::Full, 12_500_000)
            ]
        );
        assert_eq!(run.events[2].heap.after, 1 << 20);
    }
}
