//! The live set is legitimately larger than the heap allows.

use super::{Hypothesis, Ledger};
use crate::finding::{RuleMeta, Severity};
use crate::gc::Cause;
use crate::incident::case::Case;
use crate::incident::facts::{gc, heap};
use crate::incident::ledger::{DECISIVE, Question, STRONG};
use crate::t;

const META: RuleMeta = RuleMeta {
    id: "incident/heap-too-small",
    title: "Heap too small",
    severity: Severity::High,
    means: "What the application needs to hold is close to all the heap has, from the beginning and without growing.",
    detected: "The GC log shows a flat live set close to the ceiling from the beginning, or mostly Full collections that leave 80 % in use (+10), and the heap stays full (+10), a heap dump has nothing that stands out (+10). A rising live set speaks against it (-10), a heap with room is decisive against it (-20).",
    advice: "Raise -Xmx so that the live set after a Full collection is at most half of it, or make caches smaller.",
    false_positives: "A leak that was full before the log begins.",
    sources: &["HotSpot GC tuning guide, heap sizing"],
};

pub(super) const HYPOTHESIS: Hypothesis = Hypothesis {
    meta: &META,
    question: Question::Cause,
    weigh,
};

fn weigh(case: &Case<'_>) -> Ledger {
    let mut ledger = Ledger::new(t!(
        "The heap is too small for what the application has to hold."
    ));
    let undersized = gc::points_to(case, Cause::UndersizedHeap);
    let undersized = match undersized.fact() {
        Some(_) => undersized.into(),
        None => case.see(gc::mostly_full),
    };
    ledger.weigh(
        "undersized",
        STRONG,
        t!("a flat live set close to the ceiling"),
        &undersized,
    );
    if undersized.fact().is_some() {
        ledger.weigh(
            "holder",
            STRONG,
            t!("a heap dump in which nothing stands out"),
            &case.see(heap::no_holder),
        );
        ledger.weigh(
            "full",
            STRONG,
            t!("a heap that stays full after collections"),
            &case.see(gc::heap_full),
        );
    }
    ledger.weigh(
        "floor",
        -STRONG,
        t!("a live set that rises"),
        &case.see(gc::floor_rises),
    );
    ledger.weigh(
        "room",
        -DECISIVE,
        t!("a heap with room after the last collection"),
        &case.see(gc::room_left),
    );
    ledger.link(&undersized);
    ledger.advise(t!("Raise -Xmx until the live set after a Full collection fills at most half of it, or bound the caches."));
    ledger
}
