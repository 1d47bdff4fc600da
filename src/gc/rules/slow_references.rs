//! Pauses spend much of their time on references.

use super::subject;
use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::gc::event::Collector;
use crate::gc::report::GcLife;
use crate::t;
use crate::text;
use crate::time::SECOND;

/// See [`META`].
pub(super) struct SlowReferences;

const META: RuleMeta = RuleMeta {
    id: "gc/slow-references",
    title: "Pauses spend their time on references",
    severity: Severity::Low,
    means: "Soft, weak and phantom references and objects with finalizers are looked at one by one while the world stands still. Caches of soft references and classes with `finalize` make them by the hundred thousand.",
    detected: "A collector that processes references in its pauses (Serial, Parallel, CMS, G1), and the processing takes 10 % of all pause time and 50 ms in sum or more.",
    advice: "Fewer references; process them in parallel.",
    false_positives: "None known.",
    sources: &[
        "HotSpot referenceProcessor.cpp",
        "JDK-8205043 (ParallelRefProcEnabled by default with G1 since 17)",
        "JEP 421 (finalization deprecated)",
    ],
};

/// The share of the pauses that references may take.
const SHARE: f64 = 0.10;
/// Less than this in sum hurts nobody.
const LEAST: i64 = SECOND / 20;

impl Rule<GcLife> for SlowReferences {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, life: &GcLife) -> Vec<Finding> {
        let in_pauses = matches!(
            life.collector,
            Collector::Serial | Collector::Parallel | Collector::Cms | Collector::G1
        );
        let Some(references) = life.references.as_ref().filter(|_| in_pauses) else {
            return Vec::new();
        };
        let pauses = life.pauses.total;
        if references.total < LEAST || (references.total as f64) < SHARE * pauses as f64 {
            return Vec::new();
        }
        let log = subject(life);
        let share = text::percent(references.total as f64, pauses as f64);
        let mut finding = Finding::new(
            &META,
            t!(
                "{log}: references take {share} of the pause time",
                log,
                share
            ),
        );
        let found = [
            references.soft,
            references.weak,
            references.finals,
            references.phantom,
        ];
        let [soft, weak, finals, phantom] = found.map(text::count);
        finding.summary = t!(
            "{total} of {pauses} went to references. Found were {soft} soft, {weak} weak, {finals} final and {phantom} phantom ones.",
            total = text::duration(references.total),
            pauses = text::duration(pauses),
            soft,
            weak,
            finals,
            phantom
        );
        if let Some(longest) = &references.longest {
            let duration = text::duration(references.max);
            let statement = t!("the longest processing took {duration}", duration);
            finding
                .evidence
                .push(Evidence::new(statement, longest.clone()));
        }
        finding.advice.push(t!(
            "Set -XX:+ParallelRefProcEnabled where it is not the default (JDK 16 and earlier). Then make fewer: caches with a bound instead of soft references, Cleaner or try-with-resources instead of finalize."
        ));
        vec![finding]
    }
}
