//! Fields by name, looked up once for each class: a map has millions of nodes of one class.

use std::cell::RefCell;

use rustc_hash::FxHashMap;

use crate::heap::classes::Field;
use crate::heap::hprof::{Type, number_at};
use crate::heap::model::{Content, Heap};

/// Reads fields of many objects of few classes.
#[derive(Debug)]
pub(in crate::heap) struct Fields<'h, 'a> {
    heap: &'h Heap<'a>,
    known: RefCell<FxHashMap<(u32, &'static str), Option<Field>>>,
}

impl<'h, 'a> Fields<'h, 'a> {
    /// Nothing is known yet.
    pub(in crate::heap) fn of(heap: &'h Heap<'a>) -> Self {
        Self {
            heap,
            known: RefCell::default(),
        }
    }

    fn field(&self, index: u32, name: &'static str) -> Option<(Field, &'a [u8])> {
        let heap = self.heap;
        let number = heap.class_number(index);
        let find = || {
            let mut fields = heap.classes.get(number).fields.iter();
            let named = |id| heap.records.raw_name(heap.bytes, id) == Some(name.as_bytes());
            fields.find(|field| named(field.name)).copied()
        };
        let field = *self
            .known
            .borrow_mut()
            .entry((number, name))
            .or_insert_with(find);
        match heap.content(index) {
            Content::Instance(bytes) => Some((field?, bytes)),
            _ => None,
        }
    }

    /// The object that a field refers to.
    pub(in crate::heap) fn reference(&self, index: u32, name: &'static str) -> Option<u32> {
        let (field, bytes) = self.field(index, name)?;
        let id =
            (field.kind == Type::Object).then(|| self.heap.id_in(bytes, field.offset as usize));
        self.heap.ids.index(id?)
    }

    /// A field of type `int` or `long`.
    pub(in crate::heap) fn number(&self, index: u32, name: &'static str) -> Option<i64> {
        let (field, bytes) = self.field(index, name)?;
        let at = field.offset as usize;
        match field.kind {
            Type::Int => number_at(bytes, at, 4).map(|bits| i64::from(bits as u32 as i32)),
            Type::Long => number_at(bytes, at, 8).map(|bits| bits as i64),
            _ => None,
        }
    }
}
