//! What started, suffered and died: Kubernetes, containers, systemd, the kernel, Azure, crash files, application logs.
//!
//! `formats` reads each source by itself; `capture` and `years` complete its times; `lives` joins starts and ends;
//! `rules` judges.

mod capture;
mod document;
mod event;
mod formats;
mod kinds;
mod lives;
mod merge;
mod named;
mod outputs;
mod reading;
mod report;
mod rules;
mod state;
mod words;
mod years;

pub use event::{Event, Rough, Subject, What};
pub use formats::SNIFFERS;
pub use kinds::{
    ConnectionFailure, KernelOomKill, KillReason, OomScope, OomVariant, PoolExhausted,
    ProbeFailure, ProbeKind, Product,
};
pub use report::EventsReport;
pub use state::{
    Capture, ContainerState, Crash, Life, Output, PodState, Probe, Resources, RunState, Terminated,
    Unobserved,
};

use rayon::prelude::*;

use crate::finding::{self, Finding, RuleMeta};
use crate::input::{Kind, Progress, Source};
use crate::time::{Instant, Stamp};

/// What a person can choose about the analysis.
#[derive(Debug, Clone, Default)]
pub struct Options {}

/// The rules of this room.
pub fn rules() -> Vec<&'static RuleMeta> {
    rules::metas()
}

/// Analyses all sources of this room together.
pub fn analyse(sources: &[&Source], _options: &Options, progress: &dyn Progress) -> EventsReport {
    let total = sources.iter().map(|source| source.bytes.len() as u64).sum();
    progress.phase("reading events", total);
    let mut readings: Vec<_> = sources
        .par_iter()
        .map(|source| formats::read(source, progress))
        .collect();
    capture::solve(&mut readings);
    years::complete(&mut readings);

    let mut report = EventsReport::default();
    for reading in readings {
        report.events.extend(reading.events);
        report.pods.extend(reading.pods);
        report.containers.extend(reading.containers);
        report.crashes.extend(reading.crashes);
        report.captures.extend(reading.capture);
        // A source of another kind that only might have held an event, and did not, is no source of this room.
        if reading.coverage.records > 0 || reading.source.kind() == Kind::Events {
            report.coverage.push(reading.coverage);
        }
    }
    named::complete(&mut report.events, &report.containers);
    report.events = merge::merge(report.events);
    report.events.sort_by_key(order);
    report.outputs = sources
        .iter()
        .copied()
        .filter_map(outputs::of_source)
        .collect();
    report.lives = lives::lives(&report.containers, &report.events, &report.outputs);
    report.unobserved = lives::unobserved(&report.containers, &report.outputs, &report.lives);
    let mut findings: Vec<Finding> = rules::RULES
        .iter()
        .flat_map(|rule| rule.check(&report))
        .collect();
    finding::sort(&mut findings);
    report.findings = findings;
    report
}

/// Known times first, in their order; times without a zone stand as if they were UTC, and what is only known to lie
/// behind a stamp stands there. The sort is stable, so the rest keeps the order of the sources.
fn order(event: &Event) -> (bool, Option<Instant>) {
    let stamp = event.at.or(match event.rough {
        Some(Rough::After(stamp) | Rough::Before(stamp)) => Some(stamp),
        _ => None,
    });
    match stamp {
        Some(Stamp::Zoned(moment) | Stamp::Local(moment)) => (false, Some(moment.lo)),
        Some(Stamp::Uptime(_)) | None => (true, None),
    }
}
