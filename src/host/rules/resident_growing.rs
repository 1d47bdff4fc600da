//! The resident memory of a process grows.

use super::growth::{Figure, ends, in_time};
use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::host::report::HostReport;
use crate::host::snapshot::Process;
use crate::t;
use crate::text;

const LEAST: u64 = 64 << 20;

pub(super) struct ResidentGrowing;

const META: RuleMeta = RuleMeta {
    id: "host/resident-growing",
    title: "Resident memory grows",
    severity: Severity::Low,
    means: "The process takes more memory of the machine or of its container than before, on or off the heap.",
    detected: "Of the first and the last of several lists of ps, or of pmap, a process has at least 64 MiB and a tenth more resident memory in the last.",
    advice: "See with native memory tracking whether it is the heap, which may grow up to -Xmx, or something else.",
    false_positives: "A heap that grows to its maximum touches its pages for the first time.",
    sources: &["proc(5): VmRSS"],
};

impl Rule<HostReport> for ResidentGrowing {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, report: &HostReport) -> Vec<Finding> {
        let lists = report.processes.iter().flat_map(|list| {
            let resident = |process: &Process| {
                let value = process.resident?;
                let (of, at) = (process.pid, &list.locator);
                Some(Figure { of, value, at })
            };
            list.list.iter().filter_map(resident)
        });
        let maps = report.maps.iter().filter_map(|map| {
            let (of, value, at) = (map.pid?, map.resident, &map.locator);
            Some(Figure { of, value, at })
        });
        let most = |pairs: Vec<(Figure<'_, u64>, Figure<'_, u64>)>| {
            let more = |(first, last): &(Figure<'_, u64>, Figure<'_, u64>)| {
                let more = last.value.saturating_sub(first.value);
                let enough = more >= LEAST && more.saturating_mul(10) >= first.value;
                enough.then_some(more)
            };
            let grown = pairs
                .into_iter()
                .filter_map(|pair| Some((more(&pair)?, pair)));
            // The first of those that grew alike.
            let best = grown.rev().max_by_key(|(more, _)| *more);
            best.map(|(more, pair)| found(report, more, pair))
        };
        most(ends(lists))
            .or_else(|| most(ends(maps)))
            .into_iter()
            .collect()
    }
}

fn found(
    report: &HostReport,
    more: u64,
    (first, last): (Figure<'_, u64>, Figure<'_, u64>),
) -> Finding {
    let (pid, had, now) = (first.of, text::bytes(first.value), text::bytes(last.value));
    let (more, time) = (text::bytes(more), in_time(report, first.at, last.at));
    Finding {
        summary: t!(
            "Process {pid} had {had} resident, then {now}. A limit of its container counts these bytes, not the heap.",
            pid,
            had,
            now
        ),
        evidence: vec![
            Evidence::new(t!("{had} resident", had), first.at.clone()),
            Evidence::new(t!("{now} resident", now), last.at.clone()),
        ],
        advice: vec![t!(
            "`jcmd {pid} VM.native_memory summary` tells the heap from the rest; start the JVM with -XX:NativeMemoryTracking=summary.",
            pid
        )],
        ..Finding::new(
            &META,
            t!("Process {pid} grew by {more}{time}", pid, more, time),
        )
    }
}
