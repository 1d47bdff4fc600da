//! Connections are taken and not given back.

use super::{Hypothesis, Ledger};
use crate::finding::{RuleMeta, Severity};
use crate::incident::case::Case;
use crate::incident::facts::{events, threads};
use crate::incident::ledger::{DECISIVE, Question, STRONG};
use crate::t;

const META: RuleMeta = RuleMeta {
    id: "incident/connection-leak",
    title: "Connection leak",
    severity: Severity::High,
    means: "Some path of the application takes connections out of a pool and does not return them: the pool is empty although the database is idle.",
    detected: "The pool reports connections that were not given back (+20).",
    advice: "Use try-with-resources on the named path; keep leakDetectionThreshold on.",
    false_positives: "A slow query holds its connection for long without leaking it.",
    sources: &["HikariCP, leakDetectionThreshold"],
};

pub(super) const HYPOTHESIS: Hypothesis = Hypothesis {
    meta: &META,
    question: Question::Cause,
    weigh,
};

fn weigh(case: &Case<'_>) -> Ledger {
    let mut ledger = Ledger::new(t!("Connections were taken from a pool and not given back."));
    let leak = events::connections_leak(case);
    ledger.weigh("leak", DECISIVE, t!("the pool's own leak warning"), &leak);
    if leak.fact().is_some() {
        ledger.weigh(
            "empty",
            STRONG,
            t!("an empty connection pool"),
            &events::dependency_failed(case),
        );
    }
    ledger.weigh(
        "idle",
        -STRONG,
        t!("a request pool with idle threads"),
        &threads::pool_idle(case),
    );
    ledger.link(&leak);
    ledger.link(&events::dependency_failed(case));
    ledger.advise(t!("Close the connection on every path (try-with-resources); the warning's stack trace names the place."));
    ledger
}
