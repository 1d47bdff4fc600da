//! The node itself was in trouble.

use super::{by_subject, finding, total};
use crate::events::event::What;
use crate::events::report::EventsReport;
use crate::finding::{Finding, Rule, RuleMeta, Severity};
use crate::t;

pub(super) struct NodeTrouble;

const META: RuleMeta = RuleMeta {
    id: "events/node-trouble",
    title: "Node in trouble",
    severity: Severity::Critical,
    means: "The machine under the pod rebooted, stopped answering or ran out of memory, disk or process identifiers.",
    detected: "Events or conditions NodeNotReady, Rebooted, SystemOOM, OOMKilling, MemoryPressure, DiskPressure, PIDPressure.",
    advice: "Look at the node before the application: kernel log, other pods, autoscaler and maintenance.",
    false_positives: "Planned maintenance and autoscaling write the same events.",
    sources: &[
        "Kubernetes: pkg/controller/nodelifecycle",
        "node-problem-detector: config/kernel-monitor.json",
    ],
};

impl Rule<EventsReport> for NodeTrouble {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, report: &EventsReport) -> Vec<Finding> {
        by_subject(report, |what| matches!(what, What::NodeNotReady | What::NodeRebooted | What::NodeOom { .. } | What::NodePressure { .. }))
            .into_iter()
            .map(|(name, events)| {
                let times = total(&events);
                let title = t!("{name}: the node was in trouble, {times} events", name, times);
                Finding {
                    summary: t!("The node rebooted, stopped answering or ran short of a resource. That reaches every pod on it at once; a fault in one application does not explain it."),
                    advice: vec![t!("See whether other pods of the same node suffered at the same time: `kubectl get events -A --field-selector involvedObject.kind=Node`."),
                        t!("Take the kernel's log of the node (`journalctl -k`) for the minutes before the first event.")],
                    ..finding(&META, title, &events)
                }
            })
            .collect()
    }
}
