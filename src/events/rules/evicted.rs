//! The node threw the pod off.

use super::{by_subject, finding, total};
use crate::events::event::What;
use crate::events::report::EventsReport;
use crate::finding::{Finding, Rule, RuleMeta, Severity};
use crate::t;
use crate::text;

pub(super) struct Evicted;

const META: RuleMeta = RuleMeta {
    id: "events/evicted",
    title: "Pod evicted",
    severity: Severity::Critical,
    means: "The kubelet removed the pod because the node ran short of memory, disk or process identifiers.",
    detected: "Events Evicted, EvictionThresholdMet, TaintManagerEviction, or a pod whose status reason is Evicted.",
    advice: "Give the pod requests that match its use, and find what fills the node.",
    false_positives: "A drain of a node also evicts; the message then names no resource.",
    sources: &["Kubernetes: pkg/kubelet/eviction/eviction_manager.go"],
};

impl Rule<EventsReport> for Evicted {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, report: &EventsReport) -> Vec<Finding> {
        by_subject(report, |what| matches!(what, What::Evicted { .. }))
            .into_iter()
            .map(|(name, events)| {
                let often = text::often(total(&events));
                let title = t!("{name}: evicted by its node {often}", name, often);
                Finding {
                    summary: t!("The node was short of a resource and removed the pod. That ends the JVM from outside, whatever its own state was; pods far above their requests go first."),
                    advice: vec![t!("Find out what filled the node: its other pods, or this one's memory or disk use above its request."),
                        t!("Set the memory request to what the process really uses (heap plus metaspace, threads, direct memory): a pod above its request is evicted first."),
                        t!("For ephemeral-storage, look for heap dumps and logs inside the container's file system.")],
                    ..finding(&META, title, &events)
                }
            })
            .collect()
    }
}
