//! Objects are kept and never given back.

use super::{Hypothesis, Ledger};
use crate::events::OomVariant;
use crate::finding::{RuleMeta, Severity};
use crate::gc::Cause;
use crate::incident::case::Case;
use crate::incident::facts::{access, gc, heap, host, memory};
use crate::incident::ledger::{DECISIVE, MODERATE, Question, STRONG};
use crate::t;
use crate::text::{bytes, percent};

const META: RuleMeta = RuleMeta {
    id: "incident/gradual-leak",
    title: "Heap leak",
    severity: Severity::Critical,
    means: "Some long-lived object collects more and more others. Every life of the process ends the same way; a larger heap only makes it later.",
    detected: "What collections leave rises steadily over the life (+10), also in another life (+10); a heap dump shows one long-lived holder of at least 30 % (+20); the same classes grow between two histograms (+10); the GC log alone points to a leak (+5). A flat live set (-20), or a heap that the last collection left more than 40 % empty (-20), is decisive against it; load that rose first speaks against it (-10).",
    advice: "Bound the named collection, remove entries when they are done with, or hold them weakly. A restart schedule or a larger heap only moves the date.",
    false_positives: "A cache that is still filling up to its bound looks the same until it stops; look for a bound in the code.",
    sources: &["Eclipse MAT leak suspects", "Theil 1950, Sen 1968 (slope)"],
};

pub(super) const HYPOTHESIS: Hypothesis = Hypothesis {
    meta: &META,
    question: Question::Cause,
    weigh,
};

fn weigh(case: &Case<'_>) -> Ledger {
    let mut ledger = Ledger::new(statement(case));
    let rises = case.see(gc::floor_rises);
    let full = case.see(gc::heap_full);
    let holder = case.see(heap::single_holder);
    let error = memory::out_of_memory(case, &[OomVariant::HeapSpace, OomVariant::GcOverhead]);
    let lives = case.see(gc::floor_rises_in_other_lives);
    let log = gc::points_to(case, Cause::Leak);
    ledger.weigh("floor", STRONG, t!("a live set that rises"), &rises);
    ledger.weigh("lives", STRONG, t!("the same rise in another life"), &lives);
    ledger.weigh("log", MODERATE, t!("a GC log that points to a leak"), &log);
    ledger.weigh(
        "classes",
        STRONG,
        t!("classes that grow between two histograms"),
        &case.see(host::classes_grew),
    );
    // The error alone tells that the heap ran out, not how.
    if [&rises, &lives, &log]
        .iter()
        .any(|seen| seen.fact().is_some())
    {
        ledger.weigh(
            "error",
            MODERATE,
            t!("an OutOfMemoryError for the heap"),
            &error,
        );
    }
    // A holder in the dump is a leak only where the heap is what ran out.
    if rises.fact().is_some() || full.fact().is_some() || error.fact().is_some() {
        ledger.weigh(
            "holder",
            DECISIVE,
            t!("one long-lived holder in the heap dump"),
            &holder,
        );
    }
    ledger.weigh(
        "floor",
        -DECISIVE,
        t!("a live set that stays flat"),
        &case.see(gc::floor_flat),
    );
    ledger.weigh(
        "room",
        -DECISIVE,
        t!("a heap with room after the last collection"),
        &case.see(gc::room_left),
    );
    let trouble = full.fact().and_then(|fact| fact.at);
    ledger.weigh(
        "load",
        -STRONG,
        t!("load that rose first"),
        &access::load_rose(case, trouble),
    );
    ledger.link(&rises);
    ledger.link(&full);
    if let Some((_, suspect)) = heap::holder(case) {
        ledger.point_at(
            suspect
                .field
                .clone()
                .unwrap_or_else(|| suspect.class.clone()),
        );
    }
    ledger.advise(match heap::holder(case) {
        Some((_, suspect)) => t!(
            "Bound {holder}: remove entries that are done with, give it a maximum size, or use a cache that evicts.",
            holder = suspect.field.clone().unwrap_or_else(|| suspect.class.clone())
        ),
        None => t!("Take a heap dump of a process that has run for a while (jcmd PID GC.heap_dump) and run diag heap on it: it names the holder."),
    });
    ledger
}

fn statement(case: &Case<'_>) -> String {
    match heap::holder(case) {
        Some((_, suspect)) => t!(
            "A heap leak: {holder} keeps {size} alive, {share} of the heap, and nothing removes them.",
            holder = suspect
                .field
                .clone()
                .unwrap_or_else(|| suspect.class.clone()),
            size = bytes(suspect.retained_bytes),
            share = percent(suspect.share, 1.0)
        ),
        None => t!("A heap leak: what stays alive after collections grew until the heap was full."),
    }
}
