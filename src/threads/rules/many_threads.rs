//! Very many platform threads.

use super::Facts;
use crate::finding::{Evidence, Finding, Locator, Rule, RuleMeta, Severity};
use crate::t;
use crate::text::count;

const MANY: u64 = 2_000;
const TOO_MANY: u64 = 10_000;

pub(super) struct ManyThreadsRule;
pub(super) const MANY_THREADS: ManyThreadsRule = ManyThreadsRule;

static META: RuleMeta = RuleMeta {
    id: "threads/many",
    title: "Very many platform threads",
    severity: Severity::Low,
    means: "Each platform thread reserves a stack (1 MiB by default on 64-bit Linux) and counts against pids.max, ulimit -u and kernel.threads-max. A process near such a limit dies with \"unable to create native thread\".",
    detected: "At least 2,000 Java threads in a dump, virtual threads not counted; Medium from 10,000.",
    advice: "Look at the largest family below; bound its pool. Compare with the limits of the container.",
    false_positives: "A server that is made for one thread a connection, with limits to match.",
    sources: &["java -Xss", "cgroup v2 pids.max"],
};

impl Rule<Facts<'_>> for ManyThreadsRule {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, facts: &Facts<'_>) -> Vec<Finding> {
        let Some(dump) = facts
            .report
            .dumps
            .iter()
            .max_by_key(|dump| dump.thread_count)
        else {
            return Vec::new();
        };
        if dump.thread_count < MANY {
            return Vec::new();
        }
        let threads = count(dump.thread_count);
        let mut finding = Finding::new(&META, t!("{threads} platform threads", threads));
        if dump.thread_count >= TOO_MANY {
            finding.severity = Severity::Medium;
        }
        finding.summary = match dump.pools.first() {
            Some(pool) => t!(
                "The largest family is {name} with {total}.",
                name = pool.name,
                total = count(pool.total)
            ),
            None => t!("No family of them stands out."),
        };
        finding.evidence.push(Evidence::new(
            t!("{threads} Java threads in the dump", threads),
            Locator::line(dump.source.as_str(), dump.line),
        ));
        finding.advice.push(t!("Bound the pools, and compare with cat /sys/fs/cgroup/pids.max and ulimit -u of the process."));
        vec![finding]
    }
}
