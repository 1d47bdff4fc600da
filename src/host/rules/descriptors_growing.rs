//! Descriptors are opened and not closed.

use super::growth::{Figure, ends, grew, in_time};
use crate::finding::{Evidence, Finding, Locator, Rule, RuleMeta, Severity};
use crate::host::report::HostReport;
use crate::t;

const LEAST: u64 = 20;

pub(super) struct DescriptorsGrowing;

const META: RuleMeta = RuleMeta {
    id: "host/descriptors-growing",
    title: "Descriptors grow",
    severity: Severity::Medium,
    means: "Between two lists a process opened many more files or sockets than it closed. At its limit it can open no file and accept no connection.",
    detected: "Of the first and the last of several lists of lsof, a process has at least 20 descriptors and a quarter more in the last.",
    advice: "Find the kind that grows, then the code that opens it, and close it on every path (try-with-resources).",
    false_positives: "A process that was just started, or load that just rose.",
    sources: &["lsof(8)"],
};

impl Rule<HostReport> for DescriptorsGrowing {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, report: &HostReport) -> Vec<Finding> {
        let figures = report.descriptors.iter().flat_map(|list| {
            let at = &list.locator;
            let processes = list.processes.iter();
            processes.map(move |(of, &value)| Figure { of, value, at })
        });
        ends(figures)
            .into_iter()
            .filter(|(first, last)| grew(first.value, last.value, LEAST))
            .map(|(first, last)| {
                let (pid, had, count) = (first.of, first.value, last.value);
                let more = count - had;
                let time = in_time(report, first.at, last.at);
                let kind = kind_that_grew(report, first.at, last.at);
                Finding {
                    summary: t!("Process {pid} had {had} descriptors open, then {count}; most of the new ones are of type {kind}. What is opened is not closed.", pid, had, count, kind),
                    evidence: vec![
                        Evidence::new(t!("{had} descriptors", had), first.at.clone()),
                        Evidence::new(t!("{count} descriptors", count), last.at.clone()),
                    ],
                    advice: vec![t!("Compare the names of the two lists: the files or addresses that only the second has lead to the code that opens them.")],
                    ..Finding::new(&META, t!("Process {pid} opened {more} more descriptors{time}", pid, more, time))
                }
            })
            .collect()
    }
}

fn kind_that_grew<'r>(report: &'r HostReport, first: &Locator, last: &Locator) -> &'r str {
    let kinds = |at: &Locator| {
        let mut lists = report.descriptors.iter();
        lists
            .find(|list| list.locator == *at)
            .map(|list| &list.kinds)
    };
    let had = |kind: &str| kinds(first).and_then(|kinds| kinds.get(kind).copied());
    let now = kinds(last).into_iter().flatten();
    let most = now.max_by_key(|(kind, count)| count.saturating_sub(had(kind).unwrap_or(0)));
    most.map_or("?", |(kind, _)| kind)
}
