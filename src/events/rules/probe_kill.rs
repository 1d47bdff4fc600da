//! The supervisor killed a process because a probe failed.

use super::{finding, statement};
use crate::events::event::{Event, What};
use crate::events::kinds::{KillReason, ProbeFailure, ProbeKind};
use crate::events::report::EventsReport;
use crate::events::state::{Life, Probe};
use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::t;
use crate::text;

pub(super) struct ProbeKill;

const META: RuleMeta = RuleMeta {
    id: "events/probe-kill",
    title: "Killed after failed probes",
    severity: Severity::Critical,
    means: "The supervisor ended the process because it did not answer its probe in time. That names who ended it, not why it was silent.",
    detected: "An order to kill with a failed liveness or start-up probe as its reason (Kubernetes Killing, systemd watchdog, ECS health check). Exit code 143 afterwards means that the JVM still reacted to SIGTERM; 137 that it did not within the grace period.",
    advice: "Find out why the process was silent in the minute before: GC log, thread dumps, processor limits.",
    false_positives: "A probe that is too strict for start-up or for a long but harmless pause kills a healthy process.",
    sources: &["Kubernetes: pkg/kubelet/prober, pkg/kubelet/kuberuntime/kuberuntime_container.go"],
};

impl Rule<EventsReport> for ProbeKill {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, report: &EventsReport) -> Vec<Finding> {
        let ordered = |what: &What| {
            matches!(
                what,
                What::KillOrdered {
                    reason: KillReason::Probe(_)
                }
            )
        };
        super::by_subject(report, ordered)
            .into_iter()
            .map(|(name, orders)| of_subject(&name, &orders, report))
            .collect()
    }
}

fn of_subject(name: &str, orders: &[&Event], report: &EventsReport) -> Finding {
    let kind = match orders[0].what {
        What::KillOrdered {
            reason: KillReason::Probe(kind),
        } => kind,
        _ => ProbeKind::Liveness,
    };
    let times = super::total(orders);
    let probe = kind.word();
    let title = match times {
        1 => t!("{name}: killed because its {probe} failed", name, probe),
        _ => t!(
            "{name}: killed {times} times because its {probe} failed",
            name,
            times,
            probe
        ),
    };
    let failures: Vec<&Event> = report
        .events
        .iter()
        .filter(|event| matches!(event.what, What::ProbeFailed { probe, .. } if probe == kind))
        .filter(|event| event.subject.agrees(&orders[0].subject))
        .collect();
    let mut evidence: Vec<Evidence> = orders
        .iter()
        .take(4)
        .map(|event| statement(event))
        .collect();
    evidence.extend(failures.iter().take(3).map(|event| statement(event)));
    let lives: Vec<&Life> = report
        .lives
        .iter()
        .filter(|life| life.subject.agrees(&orders[0].subject) && life.kill_order.is_some())
        .collect();
    for life in lives.iter().take(3) {
        if let (Some(code), Some(at)) = (
            life.end.as_ref().and_then(|end| end.exit_code),
            life.locators.first(),
        ) {
            evidence.push(Evidence::new(
                t!(
                    "a life that was ordered to end did so with exit code {code}",
                    code
                ),
                at.clone(),
            ));
        }
    }
    let configured = report
        .containers
        .iter()
        .filter(|container| container.subject.agrees(&orders[0].subject))
        .find_map(|container| container.probes.iter().find(|probe| probe.kind == kind));
    Finding {
        summary: summary(&failures, &lives, configured),
        evidence,
        advice: vec![
            t!(
                "Look at what the process did in the minute before: `diag gc` for pauses, `diag threads` for a deadlock or a full worker pool. The probe is the messenger."
            ),
            t!(
                "Take three thread dumps in a preStop hook or from a sidecar before the next kill: afterwards they are gone."
            ),
        ],
        ..finding(&META, title, orders)
    }
}

fn summary(failures: &[&Event], lives: &[&Life], probe: Option<&Probe>) -> String {
    let mut text = how_failed(failures);
    if let Some(probe) = probe {
        let shortest = text::duration(probe.shortest_outage());
        text += " ";
        text += &t!(
            "With its settings the process was silent for at least {shortest} before each order.",
            shortest
        );
    }
    let code = |wanted: i32| {
        lives
            .iter()
            .any(|life| life.end.as_ref().and_then(|end| end.exit_code) == Some(wanted))
    };
    if code(143) {
        text += " ";
        text += &t!("Exit code 143 shows that the JVM still reacted to SIGTERM.");
    }
    if code(137) {
        text += " ";
        text += &t!(
            "Exit code 137 came from SIGKILL after the grace period, not from a memory limit: the JVM did not finish its shutdown."
        );
    }
    text
}

fn how_failed(failures: &[&Event]) -> String {
    let has = |wanted: fn(&ProbeFailure) -> bool| {
        failures
            .iter()
            .any(|event| matches!(&event.what, What::ProbeFailed { why, .. } if wanted(why)))
    };
    if has(|why| matches!(why, ProbeFailure::Status(_))) {
        t!(
            "The process answered its probe with an error status: it was alive, and its own health check said no. That speaks against a freeze."
        )
    } else if has(|why| *why == ProbeFailure::Timeout) {
        t!("The process did not answer in time, as a frozen or overloaded one does.")
    } else if has(|why| *why == ProbeFailure::Refused) {
        t!(
            "Nobody listened on the port: still starting, already gone, or its accept queue was full."
        )
    } else if has(|why| *why == ProbeFailure::Runtime) {
        t!("The node or the container runtime could not even ask: look at the node first.")
    } else {
        t!("How the probe failed is not in the sources.")
    }
}
