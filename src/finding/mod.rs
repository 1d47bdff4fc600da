//! Findings: what a rule says, how sure it is, on what evidence, and what to do.

mod rule;

pub use rule::{Rule, RuleMeta};

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::key;
use crate::text::said;
use crate::time::Moment;

/// How much a finding matters, judged by the effect seen in the files.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing; nothing suffered.
    Info,
    /// A weakness that did no visible harm yet.
    Low,
    /// Harm is visible or near.
    Medium,
    /// Requests or work suffered.
    High,
    /// The process could not do its work, or died.
    Critical,
}

impl Severity {
    /// The name by which programs and styles know it; JSON has the same.
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => key!("info"),
            Self::Low => key!("low"),
            Self::Medium => key!("medium"),
            Self::High => key!("high"),
            Self::Critical => key!("critical"),
        }
    }

    /// The word for people.
    pub fn word(self) -> &'static str {
        said(self.name())
    }
}

/// How sure we are. Words only: the files hold no base for a percentage.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// Contradicted by decisive evidence.
    RuledOut,
    /// More evidence against than for.
    Unlikely,
    /// The evidence does not tell.
    Undetermined,
    /// Some evidence for, none decisive.
    Possible,
    /// Strong evidence for, nothing strong against.
    Likely,
    /// Direct evidence.
    Confirmed,
}

impl Confidence {
    /// The word for people.
    pub fn word(self) -> &'static str {
        said(match self {
            Self::RuledOut => key!("Ruled out"),
            Self::Unlikely => key!("Unlikely"),
            Self::Undetermined => key!("Undetermined"),
            Self::Possible => key!("Possible"),
            Self::Likely => key!("Likely"),
            Self::Confirmed => key!("Confirmed"),
        })
    }
}

/// Where in the evidence a statement can be checked.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Locator {
    /// Name of the source inside the bundle, with `/`.
    pub source: String,
    /// The place in it.
    pub place: Place,
}

/// A place inside a source.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// The source as a whole.
    Whole,
    /// A line, counted from 1.
    Line(u64),
    /// First and last line, counted from 1.
    Lines(u64, u64),
    /// First byte and the byte after the last.
    Bytes(u64, u64),
    /// An object of a heap dump by its identifier, as `0x…`.
    Object(String),
}

impl Locator {
    /// The source as a whole.
    pub fn whole(source: impl Into<String>) -> Self {
        Self {
            source: source.into(),
            place: Place::Whole,
        }
    }

    /// One line, counted from 1.
    pub fn line(source: impl Into<String>, line: u64) -> Self {
        Self {
            source: source.into(),
            place: Place::Line(line),
        }
    }

    /// First and last line, counted from 1; a single line when they are equal.
    pub fn lines(source: impl Into<String>, first: u64, last: u64) -> Self {
        let place = if first == last {
            Place::Line(first)
        } else {
            Place::Lines(first, last)
        };
        Self {
            source: source.into(),
            place,
        }
    }

    /// The bytes `from..to`.
    pub fn bytes(source: impl Into<String>, from: u64, to: u64) -> Self {
        Self {
            source: source.into(),
            place: Place::Bytes(from, to),
        }
    }

    /// An object of a heap dump.
    pub fn object(source: impl Into<String>, id: u64) -> Self {
        Self {
            source: source.into(),
            place: Place::Object(format!("0x{id:x}")),
        }
    }
}

impl fmt::Display for Locator {
    /// `gc.log:17`, `gc.log:17-20`, `dump.hprof@0x1f..0x2a`, `dump.hprof#0x7f00`: the first form is clickable in editors.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = &self.source;
        match &self.place {
            Place::Whole => write!(formatter, "{source}"),
            Place::Line(line) => write!(formatter, "{source}:{line}"),
            Place::Lines(first, last) => write!(formatter, "{source}:{first}-{last}"),
            Place::Bytes(from, to) => write!(formatter, "{source}@{from:#x}..{to:#x}"),
            Place::Object(id) => write!(formatter, "{source}#{id}"),
        }
    }
}

/// One checkable statement behind a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// The statement, with its numbers and units.
    pub statement: String,
    /// Where to check it.
    pub locator: Locator,
}

impl Evidence {
    /// A statement and where to check it.
    pub fn new(statement: impl Into<String>, locator: Locator) -> Self {
        Self {
            statement: statement.into(),
            locator,
        }
    }
}

/// What a rule found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Identifier of the rule, `room/name`; `diag explain` takes it.
    pub rule: String,
    /// One line a tired person understands, with the subject and the main number.
    pub title: String,
    /// How much it matters.
    pub severity: Severity,
    /// How sure we are.
    pub confidence: Confidence,
    /// When it held, first and last moment, if the evidence says.
    pub when: Option<(Moment, Moment)>,
    /// Two or three sentences: what happened and why it matters.
    pub summary: String,
    /// The statements behind it.
    pub evidence: Vec<Evidence>,
    /// What to do, most useful first: the flag, line or call, and why.
    pub advice: Vec<String>,
}

impl Finding {
    /// A finding of `rule` with the rule's own severity, confirmed, without evidence yet.
    pub fn new(rule: &RuleMeta, title: impl Into<String>) -> Self {
        Self {
            rule: rule.id.to_owned(),
            title: title.into(),
            severity: rule.severity,
            confidence: Confidence::Confirmed,
            when: None,
            summary: String::new(),
            evidence: Vec::new(),
            advice: Vec::new(),
        }
    }
}

/// Most severe first, then most certain, then by rule and title: the order of every report.
pub fn sort(findings: &mut [Finding]) {
    findings.sort_by(|left, right| {
        (right.severity, right.confidence)
            .cmp(&(left.severity, left.confidence))
            .then_with(|| (&left.rule, &left.title).cmp(&(&right.rule, &right.title)))
    });
}
