//! The platform or an operator acted.

use super::{Hypothesis, Ledger};
use crate::finding::{RuleMeta, Severity};
use crate::incident::case::Case;
use crate::incident::facts::events;
use crate::incident::ledger::{DECISIVE, Question, STRONG};
use crate::t;

const META: RuleMeta = RuleMeta {
    id: "incident/platform-action",
    title: "Platform or operator action",
    severity: Severity::Medium,
    means: "The process ended because its node, its controller or an operator wanted it to: eviction, reboot, drain, rollout, scale-in.",
    detected: "An eviction, a node that stopped answering or rebooted, pressure on the node or a rescaling is reported (+20); the server shut down in order (+10).",
    advice: "Look at the platform's own record; give the pod requests that match its use, and a disruption budget.",
    false_positives: "A rollout made to repair an incident that was already there.",
    sources: &["Kubernetes documentation, node-pressure eviction"],
};

pub(super) const HYPOTHESIS: Hypothesis = Hypothesis {
    meta: &META,
    question: Question::Cause,
    weigh,
};

fn weigh(case: &Case<'_>) -> Ledger {
    let mut ledger = Ledger::new(match case.see(events::platform_acted).fact() {
        Some(fact) => t!("The platform ended it: {what}.", what = fact.statement),
        None => t!("The platform or an operator ended it."),
    });
    let acted = case.see(events::platform_acted);
    ledger.weigh("acted", DECISIVE, t!("an action of the platform"), &acted);
    ledger.weigh(
        "orderly",
        STRONG,
        t!("an orderly shutdown"),
        &case.see(events::shut_down_in_order),
    );
    ledger.weigh(
        "frozen",
        -STRONG,
        t!("probes without an answer"),
        &case.see(events::probes_timed_out),
    );
    ledger.link(&acted);
    ledger.link(&case.see(events::shut_down_in_order));
    ledger.advise(match acted.fact() {
        Some(_) => t!("Set memory requests to what the pod really uses, so that it is not the first to be evicted."),
        None => t!("Find out who or what stopped it: a rollout, a scale-in, a drain of the node or a person. The audit log of the platform names it."),
    });
    ledger
}
