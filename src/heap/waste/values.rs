//! Values that are in the heap more than once: the texts of strings, the contents of primitive arrays.
//!
//! Values are sorted by a hash and then compared byte by byte, so what is counted is a copy for certain. That needs the
//! contents alone and is done while the graph is searched; which of the objects can be reached is asked afterwards.

use std::hash::Hasher;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use rayon::prelude::*;
use rustc_hash::FxHasher;

use super::texts::Reader;
use super::{BATCH, Lost, STRING, Saved, named, scan};
use crate::heap::classes::Shape;
use crate::heap::columns::{self, together};
use crate::heap::model::{Content, Heap};
use crate::heap::reached::Reached;

/// One bit for each object.
struct Marks(Vec<AtomicU64>);

impl Marks {
    fn new(objects: u32) -> Self {
        let words = objects.div_ceil(64) as usize;
        Self(columns::zeros(words))
    }

    fn set(&self, index: u32) {
        self.0[index as usize / 64].fetch_or(1 << (index % 64), Relaxed);
    }

    fn has(&self, index: u32) -> bool {
        self.0[index as usize / 64].load(Relaxed) & 1 << (index % 64) != 0
    }
}

/// A hash of 32 bits: what is put into one bucket is compared byte by byte.
fn hash(form: u8, bytes: &[u8]) -> u32 {
    let mut hasher = FxHasher::default();
    hasher.write_u8(form);
    hasher.write_usize(bytes.len());
    hasher.write(bytes);
    let hash = hasher.finish();
    (hash ^ hash >> 32) as u32
}

/// A hash and the index of an object in one number, to be sorted.
fn entry(hash: u32, index: u32) -> u64 {
    u64::from(hash) << 32 | u64::from(index)
}

/// log2 of the stretches of hashes that are compared side by side.
const STRETCHES: u32 = 8;

/// Marks the first object of each value; an index needs 31 bits.
const FIRST: u32 = 1 << 31;

/// An object of a value that several have, and the array that the value is in.
type Copy = (u32, u32);

/// The objects of each value that several have, one value behind the other, each in the order of addresses.
#[derive(Debug, Default)]
struct Copies(Vec<Copy>);

impl Copies {
    /// Compares the objects of `entries` of one hash. `values` says what objects hold, and in which arrays.
    fn of<V: Ord + Send>(
        mut entries: Vec<u64>,
        values: impl Fn(&[u32]) -> Vec<Option<(V, u32)>> + Sync,
    ) -> Self {
        entries.par_sort_unstable();
        let stretches = (0..1_u64 << STRETCHES).into_par_iter().map(|number| {
            let bound =
                |number| entries.partition_point(|entry| entry >> (64 - STRETCHES) < number);
            compare(&entries[bound(number)..bound(number + 1)], &values)
        });
        let parts: Vec<Vec<Copy>> = stretches.collect();
        drop(entries);
        Self(together(parts))
    }

    /// Calls `each` with the reachable objects of each value that several of those have. Returns what is lost, and how many
    /// such values there are.
    fn lost(
        &self,
        reached: &Reached<'_, '_>,
        each: impl Fn(&mut Vec<Lost>, &[Copy]) + Sync,
    ) -> (Vec<Lost>, u64) {
        let values = self.0.par_chunk_by(|_, next| next.0 & FIRST == 0);
        let parts: Vec<(Vec<Lost>, u64)> = values
            .fold(Default::default, |(mut lost, distinct), copies| {
                let copies = copies.iter().map(|(index, array)| (index & !FIRST, *array));
                let reachable = copies.filter(|(index, _)| reached.has(*index));
                let reachable: Vec<Copy> = reachable.collect();
                if reachable.len() < 2 {
                    return (lost, distinct);
                }
                each(&mut lost, &reachable);
                (lost, distinct + 1)
            })
            .collect();
        let distinct = parts.iter().map(|(_, distinct)| distinct).sum();
        let parts = parts.into_iter().map(|(lost, _)| lost).collect();
        (together(parts), distinct)
    }
}

/// The objects of `entries`, which are sorted, that have the same value as another one.
fn compare<V: Ord>(
    entries: &[u64],
    values: &impl Fn(&[u32]) -> Vec<Option<(V, u32)>>,
) -> Vec<Copy> {
    let alike = entries.chunk_by(|left, right| left >> 32 == right >> 32);
    let mut several = alike.filter(|alike| alike.len() > 1).flatten();
    let (mut found, mut group) = (Vec::new(), Group::of(0));
    loop {
        let batch: Vec<u64> = several.by_ref().take(BATCH).copied().collect();
        if batch.is_empty() {
            break;
        }
        let indices: Vec<u32> = batch.iter().map(|entry| *entry as u32).collect();
        for ((entry, index), value) in batch.iter().zip(&indices).zip(values(&indices)) {
            if group.hash != entry >> 32 {
                std::mem::replace(&mut group, Group::of(entry >> 32)).end(&mut found);
            }
            if let Some((value, array)) = value {
                group.add(value, (*index, array), &mut found);
            }
        }
    }
    group.end(&mut found);
    found
}

/// The objects of one hash. Nearly always all of them have the same value.
struct Group<V> {
    hash: u64,
    first: Option<(V, Copy)>,
    /// Whether another one has the value of the first.
    found: bool,
    others: Vec<(V, Copy)>,
}

impl<V: Ord> Group<V> {
    fn of(hash: u64) -> Self {
        Self {
            hash,
            first: None,
            found: false,
            others: Vec::new(),
        }
    }

    fn add(&mut self, value: V, copy: Copy, found: &mut Vec<Copy>) {
        match &self.first {
            None => self.first = Some((value, copy)),
            Some((first, _)) if *first != value => self.others.push((value, copy)),
            Some((_, (index, array))) => {
                if !self.found {
                    found.push((index | FIRST, *array));
                    self.found = true;
                }
                found.push(copy);
            }
        }
    }

    fn end(mut self, found: &mut Vec<Copy>) {
        self.others.sort_unstable();
        for same in self.others.chunk_by(|left, right| left.0 == right.0) {
            if let [first, rest @ ..] = same
                && !rest.is_empty()
            {
                found.push((first.1.0 | FIRST, first.1.1));
                found.extend(rest.iter().map(|(_, copy)| *copy));
            }
        }
    }
}

/// What the contents of strings and primitive arrays say, before it is known which objects can be reached.
#[derive(Debug)]
pub(in crate::heap) struct Values {
    strings: Copies,
    /// Primitive arrays that are no text of a string.
    arrays: Copies,
    /// Those of them that hold zeros alone; empty ones do not count.
    zero: Vec<u32>,
}

/// What is lost in values of one kind, and how many values these are.
pub(super) type Duplicates = (Vec<Lost>, u64);

/// What is lost in primitive arrays.
#[derive(Debug)]
pub(super) struct Arrays {
    /// Those that hold zeros alone.
    pub(super) zero: Vec<Lost>,
    /// Every other one whose content another has, but one of each content.
    pub(super) same: Duplicates,
}

/// Compares all strings and primitive arrays.
pub(super) fn values(heap: &Heap<'_>) -> Values {
    let wanted = named(heap, &[STRING]);
    let reader = Reader::new(heap, &wanted);
    let of_strings = Marks::new(heap.len());
    let entries = scan(heap, &wanted, |indices| {
        let texts = indices.chunks(BATCH).flat_map(|some| reader.texts(some));
        let known = texts.zip(indices);
        let known = known.filter_map(|(text, index)| Some((text?, *index)));
        known
            .map(|((text, array), index)| {
                of_strings.set(array);
                entry(hash(text.form, text.bytes), index)
            })
            .collect()
    });
    let strings = Copies::of(entries, |indices| reader.texts(indices));

    let kinds = heap.classes.iter().map(|(_, class)| class.shape);
    let wanted: Vec<bool> = kinds
        .map(|shape| matches!(shape, Shape::PrimitiveArray(_)))
        .collect();
    let contents = |indices: &[u32]| {
        let contents = heap.contents(indices).into_iter().zip(indices);
        let known = contents.map(|(content, index)| match content {
            // Android leaves some contents out; nothing is known of them.
            Content::Primitives(kind, bytes) => {
                let length = heap.array_length(*index) as usize;
                let whole = bytes.len() == length * kind.width(heap.header.id_size);
                whole.then_some(((kind as u8, bytes), *index))
            }
            _ => None,
        });
        known.collect::<Vec<_>>()
    };
    let mut zero = Vec::new();
    let mut entries = scan(heap, &wanted, |indices| {
        let others = indices.iter().filter(|index| !of_strings.has(**index));
        let others: Vec<u32> = others.copied().collect();
        let contents = others.chunks(BATCH).flat_map(contents);
        let entries = contents.flatten().map(|((kind, bytes), index)| {
            let is_zero = !bytes.is_empty() && is_zero(bytes);
            let hash = if is_zero { 0 } else { hash(kind, bytes) };
            (is_zero, entry(hash, index))
        });
        entries.collect()
    });
    entries.retain(|(is_zero, entry)| {
        if *is_zero {
            zero.push(*entry as u32);
        }
        !is_zero
    });
    let entries = entries.into_iter().map(|(_, entry)| entry).collect();
    let arrays = Copies::of(entries, contents);
    Values {
        strings,
        arrays,
        zero,
    }
}

impl Values {
    /// What of it reachable objects lose: in strings whose text another one has, but one of each text, and in arrays.
    pub(super) fn lost(self, reached: &Reached<'_, '_>) -> (Duplicates, Arrays) {
        let heap = reached.heap;
        let wanted = named(heap, &[STRING]);
        let reader = Reader::new(heap, &wanted);
        let lost = |index: u32, more: u64| Lost {
            index,
            class: heap.class_number(index),
            saved: Saved::of(reached.shallow(index) + more),
        };
        let strings = self.strings.lost(reached, |found, copies| {
            // Equal strings may share one array; it counts with the first of them, and not when the kept one has it.
            let mut rest = copies[1..].to_vec();
            rest.sort_unstable_by_key(|(string, array)| (*array, *string));
            let kept = copies[0].1;
            let mut before = kept;
            found.extend(rest.into_iter().map(|(string, array)| {
                let first = array != before && array != kept;
                before = array;
                let own = first && reader.is_whole(string, array);
                lost(string, if own { reached.shallow(array) } else { 0 })
            }));
        });
        let same = self.arrays.lost(reached, |found, copies| {
            found.extend(copies[1..].iter().map(|(array, _)| lost(*array, 0)));
        });
        let zero = self.zero.iter().filter(|index| reached.has(**index));
        let zero = zero.map(|index| lost(*index, 0));
        let arrays = Arrays {
            zero: zero.collect(),
            same,
        };
        (strings, arrays)
    }
}

fn is_zero(bytes: &[u8]) -> bool {
    // Blocks, so that the compiler can compare many bytes at once and the search still ends early.
    let zero = |block: &[u8]| block.iter().fold(0, |bits, byte| bits | byte) == 0;
    bytes.chunks(64).all(zero)
}
