//! What a heap says about its own JVM: a dump's header has nothing but a date.

use super::containers;
use super::hprof::Type;
use super::model::Heap;
use super::references;
use super::report::{ClassRow, DirectMemory, JvmInfo};

/// Longest value of a system property that is shown.
const TEXT: usize = 400;

/// Facts from well-known classes of the JDK.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) jvm: Option<JvmInfo>,
    pub(super) max_heap: Option<u64>,
    pub(super) direct_memory: Option<DirectMemory>,
    pub(super) finalizer_queue: Option<u64>,
    pub(super) finalizer_classes: Vec<ClassRow>,
}

/// Reads what there is.
pub(super) fn facts(heap: &Heap<'_>) -> Facts {
    let properties = properties(heap);
    let property = |name: &str| {
        let found = properties.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.clone())
    };
    let vm = match (property("java.vm.name"), property("java.vm.version")) {
        (Some(name), Some(version)) => Some(format!("{name} {version}")),
        (name, version) => name.or(version),
    };
    let jvm = (!properties.is_empty()).then(|| JvmInfo {
        java_version: property("java.version"),
        vm,
        command: property("sun.java.command"),
        compressed_oops_mode: property("java.vm.compressedOopsMode"),
    });
    // VM.saveProperties: without -XX:MaxDirectMemorySize the limit is Runtime.maxMemory().
    let limit = boot(heap, &["jdk.internal.misc.VM", "sun.misc.VM"])
        .and_then(|class| long(heap, class, "directMemory"));
    let by_flag = property("sun.nio.MaxDirectMemorySize")
        .is_some_and(|value| !matches!(value.as_str(), "" | "0" | "-1"));
    let max_heap = match properties.is_empty() {
        true => None,
        false => limit.filter(|limit| !by_flag && *limit > 0),
    };
    let queue = finalizer_queue(heap);
    Facts {
        jvm,
        max_heap,
        direct_memory: direct_memory(heap, limit),
        finalizer_queue: queue.and_then(|queue| heap.number(queue, "queueLength")),
        finalizer_classes: queue
            .map_or_else(Vec::new, |queue| references::finalizer_queue(heap, queue)),
    }
}

/// The class of the first of `names` that the boot loader has.
fn boot(heap: &Heap<'_>, names: &[&str]) -> Option<u32> {
    names.iter().find_map(|name| {
        let named = heap.classes.named(name).iter();
        named.copied().find(|number| {
            let class = heap.classes.get(*number);
            class.loader == 0 && !class.made_up
        })
    })
}

fn long(heap: &Heap<'_>, class: u32, name: &str) -> Option<u64> {
    match heap.static_value(class, name)? {
        (Type::Long | Type::Int, bits) => Some(bits),
        // An AtomicLong.
        (Type::Object, id) => heap.number(heap.ids.index(id)?, "value"),
        _ => None,
    }
}

fn properties(heap: &Heap<'_>) -> Vec<(String, String)> {
    const WANTED: [&str; 6] = [
        "java.version",
        "java.vm.name",
        "java.vm.version",
        "java.vm.compressedOopsMode",
        "sun.java.command",
        "sun.nio.MaxDirectMemorySize",
    ];
    let saved = boot(heap, &["jdk.internal.misc.VM", "sun.misc.VM"])
        .and_then(|class| heap.static_reference(class, "savedProps"));
    let current =
        boot(heap, &["java.lang.System"]).and_then(|class| heap.static_reference(class, "props"));
    let mut found = Vec::new();
    // What the application set later must not hide what the VM said.
    for map in [saved, current].into_iter().flatten() {
        let Some(entries) = containers::describe(heap, map) else {
            continue;
        };
        for (key, value) in entries.keys.iter().zip(&entries.elements) {
            let key = heap.text(*key, TEXT).unwrap_or_default();
            if WANTED.contains(&key.as_str())
                && !found.iter().any(|(known, _)| *known == key)
                && let Some(value) = heap.text(*value, TEXT)
            {
                found.push((key, value));
            }
        }
    }
    found
}

fn direct_memory(heap: &Heap<'_>, limit: Option<u64>) -> Option<DirectMemory> {
    let bits = boot(heap, &["java.nio.Bits"])?;
    // JDK 8 and before: plain fields in lower case.
    let either = |new: &str, old: &str| long(heap, bits, new).or_else(|| long(heap, bits, old));
    let own = either("MAX_MEMORY", "maxMemory").filter(|own| *own > 0);
    Some(DirectMemory {
        reserved: either("RESERVED_MEMORY", "reservedMemory")?,
        count: either("COUNT", "count").unwrap_or(0),
        limit: own.or(limit),
    })
}

fn finalizer_queue(heap: &Heap<'_>) -> Option<u32> {
    let finalizer = boot(heap, &["java.lang.ref.Finalizer"])?;
    heap.static_reference(finalizer, "queue")
}
