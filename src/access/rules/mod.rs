//! The rules of the access room, one file each.

mod abusive_client;
mod client_aborts;
mod error_burst;
mod fixed_timeout;
mod large_payloads;
mod latency_ramp;
mod log_restart;
mod lost_in_flight;
mod probe_failures;
mod released_queue;
mod retry_storm;
mod saturation;
mod shed_load;
mod silence;
mod traffic_spike;
mod unequal_load;

use super::model::Model;
use crate::finding::Rule;

/// All rules.
pub(super) const ALL: &[&dyn Rule<Model>] = &[
    &silence::Silence,
    &probe_failures::ProbeFailures,
    &error_burst::ErrorBurst,
    &latency_ramp::LatencyRamp,
    &released_queue::ReleasedQueue,
    &fixed_timeout::FixedTimeout,
    &saturation::Saturation,
    &traffic_spike::TrafficSpike,
    &abusive_client::AbusiveClient,
    &large_payloads::LargePayloads,
    &retry_storm::RetryStorm,
    &client_aborts::ClientAborts,
    &unequal_load::UnequalLoad,
    &lost_in_flight::LostInFlight,
    &shed_load::ShedLoad,
    &log_restart::LogRestart,
];
