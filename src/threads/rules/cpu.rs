//! Threads that use the processor all the time.

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
/// Shorter spans say nothing.
const SPAN: i64 = 1_000_000;

pub(super) struct CpuRule;
pub(super) const CPU: CpuRule = CpuRule;

static META: RuleMeta = RuleMeta {
    id: "threads/cpu-hot",
    title: "A thread uses the processor all the time",
    severity: Severity::Medium,
    means: "One thread used the processor nearly all the time between two dumps (or over its whole life). That is a loop, or work that cannot be shared out.",
    detected: "cpu= divided by elapsed= of the thread, as the difference of the first and last dump of the process, over the whole life with a single dump: at least 80 % of one core over at least one second, or at least 15 % of one core and 75 % of all that the process used, as under a processor quota. From top -H its %CPU is added where the native id matches.",
    advice: "Compare its stack over several dumps, or profile it (jcmd JFR.start).",
    false_positives: "A batch job that is meant to compute.",
    sources: &["JDK-8200720 (cpu= and elapsed= in thread dumps, JDK 11)"],
};

impl Rule<Facts<'_>> for CpuRule {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, facts: &Facts<'_>) -> Vec<Finding> {
        facts
            .report
            .cpu
            .iter()
            .filter(|cpu| is_hot(cpu))
            .map(finding)
            .collect()
    }
}

fn is_hot(cpu: &CpuUse) -> bool {
    let share = cpu.cpu as f64 / cpu.elapsed.max(1) as f64;
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
    let top = cpu
        .top
        .map_or_else(String::new, |top| t!("; top -H shows {top} %", top));
    finding.evidence.push(Evidence::new(
        t!(
            "{name}: {share} of a core, at {frame}{top}",
            name,
            share,
            frame,
            top
        ),
        cpu.thread.at.clone(),
    ));
    finding.advice.push(t!("Look for the loop around {frame}; a recording of 30 s (jcmd <pid> JFR.start duration=30s) shows the rest.", frame));
    finding
}
