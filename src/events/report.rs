//! The result of the events room.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::event::Event;
use super::state::{Capture, ContainerState, Crash, Life, Output, PodState, Unobserved};
use crate::finding::Finding;
use crate::input::Coverage;

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EventsReport {
    /// What happened, in the order of time where it is known, then in the order of the sources.
    pub events: Vec<Event>,
    /// Pods as their sources show them.
    pub pods: Vec<PodState>,
    /// Containers as their sources show them.
    pub containers: Vec<ContainerState>,
    /// Lives of containers and supervised processes, in the order of time.
    pub lives: Vec<Life>,
    /// Outputs of containers whose path tells which life wrote them.
    #[serde(default)]
    pub outputs: Vec<Output>,
    /// Lives that left no trace but the restart count.
    pub unobserved: Vec<Unobserved>,
    /// JVM crashes.
    pub crashes: Vec<Crash>,
    /// When sources were captured, where they say so themselves.
    pub captures: Vec<Capture>,
    /// Most severe first.
    pub findings: Vec<Finding>,
    /// What was read.
    pub coverage: Vec<Coverage>,
}
