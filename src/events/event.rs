//! The model: what happened, to whom, when, and where it is written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::kinds::{
    ConnectionFailure, KernelOomKill, KillReason, OomVariant, PoolExhausted, ProbeFailure,
    ProbeKind, Product,
};
use crate::finding::Locator;
use crate::time::{Moment, Stamp};

/// One thing that happened, or a counted series of the same thing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Event {
    /// When it happened; for a series, when it happened first. `None` when the source does not say, or says it in a
    /// way that needs another source: then [`rough`](Self::rough) keeps what was written.
    pub at: Option<Stamp>,
    /// When a series happened last; `None` for a single event.
    pub until: Option<Stamp>,
    /// What was written about time when `at` could not be made of it.
    pub rough: Option<Rough>,
    /// The same for `until`.
    pub rough_until: Option<Rough>,
    /// How often. For Kubernetes a lower bound: the event correlator merges and drops events.
    pub count: u64,
    /// To whom.
    pub subject: Subject,
    /// What.
    pub what: What,
    /// The message or line behind it, on one line, shortened to 300 characters.
    pub detail: String,
    /// Where it is written.
    pub locator: Locator,
}

impl Event {
    /// A single event at a place, with nothing known about its time.
    pub fn new(what: What, subject: Subject, detail: impl Into<String>, locator: Locator) -> Self {
        Self {
            at: None,
            until: None,
            rough: None,
            rough_until: None,
            count: 1,
            subject,
            what,
            detail: detail.into(),
            locator,
        }
    }

    /// The end of the event on the clock of its source: the last of a series, else the event itself.
    pub fn last(&self) -> Option<Stamp> {
        self.until.or(self.at)
    }
}

/// A time that another source must complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Rough {
    /// Microseconds before the unknown moment of capture, at least and at most: a `kubectl` age.
    Age(i64, i64),
    /// Microseconds since the boot of the host: `dmesg`.
    SinceBoot(i64),
    /// Microseconds since some midnight: a log that writes only the time of day.
    TimeOfDay(i64),
    /// Month, day and time without a year and a zone, held as if in the year 2000 UTC: RFC 3164 syslog.
    WithoutYear(Moment),
    /// After the stamp of the last line before it that has one; nothing bounds it from above.
    After(Stamp),
    /// Before the stamp of the first line after it that has one.
    Before(Stamp),
}

/// Whom an event concerns: as much as its source says.
#[derive(
    Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct Subject {
    /// Kubernetes node, or the host name in a journal or syslog.
    #[serde(default)]
    pub node: Option<String>,
    /// Kubernetes namespace.
    #[serde(default)]
    pub namespace: Option<String>,
    /// Kubernetes pod.
    #[serde(default)]
    pub pod: Option<String>,
    /// UID of the pod.
    #[serde(default)]
    pub uid: Option<String>,
    /// Name of the container.
    #[serde(default)]
    pub container: Option<String>,
    /// Identifier of the container, without the `containerd://` in front.
    #[serde(default)]
    pub container_id: Option<String>,
    /// systemd unit.
    #[serde(default)]
    pub unit: Option<String>,
    /// Azure App Service site.
    #[serde(default)]
    pub site: Option<String>,
    /// Process identifier on its host or in its container.
    #[serde(default)]
    pub pid: Option<u64>,
}

impl Subject {
    /// The shortest name a reader recognises: pod and container, unit, site, container id, process or node.
    pub fn name(&self) -> String {
        let short = |id: &String| id.chars().take(12).collect::<String>();
        match (&self.pod, &self.container) {
            (Some(pod), Some(container)) => format!("{pod}/{container}"),
            (Some(pod), None) => pod.clone(),
            (None, Some(container)) => container.clone(),
            (None, None) => None
                .or_else(|| self.unit.clone())
                .or_else(|| self.site.clone())
                .or_else(|| self.container_id.as_ref().map(short))
                .or_else(|| self.pid.map(|pid| format!("process {pid}")))
                .or_else(|| self.node.clone())
                .unwrap_or_default(),
        }
    }

    /// Whether both can be the same thing: no field that both state differs, and they share at least one.
    pub fn agrees(&self, other: &Self) -> bool {
        let mut shared = false;
        let mut agree = true;
        let mut compare = |left: &Option<String>, right: &Option<String>| {
            if let (Some(left), Some(right)) = (left, right) {
                agree &= left == right;
                shared = true;
            }
        };
        compare(&self.pod, &other.pod);
        compare(&self.uid, &other.uid);
        compare(&self.container, &other.container);
        compare(&self.container_id, &other.container_id);
        compare(&self.unit, &other.unit);
        compare(&self.site, &other.site);
        agree && shared
    }
}

/// What happened, in the words of the field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum What {
    // Kubernetes, container runtimes, systemd, Azure: the supervisor's view.
    /// The pod got a node.
    Scheduled,
    /// No node took the pod.
    SchedulingFailed {
        /// The host port it wants is taken everywhere.
        host_port: bool,
    },
    /// A pod of higher priority took the place.
    Preempted,
    /// The image is being fetched.
    Pulling,
    /// The image is there.
    Pulled,
    /// The image cannot be had; also the back-off after it.
    ImagePullFailed,
    /// The container was created, not yet started.
    ContainerCreated,
    /// The container runs.
    ContainerStarted,
    /// The container could not be created or started.
    ContainerStartFailed,
    /// A probe, ping or warm-up request was not answered as it should.
    ProbeFailed {
        /// Which.
        probe: ProbeKind,
        /// How it failed.
        why: ProbeFailure,
    },
    /// Somebody decided that the process shall end. The end itself follows up to the grace period later.
    KillOrdered {
        /// Why.
        reason: KillReason,
    },
    /// A container or supervised process ended.
    ContainerTerminated {
        /// Exit code; 128 + n for signal n where the runtime writes it so.
        exit_code: Option<i32>,
        /// Signal, where written as one.
        signal: Option<i32>,
        /// The word of the runtime: `OOMKilled`, `Error`, `Completed`. Never proof alone.
        reason: Option<String>,
    },
    /// The supervisor waits before the next restart.
    BackOff,
    /// The supervisor restarts the process; its own counter where written.
    RestartScheduled {
        /// Restarts so far.
        counter: Option<u64>,
    },
    /// Docker's own verdict about its health check changed.
    HealthChanged {
        /// The new verdict.
        healthy: bool,
    },
    /// A runtime says that the memory limit killed a process of the container (docker `oom`, containerd `TaskOOM`,
    /// systemd `oom-kill`, ECS). The kernel's own line is [`What::KernelOomKill`].
    OomKilled,
    /// The kernel killed a process because memory ran out.
    KernelOomKill(KernelOomKill),
    /// The kubelet reports that the whole node ran out of memory.
    NodeOom {
        /// Name of the process that was killed.
        victim: Option<String>,
    },
    /// The pod was thrown off its node.
    Evicted {
        /// What the node ran out of, in its own words: `memory`, `ephemeral-storage`.
        resource: Option<String>,
    },
    /// A volume could not be attached or mounted.
    MountFailed {
        /// Name of the volume.
        volume: Option<String>,
    },
    /// The sandbox (network, pause container) of the pod could not be made.
    SandboxFailed,
    /// The node stopped answering.
    NodeNotReady,
    /// The node answers again.
    NodeReady,
    /// The node was rebooted.
    NodeRebooted,
    /// The node runs short of something: `memory`, `disk`, `PID`.
    NodePressure {
        /// Of what.
        resource: String,
    },
    /// A controller changed the number of pods: deployment, scaling.
    Scaled,
    /// The supervisor gave up on the unit or the site.
    SupervisorFailed {
        /// systemd's `result`, or the platform's words.
        result: String,
    },

    // The view of the application and of its JVM.
    /// The server or framework says that it is up.
    ServerStarted {
        /// Which server or framework.
        product: Product,
        /// How long start-up took, in microseconds, as it says itself.
        took: Option<i64>,
        /// Uptime of the JVM in microseconds at this line, where written: the line then dates the start of the JVM.
        jvm_uptime: Option<i64>,
        /// It is up, but parts of it failed.
        with_errors: bool,
    },
    /// Start-up failed.
    ServerStartFailed {
        /// Which server or framework.
        product: Product,
    },
    /// An orderly shutdown began.
    ServerStopping {
        /// Which server or framework.
        product: Product,
    },
    /// An orderly shutdown ended.
    ServerStopped {
        /// Which server or framework.
        product: Product,
    },
    /// An `OutOfMemoryError` was written.
    OutOfMemoryError {
        /// Which memory.
        variant: OomVariant,
        /// The thread, where written.
        thread: Option<String>,
    },
    /// The JVM begins a heap dump because of an `OutOfMemoryError`.
    HeapDumpBegun {
        /// Path as written.
        path: String,
    },
    /// The heap dump is complete.
    HeapDumpFinished {
        /// Its size in bytes: a shorter file was truncated.
        bytes: u64,
        /// How long the JVM stood still for it, in microseconds.
        took: i64,
    },
    /// The heap dump could not be written.
    HeapDumpFailed,
    /// The JVM ends itself because of an `OutOfMemoryError` (`ExitOnOutOfMemoryError`, `CrashOnOutOfMemoryError`).
    JvmTerminating {
        /// It aborts with a core dump and an hs_err file instead of exiting with code 3.
        abort: bool,
    },
    /// The JVM could not react to a signal for lack of memory: an orderly shutdown on SIGTERM became impossible
    /// (`JVM_RaiseSignal`, os.cpp `signal_thread_entry`).
    SignalLost {
        /// `SIGTERM`.
        signal: String,
    },
    /// The operating system refused a new thread to the JVM.
    NativeThreadFailed,
    /// The JVM crashed.
    JvmCrash {
        /// Signal or internal error: `SIGSEGV (0xb)`.
        error: String,
        /// The problematic frame.
        frame: Option<String>,
        /// Uptime of the JVM in microseconds.
        uptime: Option<i64>,
    },
    /// A connection pool had nothing to give in time.
    PoolExhausted(PoolExhausted),
    /// HikariCP's housekeeper, which runs every 30 s, found this much time between two runs: the JVM or the machine
    /// stood still for about `delta` − 30 s before this line.
    HousekeeperStarved {
        /// Microseconds between two runs.
        delta: i64,
    },
    /// A pool says that a connection was not given back in time.
    ConnectionLeak,
    /// A dependency could not be reached or did not answer.
    ConnectionFailed {
        /// Host, port or service as written.
        remote: Option<String>,
        /// How it failed.
        why: ConnectionFailure,
    },
    /// All worker threads of the server are busy.
    WorkersBusy {
        /// Size of the pool.
        max: Option<u64>,
    },
    /// The server says that a request has been running for too long.
    StuckThread {
        /// Name of the thread.
        thread: Option<String>,
        /// For how long, in microseconds.
        busy: Option<i64>,
    },
    /// No space left on a device, or a quota is used up.
    StorageFull,
    /// A file system that was mounted does not answer, or fails.
    StorageLost {
        /// The server, device or file, where written.
        of: Option<String>,
    },
    /// No more file descriptors: files or sockets.
    DescriptorsExhausted,
    /// The application cannot work with its configuration: a missing file, class, port or property.
    ConfigError,
    /// Anything else an event source reports; its own reason word.
    Other {
        /// The reason.
        reason: String,
    },
}

impl What {
    /// Whether it says that something was killed for lack of memory.
    pub fn is_memory_kill(&self) -> bool {
        matches!(
            self,
            Self::OomKilled | Self::KernelOomKill(_) | Self::NodeOom { .. }
        )
    }
}
