//! A series as one line of eighth blocks, for the terminal and for Markdown.

use super::scale;
use crate::document::{Curve, Lane, Mark, Series, Timeline};

const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// One character for `value` between zero and `max`.
fn block(value: f64, max: f64) -> char {
    let level = (value / max * 7.0).round().clamp(0.0, 7.0);
    BLOCKS[level as usize]
}

/// The largest finite value of a lane; its scale.
pub(super) fn peak(lane: &Lane) -> f64 {
    lane.series
        .iter()
        .flat_map(|series| &series.points)
        .map(|(_, value)| *value)
        .filter(|value| value.is_finite())
        .fold(0.0, f64::max)
}

/// A series in `columns` characters: the largest value of each column, a blank where there is none.
pub(super) fn series(chart: &Timeline, series: &Series, peak: f64, columns: usize) -> String {
    let buckets = scale::buckets(&series.points, chart.from, chart.to, columns);
    let mut held = None;
    let cells = buckets.into_iter().map(|bucket| {
        let high = bucket.map(|(_, high)| high);
        if series.mark == Mark::Steps {
            held = high.or(held);
            held
        } else {
            high
        }
    });
    cells
        .map(|value| match value {
            Some(value) if value > 0.0 || series.mark != Mark::Sticks => block(value, peak),
            _ => ' ',
        })
        .collect()
}

/// A line of a curve in `columns` characters, over x from its smallest to its largest value.
pub(super) fn curve(chart: &Curve, points: &[(f64, f64)], columns: usize) -> String {
    let (_, _, logarithmic) = chart.x;
    let place = |x: f64| if logarithmic { x.max(1e-9).log10() } else { x };
    let (low, high) = curve_span(chart);
    let (left, right) = (place(low), place(high));
    let peak = chart
        .lines
        .iter()
        .flat_map(|(_, points)| points)
        .map(|(_, y)| *y)
        .filter(|y| y.is_finite())
        .fold(f64::MIN_POSITIVE, f64::max);
    let mut cells = vec![None; columns];
    for (x, y) in points {
        let share = (place(*x) - left) / (right - left).max(f64::MIN_POSITIVE);
        if columns > 0 && share.is_finite() && y.is_finite() {
            let index = ((share * columns as f64) as usize).min(columns - 1);
            cells[index] = Some(y.max(cells[index].unwrap_or(*y)));
        }
    }
    let mut held = None;
    cells
        .into_iter()
        .map(|cell| {
            held = cell.or(held);
            held.map_or(' ', |y| block(y, peak))
        })
        .collect()
}

/// Smallest and largest x of a curve.
pub(super) fn curve_span(chart: &Curve) -> (f64, f64) {
    let xs = || {
        let points = chart.lines.iter().flat_map(|(_, points)| points);
        points.map(|(x, _)| *x).filter(|x| x.is_finite())
    };
    let low = xs().fold(f64::INFINITY, f64::min);
    let high = xs().fold(f64::NEG_INFINITY, f64::max);
    match low <= high {
        true => (low, high),
        false => (0.0, 1.0),
    }
}
