//! More work came than the process can do.

use super::{Hypothesis, Ledger};
use crate::finding::{RuleMeta, Severity};
use crate::incident::case::Case;
use crate::incident::facts::{access, capacity, gc, threads};
use crate::incident::ledger::{DECISIVE, MODERATE, Question, STRONG};
use crate::t;

const META: RuleMeta = RuleMeta {
    id: "incident/load-spike",
    title: "Load spike",
    severity: Severity::High,
    means: "The arrivals rose first, everything else followed.",
    detected: "At least twice the usual arrivals just before the trouble (+10), one client that sends most (+10), another instance that went down just before (+5), more than its share of the load of all instances (+5, only where arrivals rose or need the whole request pool). Steady arrivals are decisive against it (-20).",
    advice: "Limit the rate per client (429), shed load before the pool is full, and scale on arrivals.",
    false_positives: "Retries after a failure raise the arrivals too: then the failure came first.",
    sources: &["Little, 1961 (L = λW)"],
};

pub(super) const HYPOTHESIS: Hypothesis = Hypothesis {
    meta: &META,
    question: Question::Cause,
    weigh,
};

fn weigh(case: &Case<'_>) -> Ledger {
    let mut ledger = Ledger::new(t!("More requests came than the process could serve."));
    let trouble = [
        case.see(gc::spiral),
        case.see(threads::deadlock),
        case.see(access::slowed_down),
        case.see(access::service_stopped),
    ]
    .iter()
    .find_map(|observed| observed.fact().and_then(|fact| fact.at));
    let rose = access::load_rose(case, trouble);
    ledger.weigh(
        "load",
        STRONG,
        t!("arrivals that rose before the trouble"),
        &rose,
    );
    ledger.weigh(
        "load",
        -DECISIVE,
        t!("steady arrivals"),
        &access::load_steady(case, trouble),
    );
    let moved = access::load_moved(case, &rose);
    if rose.fact().is_some() || case.see(capacity::demand_fills_pool).fact().is_some() {
        ledger.weigh(
            "share",
            MODERATE,
            t!("more than its share of the load of all instances"),
            &case.see(access::unequal_share),
        );
    }
    if rose.fact().is_some() {
        ledger.weigh(
            "moved",
            MODERATE,
            t!("another instance that went down just before"),
            &moved,
        );
        ledger.weigh(
            "client",
            STRONG,
            t!("one client that sends most requests"),
            &case.see(access::one_client),
        );
        ledger.weigh(
            "slow",
            MODERATE,
            t!("requests that became slow"),
            &case.see(access::slowed_down),
        );
    }
    ledger.weigh(
        "deadlock",
        -STRONG,
        t!("a deadlock, which needs no load"),
        &case.see(threads::deadlock),
    );
    ledger.link(&moved);
    ledger.link(&rose);
    ledger.link(&case.see(access::slowed_down));
    if moved.fact().is_some() {
        ledger.advise(t!("Keep room for one instance less: what the others serve must fit when one of them is down."));
    }
    ledger.advise(t!(
        "Answer 429 before the pool is full, and limit the rate per client."
    ));
    ledger
}
