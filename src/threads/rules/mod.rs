//! The rules of the threads room: one file a rule.

mod class_loading;
mod convoy;
mod cpu;
mod crashed;
mod deadlock;
mod explicit_gc;
mod finalizer;
mod gc_threads;
mod growth;
mod heap_full;
mod incomplete;
mod logging;
mod many_threads;
mod ownerless;
mod pinned;
mod pool_busy;
mod pool_wait;
mod root_blocker;
mod stuck;
mod upgrade;

use std::collections::BTreeMap;

use super::Options;
use super::report::{DumpSummary, ThreadsReport};
use crate::finding::{Rule, Severity};
use crate::t;
use crate::time::{Moment, Stamp};

/// What the rules judge.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    pub(super) report: &'a ThreadsReport,
    pub(super) options: &'a Options,
}

/// A rule over [`Facts`].
pub(super) type ThreadsRule = dyn for<'a> Rule<Facts<'a>>;

/// All rules, causes before effects.
pub(super) const RULES: &[&ThreadsRule] = &[
    &crashed::CRASHED,
    &deadlock::DEADLOCK,
    &logging::LOGGING,
    &class_loading::CLASS_LOADING,
    &explicit_gc::EXPLICIT_GC,
    &root_blocker::ROOT_BLOCKER,
    &convoy::CONVOY,
    &upgrade::UPGRADE,
    &pinned::PINNED,
    &pool_wait::POOL_WAIT,
    &finalizer::FINALIZER,
    &ownerless::OWNERLESS,
    &pool_busy::POOL_BUSY,
    &stuck::STUCK,
    &cpu::CPU,
    &heap_full::HEAP_FULL,
    &gc_threads::GC_THREADS,
    &growth::GROWTH,
    &many_threads::MANY_THREADS,
    &incomplete::INCOMPLETE,
];

/// Position of a rule in the list: causes stand before effects.
pub(super) fn rank(id: &str) -> usize {
    RULES
        .iter()
        .position(|rule| rule.meta().id == id)
        .unwrap_or(RULES.len())
}

/// First and last moment of `dumps`, when all have a zone.
fn when<'a>(dumps: impl Iterator<Item = &'a DumpSummary>) -> Option<(Moment, Moment)> {
    let moments: Option<Vec<Moment>> = dumps
        .map(|dump| dump.taken.and_then(Stamp::zoned))
        .collect();
    let moments = moments?;
    let first = moments.iter().min_by_key(|moment| moment.lo)?;
    let last = moments.iter().max_by_key(|moment| moment.hi)?;
    Some((*first, *last))
}

/// ` (in 3 of 4 dumps)`, nothing for a single dump.
fn in_dumps(seen: usize, all: usize) -> String {
    match all {
        0 | 1 => String::new(),
        _ => t!(" (in {seen} of {all} dumps)", seen, all),
    }
}

/// Groups what several dumps show by a key, in order of first appearance of the largest: key → dumps and items.
fn over_dumps<'a, T: 'a, K: Ord>(
    report: &'a ThreadsReport,
    items: impl Fn(&'a DumpSummary) -> Vec<&'a T>,
    key: impl Fn(&T) -> K,
) -> BTreeMap<K, Vec<(&'a DumpSummary, &'a T)>> {
    let mut groups: BTreeMap<K, Vec<(&DumpSummary, &T)>> = BTreeMap::new();
    for dump in &report.dumps {
        for item in items(dump) {
            groups.entry(key(item)).or_default().push((dump, item));
        }
    }
    groups
}

/// `thread` or `threads`.
fn threads(count: u64) -> String {
    match count {
        1 => t!("thread"),
        _ => t!("threads"),
    }
}

/// The more a rule's subject matters, the larger the number.
fn severity_by(count: u64, medium: u64, high: u64) -> Severity {
    match count {
        _ if count >= high => Severity::High,
        _ if count >= medium => Severity::Medium,
        _ => Severity::Low,
    }
}

/// "waits for a lock" of one thread as "wait for a lock" of many.
fn plural(words: &str) -> String {
    let (verb, rest) = words.split_once(' ').unwrap_or((words, ""));
    let verb = match verb {
        "does" => "do",
        _ => verb.strip_suffix('s').unwrap_or(verb),
    };
    let rest = rest.replace("or writes ", "or write ");
    format!("{verb} {rest}").trim_end().to_owned()
}
