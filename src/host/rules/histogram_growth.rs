//! A class grows between two histograms.

use crate::finding::Confidence;
use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::host::report::HostReport;
use crate::t;
use crate::text;

const LEAST: u64 = 5 << 20;

pub(super) struct HistogramGrowth;

const META: RuleMeta = RuleMeta {
    id: "host/histogram-growth",
    title: "A class grows",
    severity: Severity::Medium,
    means: "Between two class histograms of one JVM the instances of a class grew: a candidate for what fills the heap.",
    detected: "Bytes of a class grew by at least 20 % and 5 MiB from one histogram to the next of the same process.",
    advice: "Take a heap dump and look for who keeps the instances: diag heap.",
    false_positives: "A histogram without :live counts garbage; growth between two collections is normal.",
    sources: &["HotSpot: src/hotspot/share/memory/heapInspection.cpp"],
};

impl Rule<HostReport> for HistogramGrowth {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, report: &HostReport) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (index, histogram) in report.histograms.iter().enumerate() {
            let before = report.histograms[..index]
                .iter()
                .rev()
                .find(|old| old.pid == histogram.pid);
            let Some(before) = before else {
                continue;
            };
            let grown = histogram.classes.iter().filter_map(|class| {
                let old = before.classes.iter().find(|old| old.name == class.name)?;
                let more = class.bytes.checked_sub(old.bytes)?;
                (more >= LEAST && more.saturating_mul(5) >= old.bytes).then_some((more, class, old))
            });
            let mut grown: Vec<_> = grown.collect();
            grown.sort_by(|one, two| two.0.cmp(&one.0).then_with(|| one.1.name.cmp(&two.1.name)));
            let Some((more, class, old)) = grown.first() else {
                continue;
            };
            let (name, more) = (&class.name, text::bytes(*more));
            let (first, second) = (text::count(old.instances), text::count(class.instances));
            findings.push(Finding {
                confidence: Confidence::Possible,
                summary: t!("Instances of {name} went from {first} to {second}, {more} more. Two histograms only show that something grew; garbage counts as well unless a full collection ran before each.", name, first, second, more),
                evidence: vec![
                    Evidence::new(t!("{name}: {first} instances", name, first), before.locator.clone()),
                    Evidence::new(t!("{name}: {second} instances", name, second), histogram.locator.clone()),
                ],
                advice: vec![t!("Take a heap dump and let `diag heap` name the object that keeps them.")],
                ..Finding::new(&META, t!("{name} grew by {more} between two histograms", name, more))
            });
        }
        findings
    }
}
