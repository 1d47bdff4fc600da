//! What the GC log shows about a life.

use super::{Fact, Observed, filling};
use crate::finding::Evidence;
use crate::gc::{Cause, Floor, GcLife, PauseKind};
use crate::incident::case::{Case, gc_locator, point_locator};
use crate::incident::incarnations::Incarnation;
use crate::incident::needs::Need;
use crate::t;
use crate::text::{bytes, duration, percent};
use crate::time::SECOND;

/// The stretch before the end that decides whether the collector was at fault.
const LAST_STRETCH: i64 = 60 * SECOND;
/// A collector that takes less than this of the time is not what made the process stand still.
const HARMLESS: f64 = 0.10;
/// A collector that takes this much of the time leaves no room for work.
const CRUSHING: f64 = 0.50;
/// Full collections beyond those of a start-up.
const MANY: usize = 10;
/// Full collections in a row that free nothing, to speak of futility.
const FUTILE: u64 = 3;

fn needs_log(case: &Case<'_>, fact: impl FnOnce(&GcLife) -> Option<Fact>) -> Observed {
    match case.gc() {
        Some(gc) => Observed::when(fact(gc)),
        None => Observed::Unknown(Need::GcLog),
    }
}

/// A death spiral from which the process did not recover.
pub(in crate::incident) fn spiral(case: &Case<'_>) -> Observed {
    needs_log(case, |gc| {
        let spiral = gc
            .spiral
            .as_ref()
            .filter(|found| found.recovered.is_none())?;
        let onset = spiral.onset.unwrap_or(gc.begin);
        // What happens to the heap of a process that was told to stop says nothing about why.
        if onset > case.gc_end(gc) {
            return None;
        }
        let statement = t!(
            "death spiral: the collector took {share} of the time from its onset to the end",
            share = percent(spiral.gc_share, 1.0)
        );
        let evidence = Evidence::new(spiral.summary.clone(), gc_locator(gc, onset));
        Some(Fact::new(case.gc_time(gc, onset), statement, evidence))
    })
}

/// The collector took at least half of the last minute.
pub(in crate::incident) fn collector_crushing(case: &Case<'_>) -> Observed {
    needs_log(case, |gc| loss(case, gc, |share| share >= CRUSHING))
}

/// The collector took less than a tenth of the last minute, and of the whole life.
pub(in crate::incident) fn collector_idle(case: &Case<'_>) -> Observed {
    needs_log(case, |gc| {
        let quiet = gc.throughput >= 1.0 - HARMLESS && gc.spiral.is_none();
        quiet.then(|| loss(case, gc, |share| share < HARMLESS))?
    })
}

fn loss(case: &Case<'_>, gc: &GcLife, test: impl Fn(f64) -> bool) -> Option<Fact> {
    let share = case.gc_loss_before_end(LAST_STRETCH)?;
    let end = case.gc_end(gc);
    let from = gc.begin.max(end - LAST_STRETCH);
    let statement = t!(
        "the collector took {share} of the last {width}",
        share = percent(share, 1.0),
        width = duration(end - from)
    );
    let pauses = t!(
        "{count} pauses in this life, longest {max}",
        count = gc.pauses.count,
        max = duration(gc.pauses.max)
    );
    let evidence = Evidence::new(pauses, gc_locator(gc, from));
    test(share).then(|| Fact::new(case.gc_time(gc, from), statement, evidence))
}

/// The collector's threads got less than half a processor while the world stood still for them.
pub(in crate::incident) fn collector_starved(case: &Case<'_>) -> Observed {
    needs_log(case, |gc| {
        let cpu = gc.cpu.as_ref()?.starved.as_ref()?;
        let used = cpu.user + cpu.sys;
        let statement = t!(
            "pauses of 100 ms or more computed for only {share} of their time, the one that waited longest took {longest}",
            share = percent(used as f64, cpu.real as f64),
            longest = duration(cpu.worst_duration)
        );
        let evidence = Evidence::new(statement.clone(), cpu.worst.clone());
        Some(Fact::new(None, statement, evidence))
    })
}

/// Full collections in a row that freed next to nothing.
pub(in crate::incident) fn futile_collections(case: &Case<'_>) -> Observed {
    needs_log(case, |gc| {
        let spiral = gc.spiral.as_ref()?;
        let at = spiral.point_of_no_return.or(spiral.onset)?;
        if at > case.gc_end(gc) {
            return None;
        }
        let statement = t!(
            "{count} Full collections that each freed less than 5 % of the heap, {row} in a row",
            count = spiral.futile_fulls,
            row = spiral.futile_in_a_row
        );
        let evidence = Evidence::new(statement.clone(), gc_locator(gc, at));
        let enough = spiral.futile_in_a_row >= FUTILE;
        enough.then(|| Fact::new(case.gc_time(gc, at), statement, evidence))
    })
}

/// The floor of the live set rose steadily before the trouble, or until the heap was full for good.
pub(in crate::incident) fn floor_rises(case: &Case<'_>) -> Observed {
    let steadily = needs_log(case, |gc| {
        let floor = gc.floor.as_ref().filter(|floor| rises(floor, gc))?;
        let statement = t!(
            "what collections left rose from {from} to {to} at {slope} a second, before the trouble began",
            from = bytes(floor.start_level),
            to = bytes(floor.level),
            slope = bytes(floor.slope as u64)
        );
        let evidence = Evidence::new(statement.clone(), gc_locator(gc, floor.from));
        Some(Fact::new(case.gc_time(gc, floor.from), statement, evidence))
    });
    match steadily {
        Observed::No => (*case.see(filling::climbed)).clone(),
        seen => seen,
    }
}

/// The live set grew in at least two lives: it is the program, not the day.
pub(in crate::incident) fn floor_rises_in_other_lives(case: &Case<'_>) -> Observed {
    let others: Vec<&GcLife> = case
        .lives
        .iter()
        .filter(|life| life.gc != case.life.gc)
        .filter_map(|life| Some((life, &case.rooms.gc.lives[life.gc?])))
        .filter(|(life, gc)| same_program(case, life, gc))
        .map(|(_, gc)| gc)
        .collect();
    if others.is_empty() {
        return Observed::No;
    }
    let mut rising = others.into_iter().filter_map(|gc| {
        let floor = gc.floor.as_ref().filter(|floor| rises(floor, gc))?;
        let statement = t!(
            "another life shows the same: what collections left rose from {from} to {to}",
            from = bytes(floor.start_level),
            to = bytes(floor.level)
        );
        let evidence = Evidence::new(statement.clone(), gc_locator(gc, floor.from));
        Some(Fact::new(None, statement, evidence))
    });
    Observed::when(rising.next())
}

/// Whether another life is one of the same program: the same collector and heap, or the same subject.
fn same_program(case: &Case<'_>, other: &Incarnation, gc: &GcLife) -> bool {
    if case.foreign(&gc.first.source) {
        return false;
    }
    match case.gc() {
        Some(own) => own.collector == gc.collector && own.heap_max == gc.heap_max,
        None => case.life.subject.agrees(&other.subject),
    }
}

/// The live set did not grow.
pub(in crate::incident) fn floor_flat(case: &Case<'_>) -> Observed {
    if case.see(filling::climbed).fact().is_some() {
        return Observed::No;
    }
    needs_log(case, |gc| {
        let floor = gc.floor.as_ref().filter(|floor| !rises(floor, gc))?;
        let grown = floor.level.saturating_sub(floor.start_level);
        let ceiling = gc.heap_max.unwrap_or(floor.level.max(1));
        let statement = t!(
            "what collections left stayed near {level}",
            level = bytes(floor.level)
        );
        let evidence = Evidence::new(statement.clone(), gc_locator(gc, floor.from));
        let flat = (grown as f64) < 0.05 * ceiling as f64;
        flat.then(|| Fact::new(None, statement, evidence))
    })
}

/// The last collection left the heap less than 60 % full.
pub(in crate::incident) fn room_left(case: &Case<'_>) -> Observed {
    occupancy(case, |share| share < 0.60)
}

/// The last collection left the heap at least 85 % full.
pub(in crate::incident) fn heap_full(case: &Case<'_>) -> Observed {
    occupancy(case, |share| share >= 0.85)
}

/// A flat live set leaves so little that most collections are Full ones.
pub(in crate::incident) fn mostly_full(case: &Case<'_>) -> Observed {
    needs_log(case, |gc| {
        let floor = gc.floor.as_ref().filter(|floor| !rises(floor, gc))?;
        let ceiling = gc.heap_max?;
        let full = gc
            .points
            .iter()
            .filter(|point| point.kind == PauseKind::Full);
        let (full, all) = (full.count(), gc.points.len());
        let statement = t!(
            "{full} of {all} collections are Full ones, and {level} of {ceiling} stay in use after them",
            full,
            all,
            level = bytes(floor.level),
            ceiling = bytes(ceiling)
        );
        let evidence = Evidence::new(statement.clone(), gc_locator(gc, floor.from));
        let crowded = floor.level as f64 >= 0.80 * ceiling as f64;
        (crowded && full >= MANY && full * 3 >= all)
            .then(|| Fact::new(case.gc_time(gc, floor.from), statement, evidence))
    })
}

fn occupancy(case: &Case<'_>, test: impl Fn(f64) -> bool) -> Observed {
    needs_log(case, |gc| {
        let (point, after, ceiling) = case.last_occupancy()?;
        let share = after as f64 / ceiling.max(1) as f64;
        let statement = t!(
            "the last collection left {after} of {ceiling} in use ({share})",
            after = bytes(after),
            ceiling = bytes(ceiling),
            share = percent(share, 1.0)
        );
        let evidence = Evidence::new(statement.clone(), point_locator(gc, point));
        test(share).then(|| Fact::new(case.gc_time(gc, point.at), statement, evidence))
    })
}

/// The GC room's own reading of its log.
pub(in crate::incident) fn points_to(case: &Case<'_>, cause: Cause) -> Observed {
    needs_log(case, |gc| {
        let verdict = gc.cause.as_ref().filter(|found| found.cause == cause)?;
        Some(Fact {
            at: None,
            statement: t!("by the GC log alone: {cause}", cause = cause.word()),
            evidence: verdict.evidence.clone(),
        })
    })
}

/// A floor rises when even the cautious end of its slope does, by a tenth of the heap or more.
fn rises(floor: &Floor, gc: &GcLife) -> bool {
    let grown = floor.level.saturating_sub(floor.start_level);
    let ceiling = gc.heap_max.unwrap_or(floor.level);
    floor.low > 0.0 && grown as f64 >= 0.10 * ceiling as f64
}
