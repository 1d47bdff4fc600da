//! What started, suffered and died: Kubernetes, containers, systemd, the kernel, Azure, crash files, application logs.

mod document;
mod event;
mod report;
mod state;

pub use event::{
    ConnectionFailure, Event, KernelOomKill, KillReason, OomScope, OomVariant, PoolExhausted,
    ProbeFailure, ProbeKind, Product, Rough, Subject, What,
};
pub use report::EventsReport;
pub use state::{
    Capture, ContainerState, Crash, Life, PodState, Probe, Resources, RunState, Terminated,
};

use crate::finding::RuleMeta;
use crate::input::{Progress, Sniffer, Source};

/// How the formats of this room are recognised, in order of preference.
pub const SNIFFERS: &[Sniffer] = &[];

/// What a person can choose about the analysis.
#[derive(Debug, Clone, Default)]
pub struct Options {}

/// The rules of this room.
pub fn rules() -> Vec<&'static RuleMeta> {
    Vec::new()
}

/// Analyses all sources of this room together.
pub fn analyse(_sources: &[&Source], _options: &Options, _progress: &dyn Progress) -> EventsReport {
    EventsReport::default()
}
