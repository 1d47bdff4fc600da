//! Decompression and archives, by what the bytes are and never by what the name says.
//!
//! A compressed file becomes its content under its own name; a `.tar` (compressed or not) or a `.zip` becomes a folder.
//! What is damaged gives what can be read, and an issue with the offset. Bombs meet three limits, all per file given:
//! bytes unpacked, their ratio to the bytes packed, and members; archives are opened three deep.

mod gzip;
mod stream;
mod tarball;
mod zipped;
mod zstd;

use std::io::Read;

use self::stream::Decoder;
use super::{Bytes, ParseIssue};
use crate::finding::Locator;
use crate::t;
use crate::text;
use crate::time::Instant;

/// Archives in archives.
const DEPTH: u32 = 3;
/// Members of all archives in one file given.
const MEMBERS: u32 = 20_000;
/// Bytes that one file given may unpack to.
const MOST_BYTES: u64 = 64 << 30;
/// Deflate cannot do better than 1032 to 1; more than this is a bomb in any format.
const MOST_RATIO: u64 = 1100;
/// Any file may unpack to this much, whatever the ratio.
const FREE_BYTES: u64 = 1 << 30;
/// Memory that an xz header may ask for, in KiB: the largest preset needs 65 MiB.
const XZ_MEMORY: u32 = 512 * 1024;

/// A file or member with nothing left to unpack.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) name: String,
    pub(super) bytes: Bytes,
    /// When it was last written, as the tar that it lay in says.
    pub(super) modified: Option<Instant>,
}

/// What came out of one file given.
#[derive(Debug, Default)]
pub(super) struct Unpacked {
    pub(super) pieces: Vec<Piece>,
    pub(super) issues: Vec<ParseIssue>,
}

/// Unpacks `bytes` as far as it goes.
pub(super) fn unpack(name: &str, bytes: Bytes) -> Unpacked {
    let mut unpacker = Unpacker {
        bytes_left: MOST_BYTES.min((bytes.len() as u64 * MOST_RATIO).max(FREE_BYTES)),
        members_left: MEMBERS,
        modified: None,
        out: Unpacked::default(),
    };
    unpacker.take(name.to_owned(), bytes, 0);
    unpacker.out
}

/// How a file is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    Gzip,
    Zstd,
    Bzip2,
    Xz,
    Tar,
    Zip,
    /// A known packing that is not read.
    Foreign(&'static str),
}

impl Packing {
    fn of(bytes: &[u8]) -> Option<Self> {
        let zstd_skippable = bytes.len() >= 4
            && (0x50..=0x5f).contains(&bytes[0])
            && bytes[1..4] == [0x2a, 0x4d, 0x18];
        Some(match bytes {
            [0x1f, 0x8b, 8, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            _ if zstd_skippable => Self::Zstd,
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, ..] => Self::Bzip2,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Self::Xz,
            [b'P', b'K', 3, 4, ..] if zipped::is_java(bytes) => return None,
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Self::Zip,
            [b'7', b'z', 0xbc, 0xaf, 0x27, 0x1c, ..] => Self::Foreign("7z"),
            [b'R', b'a', b'r', b'!', 0x1a, 7, ..] => Self::Foreign("RAR"),
            [0x04, 0x22, 0x4d, 0x18, ..] => Self::Foreign("lz4"),
            [0x1f, 0x9d, ..] => Self::Foreign("compress (.Z)"),
            _ if tarball::is_tar(bytes) => Self::Tar,
            _ => return None,
        })
    }
}

struct Unpacker {
    bytes_left: u64,
    members_left: u32,
    /// Of the member that is being unpacked.
    modified: Option<Instant>,
    out: Unpacked,
}

impl Unpacker {
    fn issue(&mut self, locator: Locator, problem: impl Into<String>) {
        self.out.issues.push(ParseIssue::new(locator, problem));
    }

    /// Takes what lies at `depth` layers of packing.
    fn take(&mut self, name: String, bytes: Bytes, depth: u32) {
        let packing = Packing::of(&bytes);
        if packing.is_some() && depth > DEPTH {
            let problem = t!("packed more than {limit} deep; not opened", limit = DEPTH);
            self.issue(Locator::whole(name), problem);
            return;
        }
        match packing {
            None => self.out.pieces.push(Piece {
                name,
                bytes,
                modified: self.modified,
            }),
            Some(Packing::Foreign(what)) => {
                let problem = t!("{what} is not read; unpack it and give the content", what);
                self.issue(Locator::whole(name), problem);
            }
            Some(Packing::Tar) => self.mapped_tar(&name, &bytes, depth),
            Some(Packing::Zip) => self.zip(&name, &bytes, depth),
            Some(Packing::Gzip) if gzip::is_block_gzip(&bytes) => {
                let (content, problem) = gzip::inflate_blocks(&bytes, self.bytes_left);
                self.bytes_left -= content.len() as u64;
                if let Some((offset, problem)) = problem {
                    self.damaged(&name, offset, bytes.len() as u64, &problem);
                }
                self.take(name, Bytes::from(content), depth + 1);
            }
            Some(Packing::Gzip) => self.decode(name, &bytes, gzip::Members::new(&bytes), depth),
            Some(Packing::Zstd) => self.decode(name, &bytes, zstd::Frames::new(&bytes), depth),
            Some(Packing::Bzip2) => {
                let decoder = bzip2::bufread::MultiBzDecoder::new(&bytes[..]);
                self.decode(name, &bytes, decoder, depth);
            }
            Some(Packing::Xz) => {
                let decoder = lzma_rust2::XzReader::new_mem_limit(&bytes[..], true, XZ_MEMORY);
                self.decode(name, &bytes, decoder, depth);
            }
        }
    }

    /// Decompresses; a tar inside is taken apart as it comes, without holding it whole.
    fn decode<'a>(
        &mut self,
        name: String,
        packed: &'a [u8],
        decoder: impl Decoder<'a>,
        depth: u32,
    ) {
        let mut reader = stream::Bounded::new(decoder, self.bytes_left);
        let head = reader.peek(tarball::BLOCK);
        if tarball::is_tar(head) {
            self.streamed_tar(&name, &mut reader, depth);
            self.settle(&name, packed, reader);
            return;
        }
        let mut content = Vec::new();
        // The reader keeps its own error, which `settle` reports; what came before it is used.
        let _ = reader.read_to_end(&mut content);
        self.settle(&name, packed, reader);
        self.take(name, Bytes::from(content), depth + 1);
    }

    /// Pays for what a reader gave, and reports how it ended.
    fn settle<'a>(
        &mut self,
        name: &str,
        packed: &'a [u8],
        reader: stream::Bounded<impl Decoder<'a>>,
    ) {
        self.bytes_left -= reader.given();
        let total = packed.len() as u64;
        let offset = total - (reader.remaining() as u64).min(total);
        if reader.over_limit() {
            self.too_much(name, reader.given());
        } else if let Some(error) = reader.error() {
            self.damaged(name, offset, total, error);
        } else if let Some(rest) = reader.trailing() {
            let locator = Locator::bytes(name, offset, total);
            let problem = t!(
                "{count} bytes after the compressed data are not understood",
                count = rest
            );
            self.issue(locator, problem);
        }
    }

    fn damaged(&mut self, name: &str, offset: u64, total: u64, problem: &str) {
        let locator = Locator::bytes(name, offset.min(total), total);
        let problem = t!(
            "cannot be unpacked further: {problem}; what came before is used",
            problem
        );
        self.issue(locator, problem);
    }

    fn too_much(&mut self, name: &str, given: u64) {
        let given = text::bytes(given);
        let problem = t!(
            "unpacking stopped after {given}: more than {ratio} times its packed size or more than {most}",
            given,
            ratio = MOST_RATIO,
            most = text::bytes(MOST_BYTES)
        );
        self.issue(Locator::whole(name), problem);
    }

    /// Whether one more member may be opened; says so once when not.
    fn may_open_member(&mut self, archive: &str) -> bool {
        match self.members_left {
            0 => false,
            1 => {
                self.members_left = 0;
                let problem = t!(
                    "more than {limit} members; the rest is left out",
                    limit = MEMBERS
                );
                self.issue(Locator::whole(archive), problem);
                false
            }
            left => {
                self.members_left = left - 1;
                true
            }
        }
    }
}

/// `archive/member`, without anything that climbs out of the archive or cannot be printed.
fn member_name(archive: &str, member: &[u8]) -> String {
    let member = String::from_utf8_lossy(member).replace('\\', "/");
    let parts = member
        .split('/')
        .filter(|part| !matches!(*part, "" | "." | ".."))
        .map(|part| part.replace(char::is_control, "?"));
    let mut name = archive.to_owned();
    for part in parts {
        name.push('/');
        name.push_str(&part);
    }
    name
}

#[cfg(test)]
mod tests;
