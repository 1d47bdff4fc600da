//! Values that are in the heap more than once: the texts of strings, the contents of primitive arrays.
//!
//! Values are sorted by a hash and then compared byte by byte, so what is counted is a copy for certain. That needs the
//! contents alone and is done while the graph is searched; which of the objects can be reached is asked afterwards.

use std::hash::Hasher;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use rayon::prelude::*;
use rustc_hash::FxHasher;

use super::{Lost, STRING, named, scan, together};
use crate::heap::classes::Shape;
use crate::heap::hprof::Type;
use crate::heap::model::{Content, Heap};

/// One bit for each object.
struct Marks(Vec<AtomicU64>);

impl Marks {
    fn new(objects: u32) -> Self {
        let words = objects.div_ceil(64);
        Self((0..words).map(|_| AtomicU64::new(0)).collect())
    }

    fn set(&self, index: u32) {
        self.0[index as usize / 64].fetch_or(1 << (index % 64), Relaxed);
    }

    fn has(&self, index: u32) -> bool {
        self.0[index as usize / 64].load(Relaxed) & 1 << (index % 64) != 0
    }
}

/// The characters of a string: how they are written, and the bytes.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Text<'a> {
    form: u8,
    bytes: &'a [u8],
}

/// Where the fields of a class of strings lie.
#[derive(Clone, Copy)]
struct Layout {
    value: u32,
    coder: Option<u32>,
    /// JDK 6 and before: strings share arrays.
    part: Option<(u32, u32)>,
}

struct Reader<'h, 'a> {
    heap: &'h Heap<'a>,
    layouts: Vec<Option<Layout>>,
}

impl<'h, 'a> Reader<'h, 'a> {
    fn new(heap: &'h Heap<'a>, wanted: &[bool]) -> Self {
        let layout = |number: u32| {
            let class = heap.classes.get(number);
            let offset = |name: &[u8], kind| {
                let mut fields = class.fields.iter();
                let named = |id| heap.records.raw_name(heap.bytes, id) == Some(name);
                let field = fields.find(|field| field.kind == kind && named(field.name));
                field.map(|field| field.offset)
            };
            Some(Layout {
                value: offset(b"value", Type::Object)?,
                coder: offset(b"coder", Type::Byte),
                part: offset(b"offset", Type::Int).zip(offset(b"count", Type::Int)),
            })
        };
        let layouts = (0..).zip(wanted).map(|(number, wanted)| match wanted {
            true => layout(number),
            false => None,
        });
        Self {
            heap,
            layouts: layouts.collect(),
        }
    }

    /// The text of a string and the array it is in.
    fn text(&self, string: u32) -> Option<(Text<'a>, u32)> {
        let layout = self.layouts[self.heap.class_number(string) as usize]?;
        let Content::Instance(fields) = self.heap.content(string) else {
            return None;
        };
        let at = |offset: u32| {
            Some(i32::from_be_bytes(
                *fields.get(offset as usize..)?.first_chunk()?,
            ))
        };
        let array = self
            .heap
            .ids
            .index(self.heap.id_in(fields, layout.value as usize))?;
        let Content::Primitives(kind, bytes) = self.heap.content(array) else {
            return None;
        };
        let form = match (kind, layout.coder) {
            (Type::Char, _) => 2,
            (Type::Byte, Some(coder)) => *fields.get(coder as usize)?,
            _ => return None,
        };
        let bytes = match layout.part {
            Some((from, count)) => {
                let from = usize::try_from(at(from)?).ok()?.checked_mul(2)?;
                let length = usize::try_from(at(count)?).ok()?.checked_mul(2)?;
                bytes.get(from..from.checked_add(length)?)?
            }
            None => bytes,
        };
        Some((Text { form, bytes }, array))
    }

    /// Whether a string alone has its array; of JDK 6 a longer string may share it.
    fn is_whole(&self, string: u32, array: u32) -> bool {
        let layout = self.layouts[self.heap.class_number(string) as usize];
        if layout.is_none_or(|layout| layout.part.is_none()) {
            return true;
        }
        let length = self.text(string).map(|(text, _)| text.bytes.len());
        matches!(self.heap.content(array), Content::Primitives(_, all) if Some(all.len()) == length)
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

/// Marks the first object of each value; an index needs 31 bits.
const FIRST: u32 = 1 << 31;

/// An object of a value that several have, and the array that the value is in.
type Copy = (u32, u32);

/// The objects of each value that several have, one value behind the other, each in the order of addresses.
#[derive(Debug, Default)]
struct Copies(Vec<Copy>);

impl Copies {
    /// Compares the objects of `entries` of one hash. `value` says what an object holds, and in which array.
    fn of<V: Ord + Send>(
        mut entries: Vec<u64>,
        value: impl Fn(u32) -> Option<(V, u32)> + Sync,
    ) -> Self {
        entries.par_sort_unstable();
        let parts: Vec<Vec<Copy>> = entries
            .par_chunk_by(|left, right| left >> 32 == right >> 32)
            .filter(|alike| alike.len() > 1)
            .fold(Vec::new, |mut found, alike| {
                compare(alike, &value, &mut found);
                found
            })
            .collect();
        drop(entries);
        Self(together(parts))
    }

    /// Calls `each` with the reachable objects of each value that several of those have. Returns what is lost, and how many
    /// such values there are.
    fn lost(
        &self,
        heap: &Heap<'_>,
        each: impl Fn(&mut Vec<Lost>, &[Copy]) + Sync,
    ) -> (Vec<Lost>, u64) {
        let values = self.0.par_chunk_by(|_, next| next.0 & FIRST == 0);
        let parts: Vec<(Vec<Lost>, u64)> = values
            .fold(Default::default, |(mut lost, distinct), copies| {
                let copies = copies.iter().map(|(index, array)| (index & !FIRST, *array));
                let reachable = copies.filter(|(index, _)| heap.tree.position(*index).is_some());
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

/// Puts the objects that have the same value as another one behind `found`.
fn compare<V: Ord>(alike: &[u64], value: &impl Fn(u32) -> Option<(V, u32)>, found: &mut Vec<Copy>) {
    let begin = found.len();
    // Nearly always all of one hash are the same.
    let mut kept: Option<V> = None;
    let mut others: Vec<(V, Copy)> = Vec::new();
    for entry in alike {
        let index = *entry as u32;
        let Some((value, array)) = value(index) else {
            continue;
        };
        match &kept {
            Some(kept) if *kept != value => others.push((value, (index, array))),
            Some(_) => found.push((index, array)),
            None => {
                kept = Some(value);
                found.push((index | FIRST, array));
            }
        }
    }
    if found.len() == begin + 1 {
        found.pop();
    }
    others.sort_unstable();
    for same in others.chunk_by(|left, right| left.0 == right.0) {
        if let [first, rest @ ..] = same
            && !rest.is_empty()
        {
            found.push((first.1.0 | FIRST, first.1.1));
            found.extend(rest.iter().map(|(_, copy)| *copy));
        }
    }
}

/// What the contents of strings and primitive arrays say, before it is known which objects can be reached.
#[derive(Debug)]
pub(super) struct Values {
    strings: Copies,
    /// Primitive arrays that are no text of a string.
    arrays: Copies,
    /// Those of them that hold zeros alone; empty ones do not count.
    zero: Vec<u32>,
}

/// What is lost in values of one kind, and how many values these are.
pub(super) type Duplicates = (Vec<Lost>, u64);

/// What is lost in primitive arrays.
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
    let entries = scan(heap, &wanted, |_, index| {
        let (text, array) = reader.text(index)?;
        of_strings.set(array);
        Some(entry(hash(text.form, text.bytes), index))
    });
    let strings = Copies::of(entries, |index| reader.text(index));

    let kinds = heap.classes.iter().map(|(_, class)| class.shape);
    let wanted: Vec<bool> = kinds
        .map(|shape| matches!(shape, Shape::PrimitiveArray(_)))
        .collect();
    let content = |index: u32| match heap.content(index) {
        // Android leaves some contents out; nothing is known of them.
        Content::Primitives(kind, bytes) => {
            let length = heap.array_length(index) as usize;
            let whole = bytes.len() == length * kind.width(heap.header.id_size);
            whole.then_some((kind as u8, bytes))
        }
        _ => None,
    };
    let mut zero = Vec::new();
    let mut entries = scan(heap, &wanted, |_, index| {
        let (kind, bytes) = content(index).filter(|_| !of_strings.has(index))?;
        let is_zero = !bytes.is_empty() && is_zero(bytes);
        Some((
            is_zero,
            entry(if is_zero { 0 } else { hash(kind, bytes) }, index),
        ))
    });
    entries.retain(|(is_zero, entry)| {
        if *is_zero {
            zero.push(*entry as u32);
        }
        !is_zero
    });
    let entries = entries.into_iter().map(|(_, entry)| entry).collect();
    let arrays = Copies::of(entries, |index| Some((content(index)?, index)));
    Values {
        strings,
        arrays,
        zero,
    }
}

impl Values {
    /// What of it reachable objects lose: in strings whose text another one has, but one of each text, and in arrays.
    pub(super) fn lost(&self, heap: &Heap<'_>) -> (Duplicates, Arrays) {
        let wanted = named(heap, &[STRING]);
        let reader = Reader::new(heap, &wanted);
        let lost = |index: u32, more: u64| {
            Some(Lost {
                position: heap.tree.position(index)?,
                class: heap.class_number(index),
                bytes: heap.shallow(index) + more,
            })
        };
        let strings = self.strings.lost(heap, |found, copies| {
            // Equal strings may share one array; it counts with the first of them, and not when the kept one has it.
            let mut rest = copies[1..].to_vec();
            rest.sort_unstable_by_key(|(string, array)| (*array, *string));
            let kept = copies[0].1;
            let mut before = kept;
            found.extend(rest.into_iter().filter_map(|(string, array)| {
                let first = array != before && array != kept;
                before = array;
                let own = first && reader.is_whole(string, array);
                lost(string, if own { heap.shallow(array) } else { 0 })
            }));
        });
        let same = self.arrays.lost(heap, |found, copies| {
            found.extend(copies[1..].iter().filter_map(|(array, _)| lost(*array, 0)));
        });
        let zero = self.zero.iter().filter_map(|index| lost(*index, 0));
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
