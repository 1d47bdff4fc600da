//! Nothing that was allocated could be freed.

use super::{cause_advice, cause_evidence, subject, when};
use crate::finding::{Finding, Rule, RuleMeta, Severity};
use crate::gc::cause::Cause;
use crate::gc::report::GcLife;
use crate::t;
use crate::text;

/// See [`META`].
pub(super) struct FilledAtOnce;

const META: RuleMeta = RuleMeta {
    id: "gc/filled-at-once",
    title: "Everything allocated stayed alive until the heap was full",
    severity: Severity::High,
    means: "The heap filled before a trend could show, with data that nothing let go: one result, cache or map without a bound, or a data set that does not fit. The log counts bytes and cannot tell which; a heap dump can.",
    detected: "There is a death spiral on a heap that was 80 % full from early on; at least 80 % of what had been allocated by then was alive, and all collections after it but the last freed at most a quarter of the heap together.",
    advice: "A heap dump names what fills the heap.",
    false_positives: "None known; which of the two it is stays open.",
    sources: &[
        "HotSpot gcOverheadChecker.cpp: GC overhead limit exceeded is how such a run ends with Parallel",
    ],
};

impl Rule<GcLife> for FilledAtOnce {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, life: &GcLife) -> Vec<Finding> {
        let verdict = life
            .cause
            .as_ref()
            .filter(|verdict| verdict.cause == Cause::FilledAtOnce);
        let Some(verdict) = verdict else {
            return Vec::new();
        };
        let log = subject(life);
        let limit = life.heap_max.map_or_else(|| t!("its limit"), text::bytes);
        let mut finding = Finding::new(
            &META,
            t!(
                "{log}: the heap of {limit} filled up at once, and nothing in it could be freed",
                log,
                limit
            ),
        );
        finding.confidence = verdict.confidence;
        finding.when = when(life, life.begin, life.end);
        finding.summary = t!(
            "Nearly all that was allocated stayed alive: one result, cache or map that nothing bounds, or a data set that does not fit. Which of the two, only a heap dump tells."
        );
        finding.evidence = cause_evidence(life);
        finding.advice = cause_advice(life);
        vec![finding]
    }
}
