//! The JVM survived an OutOfMemoryError in part.

use super::{Hypothesis, Ledger};
use crate::events::OomVariant;
use crate::finding::{RuleMeta, Severity};
use crate::incident::case::Case;
use crate::incident::facts::{gc, memory};
use crate::incident::ledger::{DECISIVE, MODERATE, Question, STRONG};
use crate::t;

const META: RuleMeta = RuleMeta {
    id: "incident/oom-zombie",
    title: "Alive after an OutOfMemoryError",
    severity: Severity::High,
    means: "An OutOfMemoryError killed a thread that the process cannot do without, and the process stayed up without working; or the heap dump it wrote took longer than the probe's patience.",
    detected: "An OutOfMemoryError at least a minute before the end without a GC spiral (+10), one that ended a thread which accepts or polls connections (+20), errors for a minute or more (+5), or a heap dump that was begun and never finished (+20).",
    advice: "-XX:+ExitOnOutOfMemoryError (it does not act on direct-memory and thread errors); dump to a volume that is fast enough.",
    false_positives: "An application that handles the error well is not a zombie.",
    sources: &["HotSpot debug.cpp, report_java_out_of_memory"],
};

pub(super) const HYPOTHESIS: Hypothesis = Hypothesis {
    meta: &META,
    question: Question::Mechanism,
    weigh,
};

fn weigh(case: &Case<'_>) -> Ledger {
    let mut ledger = Ledger::new(t!("An OutOfMemoryError left the process alive but broken."));
    let error = memory::out_of_memory_long_before_end(
        case,
        &[
            OomVariant::HeapSpace,
            OomVariant::Metaspace,
            OomVariant::DirectBuffer,
            OomVariant::NettyDirect,
            OomVariant::NativeThread,
        ],
    );
    let deaf = case.see(memory::out_of_memory_ended_acceptor);
    let unfinished = case.see(memory::dump_unfinished);
    ledger.weigh(
        "error",
        STRONG,
        t!("an OutOfMemoryError a minute or more before the end"),
        &error,
    );
    ledger.weigh(
        "error",
        DECISIVE,
        t!("an OutOfMemoryError that ended a thread which takes requests"),
        &deaf,
    );
    ledger.weigh(
        "again",
        MODERATE,
        t!("OutOfMemoryErrors for a minute or more"),
        &case.see(memory::out_of_memory_again),
    );
    ledger.weigh(
        "dump",
        DECISIVE,
        t!("a heap dump that was begun and never finished"),
        &unfinished,
    );
    ledger.weigh(
        "spiral",
        -STRONG,
        t!("a GC death spiral, which explains the end better"),
        &case.see(gc::spiral),
    );
    ledger.link(&error);
    ledger.link(&deaf);
    ledger.link(&unfinished);
    ledger.advise(t!(
        "Do not let the JVM live on after an OutOfMemoryError: -XX:+ExitOnOutOfMemoryError."
    ));
    ledger
}
