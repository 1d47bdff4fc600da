//! Virtual threads: what carries them, and what keeps them from being unmounted.

use super::activity::Activity;
use super::classify::{Doing, own_frame};
use super::dump::{Dump, State, Thread, ThreadKind};
use super::frames::Frames;
use super::report::{LockKind, Pin, PinnedThread, VirtualThreads};
use super::summary::thread_ref;
use super::waits::Waits;

/// The virtual threads of a dump; `None` when it shows none and no carrier.
pub(crate) fn virtual_threads(
    dump: &Dump,
    frames: &Frames,
    waits: &Waits,
    doing: &[Doing],
) -> Option<VirtualThreads> {
    let mut found = VirtualThreads::default();
    let mut any = false;
    let mut taken = 0;
    for (index, thread) in dump.threads.iter().enumerate() {
        if is_carrier(thread, frames) {
            any = true;
            found.carriers += 1;
            if thread.carries.is_some() || runs_continuation(thread, frames) {
                found.mounted += 1;
            }
        }
        if thread.kind != ThreadKind::Virtual {
            continue;
        }
        any = true;
        let class_wait = waits.wants[index].is_some_and(|want| want.kind == LockKind::ClassInit);
        match thread.carrier {
            Some(carrier) => {
                taken += 1;
                if let Some(because) = pin(thread, frames, class_wait, doing[index]) {
                    found.pinned.push(PinnedThread {
                        carrier: thread_ref(dump, carrier as usize),
                        number: thread.number,
                        because,
                        frame: own_frame(thread, frames).map(|frame| frame.text.clone()),
                    });
                }
            }
            None if matches!(
                thread.state,
                State::Blocked | State::Waiting | State::TimedWaiting
            ) =>
            {
                found.waiting += 1
            }
            None => {}
        }
    }
    found.exhausted =
        found.carriers > 0 && taken >= found.carriers && found.pinned.len() as u64 == taken;
    any.then_some(found)
}

/// A worker of the scheduler of virtual threads: it runs a continuation, or is a worker of the pool that does.
fn is_carrier(thread: &Thread, frames: &Frames) -> bool {
    thread.kind == ThreadKind::Java
        && (thread.carries.is_some() || runs_continuation(thread, frames))
}

fn runs_continuation(thread: &Thread, frames: &Frames) -> bool {
    thread
        .frames
        .iter()
        .any(|id| frames.get(*id).method == "java.lang.VirtualThread.runContinuation")
}

/// Why a mounted virtual thread that waits was not unmounted; `None` when it runs.
fn pin(thread: &Thread, frames: &Frames, class_wait: bool, doing: Doing) -> Option<Pin> {
    let stack = || thread.frames.iter().map(|id| frames.get(*id));
    let parked = stack().any(|frame| {
        frame
            .method
            .starts_with("java.lang.VirtualThread.parkOnCarrierThread")
    });
    let waits = class_wait || parked || doing.activity.waits();
    if !waits {
        return None;
    }
    if class_wait || stack().any(|frame| frame.name() == "<clinit>") {
        return Some(Pin::ClassInit);
    }
    if !thread.locks.is_empty() {
        return Some(Pin::Monitor);
    }
    // The frames above the first of the continuation are native only at the top when nothing is wrong.
    let native = stack().skip(1).any(|frame| frame.native);
    match native && doing.activity != Activity::Run {
        true => Some(Pin::Native),
        false => Some(Pin::Unknown),
    }
}
