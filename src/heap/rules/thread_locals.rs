//! Values that stay in the `ThreadLocal` maps of pooled threads.

use std::collections::BTreeMap;

use super::Model;
use crate::finding::{Confidence, Evidence, Finding, Rule, RuleMeta, Severity};
use crate::heap::threads;
use crate::t;
use crate::text;

/// Smallest share of the reachable bytes.
const SHARE: f64 = 0.1;

pub(super) struct ThreadLocals;

const META: RuleMeta = RuleMeta {
    id: "heap/thread-locals",
    title: "ThreadLocal values fill the heap",
    severity: Severity::Medium,
    means: "A value set in a ThreadLocal stays until the thread ends or remove() is called. The threads of a pool do not end: what a request leaves behind there stays, once per thread, and belongs to the next request that thread serves.",
    detected: "The values in the threadLocals and inheritableThreadLocals maps of all threads, and in the maps of Netty's FastThreadLocalThread, together retain at least 10 % of the reachable bytes.",
    advice: "Call remove() in a finally block at the end of the request, and keep large buffers in a bounded pool instead of one per thread.",
    false_positives: "Buffers that are meant to be kept per thread, with few threads.",
    sources: &[
        "java.lang.ThreadLocal.remove",
        "Netty FastThreadLocalThread, InternalThreadLocalMap",
    ],
};

impl Rule<Model<'_>> for ThreadLocals {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, model: &Model<'_>) -> Vec<Finding> {
        let heap = model.heap;
        let mut by_class: BTreeMap<String, (u64, u64, u32)> = BTreeMap::new();
        let (mut sum, mut holders, mut stale) = (0, 0_u64, 0_u64);
        let mut heaviest: Option<(u64, u32)> = None;
        for thread in model.instances(&["java.lang.Thread"]) {
            let mut own = 0;
            for local in threads::local_values(heap, thread) {
                let value = local.value;
                stale += u64::from(local.stale);
                let retained = heap.retained(value);
                own += retained;
                let class = by_class.entry(heap.name_of(value)).or_insert((0, 0, value));
                class.0 += retained;
                class.1 += 1;
            }
            sum += own;
            holders += u64::from(own > 0);
            if own > 0 && heaviest.is_none_or(|(most, _)| own > most) {
                heaviest = Some((own, thread));
            }
        }
        if model.share(sum) < SHARE {
            return Vec::new();
        }
        let Some((own, thread)) = heaviest else {
            return Vec::new();
        };
        let mut finding = Finding::new(
            &META,
            t!(
                "ThreadLocal values of {holders} threads retain {bytes}, {share} of the heap",
                holders = text::count(holders),
                bytes = text::bytes(sum),
                share = text::percent(model.share(sum), 1.0)
            ),
        );
        finding.confidence = Confidence::Likely;
        finding.summary =
            t!("The values stay as long as their threads live, whether a request runs or not.");
        if stale > 0 {
            finding.summary += &t!(
                " {stale} of them belong to a ThreadLocal that no longer exists: nobody can read them any more.",
                stale = text::count(stale)
            );
        }
        let most = by_class
            .iter()
            .max_by_key(|(name, (bytes, ..))| (*bytes, std::cmp::Reverse(*name)));
        if let Some((class, (bytes, count, example))) = most {
            let statement = t!(
                "{count} values of class {class} retain {bytes}",
                count = text::count(*count),
                class,
                bytes = text::bytes(*bytes)
            );
            finding
                .evidence
                .push(Evidence::new(statement, model.object(*example)));
            finding.advice.push(t!(
                "Find the ThreadLocal that holds {class} and call remove() in a finally block when the work is done.",
                class
            ));
        }
        let name = threads::name(heap, thread).unwrap_or_default();
        let statement = t!(
            "thread \"{name}\" alone keeps {bytes}",
            name,
            bytes = text::bytes(own)
        );
        finding
            .evidence
            .push(Evidence::new(statement, model.object(thread)));
        vec![finding]
    }
}
