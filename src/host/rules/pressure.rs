//! Tasks stall for want of a resource.

use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::host::report::HostReport;
use crate::host::snapshot::Pressure as Snapshot;
use crate::t;

/// Percent of the time in which somebody waits for a processor.
const CPU: f64 = 40.0;
/// Percent of the time in which everybody waits for memory or a disk.
const ALL: f64 = 10.0;

pub(super) struct Pressure;

const META: RuleMeta = RuleMeta {
    id: "host/pressure",
    title: "Tasks stall",
    severity: Severity::Medium,
    means: "The kernel counts the time in which tasks wait for processor, memory or disk: under memory pressure everything stands still while pages are found.",
    detected: "In pressure stall information, over 60 seconds: some task waits for a processor for 40 % of the time, or all tasks wait for memory or a disk for 10 %.",
    advice: "Memory: give the container or machine more, or the JVM less. Disk: see who writes. Processor: raise the limit or lower the load.",
    false_positives: "A batch machine that is meant to be busy.",
    sources: &["Linux: Documentation/accounting/psi.rst"],
};

impl Rule<HostReport> for Pressure {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, report: &HostReport) -> Vec<Finding> {
        report.pressures.iter().filter_map(stalls).take(3).collect()
    }
}

fn stalls(pressure: &Snapshot) -> Option<Finding> {
    let full = pressure.full.map_or(0.0, |full| full.avg60);
    let (share, words) = match pressure.resource.as_str() {
        "cpu" if pressure.some.avg60 >= CPU => {
            (pressure.some.avg60, t!("some task waited for a processor"))
        }
        "memory" if full >= ALL => (full, t!("all tasks waited for memory")),
        "io" if full >= ALL => (full, t!("all tasks waited for a disk")),
        _ => return None,
    };
    let share = format!("{share:.0}");
    Some(Finding {
        summary: t!(
            "For {share} % of the last minute {words}. What runs here takes longer by at least that much.",
            share,
            words
        ),
        evidence: vec![Evidence::new(
            t!("{share} % of 60 s", share),
            pressure.locator.clone(),
        )],
        advice: vec![match pressure.resource.as_str() {
            "memory" => t!(
                "Give the container or machine more memory, or the JVM less: a smaller -Xmx stalls less than a heap that the kernel must page."
            ),
            "io" => t!(
                "See who reads and writes (`pidstat -d 5`), and keep logs and dumps on another volume."
            ),
            _ => t!(
                "Compare with cpu.stat of the container: throttled periods mean its own limit, none mean that others use the machine."
            ),
        }],
        ..Finding::new(
            &META,
            t!(
                "Tasks stalled for {share} % of a minute: {words}",
                share,
                words
            ),
        )
    })
}
