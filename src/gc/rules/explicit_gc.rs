//! Somebody calls System.gc().

use super::{subject, when};
use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::gc::cause::Cause;
use crate::gc::report::{GcLife, IncidentKind};
use crate::t;
use crate::text;
use crate::time::SECOND;

/// See [`META`].
pub(super) struct ExplicitGc;

const META: RuleMeta = RuleMeta {
    id: "gc/explicit-gc",
    title: "System.gc() is called again and again",
    severity: Severity::Medium,
    means: "Collections run because somebody asked, not because the heap needs them. Each is a full collection unless told otherwise.",
    detected: "Five or more collections with the cause System.gc(). Medium when they are a minute apart or less and make up half of all pause time, else info. Irregular intervals of less than 10 s suggest direct buffers (Bits.reserveMemory).",
    advice: "Find the caller; make it concurrent or ignore it.",
    false_positives: "Hourly calls of RMI's distributed collector: info only.",
    sources: &[
        "java.nio.Bits.reserveMemory",
        "sun.rmi.transport.DGCAckHandler (sun.rmi.dgc.server.gcInterval)",
    ],
};

impl Rule<GcLife> for ExplicitGc {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, life: &GcLife) -> Vec<Finding> {
        let (Some(requested), Some(incident)) =
            (life.requested, life.incident(IncidentKind::ExplicitGc))
        else {
            return Vec::new();
        };
        let log = subject(life);
        let count = text::count(requested.count);
        let interval = text::duration(requested.interval);
        let total = text::duration(requested.total);
        let mut finding = Finding::new(
            &META,
            t!(
                "{log}: System.gc() caused {count} collections, one every {interval}",
                log,
                count,
                interval
            ),
        );
        let is_storm =
            requested.interval <= 60 * SECOND && requested.total * 2 >= life.pauses.total;
        if !is_storm {
            finding.severity = Severity::Info;
        }
        finding.when = when(life, incident.first_at, incident.last_at);
        let direct = life
            .cause
            .as_ref()
            .is_some_and(|verdict| verdict.cause == Cause::DirectMemory);
        finding.summary = if direct {
            t!(
                "They took {total}. The intervals are short and irregular, as when ByteBuffer.allocateDirect waits for direct memory to be freed.",
                total
            )
        } else if (3500..=3700).contains(&(requested.interval / SECOND)) {
            t!(
                "They took {total}. Once an hour is the default of RMI's distributed garbage collection.",
                total
            )
        } else {
            t!("They took {total}. The heap did not need them.", total)
        };
        finding.evidence.push(Evidence::new(
            t!("the first of them"),
            incident.first.clone(),
        ));
        if direct {
            finding.advice.push(t!("Reuse or close direct buffers, or raise -XX:MaxDirectMemorySize. Do not use -XX:+DisableExplicitGC: the waiting threads would get an OutOfMemoryError."));
        } else {
            finding.advice.push(t!("Find the caller (a thread dump taken during one shows System.gc). -XX:+ExplicitGCInvokesConcurrent makes it harmless with G1 and Shenandoah; -XX:+DisableExplicitGC ignores it; for RMI raise sun.rmi.dgc.server.gcInterval."));
        }
        vec![finding]
    }
}
