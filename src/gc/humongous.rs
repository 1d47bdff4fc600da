//! G1's humongous objects, half a region or larger, as the reason for trouble.

use super::cause::{Cause, CauseVerdict};
use super::event::{Event, PauseKind, UNKNOWN};
use super::life::locator;
use super::report::{GcLife, IncidentKind};
use super::run::Run;
use crate::finding::{Confidence, Evidence};
use crate::t;
use crate::text;

/// A full collection that leaves less than this share of the heap in use had no need to run for lack of space.
const ROOM: f64 = 0.70;
/// Humongous objects in less than this share of the heap do not cut it into pieces.
const LARGE: f64 = 0.20;
/// One such collection may have come just before the objects died.
const REPEATED: usize = 2;

/// Full collections that nobody asked for, on a heap with plenty of room, that moved nothing out of the way: an array
/// found no regions side by side. Full collections of G1 before JDK 22 do not move humongous objects at all.
pub(super) fn fragmentation(run: &Run, life: &GcLife, sources: &[String]) -> Option<CauseVerdict> {
    let max = life.heap_max? as f64;
    let in_pieces = |event: &&Event| {
        event.kind == PauseKind::Full
            && !Event::is_user_cause(run.cause(event))
            && !run.cause(event).starts_with("Metadata")
            && event.heap.is_known()
            && event.humongous != UNKNOWN
            && event.heap.before as f64 <= ROOM * max
            && event.humongous as f64 >= LARGE * max
    };
    let found: Vec<&Event> = run.events.iter().filter(in_pieces).collect();
    let first = found.first().filter(|_| found.len() >= REPEATED)?;
    let incident = life.incident(IncidentKind::HumongousAllocation)?;
    let statement = t!(
        "{count} full collections ran although only {share} of the heap was in use; humongous objects held {large} of it before and after",
        count = text::count(found.len() as u64),
        share = text::percent(first.heap.before as f64, max),
        large = text::bytes(first.humongous)
    );
    let asked = t!(
        "{count} collections were started by humongous allocations",
        count = text::count(incident.count)
    );
    Some(CauseVerdict {
        cause: Cause::Fragmentation,
        confidence: Confidence::Likely,
        evidence: vec![
            Evidence::new(statement, locator(sources, first.place())),
            Evidence::new(asked, incident.first.clone()),
        ],
    })
}

/// Humongous allocations started a third of all pauses or more; the marking they start adds two pauses to each.
pub(super) fn allocations(life: &GcLife) -> Option<CauseVerdict> {
    let incident = life.incident(IncidentKind::HumongousAllocation)?;
    if incident.count < 10 || incident.count * 3 < life.pauses.count {
        return None;
    }
    let count = text::count(incident.count);
    let of = text::count(life.pauses.count);
    let statement = t!(
        "{count} of {of} pauses were started by humongous allocations",
        count,
        of
    );
    Some(CauseVerdict {
        cause: Cause::Humongous,
        confidence: Confidence::Likely,
        evidence: vec![Evidence::new(statement, incident.first.clone())],
    })
}
