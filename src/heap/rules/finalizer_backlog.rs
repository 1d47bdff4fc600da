//! Finalizable objects that wait for the finalizer thread.

use super::Model;
use crate::finding::{Evidence, Finding, Locator, Place, Rule, RuleMeta, Severity};
use crate::t;
use crate::text;

/// Fewest waiting objects.
const WAITING: u64 = 10_000;

pub(super) struct FinalizerBacklog;

const META: RuleMeta = RuleMeta {
    id: "heap/finalizer-backlog",
    title: "Objects wait for the finalizer",
    severity: Severity::High,
    means: "Unreachable objects with a finalize() method stay in the heap until the single finalizer thread has run it. When that thread is blocked or too slow, they pile up with all they refer to.",
    detected: "java.lang.ref.Finalizer.queue has at least 10,000 entries.",
    advice: "Look at the stack of thread \"Finalizer\": what it waits for blocks them all. Replace finalize() by try-with-resources or java.lang.ref.Cleaner.",
    false_positives: "A dump taken right after a Full GC that found many at once; a second dump shows whether the queue drains.",
    sources: &["JEP 421: Deprecate Finalization for Removal"],
};

impl Rule<Model<'_>> for FinalizerBacklog {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, model: &Model<'_>) -> Vec<Finding> {
        let waiting = model.report.finalizer_queue.unwrap_or(0);
        if waiting < WAITING {
            return Vec::new();
        }
        let count = text::count(waiting);
        let mut finding = Finding::new(
            &META,
            t!("{count} objects wait for the finalizer thread", count),
        );
        finding.summary = t!(
            "{count} unreachable objects cannot be freed before their finalize() method has run, and one thread runs them all.",
            count
        );
        let statement = t!("java.lang.ref.Finalizer.queue has {count} entries", count);
        finding
            .evidence
            .push(Evidence::new(statement, Locator::whole(model.heap.source)));
        let mut threads = model.report.threads.iter();
        if let Some(thread) = threads.find(|thread| thread.name == "Finalizer")
            && let Some(frame) = thread.frames.first()
        {
            let place = Place::Object(thread.id.clone());
            let locator = Locator {
                source: model.heap.source.to_owned(),
                place,
            };
            let statement = t!("thread \"Finalizer\" is in {frame}", frame);
            finding.evidence.push(Evidence::new(statement, locator));
        }
        finding.advice = vec![
            t!(
                "Find out what the Finalizer thread waits for; its stack is among the threads of this report."
            ),
            t!("Replace finalize() by try-with-resources or java.lang.ref.Cleaner."),
        ];
        vec![finding]
    }
}
