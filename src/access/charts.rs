//! The charts: rate, latency and requests in progress on one axis, and the response-time map.

use super::{AccessReport, Interval, Second};
use crate::document::{Axis, Band, Chart, HeatMap, Lane, Mark, Series, Timeline, Unit};
use crate::finding::Severity;
use crate::t;
use crate::time::SECOND;

/// Widths of a point of a rate in seconds: whole parts of what people count time in.
const WIDTHS: [i64; 12] = [1, 2, 5, 10, 30, 60, 300, 600, 1800, 3600, 21_600, 86_400];
/// About as many points as a chart has room for.
const POINTS: i64 = 300;

impl AccessReport {
    /// Rate, errors, latency and requests in progress on one axis. Rates are as fine as the chart can show, so that a
    /// silence is seen as one; percentiles need a minute's requests to mean anything.
    pub(super) fn timeline(&self) -> Option<Chart> {
        let (from, to) = self.span?;
        // The log begins and ends within an interval.
        let begin = |minute: &Interval| minute.at.0.max(from.lo.0);
        let seconds = |minute: &Interval| {
            let end = (minute.at.0 + self.minute_us).min(to.hi.0 + 1);
            (end - begin(minute)).max(1) as f64 / SECOND as f64
        };
        let minutes = |name: String, mark, value: &dyn Fn(&Interval) -> f64| {
            let points = self.minutes.iter();
            Series {
                name,
                mark,
                points: points
                    .map(|minute| (begin(minute), value(minute)))
                    .collect(),
            }
        };
        let fine = |name: String, mark, value: fn(&Second) -> i64| Series {
            name,
            mark,
            points: self.per_second(from.lo.0, to.hi.0, value),
        };
        let mut lanes = vec![Lane {
            title: t!("Requests"),
            unit: Unit::PerSecond,
            series: vec![
                fine(t!("hits"), Mark::Area, |second| second.finished as i64),
                minutes(t!("transactions"), Mark::Steps, &|minute| {
                    minute.requests as f64 / seconds(minute)
                }),
                fine(t!("server errors"), Mark::Area, |second| {
                    second.errors_5xx as i64
                }),
            ],
        }];
        if self.timed > 0 {
            lanes.push(Lane {
                title: t!("Latency"),
                unit: Unit::Micros,
                series: vec![
                    minutes(t!("p99"), Mark::Steps, &|minute| minute.p99_us as f64),
                    minutes(t!("p95"), Mark::Steps, &|minute| minute.p95_us as f64),
                    minutes(t!("p50"), Mark::Steps, &|minute| minute.p50_us as f64),
                ],
            });
            let mut in_progress = fine(t!("mean"), Mark::Area, |second| second.busy_us);
            for (_, mean) in &mut in_progress.points {
                *mean /= SECOND as f64;
            }
            lanes.push(Lane {
                title: t!("Requests in progress"),
                unit: Unit::Count,
                series: vec![in_progress],
            });
        }
        Some(Chart::Timeline(Timeline {
            title: t!("Rate, latency and requests in progress"),
            axis: Axis::Wall,
            from: from.lo.0,
            to: to.hi.0,
            lanes,
            markers: Vec::new(),
            bands: self.bands(),
        }))
    }

    /// A count by the second, over cells as wide as a point of the chart; a cell in which nothing happened is zero.
    fn per_second(&self, from: i64, to: i64, value: fn(&Second) -> i64) -> Vec<(i64, f64)> {
        let wide_enough = |width: &i64| {
            let width = width * SECOND;
            width >= self.step_us && (to - from) / width <= POINTS
        };
        let width = WIDTHS.into_iter().find(wide_enough).map_or_else(
            || self.step_us.max((to - from) / POINTS).max(SECOND),
            |width| width * SECOND,
        );
        let first = from.div_euclid(width);
        let cells = usize::try_from(to.div_euclid(width) - first + 1).unwrap_or(0);
        let mut sums = vec![0_i64; cells];
        for second in &self.seconds {
            let cell = usize::try_from(second.at.0.div_euclid(width) - first);
            if let Some(sum) = cell.ok().and_then(|cell| sums.get_mut(cell)) {
                *sum = sum.saturating_add(value(second));
            }
        }
        let over = width as f64 / SECOND as f64;
        let point = |(cell, sum): (i64, i64)| ((first + cell) * width, sum as f64 / over);
        (0..).zip(sums).map(point).collect()
    }

    fn bands(&self) -> Vec<Band> {
        let mut bands: Vec<Band> = self
            .gaps
            .iter()
            .map(|gap| Band {
                from: gap.from.hi.0,
                to: gap.to.lo.0,
                label: t!("silence"),
                severity: Severity::High,
            })
            .collect();
        bands.extend(self.episode.iter().map(|episode| Band {
            from: episode.from.lo.0,
            to: episode.to.hi.0,
            label: t!("episode"),
            severity: Severity::Medium,
        }));
        bands
    }

    pub(super) fn map(&self) -> Option<Chart> {
        if self.heat_map.cells.is_empty() {
            return None;
        }
        Some(Chart::HeatMap(HeatMap {
            title: t!("Response times of transactions by their end"),
            axis: None,
            from: self.heat_map.from.0,
            column: self.heat_map.column_us,
            rows: self.heat_map.rows.clone(),
            cells: self.heat_map.cells.clone(),
        }))
    }
}
