//! The world is stopped for something else than collections.

use super::subject;
use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::gc::report::GcLife;
use crate::t;
use crate::text;
use crate::time::SECOND;

/// See [`META`].
pub(super) struct OtherSafepoints;

const META: RuleMeta = RuleMeta {
    id: "gc/other-safepoints",
    title: "The world was stopped, but not by the collector",
    severity: Severity::Medium,
    means: "Thread dumps, heap inspections, deoptimisation, class redefinition and bias revocation stop all threads too. Pause statistics of the collector miss them.",
    detected: "A single stop of 200 ms or more for another operation, or 5 % of the uptime in sum.",
    advice: "Find who asks for it: monitoring agents, profilers.",
    false_positives: "A heap dump or thread dumps taken on purpose.",
    sources: &["HotSpot vmOperation.hpp"],
};

impl Rule<GcLife> for OtherSafepoints {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, life: &GcLife) -> Vec<Finding> {
        let Some(safepoints) = &life.safepoints else {
            return Vec::new();
        };
        let Some((operation, longest)) = &safepoints.other_longest else {
            return Vec::new();
        };
        let share = safepoints.other_total * 20 >= life.throughput_over.max(1);
        if safepoints.other_max < SECOND / 5 && !(share && safepoints.other_total >= SECOND) {
            return Vec::new();
        }
        let log = subject(life);
        let max = text::duration(safepoints.other_max);
        let total = text::duration(safepoints.other_total);
        let count = text::count(safepoints.other_count);
        let mut finding = Finding::new(
            &META,
            t!(
                "{log}: {operation} stopped the world for {max}",
                log,
                operation,
                max
            ),
        );
        finding.summary = t!(
            "{count} stops for other reasons than collections took {total}. They do not appear among the collector's pauses.",
            count,
            total
        );
        let statement = t!("the longest, {operation}, {max}", operation, max);
        finding
            .evidence
            .push(Evidence::new(statement, longest.clone()));
        finding.advice.push(t!("Look for agents that take thread dumps or heap histograms, profilers that redefine classes, and for RevokeBias on JDK 8 to 14 use -XX:-UseBiasedLocking."));
        vec![finding]
    }
}
