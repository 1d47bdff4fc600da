//! Collections eat the time but still free memory, or keep failing on a full heap.

use super::{cause_advice, cause_evidence, line_at, subject, when};
use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::gc::report::GcLife;
use crate::t;
use crate::text;

/// See [`META`].
pub(super) struct Thrashing;

const META: RuleMeta = RuleMeta {
    id: "gc/thrashing",
    title: "Thrashing: collections eat the time, but not a death spiral",
    severity: Severity::High,
    means: "Much of the machine's time goes into collections that still free memory. Requests are slow, the process survives.",
    detected: "No death spiral, and either at least 50 % of the time lost over 30 s with at least ten collections, or ten or more collections that failed their plan (evacuation failure, degenerated, unrequested full of a concurrent collector) while most collections left the ceiling at least 85 % full.",
    advice: "More heap, or less live data. With a low floor after collection: a larger young generation or fewer allocations.",
    false_positives: "Start-up of a small process with a tiny heap.",
    sources: &["HotSpot GC tuning guide, throughput goal"],
};

impl Rule<GcLife> for Thrashing {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, life: &GcLife) -> Vec<Finding> {
        let Some(stretch) = &life.thrashing else {
            return Vec::new();
        };
        let log = subject(life);
        let share = text::percent(stretch.lost, 1.0);
        let lasted = text::duration(stretch.to - stretch.from);
        let title = t!(
            "{log}: thrashing, {share} of {lasted} lost to collections",
            log,
            share,
            lasted
        );
        let mut finding = Finding::new(&META, title);
        finding.when = when(life, stretch.from, stretch.to);
        let story = &stretch.summary;
        finding.summary = t!("Thrashing, not a death spiral: {story}.", story);
        let count = text::count(stretch.collections);
        let statement = t!(
            "{count} collections took {share} of {lasted}",
            count,
            share,
            lasted
        );
        finding
            .evidence
            .push(Evidence::new(statement, line_at(life, stretch.from)));
        finding.evidence.extend(cause_evidence(life));
        finding.advice = cause_advice(life);
        if finding.advice.is_empty() {
            finding.advice.push(t!("Compare the allocation rate with good times (`diag gc good.log --compare bad.log`): more load, or more garbage per request. Raise -Xmx or, with a low floor after collections, the young generation."));
        }
        vec![finding]
    }
}
