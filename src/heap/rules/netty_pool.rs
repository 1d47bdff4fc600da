//! Memory of Netty's pool that was allocated and not given back.

use super::Model;
use crate::finding::{Confidence, Evidence, Finding, Rule, RuleMeta, Severity};
use crate::t;
use crate::text;

/// Fewest bytes in use.
const USED: u64 = 1 << 20;
/// Smallest share of the chunks' bytes that is in use.
const FULL: f64 = 0.5;
/// Smallest share of the reachable bytes, or of the limit of direct memory.
const SHARE: f64 = 0.1;

pub(super) struct NettyPool;

const META: RuleMeta = RuleMeta {
    id: "heap/netty-pool",
    title: "Buffers of Netty's pool are not released",
    severity: Severity::Medium,
    means: "Netty allocates buffers from chunks that it keeps. A ByteBuf that nobody releases takes its part of a chunk for ever, even when the collector has freed the ByteBuf itself; the pool asks for more chunks until heap or direct memory is used up.",
    detected: "Chunks (io.netty.buffer.PoolChunk) of which at least 1 MiB and half of the bytes are in use, and that together are at least 10 % of the reachable bytes or of the limit of direct memory.",
    advice: "Release every ByteBuf that is not passed on (SimpleChannelInboundHandler does, ReferenceCountUtil.release in a finally block); find the places with -Dio.netty.leakDetection.level=paranoid.",
    false_positives: "A server under load at that moment: the buffers in use belong to requests that run.",
    sources: &["Netty PoolChunk.freeBytes, reference counted objects"],
};

impl Rule<Model<'_>> for NettyPool {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, model: &Model<'_>) -> Vec<Finding> {
        let heap = model.heap;
        let chunks = model.instances(&["io.netty.buffer.PoolChunk"]);
        let size = |chunk: u32| heap.int(chunk, "chunkSize").unwrap_or(0).max(0) as u64;
        let free = |chunk: u32| heap.int(chunk, "freeBytes").unwrap_or(0).max(0) as u64;
        let all: u64 = chunks.iter().map(|chunk| size(*chunk)).sum();
        let used: u64 = chunks
            .iter()
            .map(|chunk| size(*chunk).saturating_sub(free(*chunk)))
            .sum();
        let limit = model
            .report
            .direct_memory
            .as_ref()
            .and_then(|direct| direct.limit);
        let of_direct = limit.map_or(0.0, |limit| all as f64 / limit.max(1) as f64);
        let full = used >= USED && used as f64 >= FULL * all as f64;
        if !full || model.share(all).max(of_direct) < SHARE {
            return Vec::new();
        }
        let Some(first) = chunks.first().copied() else {
            return Vec::new();
        };
        let buffers = model.instances(&["io.netty.buffer.PooledByteBuf"]);
        let held: Vec<u32> = buffers
            .into_iter()
            .filter(|buffer| heap.reference(*buffer, "chunk").is_some())
            .collect();
        let mut finding = Finding::new(
            &META,
            t!(
                "{used} of Netty's pool are in use, in {count} chunks of {all}",
                used = text::bytes(used),
                count = text::count(chunks.len() as u64),
                all = text::bytes(all)
            ),
        );
        finding.confidence = Confidence::Possible;
        finding.summary = t!(
            "{count} reachable ByteBuf objects own a part of a chunk. What is in use and owned by none of them was lost without a release.",
            count = text::count(held.len() as u64)
        );
        let statement = t!(
            "PoolChunk with chunkSize {size}, freeBytes {free}",
            size = text::bytes(size(first)),
            free = text::bytes(free(first))
        );
        finding
            .evidence
            .push(Evidence::new(statement, model.object(first)));
        if let Some(buffer) = held.first().copied() {
            let holder = crate::heap::paths::holder(heap, buffer);
            let class = heap.name_of(buffer);
            let statement = t!(
                "a {class} that was not released is held by {holder}",
                class,
                holder
            );
            finding
                .evidence
                .push(Evidence::new(statement, model.object(buffer)));
        }
        finding.advice = vec![
            t!(
                "Start a test with -Dio.netty.leakDetection.level=paranoid: the log names where each lost buffer was last touched."
            ),
            t!("Release in a finally block what a handler does not pass on."),
        ];
        vec![finding]
    }
}
