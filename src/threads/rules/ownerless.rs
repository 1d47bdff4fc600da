//! Threads that wait for a lock whose owner cannot be seen.

use super::{Facts, in_dumps, over_dumps, upgrade};
use crate::finding::{Confidence, Evidence, Finding, Rule, RuleMeta, Severity};
use crate::t;
use crate::threads::report::{DumpSummary, OwnerlessLock, Unseen};

const FEW: u64 = 3;
const MANY: u64 = 10;

pub(super) struct OwnerlessRule;
pub(super) const OWNERLESS: OwnerlessRule = OwnerlessRule;

static META: RuleMeta = RuleMeta {
    id: "threads/unseen-owner",
    title: "Threads wait for a lock whose owner is not visible",
    severity: Severity::Medium,
    means: "Several threads wait for one lock, and the dump does not show who holds it. It may be held by a reader, a virtual thread, or a thread whose locks were not listed. It is no evidence of a deadlock by itself.",
    detected: "At least 3 threads (or 1 in a StampedLock or ReentrantReadWriteLock in at least 2 dumps) wait for a monitor or an exclusive java.util.concurrent lock that no thread of the dump owns. Locks of threads/lock-upgrade are reported there.",
    advice: "Take the next dump with jstack -l or jcmd Thread.print -l; for read locks and stamped locks take a heap dump, which has the holders.",
    false_positives: "The lock was released while the dump was written.",
    sources: &[
        "java.util.concurrent.locks.AbstractOwnableSynchronizer",
        "java.util.concurrent.locks.StampedLock",
    ],
};

impl Rule<Facts<'_>> for OwnerlessRule {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, facts: &Facts<'_>) -> Vec<Finding> {
        let all = facts.report.dumps.len();
        let groups = over_dumps(
            facts.report,
            |dump| {
                let others = dump.ownerless.iter();
                others.filter(|lock| !upgrade::covers(lock)).collect()
            },
            |lock: &OwnerlessLock| lock.lock.clone(),
        );
        groups
            .into_values()
            .filter(|seen| {
                let most = seen.iter().map(|(_, lock)| lock.held_up).max().unwrap_or(0);
                most >= FEW
                    || (seen.len() >= 2
                        && seen.iter().any(|(_, lock)| lock.reason == Unseen::Shared))
            })
            .filter_map(|seen| finding(&seen, all))
            .collect()
    }
}

fn finding(seen: &[(&DumpSummary, &OwnerlessLock)], all: usize) -> Option<Finding> {
    let (_, lock) = *seen.iter().max_by_key(|(_, lock)| lock.held_up)?;
    let count = lock.held_up;
    let mut finding = Finding::new(
        &META,
        t!(
            "{count} threads wait for {lock}, whose owner is not visible{dumps}",
            count,
            lock = lock.lock,
            dumps = in_dumps(seen.len(), all)
        ),
    );
    if count < MANY {
        finding.severity = Severity::Low;
    }
    finding.confidence = match seen.len() {
        1 => Confidence::Possible,
        _ => Confidence::Likely,
    };
    finding.summary = match lock.reason {
        Unseen::NotListed => {
            t!("The dump does not list owned java.util.concurrent locks: it was taken without -l.")
        }
        Unseen::Shared => t!(
            "Read locks and stamped locks record no owner, so a reader that never unlocks, or an upgrade from reading to writing, stays invisible here."
        ),
        Unseen::MaybeVirtual => {
            t!("Its owner may be a virtual thread; this kind of dump does not show their locks.")
        }
        Unseen::Unlisted => t!(
            "Its owner may be a virtual thread that is parked with a monitor: this JDK does not list the monitors of virtual threads."
        ),
        Unseen::Truncated => t!("The dump is cut, so its owner may be missing."),
        Unseen::Released => t!("It may have been released while the dump was written."),
    };
    finding.evidence.push(Evidence::new(
        t!("{name} waits for it", name = lock.example.name),
        lock.example.at.clone(),
    ));
    for candidate in &lock.candidates {
        let name = &candidate.name;
        let statement = match lock.reason {
            Unseen::Unlisted => t!("{name} is parked with a monitor: it may hold it", name),
            _ => t!(
                "{name} is at work in the same place and does not wait for it: it may hold it",
                name
            ),
        };
        finding
            .evidence
            .push(Evidence::new(statement, candidate.at.clone()));
    }
    finding.advice.push(match lock.reason {
        Unseen::NotListed => t!("Repeat with jstack -l <pid> or jcmd <pid> Thread.print -l: it lists the owners."),
        Unseen::MaybeVirtual => t!("Take jcmd <pid> Thread.dump_to_file -format=json <file> as well: it has the virtual threads."),
        Unseen::Shared => t!("Take a heap dump: it has the read-lock holders. Look for a writeLock() inside a readLock() of the same lock."),
        Unseen::Unlisted => t!("Look at the frames of the virtual threads that may hold it, or repeat on JDK 24 or later, which lists their monitors."),
        Unseen::Truncated | Unseen::Released => t!("Take two more dumps a few seconds apart."),
    });
    Some(finding)
}
