//! A dependency did not answer.

use std::collections::BTreeMap;

use super::{by_subject, finding, total};
use crate::events::event::What;
use crate::events::report::EventsReport;
use crate::finding::{Confidence, Finding, Rule, RuleMeta, Severity};
use crate::t;
use crate::text;

pub(super) struct DependencyFailed;

/// Failures below which nothing is said: single ones are everyday life.
const LEAST: u64 = 5;

const META: RuleMeta = RuleMeta {
    id: "events/dependency-failed",
    title: "Dependency failed",
    severity: Severity::Medium,
    means: "The application could not reach a service it needs, or got no answer in time.",
    detected: "At least five log records in one source with a refused, timed-out or reset connection or an unknown host. A record counts once however many causes it lists.",
    advice: "Look at the other side first; then at timeouts, which decide how many threads wait for it.",
    false_positives: "Probing of optional services and clients that disconnect write the same exceptions.",
    sources: &[
        "JDK: java.net exceptions",
        "Netty, Lettuce, PostgreSQL and MySQL drivers",
    ],
};

impl Rule<EventsReport> for DependencyFailed {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, report: &EventsReport) -> Vec<Finding> {
        let groups = by_subject(report, |what| matches!(what, What::ConnectionFailed { .. }));
        let many = groups
            .into_iter()
            .filter(|(_, events)| total(events) >= LEAST);
        many.map(|(name, events)| {
            let often = text::often(total(&events));
            let mut remotes: BTreeMap<&str, u64> = BTreeMap::new();
            for event in &events {
                if let What::ConnectionFailed { remote: Some(remote), .. } = &event.what {
                    *remotes.entry(remote).or_default() += event.count;
                }
            }
            let most = remotes.iter().max_by_key(|(name, count)| (**count, std::cmp::Reverse(**name)));
            let title = match most {
                Some((remote, _)) => t!("{name}: connections failed {often}, most to {remote}", name, often, remote),
                None => t!("{name}: connections failed {often}", name, often),
            };
            Finding {
                confidence: Confidence::Likely,
                summary: t!("The application reported failed connections to something it depends on. Whether that is the cause or, as in a frozen JVM, a consequence, the order in time decides."),
                advice: vec![
                    t!("Check the other side for the same minutes: its own log, load and restarts."),
                    t!("Compare connect and read timeouts with the patience of the callers: long ones turn a slow dependency into a full worker pool."),
                ],
                ..finding(&META, title, &events)
            }
        })
        .collect()
    }
}
