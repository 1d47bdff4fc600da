//! The JVM chose Serial because it believes the machine is small.

use super::subject;
use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::gc::event::Collector;
use crate::gc::report::GcLife;
use crate::t;

/// See [`META`].
pub(super) struct SerialCollector;

const META: RuleMeta = RuleMeta {
    id: "gc/serial-collector",
    title: "Serial collector on a machine with several CPUs",
    severity: Severity::Low,
    means: "One thread collects the whole heap while all others wait. In containers the JVM often picks Serial by itself, when it sees fewer than 2 CPUs or less than 1792 MB.",
    detected: "Collector Serial, and the header names two or more available CPUs.",
    advice: "Choose a collector on purpose.",
    false_positives: "Small processes for which Serial was chosen on purpose.",
    sources: &["HotSpot os.cpp (is_server_class_machine)"],
};

impl Rule<GcLife> for SerialCollector {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, life: &GcLife) -> Vec<Finding> {
        // `CPUs: 2 total, 2 available`
        let Some(fact) = life.facts.iter().find(|fact| fact.name == "CPUs") else {
            return Vec::new();
        };
        let available = fact
            .value
            .split(", ")
            .nth(1)
            .and_then(|part| part.split(' ').next());
        let cpus: u32 = available.and_then(|text| text.parse().ok()).unwrap_or(0);
        if life.collector != Collector::Serial || cpus < 2 {
            return Vec::new();
        }
        let log = subject(life);
        let mut finding = Finding::new(
            &META,
            t!(
                "{log}: Serial collector although {cpus} CPUs are available",
                log,
                cpus
            ),
        );
        finding.summary = t!(
            "Every collection is done by one thread. The JVM picks Serial by itself on machines it takes for small, or it was asked to."
        );
        finding.evidence.push(Evidence::new(
            t!("the log's header names {cpus} available CPUs", cpus),
            fact.locator.clone(),
        ));
        finding.advice.push(t!("Set -XX:+UseG1GC or -XX:+UseParallelGC on purpose; if the container should look larger, raise its CPU limit or set -XX:ActiveProcessorCount."));
        vec![finding]
    }
}
