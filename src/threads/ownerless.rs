//! Locks that threads wait for and whose owner the dump does not show: why that may be, and who may own them.

use std::collections::BTreeMap;

use super::activity::Activity;
use super::classify::{Doing, own_frame};
use super::dump::{Dump, Thread, ThreadKind};
use super::frames::{Frame, Frames};
use super::library::Tag;
use super::report::{LockKind, OwnerlessLock, Unseen};
use super::summary::thread_ref;
use super::virtual_threads::unlisted_owners;
use super::waits::Waits;

/// Locks without a visible owner kept in a report.
const OWNERLESS: usize = 50;
/// Candidates and writers kept of such a lock.
const NAMED: usize = 3;
/// Methods in which a thread acquires a lock for itself alone that others may hold together.
const WRITING: [&str; 3] = [
    "java.util.concurrent.locks.ReentrantReadWriteLock$WriteLock.lock",
    "java.util.concurrent.locks.StampedLock.writeLock",
    "java.util.concurrent.locks.StampedLock.acquireWrite",
];

/// The locks of a dump without a visible owner, the one that holds up most first.
pub(crate) fn ownerless(
    dump: &Dump,
    waits: &Waits,
    doing: &[Doing],
    frames: &Frames,
) -> Vec<OwnerlessLock> {
    let mut waiters: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (index, want) in waits.wants.iter().enumerate() {
        if let Some(want) = want
            && waits.owner[want.lock as usize].is_none()
        {
            waiters.entry(want.lock).or_default().push(index);
        }
    }
    let unlisted = unlisted_owners(dump, frames);
    let mut locks: Vec<OwnerlessLock> = waiters
        .into_iter()
        .filter_map(|(lock, threads)| {
            let first = *threads.first()?;
            let kind = waits.wants[first]?.kind;
            let class = dump.locks.get(lock);
            let shared = class.shared_class() || class.class.contains("ReadWriteLock");
            let writers: Vec<usize> = threads
                .iter()
                .copied()
                .filter(|index| shared && writes(&dump.threads[*index], frames))
                .collect();
            let asked = writers.first().copied().unwrap_or(first);
            let reason = unseen(dump, lock, kind, !unlisted.is_empty());
            let candidates = match reason {
                Unseen::Unlisted => unlisted.clone(),
                _ => {
                    let waiter = &dump.threads[asked];
                    candidates(dump, waits, doing, frames, lock, waiter, shared)
                }
            };
            Some(OwnerlessLock {
                lock: class.display(),
                lock_class: class.class.clone(),
                kind,
                waiters: threads.len() as u64,
                held_up: threads.iter().map(|index| waits.held_up[*index] + 1).sum(),
                example: thread_ref(dump, asked),
                at: own_frame(&dump.threads[asked], frames).map(|frame| frame.text.clone()),
                reason,
                held_in_common: shared
                    && (class.shared_class() || dump.lists_synchronizers)
                    && dump.ended != Some(false),
                candidates: candidates
                    .into_iter()
                    .take(NAMED)
                    .map(|index| thread_ref(dump, index))
                    .collect(),
                writers: writers
                    .iter()
                    .take(NAMED)
                    .map(|index| thread_ref(dump, *index))
                    .collect(),
            })
        })
        .collect();
    locks.sort_by(|left, right| (right.held_up, &left.lock).cmp(&(left.held_up, &right.lock)));
    locks.truncate(OWNERLESS);
    locks
}

fn writes(thread: &Thread, frames: &Frames) -> bool {
    let writing = |frame: &Frame| WRITING.iter().any(|mark| frame.method.starts_with(mark));
    thread.frames.iter().any(|id| writing(frames.get(*id)))
}

fn unseen(dump: &Dump, lock: u32, kind: LockKind, unlisted: bool) -> Unseen {
    let class = dump.locks.get(lock);
    let carriers = dump
        .threads
        .iter()
        .any(|thread| thread.carries.is_some() || thread.kind == ThreadKind::Virtual);
    if dump.ended == Some(false) {
        Unseen::Truncated
    } else if class.shared_class() {
        Unseen::Shared
    } else if kind == LockKind::Synchronizer && !dump.lists_synchronizers {
        Unseen::NotListed
    } else if class.class.contains("ReadWriteLock") {
        Unseen::Shared
    } else if carriers && !dump.shows_virtual {
        Unseen::MaybeVirtual
    } else if unlisted && kind == LockKind::Monitor {
        Unseen::Unlisted
    } else {
        Unseen::Released
    }
}

/// Threads that are inside the same method of the application that `waiter` was about to lock in, and not waiting for that
/// lock: one of them may own it. A lock for reading and writing is taken in several methods of one class, so there the class
/// decides.
fn candidates(
    dump: &Dump,
    waits: &Waits,
    doing: &[Doing],
    frames: &Frames,
    lock: u32,
    waiter: &Thread,
    shared: bool,
) -> Vec<usize> {
    let Some(own) = own_frame(waiter, frames).filter(|frame| frame.tag == Tag::App) else {
        return Vec::new();
    };
    let same = |frame: &Frame| match shared {
        true => frame.class() == own.class(),
        false => frame.same_method == own.same_method,
    };
    let inside = |index: &usize| {
        let thread = &dump.threads[*index];
        waits.wants[*index].is_none_or(|want| want.lock != lock)
            && doing[*index].activity != Activity::Idle
            && thread.frames.iter().any(|id| same(frames.get(*id)))
    };
    (0..dump.threads.len()).filter(inside).collect()
}
