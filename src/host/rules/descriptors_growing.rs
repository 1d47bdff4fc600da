//! Descriptors are opened and not closed.

use super::growth::{grew, in_time};
use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::host::report::HostReport;
use crate::host::snapshot::Descriptors;
use crate::t;

const LEAST: u64 = 20;

pub(super) struct DescriptorsGrowing;

const META: RuleMeta = RuleMeta {
    id: "host/descriptors-growing",
    title: "Descriptors grow",
    severity: Severity::Medium,
    means: "Between two lists a process opened many more files or sockets than it closed. At its limit it can open no file and accept no connection.",
    detected: "Of two lists of lsof one after the other, a process has at least 20 descriptors and a quarter more in the second.",
    advice: "Find the kind that grows, then the code that opens it, and close it on every path (try-with-resources).",
    false_positives: "A process that was just started, or load that just rose.",
    sources: &["lsof(8)"],
};

impl Rule<HostReport> for DescriptorsGrowing {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, report: &HostReport) -> Vec<Finding> {
        let mut findings = Vec::new();
        for pair in report.descriptors.windows(2) {
            let [before, now] = pair else { continue };
            for (pid, count) in &now.processes {
                let Some(had) = before.processes.get(pid) else {
                    continue;
                };
                if !grew(*had, *count, LEAST) {
                    continue;
                }
                let more = count - had;
                let time = in_time(report, &before.locator, &now.locator);
                let kind = kind_that_grew(before, now);
                findings.push(Finding {
                    summary: t!("Process {pid} had {had} descriptors open, then {count}; most of the new ones are of type {kind}. What is opened is not closed.", pid, had, count, kind),
                    evidence: vec![
                        Evidence::new(t!("{had} descriptors", had), before.locator.clone()),
                        Evidence::new(t!("{count} descriptors", count), now.locator.clone()),
                    ],
                    advice: vec![t!("Compare the names of the two lists: the files or addresses that only the second has lead to the code that opens them.")],
                    ..Finding::new(&META, t!("Process {pid} opened {more} more descriptors{time}", pid, more, time))
                });
            }
        }
        findings
    }
}

fn kind_that_grew<'r>(before: &Descriptors, now: &'r Descriptors) -> &'r str {
    let grown = |kind: &str, count: u64| {
        let had = before.kinds.get(kind).copied().unwrap_or(0);
        count.saturating_sub(had)
    };
    let most = now
        .kinds
        .iter()
        .max_by_key(|(kind, count)| grown(kind, **count));
    most.map_or("?", |(kind, _)| kind)
}
