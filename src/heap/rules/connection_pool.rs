//! A pool of database connections with none left.

use super::Model;
use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::heap::containers;
use crate::t;
use crate::text;

pub(super) struct ConnectionPool;

const META: RuleMeta = RuleMeta {
    id: "heap/connection-pool",
    title: "All connections of a pool are in use",
    severity: Severity::High,
    means: "Every connection of the pool is lent out and threads wait for one. Either connections are not given back (a leak), or statements run too long, or the pool is too small for the number of worker threads.",
    detected: "HikariCP: every PoolEntry has state 1 (in use), there are as many as maxPoolSize, and ConcurrentBag.waiters is above 0. Commons DBCP: GenericObjectPool has maxTotal objects and no idle one.",
    advice: "Find the borrowers in a thread dump of the same moment; close connections in try-with-resources; set leakDetectionThreshold (HikariCP) or removeAbandonedOnBorrow (DBCP) to have them named.",
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
        let hikari = model.instances(&["com.zaxxer.hikari.pool.HikariPool"]);
        let commons = model.instances(&[
            "org.apache.commons.pool2.impl.GenericObjectPool",
            "org.apache.tomcat.dbcp.pool2.impl.GenericObjectPool",
        ]);
        let hikari = hikari
            .into_iter()
            .filter_map(|pool| hikari_pool(model, pool));
        let commons = commons
            .into_iter()
            .filter_map(|pool| commons_pool(model, pool));
        hikari.chain(commons).collect()
    }
}

fn hikari_pool(model: &Model<'_>, pool: u32) -> Option<Finding> {
    let heap = model.heap;
    let most = heap.int(heap.reference(pool, "config")?, "maxPoolSize")?;
    let bag = heap.reference(pool, "connectionBag")?;
    let waiters = heap.int(heap.reference(bag, "waiters")?, "value")?;
    let entries = containers::describe(heap, heap.reference(bag, "sharedList")?)?.elements;
    let in_use = entries
        .iter()
        .filter(|entry| heap.int(**entry, "state") == Some(1))
        .count() as i64;
    (in_use >= most && waiters > 0).then(|| finding(model, pool, in_use, Some(waiters)))
}

fn commons_pool(model: &Model<'_>, pool: u32) -> Option<Finding> {
    let heap = model.heap;
    let most = heap.int(pool, "maxTotal").filter(|most| *most > 0)?;
    let all = containers::describe(heap, heap.reference(pool, "allObjects")?)?.count as i64;
    let idle = heap.int(heap.reference(pool, "idleObjects")?, "count")?;
    (all >= most && idle == 0).then(|| finding(model, pool, all, None))
}

fn finding(model: &Model<'_>, pool: u32, in_use: i64, waiters: Option<i64>) -> Finding {
    let class = model.heap.name_of(pool);
    let mut finding = Finding::new(
        &META,
        match waiters {
            Some(waiters) => t!(
                "All {in_use} connections of a {class} are in use and {waiters} threads wait",
                in_use,
                class,
                waiters
            ),
            None => t!(
                "All {in_use} objects of a {class} are lent out",
                in_use,
                class
            ),
        },
    );
    finding.summary = t!(
        "No connection is free: every further request waits until its timeout. A pool that is empty while the database is idle means that connections are not given back."
    );
    let statement = t!(
        "{class}: {in_use} in use, none idle, retains {bytes}",
        class,
        in_use,
        bytes = text::bytes(model.heap.retained(pool))
    );
    finding
        .evidence
        .push(Evidence::new(statement, model.object(pool)));
    finding.advice = vec![
        t!("Have the borrowers named: HikariCP leakDetectionThreshold, DBCP logAbandoned."),
        t!(
            "Compare the size of the pool with the number of worker threads and the time each holds a connection."
        ),
    ];
    finding
}
