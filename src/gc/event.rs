//! The model: what a collector did and when, whichever log told it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::key;
use crate::text::said;

/// A collector, as far as the log tells.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Collector {
    /// The log does not say.
    #[default]
    Unknown,
    /// `-XX:+UseSerialGC`
    Serial,
    /// `-XX:+UseParallelGC`, with or without a parallel old collection.
    Parallel,
    /// `-XX:+UseConcMarkSweepGC`
    Cms,
    /// `-XX:+UseG1GC`
    G1,
    /// `-XX:+UseZGC` before it had generations.
    Z,
    /// Generational ZGC (JEP 439).
    GenerationalZ,
    /// `-XX:+UseShenandoahGC`
    Shenandoah,
    /// Generational Shenandoah (JEP 521).
    GenerationalShenandoah,
    /// `-XX:+UseEpsilonGC`: never collects (JEP 318).
    Epsilon,
    /// A collector of OpenJ9.
    OpenJ9,
}

impl Collector {
    /// The name a person uses.
    pub fn word(self) -> &'static str {
        said(match self {
            Self::Unknown => key!("unknown collector"),
            Self::Serial => "Serial",
            Self::Parallel => "Parallel",
            Self::Cms => "CMS",
            Self::G1 => "G1",
            Self::Z => "ZGC",
            Self::GenerationalZ => key!("generational ZGC"),
            Self::Shenandoah => "Shenandoah",
            Self::GenerationalShenandoah => key!("generational Shenandoah"),
            Self::Epsilon => "Epsilon",
            Self::OpenJ9 => "OpenJ9",
        })
    }

    /// Whether the collector marks while the application runs, so that a Full collection is a failure of its plan.
    pub fn is_concurrent(self) -> bool {
        !matches!(
            self,
            Self::Unknown | Self::Serial | Self::Parallel | Self::Epsilon | Self::OpenJ9
        )
    }
}

/// What kind of work a record describes.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum PauseKind {
    /// Collection of the young generation.
    Young,
    /// G1: young and some old regions.
    Mixed,
    /// Collection of the whole heap with the world stopped.
    Full,
    /// Shenandoah: a concurrent cycle that failed and was finished with the world stopped.
    Degenerated,
    /// Start of concurrent marking as a pause of its own (CMS initial mark, ZGC mark start, Shenandoah init mark).
    InitialMark,
    /// End of concurrent marking.
    Remark,
    /// G1: accounting after marking.
    Cleanup,
    /// Any other stop of the world by the collector (relocate start, update references).
    Other,
    /// The end of a concurrent cycle with the occupancy it left. The world ran: its pause is 0.
    Cycle,
    /// One application thread waited for memory (ZGC allocation or relocation stall). The world ran, this thread did not.
    Stall,
}

impl PauseKind {
    /// The name a person uses.
    pub fn word(self) -> &'static str {
        said(match self {
            Self::Young => key!("young"),
            Self::Mixed => key!("mixed"),
            Self::Full => key!("full"),
            Self::Degenerated => key!("degenerated"),
            Self::InitialMark => key!("initial mark"),
            Self::Remark => key!("remark"),
            Self::Cleanup => key!("cleanup"),
            Self::Other => key!("other"),
            Self::Cycle => key!("concurrent cycle"),
            Self::Stall => key!("stall"),
        })
    }

    /// Whether all application threads stood still.
    pub fn stops_the_world(self) -> bool {
        !matches!(self, Self::Cycle | Self::Stall)
    }
}

/// A quantity that the log does not give.
pub(super) const UNKNOWN: u64 = u64::MAX;

/// Occupancy before and after, and capacity after, in bytes; [`UNKNOWN`] where not logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Area {
    pub(super) before: u64,
    pub(super) after: u64,
    pub(super) capacity: u64,
}

impl Default for Area {
    fn default() -> Self {
        Self {
            before: UNKNOWN,
            after: UNKNOWN,
            capacity: UNKNOWN,
        }
    }
}

impl Area {
    pub(super) fn is_known(self) -> bool {
        self.after != UNKNOWN
    }

    /// Bytes freed; 0 when it grew or is not known.
    pub(super) fn freed(self) -> u64 {
        match self.is_known() && self.before != UNKNOWN {
            true => self.before.saturating_sub(self.after),
            false => 0,
        }
    }
}

/// CPU time of a collection in microseconds: user, system, and elapsed as the JVM rounds it (10 ms).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cpu {
    pub(super) user: i64,
    pub(super) sys: i64,
    pub(super) real: i64,
}

/// A damaged line must not overflow sums: no pause lasts 100 days. In nanoseconds.
const LONGEST: i64 = 8_640_000 * 1_000_000_000;

/// One collection, pause, cycle or stall.
#[derive(Debug, Clone)]
pub(super) struct Event {
    /// Beginning, on the raw clock of the run.
    pub(super) begin: i64,
    /// How long the world or the thread stood still, in nanoseconds (logs have up to seven decimals of a second).
    pub(super) nanos: i64,
    pub(super) kind: PauseKind,
    /// Index in the run's names.
    pub(super) cause: u32,
    /// The JVM's number of the collection, `u32::MAX` when not logged.
    pub(super) gc: u32,
    pub(super) heap: Area,
    pub(super) young: Area,
    pub(super) old: Area,
    /// Metaspace or permanent generation after, in bytes.
    pub(super) metaspace: u64,
    /// G1: bytes of the regions that hold humongous objects after.
    pub(super) humongous: u64,
    pub(super) cpu: Option<Cpu>,
    /// It ran inside another pause, which already counts its time.
    pub(super) nested: bool,
    pub(super) file: u32,
    pub(super) line: u64,
}

impl Event {
    pub(super) fn new(begin: i64, nanos: i64, kind: PauseKind, cause: u32, place: Place) -> Self {
        Self {
            begin,
            nanos: nanos.clamp(0, LONGEST),
            kind,
            cause,
            gc: u32::MAX,
            heap: Area::default(),
            young: Area::default(),
            old: Area::default(),
            metaspace: UNKNOWN,
            humongous: UNKNOWN,
            cpu: None,
            nested: false,
            file: place.file,
            line: place.line,
        }
    }

    /// Adds time at its end.
    pub(super) fn lengthen(&mut self, nanos: i64) {
        self.nanos = self.nanos.saturating_add(nanos).clamp(0, LONGEST);
    }

    pub(super) fn place(&self) -> Place {
        Place {
            file: self.file,
            line: self.line,
        }
    }

    /// Duration in microseconds, rounded down.
    pub(super) fn micros(&self) -> i64 {
        self.nanos / 1000
    }

    /// End on the raw clock, microseconds.
    pub(super) fn end(&self) -> i64 {
        self.begin.saturating_add(self.micros())
    }

    /// Whether the application or an operator asked for it, so that it says nothing about the heap.
    pub(super) fn is_user_cause(cause: &str) -> bool {
        cause.starts_with("System")
            || cause.starts_with("Diagnostic Command")
            || cause.starts_with("Heap Dump")
            || cause.starts_with("Heap Inspection")
            || cause.starts_with("JvmtiEnv")
            || cause.starts_with("WhiteBox")
    }

    /// A pause that counts: the world stood still and no other pause holds this one.
    pub(super) fn counts(&self) -> bool {
        self.kind.stops_the_world() && !self.nested
    }
}

/// A line of a file of the set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Place {
    /// Position in the set's list of sources.
    pub(super) file: u32,
    /// Counted from 1.
    pub(super) line: u64,
}
