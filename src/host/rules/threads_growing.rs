//! A process starts threads that do not end.

use super::growth::{Figure, ends, grew, in_time};
use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::host::report::HostReport;
use crate::host::snapshot::Process;
use crate::t;

const LEAST: u64 = 20;

pub(super) struct ThreadsGrowing;

const META: RuleMeta = RuleMeta {
    id: "host/threads-growing",
    title: "Threads grow",
    severity: Severity::Medium,
    means: "Between two lists a process started many more threads than ended. At the limit of processes or of pids.max no thread can be made, and the JVM says so with an OutOfMemoryError.",
    detected: "Of the first and the last of several lists of ps, a process has at least 20 threads and a quarter more in the last.",
    advice: "Name the family that grows with a thread dump; give it a pool with a bound.",
    false_positives: "A pool that fills up to its bound after a start.",
    sources: &["ps(1): NLWP", "HotSpot os_linux.cpp, os::create_thread"],
};

impl Rule<HostReport> for ThreadsGrowing {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, report: &HostReport) -> Vec<Finding> {
        let figures = report.processes.iter().flat_map(|list| {
            let counted = |process: &Process| {
                let value = process.threads?;
                let (of, at) = (process.pid, &list.locator);
                Some(Figure { of, value, at })
            };
            list.list.iter().filter_map(counted)
        });
        ends(figures)
            .into_iter()
            .filter(|(first, last)| grew(first.value, last.value, LEAST))
            .map(|(first, last)| {
                let (pid, had, count) = (first.of, first.value, last.value);
                let time = in_time(report, first.at, last.at);
                Finding {
                    summary: t!("Process {pid} had {had} threads, then {count}. Each takes a stack and counts against the limits of the user and of the container.", pid, had, count),
                    evidence: vec![
                        Evidence::new(t!("{had} threads", had), first.at.clone()),
                        Evidence::new(t!("{count} threads", count), last.at.clone()),
                    ],
                    advice: vec![t!("`jcmd {pid} Thread.print` names the family that grows; give the code that starts it a pool with a bound.", pid)],
                    ..Finding::new(&META, t!("Process {pid} grew from {had} to {count} threads{time}", pid, had, count, time))
                }
            })
            .collect()
    }
}
