//! The JVM could not react to a signal.

use super::{by_subject, finding};
use crate::events::event::What;
use crate::events::report::EventsReport;
use crate::finding::{Finding, Rule, RuleMeta, Severity};
use crate::t;

pub(super) struct Unstoppable;

const META: RuleMeta = RuleMeta {
    id: "events/unstoppable",
    title: "Signal not handled for lack of memory",
    severity: Severity::High,
    means: "The heap was so full that the JVM could not start its shutdown on a signal.",
    detected: "The JVM warning Exception java.lang.OutOfMemoryError occurred dispatching signal.",
    advice: "Make the JVM end itself on OutOfMemoryError; solve the shortage of heap first.",
    false_positives: "None known.",
    sources: &["HotSpot: src/hotspot/share/runtime/os.cpp signal_thread_entry"],
};

impl Rule<EventsReport> for Unstoppable {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, report: &EventsReport) -> Vec<Finding> {
        by_subject(report, |what| matches!(what, What::SignalLost { .. }))
            .into_iter()
            .map(|(name, events)| {
                let title = t!("{name}: the JVM had no memory left to handle a signal", name);
                Finding {
                    summary: t!("The signal arrived, but the thread that handles it failed with OutOfMemoryError. Shutdown hooks did not run, so a SIGTERM cannot end this process: it takes the whole grace period and SIGKILL."),
                    advice: vec![t!("Do not read the following exit code 137 as a kill for memory: it is the SIGKILL at the end of the grace period."),
                        t!("Add `-XX:+ExitOnOutOfMemoryError` so that a JVM without memory ends itself at once.")],
                    ..finding(&META, title, &events)
                }
            })
            .collect()
    }
}
