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

    fn field(&self, class: u32, name: &'static str) -> Option<Field> {
        let heap = self.heap;
        let find = || {
            let mut fields = heap.classes.get(class).fields.iter();
            let named = |id| heap.records.raw_name(heap.bytes, id) == Some(name.as_bytes());
            fields.find(|field| named(field.name)).copied()
        };
        *self
            .known
            .borrow_mut()
            .entry((class, name))
            .or_insert_with(find)
    }

    /// Where the instances of a class have a field that refers to an object.
    pub(in crate::heap) fn reference_at(&self, class: u32, name: &'static str) -> Option<u32> {
        let field = self.field(class, name)?;
        (field.kind == Type::Object).then_some(field.offset)
    }

    /// One object, of which several fields are read.
    pub(in crate::heap) fn open(&self, index: u32) -> Open<'_, 'h, 'a> {
        let content = match self.heap.content(index) {
            Content::Instance(bytes) => Some(bytes),
            _ => None,
        };
        Open {
            fields: self,
            class: self.heap.class_number(index),
            content,
        }
    }

    /// The object that a field refers to.
    pub(in crate::heap) fn reference(&self, index: u32, name: &'static str) -> Option<u32> {
        self.open(index).reference(name)
    }

    /// A field of type `int` or `long`.
    pub(in crate::heap) fn number(&self, index: u32, name: &'static str) -> Option<i64> {
        self.open(index).number(name)
    }
}

/// An object whose place in the file is known.
#[derive(Debug)]
pub(in crate::heap) struct Open<'f, 'h, 'a> {
    fields: &'f Fields<'h, 'a>,
    class: u32,
    /// What its record holds, of an instance.
    content: Option<&'a [u8]>,
}

impl Open<'_, '_, '_> {
    /// The object that a field refers to.
    pub(in crate::heap) fn reference(&self, name: &'static str) -> Option<u32> {
        let at = self.fields.reference_at(self.class, name)?;
        let heap = self.fields.heap;
        heap.ids.index(heap.id_in(self.content?, at as usize))
    }

    /// A field of type `int` or `long`.
    fn number(&self, name: &'static str) -> Option<i64> {
        let field = self.fields.field(self.class, name)?;
        let (bytes, at) = (self.content?, field.offset as usize);
        match field.kind {
            Type::Int => number_at(bytes, at, 4).map(|bits| i64::from(bits as u32 as i32)),
            Type::Long => number_at(bytes, at, 8).map(|bits| bits as i64),
            _ => None,
        }
    }
}
