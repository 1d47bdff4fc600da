//! The report as blocks.

use super::report::EventsReport;
use crate::document::{Document, Verdict};
use crate::finding::Severity;
use crate::t;

impl EventsReport {
    /// The report as blocks.
    pub fn document(&self) -> Document {
        Document {
            title: t!("Events"),
            verdict: Verdict {
                severity: Severity::Info,
                headline: "".into(),
                explanation: Vec::new(),
            },
            blocks: Vec::new(),
        }
    }
}
