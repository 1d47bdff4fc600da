//! The gc room: logs of garbage collectors, the time they cost, the trend of the live set, and death spirals.

mod cause;
mod compare;
mod document;
mod event;
mod forecast;
mod pauses;
mod report;
mod safepoints;
mod spiral;

pub use cause::{Cause, CauseVerdict};
pub use compare::{Comparison, Measure};
pub use event::{Collector, PauseKind};
pub use forecast::{Floor, Forecast};
pub use pauses::{CauseRow, LongPause, PauseSummary};
pub use report::{
    Fact, GcLife, GcPoint, GcReport, Incident, IncidentKind, LifeEnd, LossWindows, MmuPoint, Rates,
};
pub use safepoints::{Operation, SafepointSummary};
pub use spiral::{Spiral, Stretch};

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
pub fn analyse(_sources: &[&Source], _options: &Options, _progress: &dyn Progress) -> GcReport {
    GcReport::default()
}
