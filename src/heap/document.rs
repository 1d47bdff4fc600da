//! The report as a person reads it: verdict first.

use super::report::HeapReport;
use crate::document::{Document, Verdict};
use crate::finding::Severity;
use crate::t;

impl HeapReport {
    /// The report as blocks.
    pub fn document(&self) -> Document {
        Document {
            title: t!("Heap dump {source}", source = self.source),
            verdict: Verdict {
                severity: Severity::Info,
                headline: "".into(),
                explanation: Vec::new(),
            },
            blocks: Vec::new(),
        }
    }
}
