//! Virtual threads that keep their carriers.

use super::{Facts, in_dumps};
use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::t;
use crate::threads::report::DumpSummary;
use crate::threads::virtual_threads::{Pin, VirtualThreads};

pub(super) struct PinnedRule;
pub(super) const PINNED: PinnedRule = PinnedRule;

static META: RuleMeta = RuleMeta {
    id: "threads/virtual-pinned",
    title: "Virtual threads keep their carriers",
    severity: Severity::Medium,
    means: "A virtual thread that waits while pinned keeps its carrier. There are about as many carriers as processors; when all are taken, no other virtual thread runs.",
    detected: "A mounted virtual thread that waits: parked on its carrier, in a class initialiser or waiting for one, holding a monitor (before JDK 24), or below a native frame. High when every carrier of the dump is taken by one of them, critical when the scheduler reports as many active carriers as it has and queued work.",
    advice: "Do not block in static initialisers; update to JDK 24 or later, where synchronized no longer pins (JEP 491); replace synchronized by ReentrantLock before that.",
    false_positives: "A virtual thread that was about to be unmounted.",
    sources: &["JEP 444", "JEP 491"],
};

impl Rule<Facts<'_>> for PinnedRule {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, facts: &Facts<'_>) -> Vec<Finding> {
        let report = facts.report;
        let seen: Vec<(&DumpSummary, &VirtualThreads)> = report
            .dumps
            .iter()
            .filter_map(|dump| Some((dump, dump.virtual_threads.as_ref()?)))
            .filter(|(_, found)| !found.pinned.is_empty())
            .collect();
        let mut findings: Vec<Finding> = finding(&seen, report.dumps.len()).into_iter().collect();
        let full = report.schedulers.iter().filter(|s| {
            s.size > 0 && s.active >= s.size && s.running == 0 && s.queued + s.submissions > 0
        });
        for scheduler in full {
            let mut finding = Finding::new(
                &META,
                t!(
                    "All {size} carriers of the virtual thread scheduler are taken and {queued} virtual threads wait for one",
                    size = scheduler.size,
                    queued = scheduler.queued + scheduler.submissions
                ),
            );
            finding.severity = Severity::Critical;
            finding.summary = t!(
                "No carrier is free to run (running = 0), so no virtual thread that is ready to run makes progress."
            );
            finding.evidence.push(Evidence::new(t!(
                "parallelism {parallelism}, size {size}, active {active}, running {running}, submissions {submissions}",
                parallelism = scheduler.parallelism, size = scheduler.size, active = scheduler.active, running = scheduler.running, submissions = scheduler.submissions
            ), scheduler.at.clone()));
            finding.advice.push(t!(
                "Take a jstack: it shows what the carriers carry and where that is pinned."
            ));
            findings.push(finding);
        }
        findings
    }
}

fn finding(seen: &[(&DumpSummary, &VirtualThreads)], all: usize) -> Option<Finding> {
    let (_, found) = *seen
        .iter()
        .max_by_key(|(_, found)| (found.exhausted, found.pinned.len()))?;
    let pinned = found.pinned.len() as u64;
    let carriers = found.carriers;
    let mut finding = Finding::new(
        &META,
        t!(
            "{pinned} of {carriers} carriers are kept by pinned virtual threads{dumps}",
            pinned,
            carriers,
            dumps = in_dumps(seen.len(), all)
        ),
    );
    if found.exhausted {
        finding.severity = Severity::High;
    }
    finding.summary = match found.exhausted {
        true => t!(
            "No carrier of the dump is left. The scheduler has as many as processors (jdk.virtualThreadScheduler.parallelism): if these are all, no other virtual thread of this process runs."
        ),
        false if found.mounted == carriers => t!(
            "The other carriers have virtual threads mounted too, which run or wait for a monitor."
        ),
        false => t!("The other virtual threads share the carriers that are left."),
    };
    for thread in found.pinned.iter().take(5) {
        let because = match thread.because {
            Pin::ClassInit => t!("a class is being initialised"),
            Pin::Native => t!("a native frame is on its stack"),
            Pin::Monitor => t!("it holds or wants a monitor"),
            Pin::Unknown => t!("the dump does not say why"),
        };
        let frame = thread.frame.as_deref();
        let name = match thread.thread.number {
            Some(number) => t!("virtual thread #{number}", number),
            None => thread.thread.name.clone(),
        };
        let (statement, at) = match (&thread.carrier, frame) {
            (Some(carrier), None) => (
                t!(
                    "{carrier} carries {name}: {because}",
                    carrier = carrier.name,
                    name,
                    because
                ),
                &carrier.at,
            ),
            (Some(carrier), Some(frame)) => (
                t!(
                    "{carrier} carries {name} at {frame}: {because}",
                    carrier = carrier.name,
                    name,
                    frame,
                    because
                ),
                &carrier.at,
            ),
            (None, _) => (
                t!(
                    "{name} is parked on its carrier at {frame}: {because}",
                    name,
                    frame = frame.unwrap_or("?"),
                    because
                ),
                &thread.thread.at,
            ),
        };
        finding.evidence.push(Evidence::new(statement, at.clone()));
    }
    finding.advice.push(match found.pinned.iter().any(|thread| thread.because == Pin::ClassInit) {
        true => t!("Initialise that class at start-up, before virtual threads use it, and do not block in its static initialiser."),
        false => t!("Update to JDK 24 or later (JEP 491), or replace synchronized by ReentrantLock around the blocking call."),
    });
    Some(finding)
}
