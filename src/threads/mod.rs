//! The threads room: who waits for whom, for what, and since when.
//!
//! `formats` turns bytes into dumps; `waits`, `classify`, `pools`, `groups` and `virtual_threads` look at one dump,
//! `progress` at several; `rules` judge; `report` is the result, `document` shows it and `drawings` draws it.

mod activity;
mod classify;
mod deadlocks;
mod demand;
mod document;
mod dot;
mod drawings;
mod dump;
mod formats;
mod frames;
mod groups;
mod join;
mod library;
mod marks;
mod moments;
mod ownerless;
mod pools;
mod process;
mod progress;
mod report;
mod rules;
mod summary;
mod virtual_threads;
mod waits;

use std::collections::BTreeMap;

pub use activity::Activity;
pub use demand::{Demand, Load, Sizing};
pub use dot::dot;
pub use report::{
    CallNode, CpuByKind, CpuUse, CrashedThread, Deadlock, DeadlockedThread, DumpSummary,
    FamilyGrowth, HeapSpace, LockKind, OwnerlessLock, PoolKind, PoolUse, ReferenceThread,
    RootBlocker, StackGroup, StuckThread, ThreadRef, ThreadsReport, Unseen, WaitEdge,
};
pub use virtual_threads::{Pin, PinnedThread, SchedulerState, VirtualThreads};

use crate::finding::{self, Confidence, RuleMeta};
use crate::input::{Progress, Sniffer, Source};
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
    moments::put_in_order(&mut dumps);
    let mut dumps: Vec<_> = join::join(dumps)
        .into_iter()
        .map(|dump| summary::analyse(dump, &frames))
        .collect();
    let all: Vec<_> = dumps.iter().map(|analysed| &analysed.dump).collect();
    let processes = process::processes(&all);
    for (number, process) in processes.iter().enumerate() {
        for index in process {
            dumps[*index].summary.process = number as u64 + 1;
        }
    }
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
    // Among findings of one severity causes stand before effects, and what is only possible last.
    findings.sort_by_key(|finding| {
        let doubtful = finding.confidence < Confidence::Likely;
        (
            std::cmp::Reverse(finding.severity),
            doubtful,
            rules::rank(&finding.rule),
        )
    });
    report.findings = findings;
    report
}
