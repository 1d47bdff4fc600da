//! Locks of `java.util.concurrent`: a thread dump shows them only with `-l`, the heap always has them.

use std::collections::BTreeSet;

use super::model::Heap;
use super::report::HeapLock;
use super::threads;

/// Locks kept.
const LOCKS: usize = 50;
/// Waiters kept of each lock.
const WAITERS: usize = 100;

/// Owned or waited-for synchronizers, with the most waiters first.
pub(super) fn read(heap: &Heap<'_>) -> Vec<HeapLock> {
    let synchronizers = heap.classes.all_that_are(&[
        "java.util.concurrent.locks.AbstractQueuedSynchronizer",
        "java.util.concurrent.locks.AbstractQueuedLongSynchronizer",
    ]);
    let mut locks: Vec<HeapLock> = (0..heap.len())
        .filter(|index| synchronizers[heap.class_number(*index) as usize])
        .filter(|index| heap.tree.position(*index).is_some())
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
    if owner.is_none() && waiters.is_empty() {
        return None;
    }
    Some(HeapLock {
        class: heap.name_of(index),
        object_id: heap.hex(index),
        owner: owner.map(|owner| threads::name(heap, owner).unwrap_or_default()),
        waiters,
    })
}
