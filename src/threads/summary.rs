//! One dump put together: the summary that a report shows.

use std::collections::BTreeMap;

use super::activity::Activity;
use super::classify::{Doing, classify, is_compiler, own_frame, request};
use super::deadlocks;
use super::dump::{Dump, Thread, ThreadKind};
use super::formats::java_release;
use super::frames::Frames;
use super::groups;
use super::library::Tag;
use super::ownerless::ownerless;
use super::pools;
use super::report::{
    CpuByKind, CrashedThread, DumpSummary, LockKind, ReferenceThread, RootBlocker, ThreadRef,
    WaitEdge,
};
use super::virtual_threads::virtual_threads;
use super::waits::Waits;

/// Root blockers kept in a report.
const BLOCKERS: usize = 50;
/// Edges of the wait-for graph kept in a report.
const EDGES: usize = 2000;
/// Waiters kept of a root blocker.
const WAITERS: usize = 10;
/// Frames kept of the thread that crashed.
const FRAMES: usize = 40;

/// A dump with what was concluded from it.
#[derive(Debug)]
pub(crate) struct Analysed {
    pub(crate) dump: Dump,
    pub(crate) waits: Waits,
    pub(crate) doing: Vec<Doing>,
    pub(crate) summary: DumpSummary,
}

/// Analyses one dump.
pub(crate) fn analyse(mut dump: Dump, frames: &Frames) -> Analysed {
    let waits = Waits::new(&mut dump, frames);
    let threads = dump.threads.iter().enumerate();
    let doing: Vec<Doing> = threads
        .map(|(index, thread)| classify(thread, waits.wants[index], frames))
        .collect();
    let summary = summarise(&dump, &waits, &doing, frames);
    Analysed {
        dump,
        waits,
        doing,
        summary,
    }
}

fn summarise(dump: &Dump, waits: &Waits, doing: &[Doing], frames: &Frames) -> DumpSummary {
    let count = |kind| dump.threads.iter().filter(|t| t.kind == kind).count() as u64;
    let mut by_state: BTreeMap<String, u64> = BTreeMap::new();
    for thread in dump.java() {
        *by_state.entry(thread.state.word().to_owned()).or_default() += 1;
    }
    let main = dump
        .threads
        .iter()
        .find(|t| t.name == "main" && t.kind == ThreadKind::Java);
    let thread_count = count(ThreadKind::Java);
    let incomplete_because = incomplete(dump, thread_count);
    let stacks = groups::distinct(dump, frames);
    DumpSummary {
        source: dump.source.clone(),
        line: dump.line,
        format: dump.format.to_owned(),
        taken: dump.taken,
        utc_offset_minutes: dump.utc_offset_minutes,
        joined: dump.joined.clone(),
        // Set once all dumps are known.
        process: 1,
        pid: dump.pid,
        vm: dump.vm.clone(),
        jvm_version: dump.version.clone(),
        java_release: dump.version.as_deref().and_then(java_release),
        elapsed_of_main: main.and_then(|main| main.elapsed),
        thread_count,
        virtual_count: count(ThreadKind::Virtual),
        vm_thread_count: count(ThreadKind::Vm),
        expected_count: dump.expected,
        by_state,
        crash: crash(dump, frames),
        deadlocks: deadlocks::deadlocks(dump, waits, frames),
        blockers: blockers(dump, waits, doing, frames),
        ownerless: ownerless(dump, waits, doing, frames),
        waits: edges(dump, waits),
        pools: pools::pools(dump, waits, doing),
        groups: groups::groups(dump, frames, doing, &stacks),
        call_tree: groups::call_tree(dump, frames, doing, &stacks),
        virtual_threads: virtual_threads(dump, frames, waits, doing),
        reference_threads: reference_threads(dump, waits, doing, frames),
        cpu: cpu_by_kind(dump, doing),
        heap: dump.heap.clone(),
        complete: incomplete_because.is_none(),
        incomplete_because,
    }
}

/// A thread as a report mentions it.
pub(crate) fn thread_ref(dump: &Dump, index: usize) -> ThreadRef {
    let thread = &dump.threads[index];
    let hex = |value: u64| format!("0x{value:x}");
    ThreadRef {
        name: thread.display(),
        at: dump.locate(thread),
        number: thread.number,
        tid: thread.tid.map(hex),
        nid: thread.nid.map(hex),
    }
}

fn crash(dump: &Dump, frames: &Frames) -> Option<CrashedThread> {
    let (error, at) = dump.error.clone()?;
    let index = dump.crashed.map(|index| index as usize);
    let thread = index.map(|index| &dump.threads[index]);
    let stack = thread.map_or(&[][..], |thread| &thread.frames[..]);
    let stack = || stack.iter().map(|id| frames.get(*id));
    Some(CrashedThread {
        error,
        at,
        thread: index.map(|index| thread_ref(dump, index)),
        frames: stack().take(FRAMES).map(|f| f.text.clone()).collect(),
        // Native code is nobody's: the application begins where Java does.
        frame: stack()
            .find(|frame| frame.tag == Tag::App && !frame.native && !frame.name().is_empty())
            .map(|frame| frame.text.clone()),
    })
}

fn incomplete(dump: &Dump, threads: u64) -> Option<String> {
    match dump.expected {
        Some(expected) if expected != threads => Some(crate::t!(
            "the VM listed {expected} Java threads, {threads} are in the dump",
            expected,
            threads
        )),
        _ if dump.ended == Some(false) => {
            Some(crate::t!("it ends before its last line: the file is cut"))
        }
        _ => None,
    }
}

fn cpu_by_kind(dump: &Dump, doing: &[Doing]) -> Option<CpuByKind> {
    let mut sums = CpuByKind::default();
    let mut any = false;
    // The serial collector has no threads of its own: it works in the VM thread.
    let collectors = doing.iter().any(|doing| doing.activity == Activity::Gc);
    for (thread, doing) in dump.threads.iter().zip(doing) {
        let Some(cpu) = thread.cpu else { continue };
        any = true;
        let sum = match doing.activity {
            Activity::Gc => &mut sums.gc,
            _ if !collectors && thread.name == "VM Thread" => &mut sums.gc,
            _ if is_compiler(&thread.name) => &mut sums.jit,
            _ if thread.kind == ThreadKind::Vm => &mut sums.vm,
            _ => &mut sums.java,
        };
        *sum = sum.saturating_add(cpu);
    }
    any.then_some(sums)
}

fn edges(dump: &Dump, waits: &Waits) -> Vec<WaitEdge> {
    let waiting = waits
        .wants
        .iter()
        .enumerate()
        .filter_map(|(index, want)| Some((index, (*want)?)));
    waiting
        .take(EDGES)
        .map(|(index, want)| {
            let owner = waits.behind[index].map(|owner| &dump.threads[owner as usize]);
            WaitEdge {
                from: dump.threads[index].line,
                name: dump.threads[index].display(),
                lock: dump.locks.get(want.lock).display(),
                to: owner.map(|thread| thread.line),
                owner: owner.map(Thread::display),
            }
        })
        .collect()
}

fn reference_threads(
    dump: &Dump,
    waits: &Waits,
    doing: &[Doing],
    frames: &Frames,
) -> Vec<ReferenceThread> {
    const NAMES: [&str; 4] = [
        "Finalizer",
        "Reference Handler",
        "Common-Cleaner",
        "Secondary finalizer",
    ];
    let works = |index: &usize| {
        let thread = &dump.threads[*index];
        let named = NAMES.contains(&thread.name.as_str()) || thread.name.starts_with("Cleaner-");
        let quiet = matches!(
            doing[*index].activity,
            Activity::Idle | Activity::Vm | Activity::Unknown
        );
        named
            && thread.kind == ThreadKind::Java
            && !quiet
            && !thread.frames.is_empty()
            && !waits_for_references(thread, frames)
    };
    (0..dump.threads.len())
        .filter(works)
        .map(|index| {
            let thread = &dump.threads[index];
            ReferenceThread {
                thread: thread_ref(dump, index),
                doing: doing[index].activity,
                frame: own_frame(thread, frames).map(|frame| frame.text.clone()),
                waits_for: waits.wants[index].map(|want| dump.locks.get(want.lock).display()),
                owner: waits.behind[index].map(|owner| dump.threads[owner as usize].display()),
            }
        })
        .collect()
}

/// `Reference$ReferenceHandler.run` waits in itself up to JDK 8.
fn waits_for_references(thread: &Thread, frames: &Frames) -> bool {
    thread.frames.iter().all(|id| {
        let class = frames.get(*id).class();
        class == "java.lang.Object"
            || class.starts_with("java.lang.ref.")
            || class == "java.lang.Thread"
            || class.starts_with("jdk.internal.")
    })
}

fn blockers(dump: &Dump, waits: &Waits, doing: &[Doing], frames: &Frames) -> Vec<RootBlocker> {
    let is_root = |index: &usize| {
        waits.held_up[*index] > 0 && waits.behind[*index].is_none() && !waits.in_circle[*index]
    };
    let mut roots: Vec<usize> = (0..dump.threads.len()).filter(is_root).collect();
    roots.sort_by_key(|index| (std::cmp::Reverse(waits.held_up[*index]), *index));
    roots.truncate(BLOCKERS);
    let mut lanes: Vec<Vec<u32>> = vec![Vec::new(); dump.threads.len()];
    for (index, owner) in waits.behind.iter().enumerate() {
        if let Some(owner) = owner {
            lanes[*owner as usize].push(index as u32);
        }
    }
    roots
        .into_iter()
        .map(|index| blocker(index, dump, waits, doing, frames, &lanes))
        .collect()
}

fn blocker(
    index: usize,
    dump: &Dump,
    waits: &Waits,
    doing: &[Doing],
    frames: &Frames,
    lanes: &[Vec<u32>],
) -> RootBlocker {
    let thread = &dump.threads[index];
    let mut by_lock: BTreeMap<u32, (u64, LockKind)> = BTreeMap::new();
    for waiter in &lanes[index] {
        if let Some(want) = waits.wants[*waiter as usize] {
            let weight = waits.held_up[*waiter as usize] + 1;
            by_lock.entry(want.lock).or_insert((0, want.kind)).0 += weight;
        }
    }
    let main = by_lock
        .iter()
        .max_by_key(|(lock, (count, _))| (*count, std::cmp::Reverse(**lock)));
    let (lock, kind) = main.map_or((None, LockKind::Monitor), |(lock, (_, kind))| {
        (Some(*lock), *kind)
    });
    let mut waiters = Vec::new();
    let mut pending: Vec<u32> = lanes[index].iter().rev().copied().collect();
    while let Some(waiter) = pending.pop() {
        if waiters.len() == WAITERS {
            break;
        }
        waiters.push(thread_ref(dump, waiter as usize));
        pending.extend(lanes[waiter as usize].iter().rev());
    }
    RootBlocker {
        thread: thread_ref(dump, index),
        held_up: waits.held_up[index],
        directly: lanes[index].len() as u64,
        lock: lock.map_or_else(String::new, |lock| dump.locks.get(lock).display()),
        lock_class: lock.map_or_else(String::new, |lock| dump.locks.get(lock).class.clone()),
        lock_kind: kind,
        doing: doing[index].activity,
        state: thread.state.word().to_owned(),
        call: doing[index].call.map(|id| frames.get(id).text.clone()),
        frame: own_frame(thread, frames).map(|frame| frame.text.clone()),
        request: request(thread, frames),
        waiters_at: lanes[index]
            .first()
            .and_then(|waiter| own_frame(&dump.threads[*waiter as usize], frames))
            .map(|frame| frame.text.clone()),
        waiters,
    }
}
