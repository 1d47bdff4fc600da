//! A heap that filled up because nothing in it could be freed, before any trend could show.
//!
//! Data that does not fit and something without a bound look the same here: the log counts bytes, not what they are.
//! What it does tell is that nearly every byte allocated stayed alive, which a heap that is merely short of room for its
//! garbage does not show: there collections go on freeing what the requests leave behind.

use super::cause::{Cause, CauseVerdict, HIGH};
use super::event::{Event, UNKNOWN};
use super::life::locator;
use super::occupancy::Ceiling;
use super::report::GcLife;
use super::run::Run;
use crate::finding::{Confidence, Evidence};
use crate::t;
use crate::text;

/// So much of what was allocated was alive when the ceiling was reached.
const KEPT: f64 = 0.80;
/// All collections after that, without the last, freed at most this share of the heap together: the last may follow the
/// `OutOfMemoryError` that lets everything go.
const NOTHING: f64 = 0.25;

/// Finds it in a run that ends in a death spiral.
pub(super) fn find(
    run: &Run,
    life: &GcLife,
    ceiling: Ceiling,
    sources: &[String],
) -> Option<CauseVerdict> {
    life.spiral.as_ref()?;
    let limit = ceiling.bytes() as f64;
    let known =
        |event: &&Event| event.counts() && event.heap.is_known() && event.heap.before != UNKNOWN;
    let events: Vec<&Event> = run.events.iter().filter(known).collect();
    let full = events.iter().position(|event| {
        ceiling
            .after(event)
            .is_some_and(|after| after as f64 >= HIGH * limit)
    })?;
    let (mut allocated, mut alive) = (0_u64, 0_u64);
    for event in &events[..=full] {
        allocated = allocated.saturating_add(event.heap.before.saturating_sub(alive));
        alive = event.heap.after;
    }
    let (_, later) = events[full + 1..].split_last()?;
    let freed: u64 = later.iter().map(|event| event.heap.freed()).sum();
    let heap = life.heap_max? as f64;
    if (alive as f64) < KEPT * allocated as f64 || freed as f64 > NOTHING * heap {
        return None;
    }
    let filled = t!(
        "{alive} of the first {allocated} that were allocated were alive when the {name} was full: {share}",
        alive = text::bytes(alive),
        allocated = text::bytes(allocated),
        name = ceiling.name(),
        share = text::percent(alive as f64, allocated as f64)
    );
    let futile = t!(
        "the {count} collections after it freed {bytes} together",
        count = text::count(later.len() as u64),
        bytes = text::bytes(freed)
    );
    let at = |event: &Event| locator(sources, event.place());
    Some(CauseVerdict {
        cause: Cause::FilledAtOnce,
        confidence: Confidence::Likely,
        evidence: vec![
            Evidence::new(filled, at(events[full])),
            Evidence::new(futile, at(events[full + 1])),
        ],
    })
}
