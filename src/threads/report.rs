//! The result of the threads room, in the words of the field. `document` turns it into blocks.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::activity::Activity;
use super::demand::Sizing;
use super::virtual_threads::{SchedulerState, VirtualThreads};
use crate::finding::{Confidence, Finding, Locator};
use crate::input::Coverage;
use crate::time::Stamp;

/// A share to four decimals, so that it is the same after a way through JSON.
pub(super) fn share(part: f64, whole: f64) -> f64 {
    (part / whole.max(1.0) * 1e4).round() / 1e4
}

/// What was found in all thread dumps together.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ThreadsReport {
    /// Every dump, in order of time as far as known, then of source and line.
    pub dumps: Vec<DumpSummary>,
    /// Threads that did real work on the same stack in several dumps; longest first.
    pub stuck: Vec<StuckThread>,
    /// Processor time between the first and the last dump, largest first.
    pub cpu: Vec<CpuUse>,
    /// Families of threads whose number changed between the first and the last dump; largest growth first.
    pub families: Vec<FamilyGrowth>,
    /// State of the virtual thread scheduler, from `jcmd Thread.vthread_scheduler`.
    pub schedulers: Vec<SchedulerState>,
    /// What the requests of an access log need, compared with the request pools; only where a log was given too.
    #[serde(default)]
    pub sizing: Option<Sizing>,
    /// Most severe first.
    pub findings: Vec<Finding>,
    /// What was read.
    pub coverage: Vec<Coverage>,
}

/// One thread dump.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DumpSummary {
    /// Name of the source that holds it.
    pub source: String,
    /// Line of its banner, or of its first record when it has none; from 1.
    pub line: u64,
    /// Name of the format: `HotSpot`, `Thread.dump_to_file (JSON)`.
    pub format: String,
    /// When it was taken, as the file says: `Local` for the date line of HotSpot, which has no zone; `Zoned` for
    /// `Thread.dump_to_file`.
    pub taken: Option<Stamp>,
    /// Minutes that a local `taken` is ahead of UTC, where a dump in UTC of the same process gives it away.
    #[serde(default)]
    pub utc_offset_minutes: Option<i16>,
    /// The `Thread.dump_to_file` of the same moment whose virtual threads were added.
    #[serde(default)]
    pub joined: Option<Locator>,
    /// Which process it is of: counted from 1 in order of time.
    #[serde(default)]
    pub process: u64,
    /// Process id, where the tool prints it.
    pub pid: Option<u64>,
    /// Name of the VM: `OpenJDK 64-Bit Server VM`.
    pub vm: Option<String>,
    /// Version as the VM writes it: `17.0.15+6`, `25.91-b14` (JDK 8).
    pub jvm_version: Option<String>,
    /// Feature release that the version means: 8, 17, 25.
    pub java_release: Option<u32>,
    /// Microseconds since the JVM created its `main` thread. `taken` minus this is the start of the JVM.
    pub elapsed_of_main: Option<i64>,
    /// Java threads in the dump, platform threads only.
    pub thread_count: u64,
    /// Virtual threads in the dump, mounted ones included.
    pub virtual_count: u64,
    /// Threads of the VM itself: GC, compiler, VM thread.
    pub vm_thread_count: u64,
    /// Java threads the VM said it has (`length=` of "Threads class SMR info").
    pub expected_count: Option<u64>,
    /// Java threads (platform and virtual) by `Thread.State`; `UNKNOWN` where the format does not tell.
    pub by_state: BTreeMap<String, u64>,
    /// What crashed, where the dump was written at a crash.
    #[serde(default)]
    pub crash: Option<CrashedThread>,
    /// Cycles of threads that wait for each other, each once.
    pub deadlocks: Vec<Deadlock>,
    /// Threads that hold up others and are themselves not held up by a lock; the worst first.
    pub blockers: Vec<RootBlocker>,
    /// Locks that threads wait for and whose owner the dump does not show; most waiters first.
    pub ownerless: Vec<OwnerlessLock>,
    /// The wait-for graph: who waits for which lock of whom, in the order of the dump; at most 2,000.
    pub waits: Vec<WaitEdge>,
    /// Families of at least three threads; largest first.
    pub pools: Vec<PoolUse>,
    /// Threads with the same stack, groups of at least two; largest first.
    pub groups: Vec<StackGroup>,
    /// Stacks of the threads that are not idle, merged from the bottom, every caller before what it called: the flame
    /// graph.
    pub call_tree: Vec<CallNode>,
    /// Virtual threads and their carriers, when the dump shows any.
    pub virtual_threads: Option<VirtualThreads>,
    /// The finalizer, reference handler and cleaners, where they do anything but wait for their queue.
    pub reference_threads: Vec<ReferenceThread>,
    /// Processor time by kind of thread since the start of the JVM, where the VM prints `cpu=`.
    pub cpu: Option<CpuByKind>,
    /// The heap footer, where the VM prints one (`kill -3`).
    pub heap: Vec<HeapSpace>,
    /// Whether the dump is whole: the tail is there and the count agrees with [`expected_count`](Self::expected_count).
    pub complete: bool,
    /// Why it is not whole, in a sentence.
    pub incomplete_because: Option<String>,
}

/// The error that ended the process, and the thread it happened in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CrashedThread {
    /// As the VM names it: `SIGSEGV (0xb)`.
    pub error: String,
    /// Where that stands.
    pub at: Locator,
    /// The thread; `None` when it is not one of the VM's.
    pub thread: Option<ThreadRef>,
    /// Its stack from the top, at most forty frames.
    pub frames: Vec<String>,
    /// The topmost frame of the application.
    pub frame: Option<String>,
}

/// A thread that a report mentions, with every identity by which other evidence may know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ThreadRef {
    /// Its name, as it was set: any characters.
    pub name: String,
    /// Where its header stands.
    pub at: Locator,
    /// `Thread.threadId()`: the `#N` of HotSpot, `tid` in JSON dumps.
    pub number: Option<u64>,
    /// Address of the native `JavaThread` as `0x…`: the `tid=` of HotSpot, equal to `Thread.eetop` in a heap dump.
    pub tid: Option<String>,
    /// Thread id of the operating system as `0x…`: the `nid=` of HotSpot, as `top -H` and `/proc` know it.
    pub nid: Option<String>,
}

/// What kind of lock a thread waits for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum LockKind {
    /// `synchronized`.
    Monitor,
    /// A `java.util.concurrent` lock that one thread owns at a time.
    Synchronizer,
    /// The initialisation of a class (JLS 12.4.2).
    ClassInit,
}

/// Threads that wait for each other in a circle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Deadlock {
    /// The members; each waits for the next, the last for the first.
    pub threads: Vec<DeadlockedThread>,
    /// Whether the VM's own "Found one Java-level deadlock" section has it too.
    pub reported_by_vm: bool,
    /// Confirmed unless the dump contradicts itself.
    pub confidence: Confidence,
    /// Threads outside the circle that wait, directly or not, for a member.
    pub victims: u64,
}

/// A member of a deadlock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeadlockedThread {
    /// The thread.
    #[serde(flatten)]
    pub thread: ThreadRef,
    /// Kind of the lock it waits for.
    pub waits_for: LockKind,
    /// Class of that lock, or the class that is being initialised.
    pub lock_class: String,
    /// Identity of that lock as the dump writes it, with `<…>` removed: `0x00000000f8a0`, `Foo@1b2c`; empty for a class.
    pub address: String,
    /// What it holds and a member wants: class and identity, as `C <0x…>`.
    pub holds: Vec<String>,
    /// The topmost frame that is not of the JDK, else the topmost.
    pub top_frame: Option<String>,
}

/// A thread that holds a lock others wait for, and that does not wait for a lock itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RootBlocker {
    /// The thread.
    pub thread: ThreadRef,
    /// Threads that wait for it, directly or through others.
    pub held_up: u64,
    /// Threads that wait for a lock it owns itself.
    pub directly: u64,
    /// The lock of it that most wait for: class and identity, as `C <0x…>`.
    pub lock: String,
    /// Class of that lock.
    pub lock_class: String,
    /// Kind of that lock.
    pub lock_kind: LockKind,
    /// What it does meanwhile.
    pub doing: Activity,
    /// Its `Thread.State`.
    pub state: String,
    /// The library call or system call that `doing` was read from.
    pub call: Option<String>,
    /// The topmost frame of the application: where to look.
    pub frame: Option<String>,
    /// The request it serves, when its name shows one.
    pub request: Option<String>,
    /// Where the first of those behind it wants its lock: the topmost frame of the application.
    #[serde(default)]
    pub waiters_at: Option<String>,
    /// Some of those it holds up, in the order of the dump; at most ten.
    pub waiters: Vec<ThreadRef>,
}

/// A lock that is wanted and whose owner is not visible. Never evidence of a deadlock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OwnerlessLock {
    /// Class and identity, as `C <0x…>`.
    pub lock: String,
    /// Its class.
    pub lock_class: String,
    /// Kind of lock.
    pub kind: LockKind,
    /// How many wait for it.
    pub waiters: u64,
    /// How many wait for those in turn, and they themselves.
    pub held_up: u64,
    /// One of them; one that wants to write, where some want to.
    pub example: ThreadRef,
    /// Where that one wants it: its topmost frame of the application.
    #[serde(default)]
    pub at: Option<String>,
    /// Why the owner may be invisible.
    pub reason: Unseen,
    /// Threads that may own it, judged by their stacks; best first, at most three.
    pub candidates: Vec<ThreadRef>,
    /// Whether it is a read-write lock that nobody holds for writing, or a stamped lock: it is held in a way that no dump shows.
    #[serde(default)]
    pub held_in_common: bool,
    /// Of a read-write or stamped lock: threads that wait to write; at most three.
    #[serde(default)]
    pub writers: Vec<ThreadRef>,
}

/// One thread waits for a lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WaitEdge {
    /// Line of the waiting thread in the source of the dump.
    pub from: u64,
    /// Its name.
    pub name: String,
    /// The lock, as `C <0x…>`.
    pub lock: String,
    /// Line of the thread that owns it, when visible.
    pub to: Option<u64>,
    /// The name of that thread.
    pub owner: Option<String>,
}

/// Why the owner of a lock is not visible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Unseen {
    /// The dump does not list owned synchronizers: taken without `-l`, or a format without them.
    NotListed,
    /// Read locks and stamped locks record no owner.
    Shared,
    /// The dump has virtual threads or carriers, and unmounted virtual threads are not in it.
    MaybeVirtual,
    /// Virtual threads are parked with monitors that the dump does not list: it is of a JDK before 24.
    Unlisted,
    /// The dump is cut.
    Truncated,
    /// It may have been released while the dump was written.
    Released,
}

/// What kind of pool a family of threads is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum PoolKind {
    /// Serves requests: Tomcat, Jetty, Undertow, WebLogic, WebSphere.
    Requests,
    /// Netty, Reactor and other event loops.
    EventLoop,
    /// `ForkJoinPool`.
    ForkJoin,
    /// Timers and scheduled executors.
    Scheduled,
    /// Messaging clients: Kafka, RabbitMQ, JMS.
    Messaging,
    /// Clients of a database and their housekeepers.
    Database,
    /// Any other executor or family.
    Other,
}

/// How one family of threads is used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PoolUse {
    /// Common name, numbers replaced by `N`: `http-nio-8080-exec-N`.
    pub name: String,
    /// What kind of pool it is.
    pub kind: PoolKind,
    /// All threads of it.
    pub total: u64,
    /// Not idle.
    pub busy: u64,
    /// Waiting for work.
    pub idle: u64,
    /// Of the busy ones, those that wait for a lock, a pool, a condition or a time, and not for input or the processor.
    pub waiting: u64,
    /// `busy / total`.
    pub busy_share: f64,
    /// What the busy ones do, most frequent first.
    pub busy_with: Vec<(Activity, u64)>,
    /// The one thing that most of the busy ones wait for, when most of them wait for the same.
    pub busy_waits_for: Option<String>,
    /// Where the first of its threads stands.
    pub at: Locator,
}

/// Threads with identical stacks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StackGroup {
    /// How many.
    pub count: u64,
    /// What they do.
    pub doing: Activity,
    /// Names of the first few.
    pub names: Vec<String>,
    /// Where the first stands.
    pub at: Locator,
    /// The stack from the top, at most forty frames.
    pub frames: Vec<String>,
}

/// A node of the call tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CallNode {
    /// How deep it is nested; 0 for the root, which is named `all`.
    pub depth: u32,
    /// A method without line number.
    pub frame: String,
    /// Threads whose stack passes here.
    pub count: u64,
}

/// A thread that cleans up behind the collector and is not waiting for its queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReferenceThread {
    /// The thread: `Finalizer`, `Reference Handler`, `Common-Cleaner`.
    pub thread: ThreadRef,
    /// What it does.
    pub doing: Activity,
    /// The topmost frame of the application.
    pub frame: Option<String>,
    /// The lock it waits for, as `C <0x…>`.
    pub waits_for: Option<String>,
    /// The thread that owns that lock.
    pub owner: Option<String>,
}

/// Processor time in microseconds by kind of thread.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CpuByKind {
    /// Java threads.
    pub java: i64,
    /// Threads of the garbage collector.
    pub gc: i64,
    /// Threads of the compiler.
    pub jit: i64,
    /// Other threads of the VM.
    pub vm: i64,
}

/// A line of the heap footer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HeapSpace {
    /// As the VM names it: `garbage-first heap`, `PSYoungGen`, `Metaspace`.
    pub name: String,
    /// Bytes in use.
    pub used: Option<u64>,
    /// Bytes committed (`total`, `committed`, `capacity`).
    pub committed: Option<u64>,
    /// Bytes it can grow to, as the VM prints them or by the addresses of the reserved space.
    #[serde(default)]
    pub reserved: Option<u64>,
    /// Where it stands.
    pub at: Locator,
}

/// A thread that was found on the same stack in several dumps, and not idle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StuckThread {
    /// The thread, in the last of these dumps.
    pub thread: ThreadRef,
    /// How many dumps in a row.
    pub dumps: u64,
    /// Microseconds between the first and the last of them, from its own `elapsed=`, else from the dates.
    pub span: Option<i64>,
    /// Processor time it used in between, in microseconds.
    pub cpu: Option<i64>,
    /// What it does.
    pub doing: Activity,
    /// The topmost frame of the application, else the topmost.
    pub frame: Option<String>,
    /// The lock it waits for, as `C <0x…>`.
    pub waits_for: Option<String>,
    /// The thread that owned that lock in the last of them.
    pub owner: Option<String>,
    /// The request it serves, when its name shows one.
    pub request: Option<String>,
}

/// Processor time that a thread used between two dumps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CpuUse {
    /// The thread, in the last dump.
    pub thread: ThreadRef,
    /// Microseconds used, by `cpu=` of two dumps, or over the whole life for a single dump.
    pub cpu: i64,
    /// Microseconds that passed meanwhile, by its own `elapsed=`.
    pub elapsed: i64,
    /// Share of all processor time that the process used in the same time, 0 to 1.
    pub of_process: f64,
    /// `%CPU` from `top -H`, joined on the native id.
    pub top: Option<f64>,
    /// What it does in the last dump.
    pub doing: Activity,
    /// The topmost frame of the application, else the topmost.
    pub frame: Option<String>,
}

/// How a family of threads grew over the dumps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FamilyGrowth {
    /// Common name, numbers replaced by `N`.
    pub name: String,
    /// Its size in every dump, in order.
    pub counts: Vec<u64>,
    /// Where its first thread stands in the last dump that has one.
    pub at: Locator,
}
