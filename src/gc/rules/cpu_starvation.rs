//! The collector's threads do not get the CPU.

use super::{subject, when};
use crate::finding::{Confidence, Evidence, Finding, Rule, RuleMeta, Severity};
use crate::gc::report::GcLife;
use crate::t;
use crate::text;

/// See [`META`].
pub(super) struct CpuStarvation;

const META: RuleMeta = RuleMeta {
    id: "gc/cpu-starvation",
    title: "Pauses wait for a CPU",
    severity: Severity::Medium,
    means: "Collections took much longer than they computed. The threads waited for a processor (busy host, container limit), for swapped-out memory or for the disk of the log.",
    detected: "In the worst stretch of three or more consecutive pauses of 100 ms or more with CPU times (JVM rounding: 10 ms), at least 1 s in sum: user + system is less than half of the elapsed time of a single thread, and in one of the pauses less than a quarter.",
    advice: "Look at the host: load, container throttling, swap.",
    false_positives: "None known; a collector that works always uses at least one whole CPU.",
    sources: &["HotSpot gcTraceTime.cpp (User/Sys/Real)"],
};

impl Rule<GcLife> for CpuStarvation {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, life: &GcLife) -> Vec<Finding> {
        let starved = life.cpu.as_ref().and_then(|cpu| cpu.starved.as_ref());
        let Some(cpu) = starved else {
            return Vec::new();
        };
        let used = cpu.user + cpu.sys;
        let log = subject(life);
        let share = text::percent(used as f64, cpu.real as f64);
        let mut finding = Finding::new(
            &META,
            t!(
                "{log}: pauses computed for only {share} of their time",
                log,
                share
            ),
        );
        finding.confidence = Confidence::Likely;
        let pauses = text::count(cpu.pauses);
        let real = text::duration(cpu.real);
        let used = text::duration(used);
        finding.summary = t!(
            "{pauses} pauses of 100 ms or more took {real} and used {used} of CPU: for the rest they waited for a processor, for swap or for the disk. They would be shorter on a machine that is not overloaded.",
            pauses,
            real,
            used
        );
        finding.when = when(life, cpu.from, cpu.to);
        let duration = text::duration(cpu.worst_duration);
        let statement = t!("the pause that waited longest took {duration}", duration);
        finding
            .evidence
            .push(Evidence::new(statement, cpu.worst.clone()));
        finding.advice.push(t!("Check the container's CPU limit and nr_throttled in cpu.stat, the load of the host, and swap. With a limit of few CPUs set -XX:ParallelGCThreads to match it (-XX:ActiveProcessorCount)."));
        vec![finding]
    }
}
