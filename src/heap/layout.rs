//! How large objects are in the running JVM. The dump does not say; the addresses do.
//!
//! A dump holds raw field values, not sizes. Sizes follow from header, reference width, alignment and the order in
//! which HotSpot places fields (`FieldLayoutBuilder` since JDK 15, `ClassFileParser::layout_fields` before). Each
//! combination is tried: the right one never makes an object larger than the distance to the next, and most often
//! exactly as large.

mod measure;
mod place;

pub(super) use measure::{Candidates, Evidence};

use super::classes::{Class, Classes, Shape};
use super::hprof::Type;
use super::hprof::records::Records;
use super::report::RetainedAs;
use crate::t;
use place::{Level, Own};

/// Bytes of a word of a stack; virtual threads exist on 64-bit JVMs only.
const WORD: u64 = 8;

/// How fields are placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Placement {
    /// Each class after its superclass, without regard to alignment: MAT's rule.
    Sum,
    /// Each class after its superclass: HotSpot before JDK 15.
    PerClass,
    /// Fields fill the gaps that superclasses left: HotSpot since JDK 15.
    FillGaps,
}

/// A way to lay out objects. Widths in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mode {
    header: u64,
    reference: u64,
    array_base: u64,
    placement: Placement,
}

const fn mode(header: u64, reference: u64, array_base: u64, placement: Placement) -> Mode {
    Mode {
        header,
        reference,
        array_base,
        placement,
    }
}

/// 64-bit modes, likelier first: a tie goes to the first.
const MODES_64: [Mode; 8] = [
    mode(12, 4, 16, Placement::FillGaps),
    mode(12, 4, 16, Placement::PerClass),
    mode(8, 4, 12, Placement::FillGaps),
    mode(12, 8, 16, Placement::FillGaps),
    mode(16, 8, 24, Placement::FillGaps),
    mode(16, 8, 24, Placement::PerClass),
    mode(8, 8, 12, Placement::FillGaps),
    mode(16, 4, 24, Placement::FillGaps),
];
/// The same before JDK 15: without compressed references there were no compressed class pointers either.
const MODES_BEFORE: [Mode; 2] = [
    mode(12, 4, 16, Placement::PerClass),
    mode(16, 8, 24, Placement::PerClass),
];
/// 32-bit JVMs, Android, and dumps of the old agent.
const MODES_32: [Mode; 1] = [mode(8, 4, 12, Placement::PerClass)];
/// MAT's formula: one pointer and one reference as header.
const MODES_MAT: [Mode; 2] = [
    mode(12, 4, 16, Placement::Sum),
    mode(16, 8, 24, Placement::Sum),
];

/// Classes whose references came first before JDK 15, because the VM read them at fixed places
/// (`ClassFileParser::layout_fields`, `allocation_style` 0).
const REFERENCES_FIRST: [&str; 16] = [
    "java.lang.AssertionStatusDirectives",
    "java.lang.Boolean",
    "java.lang.Byte",
    "java.lang.Character",
    "java.lang.Class",
    "java.lang.ClassLoader",
    "java.lang.Double",
    "java.lang.Float",
    "java.lang.Integer",
    "java.lang.Long",
    "java.lang.Short",
    "java.lang.StackTraceElement",
    "java.lang.String",
    "java.lang.Throwable",
    "java.lang.ref.Reference",
    "java.lang.ref.SoftReference",
];

/// Stands for the width of a reference.
const REFERENCE: u64 = 0;

/// Fields that the VM adds (`INJECTED_FIELDS` in HotSpot's `javaClasses.hpp`): class and widths.
const INJECTED: [(&str, &[u64]); 9] = [
    ("jdk.internal.vm.StackChunk", &[8, REFERENCE, 4, 1, 1]),
    ("java.lang.ClassLoader", &[8]),
    ("java.lang.InternalError", &[1]),
    ("java.lang.Module", &[8]),
    ("java.lang.invoke.MemberName", &[8]),
    (
        "java.lang.invoke.MethodHandleNatives$CallSiteContext",
        &[8, 8],
    ),
    (METHOD_NAME, &[8]),
    ("java.lang.String", &[1]),
    ("java.lang.Thread", &[8, 4, 2, 1]),
];

/// Its holder is a field of its own in JDK 25, and one that the VM adds in 17 and 21.
const METHOD_NAME: &str = "java.lang.invoke.ResolvedMethodName";

/// The same before JDK 15.
const INJECTED_BEFORE: [(&str, &[u64]); 5] = [
    ("java.lang.ClassLoader", &[8]),
    ("java.lang.Module", &[8]),
    ("java.lang.invoke.MemberName", &[8]),
    ("java.lang.invoke.MethodHandleNatives$CallSiteContext", &[8]),
    (METHOD_NAME, &[8, REFERENCE]),
];

/// Classes with `@Contended` fields, which the dump does not mark: one object is enough to take its distance for its size.
/// For others a few objects prove nothing: something that died may lie behind each.
const PADDED: [&str; 6] = [
    "java.lang.Thread",
    "java.util.concurrent.ConcurrentHashMap$CounterCell",
    "java.util.concurrent.Exchanger$Slot",
    "java.util.concurrent.ForkJoinPool",
    "java.util.concurrent.ForkJoinPool$WorkQueue",
    "java.util.concurrent.atomic.Striped64$Cell",
];

/// Bytes on either side of a `@Contended` field (`-XX:ContendedPaddingWidth`).
const PADDING: u64 = 128;

/// Object sizes of one dump.
#[derive(Debug)]
pub(super) struct Sizes {
    /// Bytes of an instance of each class.
    instance: Vec<u64>,
    mode: Mode,
    alignment: u64,
    /// One sentence for the report.
    pub(super) description: String,
}

fn round(value: u64, to: u64) -> u64 {
    value.div_ceil(to) * to
}

impl Mode {
    fn width(self, kind: Type) -> u64 {
        match kind {
            Type::Object => self.reference,
            other => other.width(8) as u64,
        }
    }

    fn array(self, kind: Type, length: u32, alignment: u64) -> u64 {
        let width = self.width(kind);
        // Elements of eight bytes begin at a multiple of eight.
        round(
            round(self.array_base, width.min(8)) + u64::from(length) * width,
            alignment,
        )
    }

    /// Bytes of an instance of every class.
    fn instances(self, classes: &Classes, alignment: u64, injected: bool) -> Vec<u64> {
        let mut done: Vec<Option<Level>> = vec![None; classes.len()];
        (0..classes.len() as u32)
            .map(|number| {
                let mut levels: Vec<u32> = classes.ancestry(number).collect();
                let known = levels
                    .iter()
                    .position(|level| done[*level as usize].is_some());
                levels.truncate(known.unwrap_or(levels.len()));
                for level in levels.into_iter().rev() {
                    let class = classes.get(level);
                    let above = class
                        .super_class
                        .and_then(|above| done[above as usize].clone());
                    let above = above.unwrap_or(Level {
                        end: self.header,
                        gaps: Vec::new(),
                    });
                    done[level as usize] = Some(self.place(class, above, injected));
                }
                let end = done[number as usize].as_ref().map_or(0, |level| level.end);
                round(end, alignment)
            })
            .collect()
    }

    fn place(self, class: &Class, above: Level, injected: bool) -> Level {
        let own = &class.fields[..class.own_fields];
        let references = own
            .iter()
            .filter(|field| field.kind == Type::Object)
            .count();
        let primitives = own.iter().filter(|field| field.kind != Type::Object);
        let mut widths: Vec<u64> = primitives.map(|field| self.width(field.kind)).collect();
        let added: &[(&str, &[u64])] = match self.placement {
            Placement::Sum => &[],
            Placement::PerClass => &INJECTED_BEFORE,
            Placement::FillGaps => &INJECTED,
        };
        if injected && let Some((_, more)) = added.iter().find(|(name, _)| *name == class.name) {
            let width = |width: &u64| match *width {
                REFERENCE => self.reference,
                width => width,
            };
            widths.extend(more.iter().map(width));
            if self.placement == Placement::FillGaps && class.name == METHOD_NAME && references == 0
            {
                widths.push(self.reference);
            }
        }
        let end = match self.placement {
            Placement::FillGaps => None,
            Placement::Sum => {
                let sum: u64 = widths.iter().sum();
                let end = above.end + sum + references as u64 * self.reference;
                Some(round(end, self.reference))
            }
            Placement::PerClass => {
                let mut own = Own {
                    references: references as u64,
                    ..Own::default()
                };
                widths.iter().for_each(|width| own.add(*width));
                Some(match REFERENCES_FIRST.contains(&class.name.as_str()) {
                    true => own.end_references_first(above.end, self.reference),
                    false => own.end(above.end, self.reference),
                })
            }
        };
        if let Some(end) = end {
            return Level {
                end,
                gaps: Vec::new(),
            };
        }
        widths.sort_unstable_by(|left, right| right.cmp(left));
        let mut level = above;
        for width in widths {
            level.put(width);
        }
        for _ in 0..references {
            level.put(self.reference);
        }
        level
    }

    fn words(self, id_size: usize) -> String {
        let references = match (id_size, self.reference) {
            (4, _) => t!("32-bit references"),
            (_, 4) => t!("compressed references"),
            _ => t!("uncompressed references"),
        };
        let header = self.header;
        t!("{references}, {header}-byte headers", references, header)
    }
}

impl Sizes {
    /// Bytes of an object that is not a class.
    pub(super) fn of(&self, class: u32, shape: Shape, length: u32) -> u64 {
        match shape {
            // Stack chunks are the only instances with a length: the words of the frames behind their fields. Behind
            // those a bitmap of whole words has a bit for every place where a reference may be
            // (`InstanceStackChunkKlass::gc_data_size`).
            Shape::Instance if length > 0 => {
                let words = u64::from(length);
                let bits = words * WORD / self.mode.reference;
                let fields = round(self.instance[class as usize], WORD);
                round(fields + (words + bits.div_ceil(64)) * WORD, self.alignment)
            }
            Shape::Instance => self.instance[class as usize],
            Shape::ObjectArray => self.mode.array(Type::Object, length, self.alignment),
            Shape::PrimitiveArray(kind) => self.mode.array(kind, length, self.alignment),
        }
    }

    /// Bytes of a class object: in MAT's view its static fields alone, else also the fields of `java.lang.Class` and
    /// those that the VM adds to it (`java_lang_Class`: two pointers, two numbers, four references).
    pub(super) fn of_class(
        &self,
        class: &Class,
        classes: &Classes,
        records: &Records,
        bytes: &[u8],
        retained_as: RetainedAs,
    ) -> u64 {
        let statics = class.statics.iter();
        if retained_as == RetainedAs::Mat {
            let widths = statics.map(|field| self.mode.width(field.kind));
            return round(widths.sum(), self.alignment);
        }
        // `<resolved_references>` and `<init_lock>` are no statics of the class object.
        let real = statics.filter(|field| {
            let name = records.raw_name(bytes, field.name);
            name.is_none_or(|name| !name.starts_with(b"<"))
        });
        let widths = real.map(|field| self.mode.width(field.kind));
        let own = self.mode.place(
            classes.get(classes.class_class()),
            Level {
                end: self.mode.header,
                gaps: Vec::new(),
            },
            false,
        );
        let mut level = own;
        for width in [8, 8, 4, 4] {
            level.put(width);
        }
        for _ in 0..4 {
            level.put(self.mode.reference);
        }
        round(round(level.end, 8) + widths.sum::<u64>(), self.alignment)
    }
}

fn describe(
    mode: Mode,
    id_size: usize,
    alignment: u64,
    measured: bool,
    retained_as: RetainedAs,
) -> String {
    let mode = mode.words(id_size);
    match (retained_as, measured) {
        (RetainedAs::Mat, _) => t!(
            "{mode}, {alignment}-byte alignment (Eclipse MAT's formula)",
            mode,
            alignment
        ),
        (_, true) => t!(
            "{mode}, {alignment}-byte alignment (proven by the addresses)",
            mode,
            alignment
        ),
        _ => t!(
            "{mode}, {alignment}-byte alignment (assumed: identifiers are no addresses)",
            mode,
            alignment
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_begin_where_their_elements_may() {
        let compact = mode(8, 4, 12, Placement::FillGaps);
        assert_eq!(compact.array(Type::Byte, 4, 8), 16);
        assert_eq!(compact.array(Type::Long, 1, 8), 24);
        assert_eq!(MODES_32[0].array(Type::Long, 1, 8), 24);
        assert_eq!(MODES_64[0].array(Type::Object, 3, 16), 32);
    }
}
