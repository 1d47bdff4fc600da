//! The texts of strings, of all forms that the JDK has given them.

use crate::heap::hprof::Type;
use crate::heap::model::{Content, Heap};

/// The characters of a string: how they are written, and the bytes.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Text<'a> {
    pub(super) form: u8,
    pub(super) bytes: &'a [u8],
}

/// Where the fields of a class of strings lie.
#[derive(Clone, Copy)]
struct Layout {
    value: u32,
    coder: Option<u32>,
    /// JDK 6 and before: strings share arrays.
    part: Option<(u32, u32)>,
}

impl Layout {
    /// The text of a string with these fields and this array.
    fn text<'a>(self, fields: &[u8], array: Content<'a>) -> Option<Text<'a>> {
        let Content::Primitives(kind, bytes) = array else {
            return None;
        };
        let form = match (kind, self.coder) {
            (Type::Char, _) => 2,
            (Type::Byte, Some(coder)) => *fields.get(coder as usize)?,
            _ => return None,
        };
        let at = |offset: u32| {
            let bytes = fields.get(offset as usize..)?.first_chunk()?;
            usize::try_from(i32::from_be_bytes(*bytes)).ok()
        };
        let bytes = match self.part {
            Some((from, count)) => {
                let from = at(from)?.checked_mul(2)?;
                let length = at(count)?.checked_mul(2)?;
                bytes.get(from..from.checked_add(length)?)?
            }
            None => bytes,
        };
        Some(Text { form, bytes })
    }
}

/// Reads the texts of strings.
pub(super) struct Reader<'h, 'a> {
    heap: &'h Heap<'a>,
    layouts: Vec<Option<Layout>>,
    /// Whether strings may be parts of their arrays.
    parts: bool,
}

impl<'h, 'a> Reader<'h, 'a> {
    /// For the classes that are `wanted`.
    pub(super) fn new(heap: &'h Heap<'a>, wanted: &[bool]) -> Self {
        let layout = |number: u32| {
            let class = heap.classes.get(number);
            let offset = |name: &[u8], kind| {
                let mut fields = class.fields.iter();
                let named = |id| heap.records.raw_name(heap.bytes, id) == Some(name);
                let field = fields.find(|field| field.kind == kind && named(field.name));
                field.map(|field| field.offset)
            };
            Some(Layout {
                value: offset(b"value", Type::Object)?,
                coder: offset(b"coder", Type::Byte),
                part: offset(b"offset", Type::Int).zip(offset(b"count", Type::Int)),
            })
        };
        let layouts = (0..).zip(wanted).map(|(number, wanted)| match wanted {
            true => layout(number),
            false => None,
        });
        let layouts: Vec<Option<Layout>> = layouts.collect();
        let mut known = layouts.iter().flatten();
        Self {
            heap,
            parts: known.any(|layout| layout.part.is_some()),
            layouts,
        }
    }

    /// The texts of strings and the arrays that they are in. One kind of access for all of them after the other: they lie
    /// anywhere, and so the processor waits for the memory of many at a time.
    pub(super) fn texts(&self, strings: &[u32]) -> Vec<Option<(Text<'a>, u32)>> {
        let heap = self.heap;
        let contents = heap.contents(strings);
        let strings = strings.iter().zip(contents).map(|(string, content)| {
            let layout = self.layouts[heap.class_number(*string) as usize]?;
            let Content::Instance(fields) = content else {
                return None;
            };
            let array = heap.id_in(fields, layout.value as usize);
            Some((layout, fields, heap.ids.index(array)?))
        });
        let strings: Vec<Option<(Layout, &[u8], u32)>> = strings.collect();
        let arrays: Vec<u32> = strings
            .iter()
            .flatten()
            .map(|(_, _, array)| *array)
            .collect();
        let mut contents = heap.contents(&arrays).into_iter();
        let texts = strings.into_iter().map(|string| {
            let (layout, fields, array) = string?;
            Some((layout.text(fields, contents.next()?)?, array))
        });
        texts.collect()
    }

    /// Whether a string alone has its array; of JDK 6 a longer string may share it.
    pub(super) fn is_whole(&self, string: u32, array: u32) -> bool {
        if !self.parts {
            return true;
        }
        let text = self.texts(&[string]).pop().flatten();
        let length = text.map(|(text, _)| text.bytes.len());
        matches!(self.heap.content(array), Content::Primitives(_, all) if Some(all.len()) == length)
    }
}
