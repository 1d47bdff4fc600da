//! A heap dump and a thread dump of one JVM, side by side: the same locks with the same owners, owners that only the heap
//! knows, deadlocks that only the heap shows, and where the two contradict each other.
//!
//! Thread dumps print the address of a lock, heap dumps use it as the identity of the object. The two are equal unless a
//! collection moved the object between the dumps; where no address matches, the class and the waiting threads decide.

use std::collections::BTreeMap;

use super::case::Case;
use super::report::Meeting;
use crate::finding::{Confidence, Evidence, Finding, Locator, RuleMeta, Severity};
use crate::heap::{HeapLock, HeapReport};
use crate::t;
use crate::threads::{DumpSummary, WaitEdge};

/// What a contradiction is reported as.
pub(super) const META: RuleMeta = RuleMeta {
    id: "incident/heap-and-threads-disagree",
    title: "Heap dump and thread dump name different owners of a lock",
    severity: Severity::Info,
    means: "The same lock belongs to one thread in the heap dump and to another in a thread dump: it changed hands between the two, so nobody holds it for ever, or the dumps are of different moments than thought.",
    detected: "A java.util.concurrent lock with the same address and class, or of the same class with a thread that waits in both, has an owner in both dumps, and the names differ.",
    advice: "Do not call it a deadlock: the lock moves. Compare the times of the dumps.",
    false_positives: "Two JVMs with the same addresses, when dumps of several processes lie in one folder.",
    sources: &[
        "JDK: java.util.concurrent.locks.AbstractOwnableSynchronizer",
        "HotSpot: jcmd Thread.print -l",
    ],
};

/// Compares every heap dump of this life with the thread dumps of the same life.
pub(super) fn compare(case: &Case<'_>) -> Vec<Meeting> {
    case.heaps()
        .filter(|heap| !heap.locks.is_empty())
        .filter_map(|heap| meet(heap, case))
        .collect()
}

fn meet(heap: &HeapReport, case: &Case<'_>) -> Option<Meeting> {
    let mut meeting = Meeting {
        heap: heap.source.clone(),
        statements: Vec::new(),
        disagreements: Vec::new(),
    };
    for (dump, _) in &case.dumps {
        against(heap, dump, &mut meeting);
    }
    let seen_by_dumps = case
        .dumps
        .iter()
        .any(|(dump, _)| !dump.deadlocks.is_empty());
    if let Some(circle) = circle(&heap.locks).filter(|_| !seen_by_dumps) {
        let statement = t!(
            "the heap dump shows a deadlock that no thread dump shows: {names} wait for each other's locks",
            names = circle.join(", ")
        );
        let evidence = Evidence::new(statement, Locator::whole(heap.source.clone()));
        meeting.statements.push(evidence);
    }
    (!meeting.statements.is_empty() || !meeting.disagreements.is_empty()).then_some(meeting)
}

/// One heap dump against one thread dump.
fn against(heap: &HeapReport, dump: &DumpSummary, meeting: &mut Meeting) {
    let mut agreed = 0_u64;
    for lock in heap.locks.iter().filter(|lock| lock.owner.is_some()) {
        let owner = lock.owner.as_deref().unwrap_or_default();
        let Some((edge, how)) = same_lock(lock, dump) else {
            continue;
        };
        let place = Locator::line(dump.source.clone(), edge.from);
        match edge.owner.as_deref() {
            Some(told) if told == owner => agreed += 1,
            Some(told) => {
                let statement = t!(
                    "{class} ({how}) belongs to \"{owner}\" in the heap dump and to \"{told}\" in the thread dump",
                    class = lock.class,
                    how,
                    owner,
                    told
                );
                meeting.disagreements.push(Evidence::new(statement, place));
            }
            None => {
                let statement = t!(
                    "\"{thread}\" waits for {class} whose owner the thread dump does not show: the heap dump names \"{owner}\" ({how})",
                    thread = edge.name,
                    class = lock.class,
                    owner,
                    how
                );
                meeting.statements.push(Evidence::new(statement, place));
            }
        }
    }
    if agreed > 0 {
        let statement = match agreed {
            1 => t!("one lock has the same owner in both dumps"),
            _ => t!("{agreed} locks have the same owner in both dumps", agreed),
        };
        let place = Locator::line(dump.source.clone(), dump.line);
        meeting.statements.push(Evidence::new(statement, place));
    }
}

/// The wait in the thread dump that is for this lock: by address, else by a thread that waits for such a lock in both.
fn same_lock<'d>(lock: &HeapLock, dump: &'d DumpSummary) -> Option<(&'d WaitEdge, String)> {
    let own = address(&lock.object_id)?;
    let alike = |edge: &&WaitEdge| edge.lock.split(' ').next() == Some(lock.class.as_str());
    let by_address = |edge: &&WaitEdge| {
        let written = edge.lock.split(['<', '>']).nth(1);
        written.and_then(address) == Some(own)
    };
    let edges = || dump.waits.iter().filter(alike);
    if let Some(edge) = edges().find(by_address) {
        return Some((edge, t!("same address {id}", id = lock.object_id)));
    }
    let waits = |edge: &&WaitEdge| lock.waiters.contains(&edge.name);
    let edge = edges().find(waits)?;
    Some((
        edge,
        t!("\"{thread}\" waits for it in both", thread = edge.name),
    ))
}

fn address(text: &str) -> Option<u64> {
    u64::from_str_radix(text.trim_start_matches("0x"), 16).ok()
}

/// Threads that wait for each other's locks in a circle, by name.
fn circle(locks: &[HeapLock]) -> Option<Vec<&str>> {
    let mut waits: BTreeMap<&str, &str> = BTreeMap::new();
    for lock in locks {
        for waiter in &lock.waiters {
            if let Some(owner) = &lock.owner {
                waits.insert(waiter, owner);
            }
        }
    }
    waits.keys().find_map(|start| {
        let mut path = vec![*start];
        let mut at = waits.get(start)?;
        while at != start {
            if path.contains(at) {
                return None;
            }
            path.push(at);
            at = waits.get(at)?;
        }
        (path.len() > 1).then_some(path)
    })
}

/// The contradictions as findings.
pub(super) fn findings(meetings: &[Meeting]) -> impl Iterator<Item = Finding> {
    let contradicted = meetings
        .iter()
        .filter(|meeting| !meeting.disagreements.is_empty());
    contradicted.map(|meeting| {
        let count = meeting.disagreements.len();
        Finding {
            confidence: Confidence::Likely,
            summary: t!("{count} locks have one owner in {heap} and another in a thread dump. They changed hands in between: nobody held them for ever.", count, heap = meeting.heap),
            evidence: meeting.disagreements.clone(),
            advice: vec![t!("Compare the times of the dumps before calling it a deadlock; take them within a second of each other next time.")],
            ..Finding::new(&META, t!("Heap dump and thread dump name different owners of {count} locks", count))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lock(owner: &str, waiters: &[&str]) -> HeapLock {
        HeapLock {
            class: "L".to_owned(),
            object_id: "0x1".to_owned(),
            owner: Some(owner.to_owned()),
            waiters: waiters.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    #[test]
    fn a_circle_in_the_heap() {
        let locks = [lock("a", &["b", "c"]), lock("b", &["a"])];
        assert_eq!(circle(&locks), Some(vec!["a", "b"]));
        assert_eq!(circle(&locks[..1]), None);
        assert_eq!(circle(&[lock("a", &["a"])]), None);
    }
}
