//! The threads that clean up behind the collector cannot.

use super::{Facts, in_dumps};
use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::t;
use crate::threads::report::{DumpSummary, ReferenceThread};

pub(super) struct FinalizerRule;
pub(super) const FINALIZER: FinalizerRule = FinalizerRule;

static META: RuleMeta = RuleMeta {
    id: "threads/finalizer-blocked",
    title: "The finalizer or reference handler is blocked",
    severity: Severity::High,
    means: "One thread runs all finalizers, one hands on all cleared references. While it is blocked, nothing that needs finalization is ever freed: memory and descriptors leak until the process dies.",
    detected: "The thread Finalizer, Reference Handler, Common-Cleaner or a Cleaner waits for a lock or works anywhere but in its own queue.",
    advice: "Move the blocking work out of finalize(); use java.lang.ref.Cleaner or close resources explicitly. See who holds the lock.",
    false_positives: "A finalizer that happened to run at that moment: it stands in a running frame and moves in the next dump; then the severity is Low.",
    sources: &["JEP 421", "java.lang.ref.Finalizer$FinalizerThread"],
};

impl Rule<Facts<'_>> for FinalizerRule {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, facts: &Facts<'_>) -> Vec<Finding> {
        let dumps = &facts.report.dumps;
        let groups = super::over_dumps(
            facts.report,
            |dump| dump.reference_threads.iter().collect(),
            |thread: &ReferenceThread| thread.thread.name.clone(),
        );
        groups
            .into_values()
            .filter_map(|seen| finding(&seen, dumps.len()))
            .collect()
    }
}

fn finding(seen: &[(&DumpSummary, &ReferenceThread)], all: usize) -> Option<Finding> {
    let (_, thread) = *seen
        .iter()
        .max_by_key(|(_, thread)| thread.waits_for.is_some())?;
    let name = &thread.thread.name;
    let frame = thread.frame.as_deref().unwrap_or("");
    let mut finding = Finding::new(
        &META,
        t!(
            "{name} {doing} at {frame}{dumps}",
            name,
            doing = thread.doing.words(),
            frame,
            dumps = in_dumps(seen.len(), all)
        ),
    );
    if !thread.doing.waits() {
        finding.severity = Severity::Low;
    }
    finding.summary = match name.as_str() {
        "Finalizer" | "Secondary finalizer" => t!(
            "Until it continues, no other finalizer runs, so what they should free stays, and so do the objects themselves."
        ),
        "Reference Handler" => t!(
            "Until it continues, no cleared reference reaches its queue: no finalizer, no Cleaner and no WeakHashMap gets to work."
        ),
        _ => t!(
            "Until it continues, no other action of this Cleaner runs, so what they should free stays."
        ),
    };
    if let Some(lock) = &thread.waits_for {
        finding.summary += &match &thread.owner {
            Some(owner) => t!(" It waits for {lock}, which {owner} holds.", lock, owner),
            None => t!(" It waits for {lock}.", lock),
        };
    }
    finding.evidence.push(Evidence::new(
        t!("{name} stands at {frame}", name, frame),
        thread.thread.at.clone(),
    ));
    finding.advice.push(t!("Take the lock out of the finalizer or cleaner at {frame}, or replace it by an explicit close.", frame));
    Some(finding)
}
