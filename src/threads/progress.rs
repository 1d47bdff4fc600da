//! What changed between several dumps of one process, and what did not.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::activity::Activity;
use super::classify::{own_frame, request};
use super::dump::{Thread, ThreadKind};
use super::frames::Frames;
use super::pools::{counts_as_family, families, family};
use super::process::{Key, key};
use super::report::{CpuUse, FamilyGrowth, StuckThread};
use super::summary::{Analysed, thread_ref};
use crate::time::Stamp;

/// Dumps in a row with the same stack that make a thread stuck. Two prove little: a poll every second looks the same.
const DUMPS: usize = 3;
/// Stuck threads kept in a report.
const STUCK: usize = 200;
/// Consumers of processor time kept in a report.
const CPU: usize = 20;
/// Families kept in a report.
const FAMILIES: usize = 20;

/// First and last position of a run of dumps in which a thread stood on one stack, and that stack.
type Run = (usize, usize, Vec<u32>);

/// Threads that stayed on one stack until the last dump of their process and were not idle.
pub(crate) fn stuck(
    dumps: &[Analysed],
    processes: &[Vec<usize>],
    frames: &Frames,
) -> Vec<StuckThread> {
    let mut found = Vec::new();
    for process in processes.iter().filter(|process| process.len() >= DUMPS) {
        found.extend(stuck_in(dumps, process, frames));
    }
    found.sort_by(|left: &StuckThread, right| {
        let rank = |stuck: &StuckThread| (std::cmp::Reverse(stuck.dumps), stuck.doing);
        rank(left)
            .cmp(&rank(right))
            .then_with(|| order(left).cmp(&order(right)))
    });
    found.truncate(STUCK);
    found
}

fn order(stuck: &StuckThread) -> (String, String) {
    (stuck.thread.at.to_string(), stuck.thread.name.clone())
}

fn stuck_in(dumps: &[Analysed], process: &[usize], frames: &Frames) -> Vec<StuckThread> {
    let mut runs: FxHashMap<Key, Run> = FxHashMap::default();
    for (position, &index) in process.iter().enumerate() {
        for (at, thread) in dumps[index].dump.threads.iter().enumerate() {
            let doing = dumps[index].doing[at].activity;
            let moves = matches!(
                doing,
                Activity::Idle | Activity::Vm | Activity::Gc | Activity::Unknown
            );
            if thread.kind == ThreadKind::Vm || moves || thread.frames.is_empty() {
                continue;
            }
            let stack: Vec<u32> = thread
                .frames
                .iter()
                .map(|id| frames.get(*id).same)
                .collect();
            match runs.get_mut(&key(thread)) {
                Some((_, last, known)) if *last + 1 == position && *known == stack => {
                    *last = position
                }
                _ => {
                    runs.insert(key(thread), (position, position, stack));
                }
            }
        }
    }
    let Some(&last_dump) = process.last() else {
        return Vec::new();
    };
    let last = &dumps[last_dump];
    let mut found = Vec::new();
    for (at, thread) in last.dump.threads.iter().enumerate() {
        let Some((from, to, _)) = runs.get(&key(thread)) else {
            continue;
        };
        if *to + 1 != process.len() || to - from + 1 < DUMPS {
            continue;
        }
        let first = &dumps[process[*from]];
        let earlier = first
            .dump
            .threads
            .iter()
            .find(|other| key(other) == key(thread));
        let want = last.waits.wants[at];
        found.push(StuckThread {
            thread: thread_ref(&last.dump, at),
            dumps: (to - from + 1) as u64,
            span: span(earlier, thread, first.dump.taken, last.dump.taken),
            cpu: earlier.and_then(|earlier| thread.cpu?.checked_sub(earlier.cpu?)),
            doing: last.doing[at].activity,
            frame: own_frame(thread, frames).map(|frame| frame.text.clone()),
            waits_for: want.map(|want| last.dump.locks.get(want.lock).display()),
            owner: last.waits.behind[at].map(|owner| last.dump.threads[owner as usize].display()),
            request: request(thread, frames),
        });
    }
    found
}

fn span(
    first: Option<&Thread>,
    last: &Thread,
    from: Option<Stamp>,
    to: Option<Stamp>,
) -> Option<i64> {
    let elapsed = first.and_then(|first| last.elapsed?.checked_sub(first.elapsed?));
    elapsed.or_else(|| match (from?, to?) {
        (Stamp::Zoned(from), Stamp::Zoned(to)) | (Stamp::Local(from), Stamp::Local(to)) => {
            Some(to.lo.since(from.lo))
        }
        _ => None,
    })
}

/// Processor time between the first and the last dump of the last process; over the whole life for a single dump.
pub(crate) fn cpu(
    dumps: &[Analysed],
    processes: &[Vec<usize>],
    frames: &Frames,
    top: &BTreeMap<u64, f64>,
) -> Vec<CpuUse> {
    let Some(process) = processes.last() else {
        return Vec::new();
    };
    let with_cpu: Vec<usize> = process
        .iter()
        .copied()
        .filter(|index| dumps[*index].dump.threads.iter().any(|t| t.cpu.is_some()))
        .collect();
    let (Some(&first), Some(&last)) = (with_cpu.first(), with_cpu.last()) else {
        return Vec::new();
    };
    let earlier: FxHashMap<_, _> = match first == last {
        true => FxHashMap::default(),
        false => dumps[first]
            .dump
            .threads
            .iter()
            .map(|thread| (key(thread), thread))
            .collect(),
    };
    let analysed = &dumps[last];
    let mut uses: Vec<CpuUse> = Vec::new();
    let mut all: i64 = 0;
    for (at, thread) in analysed.dump.threads.iter().enumerate() {
        let (Some(cpu), Some(elapsed)) = (thread.cpu, thread.elapsed) else {
            continue;
        };
        let before = earlier
            .get(&key(thread))
            .and_then(|before| Some((before.cpu?, before.elapsed?)));
        let (cpu, elapsed) = before.map_or((cpu, elapsed), |(was, at)| (cpu - was, elapsed - at));
        if cpu <= 0 {
            continue;
        }
        all = all.saturating_add(cpu);
        uses.push(CpuUse {
            thread: thread_ref(&analysed.dump, at),
            cpu,
            elapsed,
            of_process: 0.0,
            top: thread.nid.and_then(|nid| top.get(&nid)).copied(),
            doing: analysed.doing[at].activity,
            frame: own_frame(thread, frames).map(|frame| frame.text.clone()),
        });
        if uses.len() >= CPU * 64 {
            keep_largest(&mut uses);
        }
    }
    keep_largest(&mut uses);
    for cpu in &mut uses {
        cpu.of_process = super::report::share(cpu.cpu as f64, all as f64);
    }
    uses
}

fn keep_largest(uses: &mut Vec<CpuUse>) {
    uses.sort_by(|left, right| {
        right
            .cpu
            .cmp(&left.cpu)
            .then_with(|| left.thread.at.to_string().cmp(&right.thread.at.to_string()))
    });
    uses.truncate(CPU);
}

/// Families whose size differs between the first and the last dump of a process.
pub(crate) fn growth(dumps: &[Analysed], processes: &[Vec<usize>]) -> Vec<FamilyGrowth> {
    let mut found = Vec::new();
    for process in processes.iter().filter(|process| process.len() > 1) {
        let counts: Vec<_> = process
            .iter()
            .map(|index| {
                let threads = dumps[*index].dump.threads.iter().enumerate();
                families(
                    threads
                        .filter(|(_, thread)| counts_as_family(thread))
                        .map(|(at, thread)| (at, family(&thread.name))),
                )
            })
            .collect();
        let names: std::collections::BTreeSet<&String> =
            counts.iter().flat_map(BTreeMap::keys).collect();
        for name in names {
            let sizes: Vec<u64> = counts
                .iter()
                .map(|families| families.get(name).map_or(0, |(count, _)| *count))
                .collect();
            if sizes.first() == sizes.last() {
                continue;
            }
            let last = (0..counts.len())
                .rev()
                .find_map(|at| Some((at, counts[at].get(name)?.1)));
            let Some((at, thread)) = last else { continue };
            let dump = &dumps[process[at]].dump;
            found.push(FamilyGrowth {
                name: name.clone(),
                counts: sizes,
                at: dump.locate(&dump.threads[thread]),
            });
        }
    }
    let grown = |family: &FamilyGrowth| {
        let (first, last) = (family.counts.first(), family.counts.last());
        last.copied().unwrap_or(0) as i64 - first.copied().unwrap_or(0) as i64
    };
    found.sort_by(|left, right| {
        grown(right)
            .cmp(&grown(left))
            .then_with(|| left.name.cmp(&right.name))
    });
    found.truncate(FAMILIES);
    found
}
