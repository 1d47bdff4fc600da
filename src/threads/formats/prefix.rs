//! What a logging framework or an envelope writes in front of every line of a dump. Found at the banner, where the
//! text after it is known, and believed only when the following lines carry it too.

use crate::input::Lines;

/// The shape of the text before a banner: runs of digits may differ, all else must agree.
#[derive(Debug, Clone)]
pub(super) struct Prefix<'a>(&'a [u8]);

/// Lines looked at to decide whether a prefix is on every line.
const LOOKED_AT: usize = 30;

impl<'a> Prefix<'a> {
    /// `before` stands before the banner; `after` are the lines that follow. `None` when the lines do not carry it.
    pub(super) fn detect(before: &'a [u8], after: &[u8]) -> Option<Self> {
        if before.trim_ascii().is_empty() {
            return None;
        }
        let prefix = Self(before);
        let lines = Lines::new(after)
            .map(|line| line.text)
            .filter(|text| !text.trim_ascii().is_empty());
        let (mut with, mut without) = (0, 0);
        for line in lines.take(LOOKED_AT) {
            match prefix.strip(line) {
                Some(_) => with += 1,
                None => without += 1,
            }
        }
        (with > without).then_some(prefix)
    }

    /// The line without the prefix, or `None` when it has another.
    pub(super) fn strip<'b>(&self, line: &'b [u8]) -> Option<&'b [u8]> {
        let shape = self.0;
        let (mut at, mut seen) = (0, 0);
        while seen < shape.len() {
            if at >= line.len() {
                // A blank line whose trailing blanks were cut.
                return shape[seen..].trim_ascii().is_empty().then_some(&line[at..]);
            }
            if shape[seen].is_ascii_digit() && line[at].is_ascii_digit() {
                seen += digits(&shape[seen..]);
                at += digits(&line[at..]);
            } else if shape[seen] == line[at] {
                seen += 1;
                at += 1;
            } else {
                return None;
            }
        }
        Some(&line[at..])
    }
}

fn digits(text: &[u8]) -> usize {
    text.iter().take_while(|b| b.is_ascii_digit()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_counts_only_when_lines_carry_it() {
        let before = b"2026-11-22T01:02:03.1Z stdout F ";
        let after =
            b"2026-11-22T01:02:03.123Z stdout F \n2026-11-22T01:02:04.9Z stdout F \"main\"\n";
        let prefix = Prefix::detect(before, after).unwrap();
        assert_eq!(
            prefix.strip(b"2026-11-22T01:02:09.55Z stdout F \tat a.B.c(B.java:1)"),
            Some(b"\tat a.B.c(B.java:1)".as_slice())
        );
        assert_eq!(
            prefix.strip(b"2026-11-22T01:02:09.55Z stdout F"),
            Some(b"".as_slice())
        );
        assert_eq!(prefix.strip(b"2026-11-22T01:02:09.55Z stderr F x"), None);
        assert!(Prefix::detect(b"12:00 INFO ", b"\"main\" #1\n\tat x\n").is_none());
        assert!(Prefix::detect(b"  ", b"x\n").is_none());
    }
}
