//! Collections without elements, and arrays that are much larger than what is in them.

use rayon::prelude::*;

use super::{CHUNK, Lost, Saved, named, scan};
use crate::heap::classes::Shape;
use crate::heap::containers::{Fields, Form, form_of};
use crate::heap::graph::NONE;
use crate::heap::model::{Content, Heap};
use crate::heap::reached::Reached;

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

/// What a collection or an array wastes, if it has its array for itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    index: u32,
    kind: Kind,
    /// The array or first node that it keeps for its elements, or `NONE`.
    own: u32,
    /// What a fitting array would save.
    saved: Saved,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Empty,
    Table,
    List,
    Array,
}

/// Looks at every collection and array of references that can be reached.
pub(super) fn candidates(reached: &Reached<'_, '_>) -> Vec<Candidate> {
    let heap = reached.heap;
    let search = Search::new(heap);
    let wanted: Vec<bool> = heap
        .classes
        .iter()
        .zip(&search.forms)
        .map(|((_, class), form)| form.is_some() || class.shape == Shape::ObjectArray)
        .collect();
    scan(heap, &wanted, |indices| {
        let fields = Fields::of(heap);
        let indices = indices.iter().copied();
        let reachable = indices.filter(|index| reached.has(*index));
        let found = reachable.filter_map(|index| search.look_at(&fields, index));
        found.collect()
    })
}

/// What of it is lost.
pub(super) fn lost(heap: &Heap<'_>, candidates: Vec<Candidate>) -> Collections {
    let search = Search::new(heap);
    let parts: Vec<Collections> = candidates
        .par_chunks(CHUNK)
        .map(|candidates| {
            let fields = Fields::of(heap);
            let mut found = Collections::default();
            for candidate in candidates {
                search.confirm(&fields, candidate, &mut found);
            }
            found
        })
        .collect();
    drop(candidates);
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
    /// By number of the class.
    forms: Vec<Option<Form>>,
    parts_of_others: Vec<bool>,
}

impl<'h, 'a> Search<'h, 'a> {
    fn new(heap: &'h Heap<'a>) -> Self {
        let numbers = 0..heap.classes.len() as u32;
        Self {
            heap,
            forms: numbers
                .map(|number| form_of(&heap.classes, number))
                .collect(),
            parts_of_others: named(heap, &PARTS),
        }
    }

    fn look_at(&self, fields: &Fields<'_, '_>, index: u32) -> Option<Candidate> {
        let number = self.heap.class_number(index) as usize;
        match self.forms[number] {
            Some(_) if self.parts_of_others[number] => None,
            Some(form) => self.collection(fields, index, form),
            None => self.array(index),
        }
    }

    fn collection(&self, fields: &Fields<'_, '_>, index: u32, form: Form) -> Option<Candidate> {
        let places = self.read(fields, index, form)?;
        let candidate = |kind, saved| Candidate {
            index,
            kind,
            own: places.own.unwrap_or(NONE),
            saved,
        };
        if places.count == 0 {
            return Some(candidate(Kind::Empty, Saved::default()));
        }
        let (fits, is_table) = places.fits?;
        let saved = self.saved(places.own?, places.count, fits)?;
        let kind = if is_table { Kind::Table } else { Kind::List };
        Some(candidate(kind, saved))
    }

    fn array(&self, index: u32) -> Option<Candidate> {
        let Content::References(bytes) = self.heap.content(index) else {
            return None;
        };
        let references = bytes.chunks_exact(self.heap.header.id_size);
        let taken = references
            .filter(|id| id.iter().any(|byte| *byte != 0))
            .count() as u64;
        Some(Candidate {
            index,
            kind: Kind::Array,
            own: NONE,
            saved: self.saved(index, taken, taken)?,
        })
    }

    /// What a sparse array takes more than one of the length `fits`.
    fn saved(&self, array: u32, taken: u64, fits: u64) -> Option<Saved> {
        let heap = self.heap;
        let length = heap.array_length(array);
        if taken.saturating_mul(SPARSE) > u64::from(length) {
            return None;
        }
        let number = heap.class_number(array);
        let shape = heap.classes.get(number).shape;
        let size = |length| heap.sizes.of(number, shape, length);
        let saved = size(length).checked_sub(size(u32::try_from(fits).ok()?))?;
        Some(Saved::of(saved)).filter(|saved| *saved > Saved::default())
    }

    /// Counts a candidate, if what it wastes is its own.
    fn confirm(&self, fields: &Fields<'_, '_>, candidate: &Candidate, found: &mut Collections) {
        let Candidate {
            index,
            kind,
            own,
            saved,
        } = *candidate;
        let heap = self.heap;
        let lost = |class, saved| Lost {
            index,
            class,
            saved,
        };
        if let Kind::Array = kind {
            let above = self.dominator(index);
            let above = above.map(|above| heap.class_number(above) as usize);
            if above.is_none_or(|above| self.forms[above].is_none()) {
                found.arrays.push(lost(heap.class_number(index), saved));
            }
            return;
        }
        let own = (own != NONE && self.dominator(own) == Some(index)).then_some(own);
        let (class, around) = self.wrappers(fields, index);
        let of_own = own.map_or(0, |own| heap.shallow(own));
        match kind {
            Kind::Empty => {
                let saved = Saved::of(heap.shallow(index) + around + of_own);
                found.empty.push(lost(class, saved));
            }
            Kind::Table if own.is_some() => found.tables.push(lost(class, saved)),
            Kind::List if own.is_some() => found.lists.push(lost(class, saved)),
            _ => {}
        }
    }

    /// The object that alone keeps another.
    fn dominator(&self, index: u32) -> Option<u32> {
        let tree = &self.heap.tree;
        let above = tree.parent(tree.position(index)?);
        (above != crate::heap::graph::tree::DomTree::ROOT).then(|| tree.object(above))
    }

    /// The class of the outermost wrapper that is there for this collection alone, and the bytes of all such wrappers.
    fn wrappers(&self, fields: &Fields<'_, '_>, index: u32) -> (u32, u64) {
        let (mut outermost, mut bytes) = (index, 0);
        for _ in 0..WRAPPERS {
            let above = self.dominator(outermost).filter(|above| {
                let form = self.forms[self.heap.class_number(*above) as usize];
                self.inside(fields, *above, form) == Some(outermost)
            });
            let Some(above) = above else { break };
            bytes += self.heap.shallow(above);
            outermost = above;
        }
        (self.heap.class_number(outermost), bytes)
    }

    /// The collection inside a view or wrapper.
    fn inside(&self, fields: &Fields<'_, '_>, index: u32, form: Option<Form>) -> Option<u32> {
        match form? {
            Form::Inside(field) => fields.reference(index, field),
            // Properties since JDK 9 keep everything in a map inside.
            Form::HashTable { .. } => fields.reference(index, "map"),
            _ => None,
        }
    }

    /// `None` for wrappers, which count with what they wrap, and for what is not understood.
    fn read(&self, fields: &Fields<'_, '_>, index: u32, form: Form) -> Option<Places> {
        let count = |name| Some(fields.number(index, name)?.max(0) as u64);
        let reference = |name| fields.reference(index, name);
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
                let sum: i64 = cells.filter_map(|cell| fields.number(cell, "value")).sum();
                let count = fields
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
                let distance = fields.number(index, "tail")? - fields.number(index, "head")?;
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
                    reference("count").and_then(|counter| fields.number(counter, "value"));
                let counter = counter.map(|count| count.max(0) as u64);
                let known = counter.or_else(|| count("size")).or_else(|| count("count"));
                // Without a counter: only whether there is an element at all.
                let count = known.unwrap_or_else(|| {
                    let has = |node, name| fields.reference(node, name).is_some();
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
