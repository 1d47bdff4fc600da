//! Outputs of the systemd journal whose entries take several lines (`journalctl -o json-pretty`, `-o export`) or have a mark
//! in front (`-o json-seq`, RFC 7464), as the one object a line of `-o json`. The first line of an entry gets the object and
//! the rest stay empty, so line numbers hold.
//!
//! Formats: systemd.io/JOURNAL_EXPORT_FORMATS.

use serde_json::{Map, Value};

use super::Bytes;

/// Begins a record of a JSON text sequence.
const RECORD: u8 = 0x1e;
/// Bytes in which the fields of the first entry are looked for.
const HEAD: usize = 16 << 10;

/// The text with one object a line, if it is the journal in one of these outputs; else as it was.
pub(super) fn to_lines(bytes: Bytes) -> Bytes {
    let head = &bytes[..bytes.len().min(HEAD)];
    let has = |text: &[u8]| memchr::memmem::find(head, text).is_some();
    if head.starts_with(&[RECORD, b'{']) && has(b"\"__REALTIME_TIMESTAMP\"") {
        return Bytes::from(without_marks(&bytes));
    }
    let pretty = head.starts_with(b"{\n\t\"") && has(b"\"__REALTIME_TIMESTAMP\" : \"");
    if pretty {
        return Bytes::from(objects(&bytes));
    }
    let export = head.starts_with(b"__") && has(b"\n__REALTIME_TIMESTAMP=");
    match export {
        true => Bytes::from(entries(&bytes)),
        false => bytes,
    }
}

fn without_marks(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        out.extend_from_slice(line.strip_prefix(&[RECORD]).unwrap_or(line));
    }
    out
}

/// From a line `{` to a line `}` is one object. One that is cut or broken stays as it is.
fn objects(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while !rest.is_empty() {
        let end = match rest.starts_with(b"{\n") {
            true => memchr::memmem::find(rest, b"\n}\n").map_or(rest.len(), |at| at + 3),
            false => memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1),
        };
        let (text, behind) = rest.split_at(end);
        rest = behind;
        match serde_json::from_slice::<Value>(text) {
            Ok(object @ Value::Object(_)) => put(&mut out, &object, text),
            _ => out.extend_from_slice(text),
        }
    }
    out
}

/// `KEY=value` lines, or `KEY`, the size of the value in eight bytes and the value where it is no plain text; an empty line
/// ends the entry.
fn entries(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while !rest.is_empty() {
        let (fields, size) = entry(rest);
        let (text, behind) = rest.split_at(size);
        rest = behind;
        match fields.is_empty() {
            true => out.extend_from_slice(text),
            false => put(&mut out, &Value::Object(fields), text),
        }
    }
    out
}

/// The fields of the entry that `bytes` begin with, and the bytes that it takes, the empty line included.
fn entry(bytes: &[u8]) -> (Map<String, Value>, usize) {
    let mut fields = Map::new();
    let mut at = 0;
    while at < bytes.len() {
        let end = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |end| at + end);
        let line = &bytes[at..end];
        at = (end + 1).min(bytes.len());
        if line.is_empty() {
            break;
        }
        let (key, value) = match memchr::memchr(b'=', line) {
            Some(equals) => (&line[..equals], &line[equals + 1..]),
            None => {
                let size = bytes.get(at..at + 8).and_then(|size| size.try_into().ok());
                let size = size.map_or(0, u64::from_le_bytes);
                let from = (at + 8).min(bytes.len());
                let left = (bytes.len() - from) as u64;
                // The size is not believed beyond the end.
                let to = from + size.min(left) as usize;
                at = (to + 1).min(bytes.len());
                (line, &bytes[from..to])
            }
        };
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        fields.insert(text(key), Value::String(text(value)));
    }
    (fields, at)
}

/// The object on one line, and an empty line for each further line that it took.
fn put(out: &mut Vec<u8>, object: &Value, text: &[u8]) {
    out.extend_from_slice(object.to_string().as_bytes());
    let lines = memchr::memchr_iter(b'\n', text).count();
    out.extend(std::iter::repeat_n(b'\n', lines.max(1)));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &[u8]) -> Vec<String> {
        let out = to_lines(Bytes::from(text.to_vec()));
        let text = String::from_utf8_lossy(&out);
        text.lines().map(str::to_owned).collect()
    }

    const ONE: &str = r#"{"MESSAGE":"one","__REALTIME_TIMESTAMP":"1"}"#;
    const TWO: &str = r#"{"MESSAGE":"two\nlines","__REALTIME_TIMESTAMP":"2"}"#;

    #[test]
    fn every_output_becomes_one_object_a_line() {
        let pretty = b"{\n\t\"__REALTIME_TIMESTAMP\" : \"1\",\n\t\"MESSAGE\" : \"one\"\n}\n{\n\t\"MESSAGE\" : \"two\\nlines\",\n\t\"__REALTIME_TIMESTAMP\" : \"2\"\n}\n";
        assert_eq!(lines(pretty), [ONE, "", "", "", TWO, "", "", ""]);
        let marked = format!("\u{1e}{ONE}\n\u{1e}{TWO}\n");
        assert_eq!(lines(marked.as_bytes()), [ONE, TWO]);
        let export = b"__CURSOR=s=1\n__REALTIME_TIMESTAMP=1\nMESSAGE=one\n\n__REALTIME_TIMESTAMP=2\nMESSAGE\n\x09\0\0\0\0\0\0\0two\nlines\n\n";
        let cursor = ONE.replace("\"__R", "\"__CURSOR\":\"s=1\",\"__R");
        // Nine lines as the file counts them, the one inside the value included.
        assert_eq!(lines(export), [&cursor, "", "", "", TWO, "", "", "", ""]);
    }

    #[test]
    fn what_is_cut_or_something_else_stays() {
        for text in ["{\n\t\"a\" : 1\n}\n", "KEY=value\n", "", "{\n", "__x\n"] {
            assert_eq!(
                to_lines(Bytes::from(text.as_bytes().to_vec()))[..],
                *text.as_bytes()
            );
        }
        let cut = b"{\n\t\"__REALTIME_TIMESTAMP\" : \"1\",\n\t\"MESSAGE\" : \"on";
        assert_eq!(to_lines(Bytes::from(cut.to_vec()))[..], cut[..]);
        let hostile =
            b"__CURSOR=1\n__REALTIME_TIMESTAMP=1\nMESSAGE\n\xff\xff\xff\xff\xff\xff\xff\xffx";
        assert_eq!(lines(hostile).len(), 3);
        for end in 0..hostile.len() {
            let _ = lines(&hostile[..end]);
        }
    }
}
