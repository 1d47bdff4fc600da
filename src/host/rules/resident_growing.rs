//! The resident memory of a process grows.

use super::growth::in_time;
use crate::finding::{Evidence, Finding, Locator, Rule, RuleMeta, Severity};
use crate::host::report::HostReport;
use crate::t;
use crate::text;

const LEAST: u64 = 64 << 20;

pub(super) struct ResidentGrowing;

const META: RuleMeta = RuleMeta {
    id: "host/resident-growing",
    title: "Resident memory grows",
    severity: Severity::Low,
    means: "The process takes more memory of the machine or of its container than before, on or off the heap.",
    detected: "Of two lists of ps, or two of pmap, one after the other, a process has at least 64 MiB and a tenth more resident memory in the second.",
    advice: "See with native memory tracking whether it is the heap, which may grow up to -Xmx, or something else.",
    false_positives: "A heap that grows to its maximum touches its pages for the first time.",
    sources: &["proc(5): VmRSS"],
};

/// Resident bytes of a process in one snapshot.
type Resident<'r> = (u64, u64, &'r Locator);

impl Rule<HostReport> for ResidentGrowing {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, report: &HostReport) -> Vec<Finding> {
        let lists = report.processes.iter().flat_map(|list| {
            list.list
                .iter()
                .filter_map(|process| Some((process.pid, process.resident?, &list.locator)))
        });
        let maps = report
            .maps
            .iter()
            .filter_map(|map| Some((map.pid?, map.resident, &map.locator)));
        [lists.collect::<Vec<Resident<'_>>>(), maps.collect()]
            .iter()
            .filter_map(|all| grown(report, all))
            .take(1)
            .collect()
    }
}

/// The process that grew most from its first snapshot to its last.
fn grown(report: &HostReport, all: &[Resident<'_>]) -> Option<Finding> {
    let last = |pid: u64| all.iter().rfind(|(own, ..)| *own == pid);
    let mut seen = Vec::new();
    let mut best: Option<(u64, &Resident<'_>, &Resident<'_>)> = None;
    for first in all {
        if seen.contains(&first.0) {
            continue;
        }
        seen.push(first.0);
        let Some(last) = last(first.0) else { continue };
        let more = last.1.saturating_sub(first.1);
        let enough = more >= LEAST && more.saturating_mul(10) >= first.1;
        if enough && best.is_none_or(|(most, ..)| more > most) {
            best = Some((more, first, last));
        }
    }
    let (more, first, last) = best?;
    let (pid, had, now) = (first.0, text::bytes(first.1), text::bytes(last.1));
    let (more, time) = (text::bytes(more), in_time(report, first.2, last.2));
    Some(Finding {
        summary: t!(
            "Process {pid} had {had} resident, then {now}. A limit of its container counts these bytes, not the heap.",
            pid,
            had,
            now
        ),
        evidence: vec![
            Evidence::new(t!("{had} resident", had), first.2.clone()),
            Evidence::new(t!("{now} resident", now), last.2.clone()),
        ],
        advice: vec![t!(
            "`jcmd {pid} VM.native_memory summary` tells the heap from the rest; start the JVM with -XX:NativeMemoryTracking=summary.",
            pid
        )],
        ..Finding::new(
            &META,
            t!("Process {pid} grew by {more}{time}", pid, more, time),
        )
    })
}
