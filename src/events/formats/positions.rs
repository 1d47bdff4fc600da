//! Where in a JSON or YAML text a value stands, found again by its unique identifier.

use std::cell::Cell;

use crate::finding::Locator;

/// Finds strings of a source, in the order of the source.
#[derive(Debug)]
pub(super) struct Positions<'a> {
    name: &'a str,
    bytes: &'a [u8],
    /// Byte offset and line number of the place found last: the next search begins there.
    at: Cell<(usize, u64)>,
    /// Searches that found nothing. Each costs the rest of the text, so there is an end to them.
    misses: Cell<u32>,
}

/// Searches in vain after which places are no longer looked for.
const MISSES: u32 = 100;

impl<'a> Positions<'a> {
    /// Nothing found yet.
    pub(super) fn new(name: &'a str, bytes: &'a [u8]) -> Self {
        let at = Cell::new((0, 1));
        let misses = Cell::new(0);
        Self {
            name,
            bytes,
            at,
            misses,
        }
    }

    /// The line of the next place that holds `text`; the source as a whole when there is none behind the last place.
    /// Searching only forward keeps the whole linear; objects are visited in the order of the text.
    pub(super) fn of_string(&self, text: &str) -> Locator {
        let (from, line) = self.at.get();
        let found = match text.is_empty() || self.misses.get() >= MISSES {
            true => None,
            false => memchr::memmem::find(&self.bytes[from..], text.as_bytes()),
        };
        match found {
            Some(skip) => {
                let between = &self.bytes[from..from + skip];
                let line = line + memchr::memchr_iter(b'\n', between).count() as u64;
                self.at.set((from + skip, line));
                Locator::line(self.name, line)
            }
            None => {
                self.misses.set(self.misses.get() + 1);
                Locator::whole(self.name)
            }
        }
    }
}
