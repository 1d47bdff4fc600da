//! The report of the threads room as blocks: verdict first, then the evidence from the top down.

use super::report::ThreadsReport;
use crate::document::{Document, Verdict};
use crate::finding::Severity;

impl ThreadsReport {
    /// The report as blocks.
    pub fn document(&self) -> Document {
        Document {
            title: "thread dump".to_owned(),
            verdict: Verdict {
                severity: Severity::Info,
                headline: "".into(),
                explanation: Vec::new(),
            },
            blocks: Vec::new(),
        }
    }
}
