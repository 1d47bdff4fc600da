//! A heap just above the limit of compressed references.

use super::subject;
use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::gc::event::Collector;
use crate::gc::report::GcLife;
use crate::t;
use crate::text;

/// See [`META`].
pub(super) struct CompressedOops;

const META: RuleMeta = RuleMeta {
    id: "gc/compressed-oops",
    title: "The heap is just too large for compressed references",
    severity: Severity::Medium,
    means: "Up to 32 GB a reference takes 4 bytes, above that 8. The same objects then need up to half as much again, so a heap a little above 32 GB holds less than one a little below, and caches hold less too.",
    detected: "A heap limit from 32 GB to 48 GB with `Compressed Oops: Disabled` in the header, or in JDK 8 with such a limit among the flags. ZGC never compresses and is left out.",
    advice: "31 GB, or much more.",
    false_positives: "Heaps of large primitive arrays, which hold few references.",
    sources: &[
        "HotSpot arguments.cpp (max_heap_for_compressed_oops)",
        "HotSpot wiki: CompressedOops",
    ],
};

/// Where references stop fitting into 32 bits with objects aligned to 8 bytes.
const LIMIT: u64 = 32 << 30;
/// From here on the heap is larger than a compressed one could ever be, even with wider references.
const ENOUGH: u64 = 48 << 30;

impl Rule<GcLife> for CompressedOops {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, life: &GcLife) -> Vec<Finding> {
        let Some(heap) = life.heap_max.filter(|heap| (LIMIT..ENOUGH).contains(heap)) else {
            return Vec::new();
        };
        if matches!(life.collector, Collector::Z | Collector::GenerationalZ) {
            return Vec::new();
        }
        let named = |name: &str| life.facts.iter().find(|fact| fact.name == name);
        let fact = named("Compressed Oops")
            .filter(|fact| fact.value.starts_with("Disabled"))
            .or_else(|| named("CommandLine flags").filter(|_| named("Compressed Oops").is_none()));
        let Some(fact) = fact else {
            return Vec::new();
        };
        let log = subject(life);
        let heap = text::bytes(heap);
        let mut finding = Finding::new(
            &META,
            t!(
                "{log}: a heap of {heap} is just too large for compressed references",
                log,
                heap
            ),
        );
        finding.summary = t!(
            "Above 32 GB every reference takes 8 bytes instead of 4: up to about 48 GB such a heap holds no more objects than one of 31 GB."
        );
        finding.evidence.push(Evidence::new(
            t!("references are not compressed"),
            fact.locator.clone(),
        ));
        finding.advice.push(t!(
            "Set -Xmx to 31g, or well above 48g; -XX:ObjectAlignmentInBytes=16 keeps compression up to 64 GB at the price of padding."
        ));
        vec![finding]
    }
}
