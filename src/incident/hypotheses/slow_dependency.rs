//! Somebody else was slow.

use super::{Hypothesis, Ledger};
use crate::finding::{RuleMeta, Severity};
use crate::incident::case::Case;
use crate::incident::facts::{events, gc, host, threads};
use crate::incident::ledger::{DECISIVE, Question, STRONG};
use crate::t;

const META: RuleMeta = RuleMeta {
    id: "incident/slow-dependency",
    title: "Slow or failed dependency",
    severity: Severity::High,
    means: "Request threads wait for a database, another service or a pool of connections to it, until none is left.",
    detected: "At least half of the request pool waits for one kind of dependency in two dumps (+20), the application reports failed connections or an empty pool (+20), a table of sockets shows a remote that does not answer (+10). A request pool with idle threads is decisive against it (-20), a GC spiral speaks against it (-10).",
    advice: "Set timeouts shorter than the probe's patience, limit the threads that may wait for one dependency, and look at the dependency itself.",
    false_positives: "A process frozen by its collector reports timeouts of healthy dependencies.",
    sources: &["Nygard, Release It! (timeouts, bulkheads)"],
};

pub(super) const HYPOTHESIS: Hypothesis = Hypothesis {
    meta: &META,
    question: Question::Cause,
    weigh,
};

fn weigh(case: &Case<'_>) -> Ledger {
    let mut ledger = Ledger::new(match case.see(threads::waits_for_dependency).fact() {
        Some(fact) => t!(
            "A dependency was slow or gone: {what}.",
            what = fact.statement
        ),
        None => t!("A dependency was slow or gone."),
    });
    let waits = case.see(threads::waits_for_dependency);
    let failed = case.see(events::dependency_failed);
    ledger.weigh(
        "waits",
        DECISIVE,
        t!("request threads that wait for a dependency"),
        &waits,
    );
    ledger.weigh(
        "failed",
        DECISIVE,
        t!("failed connections or an empty connection pool in the application log"),
        &failed,
    );
    ledger.weigh(
        "silent",
        STRONG,
        t!("connections to one remote that are not answered"),
        &case.see(host::remote_silent),
    );
    ledger.weigh(
        "idle",
        -DECISIVE,
        t!("a request pool with idle threads"),
        &case.see(threads::pool_idle),
    );
    ledger.weigh(
        "spiral",
        -DECISIVE,
        t!("a GC death spiral, which makes every dependency look slow"),
        &case.see(gc::spiral),
    );
    ledger.weigh(
        "deadlock",
        -STRONG,
        t!("a deadlock, which explains the waiting threads"),
        &case.see(threads::deadlock),
    );
    ledger.link(&waits);
    ledger.link(&failed);
    ledger.link(&case.see(threads::pool_exhausted));
    ledger.advise(t!("Give calls to this dependency a timeout shorter than the probe's patience, and a limit of threads that may wait for it."));
    ledger
}
