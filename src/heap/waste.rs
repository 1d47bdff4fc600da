//! Memory spent without use: the same text many times, collections without elements, arrays without content, numbers in
//! boxes, classes loaded twice. Everything is counted exactly, of reachable objects alone; what a string says is never
//! kept.

mod collections;
pub(super) mod owners;
mod texts;
mod values;

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::classes::{Class, Classes, Shape};
use super::containers::form_of;
use super::model::Heap;
use super::reached::Reached;
use super::report::{Waste, WastePart};
use crate::key;
use collections::Candidate;
use values::{Arrays, Duplicates, Values};

/// Rows kept of the owners and classes of each kind.
const ROWS: usize = 5;
/// Objects looked at by one task.
const CHUNK: usize = 1 << 15;
/// Tasks at a time.
const TASKS: usize = 16;
/// Objects that are looked up in the file together.
const BATCH: usize = 512;

/// A reachable object that is part of a kind of waste. There may be as many as there are objects.
#[derive(Debug, Clone, Copy)]
struct Lost {
    index: u32,
    /// Number of the class that it is listed under.
    class: u32,
    saved: Saved,
}

/// The same by its position in the dominator tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Placed {
    position: u32,
    class: u32,
    saved: Saved,
}

/// Bytes that could be saved, in units of eight: no JVM aligns objects to less, and none has an object of 32 GiB.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Saved(u32);

impl Saved {
    fn of(bytes: u64) -> Self {
        Self(u32::try_from(bytes / 8).unwrap_or(u32::MAX))
    }

    fn bytes(self) -> u64 {
        u64::from(self.0) * 8
    }
}

/// The class of texts.
const STRING: &str = "java.lang.String";
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

/// What reachable objects lose, as far as it needs no dominators.
#[derive(Debug)]
pub(super) struct Found {
    strings: Duplicates,
    arrays: Arrays,
    collections: Vec<Candidate>,
    /// Indices of boxed numbers.
    boxes: Vec<u32>,
}

/// Compares the contents of all objects; needs no graph.
pub(super) fn compare(heap: &Heap<'_>) -> Values {
    values::values(heap)
}

/// Looks at what can be reached.
pub(super) fn look(reached: &Reached<'_, '_>, values: Values) -> Found {
    let (strings, arrays) = values.lost(reached);
    Found {
        strings,
        arrays,
        collections: collections::candidates(reached),
        boxes: boxes(reached),
    }
}

/// In what way the objects of a class are looked at for waste.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Interest {
    /// As a value that others may have too.
    Value,
    /// As a collection or an array that may be too large.
    Collection,
}

/// In what way the objects of a class are looked at, if at all: what is noted of each takes memory.
pub(super) fn looks_at(classes: &Classes, number: u32, class: &Class) -> Option<Interest> {
    match class.shape {
        Shape::PrimitiveArray(_) => Some(Interest::Value),
        Shape::Instance if class.name == STRING => Some(Interest::Value),
        Shape::Instance if BOXES.contains(&class.name.as_str()) => Some(Interest::Value),
        Shape::ObjectArray => Some(Interest::Collection),
        Shape::Instance => form_of(classes, number).map(|_| Interest::Collection),
    }
}

/// All kinds of waste that occur, the most bytes first.
pub(super) fn find(heap: &Heap<'_>, found: Found) -> Vec<Waste> {
    let Found {
        strings,
        arrays,
        collections,
        boxes,
    } = found;
    let collections = collections::lost(heap, collections);
    let kinds = vec![
        (key!("duplicate strings"), strings.0, Some(strings.1)),
        (key!("zero-filled primitive arrays"), arrays.zero, None),
        (
            key!("duplicate primitive arrays"),
            arrays.same.0,
            Some(arrays.same.1),
        ),
        (key!("empty collections"), collections.empty, None),
        (key!("sparse hash tables"), collections.tables, None),
        (
            key!("oversized arrays of collections"),
            collections.lists,
            None,
        ),
        (
            key!("arrays of references that are mostly null"),
            collections.arrays,
            None,
        ),
        (key!("boxed numbers"), boxed(heap, boxes), None),
        (key!("classes loaded several times"), classes(heap), None),
    ];
    let rows = kinds
        .into_par_iter()
        .filter(|(_, lost, _)| !lost.is_empty());
    let rows = rows.map(|(kind, lost, distinct)| row(heap, kind, lost, distinct));
    let mut found: Vec<Waste> = rows.collect();
    found.sort_by(|left, right| {
        let most = right.bytes.cmp(&left.bytes);
        most.then_with(|| left.kind.cmp(&right.kind))
    });
    found
}

fn bytes(lost: &[Placed]) -> u64 {
    lost.iter().map(|lost| lost.saved.bytes()).sum()
}

fn row(heap: &Heap<'_>, kind: &str, lost: Vec<Lost>, distinct: Option<u64>) -> Waste {
    let placed = lost.into_iter().filter_map(|lost| {
        Some(Placed {
            position: heap.tree.position(lost.index)?,
            class: lost.class,
            saved: lost.saved,
        })
    });
    let mut lost: Vec<Placed> = placed.collect();
    lost.par_sort_unstable();
    let mut parts: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for class in lost.chunk_by(|left, right| left.class == right.class) {
        let name = heap.classes.get(class[0].class).name.as_str();
        let part = parts.entry(name).or_default();
        part.0 += class.len() as u64;
        part.1 += bytes(class);
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
        bytes: bytes(&lost),
        distinct,
        classes,
        owners: owners::heaviest(heap, &lost, ROWS),
    }
}

/// Shows the objects whose class is `wanted` to `look`, reachable or not, many at a time and in parallel; the result is in
/// address order.
fn scan<T: Send>(
    heap: &Heap<'_>,
    wanted: &[bool],
    look: impl Fn(&[u32]) -> Vec<T> + Sync,
) -> Vec<T> {
    let look = |start: &u32| -> Vec<T> {
        let indices = *start..heap.len().min(start + CHUNK as u32);
        let wanted = indices.filter(|index| wanted[heap.class_number(*index) as usize]);
        look(&wanted.collect::<Vec<u32>>())
    };
    let chunks: Vec<u32> = (0..heap.len()).step_by(CHUNK).collect();
    let mut all = Vec::new();
    // A few at a time, so that there is never much of it twice.
    for chunks in chunks.chunks(TASKS) {
        let parts: Vec<Vec<T>> = chunks.par_iter().map(look).collect();
        parts.into_iter().for_each(|part| all.extend(part));
    }
    all
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

/// The reachable boxed numbers.
fn boxes(reached: &Reached<'_, '_>) -> Vec<u32> {
    let heap = reached.heap;
    scan(heap, &named(heap, &BOXES), |indices| {
        let reachable = indices.iter().copied();
        reachable.filter(|index| reached.has(*index)).collect()
    })
}

/// A field of the primitive type, or an array of it, would need none of these objects.
fn boxed(heap: &Heap<'_>, boxes: Vec<u32>) -> Vec<Lost> {
    let lost = boxes.into_iter().map(|index| Lost {
        index,
        class: heap.class_number(index),
        saved: Saved::of(heap.shallow(index)),
    });
    lost.collect()
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
                index: *index,
                class: *heap.class_objects.get(index)?,
                saved: Saved::of(heap.shallow(*index)),
            })
        }));
    }
    lost
}
