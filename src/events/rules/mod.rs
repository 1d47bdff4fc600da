//! The rules of this room: one file a rule, listed here.

mod config_error;
mod crash_loop;
mod dependency_failed;
mod descriptors_exhausted;
mod direct_memory_oom;
mod evicted;
mod freeze_by_housekeeper;
mod heap_oom_error;
mod image_pull;
mod jvm_crash;
mod kernel_oom;
mod killed_without_order;
mod metaspace_oom;
mod mount_failed;
mod native_thread_oom;
mod node_trouble;
mod not_scheduled;
mod oom_killed_container;
mod pool_exhausted;
mod probe_kill;
mod storage_full;
mod storage_lost;
mod truncated_heap_dump;
mod unstoppable;
mod workers_busy;

use std::collections::BTreeMap;

use super::event::{Event, What};
use super::kinds::OomVariant;
use super::report::EventsReport;
use super::words;
use crate::finding::{Evidence, Finding, Rule, RuleMeta};
use crate::t;
use crate::text;
use crate::time::{Moment, Stamp};

/// All rules.
pub(super) const RULES: &[&dyn Rule<EventsReport>] = &[
    &probe_kill::ProbeKill,
    &oom_killed_container::OomKilledContainer,
    &kernel_oom::KernelOom,
    &killed_without_order::KilledWithoutOrder,
    &jvm_crash::JvmCrash,
    &heap_oom_error::HeapOomError,
    &metaspace_oom::MetaspaceOom,
    &direct_memory_oom::DirectMemoryOom,
    &native_thread_oom::NativeThreadOom,
    &truncated_heap_dump::TruncatedHeapDump,
    &unstoppable::Unstoppable,
    &crash_loop::CrashLoop,
    &config_error::ConfigError,
    &image_pull::ImagePull,
    &mount_failed::MountFailed,
    &not_scheduled::NotScheduled,
    &evicted::Evicted,
    &node_trouble::NodeTrouble,
    &pool_exhausted::PoolExhausted,
    &workers_busy::WorkersBusy,
    &freeze_by_housekeeper::FreezeByHousekeeper,
    &dependency_failed::DependencyFailed,
    &storage_full::StorageFull,
    &storage_lost::StorageLost,
    &descriptors_exhausted::DescriptorsExhausted,
];

/// The descriptions of all rules.
pub(super) fn metas() -> Vec<&'static RuleMeta> {
    RULES.iter().map(|rule| rule.meta()).collect()
}

/// Statements kept as evidence of one finding.
const EVIDENCE: usize = 6;

/// The events that `pick` wants, by the name of their subject (the source, where they name none), in order of time.
fn by_subject(
    report: &EventsReport,
    pick: impl Fn(&What) -> bool,
) -> BTreeMap<String, Vec<&Event>> {
    let mut groups: BTreeMap<String, Vec<&Event>> = BTreeMap::new();
    for event in report.events.iter().filter(|event| pick(&event.what)) {
        let name = match event.subject.name() {
            name if name.is_empty() => event.locator.source.clone(),
            name => name,
        };
        groups.entry(name).or_default().push(event);
    }
    groups
}

/// How often the events happened together.
fn total(events: &[&Event]) -> u64 {
    events
        .iter()
        .fold(0, |sum, event| sum.saturating_add(event.count))
}

/// The first events as statements.
fn evidence(events: &[&Event]) -> Vec<Evidence> {
    events
        .iter()
        .take(EVIDENCE)
        .map(|event| statement(event))
        .collect()
}

/// One event as a statement.
fn statement(event: &Event) -> Evidence {
    let (when, what) = (words::when(event), words::what(&event.what));
    let text = match event.count {
        1 => t!("{when}: {what}", when, what),
        count => t!(
            "{when}: {what}, {count} times",
            when,
            what,
            count = text::count(count)
        ),
    };
    Evidence::new(text, event.locator.clone())
}

/// First and last moment of the events whose zone is known.
fn span(events: &[&Event]) -> Option<(Moment, Moment)> {
    let first = events
        .iter()
        .filter_map(|event| event.at?.zoned())
        .min_by_key(|at| at.lo)?;
    let ends = events
        .iter()
        .filter_map(|event| event.last().and_then(Stamp::zoned));
    let last = ends.max_by_key(|at| at.hi).unwrap_or(first);
    Some((first, last))
}

/// A finding over events: evidence and time are theirs.
fn finding(meta: &RuleMeta, title: String, events: &[&Event]) -> Finding {
    Finding {
        when: span(events),
        evidence: evidence(events),
        ..Finding::new(meta, title)
    }
}

/// The errors of some variants, by subject.
fn memory_errors<'r>(
    report: &'r EventsReport,
    variants: &[OomVariant],
) -> BTreeMap<String, Vec<&'r Event>> {
    by_subject(
        report,
        |what| matches!(what, What::OutOfMemoryError { variant, .. } if variants.contains(variant)),
    )
}

/// A finding for each subject that met errors of some variants: with a title made of name, times and first time, and the
/// same words about all of them.
fn of_variants(
    report: &EventsReport,
    meta: &RuleMeta,
    variants: &[OomVariant],
    title: fn(&str, u64, &str) -> String,
    (summary, advice): (String, Vec<String>),
) -> Vec<Finding> {
    memory_errors(report, variants)
        .into_iter()
        .map(|(name, events)| Finding {
            summary: summary.clone(),
            advice: advice.clone(),
            ..finding(
                meta,
                title(&name, total(&events), &first_time(&events)),
                &events,
            )
        })
        .collect()
}

/// The first words of a title: when it happened first.
fn first_time(events: &[&Event]) -> String {
    events
        .first()
        .map_or_else(|| "–".to_owned(), |event| words::when_first(event))
}
