//! When the heap of the last life will be full, by the slope of earlier lives, and how far off the same forecast would
//! have been for lives whose end is known.

use super::case::Case;
use super::report::Forecast;
use crate::gc::Floor;
use crate::t;
use crate::text::{duration, percent};
use crate::time::SECOND;

/// The heap counts as full when collections leave this share of it.
const FULL: f64 = 0.95;

/// A life whose floor rises: what it takes to forecast from it.
struct Rise<'a> {
    floor: &'a Floor,
    ceiling: f64,
    /// Uptime at death in microseconds, where it died.
    died: Option<i64>,
}

/// The forecast for the last life from the one before, tested on all earlier pairs.
pub(super) fn find(cases: &[Case<'_>]) -> Option<Forecast> {
    let rises: Vec<Rise<'_>> = cases.iter().filter_map(rise).collect();
    let mut errors = Vec::new();
    for pair in rises.windows(2) {
        let [before, own] = pair else { continue };
        if let (Some(died), Some(full)) = (own.died, full_at(own, before.floor.slope)) {
            errors.push((full - died) as f64 / died.max(1) as f64);
        }
    }
    let worst = errors.iter().copied().fold(0.0, |worst: f64, error| {
        if error.abs() > worst.abs() {
            error
        } else {
            worst
        }
    });
    let last = rises.last()?;
    let slope = match rises
        .len()
        .checked_sub(2)
        .and_then(|index| rises.get(index))
    {
        Some(before) if last.died.is_none() => before.floor.slope,
        _ => last.floor.slope,
    };
    let full = full_at(last, slope)?;
    let when = match last.died {
        None => t!(
            "The running life is full after {time} at the slope of the one before",
            time = duration(full)
        ),
        Some(_) => t!(
            "At the slope of the last life a new one is full after {time}",
            time = duration(full)
        ),
    };
    let tested = match errors.len() {
        0 => t!("no earlier life tests this forecast"),
        1 => t!(
            "for one life whose end is known the same forecast was off by {error}",
            error = percent(worst.abs(), 1.0)
        ),
        several => t!(
            "for {several} lives whose end is known the same forecast was off by {error} at most",
            several,
            error = percent(worst.abs(), 1.0)
        ),
    };
    Some(Forecast {
        full_after: full,
        tested: errors.len() as u64,
        worst_error: (!errors.is_empty()).then_some(worst),
        statement: t!("{when}; {tested}.", when, tested),
    })
}

fn rise<'a>(case: &Case<'a>) -> Option<Rise<'a>> {
    let gc = case.gc()?;
    let floor = gc.floor.as_ref().filter(|floor| floor.low > 0.0)?;
    let ceiling = gc.heap_max? as f64 * FULL;
    let lived = case.life.ended.zip(case.life.started);
    Some(Rise {
        floor,
        ceiling,
        died: lived.map(|(end, start)| end.lo.since(start.lo)),
    })
}

/// The uptime at which a life is full whose floor begins as this one's and rises with `slope` bytes a second.
fn full_at(rise: &Rise<'_>, slope: f64) -> Option<i64> {
    let missing = rise.ceiling - rise.floor.start_level as f64;
    let seconds = missing / slope;
    let usable = slope > 0.0 && missing > 0.0 && seconds < 1e9;
    usable.then(|| rise.floor.from + (seconds * SECOND as f64) as i64)
}
