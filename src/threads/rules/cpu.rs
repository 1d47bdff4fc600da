//! Threads that use the processor all the time, each by itself or several at one place together.

use std::collections::BTreeMap;

use super::Facts;
use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::t;
use crate::text::{duration, percent};
use crate::threads::activity::Activity;
use crate::threads::report::CpuUse;

/// Share of one core.
const HOT: f64 = 0.8;
/// Share of one core from which a thread that uses nearly all of what the process gets is hot: under a quota a loop cannot
/// have more.
const WARM: f64 = 0.15;
/// Share of the processor time of the process.
const ALONE: f64 = 0.75;
/// Share of one core from which several threads at one frame are hot together.
const TOGETHER: f64 = 0.5;
/// Share of one core from which a thread counts as one of several.
const PART: f64 = 0.05;
/// Shorter spans say nothing.
const SPAN: i64 = 1_000_000;

pub(super) struct CpuRule;
pub(super) const CPU: CpuRule = CpuRule;

static META: RuleMeta = RuleMeta {
    id: "threads/cpu-hot",
    title: "A thread uses the processor all the time",
    severity: Severity::Medium,
    means: "One thread used the processor nearly all the time between two dumps (or over its whole life). That is a loop, or work that cannot be shared out. Several that share what processors there are stay below that each.",
    detected: "cpu= divided by elapsed= of the thread, as the difference of the first and last dump of the process, over the whole life with a single dump: at least 80 % of one core over at least one second, or at least 15 % of one core and 75 % of all that the process used, as under a processor quota. Several threads that run at the same frame count together: 50 % of one core and 75 % of what the process used, each at least 5 % of a core. From top -H its %CPU is added where the native id matches.",
    advice: "Compare its stack over several dumps, or profile it (jcmd JFR.start).",
    false_positives: "A batch job that is meant to compute.",
    sources: &["JDK-8200720 (cpu= and elapsed= in thread dumps, JDK 11)"],
};

impl Rule<Facts<'_>> for CpuRule {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, facts: &Facts<'_>) -> Vec<Finding> {
        let mut places: BTreeMap<&str, Vec<&CpuUse>> = BTreeMap::new();
        for cpu in &facts.report.cpu {
            if let Some(frame) = place(cpu) {
                places.entry(frame).or_default().push(cpu);
            }
        }
        places.retain(|_, all| are_hot(all));
        let told = |cpu: &&CpuUse| place(cpu).is_some_and(|frame| places.contains_key(frame));
        let hot = facts.report.cpu.iter().filter(|cpu| is_hot(cpu));
        let alone = hot.filter(|cpu| !told(cpu)).map(finding);
        let together = places.iter().map(|(frame, all)| together(frame, all));
        alone.chain(together).collect()
    }
}

/// Of one core.
fn share(cpu: &CpuUse) -> f64 {
    cpu.cpu as f64 / cpu.elapsed.max(1) as f64
}

fn is_hot(cpu: &CpuUse) -> bool {
    let share = share(cpu);
    let hot = share >= HOT || (share >= WARM && cpu.of_process >= ALONE);
    cpu.elapsed >= SPAN && hot && !matches!(cpu.doing, Activity::Gc | Activity::Vm)
}

fn finding(cpu: &CpuUse) -> Finding {
    let share = percent(cpu.cpu as f64, cpu.elapsed as f64);
    let name = &cpu.thread.name;
    let mut finding = Finding::new(
        &META,
        t!(
            "{name} uses {share} of a core, {part} of what the process uses",
            name,
            share,
            part = percent(cpu.of_process, 1.0)
        ),
    );
    let frame = cpu.frame.as_deref().unwrap_or("no frame");
    finding.summary = t!(
        "It used {cpu} of processor time in {elapsed} and stands at {frame}.",
        cpu = duration(cpu.cpu),
        elapsed = duration(cpu.elapsed),
        frame
    );
    finding.evidence.push(evidence(cpu, frame));
    finding.advice.push(t!("Look for the loop around {frame}; a recording of 30 s (jcmd <pid> JFR.start duration=30s) shows the rest.", frame));
    finding
}

fn evidence(cpu: &CpuUse, frame: &str) -> Evidence {
    let top = cpu
        .top
        .map_or_else(String::new, |top| t!("; top -H shows {top} %", top));
    let text = t!(
        "{name}: {share} of a core, at {frame}{top}",
        name = cpu.thread.name,
        share = percent(cpu.cpu as f64, cpu.elapsed as f64),
        frame,
        top
    );
    Evidence::new(text, cpu.thread.at.clone())
}

/// Where a thread runs that may be one of several.
fn place(cpu: &CpuUse) -> Option<&str> {
    let runs = cpu.doing == Activity::Run && cpu.elapsed >= SPAN && share(cpu) >= PART;
    cpu.frame.as_deref().filter(|_| runs)
}

/// What threads use of one core, and of all that the process uses.
fn used(all: &[&CpuUse]) -> (f64, f64) {
    let of_process = all.iter().map(|cpu| cpu.of_process);
    (all.iter().map(|cpu| share(cpu)).sum(), of_process.sum())
}

/// Whether several threads at one frame use much together.
fn are_hot(all: &[&CpuUse]) -> bool {
    let (used, of_process) = used(all);
    all.len() > 1 && used >= TOGETHER && of_process >= ALONE
}

fn together(frame: &str, all: &[&CpuUse]) -> Finding {
    let (used, of_process) = used(all);
    let count = all.len();
    let title = t!(
        "{count} threads at {frame} use {share} of a core together, {part} of what the process uses",
        count,
        frame,
        share = percent(used, 1.0),
        part = percent(of_process, 1.0)
    );
    let mut finding = Finding::new(&META, title);
    finding.summary = t!(
        "They run the same code and share what processors there are. Under a quota, or with more of them than processors, none looks busy by itself."
    );
    let evidence = all.iter().map(|cpu| evidence(cpu, frame));
    finding.evidence.extend(evidence);
    finding.advice.push(t!("See what {frame} computes for all of them: the same input, or a loop without end? A recording of 30 s (jcmd <pid> JFR.start duration=30s) shows the rest.", frame));
    finding
}
