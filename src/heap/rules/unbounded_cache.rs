//! Caches that were made without a bound.

use super::Model;
use crate::finding::{Confidence, Evidence, Finding, Rule, RuleMeta, Severity};
use crate::heap::containers::{self, Container};
use crate::heap::paths;
use crate::t;
use crate::text;

/// Fewest entries.
const ENTRIES: u64 = 1_000;
/// Smallest share of the reachable bytes.
const SHARE: f64 = 0.02;

pub(super) struct UnboundedCache;

const META: RuleMeta = RuleMeta {
    id: "heap/unbounded-cache",
    title: "A cache has no bound",
    severity: Severity::Medium,
    means: "A cache without maximum size and expiry keeps every entry it ever got. With keys that users choose it grows until the heap is full.",
    detected: "A Caffeine UnboundedLocalCache, a Guava LocalCache with maxWeight -1 and no expiry, or a Spring ConcurrentMapCache, with at least 1,000 entries and 2 % of the reachable bytes.",
    advice: "Build the cache with maximumSize (or maximumWeight) and expireAfterWrite. Spring: replace ConcurrentMapCacheManager by CaffeineCacheManager with a specification.",
    false_positives: "A cache over a small, fixed set of keys.",
    sources: &[
        "Caffeine UnboundedLocalCache",
        "Guava LocalCache: UNSET_INT",
        "Spring ConcurrentMapCache",
    ],
};

impl Rule<Model<'_>> for UnboundedCache {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, model: &Model<'_>) -> Vec<Finding> {
        let heap = model.heap;
        let inside = |classes: &[&str], field: &str| -> Vec<(u32, Container)> {
            let caches = model.instances(classes);
            let with_map = caches.into_iter().filter_map(|cache| {
                let map = heap.reference(cache, field)?;
                Some((cache, containers::describe(heap, map)?))
            });
            with_map.collect()
        };
        let mut caches = inside(
            &["com.github.benmanes.caffeine.cache.UnboundedLocalCache"],
            "data",
        );
        caches.extend(inside(
            &["org.springframework.cache.concurrent.ConcurrentMapCache"],
            "store",
        ));
        let guava = model.instances(&["com.google.common.cache.LocalCache"]);
        caches.extend(guava.into_iter().filter_map(|cache| {
            let never = |field: &str| heap.int(cache, field).is_none_or(|nanos| nanos <= 0);
            let unbounded = heap.int(cache, "maxWeight")? < 0
                && never("expireAfterAccessNanos")
                && never("expireAfterWriteNanos");
            unbounded
                .then(|| containers::describe(heap, cache))
                .flatten()
                .map(|map| (cache, map))
        }));
        caches
            .into_iter()
            .filter(|(cache, map)| {
                map.count >= ENTRIES && model.share(heap.retained(*cache)) >= SHARE
            })
            .map(|(cache, map)| finding(model, cache, &map))
            .collect()
    }
}

fn finding(model: &Model<'_>, cache: u32, map: &Container) -> Finding {
    let heap = model.heap;
    let class = heap.name_of(cache);
    let count = text::count(map.count);
    let bytes = text::bytes(heap.retained(cache));
    let mut finding = Finding::new(
        &META,
        t!(
            "An unbounded {class} holds {count} entries and {bytes}",
            class,
            count,
            bytes
        ),
    );
    finding.confidence = Confidence::Likely;
    let element = map.element_words(heap).unwrap_or_else(|| "?".to_owned());
    finding.summary = t!(
        "The cache was made without maximum size and expiry; its {count} entries ({element}) stay for ever.",
        count,
        element
    );
    let holder = paths::holder(heap, cache);
    let statement = t!(
        "{class} held by {holder} retains {bytes}",
        class,
        holder,
        bytes
    );
    finding
        .evidence
        .push(Evidence::new(statement, model.object(cache)));
    finding.advice.push(t!(
        "Build it with maximumSize and expireAfterWrite, sized from {bytes} for {count} entries.",
        bytes,
        count
    ));
    finding
}
