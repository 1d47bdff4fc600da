//! Tasks that wait in an executor without a bound.

use super::Model;
use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::heap::containers;
use crate::t;
use crate::text;

/// Fewest waiting tasks.
const TASKS: u64 = 1_000;

pub(super) struct ExecutorQueue;

const META: RuleMeta = RuleMeta {
    id: "heap/executor-queue",
    title: "Tasks pile up in an executor",
    severity: Severity::High,
    means: "More tasks are submitted than the threads of a pool can do. With an unbounded queue nothing pushes back: the tasks and all they refer to fill the heap, and each waits longer than the one before.",
    detected: "A ThreadPoolExecutor whose workQueue holds at least 1,000 tasks without a bound, or has at least 1,000 and is full.",
    advice: "Give the pool a bounded queue and a rejection policy (CallerRunsPolicy pushes back), or more threads if the work waits for others.",
    false_positives: "A scheduled executor with thousands of timers that are meant to be there.",
    sources: &["java.util.concurrent.ThreadPoolExecutor, section Queuing"],
};

impl Rule<Model<'_>> for ExecutorQueue {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, model: &Model<'_>) -> Vec<Finding> {
        let pools = model.instances(&["java.util.concurrent.ThreadPoolExecutor"]);
        pools
            .into_iter()
            .filter_map(|pool| finding(model, pool))
            .collect()
    }
}

fn finding(model: &Model<'_>, pool: u32) -> Option<Finding> {
    let heap = model.heap;
    let queue = heap.reference(pool, "workQueue")?;
    let tasks = containers::describe(heap, queue)?;
    let full = tasks.bound.is_none_or(|bound| tasks.count >= bound);
    if tasks.count < TASKS || !full {
        return None;
    }
    let (task, _) = tasks.main_class(heap)?;
    let class = heap.name_of(pool);
    let count = text::count(tasks.count);
    let core = heap.int(pool, "corePoolSize").unwrap_or(0);
    let most = heap.int(pool, "maximumPoolSize").unwrap_or(0);
    let retained = heap.retained(queue);
    let mut finding = Finding::new(
        &META,
        t!(
            "{count} tasks of class {task} wait in a {class}",
            count,
            task,
            class
        ),
    );
    finding.summary = t!(
        "The pool has {core} to {most} threads; {count} tasks wait for them and retain {bytes}.",
        core,
        most,
        count,
        bytes = text::bytes(retained)
    );
    if tasks.bound.is_none() {
        finding.summary += &t!(" Its queue has no bound, so nothing stops it from growing.");
    }
    let statement = t!(
        "{queue} with {count} tasks, retains {bytes}",
        queue = heap.name_of(queue),
        count,
        bytes = text::bytes(retained)
    );
    finding
        .evidence
        .push(Evidence::new(statement, model.object(queue)));
    let done = heap.int(pool, "completedTaskCount").unwrap_or(0);
    let statement = t!(
        "{class} with corePoolSize {core}, completed {done} by finished threads",
        class,
        core,
        done
    );
    finding
        .evidence
        .push(Evidence::new(statement, model.object(pool)));
    finding.advice = vec![
        t!(
            "Bound the queue and choose a rejection policy: new ThreadPoolExecutor(…, new ArrayBlockingQueue<>(n), new CallerRunsPolicy())."
        ),
        t!(
            "Find out what the {core} threads of the pool wait for: a slow dependency is the usual reason.",
            core
        ),
    ];
    Some(finding)
}
