//! A heap dump and a thread dump of one JVM, side by side: the same locks with the same owners, owners that only the heap
//! knows, deadlocks that only the heap shows, and where the two contradict each other.
//!
//! Thread dumps print the address of a lock, heap dumps use it as the identity of the object. The two are equal unless a
//! collection moved the object between the dumps; where no address matches, the class and the waiting threads decide.

use std::collections::BTreeMap;

use super::case::Case;
use super::report::Meeting;
use crate::finding::{Confidence, Evidence, Finding, Locator, RuleMeta, Severity};
use crate::heap::{HeapLock, HeapReport, SharedObject};
use crate::t;
use crate::threads::{DumpSummary, WaitEdge};

/// What a contradiction is reported as.
pub(super) const META: RuleMeta = RuleMeta {
    id: "incident/heap-and-threads-disagree",
    title: "Heap dump and thread dump contradict each other",
    severity: Severity::Info,
    means: "A lock belongs to one thread in the heap dump and to another in a thread dump, or a pool is at work in one and idle in the other: things moved between the two, so nobody holds the lock for ever, or the dumps are of different moments than thought.",
    detected: "A java.util.concurrent lock with the same address and class, or of the same class with a thread that waits in both, has owners of different names; a monitor that a thread owns is not on its stack in the heap dump; the workers of a pool that run a task differ by more than a quarter of the pool.",
    advice: "Do not call it a deadlock: the lock moves. Compare the times of the dumps.",
    false_positives: "Two JVMs with the same addresses, when dumps of several processes lie in one folder.",
    sources: &[
        "JDK: java.util.concurrent.locks.AbstractOwnableSynchronizer",
        "HotSpot: jcmd Thread.print -l",
    ],
};

/// Compares every heap dump of this life with the thread dumps of the same life.
pub(super) fn compare(case: &Case<'_>) -> Vec<Meeting> {
    case.heaps().filter_map(|heap| meet(heap, case)).collect()
}

fn meet(heap: &HeapReport, case: &Case<'_>) -> Option<Meeting> {
    let mut meeting = Meeting {
        heap: heap.source.clone(),
        statements: Vec::new(),
        disagreements: Vec::new(),
    };
    for (dump, _) in &case.dumps {
        against(heap, dump, &mut meeting);
        monitors(heap, dump, &mut meeting);
        pools(heap, dump, &mut meeting);
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
    for lock in heap.locks.iter().filter(|lock| !lock.readers.is_empty()) {
        if let Some((edge, how)) = same_lock(lock, dump) {
            let statement = t!(
                "\"{thread}\" waits for {class} which the heap dump shows held for reading by {readers} ({how})",
                thread = edge.name,
                class = lock.class,
                readers = lock.readers.join(", "),
                how
            );
            let place = Locator::line(dump.source.clone(), edge.from);
            meeting.statements.push(Evidence::new(statement, place));
        }
    }
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

/// Monitors: a heap dump has no owner of one, but whoever holds or wants it has it on the stack.
fn monitors(heap: &HeapReport, dump: &DumpSummary, meeting: &mut Meeting) {
    let mut agreed = 0_u64;
    // An owner of a lock of java.util.concurrent need not have it on its stack.
    let monitor = |object: &&SharedObject| {
        let mut locks = heap.locks.iter();
        !locks.any(|lock| lock.object_id == object.object_id)
    };
    for object in heap.shared.iter().filter(monitor) {
        let Some(own) = address(&object.object_id) else {
            continue;
        };
        let wants = |edge: &&WaitEdge| written(edge) == Some(own);
        for edge in dump.waits.iter().filter(wants) {
            let Some(owner) = edge.owner.as_deref() else {
                continue;
            };
            let class = edge.lock.split(' ').next().unwrap_or_default();
            let on_stack = |name: &str| object.threads.iter().any(|thread| thread == name);
            let place = Locator::line(dump.source.clone(), edge.from);
            // Another class at the address: the object was moved, and says nothing.
            if class != object.class {
                continue;
            }
            match (on_stack(owner), on_stack(&edge.name)) {
                (true, true) => agreed += 1,
                (false, _) => {
                    let statement = t!(
                        "{lock} belongs to \"{owner}\" in the thread dump, and is not on the stack of that thread in the heap dump",
                        lock = edge.lock,
                        owner
                    );
                    meeting.disagreements.push(Evidence::new(statement, place));
                }
                // It waits now and did not then, or the other way round.
                (true, false) => {}
            }
        }
    }
    if agreed > 0 {
        let statement = t!(
            "{agreed} waits for monitors of the thread dump are in the heap dump too: the same address on the stacks of the owner and of the one that waits",
            agreed
        );
        let place = Locator::line(dump.source.clone(), dump.line);
        meeting.statements.push(Evidence::new(statement, place));
    }
}

/// Thread pools: what waits in the queue, and whether both dumps find as many threads at work.
fn pools(heap: &HeapReport, dump: &DumpSummary, meeting: &mut Meeting) {
    for pool in heap.executors.iter().filter(|pool| pool.workers > 1) {
        let family = family(&pool.worker);
        let same = dump.pools.iter().find(|other| other.name == family);
        let Some(other) = same.filter(|_| pool.queued.is_some()) else {
            continue;
        };
        let apart = pool.active.abs_diff(other.busy);
        let statement = t!(
            "{name}: {active} of {workers} workers run a task and {queued} more wait in the queue by the heap dump; {busy} of {total} are busy by the thread dump",
            name = other.name,
            active = pool.active,
            workers = pool.workers,
            queued = pool.queued.unwrap_or(0),
            busy = other.busy,
            total = other.total
        );
        let evidence = Evidence::new(statement, other.at.clone());
        // Workers come and go between two dumps; a quarter of a pool does not.
        match apart > 2 && apart * 4 > pool.workers {
            true => meeting.disagreements.push(evidence),
            false => meeting.statements.push(evidence),
        }
    }
}

/// The name that the threads of a pool have in common: numbers replaced by `N`.
fn family(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        match c.is_ascii_digit() {
            true if out.ends_with('N') => {}
            true => out.push('N'),
            false => out.push(c),
        }
    }
    out
}

/// The address of the lock that a thread waits for.
fn written(edge: &WaitEdge) -> Option<u64> {
    edge.lock.split(['<', '>']).nth(1).and_then(address)
}

/// The wait in the thread dump that is for this lock: by address, else by a thread that waits for such a lock in both.
fn same_lock<'d>(lock: &HeapLock, dump: &'d DumpSummary) -> Option<(&'d WaitEdge, String)> {
    let own = address(&lock.object_id)?;
    let alike = |edge: &&WaitEdge| edge.lock.split(' ').next() == Some(lock.class.as_str());
    let by_address = |edge: &&WaitEdge| written(edge) == Some(own);
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
            summary: t!("{count} times {heap} and a thread dump of the same life say different things about a lock or a pool. It moved in between: nobody held it for ever.", count, heap = meeting.heap),
            evidence: meeting.disagreements.clone(),
            advice: vec![t!("Compare the times of the dumps before calling it a deadlock; take them within a second of each other next time.")],
            ..Finding::new(&META, t!("Heap dump and thread dump contradict each other {count} times", count))
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
            readers: Vec::new(),
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
