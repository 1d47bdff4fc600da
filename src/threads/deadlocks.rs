//! Deadlocks: the circles we found, reconciled with the VM's own section, each counted once.

use super::classify::own_frame;
use super::dump::{Dump, Thread, VmDeadlock};
use super::frames::Frames;
use super::report::{Deadlock, DeadlockedThread, LockKind, ThreadRef};
use super::summary::thread_ref;
use super::waits::Waits;
use crate::finding::{Confidence, Locator};

/// All deadlocks of a dump: ours in the order of the dump, then those that only the VM saw.
pub(crate) fn deadlocks(dump: &Dump, waits: &Waits, frames: &Frames) -> Vec<Deadlock> {
    let mut unmatched: Vec<&VmDeadlock> = dump
        .vm_deadlocks
        .iter()
        .filter(|deadlock| !deadlock.members.is_empty())
        .collect();
    let mut found: Vec<Deadlock> = waits
        .circles
        .iter()
        .map(|circle| {
            let same = unmatched
                .iter()
                .position(|deadlock| is_same(dump, waits, circle, deadlock));
            let reported = same.map(|position| unmatched.remove(position)).is_some();
            ours(dump, waits, frames, circle, reported)
        })
        .collect();
    found.extend(
        unmatched
            .into_iter()
            .map(|deadlock| vm_only(dump, deadlock, frames)),
    );
    found
}

/// Every member of our circle is one of the VM's and wants the same lock. The VM up to JDK 6 also lists a thread that
/// only leads into the circle.
fn is_same(dump: &Dump, waits: &Waits, circle: &[u32], deadlock: &VmDeadlock) -> bool {
    circle.iter().all(|index| {
        let name = &dump.threads[*index as usize].name;
        let lock = waits.wants[*index as usize].map(|want| want.lock);
        deadlock
            .members
            .iter()
            .any(|member| member.name == *name && member.wants == lock)
    })
}

fn ours(
    dump: &Dump,
    waits: &Waits,
    frames: &Frames,
    circle: &[u32],
    reported_by_vm: bool,
) -> Deadlock {
    let wanted = |index: &u32| waits.wants[*index as usize].map(|want| want.lock);
    let wants: Vec<u32> = circle.iter().filter_map(wanted).collect();
    let class_init = circle.iter().any(|index| {
        waits.wants[*index as usize].is_some_and(|want| want.kind == LockKind::ClassInit)
    });
    let inferred = circle
        .iter()
        .any(|index| waits.wants[*index as usize].is_some_and(|want| want.inferred));
    let disputed = wants
        .iter()
        .any(|lock| waits.disputed.get(*lock as usize) == Some(&true));
    let confidence = if reported_by_vm {
        Confidence::Confirmed
    } else if disputed {
        Confidence::Possible
    } else if class_init && !inferred {
        Confidence::Confirmed
    } else {
        // The VM searches for circles of monitors and owned synchronizers itself; that it has none here means that the
        // dump is cut, or that its threads were not recorded at one moment.
        Confidence::Likely
    };
    let member = |index: &u32| {
        let thread = &dump.threads[*index as usize];
        let want = waits.wants[*index as usize];
        let held = waits.holds[*index as usize]
            .iter()
            .filter(|lock| wants.contains(lock));
        DeadlockedThread {
            thread: thread_ref(dump, *index as usize),
            waits_for: want.map_or(LockKind::Monitor, |want| want.kind),
            lock_class: want
                .map_or_else(String::new, |want| dump.locks.get(want.lock).class.clone()),
            address: want.map_or_else(String::new, |want| {
                dump.locks.get(want.lock).identity.clone()
            }),
            holds: held.map(|lock| dump.locks.get(*lock).display()).collect(),
            top_frame: top_frame(thread, frames),
        }
    };
    // Every member already counts the one before it once it is added up; only those from outside are victims.
    let victims = circle
        .iter()
        .map(|index| waits.held_up[*index as usize])
        .sum();
    Deadlock {
        threads: circle.iter().map(member).collect(),
        reported_by_vm,
        confidence,
        victims,
    }
}

fn top_frame(thread: &Thread, frames: &Frames) -> Option<String> {
    own_frame(thread, frames).map(|frame| frame.text.clone())
}

/// A deadlock of the VM's section whose stacks are missing or say something else.
fn vm_only(dump: &Dump, deadlock: &VmDeadlock, frames: &Frames) -> Deadlock {
    let threads = deadlock.members.iter().map(|member| {
        let index = dump
            .threads
            .iter()
            .position(|thread| thread.name == member.name);
        let lock = member.wants.map(|lock| dump.locks.get(lock));
        let holds = deadlock
            .members
            .iter()
            .filter(|other| other.holder.as_ref() == Some(&member.name));
        let unlisted = || ThreadRef {
            name: member.name.clone(),
            at: Locator::line(dump.source.as_str(), deadlock.line),
            number: None,
            tid: None,
            nid: None,
        };
        DeadlockedThread {
            thread: index.map_or_else(unlisted, |index| thread_ref(dump, index)),
            waits_for: match lock.is_some_and(super::dump::Lock::exclusive_class) {
                true => LockKind::Synchronizer,
                false => LockKind::Monitor,
            },
            lock_class: lock.map_or_else(String::new, |lock| lock.class.clone()),
            address: lock.map_or_else(String::new, |lock| lock.identity.clone()),
            holds: holds
                .filter_map(|other| Some(dump.locks.get(other.wants?).display()))
                .collect(),
            top_frame: index.and_then(|index| top_frame(&dump.threads[index], frames)),
        }
    });
    Deadlock {
        threads: threads.collect(),
        reported_by_vm: true,
        confidence: Confidence::Confirmed,
        victims: 0,
    }
}
