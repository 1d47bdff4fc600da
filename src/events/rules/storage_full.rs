//! No space left on a device.

use super::{by_subject, finding, total};
use crate::events::event::What;
use crate::events::report::EventsReport;
use crate::finding::{Finding, Rule, RuleMeta, Severity};
use crate::t;

pub(super) struct StorageFull;

const META: RuleMeta = RuleMeta {
    id: "events/storage-full",
    title: "No space left",
    severity: Severity::High,
    means: "A file system or quota was full.",
    detected: "A line with No space left on device or Disk quota exceeded outside a stack frame.",
    advice: "Free or enlarge the device; rotate logs; give heap dumps their own volume.",
    false_positives: "The line may be about a file system that the process can do without.",
    sources: &["Linux: ENOSPC, EDQUOT"],
};

impl Rule<EventsReport> for StorageFull {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, report: &EventsReport) -> Vec<Finding> {
        by_subject(report, |what| matches!(what, What::StorageFull))
            .into_iter()
            .map(|(name, events)| {
                let times = total(&events);
                let title = t!("{name}: no space left on a device, {times} lines", name, times);
                Finding {
                    summary: t!("Writes failed because a device or a quota was full. Logs, temporary files, heap dumps and databases fail with it, and what the files say about the time afterwards may be incomplete."),
                    advice: vec![t!("Find what filled it (`df -h`, `du -x`): often a heap dump or a log without rotation."),
                        t!("Put heap dumps on a volume of their own with `-XX:HeapDumpPath`.")],
                    ..finding(&META, title, &events)
                }
            })
            .collect()
    }
}
