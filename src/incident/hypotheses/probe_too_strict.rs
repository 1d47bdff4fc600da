//! The probe killed a process that was not dead.

use super::{Hypothesis, Ledger};
use crate::finding::{RuleMeta, Severity};
use crate::incident::case::Case;
use crate::incident::facts::{events, gc, threads};
use crate::incident::ledger::{DECISIVE, Question, STRONG};
use crate::t;

const META: RuleMeta = RuleMeta {
    id: "incident/probe-too-strict",
    title: "Probe too strict",
    severity: Severity::Medium,
    means: "The liveness probe asks too early, too impatiently or the wrong thing, and kills a process that would have gone on.",
    detected: "The kill came before the server reported that it is up (+20), or probes were answered with an error while the process served (+10). A deadlock or a spiral is decisive against it (-20): then the kill was right.",
    advice: "Give start-up a startupProbe, let liveness ask only whether the process lives, with a timeout above its slowest honest answer.",
    false_positives: "A start that never ends is a start failure, not a strict probe.",
    sources: &["Kubernetes documentation, configure probes"],
};

pub(super) const HYPOTHESIS: Hypothesis = Hypothesis {
    meta: &META,
    question: Question::Cause,
    weigh,
};

fn weigh(case: &Case<'_>) -> Ledger {
    let mut ledger = Ledger::new(t!("The probe killed a process that was not dead."));
    let early = case.see(events::killed_while_starting);
    ledger.weigh(
        "early",
        DECISIVE,
        t!("a kill before the server was up"),
        &early,
    );
    ledger.weigh(
        "answered",
        STRONG,
        t!("probes that were answered with an error"),
        &case.see(events::probes_got_errors),
    );
    ledger.weigh(
        "spiral",
        -DECISIVE,
        t!("a GC death spiral"),
        &case.see(gc::spiral),
    );
    ledger.weigh(
        "deadlock",
        -DECISIVE,
        t!("a deadlock"),
        &case.see(threads::deadlock),
    );
    ledger.weigh(
        "loop",
        -STRONG,
        t!("a start that failed by itself"),
        &case.see(events::start_failed),
    );
    ledger.link(&early);
    ledger.advise(t!("Give start-up a startupProbe with enough failures × period, and let the liveness probe ask only whether the process lives."));
    ledger
}
