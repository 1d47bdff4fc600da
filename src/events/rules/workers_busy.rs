//! All worker threads were busy, or requests were stuck.

use super::{by_subject, finding, total};
use crate::events::event::What;
use crate::events::report::EventsReport;
use crate::finding::{Finding, Rule, RuleMeta, Severity};
use crate::t;

pub(super) struct WorkersBusy;

const META: RuleMeta = RuleMeta {
    id: "events/workers-busy",
    title: "Worker threads busy",
    severity: Severity::High,
    means: "The pool of request threads is used up or requests do not end.",
    detected: "Tomcat All threads (n) are currently busy, StuckThreadDetectionValve, WebLogic [STUCK], WebSphere WSVR0605W.",
    advice: "Take thread dumps and find what the workers wait for.",
    false_positives: "A short burst may fill the pool without harm.",
    sources: &["Tomcat: org.apache.tomcat.util.threads, StuckThreadDetectionValve"],
};

impl Rule<EventsReport> for WorkersBusy {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, report: &EventsReport) -> Vec<Finding> {
        by_subject(report, |what| matches!(what, What::WorkersBusy { .. } | What::StuckThread { .. }))
            .into_iter()
            .map(|(name, events)| {
                let times = total(&events);
                let title = t!("{name}: worker threads busy or stuck, {times} warnings", name, times);
                Finding {
                    summary: t!("The server says that its worker threads are all in use or do not come back. Requests queue behind them, health checks included; that is a mechanism, not yet a cause."),
                    advice: vec![t!("Take thread dumps while it lasts, three at ten-second intervals: what most workers wait for is the cause."),
                        t!("Raising the number of workers only helps when the workers do useful work.")],
                    ..finding(&META, title, &events)
                }
            })
            .collect()
    }
}
