//! The explicit list of lines that say nothing this room uses. A line that is neither used nor listed here counts as
//! not understood.

/// Second tags after `gc` whose lines are detail: phases, workers, heuristics, statistics. The lines among them that
/// are used were taken before this list is asked.
const TAGS: [&[u8]; 59] = [
    b"age",
    b"alloc",
    b"barrier",
    b"bot",
    b"breakpoint",
    b"classhisto",
    b"classunloading",
    b"compaction",
    b"conc",
    b"coops",
    b"cpu",
    b"director",
    b"ergo",
    b"exit",
    b"free",
    b"freelist",
    b"heap",
    b"humongous",
    b"ihop",
    b"init",
    b"jni",
    b"liveness",
    b"load",
    b"mark",
    b"marking",
    b"metadata",
    b"metaspace",
    b"mmu",
    b"nmethod",
    b"nmt",
    b"numa",
    b"oops",
    b"page",
    b"pagesize",
    b"phases",
    b"plab",
    b"promotion",
    b"ptrqueue",
    b"ref",
    b"refine",
    b"region",
    b"reloc",
    b"remset",
    b"report",
    b"resize",
    b"scavenge",
    b"state",
    b"stats",
    b"stringdedup",
    b"stringtable",
    b"survivor",
    b"sweep",
    b"task",
    b"thread",
    b"tlab",
    b"unloading",
    b"unmap",
    b"verify",
    b"workgang",
];

/// Beginnings of messages, for logs without tags and for the bare `gc` tag. Leading blanks are removed before.
const PREFIXES: &[&str] = &[
    // Concurrent work of every collector; what matters about it was taken before.
    "Clear ",
    "Cannot finish degeneration",
    "minor pause",
    "Minor_pause",
    "major pause",
    "Major_pause",
    "Do scavenge",
    "No full after",
    "Live_space",
    "Base_footprint",
    "Old eden_size",
    "PSYoungGen::",
    "eden: ",
    "from: ",
    "to: ",
    "capacities are",
    "Eden, from",
    "avg_",
    "Merge Optional",
    "Evacuate Optional",
    "Concurrent ",
    "Coalescing and filling",
    "Old Collection",
    "Young Generation",
    "Old Generation",
    "Young Collection",
    "Cancel marking",
    "Preempting old",
    // Phases.
    "Pre Evacuate",
    "Evacuate Collection Set",
    "Post Evacuate",
    "Merge Heap Roots",
    "Other: ",
    "Phase ",
    "Marking Phase",
    "Summary Phase",
    "Adjust Roots",
    "Compaction Phase",
    "Post Compact",
    "Skipped phase",
    "Process start",
    "Process end",
    "Idle start",
    "Idle end",
    "Active start",
    "Active end",
    "G1 Service",
    "Prepare ",
    "Mark Stack Usage",
    "Ext Root Scanning",
    "Scan HCC",
    "Object Copy",
    "Termination",
    "GC Worker",
    // Workers.
    "Using ",
    // Heuristics.
    "Trigger",
    "Pacer for ",
    "Free: ",
    "Free headroom",
    "Adaptive CSet",
    "Collectable Garbage",
    "Good progress",
    "Bad progress",
    "Cancelling GC",
    "Failed to allocate",
    "Evacuation Reserve",
    "Immediate Garbage",
    "Attempting ",
    "MMU",
    "Free set:",
    "Cycle ",
    // ZGC tables.
    "Load: ",
    "Mark: ",
    "NMethods: ",
    "Soft: ",
    "Weak: ",
    "Final: ",
    "Phantom: ",
    "Clearing All SoftReferences",
    "Small Pages",
    "Medium Pages",
    "Large Pages",
    "Forwarding Usage",
    "Min Capacity",
    "Max Capacity",
    "Soft Max Capacity",
    "Heap Statistics",
    "Mark Start ",
    "Capacity: ",
    "Used: ",
    "Live: ",
    "Garbage: ",
    "Allocated: ",
    "Reclaimed: ",
    "Promoted: ",
    "Compacted: ",
    "Young Generation Statistics",
    "Old Generation Stat",
    "Candidates",
    "Allocation Stalls:",
    "Age Table",
    "Eden ",
    "Survivor ",
    "Page Cache",
    "Relocation Set",
    "Uncommit",
    "Heap Before",
    "Stopping ZGC",
    "Live  ",
    "Eager ",
    // References.
    "Encountered references",
    "Discovered",
    "Enqueued",
    "Cleared",
    "Dropped",
    "Reference",
    // Metaspace report and pools.
    "Metaspace",
    "class space",
    "NonClass",
    "Class:",
    "Usage:",
    "Non-class",
    "Non-Class",
    "Both:",
    "Virtual space",
    "Chunk freelists",
    "MaxMetaspaceSize",
    "CompressedClassSpaceSize",
    "Initial GC threshold",
    "Current GC threshold",
    "CDS: ",
    "MetaspaceReclaimPolicy",
    "Internal statistics",
    "num_",
    "- ",
    "Class space:",
    "Non-class space:",
    // Heap print-outs.
    "Heap before GC",
    "Heap after GC",
    "garbage-first heap",
    "region size",
    "def new generation",
    "tenured generation",
    "par new generation",
    "concurrent mark-sweep",
    "eden space",
    "from space",
    "to   space",
    "to space",
    "the space",
    "object space",
    "Shenandoah Heap",
    "ZHeap",
    "Status:",
    "Reserved region",
    "Collection set",
    "PSOldGen",
    "DefNew",
    "Tenured",
    "ParNew",
    "CMS:",
    "Old:",
    "Archive regions",
    "Cache ",
    "size classes",
    "Heap",
    // Statistics at exit and their explanations.
    "\"lvls\"",
    "\"a\"",
    "\"(",
    "All times are",
    "all workers",
    "Desired survivor size",
    "String Dedup",
    "Deduplicat",
    "New: ",
    "Inspected",
    "Known: ",
    "Shared: ",
    "Replaced: ",
    "Deleted: ",
    "Skipped: ",
    "Table: ",
    "Total Process",
    "Last Process",
    "Cleaned string",
    "Dead ",
    "Total ",
    "Young sizing",
    "Young other",
    "Young generation size",
    "Old other",
    "old_gen_capacity",
    "GC Overhead",
    "AdaptiveSize",
    "PSAdaptive",
    "Allocation pacing",
    "ALLOCATION PACING:",
    "Max pacing delay",
    "Higher delay",
    "Pacing delays",
    "Actual pacing",
    "from the STW pause times",
    "invisible to the usual",
    "Raise max pacing",
    "From - ",
    "Allocation tracing",
    "observed pacing",
    "time in the pacing",
    "OS takes longer",
    "waiting for",
    "Paced thread",
    "Total:",
    "=== Garbage Collection Statistics",
    "Terminating old",
    "Under allocation",
    "under stop-the-world",
    "tune GC",
    "to avoid",
    "and post-safepoint",
    "Elapsed time",
    "Step Times",
    "Mark Stats",
    "Marking Stats",
    "----",
    "====",
    "Last 10s",
    "Avg / Max",
    "Collector: ",
    "Memory: ",
    "Thread: ",
    "Phase: ",
    "Subphase: ",
    "Critical: ",
    "Contention: ",
    "Generation: ",
    "System: ",
    "GC STATISTICS",
    "Heap Region",
    "Remembered Set",
    "Dirty Cards",
    "CSet",
    "Predicted",
    "Sized ",
    "Expand",
    "Shrink",
    "Heap expansion",
    "Humongous",
    "live ",
    "Active ",
    "Update Region",
    "Rebuild",
    "Trash",
    "Rendezvous",
    "Roots",
    "Choose",
    "Manage",
    "Finish",
    "Unlink",
    "Purge",
    "Weak ",
    "System Dictionary",
    "Exception Caches",
    "Code Roots",
    "CLDG",
    "Degen ",
    "CTR",
    "CMR",
    "CWR",
    "CSR",
    "CWRF",
    "DU",
    "E:",
    "WR",
    "UR",
    "S:",
    "(G)",
    "(N)",
    // Work of a safepoint (`safepoint,cleanup`, JDK 9 to 17).
    "deflating ",
    "updating inline caches",
    "compilation policy safepoint handler",
    "purging class loader data",
    "resizing ",
    "rehashing ",
    "safepoint cleanup tasks",
];

/// Tags that fill debug logs and hold nothing that is used, so that their messages need not be looked at.
pub(super) fn is_flood(tags: &[u8]) -> bool {
    let Some(rest) = tags.strip_prefix(b"gc,") else {
        return false;
    };
    let second = &rest[..memchr::memchr(b',', rest).unwrap_or(rest.len())];
    matches!(
        second,
        b"phases"
            | b"ergo"
            | b"task"
            | b"stats"
            | b"age"
            | b"ref"
            | b"plab"
            | b"remset"
            | b"tlab"
            | b"region"
            | b"refine"
            | b"bot"
            | b"reloc"
            | b"nmethod"
            | b"stringdedup"
    )
}

/// Whether lines of this level are detail: what happened is written at `info` and above, `debug` and `trace` say how.
pub(super) fn level(level: Option<&[u8]>) -> bool {
    matches!(level, Some(b"debug" | b"trace"))
}

/// Whether all lines with these tags are detail.
pub(super) fn tags(tags: &[u8]) -> bool {
    match tags.strip_prefix(b"gc,") {
        Some(rest) => {
            let second = rest.split(|&byte| byte == b',').next().unwrap_or(rest);
            TAGS.binary_search(&second).is_ok()
        }
        // Another part of the JVM: `class,load`, `os,thread`, `startuptime`; what is done while the world stands.
        None => tags != b"gc" && tags != b"safepoint",
    }
}

/// Whether a message is known to be detail.
pub(super) fn message(message: &[u8]) -> bool {
    let text = message.trim_ascii_start();
    if text.is_empty() {
        return true;
    }
    // Tables of numbers: `1 of 2 ms`, `0 Full GCs`, `[0x…`, `"(G)" (gross)`.
    if text[0].is_ascii_digit() || text[0] == b'[' || text[0] == b'+' || text[0] == b'*' {
        return true;
    }
    // `Update Region States  7 us` and `… 12 us, parallelism: 0.8x` of the Shenandoah statistics.
    if text.ends_with(b" us") || memchr::memmem::find(text, b" us, ").is_some() {
        return true;
    }
    // `Accumulate Stats = 0.00 s (a = 19 us) (n = 68) (lvls, us = …)`: its sums over the whole run.
    if memchr::memmem::find(text, b" s (a = ").is_some() {
        return true;
    }
    PREFIXES
        .iter()
        .any(|prefix| text.starts_with(prefix.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tags_are_sorted_for_the_search() {
        assert!(TAGS.is_sorted());
    }

    #[test]
    fn only_listed_tags_are_quiet() {
        assert!(tags(b"gc,phases"));
        assert!(tags(b"gc,ergo,heap"));
        assert!(tags(b"class,load"));
        assert!(!tags(b"gc"));
        assert!(!tags(b"gc,start"));
        assert!(!tags(b"gc,surprise"));
        assert!(!message(b"Something new"));
    }
}
