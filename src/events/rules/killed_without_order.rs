//! SIGKILL from nobody known.

use crate::events::report::EventsReport;
use crate::events::state::Life;
use crate::finding::{Confidence, Evidence, Finding, Rule, RuleMeta, Severity};
use crate::t;
use crate::time::Stamp;

pub(super) struct KilledWithoutOrder;

const META: RuleMeta = RuleMeta {
    id: "events/killed-without-order",
    title: "Killed, and nobody said why",
    severity: Severity::High,
    means: "A container ended with exit code 137 without the word OOMKilled and without a recorded order. Either the runtime lost the report of a kill for memory, or somebody sent SIGKILL.",
    detected: "A life that ended with exit code 137 and another reason than OOMKilled, while no order to kill it and no kill for memory is among the events.",
    advice: "The kernel's log of the node decides.",
    false_positives: "Events older than an hour are gone: the order may simply have expired.",
    sources: &["containerd issue 8893"],
};

impl Rule<EventsReport> for KilledWithoutOrder {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, report: &EventsReport) -> Vec<Finding> {
        let memory = report
            .events
            .iter()
            .any(|event| event.what.is_memory_kill());
        let lives = report
            .lives
            .iter()
            .filter(|life| !memory && killed(life) && life.kill_order.is_none());
        lives.map(of_life).collect()
    }
}

fn killed(life: &Life) -> bool {
    life.end.as_ref().is_some_and(|end| {
        let code = end.exit_code == Some(137) || end.signal == Some(9);
        code && end.reason.as_deref() != Some("OOMKilled")
            && end.reason.as_deref() != Some("ContainerStatusUnknown")
    })
}

fn of_life(life: &Life) -> Finding {
    let name = life.subject.name();
    let title = t!(
        "{name}: ended by SIGKILL (exit code 137) and nothing says by whom",
        name
    );
    let ended = life.ended.and_then(Stamp::zoned);
    let statement = t!("exit code 137, no order to end and no kill for memory in the sources");
    Finding {
        confidence: Confidence::Undetermined,
        when: ended.map(|at| (at, at)),
        summary: t!(
            "Exit code 137 means SIGKILL, not a lack of memory. The sources hold neither an order to end the container nor a kill by the kernel: the runtime may have lost the report, the events may have expired after an hour, or somebody sent the signal."
        ),
        evidence: life
            .locators
            .iter()
            .take(2)
            .map(|at| Evidence::new(statement.clone(), at.clone()))
            .collect(),
        advice: vec![
            t!(
                "Get the kernel's log of the node for the second of the end: an oom-kill line answers it."
            ),
            t!(
                "Save `kubectl get events -o json` within the hour next time, or ship events to a store."
            ),
        ],
        ..Finding::new(&META, title)
    }
}
