//! Shenandoah: cycles that failed.

use super::{subject, when};
use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::gc::report::{GcLife, IncidentKind};
use crate::t;
use crate::text;

/// See [`META`].
pub(super) struct Degenerated;

const META: RuleMeta = RuleMeta {
    id: "gc/degenerated",
    title: "Concurrent cycles degenerated (Shenandoah)",
    severity: Severity::Medium,
    means: "A concurrent cycle ran out of memory and was finished with the world stopped.",
    detected: "Three or more `Pause Degenerated GC`, or one of a second or more.",
    advice: "More heap, or fewer allocations.",
    false_positives: "One or two at start-up, while the heuristics learn.",
    sources: &["Shenandoah wiki: degenerated GC"],
};

impl Rule<GcLife> for Degenerated {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, life: &GcLife) -> Vec<Finding> {
        let Some(incident) = life.incident(IncidentKind::Degenerated) else {
            return Vec::new();
        };
        let degenerated =
            |row: &&crate::gc::CauseRow| row.kind == crate::gc::PauseKind::Degenerated;
        let total: i64 = life
            .causes
            .iter()
            .filter(degenerated)
            .map(|row| row.total)
            .sum();
        let Some(worst) = life
            .causes
            .iter()
            .filter(degenerated)
            .max_by_key(|row| row.max)
        else {
            return Vec::new();
        };
        if incident.count < 3 && worst.max < crate::time::SECOND {
            return Vec::new();
        }
        let log = subject(life);
        let count = text::count(incident.count);
        let total = text::duration(total);
        let longest = text::duration(worst.max);
        let mut finding = Finding::new(
            &META,
            t!(
                "{log}: {count} cycles degenerated, {total} stopped",
                log,
                count,
                total
            ),
        );
        finding.when = when(life, incident.first_at, incident.last_at);
        finding.summary = t!(
            "The application allocated faster than Shenandoah could free. The longest of these stops took {longest}.",
            longest
        );
        finding.evidence.push(Evidence::new(
            t!("the first degenerated cycle"),
            incident.first.clone(),
        ));
        finding.evidence.push(Evidence::new(
            t!("the longest, {longest}", longest),
            worst.longest.clone(),
        ));
        finding.advice.push(t!("Raise -Xmx first. With a low floor after collections, start cycles earlier (-XX:ShenandoahMinFreeThreshold) or allocate less."));
        vec![finding]
    }
}
