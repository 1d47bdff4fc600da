//! Memory outside the heap grows.

use super::{Hypothesis, Ledger};
use crate::events::OomVariant;
use crate::finding::{RuleMeta, Severity};
use crate::gc::Cause;
use crate::incident::case::Case;
use crate::incident::facts::{gc, host, memory};
use crate::incident::ledger::{DECISIVE, MODERATE, Question, STRONG};
use crate::t;

const META: RuleMeta = RuleMeta {
    id: "incident/native-leak",
    title: "Native memory leak",
    severity: Severity::High,
    means: "Class metadata, native libraries, threads or the C library's arenas grow while the heap stays as it is.",
    detected: "Class metadata is exhausted (+20) or the GC log points to it (+10), the operating system refuses memory to the JVM (+10); native memory tracking shows a category that grows (+20), arenas of the C library hold much memory (+10), resident memory grows while the heap does not (+5).",
    advice: "Track it: -XX:NativeMemoryTracking=summary and jcmd PID VM.native_memory summary.diff; for class metadata look for class loaders that are made again and again.",
    false_positives: "A container limit that never had room for the JVM ends the same way, at the same age in each life.",
    sources: &[
        "JEP 387 (elastic metaspace)",
        "HotSpot Native Memory Tracking",
    ],
};

pub(super) const HYPOTHESIS: Hypothesis = Hypothesis {
    meta: &META,
    question: Question::Cause,
    weigh,
};

fn weigh(case: &Case<'_>) -> Ledger {
    let mut ledger = Ledger::new(t!(
        "Memory outside the heap grew until a limit was reached."
    ));
    let metadata = memory::out_of_memory(
        case,
        &[OomVariant::Metaspace, OomVariant::CompressedClassSpace],
    );
    let log = gc::points_to(case, Cause::Metaspace);
    let native = memory::out_of_memory(
        case,
        &[
            OomVariant::SwapSpace,
            OomVariant::NativeMethod,
            OomVariant::MapFailed,
        ],
    );
    let tracked = case.see(host::native_memory_grew);
    let arenas = case.see(host::arenas_heavy);
    let flat = case.see(gc::floor_flat);
    ledger.weigh(
        "metadata",
        DECISIVE,
        t!("an OutOfMemoryError for class metadata"),
        &metadata,
    );
    ledger.weigh(
        "log",
        STRONG,
        t!("a GC log that points to class metadata"),
        &log,
    );
    ledger.weigh(
        "native",
        STRONG,
        t!("an OutOfMemoryError for native memory"),
        &native,
    );
    ledger.weigh(
        "tracking",
        DECISIVE,
        t!("growth in native memory tracking"),
        &tracked,
    );
    ledger.weigh(
        "arenas",
        STRONG,
        t!("much memory in arenas of the C library"),
        &arenas,
    );
    // A heap may grow to its maximum: resident memory alone does not tell which part of it grew.
    if [&tracked, &arenas].iter().any(|seen| seen.fact().is_some()) || flat.fact().is_some() {
        ledger.weigh(
            "resident",
            MODERATE,
            t!("resident memory that grows"),
            &case.see(host::resident_grew),
        );
    }
    ledger.link(&tracked);
    ledger.link(&log);
    ledger.link(&metadata);
    ledger.link(&native);
    ledger.advise(t!("Run with -XX:NativeMemoryTracking=summary and compare: jcmd PID VM.native_memory baseline, later summary.diff."));
    ledger
}
