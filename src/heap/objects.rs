//! The second and third reading: what each object is and how many references it has, and which.
//!
//! Pieces of the file write to arrays in address order, so those hold atomics; every element is written once, the order
//! of writes does not matter.

mod connect;
mod count;
mod repeated;
mod tally;

pub(super) use count::Counts;
pub(super) use repeated::last_records;

use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, Ordering::Relaxed};

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::classes::{Class, Classes};
use super::columns;
use super::graph::ids::IdMap;
use super::hprof::sub::{self, Visit};
use super::hprof::{Span, Type, id_at};
use super::report::RetainedAs;
use crate::input::Progress;

/// Visitors that are alive at the same time, at most.
const CHUNKS: usize = 32;
/// Classes whose numbers fit in 16 bits.
const MANY: usize = 1 << 16;
/// Bytes of a file whose offsets fit in 32 bits.
const LONG: u64 = 1 << 32;

/// What is kept of every object, by index.
#[derive(Debug)]
pub(super) struct Objects {
    /// Number of its class: low 16 bits, and high ones where there are so many classes.
    class: (Vec<AtomicU16>, Vec<AtomicU16>),
    /// Offset of its record in the file: low 32 bits, and high ones in a file of that length.
    offset: (Vec<AtomicU32>, Vec<AtomicU8>),
}

impl Objects {
    /// Room for `count` objects of so many classes in a file of `length` bytes.
    fn new(count: usize, classes: usize, length: usize) -> Self {
        let only_if = |needed: bool| if needed { count } else { 0 };
        Self {
            class: (
                columns::zeros(count),
                columns::zeros(only_if(classes > MANY)),
            ),
            offset: (
                columns::zeros(count),
                columns::zeros(only_if(length as u64 > LONG)),
            ),
        }
    }

    /// Bytes that are kept of each object where there are so many classes in a file of `length` bytes.
    pub(super) fn bytes_each(classes: usize, length: usize) -> u64 {
        let class = if classes > MANY { 4 } else { 2 };
        let offset = if length as u64 > LONG { 5 } else { 4 };
        class + offset
    }

    #[inline]
    fn put(&self, index: u32, class: u32, at: usize) {
        let slot = index as usize;
        self.class.0[slot].store(class as u16, Relaxed);
        if let Some(high) = self.class.1.get(slot) {
            high.store((class >> 16) as u16, Relaxed);
        }
        self.offset.0[slot].store(at as u32, Relaxed);
        if let Some(high) = self.offset.1.get(slot) {
            high.store((at as u64 >> 32) as u8, Relaxed);
        }
    }

    /// Offset of the tag of an object's record.
    #[inline]
    pub(super) fn offset(&self, index: u32) -> usize {
        let low = u64::from(self.offset.0[index as usize].load(Relaxed));
        let high = self.offset.1.get(index as usize);
        let high = high.map_or(0, |high| high.load(Relaxed));
        (u64::from(high) << 32 | low) as usize
    }

    /// Number of an object's class.
    #[inline]
    pub(super) fn class(&self, index: u32) -> u32 {
        let low = u32::from(self.class.0[index as usize].load(Relaxed));
        let high = self.class.1.get(index as usize);
        let high = high.map_or(0, |high| high.load(Relaxed));
        u32::from(high) << 16 | low
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
    /// The class object that the instances of each class keep alive, `NONE` for one that is a root anyhow.
    pub(super) kept_classes: &'a [u32],
    /// What threads refer to from their stacks, by index of the thread.
    pub(super) locals: &'a FxHashMap<u32, Vec<u32>>,
    pub(super) retained_as: RetainedAs,
}

impl Reading<'_> {
    /// Shows every record to one of several visitors, in parallel, and puts the visitors together. Faults were reported
    /// by the census.
    fn visit<V: Visit + Send>(
        &self,
        progress: &dyn Progress,
        visitor: impl Fn() -> V + Sync,
        join: impl Fn(V, V) -> V + Sync + Send,
    ) -> V {
        let chunk = self.pieces.len().div_ceil(CHUNKS).max(1);
        let chunks = self.pieces.par_chunks(chunk);
        let visited = chunks.map(|pieces| {
            let mut visitor = visitor();
            for piece in pieces {
                let _ = sub::walk(self.bytes, self.id_size, piece, &mut visitor);
                progress.advance(piece.len() as u64);
            }
            visitor
        });
        visited.reduce(&visitor, join)
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
}
