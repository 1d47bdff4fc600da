//! The heap room: what fills the heap, who holds it, why it cannot be freed.

mod census;
mod classes;
mod columns;
mod compare;
mod containers;
mod document;
mod executors;
mod graph;
mod histogram;
mod histograms;
mod hprof;
mod icicle;
mod inspect;
mod jvm;
mod layout;
mod load;
mod locks;
mod memory;
mod model;
mod objects;
mod paths;
mod rare;
mod reached;
mod references;
pub mod report;
mod roots;
mod rules;
mod suspects;
#[cfg(test)]
mod tests;
mod threads;
mod waste;

pub use compare::compare;
pub use histograms::report as series;
pub use histograms::{HistogramReport, analyse as compare_histograms};
pub use inspect::report as inspection;
pub use inspect::{InspectError, Inspection, Query, Request, inspect};
pub use report::{
    ClassRow, Comparison, Consumer, Consumers, DirectMemory, Growth, HeapExecutor, HeapLock,
    HeapReport, HeapThread, JvmInfo, OwnerKind, PathStep, ReferenceRow, RetainedAs, RootCount,
    SharedObject, Suspect, ThreadLocalVariable, Waste, WastePart,
};

use crate::finding::{Locator, RuleMeta};
use crate::input::{Certainty, Coverage, Kind, ParseIssue, Progress, Sniffer, Source};
use crate::time::Instant;
use histogram::Histogram;
use load::{LoadError, Loaded};
use model::Heap;
use rules::Model;

/// How the formats of this room are recognised, in order of preference.
pub const SNIFFERS: &[Sniffer] = &[Sniffer {
    kind: Kind::HeapDump,
    format: "HPROF heap dump",
    sniff: |sample| match sample.head.starts_with(b"JAVA PROFILE 1.0") {
        true => Certainty::Sure,
        false => Certainty::No,
    },
    telltales: &[],
}];

/// What a person can choose about the analysis.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Which references count as strong.
    pub retained_as: RetainedAs,
    /// Which dump of a file that holds several, counted from 1; the last when not given.
    pub dump: Option<u32>,
    /// How many bytes of memory the analysis may take besides the mapped file; all there is when not given.
    pub memory: Option<u64>,
}

/// The rules of this room.
pub fn rules() -> Vec<&'static RuleMeta> {
    let mut metas = rules::metas();
    metas.push(&histograms::META);
    metas
}

/// Analyses one heap dump. Never fails: a source that cannot be read gives a report whose coverage says why.
pub fn analyse(source: &Source, options: &Options, progress: &dyn Progress) -> HeapReport {
    let mut coverage = Coverage::new(&source.name, "HPROF", source.bytes.len() as u64);
    let mut report = HeapReport {
        source: source.name.clone(),
        retained_as: options.retained_as,
        ..HeapReport::default()
    };
    let mut loaded = Loaded::default();
    let heap = load::load(
        source,
        options,
        progress,
        &mut coverage,
        &mut loaded,
        waste::compare,
        waste::look,
    );
    report.truncated = loaded.truncated.take();
    match heap {
        Ok((heap, found)) => describe(&heap, found, &loaded, &mut report),
        Err(LoadError::Histogram(histogram)) => {
            report.object_count = histogram.rows.iter().map(|row| row.instances).sum();
            report.class_count = histogram.classes;
            report.layout = histogram.layout;
            report.histogram = histogram.rows;
            report.histogram.truncate(HeapReport::CLASSES);
            report.left_out = Some(histogram.why.left_out());
        }
        Err(error) => {
            coverage.not_understood = coverage.bytes;
            coverage.report(ParseIssue::new(
                Locator::whole(&source.name),
                error.to_string(),
            ));
        }
    }
    report.format.clone_from(&coverage.format);
    report.coverage.push(coverage);
    report
}

fn describe(heap: &Heap<'_>, found: waste::Found, loaded: &Loaded, report: &mut HeapReport) {
    let millis = i64::try_from(heap.header.millis).ok();
    report.taken = millis
        .and_then(|millis| millis.checked_mul(1000))
        .map(Instant);
    report.layout.clone_from(&heap.sizes.description);
    let facts = jvm::facts(heap);
    report.jvm = facts.jvm;
    report.max_heap = facts.max_heap;
    report.direct_memory = facts.direct_memory;
    report.finalizer_queue = facts.finalizer_queue;
    report.finalizer_classes = facts.finalizer_classes;
    report.object_count = u64::from(heap.len());
    let real = heap.classes.iter().filter(|(_, class)| !class.made_up);
    report.class_count = real.count() as u64;
    report.reachable_objects = u64::from(heap.tree.len()) - 1;
    report.reachable_bytes = heap.total();
    // None of these knows of the others. What is one long walk of one thread begins first; the waste is shared by all.
    let walks = || (Histogram::of(heap), icicle::draw(heap));
    let waiting = || rayon::join(|| locks::read(heap), || locks::shared(heap));
    let working = || rayon::join(|| threads::read(heap), || executors::read(heap));
    let activity = || rayon::join(waiting, working);
    let unreachable = || histogram::of_unreachable(heap, HeapReport::UNREACHABLE);
    let counts = || rayon::join(|| references::count(heap), unreachable);
    let rest = || {
        rayon::join(activity, || {
            rayon::join(counts, || waste::find(heap, found))
        })
    };
    let (suspects, ((histogram, dominators), (activity, (counts, waste)))) =
        rayon::join(|| suspects::find(heap), || rayon::join(walks, rest));
    let (references, unreachable) = counts;
    let ((locks, shared), (threads, executors)) = activity;
    let (objects, bytes, classes) = unreachable;
    report.unreachable_objects = objects;
    report.unreachable_bytes = bytes;
    report.unreachable = classes;
    report.references = references;
    report.roots = loaded
        .roots
        .iter()
        .map(|(kind, count)| RootCount {
            kind: kind.word().to_owned(),
            count: *count,
        })
        .collect();
    report.histogram = histogram.rows(heap, HeapReport::CLASSES);
    report.consumers = histogram.consumers(heap);
    report.suspects = suspects;
    report.dominators = dominators;
    report.thread_count = threads.count;
    report.oom_thread = threads.oom;
    report.threads = threads.list;
    report.threads.truncate(HeapReport::THREADS);
    report.locks = locks;
    report.shared = shared;
    report.executors = executors;
    report.waste = waste;
    report.findings = rules::check(&Model {
        heap,
        histogram: &histogram,
        report,
    });
}
