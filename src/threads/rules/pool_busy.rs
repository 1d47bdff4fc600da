//! A pool with hardly an idle thread left.

use std::collections::BTreeSet;

use super::{Facts, in_dumps, over_dumps, plural, when};
use crate::finding::{Confidence, Evidence, Finding, Rule, RuleMeta, Severity};
use crate::t;
use crate::text::percent;
use crate::threads::report::{DumpSummary, PoolKind, PoolUse};

/// Smaller families are no pool that can be exhausted.
pub(super) const SMALLEST: u64 = 5;

pub(super) struct PoolBusyRule;
pub(super) const POOL_BUSY: PoolBusyRule = PoolBusyRule;

static META: RuleMeta = RuleMeta {
    id: "threads/pool-busy",
    title: "A thread pool is exhausted",
    severity: Severity::High,
    means: "Nearly all threads of a pool are busy. New work waits in its queue or is refused, although the processor may be idle.",
    detected: "Busy threads are those of a family (same name but for the number) that do not wait for work by the shape of their stack: a pool thread parked in getTask is idle, one parked in a task of its own is busy. Fires from 85 % busy (--pool-busy-pct), for at least 5 threads. High for pools that serve requests, Medium for others; event loops, ForkJoin pools and timers do not count.",
    advice: "Look at what the busy threads wait for; a larger pool only helps when that can serve more at once.",
    false_positives: "A family that is no pool: threads started by hand with numbered names. Server threads that block in read between two requests of a connection.",
    sources: &[
        "java.util.concurrent.ThreadPoolExecutor.getTask",
        "org.apache.tomcat.util.threads.ThreadPoolExecutor.getTask",
    ],
};

impl Rule<Facts<'_>> for PoolBusyRule {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, facts: &Facts<'_>) -> Vec<Finding> {
        let share = facts.options.pool_busy_percent / 100.0;
        let busy =
            |pool: &&PoolUse| pool.total >= SMALLEST && pool.busy_share >= share && is_pool(pool);
        let groups = over_dumps(
            facts.report,
            |dump| dump.pools.iter().filter(busy).collect(),
            |pool: &PoolUse| pool.name.clone(),
        );
        let all = facts.report.dumps.len();
        groups
            .into_values()
            .filter_map(|seen| finding(&seen, all, facts.options.pool_busy_percent))
            .collect()
    }
}

/// Whether a family is a pool that can be exhausted.
pub(super) fn is_pool(pool: &PoolUse) -> bool {
    match pool.kind {
        PoolKind::Requests | PoolKind::Messaging => true,
        PoolKind::EventLoop | PoolKind::ForkJoin | PoolKind::Scheduled | PoolKind::Database => {
            false
        }
        PoolKind::Other => ["pool", "exec", "worker", "thread", "task"]
            .iter()
            .any(|word| pool.name.to_lowercase().contains(word)),
    }
}

fn finding(seen: &[(&DumpSummary, &PoolUse)], all: usize, threshold: f64) -> Option<Finding> {
    let (_, pool) = *seen
        .iter()
        .max_by_key(|(_, pool)| (pool.busy, pool.total))?;
    let share = percent(pool.busy as f64, pool.total as f64);
    let mut finding = Finding::new(
        &META,
        t!(
            "{busy} of {total} threads of {name} are busy ({share}){dumps}",
            busy = pool.busy,
            total = pool.total,
            name = pool.name,
            share,
            dumps = in_dumps(seen.len(), all)
        ),
    );
    if pool.kind != PoolKind::Requests {
        finding.severity = Severity::Medium;
    }
    if pool.kind == PoolKind::Other {
        finding.confidence = Confidence::Likely;
    }
    finding.when = when(seen.iter().map(|(dump, _)| *dump));
    let what: Vec<String> = pool
        .busy_with
        .iter()
        .take(3)
        .map(|(activity, count)| {
            let words = match count {
                1 => activity.words().to_owned(),
                _ => plural(activity.words()),
            };
            t!("{count} {words}", count, words)
        })
        .collect();
    finding.summary = t!(
        "Of the busy threads {what}. {idle} are idle; the limit is {limit} %.",
        what = what.join(", "),
        idle = pool.idle,
        limit = threshold
    );
    let targets: BTreeSet<&String> = seen
        .iter()
        .filter_map(|(_, pool)| pool.busy_waits_for.as_ref())
        .collect();
    let target = match targets.len() {
        0 | 1 => pool.busy_waits_for.as_ref(),
        _ => None,
    };
    if targets.len() > 1 {
        finding.summary += &t!(" Most of them wait for one lock whose owner changes.");
    }
    if let Some(target) = target {
        finding.summary += &t!(" Most of them wait for {target}.", target);
    }
    finding.evidence.push(Evidence::new(
        t!(
            "{name}: {total} threads, {busy} busy, of which {waiting} wait",
            name = pool.name,
            total = pool.total,
            busy = pool.busy,
            waiting = pool.waiting
        ),
        pool.at.clone(),
    ));
    finding.advice.push(match target {
        Some(target) => t!("Free {target} first: more threads would only wait for it too.", target),
        None if targets.len() > 1 => t!("Shorten what is done under that lock: more threads would only queue for it too."),
        None => t!("Give the calls that the busy threads are in a timeout, and compare: threads needed = requests per second × seconds per request."),
    });
    Some(finding)
}
