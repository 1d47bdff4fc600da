//! Direct memory was used up.

use super::of_variants;
use crate::events::kinds::OomVariant;
use crate::events::report::EventsReport;
use crate::finding::{Finding, Rule, RuleMeta, Severity};
use crate::t;

pub(super) struct DirectMemoryOom;

const META: RuleMeta = RuleMeta {
    id: "events/direct-memory-oom",
    title: "Direct memory used up",
    severity: Severity::High,
    means: "Buffers outside the heap reached their limit; the JVM goes on without them.",
    detected: "OutOfMemoryError: Direct buffer memory or Cannot reserve n bytes of direct buffer memory; Netty OutOfDirectMemoryError.",
    advice: "Find who keeps direct buffers; bound their number; set MaxDirectMemorySize on purpose.",
    false_positives: "A single request for a huge buffer fails without any leak.",
    sources: &[
        "JDK: java.nio.Bits.reserveMemory",
        "Netty: io.netty.util.internal.PlatformDependent",
    ],
};

const VARIANTS: &[OomVariant] = &[OomVariant::DirectBuffer, OomVariant::NettyDirect];

impl Rule<EventsReport> for DirectMemoryOom {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, report: &EventsReport) -> Vec<Finding> {
        let title = |name: &str, times: u64, first: &str| match times {
            1 => t!("{name}: direct memory used up, first {first}", name, first),
            _ => t!(
                "{name}: direct memory used up, {times} errors, first {first}",
                name,
                times,
                first
            ),
        };
        let summary = t!(
            "Buffers outside the heap reached their limit. No heap dump and no exit flag reacts to this error: the process lives on with requests failing, and the heap may look healthy."
        );
        let advice = vec![
            t!(
                "The limit is `-XX:MaxDirectMemorySize`, by default the maximum heap size; Netty counts its own (`io.netty.maxDirectMemory`)."
            ),
            t!(
                "Take `jcmd PID VM.native_memory` and a heap dump: count java.nio.DirectByteBuffer and who keeps them."
            ),
        ];
        of_variants(report, &META, VARIANTS, title, (summary, advice))
    }
}
