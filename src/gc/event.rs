//! The model: what a collector did and when, whichever log told it.

use serde::{Deserialize, Serialize};

/// A collector, as far as the log tells.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
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
        match self {
            Self::Unknown => "unknown collector",
            Self::Serial => "Serial",
            Self::Parallel => "Parallel",
            Self::Cms => "CMS",
            Self::G1 => "G1",
            Self::Z => "ZGC",
            Self::GenerationalZ => "generational ZGC",
            Self::Shenandoah => "Shenandoah",
            Self::GenerationalShenandoah => "generational Shenandoah",
            Self::Epsilon => "Epsilon",
            Self::OpenJ9 => "OpenJ9",
        }
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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
        match self {
            Self::Young => "young",
            Self::Mixed => "mixed",
            Self::Full => "full",
            Self::Degenerated => "degenerated",
            Self::InitialMark => "initial mark",
            Self::Remark => "remark",
            Self::Cleanup => "cleanup",
            Self::Other => "other",
            Self::Cycle => "concurrent cycle",
            Self::Stall => "stall",
        }
    }

    /// Whether all application threads stood still.
    pub fn stops_the_world(self) -> bool {
        !matches!(self, Self::Cycle | Self::Stall)
    }
}
