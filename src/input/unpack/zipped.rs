//! Zip archives as folders. One without its directory (cut) is read from member to member.

use std::io::{Cursor, Read};

use flate2::bufread::DeflateDecoder;
use memchr::memmem;

use super::{Unpacker, member_name};
use crate::finding::Locator;
use crate::input::Bytes;
use crate::t;

/// Signature of a local file header (APPNOTE 4.3.7).
const LOCAL: &[u8] = b"PK\x03\x04";
const LOCAL_SIZE: usize = 30;

/// Whether this is a program and no evidence: jars and wars hold thousands of classes and begin with their manifest.
pub(super) fn is_java(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(512)];
    memmem::find(head, b"META-INF/").is_some()
}

impl Unpacker {
    pub(super) fn zip(&mut self, name: &str, bytes: &Bytes, depth: u32) {
        let mut archive = match zip::ZipArchive::new(Cursor::new(&bytes[..])) {
            Ok(archive) => archive,
            Err(error) => {
                let problem = t!(
                    "the directory of the archive is unreadable ({error}); read in order",
                    error
                );
                self.issue(Locator::whole(name), problem);
                self.zip_in_order(name, bytes, depth);
                return;
            }
        };
        let mut found = Vec::new();
        for index in 0..archive.len() {
            let mut file = match archive.by_index(index) {
                Ok(file) => file,
                Err(error) => {
                    let problem = t!("member {index} cannot be opened: {error}", index, error);
                    self.issue(Locator::whole(name), problem);
                    continue;
                }
            };
            if !file.is_file() {
                continue;
            }
            if !self.may_open_member(name) {
                break;
            }
            let member = member_name(name, file.name_raw());
            let content = self.read_member(&member, &mut file);
            found.push((member, content));
        }
        found.sort_by(|left, right| left.0.cmp(&right.0));
        for (member, content) in found {
            self.take(member, Bytes::from(content), depth + 1);
        }
    }

    /// What can be read of a member.
    fn read_member(&mut self, member: &str, reader: &mut impl Read) -> Vec<u8> {
        let mut content = Vec::new();
        let result = reader
            .take(self.bytes_left.saturating_add(1))
            .read_to_end(&mut content);
        if content.len() as u64 > self.bytes_left {
            content.truncate(self.bytes_left as usize);
            self.too_much(member, content.len() as u64);
        } else if let Err(error) = result {
            let at = content.len() as u64;
            let problem = t!(
                "cannot be unpacked further: {problem}; what came before is used",
                problem = error
            );
            self.issue(Locator::bytes(member, at, at), problem);
        }
        self.bytes_left -= content.len() as u64;
        content
    }

    /// Reads an archive whose directory is missing by the headers that stand before each member.
    fn zip_in_order(&mut self, name: &str, bytes: &Bytes, depth: u32) {
        let mut at = 0;
        while let Some(header) = Header::read(&bytes[at..]) {
            let start = at + header.size;
            let packed = &bytes[start..];
            let known = header.packed.map(|size| &packed[..size.min(packed.len())]);
            let consumed = if header.name.ends_with(b"/") {
                0
            } else if !self.may_open_member(name) {
                return;
            } else {
                let member = member_name(name, header.name);
                let (content, consumed) = match header.method {
                    0 => {
                        let end = memmem::find(packed, LOCAL).unwrap_or(packed.len());
                        let stored = known.unwrap_or(&packed[..end]);
                        let mut reader = stored;
                        (self.read_member(&member, &mut reader), stored.len())
                    }
                    8 => {
                        let mut reader = DeflateDecoder::new(known.unwrap_or(packed));
                        let content = self.read_member(&member, &mut reader);
                        let consumed = reader.total_in() as usize;
                        (content, known.map_or(consumed, <[u8]>::len))
                    }
                    method => {
                        let problem = t!("packed with method {method}, which is not read", method);
                        self.issue(Locator::whole(&member), problem);
                        (Vec::new(), known.map_or(0, <[u8]>::len))
                    }
                };
                if !content.is_empty() {
                    self.take(member, Bytes::from(content), depth + 1);
                }
                consumed
            };
            let next = start + consumed;
            match memmem::find(&bytes[next..], LOCAL) {
                Some(skip) => at = next + skip,
                None => return,
            }
        }
    }
}

/// A local file header.
struct Header<'a> {
    method: u16,
    /// Packed size, when it is written here and not behind the data.
    packed: Option<usize>,
    name: &'a [u8],
    /// Of the header itself with name and extra field.
    size: usize,
}

impl<'a> Header<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let fixed = bytes.get(..LOCAL_SIZE)?;
        if !fixed.starts_with(LOCAL) {
            return None;
        }
        let short = |at: usize| u16::from_le_bytes([fixed[at], fixed[at + 1]]);
        let size_follows = short(6) & 8 != 0;
        let packed = u32::from_le_bytes([fixed[18], fixed[19], fixed[20], fixed[21]]);
        let name_end = LOCAL_SIZE + usize::from(short(26));
        Some(Self {
            method: short(8),
            packed: (!size_follows && packed != u32::MAX).then_some(packed as usize),
            name: bytes.get(LOCAL_SIZE..name_end)?,
            size: (name_end + usize::from(short(28))).min(bytes.len()),
        })
    }
}
