//! Collections spend their time in the kernel.

use super::{subject, when};
use crate::finding::{Confidence, Evidence, Finding, Rule, RuleMeta, Severity};
use crate::gc::report::GcLife;
use crate::t;
use crate::text;

/// See [`META`].
pub(super) struct HighSystemTime;

const META: RuleMeta = RuleMeta {
    id: "gc/system-time",
    title: "Collections spend their time in the kernel",
    severity: Severity::Medium,
    means: "More system than user time in pauses: pages are being swapped in, zeroed for the first time or merged into huge pages.",
    detected: "In the worst stretch of three or more consecutive pauses of 100 ms or more, at least 1 s in sum: system time at least as high as user time, and more than 200 ms.",
    advice: "No swap, -XX:+AlwaysPreTouch, transparent huge pages set to madvise.",
    false_positives: "The first collections of a heap that was not pre-touched.",
    sources: &["Linux Documentation/admin-guide/mm/transhuge.rst"],
};

impl Rule<GcLife> for HighSystemTime {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, life: &GcLife) -> Vec<Finding> {
        let in_system = life.cpu.as_ref().and_then(|cpu| cpu.in_system.as_ref());
        let Some(cpu) = in_system else {
            return Vec::new();
        };
        let log = subject(life);
        let sys = text::duration(cpu.sys);
        let user = text::duration(cpu.user);
        let mut finding = Finding::new(
            &META,
            t!(
                "{log}: collections spent {sys} in the kernel and {user} working",
                log,
                sys,
                user
            ),
        );
        finding.confidence = Confidence::Likely;
        finding.summary = t!(
            "The collector touches every live page. When the kernel has to bring pages in, zero or move them, it does so inside the pause."
        );
        finding.when = when(life, cpu.from, cpu.to);
        let duration = text::duration(cpu.worst_duration);
        let statement = t!("the longest such pause took {duration}", duration);
        finding
            .evidence
            .push(Evidence::new(statement, cpu.worst.clone()));
        finding.advice.push(t!("Turn swap off for this host, use -XX:+AlwaysPreTouch, and set transparent huge pages to madvise."));
        vec![finding]
    }
}
