//! G1: objects of half a region or more.

use super::{subject, when};
use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::gc::report::{GcLife, IncidentKind};
use crate::t;
use crate::text;

/// See [`META`].
pub(super) struct Humongous;

const META: RuleMeta = RuleMeta {
    id: "gc/humongous",
    title: "Humongous allocations drive collections",
    severity: Severity::Medium,
    means: "Arrays of half a region or more take whole regions, bypass the young generation and start marking cycles. They waste space and fragment the heap.",
    detected: "Ten or more collections with the cause `G1 Humongous Allocation`, and at least a fifth of all pauses.",
    advice: "Larger regions or smaller arrays.",
    false_positives: "A batch that is known to use large arrays and is fast enough.",
    sources: &["G1 tuning guide: humongous objects", "JEP 278"],
};

impl Rule<GcLife> for Humongous {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, life: &GcLife) -> Vec<Finding> {
        let Some(incident) = life.incident(IncidentKind::HumongousAllocation) else {
            return Vec::new();
        };
        if incident.count < 10 || incident.count * 5 < life.pauses.count {
            return Vec::new();
        }
        let log = subject(life);
        let count = text::count(incident.count);
        let of = text::count(life.pauses.count);
        let mut finding = Finding::new(
            &META,
            t!(
                "{log}: humongous allocations started {count} of {of} pauses",
                log,
                count,
                of
            ),
        );
        finding.when = when(life, incident.first_at, incident.last_at);
        let region = life
            .facts
            .iter()
            .find(|fact| fact.name == "Heap Region Size");
        let size = region.map_or_else(|| t!("not logged"), |fact| fact.value.clone());
        finding.summary = t!(
            "Arrays of half a region or more are allocated so often that they drive the collector. The region size is {size}.",
            size
        );
        finding.evidence.push(Evidence::new(
            t!("the first of them"),
            incident.first.clone(),
        ));
        finding.advice.push(t!("Raise -XX:G1HeapRegionSize to more than twice the usual array (up to 32m; 512m since JDK 18), or process large payloads in pieces. -Xlog:gc+humongous=debug names the sizes."));
        vec![finding]
    }
}
