//! The process does not get the processor.

use super::{Hypothesis, Ledger};
use crate::finding::{RuleMeta, Severity};
use crate::incident::case::Case;
use crate::incident::facts::{events, gc, host, memory, threads};
use crate::incident::ledger::{DECISIVE, MODERATE, Question, STRONG};
use crate::t;
use crate::text::percent;

const META: RuleMeta = RuleMeta {
    id: "incident/cpu-starvation",
    title: "CPU starvation",
    severity: Severity::High,
    means: "The container is throttled or the host is overloaded: everything, the collector included, takes many times longer than its work.",
    detected: "The container is throttled in a quarter of its periods or more (+20); the GC log shows a collector without CPU (+10), a freeze that no GC pause explains (+5); the processors have nothing left while no GC spiral uses them (+5). Counters without throttling (-10) and a heap dump under way (-10) speak against it.",
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
    let starved = case.see(gc::collector_starved);
    let throttled = case.see(host::throttled);
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
        &case.see(events::unexplained_freeze),
    );
    ledger.weigh(
        "throttled",
        DECISIVE,
        t!("throttled periods in the container's CPU statistics"),
        &throttled,
    );
    ledger.weigh(
        "throttled",
        -STRONG,
        t!("counters without throttled periods"),
        &case.see(host::not_throttled),
    );
    // A collector that takes all the time is itself what uses the processors.
    if case.see(gc::spiral).fact().is_none() {
        ledger.weigh(
            "saturated",
            MODERATE,
            t!("processors with nothing left"),
            &case.see(host::processors_saturated),
        );
    }
    // Writing a dump uses what processor time there is, and ends the work itself.
    ledger.weigh(
        "dump",
        -STRONG,
        t!("a heap dump that was begun and never finished"),
        &case.see(memory::dump_unfinished),
    );
    ledger.link(&throttled);
    ledger.link(&starved);
    if let Some((threads, frame, share)) = threads::computing(case) {
        ledger.advise(t!(
            "See what {threads} threads at {frame} compute: they used {share} of the processor time of the process.",
            threads,
            frame,
            share = percent(share, 1.0)
        ));
    }
    ledger.advise(t!(
        "Raise or remove the container's CPU limit and compare cpu.stat before and after."
    ));
    ledger
}
