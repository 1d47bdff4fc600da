//! What the access log shows about a life.
//!
//! Requests in progress when a process is killed are absent from the log of the server itself: a falling rate at the
//! end can mean that nothing finished, not that nobody asked.

use super::{Fact, Observed};
use crate::finding::{Evidence, Locator};
use crate::incident::case::Case;
use crate::incident::needs::Need;
use crate::t;
use crate::text::{duration, percent};
use crate::time::{Instant, Moment, SECOND};

/// The rate of arrivals is compared over windows of this length.
const WINDOW: i64 = 10 * SECOND;
/// Fewer arrivals in a window than this are no spike, whatever the ratio.
const COUNTABLE: f64 = 20.0;
/// Start-up is no measure of normal load.
const WARM_UP: i64 = 15 * SECOND;
/// A rise by this factor over the median of the windows before is a spike.
const SPIKE: f64 = 2.0;
/// Arrivals below this factor did not rise.
const STEADY: f64 = 1.5;
/// Windows needed to know what is normal.
const ENOUGH: usize = 3;

/// Arrivals before and at the beginning of the trouble.
struct Load {
    /// Median arrivals per second before.
    normal: f64,
    /// Highest arrivals per second in a window around the beginning of the trouble.
    peak: f64,
    at: Instant,
}

fn locator(case: &Case<'_>) -> Locator {
    let source = case.access.formats.first();
    Locator::whole(source.map_or("", |choice| &choice.source))
}

/// The last line before the silence that begins at `at`, where the access room noted it.
fn last_line_before(case: &Case<'_>, at: Moment) -> Locator {
    let near = |gap: &&crate::access::Gap| gap.from.lo.since(at.lo).abs() <= 2 * SECOND;
    let gap = case.access.gaps.iter().find(near);
    gap.and_then(|gap| gap.before.clone())
        .unwrap_or_else(|| locator(case))
}

/// A slow request that ended at or after `at`, the first of those that the access room kept.
fn slow_line(case: &Case<'_>, at: Instant) -> Locator {
    let slowest = case.access.slowest.iter();
    let after = slowest.filter(|request| request.end.hi >= at);
    let first = after.min_by_key(|request| request.end.lo);
    first.map_or_else(|| locator(case), |request| request.locator.clone())
}

/// Compares the arrivals in the two windows around `trouble` with those before.
fn load(case: &Case<'_>, trouble: Option<Moment>) -> Option<Load> {
    let first = case.seconds.first()?.0;
    let last = case.seconds.last()?.0;
    let trouble = trouble.map_or(last, |at| at.lo.min(last));
    let mut windows: Vec<(Instant, f64)> = Vec::new();
    let mut from = first.plus(WARM_UP);
    while from.plus(WINDOW) <= trouble.plus(WINDOW) {
        let to = from.plus(WINDOW);
        let arrivals: u64 = case
            .seconds
            .iter()
            .filter(|(at, _)| (from..to).contains(at))
            .map(|(_, second)| second.started)
            .sum();
        windows.push((from, arrivals as f64 / (WINDOW / SECOND) as f64));
        from = to;
    }
    let around = |at: Instant| at.plus(WINDOW) > trouble.plus(-WINDOW);
    let mut before: Vec<f64> = windows
        .iter()
        .filter(|(at, _)| !around(*at))
        .map(|(_, rate)| *rate)
        .collect();
    if before.len() < ENOUGH {
        return None;
    }
    before.sort_by(f64::total_cmp);
    let (at, peak) = windows
        .into_iter()
        .filter(|(at, _)| around(*at))
        .max_by(|left, right| left.1.total_cmp(&right.1))?;
    Some(Load {
        normal: before[before.len() / 2],
        peak,
        at,
    })
}

fn needs_log(case: &Case<'_>, fact: impl FnOnce() -> Option<Fact>) -> Observed {
    match case.seconds.is_empty() {
        true => Observed::Unknown(Need::AccessLog),
        false => Observed::when(fact()),
    }
}

/// More requests than usual came just before the trouble.
pub(in crate::incident) fn load_rose(case: &Case<'_>, trouble: Option<Moment>) -> Observed {
    needs_log(case, || {
        let load = load(case, trouble)?;
        let statement = t!(
            "{peak} requests a second arrived, {times} times the usual {normal}",
            peak = format!("{:.1}", load.peak),
            times = format!("{:.1}", load.peak / load.normal.max(0.1)),
            normal = format!("{:.1}", load.normal)
        );
        let evidence = Evidence::new(statement.clone(), locator(case));
        let countable = load.peak * (WINDOW / SECOND) as f64 >= COUNTABLE;
        let rose = load.peak >= SPIKE * load.normal && countable;
        rose.then(|| Fact::new(Some(Moment::exact(load.at)), statement, evidence))
    })
}

/// No more requests than usual came before the trouble.
pub(in crate::incident) fn load_steady(case: &Case<'_>, trouble: Option<Moment>) -> Observed {
    needs_log(case, || {
        let load = load(case, trouble)?;
        let statement = t!(
            "the load was steady: {peak} requests a second at the beginning of the trouble, {normal} before",
            peak = format!("{:.1}", load.peak),
            normal = format!("{:.1}", load.normal)
        );
        let evidence = Evidence::new(statement.clone(), locator(case));
        let steady = load.peak < STEADY * load.normal && load.normal > 0.0;
        steady.then(|| Fact::new(Some(Moment::exact(load.at)), statement, evidence))
    })
}

/// Hardly any request finished in the last seconds of the life.
pub(in crate::incident) fn service_stopped(case: &Case<'_>) -> Observed {
    needs_log(case, || {
        let end = case.end()?;
        let last_finished = case
            .seconds
            .iter()
            .rev()
            .find(|(at, second)| second.finished > 0 && *at < end)?;
        let silence = end.since(last_finished.0.plus(SECOND));
        let statement = t!(
            "no request finished in the last {silence} of this life",
            silence = duration(silence)
        );
        let at = Moment::truncated(last_finished.0, SECOND);
        let evidence = Evidence::new(statement.clone(), last_line_before(case, at));
        (silence >= 5 * SECOND).then(|| Fact::new(Some(at), statement, evidence))
    })
}

/// Requests became slow before the end.
pub(in crate::incident) fn slowed_down(case: &Case<'_>) -> Observed {
    needs_log(case, || {
        let busy = |(_, second): &&(Instant, &crate::access::Second)| second.finished > 0;
        let longest: Vec<(Instant, i64)> = case
            .seconds
            .iter()
            .filter(busy)
            .map(|(at, second)| (*at, second.max_us))
            .collect();
        let half = longest.len() / 2;
        let mut early: Vec<i64> = longest[..half].iter().map(|(_, max)| *max).collect();
        early.sort_unstable();
        let normal = *early.get(early.len().checked_sub(1)? * 9 / 10)?;
        let limit = (normal * 5).max(SECOND);
        let (at, _) = *longest[half..].iter().find(|(_, max)| *max >= limit)?;
        let worst = longest[half..].iter().map(|(_, max)| *max).max()?;
        let statement = t!(
            "requests took up to {worst}; before, nine of ten seconds stayed under {normal}",
            worst = duration(worst),
            normal = duration(normal)
        );
        let evidence = Evidence::new(statement.clone(), slow_line(case, at));
        Some(Fact::new(
            Some(Moment::truncated(at, SECOND)),
            statement,
            evidence,
        ))
    })
}

/// A single response was large enough to matter: the largest of this life.
pub(in crate::incident) fn large_responses(case: &Case<'_>) -> Observed {
    const LARGE: u64 = 50 << 20;
    needs_log(case, || {
        let route = case
            .access
            .routes
            .iter()
            .max_by_key(|route| route.max_bytes)?;
        let statement = t!(
            "{route} answered with up to {size}",
            route = route.route,
            size = crate::text::bytes(route.max_bytes)
        );
        let evidence = Evidence::new(statement.clone(), locator(case));
        (route.max_bytes >= LARGE).then(|| Fact::new(None, statement, evidence))
    })
}

/// One client sends most of the requests.
pub(in crate::incident) fn one_client(case: &Case<'_>) -> Observed {
    needs_log(case, || {
        let access = case.access;
        let leader = access.clients.first()?;
        let share = leader.requests as f64 / access.requests.max(1) as f64;
        let statement = t!(
            "{client} sent {share} of all requests",
            client = leader.name,
            share = percent(share, 1.0)
        );
        let evidence = Evidence::new(statement.clone(), locator(case));
        let dominant = share >= 0.5 && access.distinct_clients >= 3;
        dominant.then(|| Fact::new(None, statement, evidence))
    })
}

/// Requests were served: the process worked for a while.
pub(in crate::incident) fn served(case: &Case<'_>) -> Observed {
    const WORKED: i64 = 10 * 60 * SECOND;
    needs_log(case, || {
        let mut finished = case
            .seconds
            .iter()
            .filter(|(_, second)| second.finished > 0);
        let first = finished.next()?.0;
        let last = finished.next_back()?.0;
        let statement = t!(
            "it served requests for {time}",
            time = duration(last.since(first))
        );
        let evidence = Evidence::new(statement.clone(), locator(case));
        (last.since(first) >= WORKED).then(|| Fact::new(None, statement, evidence))
    })
}

/// Another instance of the same application went down just before more requests came here: its load moved.
pub(in crate::incident) fn load_moved(case: &Case<'_>, rose: &Observed) -> Observed {
    /// A balancer notices within this time that an instance is gone.
    const NOTICED: i64 = 60 * SECOND;
    let Some(at) = rose.fact().and_then(|fact| fact.at) else {
        return Observed::No;
    };
    let near = |end: &Moment| {
        let end = end.lo;
        at.lo.plus(-NOTICED) <= end && end <= at.lo.plus(WINDOW)
    };
    let gone = case.peers().find_map(|peer| {
        let end = peer.ended.filter(near)?;
        let statement = t!(
            "{instance} ended at {time}, just before: its load came here",
            instance = peer.name(),
            time = end
        );
        let evidence = Evidence::new(statement.clone(), case.last_words(peer)?);
        Some(Fact::new(Some(end), statement, evidence))
    });
    Observed::when(gone)
}

/// This instance carries clearly more than its share of the load, as the access room judges it.
pub(in crate::incident) fn unequal_share(case: &Case<'_>) -> Observed {
    needs_log(case, || {
        let findings = &case.rooms.access.findings;
        let unequal = findings
            .iter()
            .find(|found| found.rule == "access/unequal-load")?;
        let apart = !case.rooms.access_of.is_empty();
        let own = |read: &crate::access::FormatChoice| unequal.title.contains(&read.instance);
        (apart && case.access.formats.iter().any(own)).then(|| Fact {
            at: None,
            statement: unequal.title.clone(),
            evidence: unequal.evidence.clone(),
        })
    })
}
