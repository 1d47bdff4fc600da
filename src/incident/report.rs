//! The result of the incident room and its document.

use serde::{Deserialize, Serialize};

use crate::document::{Document, Verdict};
use crate::finding::{Finding, Severity};
use crate::input::Coverage;

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct IncidentReport {
    /// Most severe first.
    pub findings: Vec<Finding>,
    /// What was read.
    pub coverage: Vec<Coverage>,
}

impl IncidentReport {
    /// The report as blocks.
    pub fn document(&self) -> Document {
        Document {
            title: "Incident".to_owned(),
            verdict: Verdict {
                severity: Severity::Info,
                headline: "".into(),
                explanation: Vec::new(),
            },
            blocks: Vec::new(),
        }
    }
}
