//! The heap may grow larger than the memory it lives in.

use super::subject;
use crate::finding::{Confidence, Evidence, Finding, Rule, RuleMeta, Severity};
use crate::gc::report::GcLife;
use crate::t;
use crate::text;

/// See [`META`].
pub(super) struct HeapAgainstMemory;

const META: RuleMeta = RuleMeta {
    id: "gc/heap-against-memory",
    title: "The heap's limit leaves no memory for the rest of the JVM",
    severity: Severity::Medium,
    means: "Beside the heap live metaspace, thread stacks, compiled code, direct buffers and the collector's own tables. If the heap may take nearly all of the memory, the container is killed or the host swaps when the heap fills, although the heap itself is in order.",
    detected: "Heap Max Capacity of the log's header is more than 80 % of its `Memory` (the container's limit where there is one). High when it is more than the memory.",
    advice: "A lower -Xmx or a larger limit.",
    false_positives: "A large machine on which 20 % are tens of gigabytes.",
    sources: &[
        "HotSpot gcInitLogger.cpp (Memory is os::physical_memory, container-aware)",
        "JDK-8146115",
    ],
};

/// The share of the memory that the heap may take.
const SHARE: f64 = 0.80;

impl Rule<GcLife> for HeapAgainstMemory {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, life: &GcLife) -> Vec<Finding> {
        let (Some(heap), Some((memory, fact))) = (life.heap_max, life.memory()) else {
            return Vec::new();
        };
        if memory == 0 || heap as f64 <= SHARE * memory as f64 {
            return Vec::new();
        }
        let log = subject(life);
        let heap_text = text::bytes(heap);
        let memory_text = text::bytes(memory);
        let share = text::percent(heap as f64, memory as f64);
        let mut finding = Finding::new(
            &META,
            t!(
                "{log}: the heap may take {heap}, {share} of the memory of {memory}",
                log,
                heap = heap_text,
                share,
                memory = memory_text
            ),
        );
        finding.confidence = Confidence::Likely;
        if heap > memory {
            finding.severity = Severity::High;
        }
        finding.summary = t!(
            "What the JVM needs beside the heap (metaspace, threads, code, direct buffers) does not fit next to a full heap: the kernel or the container's limit ends the process before the heap is full, or it swaps."
        );
        finding.evidence.push(Evidence::new(
            t!("the JVM sees {memory} of memory", memory = memory_text),
            fact.locator.clone(),
        ));
        finding.advice.push(t!(
            "Lower -Xmx (or -XX:MaxRAMPercentage) to about 75 % of the limit, less with many threads or direct buffers, or raise the limit; -XX:NativeMemoryTracking=summary tells what the rest needs."
        ));
        vec![finding]
    }
}
