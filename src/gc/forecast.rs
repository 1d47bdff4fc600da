//! The trend of the live set, and when the heap would have been full.

use serde::{Deserialize, Serialize};

/// The trend of the lower envelope of occupancy after collection: the floor under the saw-tooth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
