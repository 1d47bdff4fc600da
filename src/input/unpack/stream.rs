//! A decompressor with a limit, which remembers how it ended.

use crate::t;
use std::io::{self, Read};

/// A decompressor over a slice that knows how much of it is left.
pub(super) trait Decoder<'a>: Read {
    /// Packed bytes not yet consumed.
    fn remaining(&self) -> usize;

    /// Bytes behind the packed data that belong to no further member; 0 when there are none.
    fn trailing(&self) -> usize {
        0
    }
}

impl<'a> Decoder<'a> for bzip2::bufread::MultiBzDecoder<&'a [u8]> {
    fn remaining(&self) -> usize {
        self.get_ref().len()
    }
}

impl<'a> Decoder<'a> for lzma_rust2::XzReader<&'a [u8]> {
    fn remaining(&self) -> usize {
        self.inner().len()
    }
}

/// Gives the content of a decoder up to a limit. An error ends it once and for all.
#[derive(Debug)]
pub(super) struct Bounded<D> {
    decoder: D,
    /// Read ahead by [`Bounded::peek`] and not yet given.
    ahead: Vec<u8>,
    given: u64,
    limit: u64,
    over_limit: bool,
    error: Option<String>,
}

impl<'a, D: Decoder<'a>> Bounded<D> {
    pub(super) fn new(decoder: D, limit: u64) -> Self {
        Self {
            decoder,
            ahead: Vec::new(),
            given: 0,
            limit,
            over_limit: false,
            error: None,
        }
    }

    /// The first `size` bytes, fewer at the end. Only before anything was read.
    pub(super) fn peek(&mut self, size: usize) -> &[u8] {
        let mut head = vec![0; size];
        let mut filled = 0;
        while filled < size {
            match self.decode(&mut head[filled..]) {
                Ok(0) | Err(_) => break,
                Ok(count) => filled += count,
            }
        }
        head.truncate(filled);
        self.ahead = head;
        &self.ahead
    }

    fn decode(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(error) = &self.error {
            return Err(io::Error::other(error.clone()));
        }
        let result = loop {
            match self.decoder.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        result.inspect_err(|error| self.error = Some(plain(error)))
    }

    /// Bytes given so far.
    pub(super) fn given(&self) -> u64 {
        self.given
    }

    /// Packed bytes not yet consumed.
    pub(super) fn remaining(&self) -> usize {
        self.decoder.remaining()
    }

    /// Whether it ended because of the limit.
    pub(super) fn over_limit(&self) -> bool {
        self.over_limit
    }

    /// The error it ended with.
    pub(super) fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }

    /// Bytes behind the packed data that are none.
    pub(super) fn trailing(&self) -> Option<usize> {
        Some(self.decoder.trailing()).filter(|&count| count > 0)
    }
}

impl<'a, D: Decoder<'a>> Read for Bounded<D> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.over_limit || buffer.is_empty() {
            return Ok(0);
        }
        let count = match self.ahead.is_empty() {
            true => self.decode(buffer)?,
            false => {
                let count = buffer.len().min(self.ahead.len());
                buffer[..count].copy_from_slice(&self.ahead[..count]);
                self.ahead.drain(..count);
                count
            }
        };
        let room = self.limit - self.given;
        let count = match count as u64 > room {
            true => {
                self.over_limit = true;
                room as usize
            }
            false => count,
        };
        self.given += count as u64;
        Ok(count)
    }
}

/// What a decompressor complains about, in words for a person.
fn plain(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => t!("the compressed data ends early"),
        _ => error.to_string(),
    }
}
