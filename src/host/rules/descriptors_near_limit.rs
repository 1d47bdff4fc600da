//! Descriptors near their limit, or growing.

use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::host::report::HostReport;
use crate::t;
use crate::text;

pub(super) struct DescriptorsNearLimit;

const META: RuleMeta = RuleMeta {
    id: "host/descriptors-near-limit",
    title: "Descriptors near their limit",
    severity: Severity::High,
    means: "The process is about to run out of file descriptors, after which it can open no file and accept no connection.",
    detected: "The descriptors of one process in lsof reach 80 % of Max open files among the sources.",
    advice: "Find the kind that grows and close what is opened.",
    false_positives: "The limits may be those of another process.",
    sources: &["proc(5): /proc/PID/limits"],
};

impl Rule<HostReport> for DescriptorsNearLimit {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, report: &HostReport) -> Vec<Finding> {
        let limit = report
            .limits
            .iter()
            .find(|limit| limit.name == "Max open files");
        let Some((limit, soft)) = limit.and_then(|limit| Some((limit, limit.soft?))) else {
            return Vec::new();
        };
        let mut findings = Vec::new();
        for descriptors in &report.descriptors {
            for (pid, count) in &descriptors.processes {
                if count.saturating_mul(5) < soft.saturating_mul(4) {
                    continue;
                }
                let share = text::percent(*count as f64, soft as f64);
                let kind = descriptors.kinds.iter().max_by_key(|(_, count)| **count);
                let kind = kind.map_or("?", |(kind, _)| kind);
                findings.push(Finding {
                    summary: t!("Process {pid} has {count} of {soft} descriptors open, most of them of type {kind}. At the limit it can open no file and accept no connection.", pid, count, soft, kind),
                    evidence: vec![
                        Evidence::new(t!("{count} descriptors", count), descriptors.locator.clone()),
                        Evidence::new(t!("Max open files {soft}", soft), limit.locator.clone()),
                    ],
                    advice: vec![t!("Take `lsof -p {pid}` twice and compare by name: what grows is not closed.", pid)],
                    ..Finding::new(&META, t!("Process {pid} uses {share} of its file descriptors", pid, share))
                });
            }
        }
        findings
    }
}
