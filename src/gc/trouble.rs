//! The judgement over a run: death spiral, near miss or thrashing, from GC debt and futile collections.
//!
//! GC debt is the token bucket of Netflix's jvmquake: it grows by every lost interval and shrinks by five times the
//! time the application runs, so it grows only while more than 5/6 of the time is lost.

use super::event::{Event, PauseKind};
use super::loss::Loss;
use super::occupancy::Ceiling;
use super::report::IncidentKind;
use super::run::Run;
use super::spiral::{Spiral, Stretch};
use crate::t;
use crate::text;
use crate::time::SECOND;

/// Debt above this is trouble, in nanoseconds.
const DEBT_LIMIT: i64 = 1_000_000_000;
/// How much faster debt shrinks while the application runs.
const REPAY: i64 = 5;
/// Futile collections, stalls or degenerated cycles that make trouble a spiral.
const IN_A_ROW: u64 = 3;
/// A full collection that frees less than this share of the heap is futile.
const FUTILE_SHARE: f64 = 0.05;
/// Length of the windows that date the stages.
const WINDOW: i64 = 5 * SECOND;
/// Step of the windows that date the stages.
const STEP: i64 = SECOND / 2;
/// Thrashing is judged over windows of this length.
const THRASH_WINDOW: i64 = 30 * SECOND;
/// Occupancy after collection above this share of the ceiling is pressure.
const PRESSURE: f64 = 0.85;

/// What was found; times are raw.
#[derive(Debug, Default)]
pub(super) struct Trouble {
    pub(super) spiral: Option<Spiral>,
    pub(super) near_miss: Option<Stretch>,
    pub(super) thrashing: Option<Stretch>,
    /// When the floor of the live set stops being meaningful: the onset.
    pub(super) onset: Option<i64>,
}

/// What a run is judged on.
pub(super) struct Case<'a> {
    pub(super) run: &'a Run,
    pub(super) loss: &'a Loss,
    pub(super) ceiling: Option<Ceiling>,
    pub(super) heap_max: Option<u64>,
    /// Raw time of the beginning and the end, microseconds.
    pub(super) begin: i64,
    pub(super) end: i64,
}

/// A moment at which the spiral condition held.
#[derive(Debug, Clone, Copy)]
struct Hit {
    at: i64,
    debt: i64,
    episode: usize,
}

/// Debt at the beginning of every lost interval, and the interval where its episode began.
struct Debts {
    before: Vec<i64>,
    episode: Vec<usize>,
    max: i64,
}

impl Debts {
    fn of(loss: &Loss) -> Self {
        let mut debts = Self {
            before: Vec::with_capacity(loss.intervals().len()),
            episode: Vec::with_capacity(loss.intervals().len()),
            max: 0,
        };
        let (mut debt, mut last, mut episode) = (0_i64, i64::MIN, 0);
        for (index, interval) in loss.intervals().iter().enumerate() {
            let ran = interval.from.saturating_sub(last);
            debt = debt.saturating_sub(ran.saturating_mul(REPAY)).max(0);
            if debt == 0 {
                episode = index;
            }
            debts.before.push(debt);
            debts.episode.push(episode);
            debt = debt.saturating_add(interval.to - interval.from);
            debts.max = debts.max.max(debt);
            last = interval.to;
        }
        debts
    }
}

/// Judges a run.
pub(super) fn judge(case: &Case<'_>) -> Trouble {
    let debts = Debts::of(case.loss);
    let hits = hits(case, &debts);
    let mut trouble = Trouble::default();
    if let Some(spiral) = spiral(case, &debts, &hits) {
        trouble.onset = spiral.onset;
        trouble.spiral = Some(spiral);
        return trouble;
    }
    trouble.thrashing = thrashing(case, &debts);
    if trouble.thrashing.is_none() {
        trouble.near_miss = near_miss(case, &debts);
    }
    trouble
}

/// Whether a full-heap collection freed too little to matter. `None` when it is no such collection, or its occupancy or
/// the heap's size is not known.
pub(super) fn futile(case: &Case<'_>, event: &Event) -> Option<bool> {
    let cause = case.run.cause(event);
    let whole_heap = event.kind == PauseKind::Full
        || (event.kind == PauseKind::Cycle && cause == "Allocation Stall");
    if !whole_heap || Event::is_user_cause(cause) || !event.heap.is_known() {
        return None;
    }
    let max = case.heap_max? as f64;
    Some((event.heap.freed() as f64) < FUTILE_SHARE * max)
}

/// Walks the events and gives every moment at which the spiral condition held.
fn hits(case: &Case<'_>, debts: &Debts) -> Vec<Hit> {
    let intervals = case.loss.intervals();
    let (mut row, mut stalls, mut degenerated, mut episode) = (0_u64, 0_u64, 0_u64, usize::MAX);
    let mut hits = Vec::new();
    for event in &case.run.events {
        match futile(case, event) {
            Some(true) => row += 1,
            Some(false) => row = 0,
            None => {}
        }
        let end = event.begin.saturating_mul(1000).saturating_add(event.nanos);
        let after = intervals.partition_point(|interval| interval.from < end.max(1));
        let Some(index) = after.checked_sub(1) else {
            continue;
        };
        if debts.episode[index] != episode {
            episode = debts.episode[index];
            (stalls, degenerated) = (0, 0);
        }
        match event.kind {
            PauseKind::Stall => stalls += 1,
            PauseKind::Degenerated => degenerated += 1,
            _ => {}
        }
        let inside = end.min(intervals[index].to) - intervals[index].from;
        let debt = debts.before[index].saturating_add(inside);
        let pattern = row.max(stalls).max(degenerated) >= IN_A_ROW;
        if debt > DEBT_LIMIT && pattern && event.kind != PauseKind::Cycle {
            hits.push(Hit {
                at: event.end(),
                debt,
                episode,
            });
        }
    }
    hits
}

/// The last spiral that nothing ended, else the worst that the process survived.
fn spiral(case: &Case<'_>, debts: &Debts, hits: &[Hit]) -> Option<Spiral> {
    let mut best: Option<(usize, usize, Option<i64>)> = None;
    let mut first = 0;
    for index in 0..hits.len() {
        let next = hits.get(index + 1).map_or(case.end, |hit| hit.at);
        let calm = calm_after(case, hits[index].at, next);
        if index + 1 < hits.len() && calm.is_none() {
            continue;
        }
        let worse = best.is_none_or(|(from, to, _)| {
            worst(&hits[first..=index]) >= worst(&hits[from..=to]) || calm.is_none()
        });
        if worse {
            best = Some((first, index, calm));
        }
        first = index + 1;
    }
    let (first, last, recovered) = best?;
    Some(describe(case, debts, &hits[first..=last], recovered))
}

fn worst(hits: &[Hit]) -> i64 {
    hits.iter().map(|hit| hit.debt).max().unwrap_or(0)
}

/// The beginning of ten calm seconds (under 10 % lost) between `from` and `to`, if there are any.
fn calm_after(case: &Case<'_>, from: i64, to: i64) -> Option<i64> {
    let length = 2 * WINDOW;
    let step = STEP.max((to - from) / 100_000);
    let mut at = from;
    while at.saturating_add(length) <= to {
        if case.loss.share(at, at + length) < 0.10 {
            return Some(at);
        }
        at += step;
    }
    None
}

fn describe(case: &Case<'_>, debts: &Debts, hits: &[Hit], recovered: Option<i64>) -> Spiral {
    let hit = hits[0];
    let end = recovered.unwrap_or(case.end);
    let window = window(case, hit.at, end);
    let loss = |at: i64| case.loss.share(at - window, at);
    let mut onset = hit.at;
    while onset - window >= case.begin && loss(onset - STEP) >= 0.25 {
        onset -= STEP;
    }
    let episode = case.loss.intervals()[hit.episode].from / 1000;
    let onset = onset
        .min(hit.at)
        .max(case.begin)
        .min(episode.max(case.begin).max(onset));
    let step = STEP.max((end - onset) / 100_000);
    let first_above = |limit: f64| {
        let mut at = onset;
        while at <= end {
            if loss(at) >= limit {
                return Some(at);
            }
            at += step;
        }
        None
    };
    let within = |event: &&Event| (onset..=end).contains(&event.end());
    let events: Vec<&Event> = case.run.events.iter().filter(within).collect();
    let (mut futile_fulls, mut row, mut longest_row) = (0, 0, 0);
    for event in &events {
        match futile(case, event) {
            Some(true) => {
                futile_fulls += 1;
                row += 1;
                longest_row = longest_row.max(row);
            }
            Some(false) => row = 0,
            None => {}
        }
    }
    let count = |kind: PauseKind| events.iter().filter(|event| event.kind == kind).count() as u64;
    let intervals = case.loss.intervals();
    let max_debt = intervals
        .iter()
        .enumerate()
        .filter(|(_, interval)| (onset..=end).contains(&(interval.to / 1000)))
        .map(|(index, interval)| debts.before[index].saturating_add(interval.to - interval.from))
        .max()
        .unwrap_or(hit.debt);
    let gc_share = case.loss.share(onset, end);
    let stalls = count(PauseKind::Stall);
    let degenerated = count(PauseKind::Degenerated);
    let lasted = text::duration(end - onset);
    let share = text::percent(gc_share, 1.0);
    let summary = if recovered.is_some() {
        t!(
            "for {lasted} the collector took {share} of the time and freed next to nothing; then the process recovered",
            lasted,
            share
        )
    } else if stalls > futile_fulls {
        t!(
            "in the last {lasted} threads waited for memory {stalls} times and the application lost {share} of the time",
            lasted,
            stalls,
            share
        )
    } else {
        t!(
            "in the last {lasted} the collector took {share} of the time; {futile} full collections freed next to nothing",
            lasted,
            share,
            futile = futile_fulls
        )
    };
    Spiral {
        pressure: pressure(case, hit.at),
        onset: Some(onset),
        acceleration: first_above(0.5),
        point_of_no_return: recovered.is_none().then_some(hit.at),
        collapse: first_above(0.95),
        death: recovered.is_none().then_some(case.end),
        recovered,
        gc_share,
        futile_fulls,
        futile_in_a_row: longest_row,
        stalls,
        degenerated,
        max_debt: max_debt / 1000,
        summary,
    }
}

/// Windows that date the stages: 5 s, longer where single pauses are.
fn window(case: &Case<'_>, from: i64, to: i64) -> i64 {
    let longest = case
        .run
        .events
        .iter()
        .filter(|event| event.counts() && (from..=to).contains(&event.end()))
        .map(Event::micros)
        .max()
        .unwrap_or(0);
    WINDOW.max(longest.saturating_mul(2))
}

/// The beginning of the stretch before `until` in which every collection left the ceiling at least 85 % full.
fn pressure(case: &Case<'_>, until: i64) -> Option<i64> {
    let ceiling = case.ceiling?;
    let limit = PRESSURE * ceiling.bytes() as f64;
    let mut since = None;
    for event in case
        .run
        .events
        .iter()
        .rev()
        .filter(|event| event.end() <= until)
    {
        let Some(after) = ceiling.after(event) else {
            continue;
        };
        if (after as f64) < limit {
            break;
        }
        since = Some(event.end());
    }
    since
}

/// Half of the time lost over half a minute, or failed collections again and again on a heap that stays full.
fn thrashing(case: &Case<'_>, debts: &Debts) -> Option<Stretch> {
    let step = SECOND.max((case.end - case.begin) / 200_000);
    let (mut from, mut to) = (None, 0);
    let mut at = case.begin;
    while at.saturating_add(THRASH_WINDOW) <= case.end {
        if case.loss.share(at, at + THRASH_WINDOW) >= 0.5 {
            from = from.or(Some(at));
            to = at + THRASH_WINDOW;
        }
        at += step;
    }
    if let Some(from) = from {
        let collections = collections(case, from, to);
        // One long pause is a long pause.
        if collections >= 10 {
            let lost = case.loss.share(from, to);
            let share = text::percent(lost, 1.0);
            let lasted = text::duration(to - from);
            let summary = t!(
                "over {lasted} collections took {share} of the time, but they still freed memory",
                lasted,
                share
            );
            return Some(stretch(case, debts, (from, to), summary));
        }
    }
    let emergencies = emergencies(case);
    let ceiling = case.ceiling?;
    let limit = PRESSURE * ceiling.bytes() as f64;
    let known: Vec<u64> = case
        .run
        .events
        .iter()
        .filter_map(|event| ceiling.after(event))
        .collect();
    let full = known.iter().filter(|&&after| after as f64 >= limit).count();
    if emergencies >= 10 && full * 2 > known.len() {
        let emergencies = text::count(emergencies);
        let summary = t!(
            "the heap stays full after collections and {emergencies} of them failed their plan, yet the process lives",
            emergencies
        );
        return Some(stretch(case, debts, (case.begin, case.end), summary));
    }
    None
}

/// Trouble that ended: a failed collection or real debt, then a heap with room and a calm process.
fn near_miss(case: &Case<'_>, debts: &Debts) -> Option<Stretch> {
    let ceiling = case.ceiling?;
    let notes = [
        IncidentKind::EvacuationFailure,
        IncidentKind::PromotionFailed,
        IncidentKind::ConcurrentModeFailure,
    ];
    let noted = notes.iter().filter_map(|kind| case.run.notes.get(kind));
    let mut times: Vec<(i64, i64)> = noted.map(|note| (note.first_at, note.last_at)).collect();
    for event in &case.run.events {
        if is_emergency(case, event) {
            times.push((event.begin, event.end()));
        }
    }
    let from = times.iter().map(|(from, _)| *from).min()?;
    let to = times.iter().map(|(_, to)| *to).max()?;
    let rest = case.end - to;
    if rest < (2 * SECOND).max((case.end - case.begin) / 20)
        || case.loss.share(to + STEP, case.end) > 0.10
    {
        return None;
    }
    let later = case.run.events.iter().filter(|event| event.end() > to);
    let lowest = later.filter_map(|event| ceiling.after(event)).min()?;
    if lowest as f64 > 0.7 * ceiling.bytes() as f64 {
        return None;
    }
    let at = text::duration((to - from).max(SECOND));
    let left = text::percent(lowest as f64, ceiling.bytes() as f64);
    let summary = t!(
        "collections failed their plan within {at}; afterwards the heap went back to {left} of its limit and the process lived on",
        at,
        left
    );
    Some(stretch(case, debts, (from, to.max(from + 1)), summary))
}

/// A collection that a collector of this kind only makes when its plan failed.
fn is_emergency(case: &Case<'_>, event: &Event) -> bool {
    match event.kind {
        PauseKind::Degenerated => true,
        PauseKind::Full => {
            let cause = case.run.cause(event);
            case.run.collector.is_concurrent()
                && !Event::is_user_cause(cause)
                && !cause.starts_with("Metadata")
        }
        _ => false,
    }
}

/// Failed evacuations and emergency collections of the whole run.
pub(super) fn emergencies(case: &Case<'_>) -> u64 {
    let noted = case
        .run
        .notes
        .get(&IncidentKind::EvacuationFailure)
        .map_or(0, |note| note.count);
    let events = case
        .run
        .events
        .iter()
        .filter(|event| is_emergency(case, event));
    noted + events.count() as u64
}

fn collections(case: &Case<'_>, from: i64, to: i64) -> u64 {
    let inside = |event: &&Event| event.counts() && (from..=to).contains(&event.end());
    case.run.events.iter().filter(inside).count() as u64
}

fn stretch(case: &Case<'_>, debts: &Debts, (from, to): (i64, i64), summary: String) -> Stretch {
    Stretch {
        from,
        to,
        lost: case.loss.share(from, to),
        max_debt: debts.max / 1000,
        collections: collections(case, from, to),
        summary,
    }
}
