//! Numbers on their way to a screen: values with units, round steps for axes, and fewer points than there are pixels.

use crate::document::{Axis, Unit};
use crate::text;
use crate::time::{Instant, SECOND};

/// A value as a person reads it.
pub(super) fn value(unit: Unit, value: f64) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    match unit {
        Unit::Count if value >= 0.0 && (value.fract() == 0.0 || value >= 100.0) => {
            text::count(value.round() as u64)
        }
        Unit::Count => format!("{value:.1}"),
        Unit::Bytes => text::bytes(value.max(0.0).round() as u64),
        Unit::Micros => text::duration(value.round() as i64),
        Unit::Share => text::percent(value, 1.0),
        Unit::PerSecond if value >= 100.0 => format!("{}/s", text::count(value.round() as u64)),
        Unit::PerSecond => format!("{value:.1}/s"),
    }
}

/// A round value without the zeros that say nothing: `512 MiB`, `200 ms`.
pub(super) fn label(unit: Unit, at: f64) -> String {
    if at == 0.0 {
        return "0".to_owned();
    }
    let long = value(unit, at);
    let end = long
        .find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',')
        .unwrap_or(long.len());
    let (number, rest) = long.split_at(end);
    match number.contains('.') {
        true => {
            let short = number.trim_end_matches('0').trim_end_matches('.');
            format!("{short}{rest}")
        }
        false => long,
    }
}

/// Round steps from zero to the first at or above `max`, about `wanted` of them.
pub(super) fn steps(unit: Unit, max: f64, wanted: usize) -> Vec<f64> {
    let max = if max.is_finite() && max > 0.0 {
        max
    } else {
        1.0
    };
    let raw = max / wanted.max(1) as f64;
    let step = match unit {
        Unit::Bytes => round_up(
            raw,
            &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0],
            1024.0,
        ),
        Unit::Micros if raw >= 10e6 => {
            let minutes = [
                10e6, 20e6, 30e6, 60e6, 120e6, 300e6, 600e6, 1200e6, 1800e6, 3600e6,
            ];
            minutes
                .into_iter()
                .find(|step| *step >= raw)
                .unwrap_or_else(|| round_up(raw / 3600e6, &[1.0, 2.0, 5.0], 10.0) * 3600e6)
        }
        Unit::Count => round_up(raw, &[1.0, 2.0, 5.0], 10.0).max(1.0),
        _ => round_up(raw, &[1.0, 2.0, 5.0], 10.0),
    };
    let count = (max / step).ceil().clamp(1.0, 50.0) as usize;
    (0..=count).map(|index| index as f64 * step).collect()
}

/// The smallest of `mantissas` times a power of `base` that is at least `raw`.
fn round_up(raw: f64, mantissas: &[f64], base: f64) -> f64 {
    let mut power = 1.0;
    while power * base <= raw {
        power *= base;
    }
    while power > raw && power > 1e-9 {
        power /= base;
    }
    let fits = mantissas.iter().map(|mantissa| mantissa * power);
    // Division by powers of ten is not exact; a hair below is as good as equal.
    fits.into_iter()
        .find(|step| *step >= raw * 0.999_999)
        .unwrap_or(power * base)
}

/// Steps of a time axis in microseconds.
const TIME_STEPS: &[i64] = &[
    1,
    2,
    5,
    10,
    20,
    50,
    100,
    200,
    500,
    1_000,
    2_000,
    5_000,
    10_000,
    20_000,
    50_000,
    100_000,
    200_000,
    500_000,
    SECOND,
    2 * SECOND,
    5 * SECOND,
    10 * SECOND,
    15 * SECOND,
    30 * SECOND,
    60 * SECOND,
    120 * SECOND,
    300 * SECOND,
    600 * SECOND,
    900 * SECOND,
    1_800 * SECOND,
    3_600 * SECOND,
    2 * 3_600 * SECOND,
    3 * 3_600 * SECOND,
    6 * 3_600 * SECOND,
    12 * 3_600 * SECOND,
    86_400 * SECOND,
    2 * 86_400 * SECOND,
    7 * 86_400 * SECOND,
    14 * 86_400 * SECOND,
    28 * 86_400 * SECOND,
    84 * 86_400 * SECOND,
    365 * 86_400 * SECOND,
];

/// Round times between `from` and `to` with their labels, at most `wanted`.
pub(super) fn time_steps(axis: Axis, from: i64, to: i64, wanted: usize) -> Vec<(i64, String)> {
    let span = to.saturating_sub(from).max(1);
    let fits = |step: &&i64| span / **step < wanted.max(1) as i64;
    let longest = 365 * 86_400 * SECOND;
    let step = match TIME_STEPS.iter().find(fits) {
        Some(step) => *step,
        None => (span / wanted.max(1) as i64 / longest + 1).saturating_mul(longest),
    };
    let offset = match axis {
        Axis::Wall => zone_offset(from),
        Axis::Uptime => 0,
    };
    let local = from.saturating_add(offset);
    let first = local
        .saturating_sub(local.rem_euclid(step))
        .saturating_sub(offset);
    let mut out = Vec::new();
    let mut at = first;
    while at <= to && out.len() <= wanted {
        if at >= from {
            out.push((at, time_label(axis, at, step)));
        }
        let Some(next) = at.checked_add(step) else {
            break;
        };
        at = next;
    }
    out
}

fn time_label(axis: Axis, at: i64, step: i64) -> String {
    match axis {
        Axis::Uptime if at == 0 => "0".to_owned(),
        Axis::Uptime => text::duration(at)
            .replace(".00 s", " s")
            .replace(".0 s", " s")
            .replace(".0 ms", " ms")
            .replace(" min 00 s", " min")
            .replace(" h 00 min", " h"),
        Axis::Wall if step >= 86_400 * SECOND => date(at),
        Axis::Wall => {
            let time = Instant(at).time_of_day();
            match step >= 60 * SECOND {
                true => time.chars().take(5).collect(),
                false => time,
            }
        }
    }
}

/// A time in full, for legends and the ends of an axis.
pub(super) fn time(axis: Axis, at: i64) -> String {
    match axis {
        Axis::Wall => Instant(at).display(),
        Axis::Uptime => text::duration(at),
    }
}

/// A time without its date, where the date is known from beside it.
pub(super) fn short_time(axis: Axis, at: i64) -> String {
    match axis {
        Axis::Wall => Instant(at).time_of_day(),
        Axis::Uptime => text::duration(at),
    }
}

/// The date, in the zone of the report: `2026-11-22`.
pub(super) fn date(at: i64) -> String {
    let full = Instant(at).display();
    full.split(' ').next().unwrap_or_default().to_owned()
}

pub(super) fn zone_offset(at: i64) -> i64 {
    let zone = &text::Locale::current().zone;
    jiff::Timestamp::from_microsecond(at)
        .map(|stamp| i64::from(zone.to_offset(stamp).seconds()) * SECOND)
        .unwrap_or(0)
}

/// Where `at` lies between `from` and `to`, 0 to 1 inside.
pub(super) fn place(at: i64, from: i64, to: i64) -> f64 {
    let span = (to as f64 - from as f64).max(1.0);
    (at as f64 - from as f64) / span
}

/// Which of `columns` equal parts of `from..=to` holds `at`; `None` outside.
pub(super) fn column(at: i64, from: i64, to: i64, columns: usize) -> Option<usize> {
    let inside = at >= from && at <= to && columns > 0;
    inside.then(|| ((place(at, from, to) * columns as f64) as usize).min(columns - 1))
}

/// Smallest and largest value of the points in each of `columns` equal parts of `from..=to`.
pub(super) fn buckets(
    points: &[(i64, f64)],
    from: i64,
    to: i64,
    columns: usize,
) -> Vec<Option<(f64, f64)>> {
    let mut out: Vec<Option<(f64, f64)>> = vec![None; columns];
    for (at, value) in points {
        if let Some(column) = column(*at, from, to, columns)
            && value.is_finite()
        {
            let (low, high) = out[column].unwrap_or((*value, *value));
            out[column] = Some((low.min(*value), high.max(*value)));
        }
    }
    out
}

/// At most about `limit` of the points between `from` and `to`: per column its first, smallest, largest and last, so
/// that no peak is lost. Points are returned as they are when they are few enough.
pub(super) fn decimate(points: &[(i64, f64)], from: i64, to: i64, limit: usize) -> Vec<(i64, f64)> {
    let inside = |at: i64| at >= from && at <= to;
    let count = points.iter().filter(|(at, _)| inside(*at)).count();
    if count <= limit {
        return points
            .iter()
            .copied()
            .filter(|(at, _)| inside(*at))
            .collect();
    }
    let columns = (limit / 5).max(1);
    let mut out = Vec::with_capacity(limit);
    let mut group: Vec<(i64, f64)> = Vec::new();
    let mut current = 0;
    for (at, value) in points.iter().copied().filter(|(at, _)| inside(*at)) {
        let column = column(at, from, to, columns).unwrap_or(0);
        if column != current {
            extremes(&mut group, &mut out);
            current = column;
        }
        group.push((at, value));
    }
    extremes(&mut group, &mut out);
    out
}

fn extremes(group: &mut Vec<(i64, f64)>, out: &mut Vec<(i64, f64)>) {
    let mut keep = [None; 5];
    let mut low = f64::INFINITY;
    let mut high = f64::NEG_INFINITY;
    for (index, (_, value)) in group.iter().enumerate() {
        if *value < low {
            low = *value;
            keep[1] = Some(index);
        }
        if *value > high {
            high = *value;
            keep[2] = Some(index);
        }
        if value.is_nan() {
            keep[3] = Some(index);
        }
    }
    if !group.is_empty() {
        keep[0] = Some(0);
        keep[4] = Some(group.len() - 1);
    }
    keep.sort_unstable();
    let mut last = None;
    for index in keep.into_iter().flatten() {
        if last != Some(index) {
            out.push(group[index]);
            last = Some(index);
        }
    }
    group.clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round() {
        let labels = |unit, max| -> Vec<String> {
            steps(unit, max, 4)
                .into_iter()
                .map(|at| label(unit, at))
                .collect()
        };
        assert_eq!(
            labels(Unit::Bytes, 1.9e9),
            ["0", "512 MiB", "1 GiB", "1.5 GiB", "2 GiB"]
        );
        assert_eq!(labels(Unit::Micros, 4.2e6), ["0", "2 s", "4 s", "6 s"]);
        assert_eq!(labels(Unit::Share, 1.0), ["0", "50 %", "100 %"]);
        assert_eq!(labels(Unit::Count, 3.0), ["0", "1", "2", "3"]);
        assert_eq!(labels(Unit::Count, f64::NAN), ["0", "1"]);
        assert_eq!(labels(Unit::PerSecond, 930.0), ["0", "500/s", "1,000/s"]);
    }

    #[test]
    fn time_steps_are_human() {
        let labels = |axis, from, to| -> Vec<String> {
            time_steps(axis, from, to, 6)
                .into_iter()
                .map(|(_, label)| label)
                .collect()
        };
        let minute = 60 * SECOND;
        assert_eq!(
            labels(Axis::Wall, 61 * minute, 90 * minute),
            ["01:05", "01:10", "01:15", "01:20", "01:25", "01:30"]
        );
        assert_eq!(
            labels(Axis::Uptime, 0, 3 * SECOND),
            ["0", "1 s", "2 s", "3 s"]
        );
        assert!(labels(Axis::Wall, i64::MIN, i64::MAX).len() <= 7);
        assert_eq!(labels(Axis::Uptime, 5, 5).len(), 1);
    }

    #[test]
    fn decimation_keeps_every_peak() {
        let mut points: Vec<(i64, f64)> = (0..100_000).map(|at| (at, 1.0)).collect();
        points[54_321].1 = 900.0;
        points[7].1 = -3.0;
        let few = decimate(&points, 0, 100_000, 2_000);
        assert!(few.len() <= 2_000, "{}", few.len());
        assert!(few.contains(&(54_321, 900.0)) && few.contains(&(7, -3.0)));
        assert!(few.is_sorted_by_key(|(at, _)| *at));
    }
}
