//! The rules of the access room, one file each.

mod error_burst;
mod latency_ramp;
mod probe_failures;
mod silence;

use super::model::Model;
use crate::finding::Rule;

/// All rules.
pub(super) const ALL: &[&dyn Rule<Model>] = &[
    &silence::Silence,
    &probe_failures::ProbeFailures,
    &error_burst::ErrorBurst,
    &latency_ramp::LatencyRamp,
];
