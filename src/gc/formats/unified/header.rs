//! What a JVM says about itself when it starts: collector, version, heap limits, workers, flags.

use crate::gc::event::{Collector, Place};
use crate::gc::formats::number;
use crate::gc::run::Run;

/// Facts kept by name, as the log has them (`gc,init`; JDK 9 to 16 write some in lower case).
const FACTS: [(&[u8], &str); 24] = [
    (b"Version: ", "Version"),
    (b"CPUs: ", "CPUs"),
    (b"Memory: ", "Memory"),
    (b"Large Page Support: ", "Large Page Support"),
    (b"NUMA Support: ", "NUMA Support"),
    (b"Compressed Oops: ", "Compressed Oops"),
    (b"Heap Region Size: ", "Heap Region Size"),
    (b"Heap region size: ", "Heap Region Size"),
    (b"Heap Min Capacity: ", "Heap Min Capacity"),
    (b"Heap Initial Capacity: ", "Heap Initial Capacity"),
    (b"Heap Max Capacity: ", "Heap Max Capacity"),
    (b"Min Capacity: ", "Heap Min Capacity"),
    (b"Initial Capacity: ", "Heap Initial Capacity"),
    (b"Max Capacity: ", "Heap Max Capacity"),
    (b"Soft Max Capacity: ", "Soft Max Capacity"),
    (b"Pre-touch: ", "Pre-touch"),
    (b"Parallel Workers: ", "Parallel Workers"),
    (b"Concurrent Workers: ", "Concurrent Workers"),
    (b"GC Workers: ", "GC Workers"),
    (b"Heuristics: ", "Heuristics"),
    (b"Mode: ", "Mode"),
    (b"Uncommit: ", "Uncommit"),
    (b"CommandLine flags: ", "CommandLine flags"),
    (b"Heap address: ", "Heap address"),
];

/// Header lines that say nothing about trouble.
const QUIET: [&[u8]; 33] = [
    b"CardTable entry size",
    b"Card Set container configuration",
    b"Initializing The ",
    b"Concurrent Refinement Workers",
    b"Periodic GC",
    b"Alignments: ",
    b"Address Space ",
    b"Heap Backing ",
    b"Medium Page Size",
    b"Available space on backing",
    b"Uncommit Delay",
    b"Runtime Workers",
    b"Heap Region Count",
    b"TLAB Size",
    b"Humongous Object Threshold",
    b"CDS archive",
    b"Compressed class space",
    b"Narrow klass",
    b"UseCompressedClassPointers",
    b"Encoding Range",
    b"Klass Range",
    b"Klass ID Range",
    b"Protection zone",
    b"Heuristics ergonomically sets",
    b"Min heap equals to max heap",
    b"ConcGCThreads: ",
    b"ParallelGCThreads: ",
    b"Initialize mark stack",
    b"Resizeable heap",
    b"Non-resizeable heap",
    b"Consider",
    b"Page Granule",
    b"Process ",
];

const COLLECTORS: [(&[u8], Collector); 10] = [
    (b"Serial", Collector::Serial),
    (b"Parallel", Collector::Parallel),
    (b"Concurrent Mark Sweep", Collector::Cms),
    (b"G1", Collector::G1),
    (b"The Z Garbage Collector", Collector::Z),
    (b"Generational ZGC", Collector::GenerationalZ),
    (b"Shenandoah", Collector::Shenandoah),
    (b"Epsilon", Collector::Epsilon),
    (b"Garbage-First", Collector::G1),
    (b"ZGC", Collector::Z),
];

/// Whether a message is one of the first that a JVM writes to its GC log.
pub(super) fn is_head(message: &[u8]) -> bool {
    match message.strip_prefix(b"Using ") {
        Some(name) => COLLECTORS.iter().any(|(known, _)| name.starts_with(known)),
        None => {
            message.starts_with(b"Version: ")
                || message.starts_with(b"CardTable entry size")
                || message.starts_with(b"Minimum heap ")
                || message.starts_with(b"Initializing The ")
                || message.starts_with(b"Heap Region Size: ")
                || message.starts_with(b"Heap region size: ")
        }
    }
}

/// Takes a header line; `false` when it is none.
pub(super) fn read(run: &mut Run, message: &[u8], place: Place) -> bool {
    if let Some(name) = message.strip_prefix(b"Using ") {
        let known = COLLECTORS.iter().find(|(known, _)| name.starts_with(known));
        if let Some((_, collector)) = known {
            run.collector = *collector;
            run.has_head = true;
            return true;
        }
        return name.starts_with(b"legacy") || name.starts_with(b"deprecated");
    }
    if let Some(sizes) = message.strip_prefix(b"Minimum heap ") {
        // `Minimum heap 8388608  Initial heap 167772160  Maximum heap 167772160`
        if let Some(at) = memchr::memmem::find(sizes, b"Maximum heap ") {
            heap_max(run, &sizes[at + 13..]);
        }
        return true;
    }
    for (prefix, name) in FACTS {
        if let Some(value) = message.strip_prefix(prefix) {
            run.fact(name, value, place);
            match name {
                "Version" => {
                    run.version = Some(String::from_utf8_lossy(value).trim().to_owned());
                    run.has_head = true;
                }
                "Heap Region Size" => run.region = number::size(value).map(|(size, _)| size),
                "Heap Max Capacity" => heap_max(run, value),
                "Heap address" => {
                    // `Heap address: 0x00000006c0000000, size: 4096 MB, Compressed Oops mode: Zero based`
                    if let Some(at) = memchr::memmem::find(value, b"size: ")
                        && let Some((megabytes, _)) = number::whole(&value[at + 6..])
                    {
                        run.heap_max = run.heap_max.or(megabytes.checked_mul(1 << 20));
                    }
                }
                "CommandLine flags" => flags(run, value),
                "Mode" if value.starts_with(b"Generational") => run.generational = true,
                _ => {}
            }
            return true;
        }
    }
    QUIET.iter().any(|prefix| message.starts_with(prefix))
}

fn heap_max(run: &mut Run, text: &[u8]) {
    if let Some((size, _)) = number::size(text)
        && size > 0
    {
        run.heap_max = Some(size);
    }
}

/// Takes the heap limit and the collector from `CommandLine flags:`; the flags themselves are kept as a fact.
pub(in crate::gc::formats) fn flags(run: &mut Run, text: &[u8]) {
    for flag in text.split(|&byte| byte == b' ') {
        let limit = flag.strip_prefix(b"-XX:MaxHeapSize=");
        if let Some((size, _)) = limit.and_then(number::size) {
            run.heap_max = Some(size);
        }
        let collector = match flag {
            b"-XX:+UseSerialGC" => Collector::Serial,
            b"-XX:+UseParallelGC" | b"-XX:+UseParallelOldGC" => Collector::Parallel,
            b"-XX:+UseConcMarkSweepGC" => Collector::Cms,
            b"-XX:+UseG1GC" => Collector::G1,
            b"-XX:+UseZGC" => Collector::Z,
            b"-XX:+UseShenandoahGC" => Collector::Shenandoah,
            b"-XX:+UseEpsilonGC" => Collector::Epsilon,
            b"-XX:+ZGenerational" => {
                run.generational = true;
                continue;
            }
            _ => continue,
        };
        if run.collector == Collector::Unknown {
            run.collector = collector;
        }
    }
}

/// Takes a line of the tag `arguments`; only what the user gave is kept.
pub(super) fn arguments(run: &mut Run, message: &[u8], place: Place) -> bool {
    let Some(value) = message.strip_prefix(b"jvm_args: ") else {
        return false;
    };
    run.fact("jvm_args", value, place);
    flags(run, value);
    true
}

/// Takes a warning of the JVM about its options; `false` for all other warnings.
pub(super) fn warning(run: &mut Run, message: &[u8], place: Place) -> bool {
    let has = |part: &[u8]| memchr::memmem::find(message, part).is_some();
    let is_about_flags =
        has(b"is deprecated.") || has(b" was deprecated in ") || has(b"support was removed in ");
    if is_about_flags {
        run.facts_of("JVM warning", message, place);
    }
    is_about_flags
}

/// Takes what the JVM prints to its standard output before the log begins: warnings about options, and the flags of
/// `-XX:+PrintCommandLineFlags`.
pub(in crate::gc::formats) fn printed(run: &mut Run, line: &[u8], place: Place) -> bool {
    if let Some(at) = memchr::memmem::find(&line[..line.len().min(60)], b" VM warning: ") {
        return warning(run, &line[at + 13..], place);
    }
    let is_flags = line.starts_with(b"-XX:") && line.split(|&byte| byte == b' ').count() > 3;
    if is_flags {
        run.fact("CommandLine flags", line, place);
        flags(run, line);
    }
    is_flags
}

/// The areas that an exit block lists, each once; what lies inside them follows with its own numbers.
const AREAS: [&[u8]; 8] = [
    b"garbage-first heap",
    b"PSYoungGen",
    b"ParOldGen",
    b"def new generation",
    b"tenured generation",
    b"DefNew",
    b"Tenured",
    b"ZHeap",
];

/// Takes an area of the exit block: `garbage-first heap   total 18432K, used 2563K [0x…`.
pub(super) fn exit(run: &mut Run, body: &[u8]) {
    if !AREAS.iter().any(|area| body.starts_with(area)) {
        return;
    }
    if let Some(at) = memchr::memmem::find(body, b" used ")
        && let Some((used, _)) = number::size(body[at + 6..].trim_ascii_start())
    {
        let so_far = run.used_at_exit.unwrap_or(0);
        run.used_at_exit = Some(so_far.saturating_add(used));
    }
}
