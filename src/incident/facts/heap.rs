//! What heap dumps show. A dump of another life of the same program speaks too: a leak in one life is a leak in all.

use super::{Fact, Observed};
use crate::finding::{Evidence, Locator};
use crate::heap::{HeapReport, OwnerKind, Suspect};
use crate::incident::case::Case;
use crate::incident::needs::Need;
use crate::t;
use crate::text::percent;
use crate::time::Moment;

/// A single holder of this share of the heap explains a full heap.
const DOMINANT: f64 = 0.30;
/// A local variable that holds this share explains a sudden exhaustion.
const LOCAL: f64 = 0.20;

/// The dominant long-lived holder, if the dump has one.
pub(in crate::incident) fn holder<'a>(case: &Case<'a>) -> Option<(&'a HeapReport, &'a Suspect)> {
    suspect(case, |suspect| {
        suspect.share >= DOMINANT && !of_a_thread(suspect)
    })
}

/// One long-lived object holds a third of the heap.
pub(in crate::incident) fn single_holder(case: &Case<'_>) -> Observed {
    observed(case, holder(case))
}

/// One request's or job's local variables hold a fifth of the heap.
pub(in crate::incident) fn local_holder(case: &Case<'_>) -> Observed {
    let local = |suspect: &Suspect| {
        suspect.share >= LOCAL && suspect.owner_kind == OwnerKind::ThreadLocalVariable
    };
    observed(case, suspect(case, local))
}

/// The dump has nothing that stands out.
pub(in crate::incident) fn no_holder(case: &Case<'_>) -> Observed {
    let Some(heap) = case.all_heaps().next() else {
        return Observed::Unknown(Need::HeapDump);
    };
    let largest = heap.suspects.iter().map(|s| s.share).fold(0.0, f64::max);
    let statement = t!(
        "no object in the heap dump holds more than {share} of the heap",
        share = percent(largest, 1.0)
    );
    let evidence = Evidence::new(statement.clone(), Locator::whole(heap.source.clone()));
    let none = largest < LOCAL && heap.truncated.is_none() && heap.reachable_bytes > 0;
    Observed::when(none.then(|| Fact::new(None, statement, evidence)))
}

fn suspect<'a>(
    case: &Case<'a>,
    test: impl Fn(&Suspect) -> bool,
) -> Option<(&'a HeapReport, &'a Suspect)> {
    case.all_heaps()
        .find_map(|heap| Some((heap, heap.suspects.iter().find(|suspect| test(suspect))?)))
}

fn observed(case: &Case<'_>, found: Option<(&HeapReport, &Suspect)>) -> Observed {
    if case.all_heaps().next().is_none() {
        return Observed::Unknown(Need::HeapDump);
    }
    Observed::when(found.map(|(heap, suspect)| {
        let statement = suspect.title.trim_end_matches('.').to_owned();
        let id = u64::from_str_radix(suspect.object_id.trim_start_matches("0x"), 16);
        let locator = match id {
            Ok(id) => Locator::object(heap.source.clone(), id),
            Err(_) => Locator::whole(heap.source.clone()),
        };
        let at = heap.taken.map(|taken| Moment::truncated(taken, 1000));
        Fact::new(
            at,
            statement,
            Evidence::new(suspect.reason.clone(), locator),
        )
    }))
}

fn of_a_thread(suspect: &Suspect) -> bool {
    matches!(
        suspect.owner_kind,
        OwnerKind::ThreadLocalVariable | OwnerKind::Thread
    )
}
