//! The machine swaps.

use crate::finding::{Evidence, Finding, Locator, Rule, RuleMeta, Severity};
use crate::host::report::HostReport;
use crate::t;

pub(super) struct Swapping;

const META: RuleMeta = RuleMeta {
    id: "host/swapping",
    title: "Swapping",
    severity: Severity::High,
    means: "Memory is moved to and from disk while the JVM runs. A garbage collection touches all of the heap, so pauses grow from milliseconds to minutes.",
    detected: "si or so of vmstat above zero in at least two rows; the first row, the mean since boot, does not count. The same for pswpin/s and pswpout/s of sar.",
    advice: "Give the machine memory or the JVM a smaller heap; a JVM must not swap.",
    false_positives: "Pages of idle processes that are moved out once.",
    sources: &["vmstat(8), sar(1)"],
};

impl Rule<HostReport> for Swapping {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, report: &HostReport) -> Vec<Finding> {
        let mut findings = Vec::new();
        for vmstat in &report.vmstats {
            let moved = |row: &&std::collections::BTreeMap<String, u64>| {
                ["si", "so"]
                    .iter()
                    .any(|name| row.get(*name).is_some_and(|pages| *pages > 0))
            };
            let rows = vmstat.rows.iter().skip(1);
            findings.extend(swaps(
                rows.clone().filter(moved).count(),
                rows.count(),
                &vmstat.locator,
            ));
        }
        let rows = report
            .samples
            .iter()
            .filter(|sample| sample.values.contains_key("pswpin/s"));
        let moved = |sample: &&crate::host::snapshot::Sample| {
            ["pswpin/s", "pswpout/s"]
                .iter()
                .any(|name| sample.values.get(*name).is_some_and(|pages| *pages > 0.0))
        };
        if let Some(first) = rows.clone().find(moved) {
            findings.extend(swaps(
                rows.clone().filter(moved).count(),
                rows.count(),
                &first.locator,
            ));
        }
        findings
    }
}

fn swaps(rows: usize, of: usize, at: &Locator) -> Option<Finding> {
    (rows >= 2).then(|| Finding {
        summary: t!("In {rows} of {of} intervals pages were swapped. A collector reads the whole heap; with a part of it on disk every collection waits for the disk.", rows, of),
        evidence: vec![Evidence::new(t!("pages swapped in {rows} of {of} intervals", rows, of), at.clone())],
        advice: vec![t!("Lower the sum of all heaps below the memory of the machine, or add memory; set vm.swappiness low.")],
        ..Finding::new(&META, t!("The machine swaps: {rows} of {of} intervals", rows, of))
    })
}
