//! The collector takes all the time and frees nothing.

use super::{Hypothesis, Ledger};
use crate::events::OomVariant;
use crate::finding::{RuleMeta, Severity};
use crate::incident::case::Case;
use crate::incident::facts::{access, events, gc, memory};
use crate::incident::ledger::{DECISIVE, MODERATE, Question, STRONG};
use crate::t;

const META: RuleMeta = RuleMeta {
    id: "incident/death-spiral",
    title: "GC death spiral",
    severity: Severity::Critical,
    means: "The heap is so full that collections follow each other without freeing room for the application: the process is alive and does nothing.",
    detected: "The GC room finds a spiral without recovery (+20), the collector takes at least half of the last minute (+20), Full collections in a row free less than 5 % (+20), an overhead-limit error is written (+20), requests stop finishing (+5). A collector under 10 % of the time is decisive against it (-20).",
    advice: "Find what fills the heap: the cause named beside this one. A restart only buys time. Let the JVM end itself early: -XX:+ExitOnOutOfMemoryError.",
    false_positives: "A heap dump in progress stops the world as well; a burst from which the process recovers is a near miss, not a spiral.",
    sources: &[
        "HotSpot GCOverheadReporter and -XX:GCTimeLimit",
        "research notes on measured GC debt",
    ],
};

pub(super) const HYPOTHESIS: Hypothesis = Hypothesis {
    meta: &META,
    question: Question::Mechanism,
    weigh,
};

fn weigh(case: &Case<'_>) -> Ledger {
    let mut ledger = Ledger::new(t!(
        "The garbage collector took nearly all the time and freed next to nothing: the process was alive but could not work."
    ));
    let spiral = case.see(gc::spiral);
    let crushing = case.see(gc::collector_crushing);
    let futile = case.see(gc::futile_collections);
    let stopped = case.see(access::service_stopped);
    let overhead = memory::out_of_memory(case, &[OomVariant::GcOverhead]);
    ledger.weigh(
        "spiral",
        DECISIVE,
        t!("a death spiral in the GC log"),
        &spiral,
    );
    ledger.weigh(
        "spiral",
        DECISIVE,
        t!("a collector that takes half of the last minute"),
        &crushing,
    );
    ledger.weigh(
        "futile",
        DECISIVE,
        t!("Full collections in a row that free nothing"),
        &futile,
    );
    ledger.weigh(
        "overhead",
        DECISIVE,
        t!("an OutOfMemoryError for GC overhead"),
        &overhead,
    );
    let collector = [&spiral, &crushing, &futile, &overhead];
    // Silence alone has many causes; it confirms a spiral and does not make one.
    if collector.iter().any(|seen| seen.fact().is_some()) {
        ledger.weigh(
            "stopped",
            MODERATE,
            t!("requests that stop finishing"),
            &stopped,
        );
        ledger.weigh(
            "probes",
            MODERATE,
            t!("probes without an answer"),
            &case.see(events::probes_timed_out),
        );
    }
    ledger.weigh(
        "idle",
        -DECISIVE,
        t!("a collector that takes little time"),
        &case.see(gc::collector_idle),
    );
    ledger.weigh(
        "full",
        STRONG,
        t!("a heap that stays full after collections"),
        &case.see(gc::heap_full),
    );
    ledger.link(&spiral);
    ledger.link(&futile);
    ledger.link(&stopped);
    ledger.link(&case.see(events::probes_timed_out));
    ledger.advise(t!(
        "Let the JVM end itself when the heap is exhausted, so that it is restarted at once and not after minutes of agony: -XX:+ExitOnOutOfMemoryError."
    ));
    ledger
}
