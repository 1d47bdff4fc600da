//! A container starts and dies again and again.

use std::collections::BTreeMap;

use super::{by_subject, evidence, span, total};
use crate::events::event::{Event, What};
use crate::events::report::EventsReport;
use crate::events::state::{ContainerState, RunState};
use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::t;
use crate::text;

pub(super) struct CrashLoop;

/// Restarts below which it is not called a loop.
const LEAST: u64 = 3;

const META: RuleMeta = RuleMeta {
    id: "events/crash-loop",
    title: "Restarting again and again",
    severity: Severity::High,
    means: "A container or unit ends soon after each start, and the supervisor waits longer and longer before the next.",
    detected: "A container that waits in CrashLoopBackOff with at least three restarts, or at least three back-off events or scheduled restarts of one subject.",
    advice: "Read the log of the previous life (kubectl logs --previous) and the exit code: the reason is at its end.",
    false_positives: "A job that ends by design and is wrongly run as a service restarts with exit code 0.",
    sources: &["Kubernetes: pkg/kubelet/kuberuntime (back-off 10 s doubling to 300 s)"],
};

impl Rule<EventsReport> for CrashLoop {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, report: &EventsReport) -> Vec<Finding> {
        let mut events: BTreeMap<String, Vec<&Event>> = by_subject(report, |what| {
            matches!(what, What::BackOff | What::RestartScheduled { .. })
        });
        let mut findings = Vec::new();
        for container in &report.containers {
            let restarts = container.restart_count.unwrap_or(0);
            let name = container.subject.name();
            let told = events.remove(&name).unwrap_or_default();
            if restarts >= LEAST && (waits(container) || total(&told) >= LEAST) {
                findings.push(of(&name, restarts, &told, Some(container)));
            }
        }
        for (name, told) in events {
            let counter = told.iter().filter_map(|event| match event.what {
                What::RestartScheduled { counter } => counter,
                _ => None,
            });
            let times = counter.max().unwrap_or(0).max(total(&told));
            if times >= LEAST {
                findings.push(of(&name, times, &told, None));
            }
        }
        findings
    }
}

fn waits(container: &ContainerState) -> bool {
    matches!(&container.state, RunState::Waiting { reason: Some(reason), .. } if reason == "CrashLoopBackOff")
}

fn of(name: &str, restarts: u64, told: &[&Event], container: Option<&ContainerState>) -> Finding {
    let title = t!(
        "{name}: {restarts} restarts, backing off between them",
        name,
        restarts = text::count(restarts)
    );
    let mut statements = evidence(told);
    let mut summary = t!(
        "The container ends soon after each start, so the supervisor waits longer before each new one. The end of the previous life holds the reason; the waiting itself is only the consequence."
    );
    if let Some(container) = container {
        let count = t!("restart count {restarts}", restarts);
        statements.insert(0, Evidence::new(count, container.locator.clone()));
        if let Some(RunState::Terminated(end)) = &container.last_state {
            let code = end
                .exit_code
                .map_or_else(|| "?".to_owned(), |code| code.to_string());
            let reason = end.reason.clone().unwrap_or_else(|| "–".to_owned());
            summary += " ";
            summary += &t!(
                "The last life ended with exit code {code} ({reason}).",
                code,
                reason
            );
            if let (Some(from), Some(to)) = (end.started, end.finished) {
                let lived = text::duration(to.lo.since(from.lo));
                statements.push(Evidence::new(
                    t!("the last life took {lived}", lived),
                    container.locator.clone(),
                ));
            }
        }
    }
    Finding {
        when: span(told),
        summary,
        evidence: statements,
        advice: vec![
            t!("Get the output of the previous life: `kubectl logs POD -c CONTAINER --previous`."),
            t!(
                "Exit code 1 soon after the start points to configuration, 137 to a kill, 3 to ExitOnOutOfMemoryError."
            ),
        ],
        ..Finding::new(&META, title)
    }
}
