//! The rules of the heap room, one file each. Most look for the objects of a known library and read its own settings
//! from them, so that the advice can name the number that was wrong.

mod direct_memory;
mod executor_queue;
mod finalizer_backlog;
mod local_result;
mod out_of_memory;
mod static_collection;

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
const RULES: [&AnyRule; 6] = [
    &static_collection::StaticCollection,
    &local_result::LocalResult,
    &out_of_memory::OutOfMemory,
    &executor_queue::ExecutorQueue,
    &direct_memory::DirectMemory,
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
        (0..self.heap.len())
            .filter(|index| wanted[self.heap.class_number(*index) as usize])
            .filter(|index| self.heap.tree.position(*index).is_some())
            .collect()
    }

    /// A part of the reachable bytes.
    fn share(&self, bytes: u64) -> f64 {
        bytes as f64 / self.heap.total().max(1) as f64
    }
}
