//! The only room that sees all evidence: one clock, the lives of each JVM, and why they ended.

mod report;

pub use report::IncidentReport;

use crate::finding::RuleMeta;
use crate::input::{Bundle, Progress};

/// The hypotheses, described like rules.
pub fn rules() -> Vec<&'static RuleMeta> {
    Vec::new()
}

/// Reads all evidence of a bundle and joins it.
pub fn analyse(_bundle: &Bundle, _progress: &dyn Progress) -> IncidentReport {
    IncidentReport::default()
}
