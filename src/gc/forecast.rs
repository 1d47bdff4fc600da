//! The trend of the live set, and when the heap would have been full.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::time::SECOND;

/// The trend of the lower envelope of occupancy after collection: the floor under the saw-tooth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Floor {
    /// First envelope point, on the axis of the life in microseconds.
    pub from: i64,
    /// Last envelope point.
    pub to: i64,
    /// Envelope points the estimate rests on.
    pub points: u64,
    /// Theil–Sen slope in bytes per second.
    pub slope: f64,
    /// Lower end of the interval (10 % quantile of all pairwise slopes).
    pub low: f64,
    /// Upper end of the interval (90 % quantile).
    pub high: f64,
    /// Floor at `to` according to the line, in bytes.
    pub level: u64,
    /// Floor at `from` according to the line, in bytes.
    pub start_level: u64,
}

/// When the floor meets the ceiling.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Forecast {
    /// What the forecast is made against: `heap`, `old generation`.
    pub ceiling_name: String,
    /// Bytes of the ceiling.
    pub ceiling: u64,
    /// The last observation used, on the axis of the life in microseconds.
    pub made_at: i64,
    /// Full at, on the axis of the life in microseconds.
    pub full_at: i64,
    /// Not before (steepest slope of the interval).
    pub earliest: i64,
    /// Not after (flattest slope); `None` when the flattest slope is not positive.
    pub latest: Option<i64>,
}

/// Envelope buckets.
const BUCKETS: i64 = 8;
/// Fewer envelope points than this say nothing.
const MIN_POINTS: usize = 4;

/// The floor over `from..to`, from times in microseconds and bytes after collection. `None` when there is too little.
pub(super) fn floor(points: &[(i64, u64)], from: i64, to: i64) -> Option<Floor> {
    let width = (to.saturating_sub(from) / BUCKETS).max(1);
    let mut lowest: Vec<Option<(i64, u64)>> = vec![None; BUCKETS as usize];
    for &(at, bytes) in points.iter().filter(|(at, _)| (from..=to).contains(at)) {
        let bucket = (((at - from) / width).min(BUCKETS - 1)) as usize;
        if lowest[bucket].is_none_or(|(_, least)| bytes < least) {
            lowest[bucket] = Some((at, bytes));
        }
    }
    let envelope: Vec<(i64, u64)> = lowest.into_iter().flatten().collect();
    if envelope.len() < MIN_POINTS {
        return None;
    }
    let mut slopes = Vec::with_capacity(envelope.len() * envelope.len() / 2);
    for (index, &(early, low)) in envelope.iter().enumerate() {
        for &(late, high) in &envelope[index + 1..] {
            if late > early {
                slopes.push((high as f64 - low as f64) / (late - early) as f64 * SECOND as f64);
            }
        }
    }
    slopes.sort_by(f64::total_cmp);
    let slope = quantile(&slopes, 0.5)?;
    let mut offsets: Vec<f64> = envelope
        .iter()
        .map(|&(at, bytes)| bytes as f64 - slope * (at - from) as f64 / SECOND as f64)
        .collect();
    offsets.sort_by(f64::total_cmp);
    let offset = quantile(&offsets, 0.5)?;
    let (first, last) = (envelope[0].0, envelope[envelope.len() - 1].0);
    let level = |at: i64| (offset + slope * (at - from) as f64 / SECOND as f64).max(0.0) as u64;
    Some(Floor {
        from: first,
        to: last,
        points: envelope.len() as u64,
        slope,
        low: quantile(&slopes, 0.1)?,
        high: quantile(&slopes, 0.9)?,
        level: level(last),
        start_level: level(first),
    })
}

/// When the floor reaches `ceiling`. `None` unless even the flattest likely slope rises, the rise so far is more than
/// 5 % of the ceiling, and the floor is still below it.
pub(super) fn forecast(floor: &Floor, ceiling: u64, name: &str) -> Option<Forecast> {
    let rise = floor.level.saturating_sub(floor.start_level);
    if floor.low <= 0.0 || (rise as f64) < 0.05 * ceiling as f64 || floor.level >= ceiling {
        return None;
    }
    let missing = (ceiling - floor.level) as f64;
    let reach = |slope: f64| {
        let seconds = missing / slope;
        // A forecast far beyond what was observed is a guess.
        let observed = (floor.to - floor.from) as f64 / SECOND as f64;
        (seconds < 10.0 * observed)
            .then(|| floor.to.saturating_add((seconds * SECOND as f64) as i64))
    };
    Some(Forecast {
        ceiling_name: name.to_owned(),
        ceiling,
        made_at: floor.to,
        full_at: reach(floor.slope)?,
        earliest: reach(floor.high)?,
        latest: reach(floor.low),
    })
}

/// Linear interpolation between the sorted values.
fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let position = share * last as f64;
    let low = position.floor() as usize;
    let high = (low + 1).min(last);
    let part = position - low as f64;
    Some(sorted[low] * (1.0 - part) + sorted[high] * part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_straight_rise_is_forecast_to_the_second() {
        let points: Vec<(i64, u64)> = (0..100)
            .map(|s| (s * SECOND, 1000 + s as u64 * 10))
            .collect();
        let floor = floor(&points, 0, 99 * SECOND).unwrap();
        assert!((floor.slope - 10.0).abs() < 1e-9);
        let forecast = forecast(&floor, 3000, "heap").unwrap();
        assert_eq!(forecast.full_at / SECOND, 200);
        assert!(forecast.earliest <= forecast.full_at);
    }

    #[test]
    fn a_flat_floor_forecasts_nothing() {
        let points: Vec<(i64, u64)> = (0..100)
            .map(|s| (s * SECOND, 1000 + (s as u64 % 7)))
            .collect();
        let flat = floor(&points, 0, 99 * SECOND).unwrap();
        assert_eq!(forecast(&flat, 3000, "heap"), None);
        assert_eq!(floor(&points[..2], 0, 99 * SECOND), None);
    }
}
