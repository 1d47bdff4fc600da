//! It nearly happened.

use super::{line_at, subject, when};
use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::gc::report::GcLife;
use crate::t;

/// See [`META`].
pub(super) struct NearMiss;

const META: RuleMeta = RuleMeta {
    id: "gc/near-miss",
    title: "Near miss: the heap was full and recovered",
    severity: Severity::Medium,
    means: "A spike filled the heap and went away before the collector lost the race. A slightly larger one would have been a death spiral.",
    detected: "A collection failed its plan (evacuation failure, promotion failure, concurrent mode failure, degenerated cycle, unrequested full of a concurrent collector); afterwards a collection left less than 70 % of the ceiling, and the rest of the log lost at most 10 % of its time.",
    advice: "Find the requests of that moment and bound them, before a larger one comes.",
    false_positives: "A one-off batch that is known and bounded.",
    sources: &["G1 tuning guide: evacuation failure"],
};

impl Rule<GcLife> for NearMiss {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, life: &GcLife) -> Vec<Finding> {
        let Some(stretch) = &life.near_miss else {
            return Vec::new();
        };
        let log = subject(life);
        let at = super::at(life, stretch.from);
        let title = t!(
            "{log}: near miss at {at}, the heap was full and recovered",
            log,
            at
        );
        let mut finding = Finding::new(&META, title);
        finding.when = when(life, stretch.from, stretch.to);
        let story = &stretch.summary;
        finding.summary = t!("Near miss: {story}.", story);
        let statement = t!("the first collection that failed its plan");
        finding
            .evidence
            .push(Evidence::new(statement, line_at(life, stretch.from)));
        finding.advice.push(t!("Find what was requested at {at} (`diag access`) and bound its size; a larger one of the same kind will not be survived.", at));
        vec![finding]
    }
}
