//! Parts of the heap are on disk.

use super::{Hypothesis, Ledger};
use crate::finding::{RuleMeta, Severity};
use crate::incident::case::Case;
use crate::incident::facts::{events, gc, host};
use crate::incident::ledger::{DECISIVE, MODERATE, Question};
use crate::t;

const META: RuleMeta = RuleMeta {
    id: "incident/swapping",
    title: "Swapping",
    severity: Severity::High,
    means: "The machine has less memory than its processes use: pages of the heap are moved to disk, and each collection waits until they are back.",
    detected: "Pages are swapped in several intervals of vmstat or sar (+20); a collector whose threads do not run (+5) or a stand-still that no GC pause explains (+5) come on top.",
    advice: "Make the sum of all heaps smaller than the memory of the machine; a JVM must not swap.",
    false_positives: "Pages of idle processes that are moved out once do no harm.",
    sources: &["vmstat(8)", "sar(1)"],
};

pub(super) const HYPOTHESIS: Hypothesis = Hypothesis {
    meta: &META,
    question: Question::Mechanism,
    weigh,
};

fn weigh(case: &Case<'_>) -> Ledger {
    let mut ledger = Ledger::new(t!(
        "Memory of the process was on disk: every touch of it waited."
    ));
    let swapped = case.see(host::swapped);
    ledger.weigh("swapped", DECISIVE, t!("pages that are swapped"), &swapped);
    if swapped.fact().is_some() {
        ledger.weigh(
            "collector",
            MODERATE,
            t!("a collector whose threads do not run"),
            &case.see(gc::collector_starved),
        );
        ledger.weigh(
            "freeze",
            MODERATE,
            t!("a stand-still that no GC pause explains"),
            &case.see(events::unexplained_freeze),
        );
    }
    ledger.link(&swapped);
    ledger.link(&case.see(events::probes_timed_out));
    ledger.advise(t!(
        "Lower the sum of all heaps below the memory of the machine, or add memory."
    ));
    ledger
}
