//! The thread that could not allocate.

use super::Model;
use crate::finding::{Evidence, Finding, Locator, Place, Rule, RuleMeta, Severity};
use crate::t;
use crate::text;

pub(super) struct OutOfMemory;

const META: RuleMeta = RuleMeta {
    id: "heap/out-of-memory",
    title: "The dump was written because of an OutOfMemoryError",
    severity: Severity::Critical,
    means: "The JVM wrote this dump when an allocation failed (-XX:+HeapDumpOnOutOfMemoryError). The thread named is where the limit was hit; what filled the heap may be held by somebody else.",
    detected: "HotSpot puts a frame java.lang.OutOfMemoryError.<init> on top of the stack of the thread that failed.",
    advice: "Look at what retains most of the heap first, at this thread second: it is the cause only if its own locals retain much.",
    false_positives: "None: the frame exists in no other dump.",
    sources: &["HotSpot heapDumper.cpp, VM_HeapDumper: oome_thread"],
};

impl Rule<Model<'_>> for OutOfMemory {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, model: &Model<'_>) -> Vec<Finding> {
        let Some(thread) = &model.report.oom_thread else {
            return Vec::new();
        };
        let name = &thread.name;
        let title = t!("Thread \"{name}\" hit the OutOfMemoryError", name);
        let mut finding = Finding::new(&META, title);
        let own = model.share(thread.retained_bytes);
        let at = thread.frames.get(1).cloned().unwrap_or_default();
        finding.summary = match own >= 0.2 {
            true => t!(
                "The allocation failed in {at}. This thread itself keeps {share} of the heap alive, so it is victim and cause at once.",
                at,
                share = text::percent(own, 1.0)
            ),
            false => t!(
                "The allocation failed in {at}. This thread itself keeps only {share} of the heap alive: it is the victim, the cause is what else fills the heap.",
                at,
                share = text::percent(own, 1.0)
            ),
        };
        let locator = Locator {
            source: model.heap.source.to_owned(),
            place: Place::Object(thread.id.clone()),
        };
        let statement = t!(
            "thread \"{name}\" has OutOfMemoryError.<init> on top of its stack and retains {bytes}",
            name,
            bytes = text::bytes(thread.retained_bytes)
        );
        finding.evidence.push(Evidence::new(statement, locator));
        finding.advice.push(match model.report.suspects.first() {
            Some(suspect) => t!(
                "Start with what fills the heap: {suspect}.",
                suspect = suspect.title
            ),
            None => {
                t!("Nothing in the heap stands out: compare the size of the live set with -Xmx.")
            }
        });
        vec![finding]
    }
}
