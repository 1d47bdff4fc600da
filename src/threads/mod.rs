//! The threads room: who waits for whom, for what, and since when.
//!
//! `formats` turns bytes into dumps; `waits`, `classify`, `pools`, `groups` and `virtual_threads` look at one dump,
//! `progress` at several; `rules` judge; `report` is the result, `document` shows it and `drawings` draws it.

mod activity;
mod classify;
mod deadlocks;
mod document;
mod dot;
mod drawings;
mod dump;
mod formats;
mod frames;
mod groups;
mod library;
mod marks;
mod pools;
mod progress;
mod report;
mod rules;
mod summary;
mod virtual_threads;
mod waits;

use std::collections::BTreeMap;

pub use activity::Activity;
pub use dot::dot;
pub use report::{
    CallNode, CpuByKind, CpuUse, Deadlock, DeadlockedThread, DumpSummary, FamilyGrowth, HeapSpace,
    LockKind, OwnerlessLock, Pin, PinnedThread, PoolKind, PoolUse, ReferenceThread, RootBlocker,
    SchedulerState, StackGroup, StuckThread, ThreadRef, ThreadsReport, Unseen, VirtualThreads,
    WaitEdge,
};

use crate::finding::{self, RuleMeta};
use crate::input::{Progress, Sniffer, Source};
use crate::time::Stamp;
use dump::Dump;
use frames::Frames;

/// How the formats of this room are recognised, in order of preference.
pub const SNIFFERS: &[Sniffer] = formats::SNIFFERS;

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
    rules::RULES.iter().map(|rule| rule.meta()).collect()
}

/// Analyses all sources of this room together: dumps are put in order of time, then of source and line.
pub fn analyse(sources: &[&Source], options: &Options, progress: &dyn Progress) -> ThreadsReport {
    let total = sources.iter().map(|source| source.bytes.len() as u64).sum();
    progress.phase("reading thread dumps", total);
    let mut frames = Frames::default();
    let mut dumps = Vec::new();
    let mut report = ThreadsReport::default();
    let mut top = BTreeMap::new();
    for source in sources {
        let (found, coverage) = formats::read(source, &mut frames);
        dumps.extend(found.dumps);
        report.schedulers.extend(found.schedulers);
        top.extend(found.top);
        report.coverage.push(coverage);
        progress.advance(source.bytes.len() as u64);
    }
    dumps.sort_by(|left, right| order(left).cmp(&order(right)));
    let dumps: Vec<_> = dumps
        .into_iter()
        .map(|dump| summary::analyse(dump, &frames))
        .collect();
    let processes = progress::processes(&dumps);
    report.stuck = progress::stuck(&dumps, &processes, &frames);
    report.cpu = progress::cpu(&dumps, &processes, &frames, &top);
    report.families = progress::growth(&dumps, &processes);
    report.dumps = dumps.into_iter().map(|analysed| analysed.summary).collect();
    let facts = rules::Facts {
        report: &report,
        options,
    };
    let mut findings: Vec<_> = rules::RULES
        .iter()
        .flat_map(|rule| rule.check(&facts))
        .collect();
    finding::sort(&mut findings);
    report.findings = findings;
    report
}

/// Dumps without a time come first: nothing says that they are later.
fn order(dump: &Dump) -> (i64, &str, u64) {
    let taken = match dump.taken {
        Some(Stamp::Zoned(moment) | Stamp::Local(moment)) => moment.lo.0,
        Some(Stamp::Uptime(_)) | None => i64::MIN,
    };
    (taken, dump.source.as_str(), dump.line)
}
