//! How much of a source was understood. Every report shows it, so nothing is dropped in silence.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::Locator;
use crate::t;
use crate::text::said;

/// Issues kept with their text; the rest are only counted.
const KEPT: usize = 3;

/// Something in a source that was not understood or not readable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ParseIssue {
    /// Where.
    pub locator: Locator,
    /// What was expected and what was found instead, as one line.
    pub problem: String,
}

impl ParseIssue {
    /// An issue at a place.
    pub fn new(locator: Locator, problem: impl Into<String>) -> Self {
        Self {
            locator,
            problem: problem.into(),
        }
    }
}

impl fmt::Display for ParseIssue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.locator, self.problem)
    }
}

/// What was read of one source, in the terms of its format.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Coverage {
    /// Name of the source.
    pub source: String,
    /// Name of the format as the room calls it: `unified GC log (G1)`.
    pub format: String,
    /// Size in bytes after unpacking.
    pub bytes: u64,
    /// Records understood: events, threads, requests, objects.
    pub records: u64,
    /// Lines in the source; 0 for binary formats.
    pub lines: u64,
    /// Lines (text) or bytes (binary) not understood. Lines known to be irrelevant do not count.
    pub not_understood: u64,
    /// The first issues, in order of position; `issues_total` counts them all.
    pub issues: Vec<ParseIssue>,
    /// All issues, those not kept included.
    pub issues_total: u64,
}

impl Coverage {
    /// Nothing read yet.
    pub fn new(source: impl Into<String>, format: impl Into<String>, bytes: u64) -> Self {
        Self {
            source: source.into(),
            format: format.into(),
            bytes,
            records: 0,
            lines: 0,
            not_understood: 0,
            issues: Vec::new(),
            issues_total: 0,
        }
    }

    /// Counts an issue and keeps it if it is among the first three.
    pub fn report(&mut self, issue: ParseIssue) {
        self.issues_total += 1;
        if self.issues.len() < KEPT {
            self.issues.push(issue);
        }
    }

    /// Counts a line that was not understood and keeps it if it is among the first three. The line itself is quoted,
    /// shortened to 120 characters.
    pub fn line_not_understood(&mut self, line: u64, text: &[u8], expected: &str) {
        self.not_understood += 1;
        self.issues_total += 1;
        if self.issues.len() < KEPT {
            let quote: String = String::from_utf8_lossy(text).chars().take(120).collect();
            let locator = Locator::line(self.source.clone(), line);
            let problem = t!(
                "expected {expected}, found {quote}",
                expected = said(expected),
                quote = format!("{quote:?}")
            );
            self.issues.push(ParseIssue::new(locator, problem));
        }
    }
}
