//! The live set is close to the limit from the beginning.

use super::{cause_advice, cause_evidence, subject, when};
use crate::finding::{Finding, Rule, RuleMeta, Severity};
use crate::gc::cause::Cause;
use crate::gc::report::GcLife;
use crate::t;
use crate::text;

/// See [`META`].
pub(super) struct HeapTooSmall;

const META: RuleMeta = RuleMeta {
    id: "gc/heap-too-small",
    title: "The heap is too small for its live set",
    severity: Severity::High,
    means: "The live set fills the heap from the beginning. There is no room to work in, so collections run all the time. Whether that is data that does not fit or something without a bound that filled the heap at once, the log cannot tell.",
    detected: "There is a death spiral or thrashing, or a tenth of the time is lost, and after the first quarter no collection brought the ceiling (old generation of Serial, Parallel and CMS, else the heap) below 80 %; or the ceiling was 80 % full before there were enough collections to show a trend.",
    advice: "Raise -Xmx, or find out with a heap dump what the live set is made of.",
    false_positives: "A leak so fast that it filled the heap at once.",
    sources: &[
        "Jones, Hosking, Moss: The Garbage Collection Handbook, ch. 1.6 (heap size against live size)",
    ],
};

impl Rule<GcLife> for HeapTooSmall {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, life: &GcLife) -> Vec<Finding> {
        let verdict = life
            .cause
            .as_ref()
            .filter(|verdict| verdict.cause == Cause::UndersizedHeap);
        let Some(verdict) = verdict else {
            return Vec::new();
        };
        let log = subject(life);
        let limit = life.heap_max.map_or_else(|| t!("its limit"), text::bytes);
        let mut finding = Finding::new(
            &META,
            t!(
                "{log}: the live set fills the heap of {limit} from the beginning",
                log,
                limit
            ),
        );
        finding.confidence = verdict.confidence;
        finding.when = when(life, life.begin, life.end);
        finding.summary = t!(
            "The floor under the saw-tooth is high from the beginning: this is no slow leak. Either the heap has no room for what the process keeps, or something without a bound filled it at once; the log cannot tell which."
        );
        finding.evidence = cause_evidence(life);
        finding.advice = cause_advice(life);
        vec![finding]
    }
}
