//! The content of an object: fields, static fields, elements.

use super::Look;
use super::report::{FieldRow, Page};
use crate::heap::hprof::{Type, number_at};
use crate::heap::model::Content;
use crate::t;

/// Longest text that is shown, in characters.
const TEXT: usize = 1000;

impl Look<'_, '_> {
    /// What an object holds.
    pub(super) fn fields(&self, index: u32) -> Page<FieldRow> {
        let heap = self.heap;
        let width = heap.header.id_size;
        match heap.content(index) {
            Content::Class(number) => self.statics(number),
            Content::Instance(bytes) => {
                let class = heap.class_number(index);
                let fields = heap.classes.get(class).fields.clone();
                self.page(fields, |field| {
                    let raw = number_at(bytes, field.offset as usize, field.kind.width(width));
                    let inherited = field.declared_in != class;
                    let above = heap.classes.get(field.declared_in).name.clone();
                    FieldRow {
                        declared_in: inherited.then_some(above),
                        ..self.value(heap.records.name(heap.bytes, field.name), field.kind, raw)
                    }
                })
            }
            Content::References(bytes) => {
                let elements = bytes.chunks_exact(width).enumerate().collect();
                self.page(elements, |(at, element)| {
                    let id = heap.id_in(element, 0);
                    self.value(format!("[{at}]"), Type::Object, Some(id))
                })
            }
            // Characters and bytes are texts; so may be everything that was read from outside.
            Content::Primitives(kind, bytes) => {
                let hidden = matches!(kind, Type::Char | Type::Byte) && !self.request.show_strings;
                let elements = bytes.chunks_exact(kind.width(width)).enumerate().collect();
                let mut page = self.page(elements, |(at, element)| {
                    let raw = number_at(element, 0, element.len());
                    self.value(format!("[{at}]"), kind, raw)
                });
                if hidden {
                    page.rows.clear();
                }
                page
            }
        }
    }

    /// The static fields of a class.
    pub(super) fn statics(&self, number: u32) -> Page<FieldRow> {
        let heap = self.heap;
        let fields: Vec<_> = heap.classes.get(number).statics.iter().collect();
        self.page(fields, |field| {
            let name = heap.records.name(heap.bytes, field.name);
            self.value(format!("static {name}"), field.kind, Some(field.value))
        })
    }

    fn value(&self, name: String, kind: Type, raw: Option<u64>) -> FieldRow {
        let heap = self.heap;
        let mut row = FieldRow {
            name,
            kind: kind.word().to_owned(),
            declared_in: None,
            value: None,
            object: None,
        };
        let Some(raw) = raw else {
            return row;
        };
        if kind != Type::Object {
            row.value = Some(number(kind, raw));
        } else if raw == 0 {
            row.value = Some("null".to_owned());
        } else if let Some(target) = heap.ids.index(raw) {
            row.object = Some(self.row(target));
            row.value = self.text(target);
        } else {
            row.value = Some(t!("{raw} (not in the dump)", raw = format!("{raw:#x}")));
        }
        row
    }

    /// The text of a string, if it may be shown.
    pub(super) fn text(&self, index: u32) -> Option<String> {
        match self.request.show_strings {
            true => self.heap.text(index, TEXT),
            false => None,
        }
    }
}

/// A primitive value as Java writes it, from its raw bits.
fn number(kind: Type, raw: u64) -> String {
    match kind {
        Type::Boolean => (raw != 0).to_string(),
        Type::Char => match char::from_u32(raw as u32).filter(|letter| !letter.is_control()) {
            Some(letter) => format!("'{letter}'"),
            None => format!("'\\u{raw:04x}'"),
        },
        Type::Float => f32::from_bits(raw as u32).to_string(),
        Type::Double => f64::from_bits(raw).to_string(),
        Type::Byte => (raw as u8 as i8).to_string(),
        Type::Short => (raw as u16 as i16).to_string(),
        Type::Int => (raw as u32 as i32).to_string(),
        Type::Long | Type::Object => (raw as i64).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_in_java() {
        assert_eq!(number(Type::Int, 0xFFFF_FFFF), "-1");
        assert_eq!(number(Type::Byte, 0x80), "-128");
        assert_eq!(number(Type::Char, 0x41), "'A'");
        assert_eq!(number(Type::Char, 0x0A), "'\\u000a'");
        assert_eq!(number(Type::Boolean, 1), "true");
        assert_eq!(number(Type::Double, 0x3FF8_0000_0000_0000), "1.5");
    }
}
