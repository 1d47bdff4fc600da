//! ZGC: threads waited for memory.

use super::{subject, when};
use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::gc::report::{GcLife, IncidentKind};
use crate::t;
use crate::text;
use crate::time::SECOND;

/// See [`META`].
pub(super) struct AllocationStall;

const META: RuleMeta = RuleMeta {
    id: "gc/allocation-stall",
    title: "Threads waited for memory (ZGC)",
    severity: Severity::High,
    means: "ZGC has hardly any pauses; when it loses the race, single threads wait for memory instead. Pause statistics do not show it, response times do.",
    detected: "Any `Allocation Stall` or `Relocation Stall` of an application thread; medium below 1 s in total.",
    advice: "More heap, or an earlier start of cycles.",
    false_positives: "A stall at start-up with a deliberately small initial heap.",
    sources: &["ZGC wiki: allocation stalls", "HotSpot zPageAllocator.cpp"],
};

impl Rule<GcLife> for AllocationStall {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, life: &GcLife) -> Vec<Finding> {
        let kinds = [IncidentKind::AllocationStall, IncidentKind::RelocationStall];
        let Some(first) = kinds.iter().find_map(|kind| life.incident(*kind)) else {
            return Vec::new();
        };
        let log = subject(life);
        let count = text::count(life.pauses.stall_count);
        let total = text::duration(life.pauses.stall_total);
        let longest = text::duration(life.pauses.stall_max);
        let title = t!(
            "{log}: threads waited {count} times for memory, {total} in all",
            log,
            count,
            total
        );
        let mut finding = Finding::new(&META, title);
        if life.pauses.stall_total < SECOND {
            finding.severity = Severity::Medium;
        }
        finding.when = when(life, first.first_at, first.last_at);
        finding.summary = t!(
            "The collector could not free memory as fast as it was allocated. The longest wait was {longest}; pause statistics do not contain these times.",
            longest
        );
        let thread = &first.detail;
        let statement = t!("the first thread to wait was {thread}", thread);
        finding
            .evidence
            .push(Evidence::new(statement, first.first.clone()));
        finding.advice.push(t!("Raise -Xmx: ZGC needs room for what is allocated while it works. If the floor after collections is low, set -XX:SoftMaxHeapSize below -Xmx so that cycles start earlier, or give it -XX:ConcGCThreads."));
        vec![finding]
    }
}
