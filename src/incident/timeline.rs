//! What happened, in order of time: the turning points of all sources on one clock.

use std::collections::BTreeMap;

use super::case::{Case, gc_locator, quote};
use super::facts::access;
use super::placed::Placed;
use super::report::Entry;
use crate::events::What;
use crate::finding::{Evidence, Locator, Severity};
use crate::t;
use crate::text::{bytes, duration};
use crate::time::Moment;

/// The turning points of all lives.
pub(super) fn merge(cases: &[Case<'_>]) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (index, case) in cases.iter().enumerate() {
        let number = index as u64 + 1;
        let from = entries.len();
        from_lives(case, number, &mut entries);
        from_gc(case, &mut entries);
        from_dumps(case, &mut entries);
        from_access(case, &mut entries);
        from_events(case, &mut entries);
        for entry in &mut entries[from..] {
            entry.life = Some(number);
        }
    }
    entries.sort_by_key(|entry| (entry.at.lo, entry.at.hi));
    entries
}

fn entry(at: Moment, severity: Severity, statement: String, evidence: Evidence) -> Entry {
    Entry {
        at,
        until: None,
        life: None,
        statement,
        severity,
        evidence,
    }
}

fn from_lives(case: &Case<'_>, number: u64, entries: &mut Vec<Entry>) {
    let place = case
        .gc()
        .map(|gc| gc.first.clone())
        .or_else(|| case.container()?.locators.first().cloned());
    if let (Some(started), Some(place)) = (case.life.started, place) {
        let statement = t!("life {number} of the JVM begins", number);
        let evidence = Evidence::new(statement.clone(), place);
        entries.push(entry(started, Severity::Info, statement, evidence));
    }
    let place = case.container().and_then(|life| life.locators.last());
    if let (Some(ended), Some(place), Some(life)) = (case.life.ended, place, case.container()) {
        let end = life.end.clone().unwrap_or_default();
        let statement = match (end.exit_code, end.reason) {
            (Some(code), Some(reason)) => t!(
                "life {number} ends: exit code {code}, reason {reason}",
                number,
                code,
                reason
            ),
            (Some(code), None) => t!("life {number} ends: exit code {code}", number, code),
            (None, Some(reason)) => t!("life {number} ends: {reason}", number, reason),
            (None, None) => t!("life {number} ends, exit code not recorded", number),
        };
        let evidence = Evidence::new(statement.clone(), place.clone());
        entries.push(entry(ended, Severity::Critical, statement, evidence));
    }
}

fn from_gc(case: &Case<'_>, entries: &mut Vec<Entry>) {
    let Some(gc) = case.gc() else { return };
    let Some(spiral) = &gc.spiral else { return };
    let stages = [
        (
            spiral.pressure,
            Severity::Low,
            t!("the heap stays more than 85 % full after collections"),
        ),
        (
            spiral.onset,
            Severity::High,
            t!("the death spiral begins: the collector takes a quarter of the time or more"),
        ),
        (
            spiral.point_of_no_return,
            Severity::Critical,
            t!("point of no return: collections free less than they cost"),
        ),
        (
            spiral.collapse,
            Severity::Critical,
            t!("collapse: the collector takes nearly all the time"),
        ),
    ];
    for (at, severity, statement) in stages {
        let Some(at) = at else { continue };
        let Some(moment) = case.gc_time(gc, at) else {
            continue;
        };
        let evidence = Evidence::new(spiral.summary.clone(), gc_locator(gc, at));
        entries.push(entry(moment, severity, statement, evidence));
    }
}

fn from_dumps(case: &Case<'_>, entries: &mut Vec<Entry>) {
    for (dump, at) in &case.dumps {
        let Some(at) = *at else { continue };
        let (severity, statement) = match dump.deadlocks.first() {
            Some(deadlock) => (
                Severity::High,
                t!(
                    "thread dump: deadlock of {count} threads, {victims} wait behind them",
                    count = deadlock.threads.len(),
                    victims = deadlock.victims
                ),
            ),
            None => (
                Severity::Info,
                t!("thread dump: {count} threads", count = dump.thread_count),
            ),
        };
        let place = Locator::line(dump.source.clone(), dump.line);
        let evidence = Evidence::new(statement.clone(), place);
        entries.push(entry(at, severity, statement, evidence));
    }
    for heap in case.heaps() {
        let Some(taken) = heap.taken else { continue };
        let statement = t!(
            "heap dump: {size} reachable",
            size = bytes(heap.reachable_bytes)
        );
        let evidence = Evidence::new(statement.clone(), Locator::whole(heap.source.clone()));
        let at = Moment::truncated(taken, 1000);
        entries.push(entry(at, Severity::Info, statement, evidence));
    }
}

fn from_access(case: &Case<'_>, entries: &mut Vec<Entry>) {
    for (severity, observed) in [
        (Severity::Medium, case.see(access::slowed_down)),
        (Severity::High, case.see(access::service_stopped)),
    ] {
        let Some(fact) = observed.fact() else {
            continue;
        };
        let (Some(at), Some(evidence)) = (fact.at, fact.evidence.first()) else {
            continue;
        };
        entries.push(entry(
            at,
            severity,
            fact.statement.clone(),
            evidence.clone(),
        ));
    }
}

/// Each kind of event once a life, with its count and its last time.
fn from_events(case: &Case<'_>, entries: &mut Vec<Entry>) {
    let mut kinds: BTreeMap<String, Vec<&Placed<'_>>> = BTreeMap::new();
    for placed in &case.events {
        if let (Some(_), Some((_, words))) = (placed.at, told(placed.what())) {
            kinds.entry(words).or_default().push(placed);
        }
    }
    for (words, group) in kinds {
        let [first, ..] = group.as_slice() else {
            continue;
        };
        let (Some(at), Some((severity, _))) = (first.at, told(first.what())) else {
            continue;
        };
        let count: u64 = group.iter().map(|placed| placed.count).sum();
        let statement = match count {
            1 => words,
            _ => t!("{words} ({count} times)", words, count),
        };
        let mut entry = entry(at, severity, statement, quote(first.event));
        let last = group
            .iter()
            .filter_map(|placed| placed.last())
            .max_by_key(|at| at.hi);
        entry.until = last.filter(|last| last.lo > at.hi);
        entries.push(entry);
    }
}

/// How an event stands in the timeline; `None` for those that explain nothing.
fn told(what: &What) -> Option<(Severity, String)> {
    Some(match what {
        What::ServerStarted { took, .. } => (
            Severity::Info,
            match took {
                Some(took) => t!("the server is up, after {took}", took = duration(*took)),
                None => t!("the server is up"),
            },
        ),
        What::ServerStopping { .. } => (Severity::Info, t!("the server begins to shut down")),
        What::ServerStartFailed { .. } => {
            (Severity::Critical, t!("the start of the server failed"))
        }
        What::OutOfMemoryError { variant, .. } => (
            Severity::Critical,
            t!("OutOfMemoryError: {kind}", kind = variant.words()),
        ),
        What::HeapDumpBegun { .. } => (Severity::Medium, t!("the JVM begins a heap dump")),
        What::HeapDumpFinished { took, .. } => (
            Severity::Info,
            t!(
                "the heap dump is finished, after {took}",
                took = duration(*took)
            ),
        ),
        What::ProbeFailed { probe, why } => (
            Severity::High,
            t!("{probe}: {why}", probe = probe.word(), why = why.words()),
        ),
        What::KillOrdered { .. } => (Severity::Critical, t!("the supervisor orders the kill")),
        What::OomKilled | What::KernelOomKill(_) | What::NodeOom { .. } => {
            (Severity::Critical, t!("killed for memory"))
        }
        What::Evicted { .. } => (Severity::Critical, t!("the pod is evicted")),
        What::JvmTerminating { .. } => (Severity::Critical, t!("the JVM ends itself")),
        What::JvmCrash { error, .. } => (Severity::Critical, t!("the JVM crashes: {error}", error)),
        What::MountFailed { .. } => (Severity::High, t!("a volume cannot be mounted")),
        What::StorageLost { .. } => (Severity::High, t!("storage does not answer")),
        What::StorageFull => (Severity::High, t!("no space left on a device")),
        What::NodeNotReady | What::NodeRebooted | What::NodePressure { .. } => {
            (Severity::High, t!("trouble on the node"))
        }
        What::BackOff => (
            Severity::Medium,
            t!("the supervisor waits before the next restart"),
        ),
        What::PoolExhausted(_) => (Severity::High, t!("a connection pool has nothing to give")),
        What::ConnectionFailed { .. } => (Severity::High, t!("a dependency does not answer")),
        What::HousekeeperStarved { delta } => (
            Severity::High,
            t!(
                "HikariCP measured {delta} between two runs of its housekeeper",
                delta = duration(*delta)
            ),
        ),
        What::WorkersBusy { .. } => (Severity::High, t!("all request threads are busy")),
        What::Scaled => (
            Severity::Info,
            t!("a controller changes the number of pods"),
        ),
        _ => return None,
    })
}
