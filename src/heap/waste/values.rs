//! Values that are in the heap more than once: the texts of strings, the contents of primitive arrays.
//!
//! Values are sorted by a hash and then compared byte by byte with the first of the same hash, so what is counted is a
//! copy for certain. Two different values of one hash (about one pair in a heap of billions) cost at most that copies
//! of the second are not seen.

use std::hash::Hasher;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use rayon::prelude::*;
use rustc_hash::FxHasher;

use super::{Lost, named, scan};
use crate::heap::classes::Shape;
use crate::heap::hprof::Type;
use crate::heap::model::{Content, Heap};

/// The hash of a value, the object that has it, and of a string its array.
type Entry = (u64, u32, u32);

/// One bit for each object.
pub(super) struct Marks(Vec<AtomicU64>);

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

/// What is known of all strings.
pub(super) struct Strings {
    /// Every string whose text another one has, but one of each text.
    pub(super) lost: Vec<Lost>,
    /// How many texts they have.
    pub(super) distinct: u64,
    /// The arrays that hold the texts of strings.
    pub(super) arrays: Marks,
}

/// The characters of a string: how they are written, and the bytes.
#[derive(PartialEq, Eq)]
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

fn hash(form: u8, bytes: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write_u8(form);
    hasher.write_usize(bytes.len());
    hasher.write(bytes);
    hasher.finish()
}

/// The objects of each value that several have, first the one that is kept; with the number of such values.
fn copies<'e>(
    entries: &'e mut [Entry],
    same: impl Fn(u32, u32) -> bool + Sync,
    each: impl Fn(Entry, &[Entry]) -> Vec<Lost> + Sync,
) -> (Vec<Lost>, u64) {
    entries.par_sort_unstable();
    let entries: &'e [Entry] = entries;
    let found: Vec<Vec<Lost>> = entries
        .par_chunk_by(|left, right| left.0 == right.0)
        .filter(|alike| alike.len() > 1)
        .map(|alike| {
            let kept = alike[0];
            let rest = alike[1..].iter().copied();
            let rest: Vec<Entry> = rest.filter(|other| same(kept.1, other.1)).collect();
            each(kept, &rest)
        })
        .filter(|lost| !lost.is_empty())
        .collect();
    let distinct = found.len() as u64;
    (found.into_iter().flatten().collect(), distinct)
}

/// Compares all strings.
pub(super) fn strings(heap: &Heap<'_>) -> Strings {
    let wanted = named(heap, &["java.lang.String"]);
    let reader = Reader::new(heap, &wanted);
    let arrays = Marks::new(heap.len());
    let mut entries: Vec<Entry> = scan(heap, &wanted, |found, index, _| {
        if let Some((text, array)) = reader.text(index) {
            arrays.set(array);
            found.push((hash(text.form, text.bytes), index, array));
        }
    });
    let text = |index| reader.text(index).map(|(text, _)| text);
    let (lost, distinct) = copies(
        &mut entries,
        |kept, other| text(kept) == text(other),
        |kept, rest| {
            // Equal strings may share one array; it counts with the first of them, and not when the kept one has it.
            let mut rest = rest.to_vec();
            rest.sort_unstable_by_key(|(_, string, array)| (*array, *string));
            let mut before = kept.2;
            let lost = rest.into_iter().filter_map(|(_, string, array)| {
                let first = array != before && array != kept.2;
                before = array;
                let own = first && reader.is_whole(string, array);
                Some(Lost {
                    position: heap.tree.position(string)?,
                    class: heap.class_number(string),
                    bytes: heap.shallow(string) + if own { heap.shallow(array) } else { 0 },
                })
            });
            lost.collect()
        },
    );
    Strings {
        lost,
        distinct,
        arrays,
    }
}

/// What is known of all primitive arrays that are no text of a string.
pub(super) struct Arrays {
    /// Those that hold zeros alone; empty ones do not count.
    pub(super) zero: Vec<Lost>,
    /// Every other one whose content another has, but one of each content.
    pub(super) same: Vec<Lost>,
    /// How many contents these have.
    pub(super) distinct: u64,
}

/// Compares all primitive arrays, without those in `of_strings`.
pub(super) fn arrays(heap: &Heap<'_>, of_strings: &Marks) -> Arrays {
    let kinds = heap.classes.iter().map(|(_, class)| class.shape);
    let wanted: Vec<bool> = kinds
        .map(|shape| matches!(shape, Shape::PrimitiveArray(_)))
        .collect();
    let content = |index: u32| match heap.content(index) {
        Content::Primitives(kind, bytes) => Some((kind, bytes)),
        _ => None,
    };
    let lost = |index: u32, position| Lost {
        position,
        class: heap.class_number(index),
        bytes: heap.shallow(index),
    };
    // A zero array is told by the hash `None`.
    let mut all: Vec<(Option<u64>, u32)> = scan(heap, &wanted, |found, index, _| {
        if of_strings.has(index) {
            return;
        }
        let Some((kind, bytes)) = content(index) else {
            return;
        };
        let length = heap.array_length(index) as usize;
        if bytes.len() != length * kind.width(heap.header.id_size) {
            // Android leaves some contents out; nothing is known of them.
            return;
        }
        let zero = length > 0 && is_zero(bytes);
        found.push(((!zero).then(|| hash(kind as u8, bytes)), index));
    });
    let mut entries = Vec::new();
    let mut zero = Vec::new();
    for (hash, index) in all.drain(..) {
        match hash {
            Some(hash) => entries.push((hash, index, 0)),
            None => zero.extend(heap.tree.position(index).map(|at| lost(index, at))),
        }
    }
    drop(all);
    let (same, distinct) = copies(
        &mut entries,
        |kept, other| content(kept) == content(other),
        |_, rest| {
            let lost = |(_, index, _): &Entry| Some(lost(*index, heap.tree.position(*index)?));
            rest.iter().filter_map(lost).collect()
        },
    );
    Arrays {
        zero,
        same,
        distinct,
    }
}

fn is_zero(bytes: &[u8]) -> bool {
    // Blocks, so that the compiler can compare many bytes at once and the search still ends early.
    let zero = |block: &[u8]| block.iter().fold(0, |bits, byte| bits | byte) == 0;
    bytes.chunks(64).all(zero)
}
