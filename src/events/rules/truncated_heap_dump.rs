//! A heap dump was begun and never finished.

use super::finding;
use crate::events::event::{Event, What};
use crate::events::report::EventsReport;
use crate::finding::{Finding, Rule, RuleMeta, Severity};
use crate::t;

pub(super) struct TruncatedHeapDump;

const META: RuleMeta = RuleMeta {
    id: "events/truncated-heap-dump",
    title: "Heap dump not finished",
    severity: Severity::High,
    means: "The JVM began a heap dump and was ended before it could finish: the file is truncated, and writing it may have been what exceeded the patience of the probe.",
    detected: "Dumping heap to without Heap dump file created or Unable to create behind it, before the next start of a server in the same source or the end of the source.",
    advice: "Give the process more time at its end, or a faster volume for dumps.",
    false_positives: "A log that was captured while the dump was still being written.",
    sources: &["HotSpot: src/hotspot/share/services/heapDumper.cpp"],
};

impl Rule<EventsReport> for TruncatedHeapDump {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, report: &EventsReport) -> Vec<Finding> {
        let begun = report
            .events
            .iter()
            .filter(|event| matches!(event.what, What::HeapDumpBegun { .. }));
        begun
            .filter(|event| !finished(event, report))
            .map(of)
            .collect()
    }
}

/// Whether the next word of the same source about a dump or a start is the end of this one.
fn finished(begun: &Event, report: &EventsReport) -> bool {
    let line = |event: &Event| match event.locator.place {
        crate::finding::Place::Line(line) => line,
        _ => 0,
    };
    let behind = report
        .events
        .iter()
        .filter(|event| event.locator.source == begun.locator.source && line(event) > line(begun))
        .filter(|event| {
            matches!(
                event.what,
                What::HeapDumpFinished { .. }
                    | What::HeapDumpFailed
                    | What::HeapDumpBegun { .. }
                    | What::ServerStarted { .. }
            )
        });
    behind.min_by_key(|event| line(event)).is_some_and(|next| {
        matches!(
            next.what,
            What::HeapDumpFinished { .. } | What::HeapDumpFailed
        )
    })
}

fn of(event: &Event) -> Finding {
    let path = match &event.what {
        What::HeapDumpBegun { path } => path.as_str(),
        _ => "",
    };
    Finding {
        summary: t!(
            "The JVM stood still to write the dump and was ended before it had finished. Whatever is read from that file is incomplete, and the pause for writing it counts against every probe."
        ),
        advice: vec![
            t!(
                "Expect the file to be cut: `diag heap` reads what is there and says where it ends."
            ),
            t!(
                "Raise `terminationGracePeriodSeconds` and the failure threshold of the liveness probe beyond size of the heap ÷ speed of the volume."
            ),
        ],
        ..finding(
            &META,
            t!("The heap dump {path} was begun and not finished", path),
            &[event],
        )
    }
}
