//! A pool of database connections with none left.

use std::collections::BTreeSet;

use super::Model;
use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::heap::containers;
use crate::heap::hprof::names;
use crate::heap::model::Heap;
use crate::t;
use crate::text;

/// Longest name of a pool that is shown.
const NAME: usize = 100;

/// Borrowers that are named.
const BORROWERS: usize = 10;

pub(super) struct ConnectionPool;

const META: RuleMeta = RuleMeta {
    id: "heap/connection-pool",
    title: "All connections of a pool are in use",
    severity: Severity::High,
    means: "Every connection of the pool is lent out and threads wait for one. Either connections are not given back (a leak), or statements run too long, or the pool is too small for the number of worker threads.",
    detected: "HikariCP: every PoolEntry has state 1 (in use), there are as many as maxPoolSize, and ConcurrentBag.waiters is above 0. Commons DBCP: GenericObjectPool has maxTotal objects and no idle one. Tomcat JDBC, Druid and c3p0: as many connections as allowed, none idle.",
    advice: "Find the borrowers in a thread dump of the same moment; close connections in try-with-resources; set leakDetectionThreshold (HikariCP) or logAbandoned (DBCP, Tomcat) to have them named.",
    false_positives: "A moment of full load that passes: several thread dumps tell.",
    sources: &[
        "HikariCP ConcurrentBag.IConcurrentBagEntry: STATE_IN_USE = 1",
        "Commons Pool GenericObjectPool",
    ],
};

impl Rule<Model<'_>> for ConnectionPool {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, model: &Model<'_>) -> Vec<Finding> {
        let pools: [(&[&str], Look); 5] = [
            (&["com.zaxxer.hikari.pool.HikariPool"], hikari),
            (
                &[
                    "org.apache.commons.pool2.impl.GenericObjectPool",
                    "org.apache.tomcat.dbcp.pool2.impl.GenericObjectPool",
                ],
                commons,
            ),
            (&["org.apache.tomcat.jdbc.pool.ConnectionPool"], tomcat),
            (&["com.alibaba.druid.pool.DruidDataSource"], druid),
            (&["com.mchange.v2.resourcepool.BasicResourcePool"], c3p0),
        ];
        let mut findings = Vec::new();
        for (classes, look) in pools {
            for pool in model.instances(classes) {
                let usage = look(model.heap, pool);
                findings.extend(usage.and_then(|usage| finding(model, pool, &usage)));
            }
        }
        findings
    }
}

/// How a pool is used.
#[derive(Debug, Default)]
struct Use {
    name: Option<String>,
    most: i64,
    lent: i64,
    idle: i64,
    /// Threads that wait, where the pool counts them.
    waiters: Option<i64>,
}

type Look = fn(&Heap<'_>, u32) -> Option<Use>;

fn hikari(heap: &Heap<'_>, pool: u32) -> Option<Use> {
    let config = heap.reference(pool, "config")?;
    let bag = heap.reference(pool, "connectionBag")?;
    let entries = containers::describe(heap, heap.reference(bag, "sharedList")?)?.elements;
    let lent = entries
        .iter()
        .filter(|entry| heap.int(**entry, "state") == Some(1));
    let lent = lent.count() as i64;
    Some(Use {
        name: heap
            .reference(config, "poolName")
            .and_then(|name| heap.text(name, NAME)),
        most: heap.int(config, "maxPoolSize")?,
        lent,
        idle: entries.len() as i64 - lent,
        waiters: heap.int(heap.reference(bag, "waiters")?, "value"),
    })
}

fn commons(heap: &Heap<'_>, pool: u32) -> Option<Use> {
    let all = containers::describe(heap, heap.reference(pool, "allObjects")?)?.count as i64;
    let idle = heap.int(heap.reference(pool, "idleObjects")?, "count")?;
    Some(Use {
        most: heap.int(pool, "maxTotal")?,
        lent: all - idle,
        idle,
        ..Use::default()
    })
}

fn tomcat(heap: &Heap<'_>, pool: u32) -> Option<Use> {
    let properties = heap.reference(pool, "poolProperties")?;
    let all = heap.int(heap.reference(pool, "size")?, "value")?;
    let queue = heap.reference(pool, "idle")?;
    // A FairBlockingQueue has a list inside.
    let queue = heap.reference(queue, "items").unwrap_or(queue);
    let idle = containers::describe(heap, queue)?.count as i64;
    Some(Use {
        name: heap
            .reference(properties, "name")
            .and_then(|name| heap.text(name, NAME)),
        most: heap.int(properties, "maxActive")?,
        lent: all - idle,
        idle,
        waiters: heap.int(heap.reference(pool, "waitcount")?, "value"),
    })
}

fn druid(heap: &Heap<'_>, pool: u32) -> Option<Use> {
    Some(Use {
        most: heap.int(pool, "maxActive")?,
        lent: heap.int(pool, "activeCount")?,
        idle: heap.int(pool, "poolingCount")?,
        waiters: heap.int(pool, "notEmptyWaitThreadCount"),
        ..Use::default()
    })
}

fn c3p0(heap: &Heap<'_>, pool: u32) -> Option<Use> {
    let count =
        |field| Some(containers::describe(heap, heap.reference(pool, field)?)?.count as i64);
    let idle = count("unused")?;
    Some(Use {
        most: heap.int(pool, "max")?,
        lent: count("managed")? - idle,
        idle,
        waiters: count("acquireWaiters"),
        ..Use::default()
    })
}

/// The threads that borrowed connections of HikariCP, which it notes when leakDetectionThreshold is set.
fn borrowers(model: &Model<'_>, pool: u32) -> Vec<String> {
    let heap = model.heap;
    // A task does not say of which pool it is.
    if model.instances(&["com.zaxxer.hikari.pool.HikariPool"]) != [pool] {
        return Vec::new();
    }
    let tasks = model.instances(&["com.zaxxer.hikari.pool.ProxyLeakTask"]);
    let names = tasks
        .into_iter()
        .filter_map(|task| heap.text(heap.reference(task, "threadName")?, NAME));
    let names: BTreeSet<String> = names.map(|name| format!("\"{name}\"")).collect();
    names.into_iter().take(BORROWERS).collect()
}

fn finding(model: &Model<'_>, pool: u32, usage: &Use) -> Option<Finding> {
    let Use { lent, waiters, .. } = *usage;
    let exhausted = usage.most > 0 && lent >= usage.most && usage.idle == 0;
    if !exhausted || waiters.is_some_and(|waiters| waiters <= 0) {
        return None;
    }
    let class = model.heap.name_of(pool);
    let pool_name = match &usage.name {
        Some(name) => t!(
            "pool \"{name}\" ({class})",
            name,
            class = names::simple(&class)
        ),
        None => class.clone(),
    };
    let mut finding = Finding::new(
        &META,
        match waiters {
            Some(waiters) => t!(
                "All {lent} connections of {pool} are in use and {waiters} threads wait",
                lent,
                pool = pool_name,
                waiters
            ),
            None => t!(
                "All {lent} connections of {pool} are in use",
                lent,
                pool = pool_name
            ),
        },
    );
    finding.summary = t!(
        "No connection is free: every further request waits until its timeout. A pool that is empty while the database is idle means that connections are not given back."
    );
    let statement = t!(
        "{class}: {lent} in use of {most}, none idle, retains {bytes}",
        class,
        lent,
        most = usage.most,
        bytes = text::bytes(model.heap.retained(pool))
    );
    finding
        .evidence
        .push(Evidence::new(statement, model.object(pool)));
    let borrowers = borrowers(model, pool);
    if !borrowers.is_empty() {
        let statement = t!(
            "borrowed by threads {threads}",
            threads = borrowers.join(", ")
        );
        finding
            .evidence
            .push(Evidence::new(statement, model.object(pool)));
    }
    finding.advice = vec![
        t!(
            "Have the borrowers named with their stacks: HikariCP leakDetectionThreshold, DBCP, Tomcat and Druid logAbandoned, c3p0 unreturnedConnectionTimeout with debugUnreturnedConnectionStackTraces."
        ),
        t!(
            "Compare the size of the pool with the number of worker threads and the time each holds a connection."
        ),
    ];
    Some(finding)
}
