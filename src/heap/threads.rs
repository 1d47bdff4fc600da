//! Threads: names, stacks, and what their locals keep alive.

use std::collections::BTreeMap;

use super::containers;
use super::hprof::Type;
use super::hprof::sub::RootKind;
use super::model::{Content, Heap};
use super::report::{HeapThread, ThreadLocalVariable};

/// Locals kept of each thread.
const LOCALS: usize = 10;
/// Longest thread name that is shown.
const NAME: usize = 200;
/// The frame that HotSpot puts on top of the thread that could not allocate (`VM_HeapDumper::doit`).
const OOM_FRAME: &str = "java.lang.OutOfMemoryError.<init>";

/// All threads of a dump.
#[derive(Debug, Default)]
pub(super) struct Threads {
    /// By retained bytes, most first; virtual threads of the same stack as one.
    pub(super) list: Vec<HeapThread>,
    pub(super) count: u64,
    /// The thread that could not allocate.
    pub(super) oom: Option<HeapThread>,
}

/// Reads the threads.
pub(super) fn read(heap: &Heap<'_>) -> Threads {
    let mut locals: BTreeMap<u32, Vec<(Option<u32>, u32)>> = BTreeMap::new();
    for (root, index) in &heap.roots {
        if let (RootKind::JavaFrame | RootKind::JniLocal, Some(serial)) = (root.kind, root.thread) {
            let list = locals.entry(serial).or_default();
            list.push((root.frame, *index));
        }
    }
    let mut threads = Threads::default();
    let mut virtual_threads: BTreeMap<Vec<String>, HeapThread> = BTreeMap::new();
    for (root, index) in &heap.roots {
        if root.kind != RootKind::Thread {
            continue;
        }
        threads.count += 1;
        let frames = match root.frame {
            Some(trace) => heap.records.stack(heap.bytes, trace),
            None => Vec::new(),
        };
        let class = heap.name_of(*index);
        let own = root.thread.and_then(|serial| locals.get(&serial));
        let thread = HeapThread {
            name: name(heap, *index).unwrap_or_default(),
            id: heap.hex(*index),
            retained_bytes: heap.retained(*index),
            alike: 1,
            locals: own.map_or_else(Vec::new, |own| heaviest(heap, own)),
            frames,
            class,
        };
        if thread
            .frames
            .first()
            .is_some_and(|frame| frame.starts_with(OOM_FRAME))
        {
            threads.oom = Some(thread.clone());
        }
        if thread.class.ends_with("VirtualThread") {
            let alike = virtual_threads.entry(thread.frames.clone());
            alike
                .and_modify(|known| {
                    known.alike += 1;
                    known.retained_bytes += thread.retained_bytes;
                })
                .or_insert(thread);
        } else {
            threads.list.push(thread);
        }
    }
    threads.list.extend(virtual_threads.into_values());
    threads.list.sort_by(|left, right| {
        let most = right.retained_bytes.cmp(&left.retained_bytes);
        most.then_with(|| (&left.name, &left.id).cmp(&(&right.name, &right.id)))
    });
    threads
}

/// The name of a thread: a `String`, before JDK 9 an array of characters.
pub(super) fn name(heap: &Heap<'_>, thread: u32) -> Option<String> {
    let name = heap.reference(thread, "name")?;
    match heap.content(name) {
        Content::Primitives(Type::Char, bytes) => {
            let units = bytes
                .chunks_exact(2)
                .map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            let text = char::decode_utf16(units).map(|unit| unit.unwrap_or('\u{FFFD}'));
            Some(text.take(NAME).collect())
        }
        _ => heap.text(name, NAME),
    }
}

/// A value that a thread keeps in a `ThreadLocal` or in a `FastThreadLocal` of Netty.
#[derive(Debug, Clone, Copy)]
pub(super) struct LocalValue {
    pub(super) value: u32,
    /// The `ThreadLocal` itself is gone: nobody can read the value any more.
    pub(super) stale: bool,
}

/// What a thread keeps in the maps of its thread locals.
pub(super) fn local_values(heap: &Heap<'_>, thread: u32) -> Vec<LocalValue> {
    let maps = ["threadLocals", "inheritableThreadLocals"];
    let maps = maps.iter().filter_map(|map| heap.reference(thread, map));
    let tables = maps.filter_map(|map| heap.reference(map, "table"));
    let entries = tables.flat_map(|table| heap.elements(table).flatten().collect::<Vec<_>>());
    let mut values: Vec<LocalValue> = entries
        .filter_map(|entry| {
            Some(LocalValue {
                value: heap.reference(entry, "value")?,
                stale: heap.reference(entry, "referent").is_none(),
            })
        })
        .collect();
    // FastThreadLocalThread.threadLocalMap; an unused place refers to a bare Object.
    let fast = heap.reference(thread, "threadLocalMap");
    let fast = fast.and_then(|map| heap.reference(map, "indexedVariables"));
    for value in fast
        .into_iter()
        .flat_map(|array| heap.elements(array))
        .flatten()
    {
        if heap.class_of(value).name != "java.lang.Object" {
            values.push(LocalValue {
                value,
                stale: false,
            });
        }
    }
    values
}

fn heaviest(heap: &Heap<'_>, locals: &[(Option<u32>, u32)]) -> Vec<ThreadLocalVariable> {
    let mut sorted = locals.to_vec();
    sorted.sort_unstable_by_key(|(frame, index)| {
        (std::cmp::Reverse(heap.retained(*index)), *index, *frame)
    });
    // The same object is often in several slots and frames; the innermost frame stands for it.
    sorted.dedup_by_key(|(_, index)| *index);
    sorted.truncate(LOCALS);
    let describe = |(frame, index): &(Option<u32>, u32)| ThreadLocalVariable {
        frame: *frame,
        class: heap.name_of(*index),
        object_id: heap.hex(*index),
        retained_bytes: heap.retained(*index),
        elements: containers::describe(heap, *index)
            .filter(|container| container.count > 0)
            .and_then(|container| Some((container.count, container.main_class(heap)?.0))),
    };
    sorted.iter().map(describe).collect()
}
