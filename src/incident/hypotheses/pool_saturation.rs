//! No request thread is left.

use super::{Hypothesis, Ledger};
use crate::finding::{RuleMeta, Severity};
use crate::incident::case::Case;
use crate::incident::facts::{access, capacity, events, host, threads};
use crate::incident::ledger::{DECISIVE, MODERATE, Question, STRONG};
use crate::t;

const META: RuleMeta = RuleMeta {
    id: "incident/pool-saturation",
    title: "Request pool used up",
    severity: Severity::High,
    means: "All request threads are taken, so new requests queue and probes that share the pool get no answer. It is how a process stops, seldom why.",
    detected: "At least 85 % of the request pool is busy in a thread dump (+10), the server says that all its threads are busy (+10), the queue of connections to accept is full (+10), the arrivals times their response time need 85 % of the pool or more (+5), probes get no answer (+5). Idle threads are decisive against it (-20).",
    advice: "Look at what the busy threads wait for: that is the cause. Give health checks a port and threads of their own.",
    false_positives: "A dump taken in a burst shows a busy pool that recovers a second later.",
    sources: &[
        "Tomcat ThreadPoolExecutor (\"All threads are currently busy\")",
        "the 85 % rule of capacity planning",
    ],
};

pub(super) const HYPOTHESIS: Hypothesis = Hypothesis {
    meta: &META,
    question: Question::Mechanism,
    weigh,
};

fn weigh(case: &Case<'_>) -> Ledger {
    let mut ledger = Ledger::new(match threads::pool_words(case) {
        Some(words) => t!("No request thread was free: {words}.", words),
        None => t!("No request thread was free."),
    });
    let exhausted = case.see(threads::pool_exhausted);
    ledger.weigh(
        "busy",
        STRONG,
        t!("a used-up request pool in a thread dump"),
        &exhausted,
    );
    ledger.weigh(
        "busy",
        STRONG,
        t!("the server's own complaint"),
        &case.see(events::workers_busy),
    );
    ledger.weigh(
        "queue",
        STRONG,
        t!("a full queue of connections to accept"),
        &case.see(host::accept_queue_full),
    );
    ledger.weigh(
        "demand",
        MODERATE,
        t!("a load that needs all request threads"),
        &case.see(capacity::demand_fills_pool),
    );
    ledger.weigh(
        "stopped",
        MODERATE,
        t!("requests that stop finishing"),
        &case.see(access::service_stopped),
    );
    ledger.weigh(
        "idle",
        -DECISIVE,
        t!("a request pool with idle threads"),
        &case.see(threads::pool_idle),
    );
    ledger.link(&exhausted);
    ledger.link(&case.see(access::service_stopped));
    ledger.link(&case.see(events::probes_timed_out));
    ledger.advise(t!("Serve health checks from a port and threads of their own, so that a full pool is not taken for a dead process."));
    ledger
}
