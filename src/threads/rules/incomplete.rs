//! A dump that is not whole.

use super::Facts;
use crate::finding::{Evidence, Finding, Locator, Rule, RuleMeta, Severity};
use crate::t;

pub(super) struct IncompleteRule;
pub(super) const INCOMPLETE: IncompleteRule = IncompleteRule;

static META: RuleMeta = RuleMeta {
    id: "threads/incomplete",
    title: "A thread dump is not whole",
    severity: Severity::Low,
    means: "Threads are missing from the dump, so counts are too low and an owner or a deadlock may be missing.",
    detected: "The number of Java threads differs from length= of the VM's own list (JDK 11 and later), or the last line of the dump (JNI global refs) is missing.",
    advice: "Take the dump again into a file of its own (jcmd <pid> Thread.print -l > dump.txt).",
    false_positives: "A dump that was cut by hand to the interesting part.",
    sources: &["src/hotspot/share/runtime/threadSMR.cpp: ThreadsSMRSupport::print_info_on"],
};

impl Rule<Facts<'_>> for IncompleteRule {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, facts: &Facts<'_>) -> Vec<Finding> {
        let dumps = &facts.report.dumps;
        let broken: Vec<_> = dumps
            .iter()
            .filter_map(|dump| Some((dump, dump.incomplete_because.as_ref()?)))
            .collect();
        if broken.is_empty() {
            return Vec::new();
        }
        let count = broken.len();
        let all = dumps.len();
        let mut finding = Finding::new(
            &META,
            t!("{count} of {all} thread dumps are not whole", count, all),
        );
        finding.summary =
            t!("What is missing cannot be judged; counts of these dumps are lower bounds.");
        for (dump, because) in broken.iter().take(5) {
            finding.evidence.push(Evidence::new(
                t!("{because}", because),
                Locator::line(dump.source.as_str(), dump.line),
            ));
        }
        finding.advice.push(t!(
            "Take the dump into a file of its own: jcmd <pid> Thread.print -l > dump.txt"
        ));
        vec![finding]
    }
}
