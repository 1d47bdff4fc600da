//! One lock holds everybody up.

use super::{Hypothesis, Ledger};
use crate::finding::{RuleMeta, Severity};
use crate::incident::case::Case;
use crate::incident::facts::{gc, threads};
use crate::incident::ledger::{DECISIVE, MODERATE, Question, STRONG};
use crate::t;

const META: RuleMeta = RuleMeta {
    id: "incident/lock-convoy",
    title: "Lock convoy",
    severity: Severity::High,
    means: "Most request threads wait for one lock whose owner is slow or stuck in something else: the service is as fast as that one thread.",
    detected: "A thread holds up at least 30 % of the request pool (+10), a second dump shows it again (+10), the pool is used up (+5).",
    advice: "Do not hold the lock during the slow call that the owner is in; make the lock smaller or the call asynchronous.",
    false_positives: "A single dump can catch a short queue by chance: without a second dump the word stays Possible.",
    sources: &["HotSpot vframe.cpp (lock lines of a thread dump)"],
};

pub(super) const HYPOTHESIS: Hypothesis = Hypothesis {
    meta: &META,
    question: Question::Mechanism,
    weigh,
};

fn weigh(case: &Case<'_>) -> Ledger {
    let mut ledger = Ledger::new(match case.see(threads::convoy).fact() {
        Some(fact) => t!("One lock held everybody up: {what}.", what = fact.statement),
        None => t!("One lock held everybody up."),
    });
    let convoy = case.see(threads::convoy);
    ledger.weigh(
        "convoy",
        STRONG,
        t!("one lock that holds up the request pool"),
        &convoy,
    );
    ledger.weigh(
        "lasts",
        STRONG,
        t!("the same in a second dump"),
        &case.see(threads::convoy_lasts),
    );
    if convoy.fact().is_some() {
        ledger.weigh(
            "pool",
            MODERATE,
            t!("a used-up request pool"),
            &case.see(threads::pool_exhausted),
        );
    }
    ledger.weigh(
        "spiral",
        -STRONG,
        t!("a GC death spiral, which makes every owner slow"),
        &case.see(gc::spiral),
    );
    ledger.weigh(
        "idle",
        -DECISIVE,
        t!("a request pool with idle threads"),
        &case.see(threads::pool_idle),
    );
    ledger.link(&convoy);
    ledger.link(&case.see(threads::pool_exhausted));
    ledger.advise(t!("Do not hold the lock while the owner waits for something slow; hold it for the shared state alone."));
    ledger
}
