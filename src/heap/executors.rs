//! Thread pools: how many tasks wait in the queue of a `ThreadPoolExecutor`, and how many of its workers run one.

use std::collections::BTreeMap;

use super::containers;
use super::model::Heap;
use super::report::HeapExecutor;
use super::threads;

/// Pools kept.
const POOLS: usize = 50;

/// The pools of the JDK and Tomcat's copy of them, those with most workers first.
pub(super) fn read(heap: &Heap<'_>) -> Vec<HeapExecutor> {
    let workers = heap.classes.all_that_are(&[
        "java.util.concurrent.ThreadPoolExecutor$Worker",
        "org.apache.tomcat.util.threads.ThreadPoolExecutor$Worker",
    ]);
    let mut pools: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for index in heap.reachable_of(&workers) {
        if let Some(pool) = heap.reference(index, "this$0") {
            pools.entry(pool).or_default().push(index);
        }
    }
    let mut found: Vec<HeapExecutor> = pools
        .into_iter()
        .map(|(pool, workers)| {
            let queue = heap.reference(pool, "workQueue");
            // A worker is a lock that it holds while it runs a task (`ThreadPoolExecutor.runWorker`).
            let runs = |worker: &&u32| heap.int(**worker, "state") == Some(1);
            let first = workers
                .iter()
                .find_map(|worker| threads::name(heap, heap.reference(*worker, "thread")?));
            HeapExecutor {
                object_id: heap.hex(pool),
                worker: first.unwrap_or_default(),
                workers: workers.len() as u64,
                active: workers.iter().filter(runs).count() as u64,
                queued: queue
                    .and_then(|queue| containers::describe(heap, queue))
                    .map(|queue| queue.count),
            }
        })
        .collect();
    found.sort_by(|left, right| {
        let most = right.workers.cmp(&left.workers);
        most.then_with(|| left.object_id.cmp(&right.object_id))
    });
    found.truncate(POOLS);
    found
}
