//! Arenas of the C library hold much of the memory.

use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::host::report::HostReport;
use crate::t;
use crate::text;

const LEAST: u64 = 8;

pub(super) struct MallocArenas;

const META: RuleMeta = RuleMeta {
    id: "host/malloc-arenas",
    title: "Memory in arenas of the C library",
    severity: Severity::Medium,
    means: "Native libraries (compression, TLS, image codecs, JNI) take memory with malloc from many threads; glibc gives each an arena and returns little. No heap dump and no native memory tracking shows it.",
    detected: "At least 8 mappings of 64 MiB in pmap -x, with a quarter of the resident memory in them.",
    advice: "Find what is not closed (Deflater, Inflater, streams); then try MALLOC_ARENA_MAX=2.",
    false_positives: "Arenas that are full of memory in use are a sign of use, not of waste.",
    sources: &["glibc malloc/arena.c (HEAP_MAX_SIZE), mallopt(3) M_ARENA_MAX"],
};

impl Rule<HostReport> for MallocArenas {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, report: &HostReport) -> Vec<Finding> {
        let heavy = report.maps.iter().filter(|map| {
            map.arenas >= LEAST && map.arenas_resident.saturating_mul(4) >= map.resident
        });
        heavy
            .max_by_key(|map| map.arenas_resident)
            .map(|map| {
                let size = text::bytes(map.arenas_resident);
                let all = text::bytes(map.resident);
                let count = map.arenas;
                Finding {
                    summary: t!("{size} of the {all} resident lie in {count} arenas of the C library: memory that native code took with malloc and that no heap dump shows.", size, all, count),
                    evidence: vec![Evidence::new(t!("{count} arenas, {size} resident", count, size), map.locator.clone())],
                    advice: vec![t!("Look for Deflater, Inflater and streams that are not closed; if nothing leaks, MALLOC_ARENA_MAX=2 in the environment bounds what glibc keeps.")],
                    ..Finding::new(&META, t!("{size} in {count} arenas of the C library", size, count))
                }
            })
            .into_iter()
            .collect()
    }
}
