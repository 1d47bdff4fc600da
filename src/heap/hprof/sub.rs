//! Sub-records: the objects, classes and roots inside a heap segment.

use super::class_dump::{self, ClassDump};
use super::{Span, Type, id_at};

/// Why an object is alive by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::heap) enum RootKind {
    Unknown,
    JniGlobal,
    JniLocal,
    JavaFrame,
    NativeStack,
    SystemClass,
    ThreadBlock,
    Monitor,
    Thread,
    InternedString,
    Finalizing,
    Debugger,
    ReferenceCleanup,
    VmInternal,
    JniMonitor,
    Unreachable,
    StandIn,
}

impl RootKind {
    /// Whether a stack holds the object, so that it belongs to a thread.
    pub(in crate::heap) fn is_on_stack(self) -> bool {
        matches!(
            self,
            Self::JniLocal | Self::JavaFrame | Self::NativeStack | Self::ThreadBlock
        )
    }

    /// The words used in the report.
    pub(in crate::heap) fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::JniGlobal => "JNI global",
            Self::JniLocal => "JNI local",
            Self::JavaFrame => "local variable",
            Self::NativeStack => "native stack",
            Self::SystemClass => "system class",
            Self::ThreadBlock => "thread block",
            Self::Monitor => "monitor in use",
            Self::Thread => "thread",
            Self::InternedString => "interned string",
            Self::Finalizing => "finalizing",
            Self::Debugger => "debugger",
            Self::ReferenceCleanup => "reference cleanup",
            Self::VmInternal => "VM internal",
            Self::JniMonitor => "JNI monitor",
            Self::Unreachable => "unreachable",
            Self::StandIn => "stand-in: class or thread, because the dump has no roots",
        }
    }
}

/// A root record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::heap) struct Root {
    pub(in crate::heap) kind: RootKind,
    pub(in crate::heap) id: u64,
    /// Serial number of the thread, for the kinds that have one.
    pub(in crate::heap) thread: Option<u32>,
    /// Position of the frame in the stack for locals, serial number of the stack trace for threads.
    pub(in crate::heap) frame: Option<u32>,
}

/// Receives the sub-records of a segment in the order of the file. `at` is the offset of the record's tag.
pub(in crate::heap) trait Visit {
    /// An instance with the raw values of its fields, its own class first.
    #[inline]
    fn instance(&mut self, _at: usize, _id: u64, _class: u64, _fields: &[u8]) {}

    /// An array of references with its raw elements.
    #[inline]
    fn objects(&mut self, _at: usize, _id: u64, _class: u64, _elements: &[u8]) {}

    /// An array of `length` primitives.
    #[inline]
    fn primitives(&mut self, _at: usize, _id: u64, _element: Type, _length: u32) {}

    /// A class.
    fn class(&mut self, _at: usize, _class: ClassDump) {}

    /// A root.
    fn root(&mut self, _root: Root) {}
}

/// Where and why a walk ended early.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::heap) struct Fault {
    /// Offset of the tag of the record that could not be read.
    pub(in crate::heap) at: usize,
    pub(in crate::heap) problem: Problem,
}

/// Why a sub-record could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::heap) enum Problem {
    /// No such tag.
    Tag(u8),
    /// No such element type.
    ElementType(u8),
    /// The record goes on where the segment ends.
    CutShort,
}

/// Shows every sub-record of `span` to `visitor`.
pub(in crate::heap) fn walk<V: Visit>(
    bytes: &[u8],
    id_size: usize,
    span: &Span,
    visitor: &mut V,
) -> Result<(), Fault> {
    if id_size == 4 {
        walk_sized::<4, V>(bytes, span, visitor)
    } else {
        walk_sized::<8, V>(bytes, span, visitor)
    }
}

#[inline]
fn u32_at(bytes: &[u8], at: usize) -> u32 {
    match bytes.get(at..at + 4) {
        Some(&[a, b, c, d]) => u32::from_be_bytes([a, b, c, d]),
        _ => 0,
    }
}

fn walk_sized<const ID: usize, V: Visit>(
    bytes: &[u8],
    span: &Span,
    visitor: &mut V,
) -> Result<(), Fault> {
    let segment = &bytes[..span.end];
    let mut at = span.start;
    while at < segment.len() {
        let tag = segment[at];
        let fault = |problem| Fault { at, problem };
        let body = at + 1;
        let left = segment.len() - body;
        let need = |size: usize| {
            if left < size {
                Err(fault(Problem::CutShort))
            } else {
                Ok(())
            }
        };
        let size = match tag {
            0x21 => {
                need(2 * ID + 8)?;
                let length = u32_at(segment, body + 2 * ID + 4) as usize;
                need(2 * ID + 8 + length)?;
                let start = body + 2 * ID + 8;
                let class = id_at::<ID>(segment, body + ID + 4);
                let fields = &segment[start..start + length];
                visitor.instance(at, id_at::<ID>(segment, body), class, fields);
                2 * ID + 8 + length
            }
            0x23 => {
                need(ID + 9)?;
                let length = u32_at(segment, body + ID + 4);
                let number = segment[body + ID + 8];
                let Some(element) = Type::of(number).filter(|kind| *kind != Type::Object) else {
                    return Err(fault(Problem::ElementType(number)));
                };
                let payload = length as usize * element.width(ID);
                need(ID + 9 + payload)?;
                visitor.primitives(at, id_at::<ID>(segment, body), element, length);
                ID + 9 + payload
            }
            0x22 => {
                need(2 * ID + 8)?;
                let payload = u32_at(segment, body + ID + 4) as usize * ID;
                need(2 * ID + 8 + payload)?;
                let start = body + 2 * ID + 8;
                let class = id_at::<ID>(segment, body + ID + 8);
                let elements = &segment[start..start + payload];
                visitor.objects(at, id_at::<ID>(segment, body), class, elements);
                2 * ID + 8 + payload
            }
            0x20 => {
                let Some((class, size)) = class_dump::read::<ID>(&segment[body..]) else {
                    return Err(fault(Problem::CutShort));
                };
                visitor.class(at, class);
                size
            }
            // Android: a primitive array whose data was left out.
            0xC3 => {
                need(ID + 9)?;
                let length = u32_at(segment, body + ID + 4);
                let number = segment[body + ID + 8];
                let Some(element) = Type::of(number).filter(|kind| *kind != Type::Object) else {
                    return Err(fault(Problem::ElementType(number)));
                };
                visitor.primitives(at, id_at::<ID>(segment, body), element, length);
                ID + 9
            }
            // Android: which heap the objects that follow are in.
            0xFE => {
                need(ID + 4)?;
                ID + 4
            }
            _ => {
                let Some((kind, form)) = root_form(tag) else {
                    return Err(fault(Problem::Tag(tag)));
                };
                let size = match form {
                    Form::Id => ID,
                    Form::TwoIds => 2 * ID,
                    Form::Thread => ID + 4,
                    Form::ThreadAndFrame => ID + 8,
                };
                need(size)?;
                let thread = matches!(form, Form::Thread | Form::ThreadAndFrame)
                    .then(|| u32_at(segment, body + ID));
                let frame = matches!(form, Form::ThreadAndFrame)
                    .then(|| u32_at(segment, body + ID + 4))
                    .filter(|frame| *frame != u32::MAX);
                visitor.root(Root {
                    kind,
                    id: id_at::<ID>(segment, body),
                    thread,
                    frame,
                });
                size
            }
        };
        at = body + size;
    }
    Ok(())
}

/// What follows the tag of a root record.
#[derive(Clone, Copy)]
enum Form {
    Id,
    TwoIds,
    Thread,
    ThreadAndFrame,
}

fn root_form(tag: u8) -> Option<(RootKind, Form)> {
    Some(match tag {
        0xFF => (RootKind::Unknown, Form::Id),
        0x01 => (RootKind::JniGlobal, Form::TwoIds),
        0x02 => (RootKind::JniLocal, Form::ThreadAndFrame),
        0x03 => (RootKind::JavaFrame, Form::ThreadAndFrame),
        0x04 => (RootKind::NativeStack, Form::Thread),
        0x05 => (RootKind::SystemClass, Form::Id),
        0x06 => (RootKind::ThreadBlock, Form::Thread),
        0x07 => (RootKind::Monitor, Form::Id),
        0x08 => (RootKind::Thread, Form::ThreadAndFrame),
        0x89 => (RootKind::InternedString, Form::Id),
        0x8A => (RootKind::Finalizing, Form::Id),
        0x8B => (RootKind::Debugger, Form::Id),
        0x8C => (RootKind::ReferenceCleanup, Form::Id),
        0x8D => (RootKind::VmInternal, Form::Id),
        0x8E => (RootKind::JniMonitor, Form::ThreadAndFrame),
        0x90 => (RootKind::Unreachable, Form::Id),
        _ => return None,
    })
}

/// Cuts `span` at record boundaries into pieces of at least `size` bytes, for parallel work. A damaged span ends in one
/// piece that runs to its end.
pub(in crate::heap) fn cut(bytes: &[u8], id_size: usize, span: &Span, size: usize) -> Vec<Span> {
    struct Cutter {
        size: usize,
        start: usize,
        pieces: Vec<Span>,
    }
    impl Cutter {
        #[inline]
        fn record(&mut self, at: usize) {
            if at - self.start >= self.size {
                self.pieces.push(self.start..at);
                self.start = at;
            }
        }
    }
    impl Visit for Cutter {
        #[inline]
        fn instance(&mut self, at: usize, _: u64, _: u64, _: &[u8]) {
            self.record(at);
        }
        #[inline]
        fn objects(&mut self, at: usize, _: u64, _: u64, _: &[u8]) {
            self.record(at);
        }
        #[inline]
        fn primitives(&mut self, at: usize, _: u64, _: Type, _: u32) {
            self.record(at);
        }
    }
    if span.len() <= 2 * size {
        return vec![span.clone()];
    }
    let mut cutter = Cutter {
        size,
        start: span.start,
        pieces: Vec::new(),
    };
    // A fault is reported by the walk over the last piece.
    let _ = walk(bytes, id_size, span, &mut cutter);
    cutter.pieces.push(cutter.start..span.end);
    cutter.pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Seen {
        records: Vec<String>,
    }

    impl Visit for Seen {
        fn instance(&mut self, at: usize, id: u64, class: u64, fields: &[u8]) {
            self.records
                .push(format!("{at} instance {id} of {class}: {}", fields.len()));
        }
        fn objects(&mut self, _: usize, id: u64, class: u64, elements: &[u8]) {
            self.records
                .push(format!("array {id} of {class}: {}", elements.len()));
        }
        fn primitives(&mut self, _: usize, id: u64, element: Type, length: u32) {
            self.records
                .push(format!("{}[{length}] {id}", element.word()));
        }
        fn root(&mut self, root: Root) {
            self.records.push(format!("{root:?}"));
        }
    }

    fn sample() -> Vec<u8> {
        let mut bytes = vec![0x05, 0, 0, 0, 9];
        bytes.extend([0x21, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 2, 7, 7]);
        bytes.extend([0x23, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3, 8, 1, 2, 3]);
        bytes.extend([0x22, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 8]);
        bytes.extend([0, 0, 0, 1]);
        bytes.extend([0x03, 0, 0, 0, 1, 0, 0, 0, 5, 255, 255, 255, 255]);
        bytes
    }

    #[test]
    fn records_are_framed_by_their_tags() {
        let bytes = sample();
        let mut seen = Seen::default();
        assert_eq!(walk(&bytes, 4, &(0..bytes.len()), &mut seen), Ok(()));
        assert_eq!(seen.records.len(), 5);
        assert_eq!(seen.records[1], "5 instance 1 of 9: 2");
        assert_eq!(seen.records[2], "byte[3] 2");
        assert_eq!(seen.records[3], "array 3 of 8: 4");
        assert!(seen.records[4].contains("thread: Some(5), frame: None"));
    }

    #[test]
    fn every_cut_is_a_fault_at_the_record_it_hits() {
        let bytes = sample();
        let boundaries = [0, 5, 24, 41, 62, 75];
        for end in 0..bytes.len() {
            let result = walk(&bytes, 4, &(0..end), &mut Seen::default());
            match boundaries.contains(&end) {
                true => assert_eq!(result, Ok(())),
                false => {
                    let last = boundaries.iter().rev().find(|at| **at < end);
                    assert_eq!(result.map_err(|fault| fault.at), Err(*last.unwrap()));
                }
            }
        }
    }

    #[test]
    fn hostile_lengths_are_faults() {
        let mut bytes = vec![0x22, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0];
        bytes.extend([255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 8]);
        let fault = walk(&bytes, 8, &(0..bytes.len()), &mut Seen::default());
        assert_eq!(fault.map_err(|fault| fault.problem), Err(Problem::CutShort));
        let fault = walk(&[0x77], 8, &(0..1), &mut Seen::default());
        assert_eq!(
            fault.map_err(|fault| fault.problem),
            Err(Problem::Tag(0x77))
        );
    }
}
