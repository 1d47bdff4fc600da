//! The runtime says that a container was killed at its memory limit.

use super::statement;
use crate::events::event::{Event, What};
use crate::events::kinds::OomScope;
use crate::events::report::EventsReport;
use crate::events::state::{ContainerState, RunState, Terminated};
use crate::finding::{Confidence, Evidence, Finding, Rule, RuleMeta, Severity};
use crate::t;
use crate::text;
use crate::time::Stamp;

pub(super) struct OomKilledContainer;

const META: RuleMeta = RuleMeta {
    id: "events/oom-killed-container",
    title: "Container killed at its memory limit",
    severity: Severity::Critical,
    means: "The container runtime reports that the memory limit killed a process of the container.",
    detected: "Reason OOMKilled with exit code 137, an oom event of docker, TaskOOM of containerd, oom-kill of systemd, or the reason of ECS. Confirmed only with the kernel's own line; with another exit code than 137 the word is taken for a mistake and said to be one. Docker's sticky flag OOMKilled alone is not used.",
    advice: "Ask for the kernel's log of the node; compare the limit with heap plus native memory.",
    false_positives: "OOMKilled is also written when any other process of the container was killed, and with exit code 143 after an ordinary stop.",
    sources: &[
        "moby issue 43564",
        "containerd issue 8893",
        "kops issue 18040",
    ],
};

impl Rule<EventsReport> for OomKilledContainer {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, report: &EventsReport) -> Vec<Finding> {
        let mut findings: Vec<Finding> = report
            .containers
            .iter()
            .flat_map(|container| ends(container).map(move |end| (container, end)))
            .map(|(container, end)| of_state(container, end, report))
            .collect();
        if findings.is_empty() {
            let told: Vec<&Event> = report
                .events
                .iter()
                .filter(|event| event.what == What::OomKilled)
                .collect();
            findings.extend(of_events(&told, report));
        }
        findings
    }
}

fn ends(container: &ContainerState) -> impl Iterator<Item = &Terminated> {
    let states = [Some(&container.state), container.last_state.as_ref()];
    states
        .into_iter()
        .flatten()
        .filter_map(|state| match state {
            RunState::Terminated(end) if end.reason.as_deref() == Some("OOMKilled") => Some(end),
            _ => None,
        })
}

fn of_state(container: &ContainerState, end: &Terminated, report: &EventsReport) -> Finding {
    let name = container.subject.name();
    let code = end
        .exit_code
        .map_or_else(|| "?".to_owned(), |code| code.to_string());
    let kernel: Vec<&Event> = kernel_lines(report)
        .filter(|event| {
            let near = match (event.at, end.finished) {
                (Some(Stamp::Zoned(at)), Some(finished)) => {
                    finished.lo.since(at.lo).abs() < 60_000_000
                }
                _ => true,
            };
            let other = event.subject.uid.is_some()
                && container.subject.uid.is_some()
                && event.subject.uid != container.subject.uid;
            near && !other
        })
        .collect();
    let limit = container.limits.memory.map(text::bytes);
    let confidence = match (kernel.is_empty(), end.exit_code) {
        (false, _) => Confidence::Confirmed,
        (true, Some(137)) => Confidence::Likely,
        (true, _) => Confidence::Unlikely,
    };
    let title = match &limit {
        Some(limit) => t!(
            "{name}: reported as OOMKilled at a limit of {limit}, exit code {code}",
            name,
            limit,
            code
        ),
        None => t!(
            "{name}: reported as OOMKilled, exit code {code}",
            name,
            code
        ),
    };
    let summary = match confidence {
        Confidence::Confirmed => t!(
            "The runtime says so and the kernel's own line confirms it: the memory limit of the container ended the process. Nothing of Java could react to it."
        ),
        Confidence::Likely => t!(
            "The runtime says that the memory limit ended the process, and the exit code fits. The kernel's own line, which alone proves it, is not among the sources."
        ),
        _ => t!(
            "The runtime writes OOMKilled, but exit code {code} is not that of a SIGKILL: the main process ended in another way, and the word is probably about a helper process or a mistake.",
            code
        ),
    };
    let statement_of_state = t!("reason OOMKilled, exit code {code}", code);
    let mut evidence = vec![Evidence::new(statement_of_state, container.locator.clone())];
    evidence.extend(kernel.iter().take(3).map(|event| statement(event)));
    Finding {
        confidence,
        severity: match confidence {
            Confidence::Unlikely => Severity::Low,
            _ => META.severity,
        },
        when: end.finished.map(|at| (at, at)),
        summary,
        evidence,
        advice: advice(),
        ..Finding::new(&META, title)
    }
}

fn of_events(told: &[&Event], report: &EventsReport) -> Option<Finding> {
    let first = told.first()?;
    let name = match first.subject.name() {
        name if name.is_empty() => first.locator.source.clone(),
        name => name,
    };
    let confirmed = kernel_lines(report).next().is_some();
    let title = t!(
        "{name}: killed at its memory limit, {times} reports",
        name,
        times = super::total(told)
    );
    Some(Finding {
        confidence: match confirmed {
            true => Confidence::Confirmed,
            false => Confidence::Likely,
        },
        summary: t!(
            "The runtime reports that the memory limit killed a process of the container. That is the limit around the JVM, not an OutOfMemoryError inside it, even where the text of the platform reads like one."
        ),
        advice: advice(),
        ..super::finding(&META, title, told)
    })
}

fn kernel_lines(report: &EventsReport) -> impl Iterator<Item = &Event> {
    let memcg = |event: &&Event| matches!(&event.what, What::KernelOomKill(kill) if kill.scope == OomScope::Memcg);
    report.events.iter().filter(memcg)
}

fn advice() -> Vec<String> {
    vec![
        t!(
            "Get the kernel's log of the node (`journalctl -k`, `dmesg -T`) for the second of the end: CONSTRAINT_MEMCG proves the limit, CONSTRAINT_NONE the node."
        ),
        t!(
            "Compare the limit with `-Xmx` plus metaspace, threads, code cache and direct memory; leave a quarter of the limit for what is outside the heap."
        ),
    ]
}
