//! Data that Netty holds for clients that read too slowly.

use super::Model;
use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::t;
use crate::text;

/// Fewest bytes that wait in one channel: Netty's default high water mark is 64 KiB.
const PENDING: u64 = 1 << 20;

pub(super) struct NettyOutbound;

const META: RuleMeta = RuleMeta {
    id: "heap/netty-outbound",
    title: "A Netty channel holds data for a slow client",
    severity: Severity::High,
    means: "Channel.write never blocks: what the other side does not read waits in the channel's outbound buffer, without a limit. One slow client of a fast writer fills heap or direct memory.",
    detected: "An io.netty.channel.ChannelOutboundBuffer whose totalPendingSize is at least 1 MiB.",
    advice: "Stop writing while Channel.isWritable() is false and go on in channelWritabilityChanged; close channels that stay unwritable (WriteTimeoutHandler).",
    false_positives: "A single large response that is being sent right now.",
    sources: &["Netty ChannelOutboundBuffer, WriteBufferWaterMark"],
};

impl Rule<Model<'_>> for NettyOutbound {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, model: &Model<'_>) -> Vec<Finding> {
        let heap = model.heap;
        let buffers = model.instances(&["io.netty.channel.ChannelOutboundBuffer"]);
        let pending = |buffer: &u32| heap.number(*buffer, "totalPendingSize").unwrap_or(0);
        let slow: Vec<u32> = buffers
            .into_iter()
            .filter(|buffer| pending(buffer) >= PENDING)
            .collect();
        let worst = slow
            .iter()
            .copied()
            .max_by_key(|buffer| (pending(buffer), std::cmp::Reverse(*buffer)));
        let Some(worst) = worst else {
            return Vec::new();
        };
        let sum: u64 = slow.iter().map(pending).sum();
        let count = text::count(slow.len() as u64);
        let mut finding = Finding::new(
            &META,
            t!(
                "{bytes} wait in Netty channels ({count}) for clients that do not read them",
                count,
                bytes = text::bytes(sum)
            ),
        );
        finding.summary = t!(
            "The worst channel alone has {bytes} waiting and retains {retained} of the heap. The writer does not look at Channel.isWritable().",
            bytes = text::bytes(pending(&worst)),
            retained = text::bytes(heap.retained(worst))
        );
        let unwritable = heap.int(worst, "unwritable").unwrap_or(0);
        let statement = t!(
            "ChannelOutboundBuffer with totalPendingSize {bytes}, unwritable {unwritable}",
            bytes = text::bytes(pending(&worst)),
            unwritable
        );
        finding
            .evidence
            .push(Evidence::new(statement, model.object(worst)));
        finding.advice = vec![
            t!(
                "Write only while Channel.isWritable(), and close channels that stay unwritable for long."
            ),
            t!(
                "For reactive streams, limit what is requested ahead (limitRate) instead of buffering without a bound."
            ),
        ];
        vec![finding]
    }
}
