//! The container is smaller than what the JVM may use.

use super::{Hypothesis, Ledger};
use crate::events::OomVariant;
use crate::finding::{RuleMeta, Severity};
use crate::incident::case::Case;
use crate::incident::facts::{events, gc, host, memory};
use crate::incident::ledger::{DECISIVE, MODERATE, Question, STRONG};
use crate::t;

const META: RuleMeta = RuleMeta {
    id: "incident/limit-misfit",
    title: "Container limit too small for the JVM",
    severity: Severity::Critical,
    means: "Heap, class metadata, threads, code cache and buffers together may grow beyond the container's limit, so the kernel kills a JVM whose heap is healthy. A heap dump on OutOfMemoryError never happens.",
    detected: "A kill at the memory limit while the last collection left the heap less than 60 % full (+20), a maximum heap of at least three quarters of the limit (+10), no OutOfMemoryError. Native memory that grows speaks against it (-10). A kill because the node ran out of memory is decisive against it (-20).",
    advice: "Leave room: -XX:MaxRAMPercentage=60 or a higher limit; measure the rest with native memory tracking.",
    false_positives: "A native leak ends the same way, later in each life.",
    sources: &[
        "kernel documentation, cgroup v2 memory.max",
        "HotSpot os::Linux container support (JEP 387 for metaspace)",
    ],
};

pub(super) const HYPOTHESIS: Hypothesis = Hypothesis {
    meta: &META,
    question: Question::Cause,
    weigh,
};

fn weigh(case: &Case<'_>) -> Ledger {
    let killed = case.see(events::killed_at_limit);
    let room = case.see(gc::room_left);
    let mut ledger = Ledger::new(match room.fact() {
        Some(_) => t!(
            "The container's memory limit is too small for the JVM: the heap was healthy when the limit was reached."
        ),
        None => t!("The container's memory limit is too small for the JVM."),
    });
    let tight = case.see(events::heap_too_large_for_container);
    ledger.weigh(
        "killed",
        STRONG,
        t!("a kill at the container's memory limit"),
        &killed,
    );
    if killed.fact().is_some() {
        ledger.weigh("room", STRONG, t!("a heap with room at the end"), &room);
        ledger.weigh(
            "tight",
            STRONG,
            t!("a heap that may grow to most of the limit"),
            &tight,
        );
        ledger.weigh(
            "quiet",
            MODERATE,
            t!("a collector that takes little time"),
            &case.see(gc::collector_idle),
        );
    }
    ledger.weigh(
        "node",
        -DECISIVE,
        t!("a node without memory"),
        &case.see(events::node_out_of_memory),
    );
    let heap_error = memory::out_of_memory(case, &[OomVariant::HeapSpace, OomVariant::GcOverhead]);
    ledger.weigh(
        "error",
        -STRONG,
        t!("an OutOfMemoryError for the heap"),
        &heap_error,
    );
    ledger.weigh(
        "native",
        -STRONG,
        t!("native memory that grows, which fills any limit"),
        &case.see(host::native_memory_grew),
    );
    ledger.link(&tight);
    ledger.link(&killed);
    ledger.advise(t!("Leave a quarter of the limit or more to everything that is not heap: -XX:MaxRAMPercentage=60, or raise the limit."));
    ledger
}
