//! Many threads queue for one lock that changes hands: contention, not a standstill.

use std::collections::{BTreeMap, BTreeSet};

use super::{Facts, severity_by, when};
use crate::finding::{Confidence, Evidence, Finding, Rule, RuleMeta, Severity};
use crate::t;
use crate::threads::report::{DumpSummary, RootBlocker, ThreadsReport};

/// Dumps of one process needed to see that a lock changes hands.
const DUMPS: usize = 3;
const FEW: u64 = 3;
const MANY: u64 = 10;

pub(super) struct ConvoyRule;
pub(super) const CONVOY: ConvoyRule = ConvoyRule;

static META: RuleMeta = RuleMeta {
    id: "threads/lock-convoy",
    title: "Many threads queue for one lock that changes hands",
    severity: Severity::High,
    means: "No thread is stuck: the lock goes from one to the next, but it is wanted by so many that most of them stand in the queue. The service is as fast as one thread that holds it.",
    detected: "In at least 3 dumps of one process, at least 3 threads (Medium; High from 10) wait at one place for a lock of one class, and its owner is another one in more than half of these dumps.",
    advice: "Hold the lock for less: move calls and computation out of it; split it by key, or replace it by a concurrent structure.",
    false_positives: "Different locks of one class that are taken at the same place, such as one a session.",
    sources: &[
        "M. Blasgen et al., The Convoy Phenomenon, 1979",
        "java.util.concurrent.locks.ReentrantLock: fairness",
    ],
};

/// A queue of one process: its number, the class of the lock and where it is wanted.
pub(super) type Queue<'a> = (u64, &'a str, &'a str);

/// The queue behind `blocker` in `dump`.
pub(super) fn queue<'a>(dump: &DumpSummary, blocker: &'a RootBlocker) -> Queue<'a> {
    let at = blocker.waiters_at.as_deref().unwrap_or("");
    (dump.process, &blocker.lock_class, at)
}

/// The queues whose owner changes, and what they look like in each dump.
fn convoys(report: &ThreadsReport) -> BTreeMap<Queue<'_>, Vec<(&DumpSummary, &RootBlocker)>> {
    let mut queues: BTreeMap<Queue<'_>, Vec<(&DumpSummary, &RootBlocker)>> = BTreeMap::new();
    for dump in &report.dumps {
        // The largest of a kind in each dump; blockers are in that order.
        let mut known = BTreeSet::new();
        for blocker in dump.blockers.iter().filter(|b| b.directly >= FEW) {
            if known.insert(queue(dump, blocker)) {
                queues
                    .entry(queue(dump, blocker))
                    .or_default()
                    .push((dump, blocker));
            }
        }
    }
    queues.retain(|_, seen| {
        let owners: BTreeSet<_> = seen
            .iter()
            .map(|(_, blocker)| (&blocker.thread.name, blocker.thread.number))
            .collect();
        seen.len() >= DUMPS && owners.len() * 2 > seen.len()
    });
    queues
}

/// The queues that this rule speaks of, so that others need not: whoever holds such a lock is only the owner of the moment.
pub(super) fn covered(report: &ThreadsReport) -> BTreeSet<Queue<'_>> {
    convoys(report).into_keys().collect()
}

impl Rule<Facts<'_>> for ConvoyRule {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, facts: &Facts<'_>) -> Vec<Finding> {
        convoys(facts.report)
            .into_values()
            .filter_map(|seen| finding(&seen))
            .collect()
    }
}

fn finding(seen: &[(&DumpSummary, &RootBlocker)]) -> Option<Finding> {
    let (_, blocker) = *seen.iter().max_by_key(|(_, blocker)| blocker.held_up)?;
    let dumps = seen.len();
    let count = blocker.held_up;
    let owners: BTreeSet<&str> = seen.iter().map(|(_, b)| b.thread.name.as_str()).collect();
    let mut finding = Finding::new(
        &META,
        t!(
            "{count} threads queue for {lock}, which changes hands ({owners} owners in {dumps} dumps)",
            count,
            lock = blocker.lock_class,
            owners = owners.len(),
            dumps
        ),
    );
    finding.severity = severity_by(count, FEW, MANY);
    finding.confidence = Confidence::Likely;
    finding.when = when(seen.iter().map(|(dump, _)| *dump));
    let at = blocker.waiters_at.as_deref().unwrap_or("no frame");
    finding.summary = t!(
        "They want it at {at}. Its owner is another one from dump to dump, so nobody is stuck: the lock is too much in demand.",
        at
    );
    for (_, blocker) in seen.iter().take(5) {
        finding.evidence.push(Evidence::new(
            t!(
                "{name} holds it and {doing}, {count} wait",
                name = blocker.thread.name,
                doing = blocker.doing.words(),
                count = blocker.held_up
            ),
            blocker.thread.at.clone(),
        ));
    }
    finding.advice.push(t!("Shorten what is done under the lock at {at}, or split it, so that fewer threads want the same one.", at));
    Some(finding)
}
