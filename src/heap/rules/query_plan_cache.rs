//! Hibernate's cache of parsed queries.

use super::Model;
use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::heap::containers;
use crate::heap::model::Heap;
use crate::t;
use crate::text;

/// Smallest share of the reachable bytes.
const SHARE: f64 = 0.05;

/// Hibernate 3, 4 and 5, then 6 and later.
const CLASSES: [&str; 3] = [
    "org.hibernate.engine.query.QueryPlanCache",
    "org.hibernate.engine.query.spi.QueryPlanCache",
    "org.hibernate.query.internal.QueryInterpretationCacheStandardImpl",
];

/// The fields that hold plans, by version.
const PLANS: [&str; 4] = [
    "sqlLevelQueryPlanCache",
    "queryPlanCache",
    "hqlInterpretationCache",
    "nativeQueryParamCache",
];

pub(super) struct QueryPlanCache;

const META: RuleMeta = RuleMeta {
    id: "heap/query-plan-cache",
    title: "Hibernate's query plan cache fills the heap",
    severity: Severity::Medium,
    means: "Hibernate keeps the parsed form of every query text, 2,048 by default. IN lists of varying length and values pasted into query texts make every query a new text, and plans of long lists are hundreds of kilobytes.",
    detected: "A QueryPlanCache (3 to 5) or QueryInterpretationCacheStandardImpl (6 and later) that retains at least 5 % of the reachable bytes.",
    advice: "Set hibernate.query.in_clause_parameter_padding=true, bind values as parameters, and lower hibernate.query.plan_cache_max_size.",
    false_positives: "A small heap with few, but necessary plans.",
    sources: &["Hibernate user guide: hibernate.query.plan_cache_max_size"],
};

impl Rule<Model<'_>> for QueryPlanCache {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, model: &Model<'_>) -> Vec<Finding> {
        let heap = model.heap;
        let caches = model.instances(&CLASSES).into_iter();
        let large = caches.filter(|cache| model.share(heap.retained(*cache)) >= SHARE);
        let finding = |cache: u32| {
            let bytes = text::bytes(heap.retained(cache));
            let class = heap.name_of(cache);
            let share = text::percent(model.share(heap.retained(cache)), 1.0);
            let mut finding = Finding::new(
                &META,
                t!(
                    "Hibernate's query plans retain {bytes}, {share} of the heap",
                    bytes,
                    share
                ),
            );
            finding.summary = t!(
                "Parsed queries are kept per query text. So many bytes mean many texts that differ only in the length of an IN list or in values, or very large queries."
            );
            let statement = t!("{class} retains {bytes}", class, bytes);
            finding
                .evidence
                .push(Evidence::new(statement, model.object(cache)));
            for field in PLANS {
                let Some(plans) = plans(heap, cache, field) else {
                    continue;
                };
                let statement = t!(
                    "{field} has {count} entries and retains {bytes}",
                    field,
                    count = text::count(plans.1),
                    bytes = text::bytes(heap.retained(plans.0))
                );
                finding
                    .evidence
                    .push(Evidence::new(statement, model.object(plans.0)));
            }
            finding.advice = vec![
                t!(
                    "Set hibernate.query.in_clause_parameter_padding=true and bind values as parameters."
                ),
                t!("Lower hibernate.query.plan_cache_max_size if texts cannot be fewer."),
            ];
            finding
        };
        large.map(finding).collect()
    }
}

/// The map in a field of the cache, which is wrapped since Hibernate 6, and how many entries it has.
fn plans(heap: &Heap<'_>, cache: u32, field: &str) -> Option<(u32, u64)> {
    let inside = heap.reference(cache, field)?;
    let map = heap.reference(inside, "map").unwrap_or(inside);
    let entries = containers::describe(heap, map)?.count;
    (entries > 0).then_some((map, entries))
}
