//! The access room.

mod document;
mod report;

pub use report::{
    AccessReport, Apdex, Concurrency, DurationUnit, Episode, FormatChoice, Gap, GapBasis, HeatData,
    InstanceRow, Interval, Latency, Leader, Mix, ProbeFailure, ProbeTrack, RouteClass, RouteRow,
    Second, SlowRequest, StampMeaning,
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
pub fn analyse(_sources: &[&Source], _options: &Options, _progress: &dyn Progress) -> AccessReport {
    AccessReport::default()
}
