//! Joins a dump of HotSpot with a `Thread.dump_to_file` of the same process and moment. The first has the owners of
//! `java.util.concurrent` locks and the waits for class initialisation, the second the virtual threads that are not
//! mounted; a lock that a virtual thread holds and platform threads want is only in both together.
//!
//! The first names locks by address, the second by identity hash. A lock of one is a lock of the other when one thread
//! wants it in both, or holds the same classes of locks in the same order in both.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::dump::{Dump, LockUse, Thread, ThreadKind};
use super::moments::utc;
use super::process::processes;
use crate::finding::Locator;
use crate::time::SECOND;

/// Dumps further apart, in microseconds, show different moments.
const TOGETHER: i64 = 30 * SECOND;

/// Puts what only a dump to a file has into the HotSpot dump of the same moment, and drops the former. `dumps` are in
/// order of time and stay so.
pub(crate) fn join(dumps: Vec<Dump>) -> Vec<Dump> {
    if !dumps.iter().any(Dump::is_file) || dumps.iter().all(Dump::is_file) {
        return dumps;
    }
    let all: Vec<&Dump> = dumps.iter().collect();
    let mut partner: FxHashMap<usize, usize> = FxHashMap::default();
    for process in processes(&all) {
        for &file in process.iter().filter(|index| dumps[**index].is_file()) {
            let apart = |text: &usize| {
                let apart = (utc(&dumps[*text])? - utc(&dumps[file])?).abs();
                (apart <= TOGETHER).then_some((apart, *text))
            };
            let texts = process
                .iter()
                .filter(|text| !dumps[**text].shows_virtual && !partner.contains_key(*text));
            if let Some((_, text)) = texts.filter_map(apart).min() {
                partner.insert(text, file);
            }
        }
    }
    let mut dumps: Vec<Option<Dump>> = dumps.into_iter().map(Some).collect();
    let mut pairs: Vec<(usize, usize)> = partner.into_iter().collect();
    pairs.sort_unstable();
    for (text, file) in pairs {
        if let Some(file) = dumps[file].take()
            && let Some(text) = &mut dumps[text]
        {
            add(text, &file);
        }
    }
    dumps.into_iter().flatten().collect()
}

/// Adds the virtual threads of `file` to `text`.
fn add(text: &mut Dump, file: &Dump) {
    let by_number: FxHashMap<u64, usize> = text
        .threads
        .iter()
        .enumerate()
        .filter_map(|(index, thread)| Some((thread.number?, index)))
        .collect();
    // JDK 21 shows of a mounted virtual thread only its number, at its carrier.
    let carriers: FxHashMap<u64, u32> = text
        .threads
        .iter()
        .enumerate()
        .filter_map(|(index, thread)| Some((thread.carries?, index as u32)))
        .collect();
    let same = same_locks(text, file, &by_number);
    let source: Arc<str> = file.source.as_str().into();
    for other in file
        .threads
        .iter()
        .filter(|t| t.kind == ThreadKind::Virtual)
    {
        match other.number.and_then(|number| by_number.get(&number)) {
            // Mounted: HotSpot shows its stack but not its name.
            Some(&index) if text.threads[index].kind == ThreadKind::Virtual => {
                text.threads[index].name.clone_from(&other.name);
            }
            _ => {
                let mut thread = other.clone();
                thread.source = Some(source.clone());
                thread.carrier = thread
                    .number
                    .and_then(|number| carriers.get(&number).copied());
                for line in &mut thread.locks {
                    line.lock = line.lock.map(|lock| {
                        same.get(&lock).copied().unwrap_or_else(|| {
                            let lock = file.locks.get(lock);
                            text.locks
                                .object(lock.identity.as_bytes(), lock.class.as_bytes())
                        })
                    });
                }
                text.threads.push(thread);
            }
        }
    }
    text.shows_virtual = true;
    text.joined = Some(Locator::line(file.source.as_str(), file.line));
}

/// Locks of `file` as locks of `text`. What two threads contradict is left out: it changed hands in between.
fn same_locks(text: &Dump, file: &Dump, by_number: &FxHashMap<u64, usize>) -> FxHashMap<u32, u32> {
    let mut same: FxHashMap<u32, Option<u32>> = FxHashMap::default();
    let mut learn = |theirs: u32, ours: u32| {
        same.entry(theirs)
            .and_modify(|known| *known = known.filter(|known| *known == ours))
            .or_insert(Some(ours));
    };
    for other in &file.threads {
        let number = other.number.and_then(|number| by_number.get(&number));
        let Some(own) = number.map(|index| &text.threads[*index]) else {
            continue;
        };
        let class = |dump: &Dump, lock: u32| dump.locks.get(lock).class.clone();
        if let (Some(theirs), Some(ours)) = (wanted(other), wanted(own))
            && class(file, theirs) == class(text, ours)
        {
            learn(theirs, ours);
        }
        let (theirs, ours) = (held(other), held(own));
        let classes = |dump, locks: &[u32]| -> Vec<String> {
            locks.iter().map(|lock| class(dump, *lock)).collect()
        };
        if classes(file, &theirs) == classes(text, &ours) {
            theirs
                .into_iter()
                .zip(ours)
                .for_each(|(theirs, ours)| learn(theirs, ours));
        }
    }
    same.into_iter()
        .filter_map(|(theirs, ours)| Some((theirs, ours?)))
        .collect()
}

/// The lock that a thread waits for or on.
fn wanted(thread: &Thread) -> Option<u32> {
    let waits = |what| !matches!(what, LockUse::Locked | LockUse::Eliminated);
    let line = thread.locks.iter().find(|line| waits(line.what))?;
    line.lock
}

/// The monitors that a thread holds, from the top of its stack.
fn held(thread: &Thread) -> Vec<u32> {
    let locked = |what| what == LockUse::Locked;
    let lines = thread.locks.iter().filter(|line| locked(line.what));
    lines.filter_map(|line| line.lock).collect()
}
