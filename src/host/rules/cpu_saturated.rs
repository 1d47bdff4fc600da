//! The processors have nothing left.

use std::collections::BTreeMap;

use crate::finding::{Evidence, Finding, Locator, Rule, RuleMeta, Severity};
use crate::host::report::HostReport;
use crate::host::snapshot::{Sample, Task, Top};
use crate::t;

pub(super) struct CpuSaturated;

const META: RuleMeta = RuleMeta {
    id: "host/cpu-saturated",
    title: "Processors saturated",
    severity: Severity::Medium,
    means: "Work waits for a processor: everything takes longer, garbage collection and health checks included.",
    detected: "In at least half of the rows of vmstat (without the first) us + sy is 80 or more, or st is 10 or more; the same in iostat, mpstat or sar; or a refresh of top with less than 20 % idle and wait together, without the first of several, which is the mean since boot.",
    advice: "Find the busy tasks; compare them with the threads of a dump by native id.",
    false_positives: "A batch machine is meant to be busy.",
    sources: &["vmstat(8), top(1); the 80 % rule of capacity planning"],
};

impl Rule<HostReport> for CpuSaturated {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, report: &HostReport) -> Vec<Finding> {
        let mut findings = Vec::new();
        for vmstat in &report.vmstats {
            let rows: Vec<_> = vmstat.rows.iter().skip(1).collect();
            let value = |row: &std::collections::BTreeMap<String, u64>, name: &str| {
                row.get(name).copied().unwrap_or(0)
            };
            let busy = rows
                .iter()
                .filter(|row| value(row, "us") + value(row, "sy") >= 80 || value(row, "st") >= 10)
                .count();
            if rows.len() >= 2 && busy * 2 >= rows.len() {
                let of = rows.len();
                findings.push(over_intervals("vmstat", busy, of, &vmstat.locator));
            }
        }
        findings.extend(intervals(report));
        // The first refresh of several is a mean since boot, or since the start of each process.
        let same = |one: &Top, two: &Top| one.locator.source == two.locator.source;
        let runs = report.tops.chunk_by(same);
        for top in runs.flat_map(|run| &run[usize::from(run.len() > 1)..]) {
            let share = |name: &str| top.cpu.get(name).copied();
            if let (Some(idle), Some(wait)) = (share("id"), share("wa"))
                && idle + wait < 20.0
            {
                let clock = &top.clock;
                let title = t!(
                    "The processors are saturated: {idle} % idle at {clock}",
                    idle,
                    clock
                );
                let statement = match top.tasks.first().filter(|task| task.cpu > 0.0) {
                    Some(Task { pid, cpu, command }) => t!(
                        "{clock}: {idle} % idle; most is taken by {command} ({pid}): {cpu} % of a processor",
                        clock,
                        idle,
                        command,
                        pid,
                        cpu
                    ),
                    None => t!("{clock}: {idle} % idle", clock, idle),
                };
                findings.push(saturated(title, statement, &top.locator));
            }
        }
        findings.truncate(3);
        findings
    }
}

/// Intervals of `iostat`, `mpstat` and `sar`, by source and tool. The first of `iostat` is the mean since boot.
fn intervals(report: &HostReport) -> Vec<Finding> {
    let mut runs: BTreeMap<(&str, &str), Vec<&Sample>> = BTreeMap::new();
    let of_all = report.samples.iter().filter(|sample| sample.of == "all");
    for sample in of_all.filter(|sample| sample.values.contains_key("%idle")) {
        let key = (sample.locator.source.as_str(), sample.tool.as_str());
        runs.entry(key).or_default().push(sample);
    }
    let mut findings = Vec::new();
    for ((_, tool), run) in runs {
        let run = &run[usize::from(tool == "iostat")..];
        let busy = run.iter().filter(|sample| taken(sample)).count();
        if let (Some(first), true) = (run.first(), run.len() >= 2 && busy * 2 >= run.len()) {
            let of = run.len();
            findings.push(over_intervals(tool, busy, of, &first.locator));
        }
    }
    findings
}

fn taken(sample: &Sample) -> bool {
    let value = |name: &str| sample.values.get(name).copied().unwrap_or(0.0);
    value("%idle") + value("%iowait") <= 20.0 || value("%steal") >= 10.0
}

fn over_intervals(tool: &str, busy: usize, of: usize, at: &Locator) -> Finding {
    let title = t!(
        "The processors are saturated in {busy} of {of} intervals of {tool}",
        busy,
        of,
        tool
    );
    let statement = t!(
        "{busy} of {of} intervals of {tool} with 80 % or more in use, or 10 % or more stolen",
        busy,
        of,
        tool
    );
    saturated(title, statement, at)
}

fn saturated(title: String, statement: String, at: &Locator) -> Finding {
    Finding {
        summary: t!(
            "The processors of the machine or of its container had next to nothing left. Everything on it waits, whoever uses them."
        ),
        evidence: vec![Evidence::new(statement, at.clone())],
        advice: vec![t!(
            "Name the busy threads with `top -H -p PID`: their number in hexadecimal is the nid in a thread dump; GC threads among them mean a collector at work."
        )],
        ..Finding::new(&META, title)
    }
}
