//! The garbage collector uses most of the processor time.

use super::Facts;
use crate::finding::{Confidence, Evidence, Finding, Locator, Rule, RuleMeta, Severity};
use crate::t;
use crate::text::{duration, percent};
use crate::threads::report::{CpuByKind, DumpSummary};

const HIGH: f64 = 0.5;
const MEDIUM: f64 = 0.25;
/// Less processor time in all says nothing.
const LEAST: i64 = 2_000_000;

pub(super) struct GcThreadsRule;
pub(super) const GC_THREADS: GcThreadsRule = GcThreadsRule;

static META: RuleMeta = RuleMeta {
    id: "threads/gc-cpu",
    title: "The garbage collector uses most of the processor time",
    severity: Severity::High,
    means: "The threads of the collector used a large part of all processor time of the process: the heap is too small for what lives in it, or far too much is allocated.",
    detected: "cpu= of the GC threads (of the VM thread with the serial collector, which has none) divided by that of all threads, as the difference between the first and the last dump where there are several, else since the start of the JVM: Medium from 25 %, High from 50 %, for at least 2 s of processor time in all.",
    advice: "Read the GC log (diag gc) and the heap dump (diag heap): they say whether memory leaks.",
    false_positives: "A process that just started and did little else.",
    sources: &["JDK-8200720 (cpu= in thread dumps, JDK 11)"],
};

impl Rule<Facts<'_>> for GcThreadsRule {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, facts: &Facts<'_>) -> Vec<Finding> {
        let with: Vec<(&DumpSummary, CpuByKind)> = facts
            .report
            .dumps
            .iter()
            .filter_map(|dump| Some((dump, dump.cpu?)))
            .collect();
        let (Some((_, first)), Some((dump, last))) = (with.first(), with.last()) else {
            return Vec::new();
        };
        let total = |cpu: &CpuByKind| cpu.java + cpu.gc + cpu.jit + cpu.vm;
        let since_first =
            with.len() > 1 && total(last) - total(first) >= LEAST && last.gc >= first.gc;
        let (gc, all) = match since_first {
            true => (last.gc - first.gc, total(last) - total(first)),
            false => (last.gc, total(last)),
        };
        let share = gc as f64 / all.max(1) as f64;
        if all < LEAST || share < MEDIUM {
            return Vec::new();
        }
        let shown = percent(gc as f64, all as f64);
        let mut finding = Finding::new(
            &META,
            t!(
                "The garbage collector uses {shown} of the processor time",
                shown
            ),
        );
        if share < HIGH {
            finding.severity = Severity::Medium;
        }
        finding.confidence = Confidence::Likely;
        let over = match since_first {
            true => t!("between the first and the last dump"),
            false => t!("since the start of the JVM"),
        };
        finding.summary = t!(
            "Its threads used {gc} of {all} {over}.",
            gc = duration(gc),
            all = duration(all),
            over
        );
        finding.evidence.push(Evidence::new(
            t!(
                "cpu= of all GC threads: {gc} {over}",
                gc = duration(gc),
                over
            ),
            Locator::line(dump.source.as_str(), dump.line),
        ));
        finding.advice.push(t!("Read the GC log with diag gc; take a heap dump (jcmd <pid> GC.heap_dump <file>) and read it with diag heap."));
        vec![finding]
    }
}
