//! The rules of the heap room, one file each. Most look for the objects of a known library and read its own settings
//! from them, so that the advice can name the number that was wrong.

mod class_loader_leak;
mod connection_pool;
mod direct_memory;
mod executor_queue;
mod finalizer_backlog;
mod generated_classes;
mod http_sessions;
mod jdbc_objects;
mod local_result;
mod meter_registry;
mod netty_outbound;
mod netty_pool;
mod out_of_memory;
mod query_plan_cache;
mod static_collection;
mod stopped_application;
mod thread_locals;
mod unbounded_cache;

use super::histogram::Histogram;
use super::model::Heap;
use super::report::HeapReport;
use crate::finding::{Finding, Locator, Rule, RuleMeta, sort};

/// What rules look at.
pub(super) struct Model<'m> {
    pub(super) heap: &'m Heap<'m>,
    pub(super) histogram: &'m Histogram,
    /// The report so far: everything but findings.
    pub(super) report: &'m HeapReport,
}

type AnyRule = dyn for<'m> Rule<Model<'m>>;

/// All rules, in the order of `docs/rules.md`.
const RULES: [&AnyRule; 18] = [
    &static_collection::StaticCollection,
    &local_result::LocalResult,
    &out_of_memory::OutOfMemory,
    &http_sessions::HttpSessions,
    &connection_pool::ConnectionPool,
    &jdbc_objects::JdbcObjects,
    &thread_locals::ThreadLocals,
    &executor_queue::ExecutorQueue,
    &unbounded_cache::UnboundedCache,
    &query_plan_cache::QueryPlanCache,
    &meter_registry::MeterRegistry,
    &netty_outbound::NettyOutbound,
    &netty_pool::NettyPool,
    &direct_memory::DirectMemory,
    &stopped_application::StoppedApplication,
    &class_loader_leak::ClassLoaderLeak,
    &generated_classes::GeneratedClasses,
    &finalizer_backlog::FinalizerBacklog,
];

/// The descriptions of all rules.
pub(super) fn metas() -> Vec<&'static RuleMeta> {
    RULES.iter().map(|rule| rule.meta()).collect()
}

/// What all rules find, most severe first.
pub(super) fn check(model: &Model<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = RULES.iter().flat_map(|rule| rule.check(model)).collect();
    sort(&mut findings);
    findings
}

impl Model<'_> {
    /// Where an object can be checked.
    fn object(&self, index: u32) -> Locator {
        Locator::object(self.heap.source, self.heap.ids.id(index))
    }

    /// The reachable instances of the classes named and of their subclasses, in address order.
    fn instances(&self, names: &[&str]) -> Vec<u32> {
        let wanted = self.heap.classes.all_that_are(names);
        let mut any = self.heap.classes.iter();
        if !any.any(|(number, _)| wanted[number as usize] && self.histogram.instances(number) > 0) {
            return Vec::new();
        }
        self.heap.reachable_of(&wanted)
    }

    /// A part of the reachable bytes.
    fn share(&self, bytes: u64) -> f64 {
        bytes as f64 / self.heap.total().max(1) as f64
    }

    /// The object that retains most; the first among equals.
    fn heaviest(&self, objects: &[u32]) -> Option<u32> {
        let key = |index: &u32| (self.heap.retained(*index), std::cmp::Reverse(*index));
        objects.iter().copied().max_by_key(key)
    }

    /// What objects retain, each byte counted once although some of them retain others.
    fn retained_together(&self, objects: &[u32]) -> u64 {
        let tree = &self.heap.tree;
        let mut positions: Vec<u32> = objects
            .iter()
            .filter_map(|index| tree.position(*index))
            .collect();
        positions.sort_unstable();
        let mut end = 0;
        let mut sum = 0;
        for position in positions {
            if position >= end {
                end = tree.subtree(position).end;
                sum += tree.retained(position);
            }
        }
        sum
    }
}
