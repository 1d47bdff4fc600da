//! G1: no room to copy.

use super::{subject, when};
use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::gc::report::{GcLife, IncidentKind};
use crate::t;
use crate::text;

/// See [`META`].
pub(super) struct EvacuationFailure;

const META: RuleMeta = RuleMeta {
    id: "gc/evacuation-failure",
    title: "Evacuation failure: no room to copy survivors",
    severity: Severity::Medium,
    means: "G1 found no free region to copy into. The pause takes several times longer, and a full collection is near.",
    detected: "Any `To-space exhausted` (JDK 9 to 17) or `Evacuation Failure: Allocation` (JDK 18 and later), `(to-space exhausted)` or `(to-space overflow)` in legacy logs.",
    advice: "More heap or an earlier start of marking.",
    false_positives: "A single one in a long log.",
    sources: &["G1 tuning guide: to-space exhausted", "JDK-8254739"],
};

impl Rule<GcLife> for EvacuationFailure {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, life: &GcLife) -> Vec<Finding> {
        let Some(incident) = life.incident(IncidentKind::EvacuationFailure) else {
            return Vec::new();
        };
        let log = subject(life);
        let count = text::count(incident.count);
        let mut finding = Finding::new(
            &META,
            t!(
                "{log}: {count} collections found no room to copy survivors",
                log,
                count
            ),
        );
        if incident.count == 1 {
            finding.severity = Severity::Low;
        }
        finding.when = when(life, incident.first_at, incident.last_at);
        finding.summary = t!(
            "The heap was so full when young collections ran that survivors could not be moved; such pauses are long and usually end in full collections."
        );
        finding.evidence.push(Evidence::new(
            t!("the first of them"),
            incident.first.clone(),
        ));
        finding.advice.push(t!("Raise -Xmx, or -XX:G1ReservePercent (default 10). If the floor after mixed collections is low, lower -XX:InitiatingHeapOccupancyPercent so that marking starts earlier."));
        vec![finding]
    }
}
