//! The bytes of a source read once from end to end, chunk by chunk.
//!
//! A chunk of a file is read into a buffer that stays in the processor's cache. That costs less than the map, where every
//! page is first mapped by a fault and then fetched from memory by whoever touches it.

use std::fs::File;
use std::ops::Range;

use super::bytes::Bytes;

/// The bytes of a source, to be read in chunks by any number of threads.
#[derive(Debug)]
pub struct Chunks<'a> {
    bytes: &'a Bytes,
    /// The file behind the bytes and where in it they begin; `None` for an owned buffer.
    file: Option<(File, usize)>,
}

/// Bytes read at a time.
const CHUNK: usize = 128 << 10;

impl<'a> Chunks<'a> {
    /// Of `bytes`.
    pub fn new(bytes: &'a Bytes) -> Self {
        let file = bytes.file();
        Self { bytes, file }
    }

    /// The whole lines at the beginning of `range`, at least one, in `buffer` or where they are. Only the last line of the
    /// range may have no end.
    pub fn lines<'b>(&'b self, range: Range<usize>, buffer: &'b mut Vec<u8>) -> &'b [u8] {
        if let Some((file, start)) = &self.file {
            let size = range.len().min(CHUNK);
            buffer.resize(CHUNK, 0);
            // A file that was cut short meanwhile is left to the map, which notes what was lost; and so is a line without
            // end, which must not fill the memory.
            if read_at(file, &mut buffer[..size], start + range.start) {
                if size == range.len() {
                    return &buffer[..size];
                }
                if let Some(end) = memchr::memrchr(b'\n', &buffer[..size]) {
                    return &buffer[..=end];
                }
            }
        }
        &self.bytes[range]
    }
}

#[cfg(unix)]
fn read_at(file: &File, chunk: &mut [u8], offset: usize) -> bool {
    use std::os::unix::fs::FileExt;
    file.read_exact_at(chunk, offset as u64).is_ok()
}

#[cfg(not(unix))]
fn read_at(_: &File, _: &mut [u8], _: usize) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::super::Bundle;
    use super::*;

    #[test]
    fn all_lines_come_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.log");
        let mut text: Vec<u8> = (0..90_000_u32)
            .flat_map(|n| format!("{n}\n").into_bytes())
            .collect();
        text.extend(std::iter::repeat_n(b'x', 3 * CHUNK));
        text.extend_from_slice(b"\nlast");
        std::fs::write(&path, &text).unwrap();
        let bundle = Bundle::open(&[path], &[]);
        let owned = Bytes::from(text);
        let mut buffer = Vec::new();
        for bytes in [&bundle.sources[0].bytes, &owned, &owned.slice(7..9000)] {
            let chunks = Chunks::new(bytes);
            let mut at = 0;
            while at < bytes.len() {
                let lines = chunks.lines(at..bytes.len(), &mut buffer);
                assert_eq!(lines, &bytes[at..at + lines.len()]);
                at += lines.len();
                assert!(at == bytes.len() || lines.ends_with(b"\n"));
            }
        }
    }
}
