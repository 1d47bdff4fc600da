//! Lines that name their fields: JSON objects and labelled tab-separated values (LTSV). One pass over the line, no tree:
//! the keys of a line are looked up among the few that were chosen for the source.

use std::collections::BTreeMap;

use super::pattern::{Expected, store};
use super::request::{Field, Request};
use super::scalar::Clock;

/// Which key holds which field.
#[derive(Debug, Clone)]
pub(super) struct Keys {
    json: bool,
    /// Full key (`request.remote_ip` for nested ones) to field.
    fields: BTreeMap<Vec<u8>, Field>,
    /// The keys in the order of the first line, so that the next line needs one comparison a key.
    order: Vec<(Vec<u8>, Field)>,
}

/// A value of JSON as it stands in the line: a string without its quotes, or any other scalar.
pub(super) type Pair<'a> = (&'a [u8], &'a [u8], &'a [u8]);

impl Keys {
    /// The chosen fields; `example` is a line that shows the usual order of keys.
    pub(super) fn new(json: bool, fields: BTreeMap<Vec<u8>, Field>, example: &[u8]) -> Self {
        let mut keys = Self {
            json,
            fields,
            order: Vec::new(),
        };
        let mut order = Vec::new();
        let _ = keys.each(example, &mut |(parent, key, _)| {
            let full = join(parent, key);
            let field = keys.fields.get(&full).copied().unwrap_or(Field::Skip);
            order.push((
                key.to_vec(),
                if parent.is_empty() {
                    field
                } else {
                    Field::Skip
                },
            ));
            Ok(())
        });
        // Nested keys are looked up in full; only flat lines profit from the order.
        if keys.fields.keys().all(|key| !key.contains(&b'.')) {
            keys.order = order;
        }
        keys
    }

    pub(super) fn has(&self, field: Field) -> bool {
        self.fields.values().any(|known| *known == field)
    }

    /// Reads a line into `request`.
    pub(super) fn run<'a>(
        &self,
        line: &'a [u8],
        clock: &mut Clock,
        unit: i64,
        request: &mut Request<'a>,
    ) -> Result<(), Expected> {
        let mut index = 0;
        let (mut stamped, mut answered) = (false, false);
        self.each(line, &mut |(parent, key, value)| {
            let field = match self.order.get(index) {
                Some((expected, field)) if parent.is_empty() && expected == key => *field,
                _ => self.look_up(parent, key),
            };
            index += 1;
            if field == Field::Skip {
                return Ok(());
            }
            stamped |= matches!(
                field,
                Field::TimeAny | Field::TimeClf | Field::TimeIso | Field::TimeEpoch
            );
            answered |= matches!(field, Field::Status | Field::Target | Field::RequestLine);
            store(field, value, clock, unit, request)
        })?;
        match (stamped, answered) {
            (true, true) => Ok(()),
            (false, _) => Err("a time stamp"),
            (_, false) => Err("a request"),
        }
    }

    fn look_up(&self, parent: &[u8], key: &[u8]) -> Field {
        let found = match parent {
            b"" => self.fields.get(key),
            _ => self.fields.get(&join(parent, key)),
        };
        found.copied().unwrap_or(Field::Skip)
    }

    fn each<'a>(
        &self,
        line: &'a [u8],
        visit: &mut dyn FnMut(Pair<'a>) -> Result<(), Expected>,
    ) -> Result<(), Expected> {
        match self.json {
            true => each_json(line, visit),
            false => each_label(line, visit),
        }
    }
}

fn join(parent: &[u8], key: &[u8]) -> Vec<u8> {
    match parent {
        b"" => key.to_vec(),
        _ => [parent, b".", key].concat(),
    }
}

/// Visits `label:value` pairs separated by tabs.
pub(super) fn each_label<'a>(
    line: &'a [u8],
    visit: &mut dyn FnMut(Pair<'a>) -> Result<(), Expected>,
) -> Result<(), Expected> {
    for part in line.split(|byte| *byte == b'\t') {
        let colon = memchr::memchr(b':', part).ok_or("label:value pairs separated by tabs")?;
        visit((b"", &part[..colon], &part[colon + 1..]))?;
    }
    Ok(())
}

/// Visits the scalars of a JSON object, nested objects one level deep; deeper ones and arrays are stepped over.
pub(super) fn each_json<'a>(
    line: &'a [u8],
    visit: &mut dyn FnMut(Pair<'a>) -> Result<(), Expected>,
) -> Result<(), Expected> {
    const BROKEN: Expected = "a complete JSON object";
    let mut at = skip_space(line, 0);
    if line.get(at) != Some(&b'{') {
        return Err("a JSON object");
    }
    at += 1;
    let mut parent: &[u8] = b"";
    loop {
        at = skip_space(line, at);
        match line.get(at) {
            Some(b',') => at += 1,
            Some(b'}') if parent.is_empty() => {
                return match line[at + 1..].trim_ascii().is_empty() {
                    true => Ok(()),
                    false => Err(BROKEN),
                };
            }
            Some(b'}') => {
                parent = b"";
                at += 1;
            }
            Some(b'"') => {
                let key_end = string_end(line, at + 1).ok_or(BROKEN)?;
                let key = &line[at + 1..key_end];
                at = skip_space(line, key_end + 1);
                if line.get(at) != Some(&b':') {
                    return Err(BROKEN);
                }
                at = skip_space(line, at + 1);
                match line.get(at) {
                    Some(b'"') => {
                        let end = string_end(line, at + 1).ok_or(BROKEN)?;
                        visit((parent, key, &line[at + 1..end]))?;
                        at = end + 1;
                    }
                    Some(b'{') if parent.is_empty() => {
                        parent = key;
                        at += 1;
                    }
                    Some(b'{' | b'[') => at = nested_end(line, at).ok_or(BROKEN)?,
                    Some(_) => {
                        let end = at
                            + line[at..]
                                .iter()
                                .position(|b| matches!(b, b',' | b'}' | b' '))
                                .ok_or(BROKEN)?;
                        visit((parent, key, &line[at..end]))?;
                        at = end;
                    }
                    None => return Err(BROKEN),
                }
            }
            _ => return Err(BROKEN),
        }
    }
}

fn skip_space(line: &[u8], at: usize) -> usize {
    let spaces = line.get(at..).unwrap_or_default().iter();
    at + spaces
        .take_while(|byte| matches!(byte, b' ' | b'\t'))
        .count()
}

/// The closing quote of a string whose first byte is at `start`.
fn string_end(line: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    loop {
        at += memchr::memchr2(b'"', b'\\', line.get(at..)?)?;
        match line[at] {
            b'"' => return Some(at),
            _ => at += 2,
        }
    }
}

/// The byte after the object or array that opens at `start`.
fn nested_end(line: &[u8], start: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = start;
    while let Some(byte) = line.get(at) {
        match byte {
            b'"' => at = string_end(line, at + 1)?,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}
