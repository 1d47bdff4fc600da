//! Memory outside the heap that direct buffers use up.

use super::Model;
use crate::finding::{Evidence, Finding, Locator, Rule, RuleMeta, Severity};
use crate::t;
use crate::text;

/// Share of the limit from which allocation is about to fail.
const NEAR: f64 = 0.9;

pub(super) struct DirectMemory;

const META: RuleMeta = RuleMeta {
    id: "heap/direct-memory",
    title: "Direct buffers are near their limit",
    severity: Severity::High,
    means: "Direct buffers hold memory outside the heap, where a heap dump does not show it. Near the limit the next allocation fails with OutOfMemoryError: Cannot reserve … bytes of direct buffer memory, or a container is killed although its heap is small.",
    detected: "java.nio.Bits has reserved at least 90 % of its limit (-XX:MaxDirectMemorySize, else the largest heap size).",
    advice: "Find who keeps the buffers (java.nio.DirectByteBuffer in the histogram); pool them, or raise -XX:MaxDirectMemorySize if the need is real. Threads that do I/O on heap buffers cache a direct copy each: -Djdk.nio.maxCachedBufferSize bounds it.",
    false_positives: "A pool (Netty) that takes all of its arena at start and lives within it.",
    sources: &["java.nio.Bits.reserveMemory"],
};

impl Rule<Model<'_>> for DirectMemory {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, model: &Model<'_>) -> Vec<Finding> {
        let Some(direct) = &model.report.direct_memory else {
            return Vec::new();
        };
        let Some(limit) = direct.limit.filter(|limit| *limit > 0) else {
            return Vec::new();
        };
        let share = direct.reserved as f64 / limit as f64;
        if share < NEAR {
            return Vec::new();
        }
        let reserved = text::bytes(direct.reserved);
        let limit = text::bytes(limit);
        let count = text::count(direct.count);
        let mut finding = Finding::new(
            &META,
            t!(
                "Direct buffers hold {reserved} of {limit} outside the heap",
                reserved,
                limit
            ),
        );
        finding.summary = t!(
            "{count} direct buffers have reserved {share} of the direct memory. The next allocation may fail, although the heap has room.",
            count,
            share = text::percent(share, 1.0)
        );
        let statement = t!(
            "java.nio.Bits: {reserved} reserved by {count} buffers, limit {limit}",
            reserved,
            count,
            limit
        );
        finding
            .evidence
            .push(Evidence::new(statement, Locator::whole(model.heap.source)));
        finding.advice = vec![
            t!(
                "Find the owners of java.nio.DirectByteBuffer objects: diag heap inspect DUMP --class java.nio.DirectByteBuffer."
            ),
            t!(
                "If the need is real, raise -XX:MaxDirectMemorySize and the memory limit of the container by as much."
            ),
        ];
        vec![finding]
    }
}
