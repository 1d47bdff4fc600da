//! Direct buffers are used up.

use super::{Hypothesis, Ledger};
use crate::events::OomVariant;
use crate::finding::{RuleMeta, Severity};
use crate::gc::Cause;
use crate::incident::case::Case;
use crate::incident::facts::{gc, memory};
use crate::incident::ledger::{DECISIVE, Question, STRONG};
use crate::t;

const META: RuleMeta = RuleMeta {
    id: "incident/direct-memory",
    title: "Direct memory exhausted",
    severity: Severity::High,
    means: "Direct byte buffers reached their limit. HotSpot does not act on HeapDumpOnOutOfMemoryError or ExitOnOutOfMemoryError for it, so the process lives on with failing requests.",
    detected: "An OutOfMemoryError for direct buffers, or Netty's own (+20); the GC log shows System.gc() from direct allocation (+10).",
    advice: "Find who does not release buffers (Netty: -Dio.netty.leakDetection.level=advanced); bound outbound buffers of slow clients; raise -XX:MaxDirectMemorySize only when the need is known.",
    false_positives: "A limit set far too low for the normal work.",
    sources: &["java.nio.Bits.reserveMemory", "Netty PlatformDependent"],
};

pub(super) const HYPOTHESIS: Hypothesis = Hypothesis {
    meta: &META,
    question: Question::Cause,
    weigh,
};

fn weigh(case: &Case<'_>) -> Ledger {
    let mut ledger = Ledger::new(t!(
        "Direct memory, which buffers of network and file I/O use, was exhausted."
    ));
    let error = memory::out_of_memory(case, &[OomVariant::DirectBuffer, OomVariant::NettyDirect]);
    let log = gc::points_to(case, Cause::DirectMemory);
    ledger.weigh(
        "error",
        DECISIVE,
        t!("an OutOfMemoryError for direct memory"),
        &error,
    );
    ledger.weigh(
        "log",
        STRONG,
        t!("System.gc() from direct allocation in the GC log"),
        &log,
    );
    ledger.link(&log);
    ledger.link(&error);
    ledger.advise(t!("Find the buffers that are not released (Netty: -Dio.netty.leakDetection.level=advanced) before raising -XX:MaxDirectMemorySize."));
    ledger
}
