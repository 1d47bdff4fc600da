//! The parts of an event that have words of their own: probes, reasons, kinds of memory, products.

use crate::key;
use crate::t;
use crate::text::said;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who asked whether the process lives.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum ProbeKind {
    /// Kubernetes liveness: failure kills.
    Liveness,
    /// Kubernetes readiness: failure takes the pod out of service.
    Readiness,
    /// Kubernetes start-up: failure kills.
    Startup,
    /// A health check of docker, a load balancer or a platform.
    Health,
    /// Azure's warm-up request at the start of a site.
    WarmUp,
}

impl ProbeKind {
    /// The word for reports.
    pub fn word(self) -> &'static str {
        said(match self {
            Self::Liveness => key!("liveness probe"),
            Self::Readiness => key!("readiness probe"),
            Self::Startup => key!("startup probe"),
            Self::Health => key!("health check"),
            Self::WarmUp => key!("warm-up request"),
        })
    }
}

/// How a probe failed.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "ProbeFailureKind")]
pub enum ProbeFailure {
    /// No answer in time: frozen or slow.
    Timeout,
    /// Nobody listens: starting, gone, or the accept queue is full.
    Refused,
    /// An HTTP status that is not a success: the process is alive and answers, which speaks against a freeze.
    Status(u16),
    /// The node or the runtime could not even ask (`rpc error`, `DeadlineExceeded`): not the application.
    Runtime,
    /// Something else: the detail says.
    Other,
}

impl ProbeFailure {
    /// The words for reports.
    pub fn words(self) -> String {
        match self {
            Self::Timeout => t!("timed out"),
            Self::Refused => t!("connection refused"),
            Self::Status(code) => t!("answered {code}", code),
            Self::Runtime => t!("runtime error"),
            Self::Other => t!("failed"),
        }
    }
}

/// Why somebody ordered the end of a process.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum KillReason {
    /// A probe failed too often.
    Probe(ProbeKind),
    /// The pod is being deleted or the container stopped: rollout, scale-in, drain, `docker stop`.
    Stop,
    /// The grace period ran out; SIGKILL follows.
    GraceExceeded,
    /// A signal was sent, by number.
    Signal(i32),
    /// The container's definition changed.
    Changed,
    /// The site failed to start in time.
    StartFailed,
    /// The detail says.
    Other,
}

/// What the kernel wrote when it killed a process for memory. Sizes in bytes; the task table's pages are not used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KernelOomKill {
    /// Whose limit was reached.
    pub scope: OomScope,
    /// Name of the killed task. For a JVM that may be a thread's name.
    pub victim: Option<String>,
    /// Name of the task whose allocation failed.
    pub invoker: Option<String>,
    /// cgroup whose limit was reached.
    pub cgroup: Option<String>,
    /// Resident anonymous memory of the victim.
    pub anon_rss: Option<u64>,
    /// Resident file memory of the victim.
    pub file_rss: Option<u64>,
    /// Resident shared memory of the victim: the heap of ZGC is such memory.
    #[serde(default)]
    pub shmem_rss: Option<u64>,
    /// Virtual size of the victim.
    pub total_vm: Option<u64>,
    /// The limit of the cgroup that was reached, where written.
    pub limit: Option<u64>,
}

impl KernelOomKill {
    /// All resident memory of the victim.
    pub fn resident(&self) -> Option<u64> {
        let parts = [self.anon_rss, self.file_rss, self.shmem_rss];
        let known = parts.into_iter().flatten();
        known.reduce(u64::saturating_add)
    }
}

/// Whose memory ran out.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum OomScope {
    /// The limit of a control group: a container or unit.
    Memcg,
    /// The whole machine.
    Global,
    /// A NUMA policy or cpuset.
    Partial,
    /// The lines that say so are missing.
    Unknown,
}

/// A pool that had nothing to give.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PoolExhausted {
    /// Name of the pool.
    pub pool: Option<String>,
    /// How long the caller waited, in microseconds.
    pub waited: Option<i64>,
    /// Connections that exist; 0 means that none could be opened.
    pub total: Option<u64>,
    /// Connections in use.
    pub active: Option<u64>,
    /// Connections not in use.
    pub idle: Option<u64>,
    /// Callers waiting.
    pub waiting: Option<u64>,
}

/// How a dependency failed.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum ConnectionFailure {
    /// Nobody listens.
    Refused,
    /// No connection in time.
    ConnectTimeout,
    /// Connected, but no answer in time.
    ReadTimeout,
    /// The other side closed.
    Reset,
    /// The name is unknown.
    UnknownHost,
    /// Something else: the detail says.
    Other,
}

/// Servers and frameworks whose start and stop lines are known.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Product {
    /// Apache Tomcat.
    Tomcat,
    /// Spring Boot.
    SpringBoot,
    /// Eclipse Jetty.
    Jetty,
    /// WildFly or JBoss EAP.
    WildFly,
    /// Undertow by itself.
    Undertow,
    /// Quarkus.
    Quarkus,
    /// Payara or GlassFish.
    GlassFish,
    /// Open Liberty or WebSphere Liberty.
    Liberty,
    /// Micronaut.
    Micronaut,
    /// One that names no framework.
    Other,
}

impl Product {
    /// Its own name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tomcat => "Tomcat",
            Self::SpringBoot => "Spring Boot",
            Self::Jetty => "Jetty",
            Self::WildFly => "WildFly",
            Self::Undertow => "Undertow",
            Self::Quarkus => "Quarkus",
            Self::GlassFish => "GlassFish",
            Self::Liberty => "Liberty",
            Self::Micronaut => "Micronaut",
            Self::Other => "",
        }
    }
}

/// Which memory an `OutOfMemoryError` is about.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum OomVariant {
    /// `Java heap space`
    HeapSpace,
    /// `GC overhead limit exceeded`
    GcOverhead,
    /// `Metaspace`, and `PermGen space` before it.
    Metaspace,
    /// `Compressed class space`
    CompressedClassSpace,
    /// `Requested array size exceeds VM limit`
    ArraySize,
    /// `Direct buffer memory`, `Cannot reserve … bytes of direct buffer memory`
    DirectBuffer,
    /// `unable to create native thread`
    NativeThread,
    /// `Map failed`
    MapFailed,
    /// `Out of swap space?`
    SwapSpace,
    /// `<reason> <size> (Native method)`
    NativeMethod,
    /// Netty's own counter of direct memory.
    NettyDirect,
    /// The error without a reason (`thrown from the UncaughtExceptionHandler`).
    Unstated,
    /// A text that is not known.
    Other,
}

impl OomVariant {
    /// The region in plain words.
    pub fn words(self) -> &'static str {
        said(match self {
            Self::HeapSpace => key!("Java heap space"),
            Self::GcOverhead => key!("GC overhead limit exceeded"),
            Self::Metaspace => key!("Metaspace"),
            Self::CompressedClassSpace => key!("Compressed class space"),
            Self::ArraySize => key!("array larger than the VM allows"),
            Self::DirectBuffer => key!("direct buffer memory"),
            Self::NativeThread => key!("no new native thread"),
            Self::MapFailed => key!("mapping a file failed"),
            Self::SwapSpace => key!("out of swap space"),
            Self::NativeMethod => key!("native method"),
            Self::NettyDirect => key!("Netty direct memory"),
            Self::Unstated => key!("no reason written"),
            Self::Other => key!("other"),
        })
    }

    /// Whether HotSpot acts on `HeapDumpOnOutOfMemoryError`, `ExitOnOutOfMemoryError` and `OnOutOfMemoryError` for it
    /// (`report_java_out_of_memory` in debug.cpp). Direct memory and threads are refused by library code or by
    /// `Thread::start0`, which do not call it.
    pub fn triggers_flags(self) -> bool {
        matches!(
            self,
            Self::HeapSpace
                | Self::GcOverhead
                | Self::Metaspace
                | Self::CompressedClassSpace
                | Self::ArraySize
        )
    }
}
