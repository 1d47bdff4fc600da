//! Before and after: did the tuning help, by how much, on which measure.

use serde::{Deserialize, Serialize};

/// What changed from one set of logs to another.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Sources before.
    pub before: Vec<String>,
    /// Sources after.
    pub after: Vec<String>,
    /// Measures in the order to be shown.
    pub measures: Vec<Measure>,
    /// The answer in one sentence.
    pub verdict: String,
}

/// One measure before and after.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measure {
    /// Its name.
    pub name: String,
    /// Before, formatted with its unit.
    pub before: String,
    /// After, formatted with its unit.
    pub after: String,
    /// After divided by before, when both are numbers and before is not zero.
    pub ratio: Option<f64>,
    /// Whether the change is an improvement; `None` when it is neither.
    pub better: Option<bool>,
}
