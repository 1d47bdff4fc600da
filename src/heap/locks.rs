//! Locks of `java.util.concurrent`: a thread dump shows them only with `-l`, and never who holds one for reading; the heap
//! always has them. Objects on several stacks: a monitor has no owner in a heap dump, but it lies on the stacks of all who
//! hold it or wait for it.

use std::collections::{BTreeMap, BTreeSet};

use super::hprof::sub::RootKind;
use super::model::Heap;
use super::report::{HeapLock, SharedObject};
use super::threads;

/// Locks kept.
const LOCKS: usize = 50;
/// Waiters kept of each lock.
const WAITERS: usize = 100;
/// Objects on several stacks that are kept.
const SHARED: usize = 100;

/// Owned or waited-for synchronizers, with the most waiters first.
pub(super) fn read(heap: &Heap<'_>) -> Vec<HeapLock> {
    let synchronizers = heap.classes.all_that_are(&[
        "java.util.concurrent.locks.AbstractQueuedSynchronizer",
        "java.util.concurrent.locks.AbstractQueuedLongSynchronizer",
    ]);
    let all = heap.reachable_of(&synchronizers);
    let mut locks: Vec<HeapLock> = all
        .into_iter()
        .filter_map(|index| lock(heap, index))
        .collect();
    locks.sort_by(|left, right| {
        let most = right.waiters.len().cmp(&left.waiters.len());
        most.then_with(|| left.object_id.cmp(&right.object_id))
    });
    locks.truncate(LOCKS);
    locks
}

fn lock(heap: &Heap<'_>, index: u32) -> Option<HeapLock> {
    let owner = heap.reference(index, "exclusiveOwnerThread");
    let mut waiters = Vec::new();
    let mut seen = BTreeSet::new();
    // The head of the queue is a dummy or the owner's own node.
    let head = heap.reference(index, "head");
    let mut node = head.and_then(|head| heap.reference(head, "next"));
    while let Some(at) = node {
        if !seen.insert(at) || waiters.len() >= WAITERS {
            break;
        }
        // `waiter` since JDK 14, `thread` before.
        let thread = heap
            .reference(at, "waiter")
            .or_else(|| heap.reference(at, "thread"));
        waiters.extend(thread.map(|thread| threads::name(heap, thread).unwrap_or_default()));
        node = heap.reference(at, "next");
    }
    let readers = readers(heap, index);
    if owner.is_none() && waiters.is_empty() && readers.is_empty() {
        return None;
    }
    Some(HeapLock {
        class: heap.name_of(index),
        object_id: heap.hex(index),
        owner: owner.map(|owner| threads::name(heap, owner).unwrap_or_default()),
        waiters,
        readers,
    })
}

/// Who holds a `ReentrantReadWriteLock` for reading: each thread counts its holds in a `ThreadLocal` of the lock; the very
/// first reader's are kept in the lock itself (`ReentrantReadWriteLock.Sync`).
fn readers(heap: &Heap<'_>, sync: u32) -> Vec<String> {
    let holds = heap.reference(sync, "readHolds");
    let shared = heap.int(sync, "state").is_some_and(|state| state >> 16 > 0);
    let Some(holds) = holds.filter(|_| shared) else {
        return Vec::new();
    };
    let counted = |object: u32, field: &str| heap.int(object, field).is_some_and(|count| count > 0);
    let first = heap
        .reference(sync, "firstReader")
        .filter(|_| counted(sync, "firstReaderHoldCount"));
    let roots = heap
        .roots
        .iter()
        .filter(|(root, _)| root.kind == RootKind::Thread);
    let holding = roots.map(|(_, thread)| *thread).filter(|thread| {
        let table = heap
            .reference(*thread, "threadLocals")
            .and_then(|map| heap.reference(map, "table"));
        let mut entries = table
            .into_iter()
            .flat_map(|table| heap.elements(table).flatten());
        entries.any(|entry| {
            heap.reference(entry, "referent") == Some(holds)
                && heap
                    .reference(entry, "value")
                    .is_some_and(|value| counted(value, "count"))
        })
    });
    let all: BTreeSet<u32> = first.into_iter().chain(holding).collect();
    let names = all
        .into_iter()
        .map(|thread| threads::name(heap, thread).unwrap_or_default());
    names.take(WAITERS).collect()
}

/// Objects that the stacks of at least two threads refer to, those on most stacks first.
pub(super) fn shared(heap: &Heap<'_>) -> Vec<SharedObject> {
    let mut stacks: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
    for (thread, locals) in &heap.locals {
        for local in locals {
            stacks.entry(*local).or_default().insert(*thread);
        }
    }
    let mut shared: Vec<(u32, BTreeSet<u32>)> = stacks
        .into_iter()
        .filter(|(_, threads)| threads.len() > 1)
        .collect();
    shared.sort_by_key(|(object, threads)| (std::cmp::Reverse(threads.len()), *object));
    shared.truncate(SHARED);
    let describe = |(object, on): (u32, BTreeSet<u32>)| SharedObject {
        class: heap.name_of(object),
        object_id: heap.hex(object),
        threads: on
            .into_iter()
            .take(WAITERS)
            .map(|thread| threads::name(heap, thread).unwrap_or_default())
            .collect(),
    };
    shared.into_iter().map(describe).collect()
}
