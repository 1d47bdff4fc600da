//! What thread dumps show about a life.

use std::collections::BTreeMap;

use super::{Fact, Observed, access, events};
use crate::finding::{Evidence, Locator};
use crate::incident::case::Case;
use crate::incident::needs::Need;
use crate::t;
use crate::text::percent;
use crate::threads::{Activity, CpuUse, Deadlock, DumpSummary, PoolKind, PoolUse, RootBlocker};
use crate::time::Moment;

/// A request pool this busy has nothing left for the next request (`--pool-busy-pct` of `diag threads`).
const BUSY: f64 = 0.85;
/// A lock that holds up this share of the request pool explains a stand-still.
const CONVOY: f64 = 0.30;
/// Threads in one process beyond which limits of the system come near.
const MANY_THREADS: u64 = 2000;

type Dump<'a> = (&'a DumpSummary, Option<Moment>);

fn needs_dumps<'a>(case: &Case<'a>, fact: impl FnOnce(&[Dump<'a>]) -> Option<Fact>) -> Observed {
    match case.dumps.is_empty() {
        true => Observed::Unknown(Need::ThreadDump),
        false => Observed::when(fact(&case.dumps)),
    }
}

/// The worst deadlock of this life: most threads inside and behind it.
pub(in crate::incident) fn worst_deadlock<'a>(case: &Case<'a>) -> Option<(Dump<'a>, &'a Deadlock)> {
    let all = case.dumps.iter().flat_map(|dump| {
        dump.0
            .deadlocks
            .iter()
            .map(move |deadlock| (*dump, deadlock))
    });
    // The first among equals: the earliest dump.
    all.rev()
        .max_by_key(|(_, deadlock)| deadlock.victims + deadlock.threads.len() as u64)
}

/// A dump shows threads that wait for each other in a circle.
pub(in crate::incident) fn deadlock(case: &Case<'_>) -> Observed {
    needs_dumps(case, |_| {
        let ((dump, _), deadlock) = worst_deadlock(case)?;
        let names: Vec<String> = deadlock
            .threads
            .iter()
            .map(|member| format!("\"{}\"", member.thread.name))
            .collect();
        let statement = t!(
            "deadlock: {names} wait for each other, {victims} more threads wait behind them",
            names = names.join(", "),
            victims = deadlock.victims
        );
        let evidence = deadlock
            .threads
            .iter()
            .map(|member| {
                let wants = t!(
                    "\"{thread}\" waits for {class} and holds {held}",
                    thread = member.thread.name,
                    class = member.lock_class,
                    held = member.holds.join(", ")
                );
                Evidence::new(wants, member.thread.at.clone())
            })
            .collect();
        let at = began(case, |dump| !dump.deadlocks.is_empty()).or(taken(case, dump));
        Some(Fact {
            at,
            statement,
            evidence,
        })
    })
}

/// At least two dumps show it.
pub(in crate::incident) fn deadlock_lasts(case: &Case<'_>) -> Observed {
    needs_dumps(case, |dumps| {
        let with: Vec<_> = dumps
            .iter()
            .filter(|(dump, _)| !dump.deadlocks.is_empty())
            .collect();
        let [first, .., last] = with.as_slice() else {
            return None;
        };
        let statement = t!("{count} dumps in a row show it", count = with.len());
        let place = Locator::line(last.0.source.clone(), last.0.line);
        Some(Fact::new(
            first.1,
            statement.clone(),
            Evidence::new(statement, place),
        ))
    })
}

/// The dumps that can show the trouble: not those of which all is known to have been before it began.
fn in_trouble<'a>(case: &Case<'a>) -> Vec<Dump<'a>> {
    let signs = [
        case.see(events::probes_timed_out),
        case.see(access::service_stopped),
    ];
    let began = signs.iter().filter_map(|sign| sign.fact()?.at);
    let Some(began) = began.min_by_key(|at| at.lo) else {
        return case.dumps.clone();
    };
    let dumps = case.dumps.iter();
    let late = dumps.filter(|(_, taken)| taken.is_none_or(|taken| taken.hi >= began.lo));
    late.copied().collect()
}

/// Whole dumps of this life, taken when it was in trouble, show no circle.
pub(in crate::incident) fn no_deadlock(case: &Case<'_>) -> Observed {
    let dumps = in_trouble(case);
    if dumps.is_empty() {
        return Observed::Unknown(Need::ThreadDump);
    }
    needs_dumps(case, |_| {
        let clean = dumps
            .iter()
            .all(|(dump, _)| dump.deadlocks.is_empty() && dump.complete);
        let (dump, at) = dumps.first()?;
        let statement = t!("{count} thread dumps show no deadlock", count = dumps.len());
        let place = Locator::line(dump.source.clone(), dump.line);
        clean.then(|| Fact::new(*at, statement.clone(), Evidence::new(statement, place)))
    })
}

/// The largest request pool of the last dump.
pub(in crate::incident) fn request_pool<'a>(case: &Case<'a>) -> Option<&'a PoolUse> {
    let pools = case
        .dumps
        .iter()
        .rev()
        .map(|(dump, _)| request_pool_of(dump));
    pools.flatten().next()
}

/// Fewer threads are no pool that serves requests.
const POOL: u64 = 5;

/// The pool that serves requests: of a known server, else the largest of the program's own. A crash file does not tell
/// what its threads do.
pub(super) fn request_pool_of(dump: &DumpSummary) -> Option<&PoolUse> {
    if dump.crash.is_some() {
        return None;
    }
    let of = |kind: PoolKind| {
        let pools = dump.pools.iter().filter(move |pool| pool.kind == kind);
        pools.max_by_key(|pool| pool.total)
    };
    let own = || of(PoolKind::Other).filter(|pool| pool.total >= POOL);
    of(PoolKind::Requests).or_else(own)
}

/// The request pool is as good as used up in a dump.
pub(in crate::incident) fn pool_exhausted(case: &Case<'_>) -> Observed {
    pool(case, |pool| pool.busy_share >= BUSY)
}

/// The request pool has idle threads in every dump, one of which was taken when the process was in trouble.
pub(in crate::incident) fn pool_idle(case: &Case<'_>) -> Observed {
    let exhausted = |dump: &DumpSummary| request_pool_of(dump).is_some_and(|p| p.busy_share > 0.70);
    if case.dumps.iter().any(|(dump, _)| exhausted(dump)) {
        return Observed::No;
    }
    match in_trouble(case).is_empty() {
        true => Observed::Unknown(Need::ThreadDump),
        false => pool(case, |pool| pool.busy_share <= 0.70),
    }
}

fn pool(case: &Case<'_>, test: impl Fn(&PoolUse) -> bool) -> Observed {
    needs_dumps(case, |dumps| {
        let seen = |dump: &'_ DumpSummary| request_pool_of(dump).is_some_and(&test);
        let (first, _) = dumps.iter().find(|(dump, _)| seen(dump))?;
        let (pool, at) = (request_pool_of(first)?, began(case, seen));
        let statement = t!(
            "{busy} of {total} threads of {name} are busy",
            busy = pool.busy,
            total = pool.total,
            name = pool.name
        );
        let waits = pool.busy_waits_for.as_ref().map_or_else(
            || statement.clone(),
            |what| t!("most of the busy ones wait for {what}", what),
        );
        Some(Fact::new(
            at,
            statement,
            Evidence::new(waits, pool.at.clone()),
        ))
    })
}

/// One thread holds up a large part of the request pool.
pub(in crate::incident) fn convoy(case: &Case<'_>) -> Observed {
    needs_dumps(case, |dumps| {
        let blocker = dumps.iter().find_map(|(dump, _)| worst(dump))?;
        let at = began(case, |dump| worst(dump).is_some());
        let statement = t!(
            "\"{thread}\" holds {lock} and holds up {count} threads while it {doing}",
            thread = blocker.thread.name,
            lock = blocker.lock_class,
            count = blocker.held_up,
            doing = blocker.doing.words()
        );
        let frame = blocker.frame.clone().unwrap_or_else(|| statement.clone());
        Some(Fact::new(
            at,
            statement,
            Evidence::new(frame, blocker.thread.at.clone()),
        ))
    })
}

/// The same lock in a second dump. Its class has to do: a moving collector changes the address.
pub(in crate::incident) fn convoy_lasts(case: &Case<'_>) -> Observed {
    match case.dumps.len() {
        0 => Observed::Unknown(Need::ThreadDump),
        1 => Observed::Unknown(Need::SecondThreadDump),
        _ => needs_dumps(case, |dumps| {
            let mut held = dumps.iter().filter_map(|(dump, _)| worst(dump));
            let first = held.next()?;
            let second = held.find(|blocker| blocker.lock_class == first.lock_class)?;
            let statement = match first.thread.name == second.thread.name {
                true => t!("a second dump shows the same owner"),
                false => t!("a second dump shows the same, with another owner"),
            };
            let evidence = Evidence::new(statement.clone(), second.thread.at.clone());
            Some(Fact::new(None, statement, evidence))
        }),
    }
}

fn worst(dump: &DumpSummary) -> Option<&RootBlocker> {
    let pool = request_pool_of(dump).map_or(dump.thread_count, |pool| pool.total);
    let blocker = dump.blockers.first()?;
    (blocker.held_up as f64 >= CONVOY * pool as f64 && blocker.held_up >= 3).then_some(blocker)
}

/// Half of the request pool waits for one kind of dependency in at least two dumps.
pub(in crate::incident) fn waits_for_dependency(case: &Case<'_>) -> Observed {
    needs_dumps(case, |dumps| {
        let waiting: Vec<(&PoolUse, Activity, u64)> = dumps
            .iter()
            .filter_map(|(dump, _)| half_waits(dump))
            .collect();
        let (pool, doing, count) = *waiting.first()?;
        let at = began(case, |dump| half_waits(dump).is_some());
        let statement = t!(
            "{count} of {total} threads of {name}: each {doing}; {dumps} dumps show it",
            count,
            total = pool.total,
            name = pool.name,
            doing = doing.words(),
            dumps = waiting.len()
        );
        let evidence = Evidence::new(statement.clone(), pool.at.clone());
        (waiting.len() >= 2).then(|| Fact::new(at, statement, evidence))
    })
}

fn half_waits(dump: &DumpSummary) -> Option<(&PoolUse, Activity, u64)> {
    let pool = request_pool_of(dump)?;
    let (doing, count) = dependency(pool)?;
    (count * 2 >= pool.total).then_some((pool, doing, count))
}

/// The dependency that most of a pool's busy threads wait for.
fn dependency(pool: &PoolUse) -> Option<(Activity, u64)> {
    let remote = |activity: &Activity| {
        matches!(
            activity,
            Activity::Database
                | Activity::HttpClient
                | Activity::Redis
                | Activity::Messaging
                | Activity::Directory
                | Activity::Dns
                | Activity::Connect
                | Activity::Socket
                | Activity::PoolWait
        )
    };
    let mut found = pool.busy_with.iter().filter(|(doing, _)| remote(doing));
    found.next().copied()
}

/// More threads than a service should have.
pub(in crate::incident) fn many_threads(case: &Case<'_>) -> Observed {
    needs_dumps(case, |dumps| {
        let (dump, at) = dumps
            .iter()
            .find(|(dump, _)| dump.thread_count >= MANY_THREADS)?;
        let statement = t!("{count} threads", count = dump.thread_count);
        let place = Locator::line(dump.source.clone(), dump.line);
        Some(Fact::new(
            *at,
            statement.clone(),
            Evidence::new(statement, place),
        ))
    })
}

/// Share of the processor time of its process from which one piece of code is what it computes.
const MOSTLY: f64 = 0.5;

/// The frame of the application whose threads used most of what the process used of the processors: how many they are, and
/// their share. A process that used less than half a processor computes nothing to speak of.
pub(in crate::incident) fn computing<'a>(case: &Case<'a>) -> Option<(u64, &'a str, f64)> {
    let own = |one: &&CpuUse| {
        let mut dumps = case.dumps.iter();
        let at = &one.thread.at.source;
        let works = !matches!(one.doing, Activity::Gc | Activity::Vm);
        works && dumps.any(|(dump, _)| dump.source == *at)
    };
    let uses = || case.rooms.threads.cpu.iter().filter(own);
    let taken = |of: &CpuUse| of.cpu as f64 / of.elapsed.max(1) as f64;
    let processors: f64 = uses().map(taken).sum();
    let mut frames: BTreeMap<&str, (u64, f64)> = BTreeMap::new();
    for one in uses() {
        let frame = frames
            .entry(one.frame.as_deref().unwrap_or("?"))
            .or_default();
        *frame = (frame.0 + 1, frame.1 + one.of_process);
    }
    let most = frames
        .into_iter()
        .max_by(|one, two| one.1.1.total_cmp(&two.1.1));
    let (frame, (threads, share)) = most?;
    (processors >= MOSTLY && share >= MOSTLY).then_some((threads, frame, share))
}

/// Busy and all threads of the request pool, for the table of lives.
pub(in crate::incident) fn busy(case: &Case<'_>) -> Option<(u64, u64)> {
    request_pool(case).map(|pool| (pool.busy, pool.total))
}

/// Words for the largest share of the request pool, for the explanation.
pub(in crate::incident) fn pool_words(case: &Case<'_>) -> Option<String> {
    let pool = request_pool(case)?;
    Some(t!(
        "{busy} of {total} request threads busy ({share})",
        busy = pool.busy,
        total = pool.total,
        share = percent(pool.busy_share, 1.0)
    ))
}

fn taken(case: &Case<'_>, dump: &DumpSummary) -> Option<Moment> {
    let own = |(other, _): &&Dump<'_>| std::ptr::eq(*other, dump);
    case.dumps.iter().find(own).and_then(|(_, at)| *at)
}

/// When something began that dumps show: after the last dump without it, or the start of the life, and before the first
/// dump with it. A dump tells that it is so, not since when.
fn began(case: &Case<'_>, shows: impl Fn(&DumpSummary) -> bool) -> Option<Moment> {
    let with = case.dumps.iter().filter(|(dump, _)| shows(dump));
    let first = with.filter_map(|(_, at)| *at).min_by_key(|at| at.lo)?;
    let clean = case
        .dumps
        .iter()
        .filter(|(dump, at)| !shows(dump) && at.is_some_and(|at| at.hi < first.lo))
        .filter_map(|(_, at)| *at)
        .max_by_key(|at| at.hi);
    let lo = clean.or(case.life.started).map_or(first.lo, |at| at.lo);
    Some(Moment { lo, hi: first.hi })
}
