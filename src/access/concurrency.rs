//! Requests in progress, by a sweep over starts and ends. Whole requests are known at the resolution of the stamps; inside
//! a cell only the mean is.

use super::fold::Fold;
use super::{Concurrency, Second};
use crate::time::{Instant, Moment};

/// Cells kept in a report.
const CELLS: usize = 15_000;
/// A hole in the log is filled with cells up to this length, as long as requests are in progress through it.
const HOLE: i64 = 900;

/// The time axis: its step, its cells.
pub(super) fn seconds(fold: &Fold) -> (i64, Vec<Second>) {
    let ticks = fold.summary.ticks.limited(CELLS);
    let step = ticks.step();
    let mut out = Vec::new();
    let mut through = 0_i64;
    let mut next = None;
    for (number, tick) in ticks.cells() {
        if let Some(next) = next
            && through > 0
            && number - next <= HOLE
        {
            out.extend((next..number).map(|hole| Second {
                at: Instant(hole * step),
                busy_us: through.saturating_mul(step),
                ..Second::default()
            }));
        }
        out.push(Second {
            at: Instant(number * step),
            started: tick.started,
            finished: tick.finished,
            errors_5xx: tick.errors_5xx,
            errors_4xx: tick.errors_4xx,
            aborted: tick.aborted,
            busy_us: through
                .saturating_mul(step)
                .saturating_add(tick.partial)
                .max(0),
            max_us: tick.max,
            bytes: tick.bytes,
        });
        through += tick.through;
        next = Some(number + 1);
    }
    (step, out)
}

/// Time spent by cell, at the finest step there is.
pub(super) fn busy(fold: &Fold) -> Vec<(i64, i64)> {
    let ticks = &fold.summary.ticks;
    let step = ticks.step();
    let mut out = Vec::new();
    let mut through = 0_i64;
    let mut next = None;
    for (number, tick) in ticks.cells() {
        if let Some(next) = next
            && through > 0
            && number - next <= HOLE * 8
        {
            out.extend((next..number).map(|hole| (hole * step, through.saturating_mul(step))));
        }
        out.push((
            number * step,
            through
                .saturating_mul(step)
                .saturating_add(tick.partial)
                .max(0),
        ));
        through += tick.through;
        next = Some(number + 1);
    }
    out
}

/// Mean, median and peak; `None` when no line has a duration. `spent` is the sum of all durations as counted by route.
pub(super) fn of(fold: &Fold, busy: &[(i64, i64)], spent: i128) -> Option<Concurrency> {
    let summary = &fold.summary;
    if summary.timed == 0 {
        return None;
    }
    let step = summary.ticks.step();
    let span = summary.last.saturating_sub(summary.first).max(1);
    let total: i128 = busy.iter().map(|(_, busy)| i128::from(*busy)).sum();
    let milli =
        |busy: i128, time: i64| u64::try_from(busy * 1000 / i128::from(time.max(1))).unwrap_or(0);
    let mut cells: Vec<i64> = busy.iter().map(|(_, busy)| *busy).collect();
    cells.sort_unstable();
    let median = cells.get(cells.len() / 2).copied().unwrap_or(0);
    let (busiest_at, busiest) = busy
        .iter()
        .copied()
        .max_by_key(|(at, busy)| (*busy, -at))
        .unwrap_or_default();
    let (mut now, mut peak, mut peak_at) = (0_i64, 0_i64, busiest_at);
    for (number, tick) in summary.ticks.cells() {
        now += tick.started as i64 - tick.finished as i64;
        if now > peak {
            (peak, peak_at) = (now, number * step);
        }
    }
    // Requests that begin and end inside a cell never stand at its end; the mean of the cell counts them.
    let mean_peak = busiest / step;
    if mean_peak > peak {
        (peak, peak_at) = (mean_peak, busiest_at);
    }
    Some(Concurrency {
        mean_milli: milli(total, span),
        peak: peak.max(0) as u64,
        peak_at: Moment::truncated(Instant(peak_at), step),
        median_milli: milli(i128::from(median), step),
        rate_milli: u64::try_from(i128::from(summary.timed) * 1_000_000_000 / i128::from(span))
            .unwrap_or(u64::MAX),
        mean_duration_us: i64::try_from(spent / i128::from(summary.timed)).unwrap_or(i64::MAX),
    })
}
