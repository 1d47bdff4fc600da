//! More threads of the collector than processors.

use super::subject;
use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::gc::report::GcLife;
use crate::t;

/// See [`META`].
pub(super) struct WorkerCount;

const META: RuleMeta = RuleMeta {
    id: "gc/worker-count",
    title: "More collector threads than processors",
    severity: Severity::Low,
    means: "A pause ends when its slowest thread does. With more threads than processors they wait for each other, and under a CPU limit of the container they spend its quota in the first milliseconds and are all stopped until the next period.",
    detected: "`Parallel Workers` of the log's header is more than the available `CPUs`.",
    advice: "Leave -XX:ParallelGCThreads unset, or set it to the CPUs that the container gets.",
    false_positives: "A header written before CPUs were taken away or added.",
    sources: &[
        "HotSpot workerPolicy.cpp (ParallelGCThreads follows the active processors)",
        "Linux Documentation/scheduler/sched-bwc.rst (CFS quota)",
    ],
};

impl Rule<GcLife> for WorkerCount {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, life: &GcLife) -> Vec<Finding> {
        let fact = |name: &str| life.facts.iter().find(|fact| fact.name == name);
        let (Some(workers), Some(cpus)) = (fact("Parallel Workers"), fact("CPUs")) else {
            return Vec::new();
        };
        // `2 total, 1 available`; OpenJ9 writes the number alone.
        let numbers = |text: &str| -> Vec<u64> {
            let words = text.split(|c: char| !c.is_ascii_digit());
            words.filter_map(|word| word.parse().ok()).collect()
        };
        let (Some(&threads), Some(&available)) =
            (numbers(&workers.value).first(), numbers(&cpus.value).last())
        else {
            return Vec::new();
        };
        if threads <= available || available == 0 {
            return Vec::new();
        }
        let log = subject(life);
        let mut finding = Finding::new(
            &META,
            t!(
                "{log}: {threads} threads collect on {available} CPUs",
                log,
                threads,
                available
            ),
        );
        finding.summary = t!(
            "The threads of a pause wait for each other when they do not all get a processor; under a container's CPU limit they use up its quota together and are stopped together. This log alone cannot show throttling in pauses of a few milliseconds: the JVM writes CPU times in steps of 10 ms."
        );
        finding.evidence = vec![
            Evidence::new(
                t!("the collector runs {threads} parallel threads", threads),
                workers.locator.clone(),
            ),
            Evidence::new(
                t!("the JVM may use {available} CPUs", available),
                cpus.locator.clone(),
            ),
        ];
        finding.advice.push(t!(
            "Remove -XX:ParallelGCThreads (the JVM chooses by its CPUs) or set it to what the container gets, and read nr_throttled in cpu.stat: whether the limit bites stands there, not in this log."
        ));
        vec![finding]
    }
}
