//! A process starts threads that do not end.

use super::growth::{grew, in_time};
use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::host::report::HostReport;
use crate::t;

const LEAST: u64 = 20;

pub(super) struct ThreadsGrowing;

const META: RuleMeta = RuleMeta {
    id: "host/threads-growing",
    title: "Threads grow",
    severity: Severity::Medium,
    means: "Between two lists a process started many more threads than ended. At the limit of processes or of pids.max no thread can be made, and the JVM says so with an OutOfMemoryError.",
    detected: "Of two lists of ps one after the other, a process has at least 20 threads and a quarter more in the second.",
    advice: "Name the family that grows with a thread dump; give it a pool with a bound.",
    false_positives: "A pool that fills up to its bound after a start.",
    sources: &["ps(1): NLWP", "HotSpot os_linux.cpp, os::create_thread"],
};

impl Rule<HostReport> for ThreadsGrowing {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, report: &HostReport) -> Vec<Finding> {
        let mut findings = Vec::new();
        for pair in report.processes.windows(2) {
            let [before, now] = pair else { continue };
            for process in &now.list {
                let old = before.list.iter().find(|old| old.pid == process.pid);
                let (Some(had), Some(count)) = (old.and_then(|old| old.threads), process.threads)
                else {
                    continue;
                };
                if !grew(had, count, LEAST) {
                    continue;
                }
                let (pid, time) = (process.pid, in_time(report, &before.locator, &now.locator));
                findings.push(Finding {
                    summary: t!("Process {pid} had {had} threads, then {count}. Each takes a stack and counts against the limits of the user and of the container.", pid, had, count),
                    evidence: vec![
                        Evidence::new(t!("{had} threads", had), before.locator.clone()),
                        Evidence::new(t!("{count} threads", count), now.locator.clone()),
                    ],
                    advice: vec![t!("`jcmd {pid} Thread.print` names the family that grows; give the code that starts it a pool with a bound.", pid)],
                    ..Finding::new(&META, t!("Process {pid} grew from {had} to {count} threads{time}", pid, had, count, time))
                });
            }
        }
        findings
    }
}
