//! A heap as the analyses see it: objects by index, their classes, fields and elements, and the dominator tree.

use std::ops::{ControlFlow, Range};

use rustc_hash::FxHashMap;

use super::classes::{Class, Classes, Field, Shape};
use super::columns;
use super::graph::ids::IdMap;
use super::graph::tree::DomTree;
use super::hprof::records::{Header, Records};
use super::hprof::sub::{Root, RootKind};
use super::hprof::{Type, id_at, number_at};
use super::layout::Sizes;
use super::objects::Objects;
use super::rare::Rare;
use super::report::RetainedAs;

/// Objects that are looked up together.
const BATCH: usize = 256;

/// A heap dump, read and turned into a graph.
#[derive(Debug)]
pub(super) struct Heap<'a> {
    pub(super) source: &'a str,
    pub(super) bytes: &'a [u8],
    pub(super) header: Header,
    pub(super) records: Records,
    pub(super) classes: Classes,
    pub(super) ids: IdMap,
    pub(super) objects: Objects,
    /// Empty until the dominators are known.
    pub(super) tree: DomTree,
    /// Empty until then as well.
    pub(super) rare: Rare,
    pub(super) retained_as: RetainedAs,
    pub(super) sizes: Sizes,
    /// Number of the class that each class object stands for, by index.
    pub(super) class_objects: FxHashMap<u32, u32>,
    /// Roots whose object exists, with its index, in the order of the file.
    pub(super) roots: Vec<(Root, u32)>,
    /// What the stack of a thread refers to, by index of the thread object.
    pub(super) locals: FxHashMap<u32, Vec<u32>>,
}

/// The content of an object's record.
#[derive(Debug, Clone, Copy)]
pub(super) enum Content<'a> {
    Class(u32),
    Instance(&'a [u8]),
    References(&'a [u8]),
    Primitives(Type, &'a [u8]),
}

/// How one object refers to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Edge {
    /// By a static field, counted from 0 in the order of the class record.
    Static(u32),
    /// By an instance field, counted from 0 with those of the class itself first.
    Field(u32),
    Element(u32),
    Loader,
    Superclass,
    Local,
}

impl<'a> Heap<'a> {
    /// How many objects there are.
    pub(super) fn len(&self) -> u32 {
        self.ids.len() as u32
    }

    /// The class of an object; for a class object `java.lang.Class`.
    pub(super) fn class_of(&self, index: u32) -> &Class {
        self.classes.get(self.objects.class(index))
    }

    /// The number of an object's class.
    #[inline]
    pub(super) fn class_number(&self, index: u32) -> u32 {
        self.objects.class(index)
    }

    /// Calls `each` with positions in the dominator tree and the classes of the objects there. The objects lie anywhere, so
    /// that the classes of many are looked up before the first is shown.
    #[inline]
    pub(super) fn each_class(&self, positions: Range<u32>, mut each: impl FnMut(u32, u32)) {
        let mut classes = [0; BATCH];
        for start in positions.clone().step_by(BATCH) {
            for (class, position) in classes.iter_mut().zip(start..positions.end) {
                *class = self.class_number(self.tree.object(position));
            }
            for (class, position) in classes.iter().zip(start..positions.end) {
                each(position, *class);
            }
        }
    }

    /// The reachable objects of the classes that are `wanted`, by number of the class, in address order.
    pub(super) fn reachable_of(&self, wanted: &[bool]) -> Vec<u32> {
        let reachable = |index: &u32| self.tree.position(*index).is_some();
        if let Some(mut few) = self.rare.find(wanted) {
            few.retain(reachable);
            return few;
        }
        columns::gather(self.len(), |indices| {
            let wanted = indices.filter(|index| wanted[self.class_number(*index) as usize]);
            wanted.filter(reachable).collect()
        })
    }

    /// `com.acme.Order`, for a class object `class com.acme.Order`.
    pub(super) fn name_of(&self, index: u32) -> String {
        match self.class_objects.get(&index) {
            Some(number) => format!("class {}", self.classes.get(*number).name),
            None => self.class_of(index).name.clone(),
        }
    }

    /// The identifier of an object as the report shows it.
    pub(super) fn hex(&self, index: u32) -> String {
        format!("{:#x}", self.ids.id(index))
    }

    /// Bytes of an object itself.
    #[inline]
    pub(super) fn shallow(&self, index: u32) -> u64 {
        self.tree.shallow(self.tree.place(index))
    }

    /// How many elements an array says it has; 0 for other objects.
    pub(super) fn array_length(&self, index: u32) -> u32 {
        let at = self.objects.offset(index);
        match self.bytes.get(at) {
            Some(0x22 | 0x23 | 0xC3) => {
                let length = number_at(self.bytes, at + 1 + self.header.id_size + 4, 4);
                length.map_or(0, |length| length as u32)
            }
            _ => 0,
        }
    }

    /// Bytes that would be freed without an object; 0 for an unreachable one.
    pub(super) fn retained(&self, index: u32) -> u64 {
        self.tree
            .position(index)
            .map_or(0, |position| self.tree.retained(position))
    }

    /// Bytes of all reachable objects.
    pub(super) fn total(&self) -> u64 {
        self.tree.retained(DomTree::ROOT)
    }

    /// Number of the class that an object of `class` stands for, if it is a class object.
    #[inline]
    fn stands_for(&self, index: u32, class: u32) -> Option<u32> {
        match class == self.classes.class_class() {
            true => self.class_objects.get(&index).copied(),
            false => None,
        }
    }

    /// What the record of an object holds.
    #[inline]
    pub(super) fn content(&self, index: u32) -> Content<'a> {
        let class = self.class_number(index);
        if let Some(number) = self.stands_for(index, class) {
            return Content::Class(number);
        }
        let at = self.objects.offset(index);
        self.content_at(class, at, self.tag(at))
    }

    /// What the records of objects that lie anywhere hold. Their places in the file are looked up first, all at once: each
    /// is a wait for the memory, and waits that do not depend on each other overlap.
    pub(super) fn contents(&self, indices: &[u32]) -> Vec<Content<'a>> {
        let places = indices.iter();
        let places = places.map(|index| (self.class_number(*index), self.objects.offset(*index)));
        let places: Vec<(u32, usize)> = places.collect();
        let tags: Vec<u8> = places.iter().map(|(_, at)| self.tag(*at)).collect();
        let places = indices.iter().zip(places).zip(tags);
        let contents =
            places.map(
                |((index, (class, at)), tag)| match self.stands_for(*index, class) {
                    Some(number) => Content::Class(number),
                    None => self.content_at(class, at, tag),
                },
            );
        contents.collect()
    }

    /// The first byte of the record at an offset.
    #[inline]
    fn tag(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    /// What the record at an offset holds, of an object that is no class.
    #[inline]
    fn content_at(&self, class: u32, at: usize, tag: u8) -> Content<'a> {
        let size = self.header.id_size;
        let slice = |from: usize, length: usize| {
            let end = from.saturating_add(length).min(self.bytes.len());
            &self.bytes[from.min(end)..end]
        };
        let number = |at: usize| number_at(self.bytes, at, 4).unwrap_or(0) as usize;
        match (self.classes.get(class).shape, tag) {
            (Shape::PrimitiveArray(kind), 0x23) => {
                let bytes = number(at + 1 + size + 4) * kind.width(size);
                Content::Primitives(kind, slice(at + 1 + size + 9, bytes))
            }
            (Shape::PrimitiveArray(kind), _) => Content::Primitives(kind, &[]),
            (_, 0x22) => {
                let bytes = number(at + 1 + size + 4) * size;
                Content::References(slice(at + 1 + 2 * size + 8, bytes))
            }
            _ => {
                let bytes = number(at + 1 + 2 * size + 4);
                Content::Instance(slice(at + 1 + 2 * size + 8, bytes))
            }
        }
    }

    /// Bytes of an object itself as the layout has it, from its record; `of_classes` are those of the class objects.
    pub(super) fn measure(&self, index: u32, of_classes: &[u64]) -> u64 {
        let number = self.class_number(index);
        if let Some(class) = self.stands_for(index, number) {
            return of_classes[class as usize];
        }
        let shape = self.classes.get(number).shape;
        let length = match shape {
            Shape::Instance if self.classes.stack_chunk() == Some(number) => {
                match self.content(index) {
                    Content::Instance(fields) => self.classes.words_behind(number, fields),
                    _ => 0,
                }
            }
            Shape::Instance => 0,
            Shape::ObjectArray | Shape::PrimitiveArray(_) => self.array_length(index),
        };
        self.sizes.of(number, shape, length)
    }

    /// An identifier inside raw content.
    pub(super) fn id_in(&self, bytes: &[u8], at: usize) -> u64 {
        match self.header.id_size {
            4 => id_at::<4>(bytes, at),
            _ => id_at::<8>(bytes, at),
        }
    }

    fn field(&self, index: u32, name: &str) -> Option<(&Field, &'a [u8])> {
        let Content::Instance(bytes) = self.content(index) else {
            return None;
        };
        let same =
            |field: &&Field| self.records.raw_name(self.bytes, field.name) == Some(name.as_bytes());
        let field = self.class_of(index).fields.iter().find(same)?;
        Some((field, bytes))
    }

    /// The object that a field refers to; inherited fields count, a field of the class itself hides those.
    pub(super) fn reference(&self, index: u32, name: &str) -> Option<u32> {
        let (field, bytes) = self.field(index, name)?;
        if field.kind != Type::Object {
            return None;
        }
        self.ids.index(self.id_in(bytes, field.offset as usize))
    }

    /// The raw bits of a primitive field, widened without sign.
    pub(super) fn number(&self, index: u32, name: &str) -> Option<u64> {
        let (field, bytes) = self.field(index, name)?;
        if field.kind == Type::Object {
            return None;
        }
        number_at(
            bytes,
            field.offset as usize,
            field.kind.width(self.header.id_size),
        )
    }

    /// A primitive `int` field.
    pub(super) fn int(&self, index: u32, name: &str) -> Option<i64> {
        let (field, _) = self.field(index, name)?;
        let bits = self.number(index, name)?;
        Some(match field.kind {
            Type::Int => i64::from(bits as u32 as i32),
            Type::Short => i64::from(bits as u16 as i16),
            Type::Byte => i64::from(bits as u8 as i8),
            _ => bits as i64,
        })
    }

    /// The value of a static field: type and raw bits.
    pub(super) fn static_value(&self, class: u32, name: &str) -> Option<(Type, u64)> {
        let statics = self.classes.get(class).statics.iter();
        let mut same = statics
            .filter(|field| self.records.raw_name(self.bytes, field.name) == Some(name.as_bytes()));
        same.next().map(|field| (field.kind, field.value))
    }

    /// The object that a static field refers to.
    pub(super) fn static_reference(&self, class: u32, name: &str) -> Option<u32> {
        match self.static_value(class, name)? {
            (Type::Object, id) => self.ids.index(id),
            _ => None,
        }
    }

    /// The elements of an array of references, null as `None`.
    pub(super) fn elements(&self, index: u32) -> impl Iterator<Item = Option<u32>> + '_ {
        let bytes = match self.content(index) {
            Content::References(bytes) => bytes,
            _ => &[],
        };
        bytes
            .chunks_exact(self.header.id_size)
            .map(|element| self.ids.index(self.id_in(element, 0)))
    }

    /// Calls `each` with every object that an instance, array, class or thread refers to. Weak referents are left out as
    /// the analysis leaves them out.
    pub(super) fn references(&self, index: u32, mut each: impl FnMut(Edge, u32)) {
        let _ = self.references_in(index, self.content(index), |edge, target| {
            each(edge, target);
            ControlFlow::Continue(())
        });
    }

    /// The same for an object of which the content is known, until `each` breaks off.
    pub(super) fn references_in(
        &self,
        index: u32,
        content: Content<'_>,
        mut each: impl FnMut(Edge, u32) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let mut refer = |edge, id| match self.ids.index(id) {
            Some(target) => each(edge, target),
            None => ControlFlow::Continue(()),
        };
        match content {
            Content::Class(number) => {
                let class = self.classes.get(number);
                for (at, field) in (0..).zip(&class.statics) {
                    if field.kind == Type::Object {
                        refer(Edge::Static(at), field.value)?;
                    }
                }
                refer(Edge::Loader, class.loader)?;
                if let Some(above) = class.super_class {
                    refer(Edge::Superclass, self.classes.get(above).id)?;
                }
            }
            Content::Instance(bytes) => {
                let class = self.class_of(index);
                for (at, field) in (0..).zip(&class.fields) {
                    let weak = class.weak.is_some_and(|(at, _)| at == field.offset);
                    let left_out = weak && self.retained_as == RetainedAs::Collector;
                    if field.kind == Type::Object && !left_out {
                        refer(Edge::Field(at), self.id_in(bytes, field.offset as usize))?;
                    }
                }
            }
            Content::References(bytes) => {
                for (at, element) in (0..).zip(bytes.chunks_exact(self.header.id_size)) {
                    refer(Edge::Element(at), self.id_in(element, 0))?;
                }
            }
            Content::Primitives(..) => {}
        }
        let locals = self.locals.get(&index).into_iter().flatten();
        locals
            .copied()
            .try_for_each(|local| each(Edge::Local, local))
    }

    /// How the report writes a reference of an object: `.head`, `[17]`, `static CACHE`.
    pub(super) fn edge_name(&self, from: u32, edge: Edge) -> String {
        let name = |id| self.records.name(self.bytes, id);
        match edge {
            Edge::Static(at) => {
                let class = self.class_objects.get(&from).map(|n| self.classes.get(*n));
                let field = class.and_then(|class| class.statics.get(at as usize));
                format!(
                    "static {}",
                    field.map_or_else(String::new, |f| name(f.name))
                )
            }
            Edge::Field(at) => {
                let field = self.class_of(from).fields.get(at as usize);
                format!(".{}", field.map_or_else(String::new, |f| name(f.name)))
            }
            Edge::Element(at) => format!("[{at}]"),
            Edge::Loader => "<class loader>".to_owned(),
            Edge::Superclass => "<superclass>".to_owned(),
            Edge::Local => "<local variable>".to_owned(),
        }
    }

    /// Whether an object can refer to others at all.
    pub(super) fn has_references(&self, index: u32) -> bool {
        let class = self.class_of(index);
        match class.shape {
            Shape::Instance => !class.references.is_empty(),
            Shape::ObjectArray => true,
            Shape::PrimitiveArray(_) => false,
        }
    }

    /// The text of a `java.lang.String`, at most `limit` characters. Only for names that are no user data: threads,
    /// system properties that the report needs.
    pub(super) fn text(&self, index: u32, limit: usize) -> Option<String> {
        if self.class_of(index).name != "java.lang.String" {
            return None;
        }
        let value = self.reference(index, "value")?;
        let Content::Primitives(kind, bytes) = self.content(value) else {
            return None;
        };
        let text: String = match kind {
            Type::Char => {
                let units: Vec<u16> = bytes
                    .chunks_exact(2)
                    .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
                    .collect();
                // JDK 6 shares arrays between strings.
                let from = self.int(index, "offset").unwrap_or(0).max(0) as usize;
                let count = self.int(index, "count").map(|count| count.max(0) as usize);
                let from = from.min(units.len());
                let count = count.unwrap_or(units.len()).min(units.len() - from);
                char::decode_utf16(units[from..from + count].iter().copied())
                    .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
                    .take(limit)
                    .collect()
            }
            Type::Byte if self.int(index, "coder") == Some(1) => {
                // HotSpot copies the bytes as they lie in memory; nearly every machine is little-endian.
                let units = bytes
                    .chunks_exact(2)
                    .map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
                char::decode_utf16(units)
                    .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
                    .take(limit)
                    .collect()
            }
            Type::Byte => bytes
                .iter()
                .map(|byte| char::from(*byte))
                .take(limit)
                .collect(),
            _ => return None,
        };
        Some(text)
    }

    /// The kind of root that an object is by itself, the first in the order of kinds.
    pub(super) fn root_kind(&self, index: u32) -> Option<RootKind> {
        let own = |(root, target): &&(Root, u32)| {
            // What is on the stack of a thread that is not in the dump is a root by itself.
            *target == index && (!root.kind.is_on_stack() || self.locals.is_empty())
        };
        self.roots
            .iter()
            .filter(own)
            .map(|(root, _)| root.kind)
            .min()
    }
}
