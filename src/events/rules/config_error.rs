//! Start-up failed.

use super::{by_subject, finding, total};
use crate::events::event::What;
use crate::events::report::EventsReport;
use crate::finding::{Finding, Rule, RuleMeta, Severity};
use crate::t;

pub(super) struct ConfigError;

const META: RuleMeta = RuleMeta {
    id: "events/config-error",
    title: "Start-up failed",
    severity: Severity::High,
    means: "The container, the JVM or the server could not start with what it was given.",
    detected: "Failed events of the kubelet about creating or starting a container, or the start-up failures of the JVM launcher, Spring Boot and Tomcat, unresolved properties and ports already in use.",
    advice: "Read the first message: later ones follow from it.",
    false_positives: "A second instance started by hand meets a port already in use.",
    sources: &[
        "JDK: src/java.base/share/native/libjli/emessages.h",
        "Spring Boot: LoggingFailureAnalysisReporter",
    ],
};

impl Rule<EventsReport> for ConfigError {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, report: &EventsReport) -> Vec<Finding> {
        let failed = |what: &What| {
            matches!(
                what,
                What::ConfigError | What::ServerStartFailed { .. } | What::ContainerStartFailed
            )
        };
        by_subject(report, failed)
            .into_iter()
            .map(|(name, events)| {
                let message = events.first().map_or("", |event| &event.detail);
                let message: String = message.chars().take(160).collect();
                let title = t!("{name}: start-up failed, {times} messages", name, times = total(&events));
                Finding {
                    summary: t!("The process could not start with its configuration. First message: {message}", message),
                    advice: vec![t!("Correct what the first message names; compare with the configuration of the last life that worked.")],
                    ..finding(&META, title, &events)
                }
            })
            .collect()
    }
}
