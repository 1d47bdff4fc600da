//! The result of the heap room: what a dump holds, who holds it, and what that means. Written as JSON and read back.
//!
//! Sizes are bytes of the running JVM, not of the file. Object identifiers are `0x…` strings, because JSON numbers do
//! not carry 64 bits everywhere.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::input::Coverage;
use crate::time::Instant;

/// Which references count as strong, which decides what is reachable and retained.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RetainedAs {
    /// As the garbage collector sees it just before an `OutOfMemoryError`: `Reference.referent` is not a strong
    /// reference.
    #[default]
    Collector,
    /// As Eclipse MAT computes it, for comparison: every reference counts, with MAT's object sizes.
    Mat,
}

/// What was found in one heap dump.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HeapReport {
    /// Name of the source inside the bundle.
    pub source: String,
    /// Format and version: `HPROF 1.0.2, 8-byte identifiers`.
    pub format: String,
    /// When the dump was begun, from its header.
    pub taken: Option<Instant>,
    /// What the heap itself says about its JVM.
    pub jvm: Option<JvmInfo>,
    /// How object sizes were computed: `compressed references, 12-byte headers, 8-byte alignment (measured)`.
    pub layout: String,
    /// Which references count as strong.
    pub retained_as: RetainedAs,
    /// Objects in the dump, classes included.
    pub object_count: u64,
    /// Classes in the dump.
    pub class_count: u64,
    /// Objects that the roots reach.
    pub reachable_objects: u64,
    /// Their bytes: the whole that shares are shares of.
    pub reachable_bytes: u64,
    /// Objects that nothing reaches: garbage not yet collected when the dump was taken.
    pub unreachable_objects: u64,
    /// Their bytes.
    pub unreachable_bytes: u64,
    /// The largest size of the heap (`Runtime.maxMemory`, about `-Xmx`), where the dump tells.
    pub max_heap: Option<u64>,
    /// Memory outside the heap that direct buffers hold, where the dump tells.
    pub direct_memory: Option<DirectMemory>,
    /// Finalizable objects that wait for the finalizer thread, where the dump tells.
    pub finalizer_queue: Option<u64>,
    /// The classes of those objects, most first, at most 10.
    #[serde(default)]
    pub finalizer_classes: Vec<ClassRow>,
    /// Unreachable objects by class, most bytes first, at most [`HeapReport::UNREACHABLE`]. They retain nothing: their
    /// own bytes stand for that.
    #[serde(default)]
    pub unreachable: Vec<ClassRow>,
    /// Soft, weak, final and phantom references.
    #[serde(default)]
    pub references: Vec<ReferenceRow>,
    /// Why and where the dump ends early, or `None` for a complete one.
    pub truncated: Option<String>,
    /// What was left out because it needs more memory than allowed, and how much that is. Then the histogram counts all
    /// objects, and in place of what a class retains stand its own bytes.
    #[serde(default)]
    pub left_out: Option<String>,
    /// Roots by kind, most first. Kinds that begin with `stand-in` were invented because the dump has no roots.
    pub roots: Vec<RootCount>,
    /// What fills the heap, largest first.
    pub suspects: Vec<Suspect>,
    /// The thread that could not allocate, when the dump was written because of an `OutOfMemoryError`. It is the victim,
    /// not necessarily the cause.
    pub oom_thread: Option<HeapThread>,
    /// Threads by what they alone keep alive, most first, at most [`HeapReport::THREADS`].
    pub threads: Vec<HeapThread>,
    /// Threads in the dump, those not listed included.
    pub thread_count: u64,
    /// Classes by shallow bytes, most first, at most [`HeapReport::CLASSES`].
    pub histogram: Vec<ClassRow>,
    /// The top of the dominator tree: every holder before what only it keeps alive, larger ones first; at most
    /// [`HeapReport::DOMINATORS`], none below 0.5 % of the reachable bytes.
    #[serde(default)]
    pub dominators: Vec<DominatorRow>,
    /// What packages, class loaders and static fields retain.
    pub consumers: Consumers,
    /// Locks of `java.util.concurrent` that are owned or waited for, with the most waiters first.
    pub locks: Vec<HeapLock>,
    /// Objects on the stacks of several threads, those on most first.
    #[serde(default)]
    pub shared: Vec<SharedObject>,
    /// Thread pools, those with most workers first.
    #[serde(default)]
    pub executors: Vec<HeapExecutor>,
    /// Memory spent without use: duplicate strings, empty collections and the like.
    pub waste: Vec<Waste>,
    /// What grew since an older dump, when one was given.
    #[serde(default)]
    pub comparison: Option<Comparison>,
    /// Most severe first.
    pub findings: Vec<Finding>,
    /// What was read.
    pub coverage: Vec<Coverage>,
}

impl HeapReport {
    /// Most rows of [`HeapReport::histogram`].
    pub const CLASSES: usize = 200;
    /// Most rows of [`HeapReport::unreachable`].
    pub const UNREACHABLE: usize = 30;
    /// Most rows of [`HeapReport::dominators`].
    pub const DOMINATORS: usize = 400;
    /// Most rows of [`HeapReport::threads`].
    pub const THREADS: usize = 100;
    /// Most rows of [`HeapReport::suspects`].
    pub const SUSPECTS: usize = 12;
}

/// What the heap itself says about its JVM, from `jdk.internal.misc.VM.savedProps` or `System.props`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JvmInfo {
    /// `java.version`: `17.0.15`.
    pub java_version: Option<String>,
    /// `java.vm.name` and `java.vm.version`.
    pub vm: Option<String>,
    /// `sun.java.command`: main class or jar, with its arguments.
    pub command: Option<String>,
    /// `java.vm.compressedOopsMode`: `32-bit`, `Zero based`; absent when references are not compressed.
    pub compressed_oops_mode: Option<String>,
}

/// Memory outside the heap, from the statics of `java.nio.Bits`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DirectMemory {
    /// Bytes reserved by direct buffers.
    pub reserved: u64,
    /// Buffers that reserve it.
    pub count: u64,
    /// The limit (`-XX:MaxDirectMemorySize`, else the largest heap size).
    pub limit: Option<u64>,
}

/// How many roots of a kind a dump has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RootCount {
    /// `system class`, `JNI global`, `thread`, …
    pub kind: String,
    /// Entries.
    pub count: u64,
}

/// By what kind of thing a suspect is held.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum OwnerKind {
    /// A static field: lives as long as its class is loaded.
    StaticField,
    /// An instance field of an object that is itself long-lived.
    Field,
    /// A local variable of a thread: lives as long as the method runs.
    ThreadLocalVariable,
    /// A value in a thread's `ThreadLocal` map: lives as long as the thread.
    ThreadLocal,
    /// A thread, by other ways.
    Thread,
    /// A class loader, by other ways than one static field.
    ClassLoader,
    /// A JNI reference or another root of the VM.
    Root,
    /// Many objects of one class that no single object dominates.
    Group,
}

/// Something that fills a large part of the heap.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Suspect {
    /// One sentence: the holder, what it is, what it retains.
    pub title: String,
    /// Why it is not freed, as one sentence.
    pub reason: String,
    /// By what kind of thing it is held.
    pub owner_kind: OwnerKind,
    /// Class of the object at `object_id`.
    pub class: String,
    /// The field that holds it, `com.acme.PriceCache.CACHE`; for a thread its name.
    pub field: Option<String>,
    /// The object, as `0x…`.
    pub object_id: String,
    /// Bytes that would be freed without it.
    pub retained_bytes: u64,
    /// `retained_bytes` as a share of the reachable bytes, 0 to 1.
    pub share: f64,
    /// Objects that would be freed without it.
    pub retained_objects: u64,
    /// The class that most elements of the container have, or the class of the group.
    pub element_class: Option<String>,
    /// How many elements the container, chain or group has.
    pub element_count: Option<u64>,
    /// Where the parts spread out: the object below which no single child holds most.
    pub accumulation: Option<PathStep>,
    /// From the root to the object, shortest way over strong references.
    pub path: Vec<PathStep>,
    /// What the retained bytes are made of, most first, at most 10 classes.
    pub retained_classes: Vec<ClassRow>,
    /// The same for the same leak in every dump of this program: a hash over classes and fields, without addresses.
    pub signature: String,
}

/// An object on a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PathStep {
    /// How the previous object refers to it: `.head`, `[17]`, `static CACHE`; for the first the kind of root.
    pub by: String,
    /// Its class; for a class object `class com.acme.Main`.
    pub class: String,
    /// The object, as `0x…`.
    pub object_id: String,
    /// What it retains.
    pub retained_bytes: u64,
}

/// What a row of the dominator tree stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StandsFor {
    /// One object.
    Object,
    /// Objects of one class that each keep the next: a linked list.
    Chain,
    /// All objects of one class below one holder that are each too small for a row.
    Class,
}

/// A row of the dominator tree: it would be freed together with the last row above it that is nested less deep.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DominatorRow {
    /// How deep it is nested; 0 for what only the roots hold.
    pub depth: u32,
    /// What it stands for.
    pub stands_for: StandsFor,
    /// Its class; for a class object `class com.acme.Main`.
    pub class: String,
    /// How the holder refers to it: `.head`, `[17]`, `static CACHE`, or the kind of root. `None` for several objects,
    /// and where several ways lead from the holder to it.
    pub by: Option<String>,
    /// `Thread.name`, if it is a thread.
    pub thread: Option<String>,
    /// The object, of a chain the first, as `0x…`; `None` for several objects.
    pub object_id: Option<String>,
    /// How many objects it stands for.
    pub objects: u64,
    /// What they keep alive, themselves included.
    pub retained_bytes: u64,
}

/// A thread as the heap knows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HeapThread {
    /// `Thread.name`; empty when it cannot be read.
    pub name: String,
    /// The `java.lang.Thread` object, as `0x…`.
    pub id: String,
    /// Class of the thread object.
    pub class: String,
    /// Bytes that only this thread keeps alive, locals included.
    pub retained_bytes: u64,
    /// How many threads have this very stack, for virtual threads; 1 otherwise.
    pub alike: u64,
    /// Its stack, innermost first: `com.acme.Report.render(Report.java:81)`.
    pub frames: Vec<String>,
    /// The locals that retain most, most first, at most 10.
    pub locals: Vec<ThreadLocalVariable>,
}

/// An object that a frame of a stack refers to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ThreadLocalVariable {
    /// Position in [`HeapThread::frames`], where the dump tells.
    pub frame: Option<u32>,
    /// Class of the object.
    pub class: String,
    /// The object, as `0x…`.
    pub object_id: String,
    /// What it retains.
    pub retained_bytes: u64,
    /// Its elements when it is a container, and their class.
    pub elements: Option<(u64, String)>,
}

/// The objects of a class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClassRow {
    /// Name as in Java source, `byte[]`, `java.util.HashMap$Node`.
    pub class: String,
    /// Reachable objects.
    pub instances: u64,
    /// Their own bytes.
    pub shallow_bytes: u64,
    /// What they retain: the sum over those that have none of their class above them in the dominator tree. A lower
    /// bound of the retained set of all together.
    pub retained_bytes: u64,
    /// Class loader, as `0x…`; `None` for the boot loader and arrays of primitives.
    pub loader: Option<String>,
}

/// Who retains how much, by three divisions of the heap.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Consumers {
    /// Static fields by the retained bytes of their value, most first.
    pub statics: Vec<Consumer>,
    /// Classes by the retained bytes of their topmost objects, most first.
    #[serde(default)]
    pub classes: Vec<Consumer>,
    /// Packages by the retained bytes of their topmost objects, most first.
    pub packages: Vec<Consumer>,
    /// Class loaders by what their classes and objects retain, most first.
    pub loaders: Vec<Consumer>,
}

/// One consumer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Consumer {
    /// Its name.
    pub name: String,
    /// The object, as `0x…`, where there is one.
    pub object_id: Option<String>,
    /// How many objects, classes or instances it stands for.
    pub count: u64,
    /// What it retains.
    pub retained_bytes: u64,
}

/// A lock of `java.util.concurrent`, read from its `AbstractQueuedSynchronizer`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HeapLock {
    /// Class of the lock or synchronizer.
    pub class: String,
    /// The synchronizer object, as `0x…`.
    pub object_id: String,
    /// Name of the thread that owns it exclusively.
    pub owner: Option<String>,
    /// Names of the threads that wait, in the order of the queue.
    pub waiters: Vec<String>,
    /// Names of the threads that hold it for reading.
    #[serde(default)]
    pub readers: Vec<String>,
}

/// An object that the stacks of several threads refer to: all who hold its monitor or wait for it are among them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SharedObject {
    /// Its class.
    pub class: String,
    /// The object, as `0x…`.
    pub object_id: String,
    /// Names of those threads.
    pub threads: Vec<String>,
}

/// A `ThreadPoolExecutor`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HeapExecutor {
    /// The pool, as `0x…`.
    pub object_id: String,
    /// Name of one of its threads.
    pub worker: String,
    /// Its threads.
    pub workers: u64,
    /// Those that run a task.
    pub active: u64,
    /// Tasks in its queue, where the kind of queue tells.
    pub queued: Option<u64>,
}

/// The references of one kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReferenceRow {
    /// `soft`, `weak`, `final` (objects whose `finalize()` has not run) or `phantom`.
    pub kind: String,
    /// Reachable references of the kind.
    pub references: u64,
    /// Those whose referent is gone.
    pub cleared: u64,
    /// Those whose referent is reachable without them.
    pub strong: u64,
    /// Objects that only references of this kind, and no earlier kind, refer to.
    pub only: u64,
    /// Objects that go with those, themselves included.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Their classes, most bytes first, at most 10.
    pub classes: Vec<ClassRow>,
}

/// Memory spent without use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Waste {
    /// `duplicate strings`, `empty collections`, …
    pub kind: String,
    /// Objects that are part of it.
    pub objects: u64,
    /// Bytes that could be saved.
    pub bytes: u64,
    /// How many different values the copies have, for kinds that are copies of something.
    #[serde(default)]
    pub distinct: Option<u64>,
    /// Of which classes they are, most bytes first, at most 5.
    #[serde(default)]
    pub classes: Vec<WastePart>,
    /// Who owns most of it: `com.acme.Order.currency`, with bytes, most first, at most 5. Contents are never given.
    pub owners: Vec<(String, u64)>,
}

/// The objects of one class among wasted memory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WastePart {
    /// Class, of collections the outermost: `java.util.HashSet` rather than the map inside.
    pub class: String,
    /// How many.
    pub objects: u64,
    /// Bytes that could be saved.
    pub bytes: u64,
}

/// What grew between two dumps of one program, largest growth first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// Name of the older source.
    pub old_source: String,
    /// When the older dump was taken.
    pub old_taken: Option<Instant>,
    /// Growth of the reachable bytes.
    pub reachable_bytes: i64,
    /// Growth of the number of reachable objects.
    pub reachable_objects: i64,
    /// By signature and holder.
    pub suspects: Vec<Growth>,
    /// By static field.
    pub statics: Vec<Growth>,
    /// By class.
    pub classes: Vec<Growth>,
}

/// How much something grew. What one of the two reports does not list counts as 0 there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Growth {
    /// Its name.
    pub name: String,
    /// Bytes before.
    pub old_bytes: u64,
    /// Bytes after.
    pub new_bytes: u64,
    /// Growth in bytes; negative when it shrank.
    pub bytes: i64,
    /// Growth of the number of objects or elements.
    pub count: i64,
}
