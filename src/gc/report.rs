//! The result of the gc room: what the incident room, the JSON contract and the document are made from.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::anchor::Anchor;
use super::cause::CauseVerdict;
use super::compare::Comparison;
use super::event::{Collector, PauseKind};
use super::forecast::{Floor, Forecast};
use super::pauses::{CauseRow, LongPause, PauseSummary};
use super::phases::{Phase, ReferenceSummary};
use super::safepoints::SafepointSummary;
use super::spiral::{Spiral, Stretch};
use crate::finding::{Finding, Locator, Place};
use crate::input::Coverage;
use crate::time::{Instant, Moment, Stamp};

/// What was found in all GC logs together.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GcReport {
    /// One entry per life of a JVM, in order of time where known, else of sources.
    pub lives: Vec<GcLife>,
    /// What changed between two sets of logs, when a comparison was asked for.
    pub comparison: Option<Comparison>,
    /// Most severe first.
    pub findings: Vec<Finding>,
    /// What was read.
    pub coverage: Vec<Coverage>,
}

/// One life of a JVM: from its start, or the first line left, to its end, or the last line left.
///
/// All times named "on the axis of the life" are microseconds of uptime when the log has uptimes, else microseconds
/// since `first_stamp`. Add them to `started` for wall-clock time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GcLife {
    /// Names of its sources in order of time (rotated files).
    pub sources: Vec<String>,
    /// Its first line.
    pub first: Locator,
    /// Its last line.
    pub last: Locator,
    /// Name of the log format: `unified`, `legacy`, `OpenJ9`, `jstat`.
    pub format: String,
    /// The collector.
    pub collector: Collector,
    /// Version of the JVM, in its words.
    pub jvm_version: Option<String>,
    /// Process id, when the log has it.
    pub pid: Option<u64>,
    /// Wall-clock time of axis 0, when the log has a clock with a zone. When the axis is uptime this is the start of the JVM.
    pub started: Option<Moment>,
    /// How `started` was found when the log itself has only uptimes.
    pub anchor: Option<Anchor>,
    /// Stamp of the first line: wall clock where there is one, else uptime.
    pub first_stamp: Stamp,
    /// Stamp of the last line.
    pub last_stamp: Stamp,
    /// Whether the axis of the life is uptime (true) or time since the first stamp (false).
    pub axis_is_uptime: bool,
    /// First stamp on the axis of the life, microseconds.
    pub begin: i64,
    /// Last stamp on the axis of the life, microseconds.
    pub end: i64,
    /// Uptime of the first line in microseconds, if logged.
    pub uptime_at_start: Option<i64>,
    /// Uptime of the last line in microseconds, if logged.
    pub uptime_at_end: Option<i64>,
    /// How the log of this life ends.
    pub ended: LifeEnd,
    /// Occupied bytes of the heap as the exit block says, garbage included.
    pub used_at_exit: Option<u64>,
    /// Limit of the heap in bytes, from the log's header, its flags, or the largest capacity seen.
    pub heap_max: Option<u64>,
    /// Facts of the start: CPUs, memory, workers, region size, flags.
    pub facts: Vec<Fact>,
    /// Pauses.
    pub pauses: PauseSummary,
    /// Time that the application lost in microseconds: the union of stop-the-world pauses and allocation or relocation
    /// stalls (a time in which at least one thread stalled counts once).
    pub mutator_loss: i64,
    /// Share of the time kept by the application, 0 to 1: 1 − `mutator_loss` / `throughput_over`.
    pub throughput: f64,
    /// Denominator of `throughput` in microseconds: from uptime 0 (or the first event when the head of the log is
    /// missing or the axis is not uptime) to the last line.
    pub throughput_over: i64,
    /// What the denominator is, in words: `uptime of the run`, `logged span`.
    pub throughput_denominator: String,
    /// Collections in order of time: all of them up to 20,000; beyond that per equal slice of time the first, the
    /// longest, the highest occupancy before and the lowest after, and every full collection as far as 20,000 allow.
    pub points: Vec<GcPoint>,
    /// How many there were before thinning.
    pub points_total: u64,
    /// Lost time per window, over the whole life.
    pub loss: LossWindows,
    /// Minimum mutator utilisation: over each window length, the smallest share of time the application had.
    pub mmu: Vec<MmuPoint>,
    /// Rates of allocation, promotion and reclaiming.
    pub rates: Rates,
    /// Table of causes, by total time.
    pub causes: Vec<CauseRow>,
    /// Trend of the live set before trouble began.
    pub floor: Option<Floor>,
    /// When the heap would be full, made from what was known before the onset.
    pub forecast: Option<Forecast>,
    /// The death spiral, if there was one.
    pub spiral: Option<Spiral>,
    /// Trouble from which the process recovered.
    pub near_miss: Option<Stretch>,
    /// Collections eat half of the time or more, but still free memory.
    pub thrashing: Option<Stretch>,
    /// The reason this log points to, for its trouble or its end.
    pub cause: Option<CauseVerdict>,
    /// Pauses of a second or more, longest first, at most 100.
    pub long_pauses: Vec<LongPause>,
    /// CPU time of collections, when logged.
    pub cpu: Option<CpuSummary>,
    /// Collections that `System.gc()` asked for, when there were five or more.
    pub requested: Option<Requested>,
    /// What collections spent their time on, by total time.
    pub phases: Vec<Phase>,
    /// The processing of references, when logged.
    pub references: Option<ReferenceSummary>,
    /// Safepoints, when logged.
    pub safepoints: Option<SafepointSummary>,
    /// The JVM's own count and sum (microseconds) of its pauses, which Shenandoah writes at its exit: the judge over
    /// `pauses`.
    pub own_count: Option<(u64, i64)>,
    /// A pause that began but whose end is not in the log: its name and place.
    pub unfinished: Option<(String, Locator)>,
    /// Things that happened once or rarely and matter: counts with the first place.
    pub incidents: Vec<Incident>,
}

impl GcLife {
    /// Whether a place lies between the first and the last line of this life.
    pub fn holds(&self, locator: &Locator) -> bool {
        let rank = |place: &Locator| {
            let file = self.sources.iter().position(|name| *name == place.source)?;
            match place.place {
                Place::Line(line) | Place::Lines(line, _) => Some((file, line)),
                Place::Whole | Place::Bytes(..) | Place::Object(_) => None,
            }
        };
        match (rank(&self.first), rank(locator), rank(&self.last)) {
            (Some(first), Some(place), Some(last)) => first <= place && place <= last,
            _ => false,
        }
    }
}

/// CPU time of collections. The JVM rounds it to 10 ms, so only pauses of 100 ms and more are summed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CpuSummary {
    /// All of them.
    pub all: CpuStretch,
    /// The stretch of pauses, a second or more in sum, that computed for less than half of their time and missed most.
    pub starved: Option<CpuStretch>,
    /// The stretch of pauses, a second or more in sum, with at least as much system as user time and most of it.
    pub in_system: Option<CpuStretch>,
}

/// Pauses that follow each other, without those that are too short to be judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CpuStretch {
    /// Beginning on the axis of the life, microseconds.
    pub from: i64,
    /// End on the axis of the life, microseconds.
    pub to: i64,
    /// Pauses summed.
    pub pauses: u64,
    /// User CPU time in microseconds.
    pub user: i64,
    /// System CPU time in microseconds.
    pub sys: i64,
    /// Elapsed time of the pauses in microseconds.
    pub real: i64,
    /// The worst pause.
    pub worst: Locator,
    /// Its duration in microseconds.
    pub worst_duration: i64,
}

/// Collections that `System.gc()` asked for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Requested {
    /// How many.
    pub count: u64,
    /// Median interval in microseconds.
    pub interval: i64,
    /// Share of the intervals within 20 % of the median, 0 to 1.
    pub regular: f64,
    /// Sum of their pauses in microseconds.
    pub total: i64,
}

/// How the log of a life ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LifeEnd {
    /// The JVM wrote its heap on exit: it ended itself in order (also `System.exit` after an `OutOfMemoryError`).
    ExitBlock,
    /// The log just ends: killed, still running, or the rest is missing.
    LogEnds,
    /// Another life follows in the same log without an exit block between.
    NextLife,
}

/// A fact of the start of a JVM.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Fact {
    /// Its name as the log has it: `Heap Max Capacity`.
    pub name: String,
    /// Its value as the log has it.
    pub value: String,
    /// Where.
    pub locator: Locator,
}

/// One collection, pause or stall.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GcPoint {
    /// Its beginning on the axis of the life, microseconds.
    pub at: i64,
    /// Its beginning on the wall clock, when the life has one.
    pub wall: Option<Instant>,
    /// How long the world (or, for a stall, the thread) stood still, microseconds; 0 for a concurrent cycle.
    pub pause: i64,
    /// Whether the whole heap was collected with the world stopped.
    pub full: bool,
    /// What was done.
    pub kind: PauseKind,
    /// Why, in the JVM's words; empty when not logged.
    pub cause: String,
    /// Occupied bytes before.
    pub before: Option<u64>,
    /// Occupied bytes after.
    pub after: Option<u64>,
    /// Capacity of the heap after, in bytes.
    pub capacity: Option<u64>,
    /// Position of its source in `GcLife::sources`.
    pub source: u32,
    /// Its line, counted from 1.
    pub line: u64,
}

/// Lost time per window of equal length.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LossWindows {
    /// Beginning of the first window on the axis of the life, microseconds.
    pub from: i64,
    /// Length of a window in microseconds.
    pub width: i64,
    /// Lost microseconds per window.
    pub lost: Vec<i64>,
}

/// A point of the curve of minimum mutator utilisation (Cheng and Blelloch 2001).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MmuPoint {
    /// Length of the window in microseconds.
    pub window: i64,
    /// Smallest share of such a window that the application had, 0 to 1.
    pub utilisation: f64,
    /// Beginning of that worst window on the axis of the life, microseconds.
    pub at: i64,
}

/// Rates over the life, in bytes per second of the logged span.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Rates {
    /// Bytes allocated: the sum of the rises from the end of a collection to the beginning of the next.
    pub allocation: Option<f64>,
    /// Bytes promoted to the old generation per second.
    pub promotion: Option<f64>,
    /// Bytes freed by collections per second.
    pub reclaim: Option<f64>,
    /// Total bytes allocated.
    pub allocated: u64,
}

/// Something that happened a number of times and matters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Incident {
    /// What.
    pub kind: IncidentKind,
    /// How often.
    pub count: u64,
    /// On the axis of the life: first time, microseconds.
    pub first_at: i64,
    /// On the axis of the life: last time, microseconds.
    pub last_at: i64,
    /// Where it is seen first.
    pub first: Locator,
    /// Detail of the first: thread, bytes; may be empty.
    pub detail: String,
}

/// Kinds of [`Incident`].
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum IncidentKind {
    /// The collector itself reports `Out Of Memory` (ZGC), or the log holds an `OutOfMemoryError`.
    OutOfMemory,
    /// G1: no room to copy survivors (`to-space exhausted`, `Evacuation Failure: Allocation`).
    EvacuationFailure,
    /// Evacuation failed because objects were pinned by JNI (JDK 22 and later).
    PinnedRegions,
    /// Old generation had no room for the survivors of a young collection.
    PromotionFailed,
    /// CMS did not finish before the heap was full.
    ConcurrentModeFailure,
    /// Concurrent marking was given up.
    ConcurrentMarkAborted,
    /// Humongous allocation started a collection.
    HumongousAllocation,
    /// `System.gc()` and other collections a user asked for.
    ExplicitGc,
    /// Collection because metadata reached its threshold.
    MetadataThreshold,
    /// Metadata could not be allocated.
    MetaspaceExhausted,
    /// Collection because of a JNI critical section.
    GcLocker,
    /// A thread gave up waiting for a JNI critical section.
    GcLockerRetried,
    /// Collections take more than `GCTimeLimit`.
    OverheadLimit,
    /// A thread waited for memory.
    AllocationStall,
    /// A thread waited for an object to be moved.
    RelocationStall,
    /// Shenandoah finished a failed cycle with the world stopped.
    Degenerated,
    /// Heap dump, heap inspection or other diagnostic collection.
    Diagnostic,
    /// The wall clock was set back while the JVM ran.
    ClockSetBack,
}
