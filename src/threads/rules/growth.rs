//! A family of threads that only grows.

use super::Facts;
use crate::finding::{Confidence, Evidence, Finding, Rule, RuleMeta, Severity};
use crate::t;
use crate::threads::report::FamilyGrowth;

/// Dumps needed to speak of growth.
const DUMPS: usize = 3;
/// Smaller growth is normal.
const LEAST: u64 = 10;

pub(super) struct GrowthRule;
pub(super) const GROWTH: GrowthRule = GrowthRule;

static META: RuleMeta = RuleMeta {
    id: "threads/growth",
    title: "Threads of one family only become more",
    severity: Severity::Medium,
    means: "Threads are created and never end. Each costs native memory and a place under the limits of the process, until \"unable to create native thread\".",
    detected: "In at least 3 dumps of one process, a family (same name but for the number) never shrank and grew by at least 10 threads and by half.",
    advice: "Find what creates them (new executor per request, unclosed clients); bound the pool or close it.",
    false_positives: "A pool that fills up to its limit under load.",
    sources: &[
        "java.util.concurrent.ExecutorService.shutdown",
        "java.util.concurrent.ThreadPoolExecutor.allowCoreThreadTimeOut",
        "src/hotspot/share/prims/jvm.cpp: JVM_StartThread",
    ],
};

impl Rule<Facts<'_>> for GrowthRule {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, facts: &Facts<'_>) -> Vec<Finding> {
        facts.report.families.iter().filter_map(finding).collect()
    }
}

fn finding(family: &FamilyGrowth) -> Option<Finding> {
    let counts = &family.counts;
    let (first, last) = (*counts.first()?, *counts.last()?);
    let never_shrank = counts.windows(2).all(|pair| pair[0] <= pair[1]);
    if counts.len() < DUMPS || !never_shrank || last < first + LEAST || last * 2 < first * 3 {
        return None;
    }
    let name = &family.name;
    let dumps = counts.len();
    let mut finding = Finding::new(
        &META,
        t!(
            "{name} grew from {first} to {last} threads over {dumps} dumps",
            name,
            first,
            last,
            dumps
        ),
    );
    finding.confidence = Confidence::Likely;
    let series: Vec<String> = counts.iter().map(u64::to_string).collect();
    finding.summary = t!(
        "It never shrank: {series}. Threads that are never ended cost native memory until no more can be created.",
        series = series.join(", ")
    );
    finding.evidence.push(Evidence::new(
        t!("{last} threads named {name} in the last dump", last, name),
        family.at.clone(),
    ));
    finding.advice.push(t!("Search the code for the thread factory that names threads {name}: an executor or client is made again and again and not closed.", name));
    Some(finding)
}
