//! What a supervisor knows of pods, containers and their lives, beyond single events.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::event::{Rough, Subject};
use super::kinds::ProbeKind;
use crate::finding::Locator;
use crate::time::{Moment, Stamp};

/// When a source was captured, as solved from its own content.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Capture {
    /// Name of the source.
    pub source: String,
    /// The moment of capture.
    pub captured: Moment,
    /// What it was solved from: `Start Time and the age of Scheduled`.
    pub how: String,
}

/// A pod as `describe` or `get pod` shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PodState {
    /// Namespace, name, UID and node.
    pub subject: Subject,
    /// `Running`, `Pending`, `Failed`, …
    pub phase: Option<String>,
    /// Pod-level reason: `Evicted`.
    pub reason: Option<String>,
    /// Pod-level message.
    pub message: Option<String>,
    /// When the kubelet accepted the pod.
    pub started: Option<Moment>,
    /// `Guaranteed`, `Burstable`, `BestEffort`.
    pub qos: Option<String>,
    /// Microseconds between SIGTERM and SIGKILL, where written.
    pub grace: Option<i64>,
    /// Restarts of all its containers, where a table counts them.
    pub restarts: Option<u64>,
    /// Its age, where only a table gives it.
    pub age: Option<Rough>,
    /// The age of its last restart, where a table gives it.
    pub restarted: Option<Rough>,
    /// When the source was captured, if known.
    pub captured: Option<Moment>,
    /// Where it is written.
    pub locator: Locator,
}

/// A container as `describe`, `get pod` or `docker inspect` shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ContainerState {
    /// Pod, container, container id.
    pub subject: Subject,
    /// An init container: runs before the others and is expected to end.
    pub init: bool,
    /// Image as written.
    pub image: Option<String>,
    /// Restarts as counted by the supervisor.
    pub restart_count: Option<u64>,
    /// The present state.
    pub state: RunState,
    /// The state before it, if any: only the last of all earlier lives is known.
    pub last_state: Option<RunState>,
    /// Limits.
    pub limits: Resources,
    /// Requests.
    pub requests: Resources,
    /// Probes as configured.
    pub probes: Vec<Probe>,
    /// Microseconds between SIGTERM and SIGKILL, where written.
    pub grace: Option<i64>,
    /// Docker's `OOMKilled`: set when any process of the container was ever killed for memory, and sticky.
    pub oom_killed_flag: Option<bool>,
    /// Java options seen in its environment or arguments, as written.
    pub java_options: Vec<String>,
    /// When the source was captured, if known.
    pub captured: Option<Moment>,
    /// Where it is written.
    pub locator: Locator,
}

/// Waiting, running or terminated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum RunState {
    /// Not running, will be started.
    Waiting {
        /// `CrashLoopBackOff`, `ImagePullBackOff`, `ContainerCreating`, …
        reason: Option<String>,
        /// The message behind it.
        message: Option<String>,
    },
    /// Running.
    Running {
        /// Since when.
        started: Option<Moment>,
    },
    /// Ended.
    Terminated(Terminated),
    /// Not written.
    Unknown,
}

/// How a container ended.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Terminated {
    /// The word of the runtime; never proof alone.
    pub reason: Option<String>,
    /// Exit code.
    pub exit_code: Option<i32>,
    /// Signal, where written.
    pub signal: Option<i32>,
    /// When it had started. `None` also for the zero time that a container that never started carries.
    pub started: Option<Moment>,
    /// When it ended.
    pub finished: Option<Moment>,
    /// The message behind it.
    pub message: Option<String>,
}

/// Memory and processor share.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Resources {
    /// Bytes.
    pub memory: Option<u64>,
    /// Thousandths of a processor.
    pub cpu_millis: Option<u64>,
}

/// A probe as configured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Probe {
    /// Which.
    pub kind: ProbeKind,
    /// What is asked, as written: `http-get http://:8080/health`.
    pub target: String,
    /// Microseconds between two asks.
    pub period: i64,
    /// Microseconds until an ask counts as failed.
    pub timeout: i64,
    /// Failures in a row that count.
    pub failure_threshold: u64,
    /// Microseconds before the first ask.
    pub delay: i64,
}

impl Probe {
    /// The shortest outage that makes this probe act: the first ask may come right at its beginning, so
    /// (failures − 1) × period + timeout, in microseconds.
    pub fn shortest_outage(&self) -> i64 {
        let gaps = i64::try_from(self.failure_threshold.saturating_sub(1)).unwrap_or(i64::MAX);
        self.period
            .saturating_mul(gaps)
            .saturating_add(self.timeout)
    }
}

/// One life of a container or supervised process, from start to end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Life {
    /// Whose.
    pub subject: Subject,
    /// Which life, counted from 0 like `Restart Count`, where known.
    pub number: Option<u64>,
    /// When it began.
    pub started: Option<Stamp>,
    /// When it ended; `None` for one that still ran at capture, or whose end was not seen.
    pub ended: Option<Stamp>,
    /// Whether it still ran when the source was captured.
    pub running: bool,
    /// How it ended.
    pub end: Option<Terminated>,
    /// The order to end that preceded it, if seen: position in the report's events.
    pub kill_order: Option<usize>,
    /// Where it is written.
    pub locators: Vec<Locator>,
}

/// The output of one life of a container, as a node keeps it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Output {
    /// Whose.
    pub subject: Subject,
    /// Of which life, counted from 0.
    pub number: u64,
    /// When its first line was written.
    pub begun: Option<Stamp>,
    /// Its first line.
    pub locator: Locator,
}

/// Lives of a container of which nothing is known but that the supervisor counted them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Unobserved {
    /// Whose.
    pub subject: Subject,
    /// How many.
    pub lives: u64,
    /// Where the count is written.
    pub locator: Locator,
}

/// The head of an `hs_err` file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Crash {
    /// Signal or internal error as written.
    pub error: String,
    /// The problematic frame as written.
    pub frame: Option<String>,
    /// The thread that crashed, as written.
    pub thread: Option<String>,
    /// Process identifier.
    pub pid: Option<u64>,
    /// When.
    pub at: Option<Stamp>,
    /// Uptime of the JVM in microseconds.
    pub uptime: Option<i64>,
    /// Start of the JVM: time − uptime.
    pub jvm_start: Option<Stamp>,
    /// Version line of the JVM.
    pub jvm: Option<String>,
    /// Command line as written.
    pub command_line: Option<String>,
    /// Memory limit of the container in bytes, where written.
    pub memory_limit: Option<u64>,
    /// Resident set of the process in bytes, where written.
    pub resident: Option<u64>,
    /// How many `OutOfMemoryError`s of which kind the JVM had thrown, as written: `java_heap_errors=2`.
    pub memory_errors: Vec<String>,
    /// Where it is written.
    pub locator: Locator,
}
