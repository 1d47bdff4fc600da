//! Lines of a text source with their numbers, and cutting a text into pieces for parallel work.

use std::ops::Range;

/// A line without its end (`\n` or `\r\n`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// Counted from 1.
    pub number: u64,
    /// Offset of its first byte.
    pub offset: u64,
    /// Its bytes; any encoding.
    pub text: &'a [u8],
}

/// Iterator over the lines of a text. A last line without an end counts; nothing follows a final end.
#[derive(Debug, Clone)]
pub struct Lines<'a> {
    rest: &'a [u8],
    number: u64,
    offset: u64,
}

impl<'a> Lines<'a> {
    /// All lines of `text`.
    pub fn new(text: &'a [u8]) -> Self {
        Self::from_line(text, 1, 0)
    }

    /// Lines of a piece that begins at byte `offset` and line `number` of its source.
    pub fn from_line(text: &'a [u8], number: u64, offset: u64) -> Self {
        Self {
            rest: text,
            number,
            offset,
        }
    }
}

impl Lines<'_> {
    /// Number of the line that comes next.
    pub fn number(&self) -> u64 {
        self.number
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        let end = memchr::memchr(b'\n', self.rest);
        let (text, used) = match end {
            Some(end) => (&self.rest[..end], end + 1),
            None => (self.rest, self.rest.len()),
        };
        let line = Line {
            number: self.number,
            offset: self.offset,
            text: text.strip_suffix(b"\r").unwrap_or(text),
        };
        self.number += 1;
        self.offset += used as u64;
        self.rest = &self.rest[used..];
        Some(line)
    }
}

/// Cuts `text` into consecutive pieces of about `size` bytes that begin at line starts and together are the whole.
pub fn split_at_lines(text: &[u8], size: usize) -> Vec<Range<usize>> {
    let mut pieces = Vec::with_capacity(text.len() / size.max(1) + 1);
    let mut start = 0;
    while start < text.len() {
        let wanted = start.saturating_add(size.max(1)).min(text.len());
        let end = match memchr::memchr(b'\n', &text[wanted - 1..]) {
            Some(skip) => wanted + skip,
            None => text.len(),
        };
        pieces.push(start..end);
        start = end;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn line_ends_of_both_kinds_are_removed() {
        let lines: Vec<_> = Lines::new(b"a\r\n\nb\rc\nlast").collect();
        let texts: Vec<_> = lines.iter().map(|line| line.text).collect();
        assert_eq!(texts, [b"a".as_slice(), b"", b"b\rc", b"last"]);
        assert_eq!((lines[3].number, lines[3].offset), (4, 8));
        assert_eq!(Lines::new(b"").count(), 0);
    }

    proptest! {
        #[test]
        fn pieces_are_the_whole_and_begin_at_lines(text in "[ab\n]{0,200}", size in 0_usize..40) {
            let text = text.as_bytes();
            let pieces = split_at_lines(text, size);
            let mut at = 0;
            for piece in &pieces {
                prop_assert_eq!(piece.start, at);
                prop_assert!(piece.end > piece.start);
                prop_assert!(at == 0 || text[at - 1] == b'\n');
                at = piece.end;
            }
            prop_assert_eq!(at, text.len());
        }
    }
}
