//! No node took the pod.

use super::{by_subject, finding, total};
use crate::events::event::What;
use crate::events::report::EventsReport;
use crate::finding::{Finding, Rule, RuleMeta, Severity};
use crate::t;

pub(super) struct NotScheduled;

const META: RuleMeta = RuleMeta {
    id: "events/not-scheduled",
    title: "Pod not scheduled",
    severity: Severity::High,
    means: "The scheduler finds no node for the pod, or a pod of higher priority took its place.",
    detected: "Events FailedScheduling, HostPortConflict, Preempted.",
    advice: "Lower the requests, free capacity, or correct taints, affinities and host ports.",
    false_positives: "A cluster autoscaler that is about to add a node writes the same event first.",
    sources: &["Kubernetes: pkg/scheduler/schedule_one.go"],
};

impl Rule<EventsReport> for NotScheduled {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, report: &EventsReport) -> Vec<Finding> {
        by_subject(report, |what| matches!(what, What::SchedulingFailed { .. } | What::Preempted))
            .into_iter()
            .map(|(name, events)| {
                let times = total(&events);
                let title = t!("{name}: no node takes the pod, {times} attempts failed", name, times);
                Finding {
                    summary: t!("The pod waits outside every node: requests, taints, affinities or host ports leave no place for it, or a pod of higher priority pushed it out. The application never ran."),
                    advice: vec![t!("Read the message of the first attempt: it counts the nodes by reason."),
                        t!("Compare the requests of the pod with what nodes have free: `kubectl describe node`, section Allocated resources.")],
                    ..finding(&META, title, &events)
                }
            })
            .collect()
    }
}
