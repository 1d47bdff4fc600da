//! The live set was flat and jumped.

use super::{cause_advice, cause_evidence, subject, when};
use crate::finding::{Finding, Rule, RuleMeta, Severity};
use crate::gc::cause::Cause;
use crate::gc::report::GcLife;
use crate::t;

/// See [`META`].
pub(super) struct Spike;

const META: RuleMeta = RuleMeta {
    id: "gc/spike",
    title: "A spike filled the heap",
    severity: Severity::High,
    means: "The live set was flat and then jumped within a few collections: one unbounded result, a burst of requests, a batch. This is no slow leak.",
    detected: "There is a death spiral or thrashing, and before it the floor of the ceiling rose by 15 % of it or more, less than a quarter of that in the first three quarters of the time.",
    advice: "Look at what ran in that minute; bound it.",
    false_positives: "A leak whose first part the log does not show.",
    sources: &["diag gc: measured on generated spikes and leaks"],
};

impl Rule<GcLife> for Spike {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, life: &GcLife) -> Vec<Finding> {
        let verdict = life.cause.as_ref();
        let Some(verdict) = verdict.filter(|verdict| verdict.cause == Cause::Spike) else {
            return Vec::new();
        };
        let log = subject(life);
        let mut finding = Finding::new(
            &META,
            t!(
                "{log}: the live set was flat, then jumped and filled the heap",
                log
            ),
        );
        finding.confidence = verdict.confidence;
        let onset = life.spiral.as_ref().and_then(|spiral| spiral.onset);
        finding.when = onset.and_then(|onset| when(life, onset, life.end));
        finding.summary = t!(
            "Something of that minute took the memory at once; a leak would have raised the floor before."
        );
        finding.evidence = cause_evidence(life);
        finding.advice = cause_advice(life);
        vec![finding]
    }
}
