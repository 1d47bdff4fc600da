//! The control group counts kills for memory.

use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::host::report::HostReport;
use crate::t;

pub(super) struct CgroupOomKill;

const META: RuleMeta = RuleMeta {
    id: "host/cgroup-oom-kill",
    title: "Kills for memory counted",
    severity: Severity::Critical,
    means: "The kernel killed processes of this control group because its memory limit was reached.",
    detected: "oom_kill above zero in memory.events.",
    advice: "See the kernel log for who was killed and when.",
    false_positives: "The counter may be about a helper process, or older than the incident.",
    sources: &["Linux: Documentation/admin-guide/cgroup-v2.rst"],
};

impl Rule<HostReport> for CgroupOomKill {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, report: &HostReport) -> Vec<Finding> {
        report
            .cgroups
            .iter()
            .filter_map(|cgroup| {
                let kills = cgroup.values.get("oom_kill").copied().filter(|kills| *kills > 0)?;
                Some(Finding {
                    summary: t!("The control group counts {kills} processes killed at its memory limit. It does not say which or when.", kills),
                    evidence: vec![Evidence::new(t!("oom_kill {kills}", kills), cgroup.locator.clone())],
                    advice: vec![t!("Get `journalctl -k` of the node for the time and the name of the victim.")],
                    ..Finding::new(&META, t!("{kills} processes were killed at the memory limit of the control group", kills))
                })
            })
            .collect()
    }
}
