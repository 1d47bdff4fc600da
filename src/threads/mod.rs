//! The threads room: who waits for whom, for what, and since when.

mod activity;
mod document;
mod report;

pub use activity::Activity;
pub use report::{
    CallTree, CpuByKind, CpuUse, Deadlock, DeadlockedThread, DumpSummary, FamilyGrowth, HeapSpace,
    LockKind, OwnerlessLock, Pin, PinnedThread, PoolKind, PoolUse, RootBlocker, SchedulerState,
    StackGroup, StuckThread, ThreadRef, ThreadsReport, Unseen, VirtualThreads,
};

use crate::finding::RuleMeta;
use crate::input::{Progress, Sniffer, Source};

/// How the formats of this room are recognised, in order of preference.
pub const SNIFFERS: &[Sniffer] = &[];

/// What a person can choose about the analysis.
#[derive(Debug, Clone)]
pub struct Options {
    /// From which share of busy threads on a pool counts as exhausted, in percent.
    pub pool_busy_percent: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            pool_busy_percent: 85.0,
        }
    }
}

/// The rules of this room.
pub fn rules() -> Vec<&'static RuleMeta> {
    Vec::new()
}

/// Analyses all sources of this room together.
pub fn analyse(
    _sources: &[&Source],
    _options: &Options,
    _progress: &dyn Progress,
) -> ThreadsReport {
    ThreadsReport::default()
}
