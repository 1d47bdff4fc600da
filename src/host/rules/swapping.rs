//! The machine swaps.

use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::host::report::HostReport;
use crate::t;

pub(super) struct Swapping;

const META: RuleMeta = RuleMeta {
    id: "host/swapping",
    title: "Swapping",
    severity: Severity::High,
    means: "Memory is moved to and from disk while the JVM runs. A garbage collection touches all of the heap, so pauses grow from milliseconds to minutes.",
    detected: "si or so of vmstat above zero in at least two rows; the first row, the mean since boot, does not count.",
    advice: "Give the machine memory or the JVM a smaller heap; a JVM must not swap.",
    false_positives: "Pages of idle processes that are moved out once.",
    sources: &["vmstat(8)"],
};

impl Rule<HostReport> for Swapping {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, report: &HostReport) -> Vec<Finding> {
        report
            .vmstats
            .iter()
            .filter_map(|vmstat| {
                let value = |row: &std::collections::BTreeMap<String, u64>, name: &str| row.get(name).copied().unwrap_or(0);
                let rows = vmstat.rows.iter().skip(1).filter(|row| value(row, "si") > 0 || value(row, "so") > 0).count();
                let of = vmstat.rows.len().saturating_sub(1);
                (rows >= 2).then(|| Finding {
                    summary: t!("In {rows} of {of} intervals pages were swapped. A collector reads the whole heap; with a part of it on disk every collection waits for the disk.", rows, of),
                    evidence: vec![Evidence::new(t!("si or so above 0 in {rows} of {of} intervals", rows, of), vmstat.locator.clone())],
                    advice: vec![t!("Lower the sum of all heaps below the memory of the machine, or add memory; set vm.swappiness low.")],
                    ..Finding::new(&META, t!("The machine swaps: {rows} of {of} intervals", rows, of))
                })
            })
            .collect()
    }
}
