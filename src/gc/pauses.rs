//! Pauses: counts, sums and exact percentiles, nested pauses counted once.

use serde::{Deserialize, Serialize};

use super::event::PauseKind;
use crate::finding::Locator;

/// Pauses of the whole JVM. Durations in microseconds; percentiles are exact (nearest rank).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
