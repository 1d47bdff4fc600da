//! The log just stops.

use super::{cause_advice, cause_evidence, subject, when};
use crate::finding::{Confidence, Evidence, Finding, Rule, RuleMeta, Severity};
use crate::gc::cause::Cause;
use crate::gc::report::{GcLife, LifeEnd};
use crate::t;

/// See [`META`].
pub(super) struct LogEnds;

const META: RuleMeta = RuleMeta {
    id: "gc/log-ends",
    title: "The log ends without the JVM's last words",
    severity: Severity::Info,
    means: "A JVM that exits in order writes its heap at the end. Without that it was killed, is still running, or the rest of the log is missing.",
    detected: "A unified log with `gc` details whose life ends without `Heap` exit block. With a healthy heap it points at a kill from outside (container limit, probe, operator); low confidence without the orchestrator's evidence.",
    advice: "Bring the exit code, the pod's events or dmesg.",
    false_positives: "The JVM is still running, the log was copied before its end, or -Xlog selects too little to hold the exit block.",
    sources: &["HotSpot universe.cpp (gc+heap+exit)"],
};

impl Rule<GcLife> for LogEnds {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, life: &GcLife) -> Vec<Finding> {
        // Only logs with a detailed header would hold the block.
        let detailed = life.facts.iter().any(|fact| fact.name == "Version");
        if life.ended == LifeEnd::ExitBlock || !detailed {
            return Vec::new();
        }
        let log = subject(life);
        let healthy = life
            .cause
            .as_ref()
            .is_some_and(|verdict| verdict.cause == Cause::KilledFromOutside);
        let mut finding = match (healthy, life.spiral.is_some()) {
            (true, _) => Finding::new(
                &META,
                t!(
                    "{log}: ends in good health without an exit block: killed from outside, or still running",
                    log
                ),
            ),
            (_, true) => Finding::new(
                &META,
                t!(
                    "{log}: ends inside the death spiral without an exit block: killed, or halted by ExitOnOutOfMemoryError",
                    log
                ),
            ),
            _ => Finding::new(&META, t!("{log}: ends without an exit block", log)),
        };
        finding.confidence = Confidence::Possible;
        if life.ended == LifeEnd::NextLife {
            finding.severity = Severity::Low;
            finding.confidence = Confidence::Likely;
        }
        finding.when = when(life, life.end, life.end);
        finding.summary = t!(
            "The JVM did not write its heap on exit, so it did not end in order. The log alone cannot tell a kill from a log that was copied too early."
        );
        finding.evidence = match healthy {
            true => cause_evidence(life),
            false => vec![Evidence::new(t!("the last line"), life.last.clone())],
        };
        finding.advice = match healthy {
            true => cause_advice(life),
            false => vec![t!(
                "Bring the exit code and the orchestrator's events (`kubectl describe pod`, `journalctl -k`) and run `diag incident` on the folder."
            )],
        };
        vec![finding]
    }
}
