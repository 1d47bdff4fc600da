//! The second and third reading: what each object is, and what it refers to.

use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering::Relaxed};

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::classes::{Class, Classes};
use super::graph::ids::IdMap;
use super::graph::rows::{Rows, TooManyReferences};
use super::hprof::class_dump::ClassDump;
use super::hprof::sub::{self, Visit};
use super::hprof::{Span, Type, id_at};
use super::report::RetainedAs;
use crate::input::Progress;

/// What is kept of every object, by index.
#[derive(Debug)]
pub(super) struct Objects {
    /// Number of its class.
    pub(super) class: Vec<u32>,
    /// Elements of an array, words of a stack chunk; 0 for other objects.
    pub(super) length: Vec<u32>,
    /// Offset of its record in the file: low 32 bits, high 8 bits.
    offset: (Vec<u32>, Vec<u8>),
}

impl Objects {
    /// Offset of the tag of an object's record.
    pub(super) fn offset(&self, index: u32) -> usize {
        let low = u64::from(self.offset.0[index as usize]);
        let high = u64::from(self.offset.1[index as usize]);
        (high << 32 | low) as usize
    }
}

/// What the readings share.
pub(super) struct Reading<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) id_size: usize,
    pub(super) pieces: &'a [Span],
    pub(super) ids: &'a IdMap,
    pub(super) classes: &'a Classes,
    /// Identifiers with several records, and the offset of the one that counts.
    pub(super) repeated: &'a FxHashMap<u64, usize>,
    /// Whether the class object of each class is a root; if not, its instances keep it alive.
    pub(super) class_is_root: &'a [bool],
    /// What threads refer to from their stacks, by index of the thread.
    pub(super) locals: &'a FxHashMap<u32, Vec<u32>>,
    pub(super) retained_as: RetainedAs,
}

/// Atomics, because pieces of the file write to one array in address order; every element is written once, so the
/// order of writes does not matter.
struct Written {
    class: Vec<AtomicU32>,
    length: Vec<AtomicU32>,
    low: Vec<AtomicU32>,
    high: Vec<AtomicU8>,
    degree: Vec<AtomicU32>,
}

fn atomics(count: usize) -> Vec<AtomicU32> {
    (0..count).map(|_| AtomicU32::new(0)).collect()
}

fn settled(atomics: Vec<AtomicU32>) -> Vec<u32> {
    atomics.into_iter().map(AtomicU32::into_inner).collect()
}

impl Reading<'_> {
    /// Reads what each object is, and how many references it has.
    pub(super) fn describe(&self, progress: &dyn Progress) -> (Objects, Vec<u32>) {
        let count = self.ids.len();
        let written = Written {
            class: atomics(count),
            length: atomics(count),
            low: atomics(count),
            high: (0..count).map(|_| AtomicU8::new(0)).collect(),
            degree: atomics(count + 1),
        };
        self.pieces.par_iter().for_each(|piece| {
            let mut visitor = Describe {
                reading: self,
                written: &written,
            };
            // Faults were reported by the census.
            let _ = sub::walk(self.bytes, self.id_size, piece, &mut visitor);
            progress.advance(piece.len() as u64);
        });
        let objects = Objects {
            class: settled(written.class),
            length: settled(written.length),
            offset: (
                settled(written.low),
                written.high.into_iter().map(AtomicU8::into_inner).collect(),
            ),
        };
        (objects, settled(written.degree))
    }

    /// Reads the references. Also returns how many lead nowhere.
    pub(super) fn connect(
        &self,
        degrees: Vec<u32>,
        progress: &dyn Progress,
    ) -> Result<(Rows, u64), TooManyReferences> {
        let rows = Rows::with_lengths(degrees)?;
        let targets: Vec<AtomicU32> = rows.targets.into_iter().map(AtomicU32::new).collect();
        let dangling = AtomicU64::new(0);
        self.pieces.par_iter().for_each(|piece| {
            let mut visitor = Connect {
                reading: self,
                start: &rows.start,
                targets: &targets,
                dangling: 0,
            };
            let _ = sub::walk(self.bytes, self.id_size, piece, &mut visitor);
            dangling.fetch_add(visitor.dangling, Relaxed);
            progress.advance(piece.len() as u64);
        });
        let rows = Rows {
            start: rows.start,
            targets: settled(targets),
        };
        Ok((rows, dangling.into_inner()))
    }

    /// The index of the object whose record is at `at`, unless a later record of the same identifier counts.
    #[inline]
    fn object(&self, at: usize, id: u64) -> Option<u32> {
        if !self.repeated.is_empty() && self.repeated.get(&id).is_some_and(|last| *last != at) {
            return None;
        }
        self.ids.index(id)
    }

    #[inline]
    fn id(&self, bytes: &[u8], at: usize) -> u64 {
        match self.id_size {
            4 => id_at::<4>(bytes, at),
            _ => id_at::<8>(bytes, at),
        }
    }

    /// Calls `each` with every reference of an instance that is not null.
    #[inline]
    fn of_instance(&self, class: &Class, fields: &[u8], mut each: impl FnMut(u64)) {
        for offset in &class.references {
            let id = self.id(fields, *offset as usize);
            if id != 0 {
                each(id);
            }
        }
        if let Some((referent, next)) = class.weak {
            let id = self.id(fields, referent as usize);
            if id != 0 && (self.retained_as == RetainedAs::Mat || self.is_inactive(fields, next)) {
                each(id);
            }
        }
    }

    /// A reference with a `next` was cleared or enqueued: the collector treats its referent like any other
    /// (`ReferenceProcessor::discover_reference`).
    fn is_inactive(&self, fields: &[u8], next: Option<u32>) -> bool {
        next.is_some_and(|next| self.id(fields, next as usize) != 0)
    }

    /// Calls `each` with every reference of an array that is not null.
    #[inline]
    fn of_array(&self, elements: &[u8], mut each: impl FnMut(u64)) {
        for element in elements.chunks_exact(self.id_size) {
            let id = self.id(element, 0);
            if id != 0 {
                each(id);
            }
        }
    }

    /// Calls `each` with every reference of a class object that is not null.
    fn of_class(&self, number: u32, mut each: impl FnMut(u64)) {
        let class = self.classes.get(number);
        if let Some(above) = class.super_class {
            each(self.classes.get(above).id);
        }
        let statics = class.statics.iter();
        let statics = statics.filter(|field| field.kind == Type::Object && field.value != 0);
        statics.for_each(|field| each(field.value));
        if class.loader != 0 {
            each(class.loader);
        }
        // MAT leaves these out.
        if self.retained_as == RetainedAs::Collector {
            class.other_references.iter().for_each(|id| each(*id));
        }
    }

    /// The identifier of the class object that the instances of a class keep alive; 0 for none.
    #[inline]
    fn kept_class(&self, number: u32) -> u64 {
        match self.class_is_root[number as usize] {
            true => 0,
            false => self.classes.get(number).id,
        }
    }
}

struct Describe<'a> {
    reading: &'a Reading<'a>,
    written: &'a Written,
}

impl Describe<'_> {
    #[inline]
    fn write(&mut self, at: usize, index: u32, class: u32, length: u32, references: u32) {
        let local = match self.reading.locals.is_empty() {
            true => 0,
            false => self.reading.locals.get(&index).map_or(0, Vec::len),
        };
        let kept = u32::from(self.reading.kept_class(class) != 0);
        let slot = index as usize;
        self.written.class[slot].store(class, Relaxed);
        self.written.length[slot].store(length, Relaxed);
        self.written.low[slot].store(at as u32, Relaxed);
        self.written.high[slot].store((at as u64 >> 32) as u8, Relaxed);
        self.written.degree[slot].store(references + kept + local as u32, Relaxed);
    }
}

impl Visit for Describe<'_> {
    #[inline]
    fn instance(&mut self, at: usize, id: u64, class: u64, fields: &[u8]) {
        let reading = self.reading;
        if let Some((index, number)) = reading.object(at, id).zip(reading.classes.number(class)) {
            let mut count = 0;
            reading.of_instance(reading.classes.get(number), fields, |_| count += 1);
            let words = reading.classes.words_behind(number, fields);
            self.write(at, index, number, words, count);
        }
    }

    #[inline]
    fn objects(&mut self, at: usize, id: u64, class: u64, elements: &[u8]) {
        let reading = self.reading;
        if let Some((index, number)) = reading.object(at, id).zip(reading.classes.number(class)) {
            let mut count = 0;
            reading.of_array(elements, |_| count += 1);
            let length = elements.len() / reading.id_size;
            self.write(at, index, number, length as u32, count);
        }
    }

    #[inline]
    fn primitives(&mut self, at: usize, id: u64, element: Type, length: u32) {
        if let Some(index) = self.reading.object(at, id) {
            let number = self.reading.classes.primitive_array(element);
            self.write(at, index, number, length, 0);
        }
    }

    fn class(&mut self, at: usize, class: ClassDump) {
        let reading = self.reading;
        if let Some((index, number)) = reading
            .object(at, class.id)
            .zip(reading.classes.number(class.id))
        {
            let mut count = 0;
            reading.of_class(number, |_| count += 1);
            self.write(at, index, reading.classes.class_class(), 0, count);
        }
    }
}

struct Connect<'a> {
    reading: &'a Reading<'a>,
    start: &'a [u32],
    targets: &'a [AtomicU32],
    dangling: u64,
}

/// Fills the row of one object.
struct Row<'a> {
    targets: &'a [AtomicU32],
    ids: &'a IdMap,
    owner: u32,
    next: usize,
    dangling: u64,
}

impl Row<'_> {
    #[inline]
    fn put(&mut self, target: u32) {
        if let Some(slot) = self.targets.get(self.next) {
            slot.store(target, Relaxed);
        }
        self.next += 1;
    }

    #[inline]
    fn refer(&mut self, id: u64) {
        let target = self.ids.index(id);
        self.dangling += u64::from(target.is_none());
        self.put(target.unwrap_or(self.owner));
    }
}

impl<'a> Connect<'a> {
    #[inline]
    fn fill(&mut self, index: u32, class: u32, references: impl FnOnce(&mut Row<'a>)) {
        let reading = self.reading;
        let mut row = Row {
            targets: self.targets,
            ids: reading.ids,
            owner: index,
            next: self.start[index as usize] as usize,
            dangling: 0,
        };
        references(&mut row);
        let kept = reading.kept_class(class);
        if kept != 0 {
            // A class that was made up has no object; that is no dangling reference.
            row.put(reading.ids.index(kept).unwrap_or(index));
        }
        if !reading.locals.is_empty()
            && let Some(locals) = reading.locals.get(&index)
        {
            locals.iter().for_each(|local| row.put(*local));
        }
        self.dangling += row.dangling;
    }
}

impl Visit for Connect<'_> {
    #[inline]
    fn instance(&mut self, at: usize, id: u64, class: u64, fields: &[u8]) {
        let reading = self.reading;
        if let Some((index, number)) = reading.object(at, id).zip(reading.classes.number(class)) {
            let class = reading.classes.get(number);
            self.fill(index, number, |row| {
                reading.of_instance(class, fields, |id| row.refer(id));
            });
        }
    }

    #[inline]
    fn objects(&mut self, at: usize, id: u64, class: u64, elements: &[u8]) {
        let reading = self.reading;
        if let Some((index, number)) = reading.object(at, id).zip(reading.classes.number(class)) {
            self.fill(index, number, |row| {
                reading.of_array(elements, |id| row.refer(id));
            });
        }
    }

    #[inline]
    fn primitives(&mut self, at: usize, id: u64, element: Type, _: u32) {
        let reading = self.reading;
        let number = reading.classes.primitive_array(element);
        if reading.kept_class(number) != 0
            && let Some(index) = reading.object(at, id)
        {
            self.fill(index, number, |_| {});
        }
    }

    fn class(&mut self, at: usize, class: ClassDump) {
        let reading = self.reading;
        if let Some((index, number)) = reading
            .object(at, class.id)
            .zip(reading.classes.number(class.id))
        {
            self.fill(index, reading.classes.class_class(), |row| {
                reading.of_class(number, |id| row.refer(id));
            });
        }
    }
}

/// The offset of the last record of every identifier in `repeated`.
pub(super) fn last_records(
    bytes: &[u8],
    id_size: usize,
    pieces: &[Span],
    repeated: &[u64],
) -> FxHashMap<u64, usize> {
    struct Last(FxHashMap<u64, usize>);
    impl Last {
        fn see(&mut self, at: usize, id: u64) {
            if let Some(last) = self.0.get_mut(&id) {
                *last = at;
            }
        }
    }
    impl Visit for Last {
        fn instance(&mut self, at: usize, id: u64, _: u64, _: &[u8]) {
            self.see(at, id);
        }
        fn objects(&mut self, at: usize, id: u64, _: u64, _: &[u8]) {
            self.see(at, id);
        }
        fn primitives(&mut self, at: usize, id: u64, _: Type, _: u32) {
            self.see(at, id);
        }
        fn class(&mut self, at: usize, class: ClassDump) {
            self.see(at, class.id);
        }
    }
    let mut last = Last(repeated.iter().map(|id| (*id, 0)).collect());
    if !repeated.is_empty() {
        for piece in pieces {
            let _ = sub::walk(bytes, id_size, piece, &mut last);
        }
    }
    last.0
}
