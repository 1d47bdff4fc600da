//! Which of the known reasons the log shows for its trouble.

use serde::{Deserialize, Serialize};

use crate::finding::{Confidence, Evidence};

/// A reason why the collector suffered, or why the log ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// The live set grows steadily.
    Leak,
    /// The live set was flat and jumped within a few collections: traffic, an unbounded result.
    Spike,
    /// The live set is flat and close to the ceiling from the beginning.
    UndersizedHeap,
    /// Class metadata fills its limit; the heap is nearly empty.
    Metaspace,
    /// The application calls `System.gc()` again and again.
    ExplicitGc,
    /// `System.gc()` comes from `ByteBuffer.allocateDirect` waiting for direct memory.
    DirectMemory,
    /// Large arrays take whole regions.
    Humongous,
    /// Collections are held up by JNI critical sections.
    GcLocker,
    /// The collector's threads do not get the CPU.
    CpuStarvation,
    /// The log stops in health, without the JVM's last words: killed from outside.
    KilledFromOutside,
}

impl Cause {
    /// The name a person uses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Leak => "a leak: the live set grows steadily",
            Self::Spike => "a spike: the live set jumped",
            Self::UndersizedHeap => "a heap too small for the live set",
            Self::Metaspace => "metaspace is exhausted",
            Self::ExplicitGc => "System.gc() is called again and again",
            Self::DirectMemory => "direct memory is exhausted",
            Self::Humongous => "humongous allocations",
            Self::GcLocker => "JNI critical sections hold up collections",
            Self::CpuStarvation => "the collector does not get the CPU",
            Self::KilledFromOutside => "killed from outside",
        }
    }
}

/// The reason the evidence of this log points to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CauseVerdict {
    /// The reason.
    pub cause: Cause,
    /// How sure the log makes it.
    pub confidence: Confidence,
    /// The statements behind it.
    pub evidence: Vec<Evidence>,
}

/// Finds the reason. A stub until the rules' signatures are in place.
pub(super) fn find(
    _run: &super::run::Run,
    _life: &super::report::GcLife,
    _sources: &[String],
) -> Option<CauseVerdict> {
    None
}
