//! It never came up.

use super::{Hypothesis, Ledger};
use crate::finding::{RuleMeta, Severity};
use crate::incident::case::Case;
use crate::incident::facts::{access, events};
use crate::incident::ledger::{DECISIVE, Question, STRONG};
use crate::t;

const META: RuleMeta = RuleMeta {
    id: "incident/start-failure",
    title: "Start-up failure",
    severity: Severity::High,
    means: "The process ends again and again shortly after its start: configuration, image, secret, port or dependency.",
    detected: "At least three lives ended within a minute (+10), the application or the supervisor reports a failed start (+20). Requests served speak against it (-10).",
    advice: "Read the first exception of the start; compare image and configuration with the last version that worked.",
    false_positives: "A process that is killed by a probe while it is still starting.",
    sources: &["Kubernetes documentation, CrashLoopBackOff"],
};

pub(super) const HYPOTHESIS: Hypothesis = Hypothesis {
    meta: &META,
    question: Question::Cause,
    weigh,
};

fn weigh(case: &Case<'_>) -> Ledger {
    let mut ledger = Ledger::new(match case.see(events::start_failed).fact() {
        Some(fact) => t!("It never came up: {what}.", what = fact.statement),
        None => t!("It never came up."),
    });
    let failed = case.see(events::start_failed);
    let young = case.see(events::crash_loop);
    ledger.weigh("failed", DECISIVE, t!("a failed start in the log"), &failed);
    ledger.weigh(
        "young",
        STRONG,
        t!("lives that end within a minute"),
        &young,
    );
    ledger.weigh(
        "served",
        -DECISIVE,
        t!("requests served before the end"),
        &case.see(access::served),
    );
    ledger.link(&failed);
    ledger.link(&young);
    ledger.advise(t!("Read the first exception after the start, and compare image and configuration with the last version that worked."));
    ledger
}
