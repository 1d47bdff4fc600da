//! Collections without elements, and arrays that are much larger than what is in them.

use rayon::prelude::*;

use super::{CHUNK, Lost, named};
use crate::heap::classes::Shape;
use crate::heap::containers::{Fields, Form, form_of};
use crate::heap::model::{Content, Heap};

/// An array counts when at most one in so many of its places is taken.
const SPARSE: u64 = 4;
/// Most wrappers around a collection that are counted with it.
const WRAPPERS: usize = 4;
/// Tables inside of something that counts as a whole: of a thread, of a map of JDK 7.
const PARTS: [&str; 2] = [
    "java.lang.ThreadLocal$ThreadLocalMap",
    "java.util.concurrent.ConcurrentHashMap$Segment",
];

/// What is lost in collections.
#[derive(Debug, Default)]
pub(super) struct Collections {
    /// Those without elements: the object, what wraps it alone, its own array or first node.
    pub(super) empty: Vec<Lost>,
    /// Hash tables with elements whose table is too large for them: what a fitting one would save.
    pub(super) tables: Vec<Lost>,
    /// The same for lists, queues and the like.
    pub(super) lists: Vec<Lost>,
    /// Arrays of references that belong to no known collection: what one without the nulls would save.
    pub(super) arrays: Vec<Lost>,
}

/// How many elements a collection has, and the array or first node it keeps for them.
struct Places {
    count: u64,
    own: Option<u32>,
    /// How long the array would have to be, and whether it is a hash table.
    fits: Option<(u64, bool)>,
}

/// Looks at every reachable collection and array of references.
pub(super) fn find(heap: &Heap<'_>) -> Collections {
    let numbers = 0..heap.classes.len() as u32;
    let forms: Vec<Option<Form>> = numbers
        .map(|number| form_of(&heap.classes, number))
        .collect();
    let parts_of_others = named(heap, &PARTS);
    let chunks: Vec<u32> = (0..heap.len()).step_by(CHUNK).collect();
    let parts: Vec<Collections> = chunks
        .par_iter()
        .map(|start| {
            let mut search = Search {
                heap,
                forms: &forms,
                parts_of_others: &parts_of_others,
                fields: Fields::of(heap),
                found: Collections::default(),
            };
            for index in *start..heap.len().min(start + CHUNK as u32) {
                search.look_at(index);
            }
            search.found
        })
        .collect();
    let mut all = Collections::default();
    for part in parts {
        all.empty.extend(part.empty);
        all.tables.extend(part.tables);
        all.lists.extend(part.lists);
        all.arrays.extend(part.arrays);
    }
    all
}

struct Search<'h, 'a> {
    heap: &'h Heap<'a>,
    forms: &'h [Option<Form>],
    parts_of_others: &'h [bool],
    fields: Fields<'h, 'a>,
    found: Collections,
}

impl Search<'_, '_> {
    fn look_at(&mut self, index: u32) {
        let number = self.heap.class_number(index);
        let Some(position) = self.heap.tree.position(index) else {
            return;
        };
        match (
            self.forms[number as usize],
            self.heap.classes.get(number).shape,
        ) {
            (Some(_), _) if self.parts_of_others[number as usize] => {}
            (Some(form), _) => self.collection(index, position, form),
            (None, Shape::ObjectArray) => self.array(index, position),
            (None, _) => {}
        }
    }

    fn collection(&mut self, index: u32, position: u32, form: Form) {
        let Some(content) = self.read(index, form) else {
            return;
        };
        let own = content
            .own
            .filter(|own| self.dominator(*own) == Some(index));
        let (class, around) = self.wrappers(index);
        let size = |index| self.heap.shallow(index);
        if content.count == 0 {
            self.found.empty.push(Lost {
                position,
                class,
                bytes: size(index) + around + own.map_or(0, size),
            });
        } else if let (Some(array), Some((fits, is_table))) = (own, content.fits)
            && let Some(bytes) = self.saved(array, content.count, fits)
        {
            let lost = Lost {
                position,
                class,
                bytes,
            };
            match is_table {
                true => self.found.tables.push(lost),
                false => self.found.lists.push(lost),
            }
        }
    }

    fn array(&mut self, index: u32, position: u32) {
        let above = self
            .dominator(index)
            .map(|above| self.heap.class_number(above));
        if above.is_some_and(|above| self.forms[above as usize].is_some()) {
            return;
        }
        let Content::References(bytes) = self.heap.content(index) else {
            return;
        };
        let references = bytes.chunks_exact(self.heap.header.id_size);
        let taken = references
            .filter(|id| id.iter().any(|byte| *byte != 0))
            .count() as u64;
        if let Some(bytes) = self.saved(index, taken, taken) {
            self.found.arrays.push(Lost {
                position,
                class: self.heap.class_number(index),
                bytes,
            });
        }
    }

    /// Bytes that a sparse array takes more than one of the length `fits`.
    fn saved(&self, array: u32, taken: u64, fits: u64) -> Option<u64> {
        let heap = self.heap;
        let length = u64::from(heap.array_length(array));
        if taken.saturating_mul(SPARSE) > length {
            return None;
        }
        let number = heap.class_number(array);
        let shape = heap.classes.get(number).shape;
        let fitting = heap.sizes.of(number, shape, u32::try_from(fits).ok()?);
        let saved = heap.shallow(array).checked_sub(fitting)?;
        (saved > 0).then_some(saved)
    }

    /// The object that alone keeps another.
    fn dominator(&self, index: u32) -> Option<u32> {
        let tree = &self.heap.tree;
        let above = tree.parent(tree.position(index)?);
        (above != crate::heap::graph::tree::DomTree::ROOT).then(|| tree.object(above))
    }

    /// The class of the outermost wrapper that is there for this collection alone, and the bytes of all such wrappers.
    fn wrappers(&self, index: u32) -> (u32, u64) {
        let (mut outermost, mut bytes) = (index, 0);
        for _ in 0..WRAPPERS {
            let above = self.dominator(outermost).filter(|above| {
                let form = self.forms[self.heap.class_number(*above) as usize];
                self.inside(*above, form) == Some(outermost)
            });
            let Some(above) = above else { break };
            bytes += self.heap.shallow(above);
            outermost = above;
        }
        (self.heap.class_number(outermost), bytes)
    }

    /// The collection inside a view or wrapper.
    fn inside(&self, index: u32, form: Option<Form>) -> Option<u32> {
        match form? {
            Form::Inside(field) => self.fields.reference(index, field),
            // Properties since JDK 9 keep everything in a map inside.
            Form::HashTable { .. } => self.fields.reference(index, "map"),
            _ => None,
        }
    }

    /// `None` for wrappers, which count with what they wrap, and for what is not understood.
    fn read(&self, index: u32, form: Form) -> Option<Places> {
        let count = |name| Some(self.fields.number(index, name)?.max(0) as u64);
        let reference = |name| self.fields.reference(index, name);
        // The load factor of all hash tables of the JDK is three quarters unless the program says otherwise.
        let table = |count: u64| (count.saturating_mul(4).div_ceil(3)).next_power_of_two();
        Some(match form {
            Form::Inside(_) | Form::GuavaCache => return None,
            Form::HashTable { .. } if reference("map").is_some() => return None,
            Form::HashTable {
                table: name,
                count: field,
            } => {
                let count = count(field)?;
                Places {
                    count,
                    own: reference(name),
                    fits: Some((table(count), true)),
                }
            }
            Form::ConcurrentHashMap => {
                let cells = reference("counterCells");
                let cells = cells
                    .into_iter()
                    .flat_map(|cells| self.heap.elements(cells).flatten());
                let sum: i64 = cells
                    .filter_map(|cell| self.fields.number(cell, "value"))
                    .sum();
                let count = self
                    .fields
                    .number(index, "baseCount")?
                    .saturating_add(sum)
                    .max(0) as u64;
                Places {
                    count,
                    own: reference("table"),
                    fits: Some((table(count), true)),
                }
            }
            Form::TreeMap => Places {
                count: count("size")?,
                own: None,
                fits: None,
            },
            Form::Alternating {
                table: name,
                count: field,
            } => {
                let count = count(field)?;
                Places {
                    count,
                    own: reference(name),
                    // Places for keys and values, two thirds of them taken at most (IdentityHashMap).
                    fits: Some((
                        2 * (count.saturating_mul(3).div_ceil(2)).next_power_of_two(),
                        true,
                    )),
                }
            }
            Form::ArrayList {
                array,
                count: field,
            } => {
                let count = count(field)?;
                Places {
                    count,
                    own: reference(array),
                    fits: Some((count, false)),
                }
            }
            Form::Ring => {
                let own = reference("elements");
                let length = own.map_or(0, |own| i64::from(self.heap.array_length(own)));
                let distance =
                    self.fields.number(index, "tail")? - self.fields.number(index, "head")?;
                let count = distance.checked_rem_euclid(length).unwrap_or(0) as u64;
                Places {
                    count,
                    own,
                    // One place stays free.
                    fits: Some((count + 1, false)),
                }
            }
            Form::Bounded {
                array,
                count: field,
            } => Places {
                count: count(field)?,
                own: reference(array),
                fits: None,
            },
            Form::WholeArray { array } => {
                let own = reference(array);
                let length = own.map_or(0, |own| u64::from(self.heap.array_length(own)));
                Places {
                    count: count("size").unwrap_or(length),
                    own,
                    fits: None,
                }
            }
            Form::Linked { first, item, .. } => {
                let head = reference(first);
                let counter =
                    reference("count").and_then(|counter| self.fields.number(counter, "value"));
                let counter = counter.map(|count| count.max(0) as u64);
                let known = counter.or_else(|| count("size")).or_else(|| count("count"));
                // Without a counter: only whether there is an element at all.
                let count = known.unwrap_or_else(|| {
                    let has = |node, name| self.fields.reference(node, name).is_some();
                    let empty = head.is_none_or(|head| !has(head, item) && !has(head, "next"));
                    u64::from(!empty)
                });
                Places {
                    count,
                    own: head,
                    fits: None,
                }
            }
        })
    }
}
