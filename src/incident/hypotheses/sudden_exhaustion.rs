//! One request or job filled the heap.

use super::{Hypothesis, Ledger};
use crate::events::OomVariant;
use crate::finding::{RuleMeta, Severity};
use crate::gc::Cause;
use crate::incident::case::Case;
use crate::incident::facts::{access, filling, gc, heap, memory};
use crate::incident::ledger::{DECISIVE, MODERATE, Question, STRONG};
use crate::t;

const META: RuleMeta = RuleMeta {
    id: "incident/sudden-exhaustion",
    title: "One request filled the heap",
    severity: Severity::Critical,
    means: "A single request or job took more memory than there was: an unbounded result set, a huge upload or report.",
    detected: "The GC log shows a flat live set that jumps (+10), or a heap that goes from nearly empty to full within two seconds (+5), then also steady arrivals (+5); the local variables of one thread hold at least 20 % of the heap (+20); a very large response was sent (+5). A live set that rose slowly speaks against it (-10).",
    advice: "Page through results, stream instead of collecting, and limit what a request may ask for.",
    false_positives: "A batch job that always needs this much is an undersized heap.",
    sources: &["Eclipse MAT, thread details"],
};

pub(super) const HYPOTHESIS: Hypothesis = Hypothesis {
    meta: &META,
    question: Question::Cause,
    weigh,
};

fn weigh(case: &Case<'_>) -> Ledger {
    let mut ledger = Ledger::new(match case.see(heap::local_holder).fact() {
        Some(fact) => t!(
            "One request or job filled the heap: {what}.",
            what = fact.statement
        ),
        None => t!("One request or job filled the heap."),
    });
    let jump = gc::points_to(case, Cause::Spike);
    let local = case.see(heap::local_holder);
    let filled = case.see(filling::jumped);
    ledger.weigh("jump", STRONG, t!("a live set that jumps"), &jump);
    ledger.weigh(
        "jump",
        MODERATE,
        t!("a heap that is full within two seconds"),
        &filled,
    );
    if let Some(fact) = filled.fact() {
        ledger.weigh(
            "load",
            MODERATE,
            t!("steady arrivals"),
            &access::load_steady(case, fact.at),
        );
        ledger.weigh(
            "load",
            -STRONG,
            t!("load that rose first"),
            &access::load_rose(case, fact.at),
        );
    }
    ledger.weigh(
        "local",
        DECISIVE,
        t!("local variables of one thread that hold much of the heap"),
        &local,
    );
    ledger.weigh(
        "floor",
        -STRONG,
        t!("a live set that rises slowly"),
        &case.see(gc::floor_rises),
    );
    ledger.weigh(
        "room",
        -DECISIVE,
        t!("a heap with room after the last collection"),
        &case.see(gc::room_left),
    );
    if [&jump, &local, &filled]
        .iter()
        .any(|seen| seen.fact().is_some())
    {
        ledger.weigh(
            "payload",
            MODERATE,
            t!("a very large response"),
            &case.see(access::large_responses),
        );
        let heap_error = memory::out_of_memory(
            case,
            &[
                OomVariant::HeapSpace,
                OomVariant::GcOverhead,
                OomVariant::ArraySize,
            ],
        );
        ledger.weigh(
            "error",
            MODERATE,
            t!("an OutOfMemoryError for the heap"),
            &heap_error,
        );
    }
    ledger.link(&jump);
    ledger.link(&filled);
    ledger.link(&local);
    ledger.advise(t!(
        "Limit what one request may load: page through results, or stream them."
    ));
    ledger
}
