//! JNI critical sections.

use super::{subject, when};
use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::gc::cause::Cause;
use crate::gc::report::{GcLife, IncidentKind};
use crate::t;
use crate::text;

/// See [`META`].
pub(super) struct GcLocker;

const META: RuleMeta = RuleMeta {
    id: "gc/gc-locker",
    title: "JNI critical sections hold up collections",
    severity: Severity::Low,
    means: "While native code holds an array, no collection may run. Threads that need memory wait, and a collection of a nearly empty young generation follows.",
    detected: "Ten or more collections with the cause `GCLocker Initiated GC` and a tenth of all pauses, or any `Retried waiting for GCLocker too often`.",
    advice: "Shorter critical sections, or JDK 22 and later.",
    false_positives: "Compression or native crypto under load; harmless when rare.",
    sources: &["JEP 423", "JDK-8192647"],
};

impl Rule<GcLife> for GcLocker {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, life: &GcLife) -> Vec<Finding> {
        let locker = life.incident(IncidentKind::GcLocker);
        let retried = life.incident(IncidentKind::GcLockerRetried);
        let many = locker
            .filter(|incident| incident.count >= 10 && incident.count * 10 >= life.pauses.count);
        let Some(first) = retried.or(many) else {
            return Vec::new();
        };
        let log = subject(life);
        let count = text::count(locker.map_or(0, |incident| incident.count));
        let mut finding = Finding::new(
            &META,
            t!(
                "{log}: JNI critical sections started {count} collections",
                log,
                count
            ),
        );
        let is_cause = life
            .cause
            .as_ref()
            .is_some_and(|verdict| verdict.cause == Cause::GcLocker);
        if retried.is_some() || is_cause {
            finding.severity = Severity::Medium;
        }
        finding.when = when(life, first.first_at, first.last_at);
        finding.summary = t!(
            "Native code held arrays while memory was needed; allocating threads had to wait for it."
        );
        finding
            .evidence
            .push(Evidence::new(t!("the first of them"), first.first.clone()));
        finding.advice.push(t!("Look for compression, image or crypto libraries that pass large arrays to native code; JDK 22 and later pin regions instead of stopping collections (JEP 423)."));
        vec![finding]
    }
}
