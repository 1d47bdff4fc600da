//! Families of threads by name, and how much of each is busy.

use std::collections::BTreeMap;

use super::activity::Activity;
use super::classify::Doing;
use super::dump::{Dump, Thread, ThreadKind};
use super::report::{PoolKind, PoolUse};
use super::waits::Waits;
use crate::finding::Locator;

/// A family of fewer threads is not reported as a pool.
const SMALLEST: u64 = 3;
/// Longest family name shown.
const NAME_CHARS: usize = 60;

/// The name of a thread without what differs between members of its pool: the last number becomes `N`, the request that
/// some servers append is dropped.
pub(crate) fn family(name: &str) -> String {
    let end = [
        " url:",
        " uri:",
        " GET /",
        " POST /",
        " PUT /",
        " DELETE /",
        " PATCH /",
        " [/",
        " /",
        "\n",
    ]
    .iter()
    .filter_map(|mark| name.find(mark))
    .min()
    .unwrap_or(name.len());
    let base = name[..end].trim_end_matches([' ', '-']);
    let base = if base.is_empty() { name } else { base };
    let Some(last) = base.rfind(|c: char| c.is_ascii_digit()) else {
        return base.chars().take(NAME_CHARS).collect();
    };
    let first = base[..last].rfind(|c: char| !c.is_ascii_digit());
    let first = first.map_or(0, |at| {
        at + base[at..].chars().next().map_or(1, char::len_utf8)
    });
    let named = format!("{}N{}", &base[..first], &base[last + 1..]);
    named.chars().take(NAME_CHARS).collect()
}

/// All pools of a dump, the largest first.
pub(crate) fn pools(dump: &Dump, waits: &Waits, doing: &[Doing]) -> Vec<PoolUse> {
    let mut members: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, thread) in dump.threads.iter().enumerate() {
        if thread.kind == ThreadKind::Java && doing[index].activity != Activity::Vm {
            members.entry(family(&thread.name)).or_default().push(index);
        }
    }
    let mut pools: Vec<PoolUse> = members
        .into_iter()
        .filter(|(_, threads)| threads.len() as u64 >= SMALLEST)
        .map(|(name, threads)| pool(name, &threads, dump, waits, doing))
        .collect();
    pools.sort_by(|left, right| (right.total, &left.name).cmp(&(left.total, &right.name)));
    pools
}

fn pool(name: String, threads: &[usize], dump: &Dump, waits: &Waits, doing: &[Doing]) -> PoolUse {
    let activities = threads.iter().map(|index| doing[*index].activity);
    let mut counts: BTreeMap<Activity, u64> = BTreeMap::new();
    for activity in activities.filter(|activity| *activity != Activity::Idle) {
        *counts.entry(activity).or_default() += 1;
    }
    let busy: u64 = counts.values().sum();
    let waiting = counts
        .iter()
        .filter(|(activity, _)| activity.waits())
        .map(|(_, count)| count)
        .sum();
    let mut busy_with: Vec<(Activity, u64)> = counts.into_iter().collect();
    busy_with.sort_by(|left, right| right.1.cmp(&left.1).then(left.0.cmp(&right.0)));
    let total = threads.len() as u64;
    PoolUse {
        kind: kind(&name),
        total,
        busy,
        idle: total - busy,
        waiting,
        busy_share: super::report::share(busy as f64, total as f64),
        busy_waits_for: common_lock(threads, dump, waits, busy),
        busy_with,
        at: threads.first().map_or_else(
            || Locator::line(dump.source.as_str(), dump.line),
            |index| dump.locate(&dump.threads[*index]),
        ),
        name,
    }
}

/// The lock, or the thread at the end of the chain, that more than half of the busy ones wait for.
fn common_lock(threads: &[usize], dump: &Dump, waits: &Waits, busy: u64) -> Option<String> {
    let mut counts: BTreeMap<(bool, u32), u64> = BTreeMap::new();
    for &index in threads {
        if let Some(want) = waits.wants[index] {
            let target = match waits.behind[index] {
                Some(_) => (true, waits.root_of(index as u32)),
                None => (false, want.lock),
            };
            *counts.entry(target).or_default() += 1;
        }
    }
    let (target, count) = counts
        .into_iter()
        .max_by_key(|(target, count)| (*count, std::cmp::Reverse(*target)))?;
    if count * 2 <= busy {
        return None;
    }
    Some(match target {
        (true, root) => dump.threads[root as usize].display(),
        (false, lock) => dump.locks.get(lock).display(),
    })
}

fn kind(name: &str) -> PoolKind {
    const KINDS: &[(PoolKind, &[&str])] = &[
        (
            PoolKind::Requests,
            &[
                "http-",
                "https-",
                "ajp-",
                "catalina-exec",
                "jetty",
                "qtp",
                "default task",
                "XNIO-N task",
                "XNIO-1 task",
                "tomcat-",
                "weblogic.kernel",
                "[ACTIVE]",
                "[STANDBY]",
                "[STUCK]",
                "WebContainer",
                "Default Executor-thread",
                "TP-Processor",
                "executor-thread",
                "http-nio",
                "jk-",
            ],
        ),
        (
            PoolKind::EventLoop,
            &[
                "nioEventLoop",
                "epollEventLoop",
                "kqueueEventLoop",
                "reactor-",
                "vert.x-eventloop",
                "XNIO-",
                "netty",
                "lettuce-",
                "redisson-",
                "webflux-http",
            ],
        ),
        (
            PoolKind::ForkJoin,
            &["ForkJoinPool", "scala-execution-context", "akka"],
        ),
        (
            PoolKind::Scheduled,
            &[
                "scheduling-",
                "scheduled",
                "Timer-",
                "quartz",
                "task-scheduler",
                "DefaultQuartzScheduler",
                "HikariPool-N housekeeper",
            ],
        ),
        (
            PoolKind::Messaging,
            &[
                "kafka",
                "org.springframework.kafka",
                "rabbit",
                "AMQP",
                "ActiveMQ",
                "jms",
                "consumer-",
            ],
        ),
        (
            PoolKind::Database,
            &[
                "HikariPool",
                "hikari",
                "C3P0",
                "com.mchange",
                "Druid",
                "cluster-ClusterId",
                "mysql-cj",
                "Abandoned connection",
            ],
        ),
    ];
    let found = KINDS
        .iter()
        .find(|(_, marks)| marks.iter().any(|mark| name.starts_with(mark)));
    match found {
        Some((kind, _)) => *kind,
        None if name.contains("exec-N") => PoolKind::Requests,
        None if name.contains("EventLoop") => PoolKind::EventLoop,
        None if name.contains("ntContainer#") || name.contains("KafkaListener") => {
            PoolKind::Messaging
        }
        None if name.contains("chedul") => PoolKind::Scheduled,
        None => PoolKind::Other,
    }
}

/// Counts threads by family, for growth over dumps.
pub(crate) fn families(
    threads: impl Iterator<Item = (usize, String)>,
) -> BTreeMap<String, (u64, usize)> {
    let mut families: BTreeMap<String, (u64, usize)> = BTreeMap::new();
    for (index, name) in threads {
        families.entry(name).or_insert((0, index)).0 += 1;
    }
    families
}

/// Whether growth of the family of `thread` would mean anything: threads of the VM come and go by themselves.
pub(crate) fn counts_as_family(thread: &Thread) -> bool {
    thread.kind == ThreadKind::Java && !super::classify::is_vm_helper(&thread.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_of_a_pool_share_a_name() {
        assert_eq!(family("http-nio-8080-exec-17"), "http-nio-8080-exec-N");
        assert_eq!(
            family("http-nio-8080-exec-1 url: /api/orders/3?q=\"x\""),
            "http-nio-8080-exec-N"
        );
        assert_eq!(family("qtp1234-56"), "qtp1234-N");
        assert_eq!(family("main"), "main");
        assert_eq!(family(""), "");
        assert_eq!(family("7"), "N");
        assert_eq!(family("주문-처리-1"), "주문-처리-N");
        assert_eq!(family("pool-3-thread-12 (idle)"), "pool-3-thread-N (idle)");
    }
}
