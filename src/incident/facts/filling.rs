//! How the heap came to be full: in a jump, or step by step. What stays full afterwards is flat, and says nothing.

use super::{Fact, Observed};
use crate::finding::Evidence;
use crate::gc::{GcLife, GcPoint};
use crate::incident::case::{Case, point_locator};
use crate::incident::needs::Need;
use crate::t;
use crate::text::{bytes, duration};
use crate::time::SECOND;

/// A heap this full, which no later collection brings below, is full for good.
const FULL: f64 = 0.75;
/// A heap that collections leave this empty has all room.
const ROOMY: f64 = 0.30;
/// A request allocates as fast as memory is written: gigabytes a second.
const AT_ONCE: i64 = 2 * SECOND;
/// What takes longer took many requests.
const SLOWLY: i64 = 10 * SECOND;
/// Start-up is over after this where nothing says when the server was up.
const START_UP: i64 = 5 * SECOND;
/// Collections on the way that show it.
const STEPS: usize = 3;
/// A fall by this share of the heap on the way means that most of it was garbage.
const FALL: f64 = 0.10;

/// From the last collection that left room to the first that left none, for good.
struct Filling<'g> {
    from: &'g GcPoint,
    full: &'g GcPoint,
    /// Between the two.
    steps: &'g [&'g GcPoint],
    ceiling: u64,
}

fn filled(
    case: &Case<'_>,
    test: impl Fn(&Filling<'_>) -> bool,
    say: impl Fn(&str, &str, &str) -> String,
) -> Observed {
    let Some(gc) = case.gc() else {
        return Observed::Unknown(Need::GcLog);
    };
    let end = case.gc_end(gc);
    let told = gc.points.iter().filter(|point| point.at <= end);
    let points: Vec<&GcPoint> = told.filter(|point| point.after.is_some()).collect();
    let found = filling(&points, gc).filter(|found| !starting(case, gc, found.from) && test(found));
    Observed::when(found.map(|found| {
        let level = |point: &GcPoint| bytes(point.after.unwrap_or(0));
        let took = duration(found.full.at - found.from.at);
        let statement = say(&level(found.from), &level(found.full), &took);
        let evidence = [found.from, found.full].map(|point| {
            let left = t!("a collection left {level}", level = level(point));
            Evidence::new(left, point_locator(gc, point))
        });
        Fact {
            at: case.gc_time(gc, found.from.at),
            statement,
            evidence: evidence.into(),
        }
    }))
}

fn filling<'g>(points: &'g [&'g GcPoint], gc: &GcLife) -> Option<Filling<'g>> {
    let ceiling = gc.heap_max.filter(|ceiling| *ceiling > 0)?;
    let share = |point: &&GcPoint| point.after.unwrap_or(0) as f64 / ceiling as f64;
    let full = points.iter().rposition(|point| share(point) < FULL)? + 1;
    let from = points[..full]
        .iter()
        .rposition(|point| share(point) <= ROOMY)?;
    Some(Filling {
        from: points[from],
        full: points.get(full)?,
        steps: &points[from + 1..full],
        ceiling,
    })
}

/// Whether the server was not up yet: what is loaded at the start belongs to the program.
fn starting(case: &Case<'_>, gc: &GcLife, point: &GcPoint) -> bool {
    let at = case.gc_time(gc, point.at);
    match (case.life.ready, at) {
        (Some(ready), Some(at)) => at.hi < ready.lo,
        _ => point.at - gc.begin < START_UP,
    }
}

/// The heap was full within two seconds, after collections that left it nearly empty.
pub(in crate::incident) fn jumped(case: &Case<'_>) -> Observed {
    filled(
        case,
        |found| found.full.at - found.from.at <= AT_ONCE,
        |from, to, took| {
            t!(
                "the heap went from {from} to {to} within {took}",
                from,
                to,
                took
            )
        },
    )
}

/// The heap filled step by step, and stayed full.
pub(in crate::incident) fn climbed(case: &Case<'_>) -> Observed {
    let steady = |found: &Filling<'_>| {
        let mut last = found.from.after.unwrap_or(0);
        found.steps.iter().all(|point| {
            let after = point.after.unwrap_or(0);
            let falls = (last.saturating_sub(after)) as f64 > FALL * found.ceiling as f64;
            last = after;
            !falls
        })
    };
    filled(
        case,
        |found| {
            found.full.at - found.from.at >= SLOWLY && found.steps.len() >= STEPS && steady(found)
        },
        |from, to, took| {
            t!(
                "what collections left rose from {from} to {to} within {took}, and stayed there",
                from,
                to,
                took
            )
        },
    )
}
