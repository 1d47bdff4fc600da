//! The death spiral: the collector takes more time than it gives back, because each collection frees too little to pay
//! for the next one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A death spiral with its stages. Times are on the axis of the life (see [`GcLife`](super::GcLife)): microseconds of
/// uptime, or since the first stamp.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Spiral {
    /// Occupancy after collection stayed above 85 % of the ceiling from here on.
    pub pressure: Option<i64>,
    /// A window lost 25 % or more, and the collector never recovered from here on.
    pub onset: Option<i64>,
    /// A window lost 50 % or more.
    pub acceleration: Option<i64>,
    /// GC debt above its limit with three futile collections in a row, and no recovery afterwards.
    pub point_of_no_return: Option<i64>,
    /// A window lost 95 % or more.
    pub collapse: Option<i64>,
    /// Last sign of life in the log.
    pub death: Option<i64>,
    /// Whether the process recovered afterwards, so that the spiral is over at `recovered`.
    pub recovered: Option<i64>,
    /// Share of the time from onset to the end that the application lost, 0 to 1.
    pub gc_share: f64,
    /// Full collections in the spiral that freed less than 5 % of the heap and were not asked for by the application.
    pub futile_fulls: u64,
    /// Most of them in a row.
    pub futile_in_a_row: u64,
    /// Allocation and relocation stalls in the spiral.
    pub stalls: u64,
    /// Degenerated cycles in the spiral.
    pub degenerated: u64,
    /// Largest GC debt, in microseconds.
    pub max_debt: i64,
    /// One sentence.
    pub summary: String,
}

/// A stretch of time worth a name that is not a death spiral.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Stretch {
    /// Beginning on the axis of the life, microseconds.
    pub from: i64,
    /// End on the axis of the life, microseconds.
    pub to: i64,
    /// Share of it that the application lost, 0 to 1.
    pub lost: f64,
    /// Largest GC debt in it, in microseconds.
    pub max_debt: i64,
    /// Collections in it.
    pub collections: u64,
    /// One sentence.
    pub summary: String,
}
