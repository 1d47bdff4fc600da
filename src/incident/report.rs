//! The result of the incident room: one verdict, and everything it rests on.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::clock::Clock;
use super::ledger::Judged;
use super::rooms::Rooms;
use crate::finding::{Confidence, Evidence, Finding, Severity};
use crate::input::{Coverage, Kind, ParseIssue};
use crate::t;
use crate::time::Moment;

/// What happened.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct IncidentReport {
    /// The answer in words.
    pub verdict: Verdict,
    /// What users and operators felt, as facts.
    pub impact: Impact,
    /// The lives of the JVM in order of time.
    pub lives: Vec<Life>,
    /// JVMs that ran at the same time, by what tells them apart, and evidence that could be of any of them.
    #[serde(default)]
    pub side_by_side: Vec<Evidence>,
    /// Restarts counted by the supervisor that left no evidence of their own.
    pub unobserved_lives: u64,
    /// What led to what, in the life that the verdict is about.
    pub chain: Vec<Link>,
    /// What happened, in order of time.
    pub timeline: Vec<Entry>,
    /// Whether and how it comes back.
    pub recurrence: Option<Recurrence>,
    /// When it will come back, by the slope of the heap, and how well that forecast did before.
    #[serde(default)]
    pub forecast: Option<Forecast>,
    /// Load and capacity of the life that the verdict is about, by formulas with their numbers.
    #[serde(default)]
    pub formulas: Vec<Formula>,
    /// What the hosting platform gives as reasons for a restart, each answered. Azure App Service only.
    #[serde(default)]
    pub platform: Vec<Answer>,
    /// Heap dumps beside the thread dumps of the same life.
    #[serde(default)]
    pub meetings: Vec<Meeting>,
    /// Evidence that was not there, the most useful first.
    pub missing: Vec<Missing>,
    /// How each source's clock was placed.
    pub clocks: Vec<Clock>,
    /// The findings of all rooms, most severe first.
    pub findings: Vec<Finding>,
    /// Every file given.
    pub sources: Vec<SourceRow>,
    /// What the rooms read.
    pub coverage: Vec<Coverage>,
    /// What could not be opened.
    pub issues: Vec<ParseIssue>,
    /// The reports of the evidence rooms.
    pub rooms: Rooms,
}

/// The answer in words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Verdict {
    /// How bad it was.
    pub severity: Severity,
    /// How sure the answer is: the weakest of its parts.
    pub confidence: Confidence,
    /// One sentence.
    pub headline: String,
    /// Terminator, mechanism and cause, a sentence each.
    pub explanation: Vec<String>,
    /// What to do at once.
    #[serde(default)]
    pub now: Vec<String>,
    /// What to change so that it does not come back.
    pub actions: Vec<String>,
    /// The answer that comes next, and what would tell it from the one given.
    #[serde(default)]
    pub runner_up: Option<String>,
    /// Number of the life that the answer is about.
    #[serde(default)]
    pub life: Option<u64>,
    /// The same for the same incident of the same program, to link tickets: a hash over the hypotheses and what they
    /// point at, without times and addresses.
    pub signature: String,
}

impl Default for Verdict {
    fn default() -> Self {
        Self {
            severity: Severity::Info,
            confidence: Confidence::Undetermined,
            headline: String::new(),
            explanation: Vec::new(),
            now: Vec::new(),
            actions: Vec::new(),
            runner_up: None,
            life: None,
            signature: String::new(),
        }
    }
}

/// What users and operators felt.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Impact {
    /// Requests in the access logs, probes and static resources included.
    pub requests: Option<u64>,
    /// Of those, answered with a server error.
    pub failed: Option<u64>,
    /// Lives that ended against the will of their operator.
    pub deaths: u64,
    /// Microseconds between the last request finished before each death, or the death itself, and the next sign of
    /// service, summed.
    pub down: Option<i64>,
    /// Silences of the access log: first and last moment.
    pub silences: Vec<(Moment, Moment)>,
}

/// One life of a JVM: from its start to its end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "JvmLife")]
pub struct Life {
    /// Counted from 1 in order of time.
    pub number: u64,
    /// Whose life: pod and container, unit, or process.
    pub subject: String,
    /// When the JVM started.
    pub started: Option<Moment>,
    /// When the server said that it is up.
    pub ready: Option<Moment>,
    /// When it ended; `None` when it still ran or the end was not seen.
    pub ended: Option<Moment>,
    /// Whether it still ran when the evidence was collected.
    pub running: bool,
    /// Who or what ended it.
    pub terminator: Terminator,
    /// Hypotheses on why it could not work, best first.
    pub mechanisms: Vec<Judged>,
    /// Hypotheses on what made that happen, best first.
    pub causes: Vec<Judged>,
    /// Largest share of the heap occupied after a collection in the last minute, 0 to 1.
    pub occupancy_at_end: Option<f64>,
    /// Share of the last minute that the application lost to the collector, 0 to 1.
    pub gc_loss_at_end: Option<f64>,
    /// Busy and all threads of the largest request pool in the last thread dump.
    pub busy: Option<(u64, u64)>,
    /// Kinds of evidence that speak of this life.
    pub covered_by: Vec<Kind>,
}

/// Who or what ended a life.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Terminator {
    /// What it was.
    pub kind: End,
    /// How sure that is.
    pub confidence: Confidence,
    /// One sentence.
    pub statement: String,
    /// Exit code, where known.
    pub exit_code: Option<i32>,
    /// The statements behind it.
    pub evidence: Vec<Evidence>,
}

/// Ways to end.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// It had not ended when the evidence was collected.
    StillRunning,
    /// It was wanted and never began.
    NeverStarted,
    /// A probe failed too often and the supervisor killed it.
    ProbeKill,
    /// The kernel killed it at the memory limit of its container.
    ContainerOomKill,
    /// The kernel killed it because the node ran out of memory.
    NodeOomKill,
    /// The pod was evicted from its node.
    Evicted,
    /// It ended itself on an `OutOfMemoryError`.
    ExitOnOutOfMemory,
    /// The JVM crashed.
    Crash,
    /// It ended with an error during its start.
    StartFailure,
    /// The platform gave up waiting for its start.
    StartTimeout,
    /// It was told to stop and stopped.
    OrderedStop,
    /// It ended by itself without an error.
    NormalExit,
    /// Somebody killed it, and the evidence does not say who.
    KilledByUnknown,
    /// It ended with an error, and the evidence does not say why.
    ErrorExit,
    /// It ended, and nothing says how.
    Unknown,
}

/// One link of the causal chain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Link {
    /// When.
    pub at: Option<Moment>,
    /// What.
    pub statement: String,
    /// Where to check it.
    pub evidence: Vec<Evidence>,
}

/// One row of the timeline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Entry {
    /// When it happened, or began.
    pub at: Moment,
    /// When the last of a counted series happened.
    pub until: Option<Moment>,
    /// The life it belongs to, if any.
    pub life: Option<u64>,
    /// What happened.
    pub statement: String,
    /// How it stands out.
    pub severity: Severity,
    /// Where it is written.
    pub evidence: Evidence,
}

/// How deaths repeat.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Recurrence {
    /// Deaths of the same kind.
    pub deaths: u64,
    /// Median uptime at death in microseconds.
    pub median_uptime: i64,
    /// Shortest and longest uptime at death in microseconds.
    pub range: (i64, i64),
    /// What that means, as one sentence.
    pub statement: String,
}

/// A heap dump beside the thread dumps of the same life.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Meeting {
    /// The heap dump.
    pub heap: String,
    /// What one tells that the other does not, and where they agree.
    pub statements: Vec<Evidence>,
    /// Where they contradict each other.
    pub disagreements: Vec<Evidence>,
}

/// When the heap will be full.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Forecast {
    /// Uptime at which it will be, in microseconds.
    pub full_after: i64,
    /// Lives whose end is known and for which the same forecast was made afterwards.
    pub tested: u64,
    /// The largest error of those, as a share of the true uptime: positive where the forecast was too late.
    pub worst_error: Option<f64>,
    /// In words.
    pub statement: String,
}

/// A formula of queueing or capacity planning with its numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Formula {
    /// In words.
    pub statement: String,
    /// Where the numbers come from.
    pub evidence: Evidence,
}

/// A question that is always answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Answer {
    /// The question.
    pub question: String,
    /// The answer, or that the evidence does not tell.
    pub answer: String,
    /// Where to check it.
    pub evidence: Vec<Evidence>,
}

/// Evidence that was not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Missing {
    /// What: `a kernel log of the node`.
    pub what: String,
    /// What it would tell.
    pub tells: String,
    /// The command or flag that captures it.
    pub capture: String,
}

/// A file given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SourceRow {
    /// Its name in the bundle.
    pub name: String,
    /// Size in bytes after unpacking.
    pub bytes: u64,
    /// The format that recognised it.
    pub format: String,
    /// What it holds.
    pub kinds: Vec<Kind>,
}

impl Life {
    /// How long it lived, in microseconds.
    pub fn uptime(&self) -> Option<i64> {
        Some(self.ended?.lo.since(self.started?.lo))
    }
}

impl End {
    /// A few words for tables.
    pub fn words(self) -> String {
        match self {
            Self::StillRunning => t!("still running"),
            Self::NeverStarted => t!("never started"),
            Self::ProbeKill => t!("liveness probe"),
            Self::ContainerOomKill => t!("container memory limit"),
            Self::NodeOomKill => t!("node out of memory"),
            Self::Evicted => t!("eviction"),
            Self::ExitOnOutOfMemory => t!("itself, on OutOfMemoryError"),
            Self::Crash => t!("crash"),
            Self::StartFailure => t!("failed start"),
            Self::StartTimeout => t!("start time limit"),
            Self::OrderedStop => t!("ordered stop"),
            Self::NormalExit => t!("itself, without error"),
            Self::KilledByUnknown => t!("SIGKILL, sender unknown"),
            Self::ErrorExit => t!("error exit"),
            Self::Unknown => t!("unknown"),
        }
    }
}
