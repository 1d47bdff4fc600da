//! The header and the top-level records: names, classes, stacks, and where the heap segments are.

use nom::bytes::complete::{tag, take, take_until};
use nom::number::complete::{be_i32, be_u8, be_u32, be_u64};
use nom::{IResult, Parser};
use rustc_hash::FxHashMap;

use super::sub::{self, Problem, Visit};
use super::{Span, id_at, names};

/// The header of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::heap) struct Header {
    /// `1.0.2`
    pub(in crate::heap) version: String,
    /// Bytes of an identifier, 4 or 8.
    pub(in crate::heap) id_size: usize,
    /// Milliseconds since 1970 when the dump was begun.
    pub(in crate::heap) millis: u64,
    /// Where the records begin.
    pub(in crate::heap) end: usize,
}

/// Why a file is no heap dump.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(in crate::heap) enum HeaderError {
    #[error("expected JAVA PROFILE 1.0.x")]
    Magic,
    #[error("the header is cut short")]
    Short,
    #[error("identifiers of {0} bytes are not known")]
    IdSize(u32),
}

/// Reads the header.
pub(in crate::heap) fn header(bytes: &[u8]) -> Result<Header, HeaderError> {
    // The name is short; a NUL far away belongs to something else.
    let head = &bytes[..bytes.len().min(64)];
    let magic: IResult<&[u8], &[u8]> = (tag(&b"JAVA PROFILE "[..]), take_until(&b"\0"[..]))
        .map(|(_, version)| version)
        .parse(head);
    let (rest, version) = magic.map_err(|_| HeaderError::Magic)?;
    if !version.starts_with(b"1.0") {
        return Err(HeaderError::Magic);
    }
    let numbers: IResult<&[u8], (&[u8], u32, u64)> = (take(1_usize), be_u32, be_u64).parse(rest);
    let (rest, (_, id_size, millis)) = numbers.map_err(|_| HeaderError::Short)?;
    if id_size != 4 && id_size != 8 {
        return Err(HeaderError::IdSize(id_size));
    }
    Ok(Header {
        version: names::modified_utf8(version),
        id_size: id_size as usize,
        millis,
        end: head.len() - rest.len(),
    })
}

/// A frame of a stack, with names still as identifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::heap) struct Frame {
    pub(in crate::heap) method: u64,
    pub(in crate::heap) source: u64,
    pub(in crate::heap) class_serial: u32,
    /// Above 0 a line; 0 none, -1 unknown, -2 compiled, -3 native.
    pub(in crate::heap) line: i32,
}

/// Something wrong with the top-level records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::heap) struct RecordIssue {
    pub(in crate::heap) from: usize,
    pub(in crate::heap) to: usize,
    pub(in crate::heap) problem: String,
    /// Whether the file ends too early, as opposed to being damaged inside.
    pub(in crate::heap) truncated: bool,
}

/// The top-level records of a file.
#[derive(Debug, Default)]
pub(in crate::heap) struct Records {
    names: FxHashMap<u64, Span>,
    /// Class identifier to identifier of its name.
    class_names: FxHashMap<u64, u64>,
    class_of_serial: FxHashMap<u32, u64>,
    frames: FxHashMap<u64, Frame>,
    /// Serial of a stack trace to its frames, innermost first.
    traces: FxHashMap<u32, Vec<u64>>,
    /// Heap segments of every dump in the file.
    pub(in crate::heap) dumps: Vec<Vec<Span>>,
    pub(in crate::heap) issues: Vec<RecordIssue>,
    pub(in crate::heap) count: u64,
}

const UTF8: u8 = 0x01;
const LOAD_CLASS: u8 = 0x02;
const FRAME: u8 = 0x04;
const TRACE: u8 = 0x05;
const HEAP_DUMP: u8 = 0x0C;
const SEGMENT: u8 = 0x1C;
const DUMP_END: u8 = 0x2C;

impl Records {
    /// Reads all top-level records. What cannot be read is in `issues`; never fails.
    pub(in crate::heap) fn read(bytes: &[u8], header: &Header) -> Self {
        let mut reader = Reader {
            bytes,
            id_size: header.id_size,
            records: Self::default(),
            open: false,
            ended: false,
        };
        reader.run(header.end);
        reader.records
    }

    /// The text of a name; empty when it is unknown.
    pub(in crate::heap) fn name(&self, bytes: &[u8], id: u64) -> String {
        match self.names.get(&id) {
            Some(span) => names::modified_utf8(&bytes[span.clone()]),
            None => String::new(),
        }
    }

    /// The raw bytes of a name.
    pub(in crate::heap) fn raw_name<'a>(&self, bytes: &'a [u8], id: u64) -> Option<&'a [u8]> {
        self.names.get(&id).map(|span| &bytes[span.clone()])
    }

    /// The name of a class as in Java source.
    pub(in crate::heap) fn class_name(&self, bytes: &[u8], class: u64) -> Option<String> {
        let name = self.class_names.get(&class)?;
        let raw = self.name(bytes, *name);
        (!raw.is_empty()).then(|| names::class_name(&raw))
    }

    /// Whether a class of this identifier was loaded.
    pub(in crate::heap) fn is_class(&self, id: u64) -> bool {
        self.class_names.contains_key(&id)
    }

    /// The frames of a stack trace as `com.acme.Report.render(Report.java:81)`, innermost first.
    pub(in crate::heap) fn stack(&self, bytes: &[u8], trace: u32) -> Vec<String> {
        let Some(frames) = self.traces.get(&trace) else {
            return Vec::new();
        };
        let unknown = "?".to_owned();
        let text = |id: &u64| match self.frames.get(id) {
            None => unknown.clone(),
            Some(frame) => {
                let class = self
                    .class_of_serial
                    .get(&frame.class_serial)
                    .and_then(|class| self.class_name(bytes, *class))
                    .unwrap_or_else(|| unknown.clone());
                let method = self.name(bytes, frame.method);
                let source = self.name(bytes, frame.source);
                let place = match (frame.line, source.as_str()) {
                    (-3, _) => "Native Method".to_owned(),
                    (_, "") => "Unknown Source".to_owned(),
                    (line @ 1.., source) => format!("{source}:{line}"),
                    (_, source) => source.to_owned(),
                };
                format!("{class}.{method}({place})")
            }
        };
        frames.iter().map(text).collect()
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    id_size: usize,
    records: Records,
    /// Whether the last dump still takes segments.
    open: bool,
    ended: bool,
}

/// The fixed part of a top-level record: tag, microseconds since the header, length.
fn frame_of_record(input: &[u8]) -> IResult<&[u8], (u8, u32, u32)> {
    (be_u8, be_u32, be_u32).parse(input)
}

impl Reader<'_> {
    fn run(&mut self, start: usize) {
        let mut at = start;
        while at < self.bytes.len() {
            // Some writers pad; a run of zeros at the end holds nothing.
            let Ok((rest, (tag, _, length))) = frame_of_record(&self.bytes[at..]) else {
                self.issue(at, "a record header is cut short".to_owned(), true);
                return;
            };
            if self.ended && tag == 0 {
                return;
            }
            let body = self.bytes.len() - rest.len();
            self.records.count += 1;
            at = match tag {
                HEAP_DUMP | SEGMENT => self.heap(tag, body, length),
                _ => {
                    let end = body + length as usize;
                    if end > self.bytes.len() {
                        let known = matches!(tag, 1..=7 | 0x0A..=0x0E | DUMP_END);
                        let problem = match known {
                            true => format!("the file ends inside a record of tag {tag:#04x}"),
                            false => format!("expected a record, found tag {tag:#04x}"),
                        };
                        self.issue(at, problem, known);
                        return;
                    }
                    self.record(tag, at, body..end);
                    end
                }
            };
        }
        if !self.ended && self.records.dumps.iter().any(|dump| !dump.is_empty()) && self.open {
            let problem = "the file ends without an end record".to_owned();
            self.issue(self.bytes.len(), problem, true);
        }
    }

    fn issue(&mut self, at: usize, problem: String, truncated: bool) {
        self.records.issues.push(RecordIssue {
            from: at,
            to: self.bytes.len(),
            problem,
            truncated,
        });
    }

    /// Takes in a heap segment whose content begins at `body`; returns where the next record begins.
    fn heap(&mut self, tag: u8, body: usize, length: u32) -> usize {
        const WRAP: u64 = 1 << 32;
        let left = (self.bytes.len() - body) as u64;
        let wrapped =
            tag == HEAP_DUMP && left >= WRAP && (left - u64::from(length)).is_multiple_of(WRAP);
        let end = if wrapped {
            self.bytes.len()
        } else if length == 0 && self.is_sub_record(body) {
            self.end_of_unfinished(body)
        } else if u64::from(length) > left {
            let problem = format!("the file ends inside a heap segment of {length} bytes");
            self.issue(self.bytes.len(), problem, true);
            self.bytes.len()
        } else {
            body + length as usize
        };
        if tag == HEAP_DUMP || !self.open {
            self.records.dumps.push(Vec::new());
        }
        // A HEAP_DUMP record is a whole dump; segments go on until the end record.
        self.open = tag == SEGMENT;
        self.ended = tag == HEAP_DUMP;
        if let Some(dump) = self.records.dumps.last_mut()
            && end > body
        {
            dump.push(body..end);
        }
        end
    }

    /// Whether a sub-record, and no top-level record, begins at `at`.
    fn is_sub_record(&self, at: usize) -> bool {
        match self.bytes.get(at) {
            None | Some(&(HEAP_DUMP | SEGMENT | DUMP_END)) => false,
            Some(_) => true,
        }
    }

    /// A writer that died left a length of 0: the segment ends where its sub-records end.
    fn end_of_unfinished(&mut self, body: usize) -> usize {
        struct Skip;
        impl Visit for Skip {}
        let all = body..self.bytes.len();
        let problem = "a heap segment has no length: its writer did not finish it".to_owned();
        self.issue(body, problem, false);
        match sub::walk(self.bytes, self.id_size, &all, &mut Skip) {
            Err(fault) if matches!(fault.problem, Problem::Tag(SEGMENT | DUMP_END | HEAP_DUMP)) => {
                if let Some(issue) = self.records.issues.last_mut() {
                    issue.to = body;
                }
                fault.at
            }
            _ => {
                if let Some(issue) = self.records.issues.last_mut() {
                    issue.to = body;
                    issue.truncated = true;
                }
                self.bytes.len()
            }
        }
    }

    fn id(&self, at: usize) -> u64 {
        match self.id_size {
            4 => id_at::<4>(self.bytes, at),
            _ => id_at::<8>(self.bytes, at),
        }
    }

    fn record(&mut self, tag: u8, at: usize, body: Span) {
        let size = self.id_size;
        let start = body.start;
        match tag {
            UTF8 if body.len() >= size => {
                let id = self.id(start);
                self.records.names.insert(id, start + size..body.end);
            }
            LOAD_CLASS if body.len() >= 8 + 2 * size => {
                let class = self.id(start + 4);
                let name = self.id(start + 8 + size);
                self.records.class_names.insert(class, name);
                if let Some(serial) = super::number_at(self.bytes, start, 4) {
                    let serials = &mut self.records.class_of_serial;
                    serials.insert(serial as u32, class);
                }
            }
            FRAME if body.len() >= 4 * size + 8 => self.frame(body),
            TRACE if body.len() >= 12 => self.trace(body),
            DUMP_END => {
                self.open = false;
                self.ended = true;
            }
            // Unloaded classes, allocation sites, sums, thread starts and ends, CPU samples, settings: not needed.
            0x03 | 0x06 | 0x07 | 0x0A | 0x0B | 0x0D | 0x0E => {}
            UTF8 | LOAD_CLASS | FRAME | TRACE => {
                let problem = format!("a record of tag {tag:#04x} is too short");
                self.issue_within(at, body.end, problem);
            }
            _ => {
                let problem = format!("unknown record of tag {tag:#04x} skipped by its length");
                self.issue_within(at, body.end, problem);
            }
        }
    }

    fn issue_within(&mut self, from: usize, to: usize, problem: String) {
        self.records.issues.push(RecordIssue {
            from,
            to,
            problem,
            truncated: false,
        });
    }

    fn frame(&mut self, body: Span) {
        let size = self.id_size;
        let start = body.start;
        let tail = &self.bytes[start + 4 * size..body.end];
        let numbers: IResult<&[u8], (u32, i32)> = (be_u32, be_i32).parse(tail);
        if let Ok((_, (class_serial, line))) = numbers {
            let frame = Frame {
                method: self.id(start + size),
                source: self.id(start + 3 * size),
                class_serial,
                line,
            };
            let id = self.id(start);
            self.records.frames.insert(id, frame);
        }
    }

    fn trace(&mut self, body: Span) {
        let fixed: IResult<&[u8], (u32, u32, u32)> =
            (be_u32, be_u32, be_u32).parse(&self.bytes[body.clone()]);
        if let Ok((rest, (serial, _thread, count))) = fixed {
            let start = body.end - rest.len();
            let count = (count as usize).min(rest.len() / self.id_size);
            let frames = (0..count).map(|index| self.id(start + index * self.id_size));
            let frames = frames.collect();
            self.records.traces.insert(serial, frames);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(records: &[(u8, &[u8])]) -> Vec<u8> {
        let mut bytes = b"JAVA PROFILE 1.0.2\0".to_vec();
        bytes.extend(4_u32.to_be_bytes());
        bytes.extend(1_700_000_000_000_u64.to_be_bytes());
        for (tag, body) in records {
            bytes.push(*tag);
            bytes.extend([0; 4]);
            bytes.extend((body.len() as u32).to_be_bytes());
            bytes.extend(*body);
        }
        bytes
    }

    fn read(bytes: &[u8]) -> Records {
        Records::read(bytes, &header(bytes).unwrap())
    }

    #[test]
    fn the_header_says_what_it_is() {
        let bytes = file(&[]);
        let head = header(&bytes).unwrap();
        assert_eq!((head.version.as_str(), head.id_size), ("1.0.2", 4));
        assert_eq!(head.end, bytes.len());
        assert_eq!(header(b"JAVA PROFILE 1.0.2\0\0"), Err(HeaderError::Short));
        assert_eq!(header(b"PK"), Err(HeaderError::Magic));
    }

    #[test]
    fn segments_of_two_dumps_are_kept_apart() {
        let segment = [5, 0, 0, 0, 1];
        let bytes = file(&[(0x1C, &segment), (0x1C, &segment), (0x2C, &[])]);
        let mut twice = bytes.clone();
        twice.extend(&bytes[31..]);
        let records = read(&twice);
        assert_eq!(
            records.dumps.iter().map(Vec::len).collect::<Vec<_>>(),
            [2, 2]
        );
        assert!(records.issues.is_empty());
    }

    #[test]
    fn an_unfinished_segment_ends_where_its_records_end() {
        let mut bytes = file(&[(0x1C, &[])]);
        bytes.extend([5, 0, 0, 0, 1, 5, 0, 0, 0, 2]);
        let end = bytes.len();
        bytes.extend(&file(&[(0x2C, &[])])[31..]);
        let records = read(&bytes);
        assert_eq!(records.dumps[0][0].end, end);
        assert_eq!(records.issues.len(), 1);
        assert!(!records.issues[0].truncated);
    }

    #[test]
    fn a_cut_file_keeps_what_is_there() {
        let bytes = file(&[(0x01, &[0, 0, 0, 7, b'x']), (0x1C, &[5, 0, 0, 0, 1])]);
        for end in 31..bytes.len() {
            let records = read(&bytes[..end]);
            assert!(records.issues.iter().all(|issue| issue.truncated), "{end}");
            assert_eq!(records.issues.is_empty(), end == 31 || end == 45, "{end}");
        }
        assert_eq!(read(&bytes).name(&bytes, 7), "x");
    }
}
