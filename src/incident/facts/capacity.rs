//! Load against threads, by Little's law (requests in progress = arrivals per second × response time) and the formulas of
//! capacity planning that follow from it (throughput = threads ÷ response time).
//!
//! Requests that never logged are missing from the access log: what it shows is a lower bound.

use super::{Fact, Observed, threads};
use crate::access::Second;
use crate::finding::{Evidence, Locator};
use crate::incident::case::Case;
use crate::incident::needs::Need;
use crate::incident::report::Formula;
use crate::t;
use crate::text::{count, duration, percent};
use crate::threads::PoolUse;
use crate::time::{Instant, Moment, SECOND};

/// What is looked at before the end of the service.
const STRETCH: i64 = 30 * SECOND;
/// Fewer finished requests than this say nothing about a mean.
const ENOUGH: u64 = 20;
/// Demand for this share of the pool leaves no room for a burst.
const FULL: f64 = 0.85;

/// Means over the last seconds in which requests finished.
struct Means {
    from: Instant,
    /// Arrivals a second.
    arrivals: f64,
    /// Requests finished a second.
    finished: f64,
    /// Microseconds in a request.
    response: f64,
    /// Requests in progress.
    active: f64,
}

fn means(case: &Case<'_>, until: Option<Instant>) -> Option<Means> {
    let done = |(at, second): &&(Instant, &Second)| {
        second.finished > 0 && until.is_none_or(|until| *at <= until)
    };
    let last = case.seconds.iter().rev().find(done)?.0;
    let first = case.seconds.first()?.0;
    let from = last.plus(SECOND - STRETCH).max(first);
    let inside = case
        .seconds
        .iter()
        .filter(|(at, _)| *at >= from && *at <= last);
    let (mut arrived, mut finished, mut busy) = (0_u64, 0_u64, 0_i64);
    for (_, second) in inside {
        arrived += second.started;
        finished += second.finished;
        busy = busy.saturating_add(second.busy_us);
    }
    let width = last.plus(case.access.step_us).since(from);
    (finished >= ENOUGH && width > 0 && busy > 0).then(|| Means {
        from,
        arrivals: arrived as f64 * SECOND as f64 / width as f64,
        finished: finished as f64 * SECOND as f64 / width as f64,
        response: busy as f64 / finished as f64,
        active: busy as f64 / width as f64,
    })
}

fn log(case: &Case<'_>) -> Locator {
    let source = case.access.formats.first();
    Locator::whole(source.map_or("", |choice| &choice.source))
}

/// The load needed the request threads that there are, or more.
pub(in crate::incident) fn demand_fills_pool(case: &Case<'_>) -> Observed {
    if case.seconds.is_empty() {
        return Observed::Unknown(Need::AccessLog);
    }
    let Some(pool) = threads::request_pool(case) else {
        return Observed::Unknown(Need::ThreadDump);
    };
    let filled = means(case, None).filter(|means| demand(means) >= FULL * pool.total as f64);
    Observed::when(filled.map(|means| {
        let statement = room(&means, pool);
        let evidence = Evidence::new(statement.clone(), log(case));
        Fact::new(Some(Moment::exact(means.from)), statement, evidence)
    }))
}

/// Threads that the arrivals keep busy.
fn demand(means: &Means) -> f64 {
    means.arrivals * means.response / SECOND as f64
}

/// `20 threads at 1.6 s a request serve 12.5 requests a second; 10.9 arrived (87.2 %)`
fn room(means: &Means, pool: &PoolUse) -> String {
    let serves = pool.total as f64 * SECOND as f64 / means.response;
    t!(
        "{threads} threads ÷ {response} a request = {serves} requests a second at most; {arrived} arrived ({share})",
        threads = count(pool.total),
        response = duration(means.response as i64),
        serves = format!("{serves:.1}"),
        arrived = format!("{:.1}", means.arrivals),
        share = percent(means.arrivals, serves)
    )
}

/// All formulas that the evidence of this life has numbers for.
pub(in crate::incident) fn formulas(case: &Case<'_>) -> Vec<Formula> {
    let mut found = Vec::new();
    let Some(end) = means(case, None) else {
        return found;
    };
    let mut say = |statement: String| {
        let evidence = Evidence::new(statement.clone(), log(case));
        found.push(Formula {
            statement,
            evidence,
        });
    };
    say(t!(
        "Little's law, the last {width} of service: {rate} requests a second × {response} = {active} in progress",
        width = duration(STRETCH),
        rate = format!("{:.1}", end.finished),
        response = duration(end.response as i64),
        active = format!("{:.2}", end.active)
    ));
    if let Some(pool) = threads::request_pool(case) {
        say(t!("Capacity: {room}", room = room(&end, pool)));
    }
    let clients = case.access.distinct_clients;
    let think = clients as f64 * SECOND as f64 / end.finished - end.response;
    // Few addresses are proxies, not people.
    if clients >= 10 && think > 0.0 {
        say(t!(
            "Users: {clients} clients × {response} ÷ ({response} + {think} of thinking) = {active} active",
            clients = count(clients),
            response = duration(end.response as i64),
            think = duration(think as i64),
            active = format!("{:.2}", end.active)
        ));
    }
    found.extend(against_dump(case));
    found
}

/// What the access log says was in progress when a dump was taken, against the busy threads that the dump shows.
fn against_dump(case: &Case<'_>) -> Option<Formula> {
    let (pool, taken) = case
        .dumps
        .iter()
        .find_map(|(dump, at)| Some((threads::request_pool_of(dump)?, (*at)?)))?;
    let before = means(case, Some(taken.lo))?;
    // Service had stopped: nothing finished near the dump.
    let near = taken.lo.since(before.from) <= 2 * STRETCH;
    let missing = pool.busy as f64 - before.active;
    let verdict = match missing >= (pool.total as f64 * 0.25).max(2.0) {
        true => t!("the others never came to be logged: requests that began and did not end"),
        false => t!("they agree"),
    };
    near.then(|| {
        let statement = t!(
            "Little's law against the thread dump: {active} requests in progress by the access log, {busy} of {total} threads busy: {verdict}",
            active = format!("{:.1}", before.active),
            busy = pool.busy,
            total = pool.total,
            verdict
        );
        let evidence = Evidence::new(statement.clone(), pool.at.clone());
        Formula {
            statement,
            evidence,
        }
    })
}
