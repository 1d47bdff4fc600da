//! Hibernate's cache of parsed queries.

use super::Model;
use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::t;
use crate::text;

/// Smallest share of the reachable bytes.
const SHARE: f64 = 0.05;

/// Hibernate 5, then 6 and later.
const CLASSES: [&str; 2] = [
    "org.hibernate.engine.query.spi.QueryPlanCache",
    "org.hibernate.query.internal.QueryInterpretationCacheStandardImpl",
];

pub(super) struct QueryPlanCache;

const META: RuleMeta = RuleMeta {
    id: "heap/query-plan-cache",
    title: "Hibernate's query plan cache fills the heap",
    severity: Severity::Medium,
    means: "Hibernate keeps the parsed form of every query text, 2,048 by default. IN lists of varying length and values pasted into query texts make every query a new text, and plans of long lists are hundreds of kilobytes.",
    detected: "A QueryPlanCache (5) or QueryInterpretationCacheStandardImpl (6 and later) that retains at least 5 % of the reachable bytes.",
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
