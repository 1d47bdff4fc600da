//! Threads arrive late.

use super::subject;
use crate::finding::{Confidence, Evidence, Finding, Rule, RuleMeta, Severity};
use crate::gc::report::GcLife;
use crate::t;
use crate::text;
use crate::time::SECOND;

/// See [`META`].
pub(super) struct TimeToSafepoint;

const META: RuleMeta = RuleMeta {
    id: "gc/time-to-safepoint",
    title: "Threads are slow to reach safepoints",
    severity: Severity::Medium,
    means: "Before a pause begins, all threads must stop. One that is slow makes all others wait, and the pause times of the collector do not show it.",
    detected: "A single arrival of 100 ms or more, or arrivals that add up to 1 s and a fifth of all stopped time.",
    advice: "Find the loop or the blocked page; look at the CPU of the host.",
    false_positives: "A host so busy that threads do not run at all: see cpu-starvation.",
    sources: &["HotSpot safepoint.cpp", "JEP 376"],
};

impl Rule<GcLife> for TimeToSafepoint {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, life: &GcLife) -> Vec<Finding> {
        let Some(safepoints) = &life.safepoints else {
            return Vec::new();
        };
        let Some(longest) = &safepoints.reaching_longest else {
            return Vec::new();
        };
        let single = safepoints.reaching_max >= SECOND / 10;
        let sum = safepoints.reaching_total >= SECOND
            && safepoints.reaching_total * 5 >= safepoints.total;
        if !single && !sum {
            return Vec::new();
        }
        let log = subject(life);
        let max = text::duration(safepoints.reaching_max);
        let total = text::duration(safepoints.reaching_total);
        let of = text::duration(safepoints.total);
        let mut finding = Finding::new(
            &META,
            t!(
                "{log}: threads took up to {max} to reach a safepoint",
                log,
                max
            ),
        );
        finding.confidence = Confidence::Confirmed;
        finding.summary = t!(
            "Waiting for threads to stop took {total} of {of} stopped time. This comes on top of the pauses that the collector reports.",
            total,
            of
        );
        let statement = t!("the longest arrival, {max}", max);
        finding
            .evidence
            .push(Evidence::new(statement, longest.clone()));
        finding.advice.push(t!("-Xlog:safepoint=debug and -XX:+SafepointTimeout -XX:SafepointTimeoutDelay=100 name the thread that is late: usually a long counted loop, a large array copy, or a page fault on a mapped file."));
        vec![finding]
    }
}
