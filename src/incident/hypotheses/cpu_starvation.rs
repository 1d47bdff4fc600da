//! The process does not get the processor.

use super::{Hypothesis, Ledger};
use crate::finding::{RuleMeta, Severity};
use crate::incident::case::Case;
use crate::incident::facts::{Observed, events, gc};
use crate::incident::ledger::{DECISIVE, MODERATE, Question, STRONG};
use crate::incident::needs::Need;
use crate::t;

const META: RuleMeta = RuleMeta {
    id: "incident/cpu-starvation",
    title: "CPU starvation",
    severity: Severity::High,
    means: "The container is throttled or the host is overloaded: everything, the collector included, takes many times longer than its work.",
    detected: "The GC log shows a collector without CPU (+10), a freeze that no GC pause explains (+5). Throttling counters or steal time would settle it.",
    advice: "Raise or remove the CPU limit; give the JVM at least two processors (it picks SerialGC below that).",
    false_positives: "A slow disk under the GC log looks the same in a single pause.",
    sources: &[
        "kernel documentation, cgroup v2 cpu.stat",
        "HotSpot os::active_processor_count",
    ],
};

pub(super) const HYPOTHESIS: Hypothesis = Hypothesis {
    meta: &META,
    question: Question::Mechanism,
    weigh,
};

fn weigh(case: &Case<'_>) -> Ledger {
    let mut ledger = Ledger::new(t!(
        "The process did not get the processor time that it needed."
    ));
    let starved = gc::collector_starved(case);
    ledger.weigh(
        "collector",
        STRONG,
        t!("a collector whose threads do not run"),
        &starved,
    );
    ledger.weigh(
        "freeze",
        MODERATE,
        t!("a stand-still that no GC pause explains"),
        &events::unexplained_freeze(case),
    );
    ledger.weigh(
        "throttled",
        DECISIVE,
        t!("throttled periods in the container's CPU statistics"),
        &Observed::Unknown(Need::Throttling),
    );
    ledger.link(&starved);
    ledger.advise(t!(
        "Raise or remove the container's CPU limit and compare cpu.stat before and after."
    ));
    ledger
}
