//! Virtual threads: what carries them, and what keeps them from being unmounted.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::activity::Activity;
use super::classify::{Doing, own_frame};
use super::dump::{Dump, State, Thread, ThreadKind};
use super::formats::java_release;
use super::frames::Frames;
use super::report::{LockKind, ThreadRef};
use super::summary::thread_ref;
use super::waits::Waits;
use crate::finding::Locator;

/// Virtual threads and what carries them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VirtualThreads {
    /// Carrier threads in the dump.
    pub carriers: u64,
    /// Carriers with a virtual thread mounted.
    pub mounted: u64,
    /// Mounted virtual threads that wait and yet keep their carrier: pinned.
    pub pinned: Vec<PinnedThread>,
    /// Virtual threads that are not mounted and wait for a lock or a condition.
    pub waiting: u64,
    /// Whether a pinned virtual thread keeps every carrier of the dump. The scheduler may still be free to start more.
    pub exhausted: bool,
}

/// A virtual thread that keeps its carrier although it waits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PinnedThread {
    /// The virtual thread.
    pub thread: ThreadRef,
    /// Its carrier, where the dump says which.
    pub carrier: Option<ThreadRef>,
    /// Why it cannot be unmounted.
    pub because: Pin,
    /// The topmost frame of the application.
    pub frame: Option<String>,
}

/// What pins a virtual thread to its carrier (JEP 444, JEP 491).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Pin {
    /// A class initialiser on its stack, or waiting for one.
    ClassInit,
    /// A native frame on its stack.
    Native,
    /// A monitor held (before JDK 24).
    Monitor,
    /// It waits inside the VM and the stack does not say why it was not unmounted.
    Unknown,
}

/// Figures of a virtual thread scheduler.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SchedulerState {
    /// Where it stands.
    pub at: Locator,
    /// Wanted number of carriers.
    pub parallelism: u64,
    /// Carriers that exist.
    pub size: u64,
    /// Carriers that run or steal tasks.
    pub active: u64,
    /// Carriers that are not blocked.
    pub running: u64,
    /// Tasks in the queues of the carriers.
    pub queued: u64,
    /// Tasks that no carrier took yet.
    pub submissions: u64,
    /// Timers.
    pub delayed: u64,
}

/// The virtual threads of a dump; `None` when it shows none and no carrier.
pub(crate) fn virtual_threads(
    dump: &Dump,
    frames: &Frames,
    waits: &Waits,
    doing: &[Doing],
) -> Option<VirtualThreads> {
    let mut found = VirtualThreads::default();
    let mut any = false;
    let monitors_pin = monitors_pin(dump);
    let pool = dump
        .threads
        .iter()
        .find(|thread| is_mounted(thread, frames))
        .map(pool);
    let waits_for_class =
        |index: usize| waits.wants[index].is_some_and(|want| want.kind == LockKind::ClassInit);
    for (index, thread) in dump.threads.iter().enumerate() {
        if is_mounted(thread, frames) {
            any = true;
            found.carriers += 1;
            found.mounted += 1;
            // JDK 21 writes this wait of a virtual thread, and nothing else of it, below its carrier.
            if waits_for_class(index) && !carries_listed(dump, index) {
                let mut virtual_thread = thread_ref(dump, index);
                virtual_thread.number = thread.carries;
                found.pinned.push(PinnedThread {
                    thread: virtual_thread,
                    carrier: Some(thread_ref(dump, index)),
                    because: Pin::ClassInit,
                    frame: None,
                });
            }
        } else if thread.kind == ThreadKind::Java && pool == Some(self::pool(thread)) {
            found.carriers += 1;
        }
        if thread.kind != ThreadKind::Virtual {
            continue;
        }
        any = true;
        let class_wait = waits_for_class(index)
            || thread
                .carrier
                .is_some_and(|at| waits_for_class(at as usize));
        // JDK 21 does not say which thread carries it; that it is parked on one is in its stack.
        if thread.carrier.is_some() || parks_on_carrier(thread, frames) {
            let because = pin(
                thread,
                frames,
                class_wait,
                doing[index].activity,
                monitors_pin,
            );
            if let Some(because) = because {
                found.pinned.push(PinnedThread {
                    thread: thread_ref(dump, index),
                    carrier: thread.carrier.map(|at| thread_ref(dump, at as usize)),
                    because,
                    frame: own_frame(thread, frames).map(|frame| frame.text.clone()),
                });
            }
        } else if matches!(
            thread.state,
            State::Blocked | State::Waiting | State::TimedWaiting
        ) {
            found.waiting += 1;
        }
    }
    found.exhausted = found.carriers > 0 && found.pinned.len() as u64 >= found.carriers;
    any.then_some(found)
}

/// Whether a virtual thread that holds or wants a monitor keeps its carrier: JEP 491 ended that with JDK 24.
fn monitors_pin(dump: &Dump) -> bool {
    let release = dump.version.as_deref().and_then(java_release);
    release.is_some_and(|release| release < 24)
}

/// Virtual threads that are parked on their carriers because of a monitor that they hold and the dump does not list.
pub(crate) fn unlisted_owners(dump: &Dump, frames: &Frames) -> Vec<usize> {
    if !monitors_pin(dump) {
        return Vec::new();
    }
    let owns = |thread: &Thread| {
        thread.locks.is_empty()
            && parks_on_carrier(thread, frames)
            && pin(thread, frames, false, Activity::Monitor, true) == Some(Pin::Monitor)
    };
    let threads = dump.threads.iter().enumerate();
    threads
        .filter(|(_, thread)| thread.kind == ThreadKind::Virtual && owns(thread))
        .map(|(index, _)| index)
        .collect()
}

/// A carrier with a virtual thread mounted.
fn is_mounted(thread: &Thread, frames: &Frames) -> bool {
    thread.kind == ThreadKind::Java
        && (thread.carries.is_some() || runs_continuation(thread, frames))
}

fn carries_listed(dump: &Dump, carrier: usize) -> bool {
    let mut threads = dump.threads.iter();
    threads.any(|thread| thread.carrier == Some(carrier as u32))
}

/// The name of the pool of a worker: `ForkJoinPool-1-worker` of `ForkJoinPool-1-worker-3`.
fn pool(thread: &Thread) -> &str {
    thread.name.trim_end_matches(|c: char| c.is_ascii_digit())
}

fn runs_continuation(thread: &Thread, frames: &Frames) -> bool {
    thread
        .frames
        .iter()
        .any(|id| frames.get(*id).method == "java.lang.VirtualThread.runContinuation")
}

fn parks_on_carrier(thread: &Thread, frames: &Frames) -> bool {
    thread.frames.iter().any(|id| {
        let method = &frames.get(*id).method;
        method.starts_with("java.lang.VirtualThread.parkOnCarrierThread")
    })
}

/// Why a mounted virtual thread that waits was not unmounted; `None` when it runs.
fn pin(
    thread: &Thread,
    frames: &Frames,
    class_wait: bool,
    activity: Activity,
    monitors_pin: bool,
) -> Option<Pin> {
    let stack = || thread.frames.iter().map(|id| frames.get(*id));
    if !(class_wait || parks_on_carrier(thread, frames) || activity.waits()) {
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
    Some(match native && activity != Activity::Run {
        true => Pin::Native,
        // There is no other reason, and JDK 21 does not list monitors.
        false if monitors_pin => Pin::Monitor,
        false => Pin::Unknown,
    })
}
