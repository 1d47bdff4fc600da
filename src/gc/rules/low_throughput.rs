//! Much of the time goes to collections, without any collapse.

use super::{subject, when};
use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::gc::report::GcLife;
use crate::t;
use crate::text;
use crate::time::SECOND;

/// See [`META`].
pub(super) struct LowThroughput;

const META: RuleMeta = RuleMeta {
    id: "gc/low-throughput",
    title: "A tenth of the time or more is lost to collections",
    severity: Severity::Medium,
    means: "The process works, but its threads stand still or wait for memory for a large part of the time. Every request pays for it.",
    detected: "Pauses, stalls and failed cycles take at least 10 % of the denominator that the report names, and at least one second, without a death spiral or thrashing. High from 30 %.",
    advice: "See which kind of collection takes the time.",
    false_positives: "A log of the start alone: start-ups allocate and keep most of what they allocate.",
    sources: &["HotSpot GC tuning guide: throughput goal; GCTimeRatio=12 of G1 accepts 8 %"],
};

/// The share of the time that may be lost.
const LOST: f64 = 0.10;
/// From here on it is severe.
const SEVERE: f64 = 0.30;

impl Rule<GcLife> for LowThroughput {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, life: &GcLife) -> Vec<Finding> {
        let lost = 1.0 - life.throughput;
        if lost < LOST
            || life.mutator_loss < SECOND
            || life.spiral.is_some()
            || life.thrashing.is_some()
        {
            return Vec::new();
        }
        let log = subject(life);
        let share = text::percent(lost, 1.0);
        let mut finding = Finding::new(
            &META,
            t!(
                "{log}: {share} of the time is lost to collections",
                log,
                share
            ),
        );
        if lost >= SEVERE {
            finding.severity = Severity::High;
        }
        finding.when = when(life, life.begin, life.end);
        let time = text::duration(life.mutator_loss);
        let over = text::duration(life.throughput_over);
        let mut summary = t!(
            "The application stood still or waited for memory for {time} of {over}.",
            time,
            over
        );
        if let Some(verdict) = &life.cause {
            let cause = verdict.cause.word();
            let word = t!("The likely cause");
            summary = format!("{summary} {}", t!("{word}: {cause}.", word, cause));
        }
        finding.summary = summary;
        for row in life.causes.iter().take(2) {
            let statement = t!(
                "{kind} ({cause}): {count} times, {total}",
                kind = row.kind.word(),
                cause = row.cause,
                count = text::count(row.count),
                total = text::duration(row.total)
            );
            finding
                .evidence
                .push(Evidence::new(statement, row.longest.clone()));
        }
        finding.advice.push(match &life.cause {
            Some(_) => t!("Begin with the cause: it has a finding of its own, with what helps against it."),
            None => t!(
                "Full collections ask for more heap, or for fewer objects that live long; frequent young ones for a larger young generation (-Xmn with Serial and Parallel, a longer -XX:MaxGCPauseMillis with G1)."
            ),
        });
        vec![finding]
    }
}
