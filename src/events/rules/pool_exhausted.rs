//! A connection pool had nothing to give.

use super::{by_subject, finding, total};
use crate::events::event::{Event, What};
use crate::events::kinds::PoolExhausted as Pool;
use crate::events::report::EventsReport;
use crate::finding::{Finding, Rule, RuleMeta, Severity};
use crate::t;
use crate::text;

pub(super) struct PoolExhausted;

const META: RuleMeta = RuleMeta {
    id: "events/pool-exhausted",
    title: "Connection pool exhausted",
    severity: Severity::High,
    means: "Requests waited for a connection until their patience ended. Either the other side is slow, or connections are not given back, or the pool is too small for the load.",
    detected: "The timeout message of HikariCP, DBCP, Tomcat JDBC, Apache HttpClient or Jedis. total=0 means that no connection could be opened at all.",
    advice: "Take thread dumps: holders inside SQL mean a slow database, holders outside SQL mean a leak.",
    false_positives: "A burst just after start-up, while the pool still fills.",
    sources: &[
        "HikariCP: HikariPool.createTimeoutException",
        "Tomcat JDBC: ConnectionPool.borrowConnection",
    ],
};

impl Rule<EventsReport> for PoolExhausted {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, report: &EventsReport) -> Vec<Finding> {
        by_subject(report, |what| matches!(what, What::PoolExhausted(_)))
            .into_iter()
            .map(|(name, events)| {
                let often = text::often(total(&events));
                let waiting = largest(&events, |pool| pool.waiting);
                let title = match waiting {
                    Some(waiting) => t!("{name}: connection pool exhausted {often}, up to {waiting} callers waiting", name, often, waiting),
                    None => t!("{name}: connection pool exhausted {often}", name, often),
                };
                let empty = largest(&events, |pool| pool.total) == Some(0);
                let summary = match empty {
                    true => t!("The pool held no connection at all: the other side could not be reached. That is an outage of the dependency, not a leak."),
                    false => t!("Every connection was in use and none came back in time. Whether the other side was slow or the connections were never given back, only thread dumps of that time can tell."),
                };
                Finding {
                    summary,
                    advice: vec![
                        t!("In a thread dump look at the threads that hold connections: inside a query, the database is slow; elsewhere, they keep what they do not use."),
                        t!("Set HikariCP's `leakDetectionThreshold` to see who does not give back."),
                        t!("Do not enlarge the pool before that: it moves the queue to the database."),
                    ],
                    ..finding(&META, title, &events)
                }
            })
            .collect()
    }
}

fn largest(events: &[&Event], field: impl Fn(&Pool) -> Option<u64>) -> Option<u64> {
    events
        .iter()
        .filter_map(|event| match &event.what {
            What::PoolExhausted(pool) => field(pool),
            _ => None,
        })
        .max()
}
