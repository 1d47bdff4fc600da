//! Connections are taken and not given back.

use super::{Hypothesis, Ledger};
use crate::finding::{RuleMeta, Severity};
use crate::incident::case::Case;
use crate::incident::facts::{events, host, threads};
use crate::incident::ledger::{DECISIVE, MODERATE, Question, STRONG};
use crate::t;

const META: RuleMeta = RuleMeta {
    id: "incident/connection-leak",
    title: "Connection or descriptor leak",
    severity: Severity::High,
    means: "Some path of the application takes connections or opens files and does not give them back, until the pool is empty or no descriptor is left.",
    detected: "The pool reports connections that were not given back (+20); many connections that the other side closed are still held (+10); the process is near its limit of descriptors or opens more and more (+10); the application says that it may open no more files (+5, with either of these).",
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
    let mut ledger = Ledger::new(t!("Connections or files were taken and not given back."));
    let leak = case.see(events::connections_leak);
    let kept = case.see(host::connections_kept);
    let open = case.see(host::descriptors_kept);
    ledger.weigh(
        "kept",
        STRONG,
        t!("connections that the other side closed and this one holds"),
        &kept,
    );
    ledger.weigh(
        "descriptors",
        STRONG,
        t!("descriptors near their limit, or growing"),
        &open,
    );
    if kept.fact().is_some() || open.fact().is_some() {
        ledger.weigh(
            "refused",
            MODERATE,
            t!("the application's complaint that it may open no more files"),
            &case.see(events::descriptors_exhausted),
        );
    }
    ledger.weigh("leak", DECISIVE, t!("the pool's own leak warning"), &leak);
    if leak.fact().is_some() {
        ledger.weigh(
            "empty",
            STRONG,
            t!("an empty connection pool"),
            &case.see(events::dependency_failed),
        );
    }
    ledger.weigh(
        "idle",
        -STRONG,
        t!("a request pool with idle threads"),
        &case.see(threads::pool_idle),
    );
    ledger.link(&kept);
    ledger.link(&open);
    ledger.link(&leak);
    ledger.link(&case.see(events::dependency_failed));
    ledger.advise(t!("Close the connection on every path (try-with-resources); the warning's stack trace names the place."));
    ledger
}
