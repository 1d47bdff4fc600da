//! The result of the heap room and its document.

use serde::{Deserialize, Serialize};

use crate::document::{Document, Verdict};
use crate::finding::{Finding, Severity};
use crate::input::Coverage;

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct HeapReport {
    /// Most severe first.
    pub findings: Vec<Finding>,
    /// What was read.
    pub coverage: Vec<Coverage>,
}

impl HeapReport {
    /// The report as blocks.
    pub fn document(&self) -> Document {
        Document {
            title: "heap dump".to_owned(),
            verdict: Verdict {
                severity: Severity::Info,
                headline: "".into(),
                explanation: Vec::new(),
            },
            blocks: Vec::new(),
        }
    }
}
