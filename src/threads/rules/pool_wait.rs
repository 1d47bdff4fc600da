//! Threads that wait for an object of a pool: connections above all.

use std::collections::BTreeMap;

use super::{Facts, in_dumps, severity_by, when};
use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::t;
use crate::threads::activity::Activity;
use crate::threads::report::{DumpSummary, StackGroup};

const FEW: u64 = 3;
const MANY: u64 = 10;

pub(super) struct PoolWaitRule;
pub(super) const POOL_WAIT: PoolWaitRule = PoolWaitRule;

static META: RuleMeta = RuleMeta {
    id: "threads/pool-wait",
    title: "Threads wait for an object from a pool",
    severity: Severity::High,
    means: "All connections (or other objects) of a pool are in use, and threads wait until one comes back. The limit is the size of that pool, or whoever does not give back.",
    detected: "At least 3 threads (High from 10) with the same stack that wait inside the borrowing method of a known pool: HikariCP, Tomcat JDBC, DBCP, c3p0, Druid, UCP, Agroal, IronJacamar, WebSphere and WebLogic pools, Apache HttpClient 3 to 5, commons-pool, Jedis.",
    advice: "Look at what the threads that hold an object do: a slow query or a connection that is never closed. Enlarge the pool only when the peer can serve more.",
    false_positives: "A short burst: one dump shows one moment.",
    sources: &[
        "com.zaxxer.hikari.util.ConcurrentBag.borrow",
        "org.apache.http.pool.AbstractConnPool",
    ],
};

impl Rule<Facts<'_>> for PoolWaitRule {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, facts: &Facts<'_>) -> Vec<Finding> {
        let mut by_call: BTreeMap<String, Vec<(&DumpSummary, &StackGroup, u64)>> = BTreeMap::new();
        for dump in &facts.report.dumps {
            let mut here: BTreeMap<String, (&StackGroup, u64)> = BTreeMap::new();
            for group in dump
                .groups
                .iter()
                .filter(|group| group.doing == Activity::PoolWait)
            {
                here.entry(call(group)).or_insert((group, 0)).1 += group.count;
            }
            for (call, (group, count)) in here.into_iter().filter(|(_, (_, count))| *count >= FEW) {
                by_call.entry(call).or_default().push((dump, group, count));
            }
        }
        let all = facts.report.dumps.len();
        by_call
            .into_iter()
            .filter_map(|(call, seen)| finding(&call, &seen, all))
            .collect()
    }
}

/// The frame of the pool: the first that is no JDK frame, without line number.
fn call(group: &StackGroup) -> String {
    let own = group.frames.iter().find(|frame| {
        !["java.", "jdk.", "sun."]
            .iter()
            .any(|jdk| frame.starts_with(jdk))
    });
    own.map_or_else(String::new, |frame| {
        frame.split('(').next().unwrap_or("").to_owned()
    })
}

fn finding(call: &str, seen: &[(&DumpSummary, &StackGroup, u64)], all: usize) -> Option<Finding> {
    let (_, group, count) = *seen.iter().max_by_key(|(_, _, count)| *count)?;
    let mut finding = Finding::new(
        &META,
        t!(
            "{count} threads wait for an object from a pool in {call}{dumps}",
            count,
            call,
            dumps = in_dumps(seen.len(), all)
        ),
    );
    finding.severity = severity_by(count, FEW, MANY);
    finding.when = when(seen.iter().map(|(dump, _, _)| *dump));
    finding.summary = t!(
        "Every object of that pool is in use. Its size, or whoever keeps the objects, is the limit, not the threads."
    );
    finding.evidence.push(Evidence::new(
        t!(
            "{names} and others stand in {call}",
            names = group
                .names
                .iter()
                .take(3)
                .cloned()
                .collect::<Vec<_>>()
                .join(", "),
            call
        ),
        group.at.clone(),
    ));
    finding.advice.push(t!("Find the threads that hold these objects (below: by activity) and what they wait for; watch for objects that are never given back (leak detection of the pool)."));
    Some(finding)
}
