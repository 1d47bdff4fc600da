//! Memory spent without use: the same text many times, collections without elements, arrays without content, numbers in
//! boxes, classes loaded twice. Everything is counted exactly, of reachable objects alone; what a string says is never
//! kept.

mod collections;
pub(super) mod owners;
mod values;

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::model::Heap;
use super::report::{Waste, WastePart};
use crate::key;

/// Rows kept of the owners and classes of each kind.
const ROWS: usize = 5;
/// Objects looked at by one task.
const CHUNK: usize = 1 << 16;

/// An object that is part of a kind of waste.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Lost {
    /// Position in the dominator tree.
    position: u32,
    /// Number of the class that it is listed under.
    class: u32,
    /// Bytes that could be saved.
    bytes: u64,
}

/// Classes whose objects are a number and nothing else.
const BOXES: [&str; 8] = [
    "java.lang.Integer",
    "java.lang.Long",
    "java.lang.Short",
    "java.lang.Byte",
    "java.lang.Character",
    "java.lang.Boolean",
    "java.lang.Double",
    "java.lang.Float",
];

/// All kinds of waste that occur, the most bytes first.
pub(super) fn find(heap: &Heap<'_>) -> Vec<Waste> {
    let strings = values::strings(heap);
    let arrays = values::arrays(heap, &strings.arrays);
    let collections = collections::find(heap);
    let mut found = vec![
        row(
            heap,
            key!("duplicate strings"),
            strings.lost,
            Some(strings.distinct),
        ),
        row(
            heap,
            key!("zero-filled primitive arrays"),
            arrays.zero,
            None,
        ),
        row(
            heap,
            key!("duplicate primitive arrays"),
            arrays.same,
            Some(arrays.distinct),
        ),
        row(heap, key!("empty collections"), collections.empty, None),
        row(heap, key!("sparse hash tables"), collections.tables, None),
        row(
            heap,
            key!("oversized arrays of collections"),
            collections.lists,
            None,
        ),
        row(
            heap,
            key!("arrays of references that are mostly null"),
            collections.arrays,
            None,
        ),
        row(heap, key!("boxed numbers"), boxed(heap), None),
        row(
            heap,
            key!("classes loaded several times"),
            classes(heap),
            None,
        ),
    ];
    found.retain(|waste| waste.objects > 0);
    found.sort_by(|left, right| {
        let most = right.bytes.cmp(&left.bytes);
        most.then_with(|| left.kind.cmp(&right.kind))
    });
    found
}

fn row(heap: &Heap<'_>, kind: &str, mut lost: Vec<Lost>, distinct: Option<u64>) -> Waste {
    lost.par_sort_unstable();
    let mut parts: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for class in lost.chunk_by(|left, right| left.class == right.class) {
        let name = heap.classes.get(class[0].class).name.as_str();
        let part = parts.entry(name).or_default();
        part.0 += class.len() as u64;
        part.1 += class.iter().map(|lost| lost.bytes).sum::<u64>();
    }
    let part = |(name, (objects, bytes)): (&str, (u64, u64))| WastePart {
        class: name.to_owned(),
        objects,
        bytes,
    };
    let mut classes: Vec<WastePart> = parts.into_iter().map(part).collect();
    classes.sort_by(|left, right| {
        let most = right.bytes.cmp(&left.bytes);
        most.then_with(|| left.class.cmp(&right.class))
    });
    classes.truncate(ROWS);
    Waste {
        kind: kind.to_owned(),
        objects: lost.len() as u64,
        bytes: lost.iter().map(|lost| lost.bytes).sum(),
        distinct,
        classes,
        owners: owners::heaviest(heap, &lost, ROWS),
    }
}

/// Looks at every reachable object whose class is `wanted`, in parallel; the result is in address order.
fn scan<T: Send>(
    heap: &Heap<'_>,
    wanted: &[bool],
    each: impl Fn(&mut Vec<T>, u32, u32) + Sync,
) -> Vec<T> {
    let chunks: Vec<u32> = (0..heap.len()).step_by(CHUNK).collect();
    let found: Vec<Vec<T>> = chunks
        .par_iter()
        .map(|start| {
            let mut found = Vec::new();
            for index in *start..heap.len().min(start + CHUNK as u32) {
                if wanted[heap.class_number(index) as usize]
                    && let Some(position) = heap.tree.position(index)
                {
                    each(&mut found, index, position);
                }
            }
            found
        })
        .collect();
    found.into_iter().flatten().collect()
}

/// Which classes have one of these names, by number.
fn named(heap: &Heap<'_>, names: &[&str]) -> Vec<bool> {
    let mut is = vec![false; heap.classes.len()];
    for name in names {
        for number in heap.classes.named(name) {
            is[*number as usize] = true;
        }
    }
    is
}

/// A field of the primitive type, or an array of it, would need none of these objects.
fn boxed(heap: &Heap<'_>) -> Vec<Lost> {
    scan(heap, &named(heap, &BOXES), |found, index, position| {
        found.push(Lost {
            position,
            class: heap.class_number(index),
            bytes: heap.shallow(index),
        });
    })
}

/// Class objects of a name that another class has too, all but the first by address. Hidden and generated classes have
/// names of their own.
fn classes(heap: &Heap<'_>) -> Vec<Lost> {
    let mut by_name: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for (index, number) in &heap.class_objects {
        if heap.tree.position(*index).is_some() {
            let name = heap.classes.get(*number).name.as_str();
            by_name.entry(name).or_default().push(*index);
        }
    }
    let mut lost = Vec::new();
    for same in by_name.values_mut() {
        same.sort_unstable();
        lost.extend(same.iter().skip(1).filter_map(|index| {
            Some(Lost {
                position: heap.tree.position(*index)?,
                class: *heap.class_objects.get(index)?,
                bytes: heap.shallow(*index),
            })
        }));
    }
    lost
}
