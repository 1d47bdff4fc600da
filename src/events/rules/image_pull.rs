//! The image of a container cannot be had.

use super::{by_subject, finding, total};
use crate::events::event::What;
use crate::events::report::EventsReport;
use crate::finding::{Finding, Rule, RuleMeta, Severity};
use crate::t;

pub(super) struct ImagePull;

const META: RuleMeta = RuleMeta {
    id: "events/image-pull",
    title: "Image cannot be pulled",
    severity: Severity::High,
    means: "A container cannot start because its image cannot be fetched. The JVM in it never ran.",
    detected: "An event Failed or BackOff whose message is about pulling, ErrImagePull, ImagePullBackOff, InspectFailed, or the same state of a platform.",
    advice: "Check the name and tag of the image, the credentials and the reachability of the registry.",
    false_positives: "A registry that was briefly unreachable recovers by itself; a later Pulled event shows it.",
    sources: &["Kubernetes: pkg/kubelet/images/types.go"],
};

impl Rule<EventsReport> for ImagePull {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, report: &EventsReport) -> Vec<Finding> {
        by_subject(report, |what| matches!(what, What::ImagePullFailed))
            .into_iter()
            .map(|(name, events)| {
                let times = total(&events);
                let title = t!("{name}: the image cannot be pulled, {times} failures", name, times);
                Finding {
                    summary: t!("The container never started because its image could not be fetched. Nothing of the application ran, so heap, threads and GC have no part in this."),
                    advice: vec![t!("Read the message behind the first failure: a wrong tag and missing credentials look alike."),
                        t!("Run `kubectl describe pod` and check image, tag, registry and imagePullSecrets.")],
                    ..finding(&META, title, &events)
                }
            })
            .collect()
    }
}
