//! The report as blocks: verdict first, then findings, charts, tables.

use super::AccessReport;
use crate::document::{Document, Verdict};
use crate::finding::Severity;

impl AccessReport {
    /// The report as blocks.
    pub fn document(&self) -> Document {
        Document {
            title: "access log".to_owned(),
            verdict: Verdict {
                severity: Severity::Info,
                headline: "".into(),
                explanation: Vec::new(),
            },
            blocks: Vec::new(),
        }
    }
}
