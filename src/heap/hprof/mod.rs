//! The HPROF format: JDK `heapDumper.cpp` (1.0.1, 1.0.2), the old `hprof` agent, and Android's 1.0.3.
//!
//! A file is a header and top-level records ([`records`]); the heap itself is a run of sub-records without an index
//! ([`sub`]) inside `HEAP_DUMP` and `HEAP_DUMP_SEGMENT` records. Everything is big-endian.

pub(super) mod class_dump;
pub(super) mod names;
pub(super) mod records;
pub(super) mod resync;
pub(super) mod sub;

use std::ops::Range;

/// A byte range of the file.
pub(super) type Span = Range<usize>;

/// The type of a field, static or array element, by its HPROF number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(super) enum Type {
    Object = 2,
    Boolean = 4,
    Char = 5,
    Float = 6,
    Double = 7,
    Byte = 8,
    Short = 9,
    Int = 10,
    Long = 11,
}

impl Type {
    /// The types of primitive arrays, in the order of their numbers.
    pub(super) const PRIMITIVES: [Self; 8] = [
        Self::Boolean,
        Self::Char,
        Self::Float,
        Self::Double,
        Self::Byte,
        Self::Short,
        Self::Int,
        Self::Long,
    ];

    /// The type with this number.
    #[inline]
    pub(super) fn of(number: u8) -> Option<Self> {
        Some(match number {
            2 => Self::Object,
            4 => Self::Boolean,
            5 => Self::Char,
            6 => Self::Float,
            7 => Self::Double,
            8 => Self::Byte,
            9 => Self::Short,
            10 => Self::Int,
            11 => Self::Long,
            _ => return None,
        })
    }

    /// Bytes of a value in the file, where references are `id` bytes wide.
    #[inline]
    pub(super) fn width(self, id: usize) -> usize {
        match self {
            Self::Object => id,
            Self::Boolean | Self::Byte => 1,
            Self::Char | Self::Short => 2,
            Self::Float | Self::Int => 4,
            Self::Double | Self::Long => 8,
        }
    }

    /// The Java keyword.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Object => "object",
            Self::Boolean => "boolean",
            Self::Char => "char",
            Self::Float => "float",
            Self::Double => "double",
            Self::Byte => "byte",
            Self::Short => "short",
            Self::Int => "int",
            Self::Long => "long",
        }
    }
}

/// Reads the big-endian identifier at `at`; 0, the null reference, where the bytes end.
#[inline]
pub(super) fn id_at<const ID: usize>(bytes: &[u8], at: usize) -> u64 {
    if ID == 4 {
        match bytes.get(at..at + 4) {
            Some(&[a, b, c, d]) => u64::from(u32::from_be_bytes([a, b, c, d])),
            _ => 0,
        }
    } else {
        match bytes.get(at..at + 8) {
            Some(&[a, b, c, d, e, f, g, h]) => u64::from_be_bytes([a, b, c, d, e, f, g, h]),
            _ => 0,
        }
    }
}

/// Reads a big-endian unsigned number of `width` bytes (1, 2, 4 or 8) at `at`; `None` where the bytes end.
#[inline]
pub(super) fn number_at(bytes: &[u8], at: usize, width: usize) -> Option<u64> {
    let raw = bytes.get(at..at.checked_add(width)?)?;
    Some(match *raw {
        [a, b, c, d] => u64::from(u32::from_be_bytes([a, b, c, d])),
        [a, b, c, d, e, f, g, h] => u64::from_be_bytes([a, b, c, d, e, f, g, h]),
        _ => raw
            .iter()
            .fold(0, |value, byte| value << 8 | u64::from(*byte)),
    })
}
