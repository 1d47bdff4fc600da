//! No more file descriptors.

use super::{by_subject, finding, total};
use crate::events::event::What;
use crate::events::report::EventsReport;
use crate::finding::{Finding, Rule, RuleMeta, Severity};
use crate::t;

pub(super) struct DescriptorsExhausted;

const META: RuleMeta = RuleMeta {
    id: "events/descriptors-exhausted",
    title: "Too many open files",
    severity: Severity::High,
    means: "The process reached its limit of file descriptors.",
    detected: "A line with Too many open files outside a stack frame.",
    advice: "Find the descriptors that grow; close what is opened; raise the limit if the load needs it.",
    false_positives: "A tool run beside the JVM may write the same line.",
    sources: &["Linux: EMFILE"],
};

impl Rule<EventsReport> for DescriptorsExhausted {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, report: &EventsReport) -> Vec<Finding> {
        by_subject(report, |what| matches!(what, What::DescriptorsExhausted))
            .into_iter()
            .map(|(name, events)| {
                let times = total(&events);
                let title = t!("{name}: too many open files, {times} lines", name, times);
                Finding {
                    summary: t!("The process reached its limit of open files and sockets. New connections are refused and files cannot be opened, while the JVM looks healthy."),
                    advice: vec![t!("Count descriptors by kind with `lsof -p PID`, twice: what grows is the leak."),
                        t!("Compare with `Max open files` in /proc/PID/limits; raise `LimitNOFILE` or `ulimit -n` only when the need is real.")],
                    ..finding(&META, title, &events)
                }
            })
            .collect()
    }
}
