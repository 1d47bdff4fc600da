//! No further thread could be started.

use super::{Hypothesis, Ledger};
use crate::events::OomVariant;
use crate::finding::{RuleMeta, Severity};
use crate::incident::case::Case;
use crate::incident::facts::{host, memory, threads};
use crate::incident::ledger::{DECISIVE, Question, STRONG};
use crate::t;

const META: RuleMeta = RuleMeta {
    id: "incident/thread-limit",
    title: "Thread limit reached",
    severity: Severity::High,
    means: "The process or its container has as many threads as it may have, usually because threads are started and never ended.",
    detected: "An OutOfMemoryError for a native thread (+20), a thread dump with more than 2,000 threads (+10), threads that grow between two lists of processes (+10).",
    advice: "Find the family of threads that grows and give it a bounded pool; check pids.max and ulimit -u.",
    false_positives: "A limit set too low for the normal work.",
    sources: &[
        "pthread_create(3), EAGAIN",
        "kernel documentation, cgroup pids.max",
    ],
};

pub(super) const HYPOTHESIS: Hypothesis = Hypothesis {
    meta: &META,
    question: Question::Cause,
    weigh,
};

fn weigh(case: &Case<'_>) -> Ledger {
    let mut ledger = Ledger::new(t!(
        "No further thread could be started: the limit of threads was reached."
    ));
    let error = memory::out_of_memory(case, &[OomVariant::NativeThread]);
    let many = case.see(threads::many_threads);
    ledger.weigh(
        "error",
        DECISIVE,
        t!("an OutOfMemoryError for a native thread"),
        &error,
    );
    ledger.weigh("many", STRONG, t!("thousands of threads in a dump"), &many);
    let grew = case.see(host::threads_grew);
    ledger.weigh(
        "grew",
        STRONG,
        t!("threads that grow between two lists"),
        &grew,
    );
    ledger.link(&grew);
    ledger.link(&many);
    ledger.link(&error);
    ledger.advise(t!(
        "Give the family of threads that grows a bounded pool; check pids.max of the container."
    ));
    ledger
}
