//! The JVM itself gave up.

use super::{subject, when};
use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::gc::report::{GcLife, IncidentKind};
use crate::t;
use crate::text;

/// See [`META`].
pub(super) struct OverheadLimit;

const META: RuleMeta = RuleMeta {
    id: "gc/overhead-limit",
    title: "The JVM ran out of memory or over its GC time limit",
    severity: Severity::Critical,
    means: "The log itself says that memory could not be had: an OutOfMemoryError was thrown, or collections took longer than -XX:GCTimeLimit allows.",
    detected: "`Out Of Memory (thread)` of ZGC, or `GC time would exceed GCTimeLimit` of Parallel.",
    advice: "Find what holds the memory with a heap dump.",
    false_positives: "None known.",
    sources: &["HotSpot zPageAllocator.cpp, gcOverheadChecker.cpp"],
};

impl Rule<GcLife> for OverheadLimit {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, life: &GcLife) -> Vec<Finding> {
        let log = subject(life);
        let mut findings = Vec::new();
        for kind in [IncidentKind::OutOfMemory, IncidentKind::OverheadLimit] {
            let Some(incident) = life.incident(kind) else {
                continue;
            };
            let count = text::count(incident.count);
            let (title, statement) = match kind {
                IncidentKind::OutOfMemory => {
                    let thread = &incident.detail;
                    (
                        t!("{log}: {count} threads got an OutOfMemoryError", log, count),
                        t!("the first was {thread}", thread),
                    )
                }
                _ => (
                    t!(
                        "{log}: collections exceeded GCTimeLimit {count} times",
                        log,
                        count
                    ),
                    t!("the JVM reports that collections take more than GCTimeLimit"),
                ),
            };
            let mut finding = Finding::new(&META, title);
            finding.when = when(life, incident.first_at, incident.last_at);
            finding.summary = t!("The collector's own log says that memory could not be had.");
            finding
                .evidence
                .push(Evidence::new(statement, incident.first.clone()));
            finding.advice.push(t!("-XX:+HeapDumpOnOutOfMemoryError with -XX:HeapDumpPath on a volume that survives; -XX:+ExitOnOutOfMemoryError, because threads that died leave a process that only looks alive."));
            findings.push(finding);
        }
        findings
    }
}
