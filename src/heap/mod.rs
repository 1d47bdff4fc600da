//! The heap room.

mod report;

pub use report::HeapReport;

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

/// Analyses one heap dump.
pub fn analyse(_source: &Source, _options: &Options, _progress: &dyn Progress) -> HeapReport {
    HeapReport::default()
}
