//! G1: free space in pieces between humongous objects.

use super::{cause_advice, cause_evidence, subject};
use crate::finding::{Confidence, Finding, Rule, RuleMeta, Severity};
use crate::gc::cause::Cause;
use crate::gc::report::GcLife;
use crate::t;

/// See [`META`].
pub(super) struct HumongousFragmentation;

const META: RuleMeta = RuleMeta {
    id: "gc/humongous-fragmentation",
    title: "Full collections on a heap with room: humongous objects leave it in pieces",
    severity: Severity::High,
    means: "A humongous object needs regions side by side. Others of its kind stay where they are, so the free regions lie between them, and a large array fits nowhere although most of the heap is free: full collections and OutOfMemoryErrors follow.",
    detected: "G1 with region counts in the log (gc+heap): two or more full collections that nobody asked for, each beginning with at most 70 % of the heap in use and ending with humongous regions in at least 20 % of it; and humongous allocations started collections.",
    advice: "Larger regions or smaller arrays.",
    false_positives: "One array that is larger than the free heap even in one piece.",
    sources: &[
        "JDK-8191565 (last-ditch compaction moves humongous objects since JDK 22)",
        "JEP 278",
    ],
};

impl Rule<GcLife> for HumongousFragmentation {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, life: &GcLife) -> Vec<Finding> {
        let verdict = life.cause.as_ref();
        if verdict.is_none_or(|verdict| verdict.cause != Cause::Fragmentation) {
            return Vec::new();
        }
        let log = subject(life);
        let mut finding = Finding::new(
            &META,
            t!(
                "{log}: full collections on a heap with room, humongous objects leave it in pieces",
                log
            ),
        );
        finding.confidence = Confidence::Likely;
        finding.summary = t!(
            "The collector ran because no free regions lay side by side for a large array, not because the heap was full."
        );
        finding.evidence = cause_evidence(life);
        finding.advice = cause_advice(life);
        vec![finding]
    }
}
