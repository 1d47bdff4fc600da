//! Zstandard (RFC 8878): frames one after the other, skippable frames between them.

use std::io::{self, Read};

use ruzstd::decoding::StreamingDecoder;

use super::stream::Decoder;

const MAGIC: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// All frames as one stream.
pub(super) struct Frames<'a> {
    decoder: Option<StreamingDecoder<&'a [u8], ruzstd::decoding::FrameDecoder>>,
    rest: &'a [u8],
}

impl<'a> Frames<'a> {
    pub(super) fn new(packed: &'a [u8]) -> Self {
        Self {
            decoder: None,
            rest: packed,
        }
    }

    /// Passes skippable frames; whether a frame with content begins at `rest`.
    fn at_frame(&mut self) -> bool {
        while let [0x50..=0x5f, 0x2a, 0x4d, 0x18, a, b, c, d, ..] = *self.rest {
            let length = u32::from_le_bytes([a, b, c, d]) as usize;
            self.rest = self.rest.get(8 + length..).unwrap_or(&[]);
        }
        self.rest.starts_with(MAGIC)
    }
}

impl Read for Frames<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(decoder) = &mut self.decoder {
                match decoder.read(buffer)? {
                    0 => {
                        let decoder = self.decoder.take();
                        self.rest = decoder.map_or(&[][..], StreamingDecoder::into_inner);
                    }
                    count => return Ok(count),
                }
            }
            if !self.at_frame() {
                return Ok(0);
            }
            let decoder = StreamingDecoder::new(self.rest);
            self.decoder = Some(decoder.map_err(|error| io::Error::other(error.to_string()))?);
        }
    }
}

impl<'a> Decoder<'a> for Frames<'a> {
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
