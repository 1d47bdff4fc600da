//! Class metadata is exhausted, not the heap.

use super::{cause_advice, cause_evidence, subject, when};
use crate::finding::{Finding, Rule, RuleMeta, Severity};
use crate::gc::cause::Cause;
use crate::gc::report::{GcLife, IncidentKind};
use crate::t;
use crate::text;

/// See [`META`].
pub(super) struct MetaspaceExhausted;

const META: RuleMeta = RuleMeta {
    id: "gc/metaspace",
    title: "Metaspace is exhausted",
    severity: Severity::Critical,
    means: "The JVM cannot place new classes. It collects the heap in vain, since the heap is not what is full, and throws OutOfMemoryError: Metaspace.",
    detected: "The log says that metaspace could not be allocated, or collections ran with the cause `Metadata GC Clear Soft References` or `Last ditch collection`.",
    advice: "Find the class loaders that are never freed, or raise -XX:MaxMetaspaceSize.",
    false_positives: "None known; a mere `Metadata GC Threshold` is normal at start-up and does not count.",
    sources: &[
        "JEP 387",
        "HotSpot metaspace.cpp, collectedHeap.cpp (satisfy_failed_metadata_allocation)",
    ],
};

impl Rule<GcLife> for MetaspaceExhausted {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, life: &GcLife) -> Vec<Finding> {
        let Some(verdict) = life
            .cause
            .as_ref()
            .filter(|verdict| verdict.cause == Cause::Metaspace)
        else {
            return Vec::new();
        };
        let log = subject(life);
        let threshold = life.incident(IncidentKind::MetadataThreshold);
        let count = text::count(threshold.map_or(0, |incident| incident.count));
        let mut finding = Finding::new(
            &META,
            t!(
                "{log}: metaspace is exhausted, {count} collections in vain",
                log,
                count
            ),
        );
        finding.confidence = verdict.confidence;
        finding.when =
            threshold.and_then(|incident| when(life, incident.first_at, incident.last_at));
        finding.summary = t!(
            "Collections ran because class metadata found no room, not because the heap was full. A larger heap does not help."
        );
        finding.evidence = cause_evidence(life);
        finding.advice = cause_advice(life);
        vec![finding]
    }
}
