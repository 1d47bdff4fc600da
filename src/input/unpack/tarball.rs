//! Tar archives as folders: from a map without copying, and from a decompressor as it comes.

use std::io::Read;

use tar::EntryType;

use super::stream::{Bounded, Decoder};
use super::{Unpacker, member_name};
use crate::finding::Locator;
use crate::input::Bytes;
use crate::t;
use crate::time::{Instant, SECOND};

/// Size of a header, and the unit of everything in a tar.
pub(super) const BLOCK: usize = 512;
/// What the header checksum covers itself with (POSIX pax, "chksum").
const CHECKSUM: std::ops::Range<usize> = 148..156;

/// Whether `head` begins with a tar header: its checksum holds. The magic alone would miss archives older than POSIX.
pub(super) fn is_tar(head: &[u8]) -> bool {
    let Some(header) = head.get(..BLOCK) else {
        return false;
    };
    if header[0] == 0 {
        return false;
    }
    let digits: Vec<u8> = header[CHECKSUM]
        .iter()
        .copied()
        .filter(u8::is_ascii_digit)
        .collect();
    let written = std::str::from_utf8(&digits)
        .ok()
        .and_then(|digits| u32::from_str_radix(digits, 8).ok());
    let sum: u32 = header
        .iter()
        .enumerate()
        .map(|(index, &byte)| match CHECKSUM.contains(&index) {
            true => u32::from(b' '),
            false => u32::from(byte),
        })
        .sum();
    written == Some(sum)
}

/// An archive ends with blocks of zeros. One without has lost them, and perhaps members before them.
const NO_END: &str = "the archive has no end mark; members may be missing";

/// Where the next header is expected.
fn padded_end(start: u64, size: u64) -> u64 {
    start
        .saturating_add(size)
        .checked_next_multiple_of(BLOCK as u64)
        .unwrap_or(u64::MAX)
}

/// Seconds since 1970, whatever the zone of the machine. An archive made to be the same every time says 0.
fn modified(header: &tar::Header) -> Option<Instant> {
    let seconds = header.mtime().ok().filter(|seconds| *seconds > 0)?;
    Some(Instant(i64::try_from(seconds).ok()?.checked_mul(SECOND)?))
}

fn is_content(kind: EntryType) -> bool {
    matches!(
        kind,
        EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse
    )
}

impl Unpacker {
    /// A tar that lies open: its members are slices of it.
    pub(super) fn mapped_tar(&mut self, name: &str, bytes: &Bytes, depth: u32) {
        let total = bytes.len() as u64;
        let mut archive = tar::Archive::new(&bytes[..]);
        let Ok(entries) = archive.entries() else {
            return;
        };
        let mut behind_last = 0;
        for entry in entries {
            let mut entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    self.issue(
                        Locator::whole(name),
                        t!("the archive is cut: {error}", error),
                    );
                    return;
                }
            };
            behind_last = padded_end(entry.raw_file_position(), entry.size());
            let kind = entry.header().entry_type();
            if !is_content(kind) {
                continue;
            }
            if !self.may_open_member(name) {
                return;
            }
            let member = member_name(name, &entry.path_bytes());
            if kind == EntryType::GNUSparse {
                let mut content = Vec::new();
                let result = (&mut entry).take(self.bytes_left).read_to_end(&mut content);
                self.bytes_left -= content.len() as u64;
                if let Err(error) = result {
                    self.issue(Locator::whole(&member), t!("is cut: {error}", error));
                }
                self.take(member, Bytes::from(content), depth + 1);
                continue;
            }
            self.modified = modified(entry.header());
            let (start, size) = (entry.raw_file_position(), entry.size());
            let end = start.saturating_add(size);
            if end > total {
                let locator = Locator::bytes(&member, total.saturating_sub(start), size);
                self.issue(
                    locator,
                    t!("the archive ends here; what came before is used").to_owned(),
                );
            }
            let range = start.min(total) as usize..end.min(total) as usize;
            self.take(member, bytes.slice(range), depth + 1);
            self.modified = None;
            if end > total {
                return;
            }
        }
        if total <= behind_last {
            self.issue(Locator::whole(name), NO_END);
        }
    }

    /// A tar that comes out of a decompressor.
    pub(super) fn streamed_tar<'a, D: Decoder<'a>>(
        &mut self,
        name: &str,
        reader: &mut Bounded<D>,
        depth: u32,
    ) {
        let mut archive = tar::Archive::new(&mut *reader);
        let Ok(entries) = archive.entries() else {
            return;
        };
        let mut found = Vec::new();
        let mut behind_last = 0;
        let mut whole = true;
        for entry in entries {
            let Ok(mut entry) = entry else {
                // The decompressor's own error is reported by the caller; this is its echo, or a damaged header.
                let problem = t!("the archive is damaged; what came before is used");
                self.issue(Locator::whole(name), problem);
                whole = false;
                break;
            };
            behind_last = padded_end(entry.raw_file_position(), entry.size());
            if !is_content(entry.header().entry_type()) {
                continue;
            }
            if !self.may_open_member(name) {
                whole = false;
                break;
            }
            let member = member_name(name, &entry.path_bytes());
            let modified = modified(entry.header());
            let size = entry.size();
            let mut content = Vec::new();
            let result = entry.read_to_end(&mut content);
            let read = content.len() as u64;
            let cut = result.is_err() || read < size;
            if cut {
                let locator = Locator::bytes(&member, read, size.max(read));
                self.issue(
                    locator,
                    t!("the archive ends here; what came before is used"),
                );
            }
            found.push((member, content, modified));
            if cut {
                whole = false;
                break;
            }
        }
        if whole && reader.given() <= behind_last {
            self.issue(Locator::whole(name), NO_END);
        }
        for (member, content, modified) in found {
            self.modified = modified;
            self.take(member, Bytes::from(content), depth + 1);
            self.modified = None;
        }
    }
}
