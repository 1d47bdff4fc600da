//! How large objects are in the running JVM. The dump does not say; the addresses do.
//!
//! A dump holds raw field values, not sizes. Sizes follow from header, reference width, alignment and the order in
//! which HotSpot places fields (`FieldLayoutBuilder` since JDK 15, `ClassFileParser::layout_fields` before). Each
//! combination is tried: the right one never makes an object larger than the distance to the next, and most often
//! exactly as large.

use super::classes::{Class, Classes, Shape};
use super::graph::ids::IdMap;
use super::hprof::Type;
use super::hprof::records::Records;
use super::objects::Objects;
use super::report::RetainedAs;
use crate::t;

/// Object sizes are kept in units of this many bytes: no JVM aligns objects to less.
pub(super) const UNIT: u64 = 8;

/// Bytes of a word of a stack; virtual threads exist on 64-bit JVMs only.
const WORD: u64 = 8;

/// Distances looked at to choose a layout; more would not change the choice.
const DISTANCES: usize = 4 << 20;

/// How fields are placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Placement {
    /// Each class after its superclass, rounded up to the width of a reference: HotSpot before JDK 15, and MAT's rule.
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
/// 32-bit JVMs, Android, and dumps of the old agent.
const MODES_32: [Mode; 1] = [mode(8, 4, 12, Placement::PerClass)];
/// MAT's formula: one pointer and one reference as header.
const MODES_MAT: [Mode; 2] = [
    mode(12, 4, 16, Placement::PerClass),
    mode(16, 8, 24, Placement::PerClass),
];

/// Fields that the VM adds (`INJECTED_FIELDS` in HotSpot's `javaClasses.hpp`): class and widths.
const INJECTED: [(&str, &[u64]); 6] = [
    ("java.lang.ClassLoader", &[8]),
    ("java.lang.Module", &[8]),
    ("java.lang.invoke.MemberName", &[8]),
    ("java.lang.invoke.ResolvedMethodName", &[8]),
    ("java.lang.String", &[1]),
    ("java.lang.Thread", &[8, 4, 1]),
];

/// Classes with `@Contended` fields, which the dump does not mark: one object is enough to take its distance for its size.
/// For others a few objects prove nothing: something that died may lie behind each.
const PADDED: [&str; 3] = [
    "java.lang.Thread",
    "java.util.concurrent.ForkJoinPool",
    "java.util.concurrent.ForkJoinPool$WorkQueue",
];

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
        if self.placement == Placement::PerClass {
            let sum: u64 = widths.iter().sum();
            let end = above.end + sum + references as u64 * self.reference;
            return Level {
                end: round(end, self.reference),
                gaps: Vec::new(),
            };
        }
        if injected && let Some((_, more)) = INJECTED.iter().find(|(name, _)| *name == class.name) {
            widths.extend(*more);
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

/// Where the fields of a class end, and the gaps between them (start and length).
#[derive(Debug, Clone)]
struct Level {
    end: u64,
    gaps: Vec<(u64, u64)>,
}

impl Level {
    /// Places a field in the smallest gap that takes it, else at the end.
    fn put(&mut self, width: u64) {
        let fits = |(start, length): (u64, u64)| round(start, width) + width <= start + length;
        let best = (0..self.gaps.len())
            .filter(|gap| fits(self.gaps[*gap]))
            .min_by_key(|gap| self.gaps[*gap].1);
        let (start, length) = match best {
            Some(gap) => self.gaps.remove(gap),
            None => {
                let start = self.end;
                self.end = round(start, width) + width;
                (start, self.end - start)
            }
        };
        let at = round(start, width);
        for gap in [
            (start, at - start),
            (at + width, start + length - at - width),
        ] {
            if gap.1 > 0 {
                self.gaps.push(gap);
            }
        }
    }
}

/// What the addresses say about the instances of a class.
#[derive(Debug, Clone, Copy)]
struct Distances {
    smallest: u64,
    /// How often the smallest distance occurs.
    times: u32,
    instances: u32,
}

impl Sizes {
    /// Chooses the layout that the addresses prove, and corrects single classes by them.
    pub(super) fn measure(
        ids: &IdMap,
        objects: &Objects,
        classes: &Classes,
        id_size: usize,
        retained_as: RetainedAs,
    ) -> Self {
        let modes: &[Mode] = match (id_size, retained_as) {
            (4, _) => &MODES_32,
            (_, RetainedAs::Mat) => &MODES_MAT,
            (_, RetainedAs::Collector) => &MODES_64,
        };
        let step = ids.alignment();
        // Serial numbers instead of addresses, from the old agent: nothing can be measured.
        let addresses = step >= 4;
        let alignment = step.clamp(8, 256);
        let injected = retained_as == RetainedAs::Collector;
        let tables: Vec<Vec<u64>> = modes
            .iter()
            .map(|mode| mode.instances(classes, alignment, injected))
            .collect();
        let mut violations = vec![0_u64; modes.len()];
        let mut exact = vec![0_u64; modes.len()];
        let mut seen = 0_usize;
        if addresses && modes.len() > 1 {
            each_distance(ids, |index, distance| {
                let class = objects.class[index as usize];
                if class == classes.class_class() || seen >= DISTANCES {
                    return;
                }
                seen += 1;
                let shape = classes.get(class).shape;
                let length = objects.length[index as usize];
                for (number, mode) in modes.iter().enumerate() {
                    let size = match shape {
                        Shape::Instance => tables[number][class as usize],
                        Shape::ObjectArray => mode.array(Type::Object, length, alignment),
                        Shape::PrimitiveArray(kind) => mode.array(kind, length, alignment),
                    };
                    violations[number] += u64::from(size > distance);
                    exact[number] += u64::from(size == distance);
                }
            });
        }
        // A handful of violations is noise (injected fields, padding); a wrong layout has many.
        let best = (0..modes.len())
            .min_by_key(|number| {
                let many = violations[*number] > seen as u64 / 1000;
                (many, std::cmp::Reverse(exact[*number]), violations[*number])
            })
            .unwrap_or(0);
        let mode = modes[best];
        let share = exact[best] as f64 / seen.max(1) as f64;
        let measured = addresses && (modes.len() == 1 || seen > 0);
        let mut sizes = Self {
            instance: tables.into_iter().nth(best).unwrap_or_default(),
            mode,
            alignment,
            description: describe(mode, id_size, alignment, measured, retained_as),
        };
        if measured && retained_as == RetainedAs::Collector && share > 0.97 {
            sizes.correct(ids, objects, classes);
        }
        sizes
    }

    /// Takes the distance for the size of classes where all instances say so: fields that the VM adds, `@Contended`.
    fn correct(&mut self, ids: &IdMap, objects: &Objects, classes: &Classes) {
        let none = Distances {
            smallest: u64::MAX,
            times: 0,
            instances: 0,
        };
        let mut seen = vec![none; classes.len()];
        each_distance(ids, |index, distance| {
            let entry = &mut seen[objects.class[index as usize] as usize];
            entry.instances += 1;
            match distance.cmp(&entry.smallest) {
                std::cmp::Ordering::Less => {
                    entry.smallest = distance;
                    entry.times = 1;
                }
                std::cmp::Ordering::Equal => entry.times += 1,
                std::cmp::Ordering::Greater => {}
            }
        });
        let padded = classes.all_that_are(&PADDED);
        for (number, class) in classes.iter() {
            let found = seen[number as usize];
            let size = &mut self.instance[number as usize];
            let plain = class.shape == Shape::Instance
                && number != classes.class_class()
                && Some(number) != classes.stack_chunk();
            let least = if padded[number as usize] { 1 } else { 4 };
            let agreed = found.instances >= least && found.times * 4 >= found.instances * 3;
            let plausible = found.smallest < *size + 512;
            if plain && plausible && (found.smallest < *size || agreed) {
                *size = found.smallest;
            }
        }
    }

    /// Bytes of an object that is not a class.
    pub(super) fn of(&self, class: u32, shape: Shape, length: u32) -> u64 {
        match shape {
            // Stack chunks are the only instances with a length: the words of the frames behind their fields.
            Shape::Instance if length > 0 => round(
                self.instance[class as usize] + u64::from(length) * WORD,
                self.alignment,
            ),
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

/// Calls `each` with the index of every object but the last, and the distance to the next.
fn each_distance(ids: &IdMap, mut each: impl FnMut(u32, u64)) {
    let mut last = None;
    ids.for_each(|index, id| {
        if let Some((index, address)) = last.replace((index, id)) {
            each(index, id - address);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_fill_the_gaps_of_their_superclasses() {
        // class A { long a } class B extends A { boolean b } class C extends B { int c } with 12-byte headers.
        let mut level = Level {
            end: 12,
            gaps: Vec::new(),
        };
        level.put(8);
        assert_eq!((level.end, level.gaps.as_slice()), (24, &[(12, 4)][..]));
        level.put(1);
        assert_eq!(level.end, 24);
        level.put(4);
        assert_eq!(level.end, 28);
        level.put(1);
        assert_eq!(level.end, 28);
    }

    #[test]
    fn arrays_begin_where_their_elements_may() {
        let compact = mode(8, 4, 12, Placement::FillGaps);
        assert_eq!(compact.array(Type::Byte, 4, 8), 16);
        assert_eq!(compact.array(Type::Long, 1, 8), 24);
        assert_eq!(MODES_32[0].array(Type::Long, 1, 8), 24);
        assert_eq!(MODES_64[0].array(Type::Object, 3, 16), 32);
    }
}
