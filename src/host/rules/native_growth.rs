//! Memory outside the heap grows.

use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::host::report::HostReport;
use crate::host::snapshot::NativeMemory;
use crate::t;
use crate::text;

const LEAST: i64 = 32 << 20;

pub(super) struct NativeGrowth;

const META: RuleMeta = RuleMeta {
    id: "host/native-growth",
    title: "Native memory grows",
    severity: Severity::High,
    means: "A category of native memory grew since the baseline: memory that no heap dump shows.",
    detected: "In a diff of Native Memory Tracking a category other than Java Heap grew by at least 32 MiB and 10 % of what it had; without a diff the same between two summaries of one process.",
    advice: "The category names the owner: threads, classes, direct buffers (Other), compiler.",
    false_positives: "A baseline taken during start-up.",
    sources: &["HotSpot: src/hotspot/share/services/memTracker.hpp"],
};

impl Rule<HostReport> for NativeGrowth {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, report: &HostReport) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (index, native) in report.native.iter().enumerate() {
            let before = report.native[..index]
                .iter()
                .rev()
                .find(|old| old.pid == native.pid && old.change.is_none());
            for category in native
                .categories
                .iter()
                .filter(|category| category.name != "Java Heap")
            {
                let change = match native.change {
                    Some(_) => category.change,
                    None => before.map_or(0, |before| {
                        since(before, &category.name, category.committed)
                    }),
                };
                let had = i64::try_from(category.committed)
                    .unwrap_or(i64::MAX)
                    .saturating_sub(change);
                if change < LEAST || change.saturating_mul(10) < had {
                    continue;
                }
                let name = &category.name;
                let grown = text::bytes(change.unsigned_abs());
                let committed = text::bytes(category.committed);
                findings.push(Finding {
                    summary: t!("Native memory of the category {name} grew by {grown} to {committed}. It counts against the limit of the container and no heap dump shows it.", name, grown, committed),
                    evidence: vec![Evidence::new(t!("{name}: {committed} committed, {grown} more than before", name, committed, grown), category.locator.clone())],
                    advice: vec![t!("Thread: count threads. Class: count class loaders. Other: direct buffers. Internal or Compiler: compare with the JDK's known issues.")],
                    ..Finding::new(&META, t!("Native memory grows: {name} +{grown}", name, grown))
                });
            }
        }
        findings
    }
}

fn since(before: &NativeMemory, name: &str, now: u64) -> i64 {
    let old = before
        .categories
        .iter()
        .find(|category| category.name == name);
    let old = old.map_or(now, |category| category.committed);
    i64::try_from(now)
        .unwrap_or(i64::MAX)
        .saturating_sub(i64::try_from(old).unwrap_or(i64::MAX))
}
