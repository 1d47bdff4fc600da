//! Everybody waits for one who asks for a garbage collection.

use super::root_blocker::RootBlockerRule;
use crate::finding::{RuleMeta, Severity};
use crate::threads::activity::Activity;

pub(super) const EXPLICIT_GC: RootBlockerRule = RootBlockerRule {
    meta: &META,
    covers: |doing| doing == Activity::ExplicitGc,
};

static META: RuleMeta = RuleMeta {
    id: "threads/gc-blocker",
    title: "Everybody waits for one who asks for a garbage collection",
    severity: Severity::High,
    means: "A thread calls System.gc() while it holds a lock: the whole VM stops for a full collection, and those who want the lock wait for all of it.",
    detected: "A root blocker as in threads/root-blocker that stands in Runtime.gc, or in the reservation of direct memory, which asks for a collection when there is none left.",
    advice: "Do not call System.gc(), least of all under a lock. When direct memory runs out (Bits.reserveMemory), raise -XX:MaxDirectMemorySize or reuse buffers.",
    false_positives: "One dump can catch a call that is rare.",
    sources: &["java.lang.Runtime.gc", "java.nio.Bits.reserveMemory"],
};
