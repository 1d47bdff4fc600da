//! The control group holds the process back.

use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::host::report::HostReport;
use crate::t;
use crate::text;

pub(super) struct Throttled;

const META: RuleMeta = RuleMeta {
    id: "host/throttled",
    title: "Throttled by its CPU limit",
    severity: Severity::High,
    means: "The container used up its share of processor time and was stopped until the next period: a freeze of up to 100 ms each, GC threads included.",
    detected: "nr_throttled at least 25 % of nr_periods in cpu.stat.",
    advice: "Raise the CPU limit or remove it; check the number of GC and compiler threads.",
    false_positives: "The counters run since the start of the container: an old burst counts, too.",
    sources: &["Linux: Documentation/scheduler/sched-bwc.rst"],
};

impl Rule<HostReport> for Throttled {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, report: &HostReport) -> Vec<Finding> {
        report
            .cgroups
            .iter()
            .filter_map(|cgroup| {
                let periods = cgroup.values.get("nr_periods").copied()?;
                let throttled = cgroup.values.get("nr_throttled").copied()?;
                let share = text::percent(throttled as f64, periods as f64);
                (periods > 0 && throttled.saturating_mul(4) >= periods).then(|| Finding {
                    summary: t!("In {share} of its periods the container had used up its processor time and stood still until the next one. Pauses then look like garbage collection without being one.", share),
                    evidence: vec![Evidence::new(t!("nr_throttled {throttled} of nr_periods {periods}", throttled, periods), cgroup.locator.clone())],
                    advice: vec![t!("Raise `resources.limits.cpu` or drop the limit and keep the request; start-up needs more than steady work.")],
                    ..Finding::new(&META, t!("Throttled in {share} of its periods", share))
                })
            })
            .collect()
    }
}
