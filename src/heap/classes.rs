//! The classes of a dump: names, inheritance, and where the fields of an instance lie.

use rustc_hash::FxHashMap;

use super::hprof::class_dump::{ClassDump, StaticField};
use super::hprof::records::Records;
use super::hprof::{Type, number_at};

/// What the instances of a class are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Instance,
    ObjectArray,
    PrimitiveArray(Type),
}

/// A field of an instance, inherited ones included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field {
    /// Identifier of the name.
    pub(super) name: u64,
    pub(super) kind: Type,
    /// Offset of the value among the bytes of an instance in the dump.
    pub(super) offset: u32,
    /// Number of the class that declares it.
    pub(super) declared_in: u32,
}

/// A class.
#[derive(Debug)]
pub(super) struct Class {
    pub(super) id: u64,
    /// As in Java source.
    pub(super) name: String,
    pub(super) shape: Shape,
    pub(super) super_class: Option<u32>,
    /// Identifier of the class loader; 0 for the boot loader.
    pub(super) loader: u64,
    pub(super) statics: Vec<StaticField>,
    /// Other references that the class object holds: signers, protection domain, constants.
    pub(super) other_references: Vec<u64>,
    /// All fields of an instance, its own first.
    pub(super) fields: Vec<Field>,
    /// How many of `fields` the class declares itself.
    pub(super) own_fields: usize,
    /// Offsets of the references among `fields`, the weak one left out.
    pub(super) references: Vec<u32>,
    /// Offsets of `Reference.referent` and `Reference.next`, for subclasses of `java.lang.ref.Reference`.
    pub(super) weak: Option<(u32, Option<u32>)>,
    /// Whether the dump has no record of it and it was made up from its use.
    pub(super) made_up: bool,
}

/// All classes, by number.
#[derive(Debug, Default)]
pub(super) struct Classes {
    list: Vec<Class>,
    by_id: FxHashMap<u64, u32>,
    by_name: FxHashMap<String, Vec<u32>>,
    primitive_arrays: [u32; 12],
    class_class: u32,
    /// `jdk.internal.vm.StackChunk` and where its field `size` lies.
    stack_chunk: Option<(u32, u32)>,
}

/// Deepest chain of superclasses that is followed; a longer one is a cycle.
const DEPTH: usize = 1000;

impl Classes {
    /// Brings the class records in order. `used` are the classes that objects claim to be of; those without a record
    /// are made up.
    pub(super) fn build(
        dumps: Vec<ClassDump>,
        used: &[(u64, Shape)],
        bytes: &[u8],
        records: &Records,
        id_size: usize,
    ) -> Self {
        let mut classes = Self::default();
        let mut supers = Vec::with_capacity(dumps.len());
        let mut own = Vec::with_capacity(dumps.len());
        for dump in dumps {
            let name = records
                .class_name(bytes, dump.id)
                .unwrap_or_else(|| format!("unknown class {:#x}", dump.id));
            let mut other = dump.constants;
            other.extend([dump.signers, dump.protection_domain]);
            other.retain(|id| *id != 0);
            let class = Class {
                shape: shape_of(&name),
                name,
                super_class: None,
                loader: dump.loader,
                statics: dump.statics,
                other_references: other,
                ..Class::made_up(dump.id)
            };
            match classes.by_id.get(&dump.id) {
                // The later record of a class counts, as for every object.
                Some(number) => {
                    let number = *number as usize;
                    classes.list[number] = class;
                    supers[number] = dump.super_id;
                    own[number] = dump.fields;
                }
                None => {
                    classes.by_id.insert(dump.id, classes.list.len() as u32);
                    classes.list.push(class);
                    supers.push(dump.super_id);
                    own.push(dump.fields);
                }
            }
        }
        for class in &mut classes.list {
            class.made_up = false;
        }
        for (number, super_id) in supers.iter().enumerate() {
            classes.list[number].super_class = classes.by_id.get(super_id).copied();
        }
        for number in 0..classes.list.len() {
            classes.lay_out(number, &own, bytes, records, id_size);
        }
        classes.make_up(used, bytes, records);
        classes.stack_chunk = classes.find_stack_chunk(bytes, records);
        for (number, class) in classes.list.iter().enumerate() {
            let same = classes.by_name.entry(class.name.clone()).or_default();
            same.push(number as u32);
        }
        classes
    }

    fn lay_out(
        &mut self,
        number: usize,
        own: &[Vec<super::hprof::class_dump::InstanceField>],
        bytes: &[u8],
        records: &Records,
        id_size: usize,
    ) {
        let mut fields = Vec::new();
        let mut references = Vec::new();
        let (mut referent, mut next) = (None, None);
        let mut offset = 0_u32;
        let mut level = Some(number as u32);
        for _ in 0..DEPTH {
            let Some(declared_in) = level else { break };
            let is_reference = self.list[declared_in as usize].name == "java.lang.ref.Reference";
            for field in own.get(declared_in as usize).map_or(&[][..], Vec::as_slice) {
                fields.push(Field {
                    name: field.name,
                    kind: field.kind,
                    offset,
                    declared_in,
                });
                if field.kind == Type::Object {
                    let name = match is_reference {
                        true => records.raw_name(bytes, field.name),
                        false => None,
                    };
                    match name {
                        Some(b"referent") => referent = Some(offset),
                        Some(b"next") => {
                            next = Some(offset);
                            references.push(offset);
                        }
                        _ => references.push(offset),
                    }
                }
                offset = offset.saturating_add(field.kind.width(id_size) as u32);
            }
            level = self.list[declared_in as usize].super_class;
        }
        let class = &mut self.list[number];
        class.own_fields = own[number].len();
        class.fields = fields;
        class.references = references;
        class.weak = referent.map(|referent| (referent, next));
    }

    fn make_up(&mut self, used: &[(u64, Shape)], bytes: &[u8], records: &Records) {
        for (id, shape) in used {
            if !self.by_id.contains_key(id) {
                self.by_id.insert(*id, self.list.len() as u32);
                let name = records.class_name(bytes, *id);
                self.list.push(Class {
                    name: name.unwrap_or_else(|| format!("unknown class {id:#x}")),
                    shape: *shape,
                    ..Class::made_up(*id)
                });
            }
        }
        let find = |list: &[Class], name: &str| list.iter().position(|class| class.name == name);
        for kind in Type::PRIMITIVES {
            let name = format!("{}[]", kind.word());
            let number = find(&self.list, &name).unwrap_or_else(|| {
                self.list.push(Class {
                    name,
                    shape: Shape::PrimitiveArray(kind),
                    ..Class::made_up(0)
                });
                self.list.len() - 1
            });
            self.primitive_arrays[kind as usize] = number as u32;
        }
        let class_class = find(&self.list, "java.lang.Class").unwrap_or_else(|| {
            self.list.push(Class {
                name: "java.lang.Class".to_owned(),
                ..Class::made_up(0)
            });
            self.list.len() - 1
        });
        self.class_class = class_class as u32;
    }

    fn find_stack_chunk(&self, bytes: &[u8], records: &Records) -> Option<(u32, u32)> {
        let mut classes = self.iter();
        let (number, class) =
            classes.find(|(_, class)| class.name == "jdk.internal.vm.StackChunk")?;
        let mut fields = class.fields.iter().filter(|field| field.kind == Type::Int);
        let size = fields.find(|field| records.raw_name(bytes, field.name) == Some(b"size"))?;
        Some((number, size.offset))
    }

    /// `jdk.internal.vm.StackChunk`.
    pub(super) fn stack_chunk(&self) -> Option<u32> {
        self.stack_chunk.map(|(number, _)| number)
    }

    /// How many words follow the fields of an instance: only stack chunks, which hold the frames of virtual threads,
    /// have any. A size that no stack has counts as none.
    #[inline]
    pub(super) fn words_behind(&self, number: u32, fields: &[u8]) -> u32 {
        match self.stack_chunk {
            Some((chunk, offset)) if chunk == number => number_at(fields, offset as usize, 4)
                .and_then(|words| u32::try_from(words).ok())
                .filter(|words| *words < 1 << 27)
                .unwrap_or(0),
            _ => 0,
        }
    }

    /// How many classes there are, made-up ones included.
    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    /// A class by its number.
    #[inline]
    pub(super) fn get(&self, number: u32) -> &Class {
        &self.list[number as usize]
    }

    /// All classes with their numbers.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &Class)> {
        (0..).zip(&self.list)
    }

    /// The number of a class by its identifier.
    #[inline]
    pub(super) fn number(&self, id: u64) -> Option<u32> {
        self.by_id.get(&id).copied()
    }

    /// The numbers of all classes of this name, one per class loader.
    pub(super) fn named(&self, name: &str) -> &[u32] {
        self.by_name.get(name).map_or(&[], Vec::as_slice)
    }

    /// The class of arrays of a primitive type.
    #[inline]
    pub(super) fn primitive_array(&self, kind: Type) -> u32 {
        self.primitive_arrays[kind as usize]
    }

    /// `java.lang.Class`.
    pub(super) fn class_class(&self) -> u32 {
        self.class_class
    }

    /// The class and its superclasses, itself first.
    pub(super) fn ancestry(&self, number: u32) -> impl Iterator<Item = u32> + '_ {
        std::iter::successors(Some(number), |number| self.get(*number).super_class).take(DEPTH)
    }

    /// Whether a class is `name` or inherits from it.
    pub(super) fn is_a(&self, number: u32, name: &str) -> bool {
        self.ancestry(number)
            .any(|number| self.get(number).name == name)
    }

    /// Which classes are one of `names` or inherit from one, by number.
    pub(super) fn all_that_are(&self, names: &[&str]) -> Vec<bool> {
        let is = |number| {
            self.ancestry(number)
                .any(|number| names.contains(&self.get(number).name.as_str()))
        };
        (0..self.list.len() as u32).map(is).collect()
    }
}

impl Class {
    fn made_up(id: u64) -> Self {
        Self {
            id,
            name: String::new(),
            shape: Shape::Instance,
            super_class: None,
            loader: 0,
            statics: Vec::new(),
            other_references: Vec::new(),
            fields: Vec::new(),
            own_fields: 0,
            references: Vec::new(),
            weak: None,
            made_up: true,
        }
    }
}

fn shape_of(name: &str) -> Shape {
    match name.strip_suffix("[]") {
        None => Shape::Instance,
        Some(element) => Type::PRIMITIVES
            .into_iter()
            .find(|kind| kind.word() == element)
            .map_or(Shape::ObjectArray, Shape::PrimitiveArray),
    }
}
