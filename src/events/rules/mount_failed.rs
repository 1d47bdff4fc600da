//! A volume could not be attached or mounted.

use super::{by_subject, finding, total};
use crate::events::event::What;
use crate::events::report::EventsReport;
use crate::finding::{Finding, Rule, RuleMeta, Severity};
use crate::t;

pub(super) struct MountFailed;

const META: RuleMeta = RuleMeta {
    id: "events/mount-failed",
    title: "Volume not mounted",
    severity: Severity::High,
    means: "A volume could not be attached or mounted, so containers cannot start.",
    detected: "Events FailedMount, FailedAttachVolume, FailedMapVolume, FailedBinding, ProvisioningFailed, or the mount error of a platform log.",
    advice: "Check that the volume, its claim, its Secret or ConfigMap exist and that no other node holds it.",
    false_positives: "One FailedMount while another node still releases the disk is normal during a move.",
    sources: &["Kubernetes: pkg/kubelet/events/event.go"],
};

impl Rule<EventsReport> for MountFailed {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, report: &EventsReport) -> Vec<Finding> {
        by_subject(report, |what| matches!(what, What::MountFailed { .. }))
            .into_iter()
            .map(|(name, events)| {
                let times = total(&events);
                let title = t!("{name}: a volume could not be mounted, {times} failures", name, times);
                Finding {
                    summary: t!("The container cannot start, or cannot start again, until the volume is there. The platform restarts or waits; the application has no say in it."),
                    advice: vec![t!("Look at the volume named in the first message: a missing ConfigMap or Secret, a disk still attached to another node, or a storage account that refuses."),
                        t!("Run `kubectl describe pvc` and `kubectl get volumeattachment`; for App Service check the storage mount of the site.")],
                    ..finding(&META, title, &events)
                }
            })
            .collect()
    }
}
