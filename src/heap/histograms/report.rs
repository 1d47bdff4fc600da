//! The result of a series of class histograms. Written as JSON and read back.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::input::Coverage;

/// What a series of class histograms shows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HistogramReport {
    /// The histograms, in the order in which they were given.
    pub snapshots: Vec<Snapshot>,
    /// Classes by growth of their own bytes from the first to the last, at most 200.
    pub classes: Vec<ClassSeries>,
    /// Most severe first.
    pub findings: Vec<Finding>,
    /// What was read.
    pub coverage: Vec<Coverage>,
}

/// One histogram.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Snapshot {
    /// Name of the source inside the bundle.
    pub source: String,
    /// Line of its heading, counted from 1.
    pub line: u64,
    /// All objects.
    pub instances: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Whether it ends with its total: else it was cut off, and what it does not list is unknown.
    pub complete: bool,
}

/// One class through the series.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClassSeries {
    /// Name as in Java source.
    pub class: String,
    /// Instances in each histogram.
    pub instances: Vec<u64>,
    /// Their own bytes in each histogram.
    pub bytes: Vec<u64>,
    /// Growth of the instances from the first to the last.
    pub grown_instances: i64,
    /// Growth of the bytes from the first to the last.
    pub grown_bytes: i64,
    /// Whether each histogram has more instances than the one before.
    pub every_time: bool,
}
