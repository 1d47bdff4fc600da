//! The heap was full.

use super::{finding, first_time, memory_errors, total};
use crate::events::event::What;
use crate::events::kinds::OomVariant;
use crate::events::report::EventsReport;
use crate::finding::{Finding, Rule, RuleMeta, Severity};
use crate::t;

pub(super) struct HeapOomError;

const META: RuleMeta = RuleMeta {
    id: "events/heap-oom-error",
    title: "Heap full",
    severity: Severity::Critical,
    means: "The JVM could not allocate an object on the heap. The thread that asked fails; the process does not end by itself unless a flag says so.",
    detected: "OutOfMemoryError: Java heap space, GC overhead limit exceeded or Requested array size exceeds VM limit, written by the JVM or a logger. Several mentions in one log record count once.",
    advice: "Analyse the heap dump with diag heap; without one set HeapDumpOnOutOfMemoryError and a HeapDumpPath that survives the container.",
    false_positives: "A single huge allocation fails although the heap has room for everything else.",
    sources: &["HotSpot: src/hotspot/share/utilities/debug.cpp report_java_out_of_memory"],
};

const VARIANTS: &[OomVariant] = &[
    OomVariant::HeapSpace,
    OomVariant::GcOverhead,
    OomVariant::ArraySize,
];

impl Rule<EventsReport> for HeapOomError {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, report: &EventsReport) -> Vec<Finding> {
        memory_errors(report, VARIANTS)
            .into_iter()
            .map(|(name, events)| {
                let times = total(&events);
                let first = first_time(&events);
                let title = t!("{name}: heap full, {times} OutOfMemoryErrors, first {first}", name, times, first);
                let source = &events[0].locator.source;
                let in_source = |wanted: fn(&What) -> bool| {
                    report.events.iter().any(|event| event.locator.source == *source && wanted(&event.what))
                };
                let ends = in_source(|what| matches!(what, What::JvmTerminating { .. }));
                let dumps = in_source(|what| matches!(what, What::HeapDumpBegun { .. }));
                let refused = in_source(|what| *what == What::HeapDumpFailed);
                let after = match ends {
                    true => t!("The JVM ended itself because of the error."),
                    false => t!("The error did not end the process: threads that met it may be gone while the rest runs on."),
                };
                let summary = t!("An allocation failed because the heap was full even after a full collection. {after}", after);
                let mut advice = Vec::new();
                match (dumps, refused) {
                    (true, true) => advice.push(t!("A heap dump was begun but not written; the line behind it says why. Often the file of an earlier life stands in its place: use that one, and a HeapDumpPath that is a folder.")),
                    (true, false) => advice.push(t!("A heap dump was begun: run `diag heap` on it to see who holds the memory.")),
                    (false, _) => advice.push(t!("Set `-XX:+HeapDumpOnOutOfMemoryError -XX:HeapDumpPath=…` on a volume that survives the container: without the dump the holder stays unknown.")),
                }
                if !ends {
                    advice.push(t!("Set `-XX:+ExitOnOutOfMemoryError`: a JVM that met this error is not to be trusted with further work."));
                }
                Finding {
                    summary,
                    advice,
                    ..finding(&META, title, &events)
                }
            })
            .collect()
    }
}
