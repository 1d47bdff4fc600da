//! Threads wait for a read-write lock that nobody but they themselves can hold.

use super::{Facts, in_dumps, over_dumps, threads, when};
use crate::finding::{Confidence, Evidence, Finding, Rule, RuleMeta, Severity};
use crate::t;
use crate::threads::report::{DumpSummary, OwnerlessLock};

const MANY: u64 = 3;

pub(super) struct UpgradeRule;
pub(super) const UPGRADE: UpgradeRule = UpgradeRule;

static META: RuleMeta = RuleMeta {
    id: "threads/lock-upgrade",
    title: "Threads wait for a read-write lock that only they can hold",
    severity: Severity::High,
    means: "A thread that holds a read lock and asks for the write lock of the same ReentrantReadWriteLock waits for itself, for ever, and all readers after it queue up. A StampedLock is not reentrant: asking for it twice in one thread does the same. No dump records who reads, so this can only be inferred.",
    detected: "A ReentrantReadWriteLock that no thread holds for writing, by the list of owned synchronizers, and that a thread waits to write; or a StampedLock that threads wait for. No thread that does not wait for it is inside the class that takes it, so the one who holds it is among those who wait, or left without unlocking. Likely when at least two dumps of one process show it, Possible in one.",
    advice: "Release the read lock before taking the write lock, or take the write lock at once; try StampedLock.tryConvertToWriteLock. Look for a return or an exception between lock() and unlock().",
    false_positives: "A reader that took the lock in one class and works in another with none of that class on its stack.",
    sources: &[
        "java.util.concurrent.locks.ReentrantReadWriteLock: lock downgrading, upgrading is not possible",
        "java.util.concurrent.locks.StampedLock: not reentrant",
    ],
};

/// Whether this rule speaks of `lock`, so that others need not.
pub(super) fn covers(lock: &OwnerlessLock) -> bool {
    let writes = !lock.writers.is_empty() || lock.lock_class.ends_with("StampedLock");
    lock.held_in_common && writes && lock.candidates.is_empty() && lock.at.is_some()
}

impl Rule<Facts<'_>> for UpgradeRule {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, facts: &Facts<'_>) -> Vec<Finding> {
        let groups = over_dumps(
            facts.report,
            |dump| dump.ownerless.iter().filter(|lock| covers(lock)).collect(),
            |lock: &OwnerlessLock| {
                (
                    lock.lock_class.clone(),
                    lock.example.name.clone(),
                    lock.at.clone(),
                )
            },
        );
        let all = facts.report.dumps.len();
        groups
            .into_values()
            .filter_map(|seen| finding(&seen, all))
            .collect()
    }
}

fn finding(seen: &[(&DumpSummary, &OwnerlessLock)], all: usize) -> Option<Finding> {
    let (_, lock) = *seen.iter().max_by_key(|(_, lock)| lock.held_up)?;
    let name = &lock.example.name;
    let frame = lock.at.as_deref()?;
    let count = lock.held_up;
    let mut finding = Finding::new(
        &META,
        t!(
            "{count} {threads} wait for {lock}, which only they can hold{dumps}",
            count,
            threads = threads(count),
            lock = lock.lock,
            dumps = in_dumps(seen.len(), all)
        ),
    );
    if count < MANY {
        finding.severity = Severity::Medium;
    }
    finding.confidence = match seen.len() {
        1 => Confidence::Possible,
        _ => Confidence::Likely,
    };
    finding.when = when(seen.iter().map(|(dump, _)| *dump));
    let stamped = lock.lock_class.ends_with("StampedLock");
    finding.summary = match stamped {
        true => t!(
            "{name} waits for it at {frame}, and no thread that could hold it is inside that class. So it probably waits for itself: a StampedLock is not reentrant.",
            name,
            frame
        ),
        false => t!(
            "{name} waits for it at {frame}, nobody holds it for writing, and no thread that could be reading is inside that class. So it probably waits for itself: it reads already and asks to write.",
            name,
            frame
        ),
    };
    finding.evidence.push(Evidence::new(
        t!("{name} waits for it at {frame}", name, frame),
        lock.example.at.clone(),
    ));
    for writer in lock
        .writers
        .iter()
        .filter(|writer| writer.at != lock.example.at)
    {
        finding.evidence.push(Evidence::new(
            t!("{name} waits to write too", name = writer.name),
            writer.at.clone(),
        ));
    }
    finding.advice.push(t!("Follow the callers of {frame}: release the read lock before asking for the write lock, or take the write lock at once.", frame));
    if !stamped {
        finding.advice.push(t!("To prove it, take a heap dump: the lock in it names its first reader (firstReader), and each thread its own holds (HoldCounter)."));
    }
    Some(finding)
}
