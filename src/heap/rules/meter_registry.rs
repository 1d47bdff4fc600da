//! Metrics with too many label values.

use super::Model;
use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::heap::containers;
use crate::t;
use crate::text;

/// Fewest meters: an ordinary service has some hundreds.
const METERS: u64 = 5_000;

pub(super) struct MeterRegistry;

const META: RuleMeta = RuleMeta {
    id: "heap/meter-registry",
    title: "Too many meters",
    severity: Severity::Medium,
    means: "Micrometer keeps one meter per combination of tag values, for ever. A tag with user identifiers, raw paths or messages makes a new meter for nearly every request.",
    detected: "An io.micrometer.core.instrument.MeterRegistry with at least 5,000 meters.",
    advice: "Remove the tag or map its values to a few (the URI template instead of the path), and cap it with MeterFilter.maximumAllowableTags.",
    false_positives: "A gateway with thousands of routes that are all wanted.",
    sources: &["Micrometer MeterRegistry.meterMap"],
};

impl Rule<Model<'_>> for MeterRegistry {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, model: &Model<'_>) -> Vec<Finding> {
        let heap = model.heap;
        let registries = model.instances(&["io.micrometer.core.instrument.MeterRegistry"]);
        let finding = |registry: u32| {
            let map = heap.reference(registry, "meterMap")?;
            let meters = containers::describe(heap, map)?;
            if meters.count < METERS {
                return None;
            }
            let count = text::count(meters.count);
            let bytes = text::bytes(heap.retained(registry));
            let class = heap.name_of(registry);
            let mut finding = Finding::new(
                &META,
                t!(
                    "A meter registry holds {count} meters and {bytes}",
                    count,
                    bytes
                ),
            );
            finding.summary = t!(
                "Each combination of tag values is a meter of its own that is never removed. {count} of them point to a tag with values from requests.",
                count
            );
            let statement = t!(
                "{class} with {count} meters retains {bytes}",
                class,
                count,
                bytes
            );
            finding
                .evidence
                .push(Evidence::new(statement, model.object(registry)));
            finding.advice.push(t!(
                "Find the tag with the many values (the /actuator/metrics endpoint lists them) and remove it or cap it with MeterFilter.maximumAllowableTags."
            ));
            Some(finding)
        };
        registries.into_iter().filter_map(finding).collect()
    }
}
