//! The gc room: logs of garbage collectors, the time they cost, the trend of the live set, and death spirals.
//!
//! `formats/` turns lines into runs (`run.rs`, `event.rs`); `life.rs` measures each run: lost time (`loss.rs`), pauses,
//! occupancy, forecast, trouble (spiral, thrashing, near miss), the cause. `rules/` speaks about lives.

mod anchor;
mod cause;
mod charts;
mod compare;
mod cpu;
mod document;
mod event;
mod filled;
mod flags;
mod forecast;
mod formats;
mod humongous;
mod life;
mod loss;
mod occupancy;
mod pauses;
mod phases;
mod report;
mod rules;
mod run;
mod safepoints;
mod spiral;
mod trouble;

pub use anchor::Anchor;
pub use cause::{Cause, CauseVerdict};
pub use compare::{Comparison, Measure};
pub use event::{Collector, PauseKind};
pub use forecast::{Floor, Forecast};
pub use formats::SNIFFERS;
pub use pauses::{CauseRow, LongPause, PauseSummary};
pub use phases::{Phase, ReferenceSummary};
pub use report::{
    CpuStretch, CpuSummary, Fact, GcLife, GcPoint, GcReport, Incident, IncidentKind, LifeEnd,
    LossWindows, MmuPoint, Rates, Requested,
};
pub use safepoints::{Operation, SafepointSummary};
pub use spiral::{Spiral, Stretch};

use rayon::prelude::*;

use crate::finding::{self, RuleMeta};
use crate::input::{Coverage, Progress, Source};

/// What a person can choose about the analysis.
#[derive(Debug, Clone, Default)]
pub struct Options {}

/// The rules of this room.
pub fn rules() -> Vec<&'static RuleMeta> {
    rules::RULES.iter().map(|rule| rule.meta()).collect()
}

/// Compares what two sets of logs show: did the change between them help?
///
/// The result is the report of `after` with the comparison in front.
pub fn compare(before: &GcReport, mut after: GcReport) -> GcReport {
    after.comparison = Some(compare::compare(&before.lives, &after.lives));
    after.coverage.extend(before.coverage.iter().cloned());
    after
}

/// Analyses all sources of this room together.
pub fn analyse(sources: &[&Source], _options: &Options, progress: &dyn Progress) -> GcReport {
    let bytes = sources.iter().map(|source| source.bytes.len() as u64).sum();
    progress.phase("reading GC logs", bytes);
    let (sets, strangers) = formats::sets(sources);
    let read: Vec<(Vec<GcLife>, Vec<Coverage>)> = sets
        .par_iter()
        .map(|set| {
            let (runs, coverage) = formats::read(set, progress);
            let names: Vec<String> = set
                .sources
                .iter()
                .map(|source| source.name.clone())
                .collect();
            let lives = runs
                .into_iter()
                .map(|run| life::life(run, &set.sources, &names))
                .collect();
            (lives, coverage)
        })
        .collect();
    let mut report = GcReport::default();
    for (lives, coverage) in read {
        report.lives.extend(lives);
        report.coverage.extend(coverage);
    }
    life::order(&mut report.lives);
    for source in strangers {
        report.coverage.push(formats::not_recognised(source));
    }
    for life in &report.lives {
        let found = rules::RULES.iter().flat_map(|rule| rule.check(life));
        report.findings.extend(found);
    }
    finding::sort(&mut report.findings);
    report
        .coverage
        .sort_by(|left, right| left.source.cmp(&right.source));
    report
}
