//! Full collections of a collector that should not need them.

use super::{subject, when};
use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::gc::event::PauseKind;
use crate::gc::report::GcLife;
use crate::t;
use crate::text;

/// See [`META`].
pub(super) struct FullCollections;

const META: RuleMeta = RuleMeta {
    id: "gc/full-collections",
    title: "Full collections of a concurrent collector",
    severity: Severity::Medium,
    means: "G1, CMS, Shenandoah and ZGC clean up while the application runs. A full collection means that this did not suffice.",
    detected: "Full collections of a concurrent collector whose cause is neither a request (System.gc(), diagnostics) nor metadata.",
    advice: "More heap, an earlier start of marking, or fewer humongous objects.",
    false_positives: "One at start-up while the heap is resized.",
    sources: &["G1 tuning guide: full garbage collections"],
};

impl Rule<GcLife> for FullCollections {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, life: &GcLife) -> Vec<Finding> {
        let unrequested = |row: &&crate::gc::CauseRow| {
            row.kind == PauseKind::Full
                && !crate::gc::event::Event::is_user_cause(&row.cause)
                && !row.cause.starts_with("Metadata")
        };
        let rows: Vec<_> = life.causes.iter().filter(unrequested).collect();
        let count: u64 = rows.iter().map(|row| row.count).sum();
        let Some(worst) = rows.iter().max_by_key(|row| row.max) else {
            return Vec::new();
        };
        if !life.collector.is_concurrent() {
            return Vec::new();
        }
        let log = subject(life);
        let collector = life.collector.word();
        let total = text::duration(rows.iter().map(|row| row.total).sum());
        let longest = text::duration(worst.max);
        let count = text::count(count);
        let mut finding = Finding::new(
            &META,
            t!(
                "{log}: {count} full collections with {collector}, {total} stopped",
                log,
                count,
                collector,
                total
            ),
        );
        let full: Vec<_> = life.points.iter().filter(|point| point.full).collect();
        if let (Some(first), Some(last)) = (full.first(), full.last()) {
            finding.when = when(life, first.at, last.at);
        }
        finding.summary = t!(
            "{collector} collects while the application runs; each of these stopped the world because that did not suffice. The longest took {longest}.",
            collector,
            longest
        );
        finding.evidence.push(Evidence::new(
            t!("the longest, {longest}", longest),
            worst.longest.clone(),
        ));
        finding.advice.push(t!("Raise -Xmx if the floor after collections is high; otherwise start marking earlier (G1: -XX:InitiatingHeapOccupancyPercent, more -XX:ConcGCThreads)."));
        vec![finding]
    }
}
