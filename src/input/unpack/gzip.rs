//! Gzip (RFC 1952): files of several members, and the block gzip that `jcmd GC.heap_dump -gz` writes.

use std::io::{self, BufRead, Read};

use flate2::bufread::GzDecoder;
use memchr::memmem;
use rayon::prelude::*;

use super::stream::Decoder;
use crate::t;

/// Magic and method of a member.
const MAGIC: &[u8] = &[0x1f, 0x8b, 8];
/// HotSpot's heap dumper writes members of at most this many bytes of content, and says so in the comment of the first
/// (src/hotspot/share/services/heapDumperCompression.cpp).
const BLOCK_COMMENT: &[u8] = b"HPROF BLOCKSIZE=";
/// No block may be larger than this; HotSpot's are 1 MiB.
const MOST_BLOCK: u64 = 4 << 20;
/// Flag of a header with a comment.
const COMMENT: u8 = 0x10;
/// Members decompressed at a time.
const BATCH: usize = 64;

/// All members one after the other, as one stream. Zeros behind the last are padding.
#[derive(Debug)]
pub(super) struct Members<'a> {
    decoder: Option<GzDecoder<&'a [u8]>>,
    rest: &'a [u8],
}

impl<'a> Members<'a> {
    pub(super) fn new(packed: &'a [u8]) -> Self {
        Self {
            decoder: Some(GzDecoder::new(packed)),
            rest: &[],
        }
    }
}

impl Read for Members<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(decoder) = &mut self.decoder {
            match decoder.read(buffer)? {
                0 => {
                    let rest = self.decoder.take().map_or(&[][..], GzDecoder::into_inner);
                    self.rest = without_padding(rest);
                    if self.rest.starts_with(MAGIC) {
                        self.decoder = Some(GzDecoder::new(self.rest));
                    }
                }
                count => return Ok(count),
            }
        }
        Ok(0)
    }
}

impl<'a> Decoder<'a> for Members<'a> {
    fn remaining(&self) -> usize {
        match &self.decoder {
            Some(decoder) => decoder.get_ref().len(),
            None => self.rest.len(),
        }
    }

    fn trailing(&self) -> usize {
        match &self.decoder {
            Some(_) => 0,
            None => self.rest.len(),
        }
    }
}

/// What follows, without the zeros that fill up a block on a tape or disk.
fn without_padding(rest: &[u8]) -> &[u8] {
    let content = rest.iter().position(|&byte| byte != 0);
    content.map_or(&[][..], |start| &rest[start..])
}

/// Whether `packed` is a heap dump in block gzip.
pub(super) fn is_block_gzip(packed: &[u8]) -> bool {
    block_size(packed).is_some()
}

fn block_size(packed: &[u8]) -> Option<u64> {
    if !packed.starts_with(MAGIC) || packed.get(3) != Some(&COMMENT) {
        return None;
    }
    let comment = packed.get(10..)?.strip_prefix(BLOCK_COMMENT)?;
    let digits = comment.iter().take(10).position(|&byte| byte == 0)?;
    let size: u64 = std::str::from_utf8(&comment[..digits]).ok()?.parse().ok()?;
    (1..=MOST_BLOCK).contains(&size).then_some(size)
}

/// One member, decompressed on its own.
struct Block {
    content: Vec<u8>,
    /// Offset behind it, or why it could not be read to its end.
    end: Result<usize, String>,
}

/// Decompresses the members of a heap dump in parallel; the content, and offset and reason where it ended early.
///
/// Members begin wherever the bytes of their header stand, which can also happen by chance inside one. Every candidate
/// is decompressed on its own, and only those count at which the one before really ended, so the result is the same
/// as reading in order. When most candidates of a batch are false (hostile bytes), the rest is read in order.
pub(super) fn inflate_blocks(packed: &[u8], limit: u64) -> (Vec<u8>, Option<(u64, String)>) {
    let most = block_size(packed).unwrap_or(MOST_BLOCK);
    let magics = memmem::find_iter(packed, MAGIC);
    let candidates: Vec<usize> = magics.filter(|&at| is_header(&packed[at..])).collect();
    let mut content = Vec::new();
    let mut at = 0;
    for batch in candidates.chunks(BATCH) {
        if batch.last().is_some_and(|&last| last < at) {
            continue;
        }
        let blocks: Vec<_> = batch
            .par_iter()
            .map(|&start| inflate_block(&packed[start..], start, most))
            .collect();
        let mut used = 0;
        for (&start, block) in batch.iter().zip(&blocks) {
            if start != at {
                continue;
            }
            used += 1;
            if (content.len() + block.content.len()) as u64 > limit {
                return (
                    content,
                    Some((at as u64, "it unpacks to too much".to_owned())),
                );
            }
            content.extend_from_slice(&block.content);
            match &block.end {
                Ok(end) => at = *end,
                Err(problem) => return (content, Some((at as u64, problem.clone()))),
            }
        }
        if used * 2 < batch.len() {
            break;
        }
    }
    let rest = without_padding(&packed[at..]);
    if rest.is_empty() {
        return (content, None);
    }
    let left = limit - content.len() as u64;
    let mut members = Members::new(rest);
    let result = (&mut members).take(left).read_to_end(&mut content);
    let offset = (packed.len() - members.remaining()) as u64;
    let problem = match result {
        Err(error) => Some(error.to_string()),
        Ok(_) if members.remaining() > 0 => Some(t!("what follows is no gzip member")),
        Ok(_) => None,
    };
    (content, problem.map(|problem| (offset, problem)))
}

/// Whether a member may begin here, as HotSpot writes them: no time, and no flags but for the comment that the first two
/// members have.
fn is_header(packed: &[u8]) -> bool {
    matches!(packed, [_, _, _, 0 | COMMENT, 0, 0, 0, 0, ..])
}

fn inflate_block(packed: &[u8], start: usize, most: u64) -> Block {
    let mut decoder = GzDecoder::new(packed);
    let mut content = Vec::new();
    let result = (&mut decoder).take(most + 1).read_to_end(&mut content);
    let end = match result {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            Err("the compressed data ends early".to_owned())
        }
        Err(error) => Err(error.to_string()),
        Ok(_) if content.len() as u64 > most => Err("a block is larger than announced".to_owned()),
        // The decoder stopped at the end of the member; what it has not consumed begins the next.
        Ok(_) => decoder.into_inner().fill_buf().map_or_else(
            |error| Err(error.to_string()),
            |rest| Ok(start + packed.len() - rest.len()),
        ),
    };
    Block { content, end }
}
