//! Pauses: counts, sums and exact percentiles, nested pauses counted once.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::event::{Event, PauseKind};
use super::life::locator;
use super::run::Run;
use crate::finding::Locator;
use crate::time::SECOND;

/// Pauses of the whole JVM. Durations in microseconds; percentiles are exact (nearest rank).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PauseSummary {
    /// Stop-the-world pauses, a pause inside another one not counted again.
    pub count: u64,
    /// Their sum.
    pub total: i64,
    /// The longest.
    pub max: i64,
    /// Half are at most this long.
    pub p50: i64,
    /// 95 % are at most this long.
    pub p95: i64,
    /// 99 % are at most this long.
    pub p99: i64,
    /// 99.9 % are at most this long.
    pub p999: i64,
    /// Full collections, those inside a young pause included.
    pub full_count: u64,
    /// Sum of the full collections.
    pub full_total: i64,
    /// Degenerated cycles of Shenandoah.
    pub degenerated_count: u64,
    /// Pauses that ran inside another pause (a Full inside the young pause that failed).
    pub nested_count: u64,
    /// Allocation and relocation stalls of single threads (ZGC).
    pub stall_count: u64,
    /// Sum of the stalls over all threads.
    pub stall_total: i64,
    /// The longest stall.
    pub stall_max: i64,
}

/// One row of the table of causes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CauseRow {
    /// What was done.
    pub kind: PauseKind,
    /// Why, in the JVM's words; empty when the log does not say.
    pub cause: String,
    /// How often.
    pub count: u64,
    /// Sum in microseconds.
    pub total: i64,
    /// Longest in microseconds.
    pub max: i64,
    /// Where the longest is.
    pub longest: Locator,
}

/// A pause of a second or more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LongPause {
    /// Its beginning on the axis of the life, microseconds.
    pub at: i64,
    /// Its duration in microseconds.
    pub pause: i64,
    /// What was done.
    pub kind: PauseKind,
    /// Why, in the JVM's words.
    pub cause: String,
    /// User CPU time in microseconds, if logged.
    pub user: Option<i64>,
    /// System CPU time in microseconds, if logged.
    pub sys: Option<i64>,
    /// Where.
    pub locator: Locator,
}

impl PauseSummary {
    pub(super) fn of(events: &[Event]) -> Self {
        let mut summary = Self::default();
        let mut durations: Vec<i64> = Vec::with_capacity(events.len());
        let (mut total, mut full_total, mut stall_total) = (0_i128, 0_i128, 0_i128);
        for event in events {
            let nanos = i128::from(event.nanos);
            match event.kind {
                PauseKind::Stall => {
                    summary.stall_count += 1;
                    stall_total += nanos;
                    summary.stall_max = summary.stall_max.max(event.micros());
                    continue;
                }
                PauseKind::Cycle => continue,
                PauseKind::Full => {
                    summary.full_count += 1;
                    full_total += nanos;
                }
                PauseKind::Degenerated => summary.degenerated_count += 1,
                _ => {}
            }
            if event.nested {
                summary.nested_count += 1;
            } else {
                total += nanos;
                durations.push(event.micros());
            }
        }
        durations.sort_unstable();
        summary.count = durations.len() as u64;
        summary.total = micros(total);
        summary.full_total = micros(full_total);
        summary.stall_total = micros(stall_total);
        summary.max = durations.last().copied().unwrap_or(0);
        summary.p50 = nearest_rank(&durations, 500);
        summary.p95 = nearest_rank(&durations, 950);
        summary.p99 = nearest_rank(&durations, 990);
        summary.p999 = nearest_rank(&durations, 999);
        summary
    }
}

/// Nanoseconds rounded to the nearest microsecond.
fn micros(nanos: i128) -> i64 {
    i64::try_from((nanos + 500) / 1000).unwrap_or(i64::MAX)
}

/// The value that `thousandths` of the sorted values do not exceed (nearest rank); 0 for none.
pub(super) fn nearest_rank(sorted: &[i64], thousandths: usize) -> i64 {
    let rank = (sorted.len() * thousandths).div_ceil(1000);
    match sorted.get(rank.saturating_sub(1)) {
        Some(value) => *value,
        None => 0,
    }
}

/// The table of causes, by total time.
pub(super) fn causes(run: &Run, sources: &[String]) -> Vec<CauseRow> {
    let mut rows: BTreeMap<(PauseKind, u32), CauseRow> = BTreeMap::new();
    for event in &run.events {
        let row = rows
            .entry((event.kind, event.cause))
            .or_insert_with(|| CauseRow {
                kind: event.kind,
                cause: run.cause(event).to_owned(),
                count: 0,
                total: 0,
                max: -1,
                longest: locator(sources, event.place()),
            });
        row.count += 1;
        row.total = row.total.saturating_add(event.nanos);
        if event.micros() > row.max {
            row.max = event.micros();
            row.longest = locator(sources, event.place());
        }
    }
    let mut rows: Vec<CauseRow> = rows.into_values().collect();
    for row in &mut rows {
        row.total = micros(i128::from(row.total));
    }
    rows.sort_by(|left, right| {
        (right.total, right.count)
            .cmp(&(left.total, left.count))
            .then_with(|| (left.kind, &left.cause).cmp(&(right.kind, &right.cause)))
    });
    rows
}

/// Pauses of at least a second, longest first, at most 100.
pub(super) fn long(run: &Run, zero: i64, sources: &[String]) -> Vec<LongPause> {
    let mut long: Vec<&Event> = run
        .events
        .iter()
        .filter(|event| event.counts() && event.micros() >= SECOND)
        .collect();
    long.sort_by_key(|event| (-event.nanos, event.begin));
    long.truncate(100);
    let pause = |event: &&Event| LongPause {
        at: event.begin - zero,
        pause: event.micros(),
        kind: event.kind,
        cause: run.cause(event).to_owned(),
        user: event.cpu.map(|cpu| cpu.user),
        sys: event.cpu.map(|cpu| cpu.sys),
        locator: locator(sources, event.place()),
    };
    long.iter().map(pause).collect()
}

#[cfg(test)]
mod tests {
    use super::super::event::Place;
    use super::*;

    #[test]
    fn percentiles_are_values_that_occurred() {
        let sorted: Vec<i64> = (1..=10).collect();
        assert_eq!(nearest_rank(&sorted, 500), 5);
        assert_eq!(nearest_rank(&sorted, 950), 10);
        assert_eq!(nearest_rank(&[], 500), 0);
        assert_eq!(nearest_rank(&[7], 1), 7);
    }

    #[test]
    fn a_nested_full_counts_as_full_but_not_twice_as_time() {
        let mut full = Event::new(10, 5_000_400, PauseKind::Full, 0, Place::default());
        full.nested = true;
        let young = Event::new(0, 9_000_400, PauseKind::Young, 0, Place::default());
        let summary = PauseSummary::of(&[full, young]);
        assert_eq!(
            (summary.count, summary.full_count, summary.nested_count),
            (1, 1, 1)
        );
        assert_eq!((summary.total, summary.full_total), (9000, 5000));
    }
}
