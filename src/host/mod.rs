//! Snapshots of the host and the process: sockets, descriptors, processor, memory, limits, control groups, and what
//! `jcmd` says. Two snapshots of a kind are compared.

mod document;
mod formats;
mod report;
mod rules;
mod snapshot;

pub use formats::SNIFFERS;
pub use report::HostReport;
pub use snapshot::{
    Category, Cgroup, ClassRow, Descriptors, Flags, HeapInfo, Histogram, Limit, Listener, Memory,
    MemoryMap, NativeMemory, Pressure, Process, Processes, Remote, Sample, Sockets, Stall, Task,
    Top, VmStat, Volume,
};

use crate::finding::{self, Finding, RuleMeta};
use crate::input::{Progress, Source};

/// What a person can choose about the analysis.
#[derive(Debug, Clone, Default)]
pub struct Options {}

/// The rules of this room.
pub fn rules() -> Vec<&'static RuleMeta> {
    rules::RULES.iter().map(|rule| rule.meta()).collect()
}

/// Analyses all sources of this room together, in their order.
pub fn analyse(sources: &[&Source], _options: &Options, progress: &dyn Progress) -> HostReport {
    let total = sources.iter().map(|source| source.bytes.len() as u64).sum();
    progress.phase("reading snapshots", total);
    let mut report = HostReport::default();
    for source in sources {
        formats::read(source, &mut report);
        progress.advance(source.bytes.len() as u64);
    }
    let mut findings: Vec<Finding> = rules::RULES
        .iter()
        .flat_map(|rule| rule.check(&report))
        .collect();
    finding::sort(&mut findings);
    report.findings = findings;
    report
}
