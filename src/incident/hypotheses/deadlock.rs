//! Threads wait for each other in a circle.

use super::{Hypothesis, Ledger};
use crate::finding::{RuleMeta, Severity};
use crate::incident::case::Case;
use crate::incident::facts::{access, events, gc, threads};
use crate::incident::ledger::{DECISIVE, MODERATE, Question, STRONG};
use crate::t;

const META: RuleMeta = RuleMeta {
    id: "incident/deadlock",
    title: "Deadlock",
    severity: Severity::Critical,
    means: "Two or more threads wait for locks that the next one holds. They never go on, and every thread that needs one of these locks joins them until the pool is used up.",
    detected: "A thread dump shows a circle of monitors, owned synchronizers or class initialisations (+20), two dumps show it (+10), the request pool is used up (+5). Whole dumps without a circle are decisive against it (-20).",
    advice: "Take the locks in one order everywhere, or use one lock, or tryLock with a timeout. Until then: a restart is the only way out.",
    false_positives: "None known for circles of owned locks; read locks and semaphores are not judged.",
    sources: &[
        "HotSpot ThreadService::find_deadlocks_at_safepoint",
        "Coffman et al., System Deadlocks, 1971",
    ],
};

pub(super) const HYPOTHESIS: Hypothesis = Hypothesis {
    meta: &META,
    question: Question::Mechanism,
    weigh,
};

fn weigh(case: &Case<'_>) -> Ledger {
    let mut ledger = Ledger::new(statement(case));
    let deadlock = case.see(threads::deadlock);
    let exhausted = case.see(threads::pool_exhausted);
    ledger.weigh(
        "circle",
        DECISIVE,
        t!("a deadlock in a thread dump"),
        &deadlock,
    );
    ledger.weigh(
        "lasts",
        STRONG,
        t!("the same deadlock in a second dump"),
        &case.see(threads::deadlock_lasts),
    );
    ledger.weigh(
        "circle",
        -DECISIVE,
        t!("thread dumps without a deadlock"),
        &case.see(threads::no_deadlock),
    );
    if deadlock.fact().is_some() {
        ledger.weigh("pool", MODERATE, t!("a used-up request pool"), &exhausted);
        ledger.weigh(
            "probes",
            MODERATE,
            t!("probes without an answer"),
            &case.see(events::probes_timed_out),
        );
        ledger.weigh(
            "gc",
            MODERATE,
            t!("a collector that takes little time"),
            &case.see(gc::collector_idle),
        );
    }
    ledger.link(&deadlock);
    ledger.link(&exhausted);
    ledger.link(&case.see(access::service_stopped));
    ledger.link(&case.see(events::probes_timed_out));
    ledger.advise(t!(
        "Take the locks of the deadlock in the same order on both paths, or replace them by one lock; a tryLock with a timeout turns the deadlock into an error that can be handled."
    ));
    ledger
}

fn statement(case: &Case<'_>) -> String {
    let Some((_, deadlock)) = threads::worst_deadlock(case) else {
        return t!("Threads waited for each other in a circle.");
    };
    let names: Vec<String> = deadlock
        .threads
        .iter()
        .map(|member| format!("\"{}\"", member.thread.name))
        .collect();
    let frames: Vec<&str> = deadlock
        .threads
        .iter()
        .filter_map(|member| member.top_frame.as_deref())
        .collect();
    let place = match frames.is_empty() {
        true => String::new(),
        false => t!(" (at {frames})", frames = frames.join("; ")),
    };
    t!(
        "{names} waited for each other in a deadlock{place}; {victims} more threads piled up behind them.",
        names = names.join(", "),
        place,
        victims = deadlock.victims
    )
}
