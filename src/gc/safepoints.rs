//! Safepoints: every stop of the world, for the collector or for anything else, and how long the threads took to arrive.

use serde::{Deserialize, Serialize};

use crate::finding::Locator;

/// All safepoints of a life. Durations in microseconds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SafepointSummary {
    /// How many.
    pub count: u64,
    /// Sum of whole stops, arrival included.
    pub total: i64,
    /// Sum of the time that threads took to arrive.
    pub reaching_total: i64,
    /// Longest arrival.
    pub reaching_max: i64,
    /// Where the longest arrival is.
    pub reaching_longest: Option<Locator>,
    /// Stops that were not for the collector: count.
    pub other_count: u64,
    /// Sum of the stops that were not for the collector.
    pub other_total: i64,
    /// Longest stop that was not for the collector.
    pub other_max: i64,
    /// Operation and place of the longest stop that was not for the collector.
    pub other_longest: Option<(String, Locator)>,
    /// Operation, count, sum and longest, by sum.
    pub operations: Vec<Operation>,
}

/// Safepoints of one VM operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Operation {
    /// Name in HotSpot: `G1CollectForAllocation`.
    pub name: String,
    /// How often.
    pub count: u64,
    /// Sum in microseconds.
    pub total: i64,
    /// Longest in microseconds.
    pub max: i64,
    /// Sum of arrival times in microseconds.
    pub reaching: i64,
}
