//! HikariCP's housekeeper noticed a freeze.

use super::{by_subject, finding, total};
use crate::events::event::What;
use crate::events::report::EventsReport;
use crate::finding::{Finding, Rule, RuleMeta, Severity};
use crate::t;
use crate::text;
use crate::time::SECOND;

pub(super) struct FreezeByHousekeeper;

const META: RuleMeta = RuleMeta {
    id: "events/freeze-by-housekeeper",
    title: "Freeze noticed by the connection pool",
    severity: Severity::High,
    means: "The whole process stood still for longer than the housekeeper of a connection pool tolerates.",
    detected: "HikariCP Thread starvation or clock leap detected; the freeze is about the housekeeper delta minus 30 s.",
    advice: "Find the pause: GC log first, then processor limits, swap and the host.",
    false_positives: "A step of the system clock forward writes the same line.",
    sources: &["HikariCP: HikariPool.HouseKeeper"],
};

impl Rule<EventsReport> for FreezeByHousekeeper {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, report: &EventsReport) -> Vec<Finding> {
        by_subject(report, |what| matches!(what, What::HousekeeperStarved { .. }))
            .into_iter()
            .map(|(name, events)| {
                let often = text::often(total(&events));
                let title = t!("{name}: everything stood still for about {freeze}, {often}", name, freeze = text::duration(longest(&events)), often);
                Finding {
                    summary: t!("HikariCP runs a housekeeper every 30 s and found a much longer gap. For the time beyond 30 s no thread ran: a garbage collection, a throttled or paused machine, or a change of the clock. It ended at the time of the line."),
                    advice: vec![t!("Compare with the pauses of the GC log at that time: covered means GC, not covered means processor, swap or the host."),
                        t!("Where no GC pause fits, look at `cpu.stat` (nr_throttled), steal time and swapping.")],
                    ..finding(&META, title, &events)
                }
            })
            .collect()
    }
}

/// The longest gap, less the 30 s between two runs, in microseconds.
fn longest(events: &[&crate::events::event::Event]) -> i64 {
    let deltas = events.iter().filter_map(|event| match event.what {
        What::HousekeeperStarved { delta } => Some(delta),
        _ => None,
    });
    (deltas.max().unwrap_or(0) - 30 * SECOND).max(0)
}
