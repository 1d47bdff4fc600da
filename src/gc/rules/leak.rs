//! The live set grew until the heap was full.

use super::{cause_advice, cause_evidence, subject, when};
use crate::finding::{Finding, Rule, RuleMeta, Severity};
use crate::gc::cause::Cause;
use crate::gc::report::GcLife;
use crate::t;
use crate::text;

/// See [`META`].
pub(super) struct Leak;

const META: RuleMeta = RuleMeta {
    id: "gc/leak",
    title: "A leak filled the heap",
    severity: Severity::High,
    means: "What survives collections grew steadily until there was no room left. The growth is the cause of the trouble, the collector only shows it.",
    detected: "There is a death spiral or thrashing, and before it the floor of the ceiling (old generation of Serial, Parallel and CMS, else the heap) rose by 15 % of it or more, a quarter or more of that in the first three quarters of the time, with a positive 10 % quantile of the Theil–Sen slopes.",
    advice: "A heap dump names what grows.",
    false_positives: "A cache with a bound above the size of the heap.",
    sources: &["Theil–Sen estimator (Sen 1968)"],
};

impl Rule<GcLife> for Leak {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, life: &GcLife) -> Vec<Finding> {
        let verdict = life.cause.as_ref();
        let Some(verdict) = verdict.filter(|verdict| verdict.cause == Cause::Leak) else {
            return Vec::new();
        };
        let log = subject(life);
        let Some(floor) = &life.floor else {
            return Vec::new();
        };
        let mut finding = Finding::new(
            &META,
            t!(
                "{log}: the live set grew by {rate} per second until the heap was full",
                log,
                rate = text::bytes(floor.slope as u64)
            ),
        );
        finding.confidence = verdict.confidence;
        finding.when = when(life, floor.from, floor.to);
        finding.summary = t!(
            "What survives collections rose until there was no room. A larger heap dies later of the same thing."
        );
        finding.evidence = cause_evidence(life);
        finding.advice = cause_advice(life);
        vec![finding]
    }
}
