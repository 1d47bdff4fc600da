//! Durations: percentiles over all transactions, over time, and as a map of time and duration.

use super::cells::Column;
use super::fold::Fold;
use super::histogram::{Histogram, lower};
use super::routes::RouteStats;
use super::{Apdex, HeatData, Interval, Latency};
use crate::time::{Instant, SECOND};

/// Percentiles of a histogram. `busy` is the exact sum.
pub(super) fn of(durations: &Histogram, busy: i64, max: i64) -> Option<Latency> {
    let count = durations.count();
    if count == 0 {
        return None;
    }
    // The middle of the last bucket may lie above the largest value seen.
    let at = |thousandths| durations.quantile(thousandths).min(max);
    Some(Latency {
        count,
        mean_us: busy / i64::try_from(count).unwrap_or(i64::MAX),
        p50_us: at(500),
        p90_us: at(900),
        p95_us: at(950),
        p99_us: at(990),
        p999_us: at(999),
        max_us: max,
    })
}

/// Percentiles of several routes together.
pub(super) fn of_routes<'a>(routes: impl Iterator<Item = &'a RouteStats>) -> Option<Latency> {
    let mut all = Histogram::default();
    let (mut busy, mut max) = (0_i64, 0);
    for stats in routes {
        all.merge(&stats.durations);
        busy = busy.saturating_add(stats.busy);
        max = max.max(stats.max);
    }
    of(&all, busy, max)
}

/// Satisfaction over several routes; `None` when no line has a duration.
pub(super) fn apdex<'a>(
    routes: impl Iterator<Item = &'a RouteStats>,
    threshold_us: i64,
    own_thresholds: u64,
) -> Option<Apdex> {
    let mut apdex = Apdex {
        threshold_us,
        own_thresholds,
        ..Apdex::default()
    };
    for stats in routes {
        apdex.satisfied += stats.satisfied;
        apdex.tolerating += stats.tolerating;
        apdex.frustrated += stats.timed - stats.satisfied - stats.tolerating;
    }
    (apdex.satisfied + apdex.tolerating + apdex.frustrated > 0).then_some(apdex)
}

/// An interval with everything the analysis needs.
#[derive(Debug, Clone, Default)]
pub(super) struct Minute {
    pub(super) at: i64,
    pub(super) requests: u64,
    pub(super) errors: u64,
    pub(super) durations: Histogram,
    /// Time spent inside of it by all requests.
    pub(super) busy: i64,
}

impl Minute {
    /// As it stands in the report.
    pub(super) fn interval(&self, step: i64) -> Interval {
        Interval {
            at: Instant(self.at),
            requests: self.requests,
            errors: self.errors,
            p50_us: self.durations.quantile(500),
            p95_us: self.durations.quantile(950),
            p99_us: self.durations.quantile(990),
            in_progress_milli: u64::try_from(i128::from(self.busy) * 1000 / i128::from(step))
                .unwrap_or(0),
        }
    }
}

/// Intervals kept in a report.
const INTERVALS: usize = 4000;

/// The columns of the summary joined into minutes, or longer intervals when there are too many of them. `busy` is the
/// time spent by cell of the time axis.
pub(super) fn minutes(fold: &Fold, busy: &[(i64, i64)]) -> (i64, Vec<Minute>) {
    let columns = &fold.summary.columns;
    let mut step = columns.step().max(60 * SECOND);
    for coarser in [600, 3600, 86_400, 864_000] {
        let mut numbers: Vec<i64> = columns
            .cells()
            .iter()
            .map(|(n, _)| (n * columns.step()).div_euclid(step))
            .collect();
        numbers.dedup();
        if numbers.len() <= INTERVALS {
            break;
        }
        step = step.max(coarser * SECOND);
    }
    let mut out: Vec<Minute> = Vec::new();
    for (number, column) in columns.cells() {
        let at = (number * columns.step()).div_euclid(step) * step;
        if out.last().is_none_or(|last| last.at != at) {
            out.push(Minute {
                at,
                ..Minute::default()
            });
        }
        if let Some(minute) = out.last_mut() {
            minute.requests += column.requests;
            minute.errors += column.errors;
            minute.durations.merge(&column.durations);
        }
    }
    for (at, busy) in busy {
        let at = at.div_euclid(step) * step;
        if let Ok(index) = out.binary_search_by_key(&at, |minute| minute.at) {
            out[index].busy += busy;
        }
    }
    (step, out)
}

/// Columns of a map.
const COLUMNS: i64 = 240;
/// Buckets of the histogram that make a row: four rows a power of two.
const ROW: usize = 16;
/// Everything faster shares the lowest row.
const FASTEST: i64 = 1000;

/// The response-time map.
pub(super) fn heat(fold: &Fold) -> HeatData {
    let columns = &fold.summary.columns;
    let cells: Vec<(i64, &Column)> = columns.cells();
    let Some(((first, _), (last, _))) = cells.first().zip(cells.last()) else {
        return HeatData::default();
    };
    let per = ((last - first) / COLUMNS + 1).max(1);
    let from = first.div_euclid(per) * per;
    let lowest = super::histogram::bucket(FASTEST) / ROW;
    let row_of = |bucket: u16| (usize::from(bucket) / ROW).max(lowest);
    let highest = cells
        .iter()
        .filter_map(|(_, column)| column.durations.0.last())
        .map(|cell| row_of(cell.0))
        .max();
    let Some(highest) = highest else {
        return HeatData::default();
    };
    let rows = highest + 1 - lowest;
    let columns_shown = ((last - from) / per + 1) as usize;
    let mut sums = vec![(0_u64, 0_u64); rows * columns_shown];
    for (number, column) in cells {
        let begin = ((number - from) / per) as usize * rows;
        for (bucket, count) in &column.durations.0 {
            sums[begin + row_of(*bucket) - lowest].0 += count;
        }
        for (bucket, count) in &column.failed.0 {
            sums[begin + row_of(*bucket) - lowest].1 += count;
        }
    }
    let cells = sums.into_iter().enumerate();
    let cells = cells.filter(|(_, (all, failed))| *all > 0 || *failed > 0);
    HeatData {
        from: Instant(from * columns.step()),
        column_us: per * columns.step(),
        rows: (lowest..=highest)
            .map(|row| if row == lowest { 0 } else { lower(row * ROW) })
            .collect(),
        cells: cells
            .map(|(index, (all, failed))| {
                ((index / rows) as u32, (index % rows) as u32, all, failed)
            })
            .collect(),
    }
}
