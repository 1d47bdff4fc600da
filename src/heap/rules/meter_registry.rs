//! Metrics with too many label values.

use std::collections::{BTreeMap, BTreeSet};

use super::Model;
use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::heap::containers;
use crate::heap::model::Heap;
use crate::t;
use crate::text;

/// Fewest meters: an ordinary service has some hundreds.
const METERS: u64 = 5_000;

/// Longest name of a meter or tag that is read.
const NAME: usize = 200;

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
            if let Some(widest) = widest(heap, &meters.keys) {
                let statement = t!(
                    "{count} of them are {name}, whose tag {tag} has {values} values",
                    count = text::count(widest.meters),
                    name = widest.name,
                    tag = widest.tag,
                    values = text::count(widest.values)
                );
                finding
                    .evidence
                    .push(Evidence::new(statement, model.object(registry)));
            }
            finding.advice.push(t!(
                "Find the tag with the many values (the /actuator/metrics endpoint lists them) and remove it or cap it with MeterFilter.maximumAllowableTags."
            ));
            Some(finding)
        };
        registries.into_iter().filter_map(finding).collect()
    }
}

/// The meter with most tag values.
struct Widest {
    name: String,
    meters: u64,
    tag: String,
    values: u64,
}

/// Among the keys of a registry (`Meter.Id`) the name with most meters, and its tag with most values.
fn widest(heap: &Heap<'_>, ids: &[u32]) -> Option<Widest> {
    let text = |index: u32, field: &str| heap.text(heap.reference(index, field)?, NAME);
    let mut by_name: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for id in ids {
        by_name.entry(text(*id, "name")?).or_default().push(*id);
    }
    let (name, ids) = by_name
        .into_iter()
        .max_by_key(|(name, ids)| (ids.len(), std::cmp::Reverse(name.clone())))?;
    let mut tags: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for id in &ids {
        // Tags.tags, since Micrometer 1.13 sortedSet.
        let all = heap.reference(*id, "tags")?;
        let array = heap.reference(all, "sortedSet");
        let array = array.or_else(|| heap.reference(all, "tags"))?;
        for tag in heap.elements(array).flatten() {
            let values = tags.entry(text(tag, "key")?).or_default();
            values.insert(text(tag, "value")?);
        }
    }
    let (tag, values) = tags
        .into_iter()
        .max_by_key(|(tag, values)| (values.len(), std::cmp::Reverse(tag.clone())))?;
    Some(Widest {
        name,
        meters: ids.len() as u64,
        tag,
        values: values.len() as u64,
    })
}
