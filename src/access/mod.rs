//! The access room: what the requests felt, from the logs of web servers, proxies and load balancers.
//!
//! A line becomes a `request`, requests become a `summary` that adds up exactly, the summary becomes a report. Nothing
//! of the report needs the lines again, so a summary can be saved, moved and merged (`--partial`, `diag merge`).

mod activity;
mod apdex;
mod bounded;
mod cells;
mod charts;
mod codes;
mod collect;
mod concurrency;
mod configuration;
mod details;
mod dialect;
mod distinct;
mod document;
mod episode;
mod fold;
mod formats;
mod gaps;
mod histogram;
mod keys;
mod latency;
mod layers;
mod log_starts;
mod mapping;
mod model;
mod partial;
mod pattern;
mod probes;
mod read;
mod report;
mod request;
mod routes;
mod rules;
mod scalar;
mod scan;
mod semantics;
mod series;
mod servers;
mod shape;
mod summary;
mod tallies;
mod tries;
mod visitors;
mod wire;

pub use apdex::Thresholds;
pub use configuration::{Found, patterns_in};
pub use dialect::{Dialect, PatternError};
pub use layers::Layer;
pub use partial::{MergeError, Partial, merge};
pub use report::{
    AccessReport, Apdex, Concurrency, DurationUnit, Episode, FormatChoice, Gap, GapBasis, HeatData,
    InstanceRow, Interval, Latency, Leader, LogStart, Mix, ProbeFailure, ProbeTrack, RouteClass,
    RouteRow, Second, SlowRequest, StampMeaning,
};

use rayon::prelude::*;

use crate::finding::{self, RuleMeta};
use crate::input::{Kind, Progress, Sniffer, Source};
use crate::time::Instant;
use fold::Fold;
use model::Model;

/// How the formats of this room are recognised, in order of preference.
pub const SNIFFERS: &[Sniffer] = &[Sniffer {
    kind: Kind::AccessLog,
    format: "access log",
    sniff: formats::sniff,
    telltales: &[],
}];

/// Formats that a person gave.
#[derive(Debug, Clone, Default)]
pub struct Given(Vec<pattern::Layout>);

/// An edge of the time looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// For stamps with a zone.
    pub instant: Instant,
    /// For stamps without one: what the clock on the wall showed, held as if it were UTC.
    pub wall: Instant,
}

/// The wall clock of UTC.
impl From<Instant> for Limit {
    fn from(instant: Instant) -> Self {
        Self {
            instant,
            wall: instant,
        }
    }
}

/// What a person can choose about the analysis.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Formats to use instead of recognised ones.
    pub given: Given,
    /// Unit of durations, whatever the format says.
    pub unit: Option<DurationUnit>,
    /// Meaning of stamps, whatever the format says.
    pub stamp: Option<StampMeaning>,
    /// Requests that ended before are left out.
    pub since: Option<Limit>,
    /// Requests that began after are left out.
    pub until: Option<Limit>,
    /// Thresholds of the Apdex.
    pub apdex: Thresholds,
}

impl Options {
    /// Reads lines by `pattern` instead of recognising them: a `LogFormat` of httpd, a `log_format` of nginx, a `pattern` of
    /// Tomcat's `AccessLogValve`, an access log string of Envoy or HAProxy. May be called several times.
    pub fn add_pattern(&mut self, pattern: &str) -> Result<(), PatternError> {
        let mut found = configuration::patterns_in(pattern);
        match found.is_empty() {
            true => self.given.0.push(dialect::layout(pattern)?),
            false => self.add_found(&found.remove(0))?,
        }
        Ok(())
    }

    /// Reads lines with named fields by `mapping`: `time=@timestamp,status=code,path=url,duration=took:ms`.
    pub fn add_mapping(&mut self, mapping: &str) -> Result<(), PatternError> {
        self.given.0.extend(mapping::layouts(mapping)?);
        Ok(())
    }

    /// The same for a pattern found in a configuration.
    pub fn add_found(&mut self, found: &Found) -> Result<(), PatternError> {
        self.given
            .0
            .push(dialect::layout_of(&found.pattern, found.dialect)?);
        Ok(())
    }
}

/// The rules of this room.
pub fn rules() -> Vec<&'static RuleMeta> {
    rules::ALL.iter().map(|rule| rule.meta()).collect()
}

/// Analyses all sources of this room together.
pub fn analyse(sources: &[&Source], options: &Options, progress: &dyn Progress) -> AccessReport {
    report(fold_sources(sources, options, progress), options)
}

/// The summaries of all sources, to be merged with others later.
pub fn summarise(sources: &[&Source], options: &Options, progress: &dyn Progress) -> Partial {
    let mut shards = Vec::new();
    each_shard(sources, options, progress, |shard| shards.push(shard));
    Partial::new(options, shards)
}

fn fold_sources(sources: &[&Source], options: &Options, progress: &dyn Progress) -> Fold {
    let mut fold = Fold::default();
    each_shard(sources, options, progress, |shard| fold.add(shard));
    fold
}

/// Reads the sources in the order of their names, a few at a time, and hands on their summaries in that order.
fn each_shard(
    sources: &[&Source],
    options: &Options,
    progress: &dyn Progress,
    mut take: impl FnMut(read::Shard),
) {
    let mut sources = sources.to_vec();
    sources.sort_by_cached_key(|source| (source.name.clone(), read::fingerprint(&source.bytes)));
    let total = sources.iter().map(|source| source.bytes.len() as u64).sum();
    progress.phase("reading access logs", total);
    for batch in sources.chunks(rayon::current_num_threads().max(1)) {
        let shards: Vec<_> = batch
            .par_iter()
            .map(|source| read::read(source, options, progress))
            .collect();
        shards.into_iter().for_each(&mut take);
    }
}

fn report(fold: Fold, options: &Options) -> AccessReport {
    let model = Model::of(fold, options);
    let mut findings: Vec<_> = rules::ALL
        .iter()
        .flat_map(|rule| rule.check(&model))
        .collect();
    finding::sort(&mut findings);
    AccessReport {
        findings,
        ..model.report
    }
}
