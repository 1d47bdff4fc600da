//! The heap is full at the moment of a dump.

use super::Facts;
use crate::finding::{Confidence, Evidence, Finding, Rule, RuleMeta, Severity};
use crate::t;
use crate::text::{bytes, percent};
use crate::threads::report::{DumpSummary, HeapSpace};

/// Share in use from which a space counts as full.
const FULL: f64 = 0.95;

pub(super) struct HeapFullRule;
pub(super) const HEAP_FULL: HeapFullRule = HeapFullRule;

static META: RuleMeta = RuleMeta {
    id: "threads/heap-full",
    title: "The heap is full",
    severity: Severity::High,
    means: "Hardly anything is free in the heap. The collector runs again and again, all threads stop for it, and whoever holds a lock meanwhile holds it longer: slow threads may be an effect of this.",
    detected: "The heap footer that the VM prints at kill -3: at least 95 % of what the old generation, or an undivided heap, can grow to is in use. High when all dumps with a footer show it and there are at least two, else Medium.",
    advice: "Read the GC log (diag gc) and take a heap dump (jcmd <pid> GC.heap_dump <file>).",
    false_positives: "What is in use includes garbage: G1 and ZGC may be about to collect. A single dump shows one moment.",
    sources: &[
        "src/hotspot/share/runtime/os.cpp: Universe::heap()->print_on at SIGQUIT",
        "src/hotspot/share/gc/shared/genArguments.cpp",
    ],
};

impl Rule<Facts<'_>> for HeapFullRule {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, facts: &Facts<'_>) -> Vec<Finding> {
        let with: Vec<&DumpSummary> = facts
            .report
            .dumps
            .iter()
            .filter(|dump| dump.heap.iter().any(|space| share(space).is_some()))
            .collect();
        let full: Vec<&HeapSpace> = with.iter().filter_map(|dump| full(dump)).collect();
        finding(&full, with.len()).into_iter().collect()
    }
}

/// The space of a dump that is full.
fn full(dump: &DumpSummary) -> Option<&HeapSpace> {
    dump.heap
        .iter()
        .find(|space| share(space).is_some_and(|share| share >= FULL))
}

/// How much of what it can grow to is in use; `None` for spaces that are full by their nature.
fn share(space: &HeapSpace) -> Option<f64> {
    const SPACES: [&str; 8] = [
        "tenured generation",
        "Tenured",
        "ParOldGen",
        "PSOldGen",
        "concurrent mark-sweep generation",
        "garbage-first heap",
        "ZHeap",
        "Shenandoah Heap",
    ];
    let (used, reserved) = (space.used?, space.reserved?);
    let judged = SPACES.contains(&space.name.as_str()) && reserved > 0;
    judged.then(|| used as f64 / reserved as f64)
}

fn finding(full: &[&HeapSpace], dumps: usize) -> Option<Finding> {
    let space = full.last()?;
    let (used, reserved) = (space.used?, space.reserved?);
    let share = percent(used as f64, reserved as f64);
    let mut finding = Finding::new(
        &META,
        t!(
            "The heap is full: {share} of {name} is in use{dumps}",
            share,
            name = space.name,
            dumps = super::in_dumps(full.len(), dumps)
        ),
    );
    if full.len() < 2 || full.len() < dumps {
        finding.severity = Severity::Medium;
    }
    finding.confidence = match full.len() {
        1 => Confidence::Possible,
        _ => Confidence::Likely,
    };
    finding.summary = t!(
        "{used} of {reserved} were in use when the dump was written. All threads stop while the collector looks for room, and whoever holds a lock holds it longer.",
        used = bytes(used),
        reserved = bytes(reserved)
    );
    finding.evidence.extend(full.iter().take(3).map(|space| {
        Evidence::new(
            t!(
                "{name}: {used} of {reserved} used",
                name = space.name,
                used = bytes(space.used.unwrap_or(0)),
                reserved = bytes(space.reserved.unwrap_or(0))
            ),
            space.at.clone(),
        )
    }));
    finding.advice.push(t!("Read the GC log with diag gc; take a heap dump (jcmd <pid> GC.heap_dump <file>) and read it with diag heap."));
    Some(finding)
}
