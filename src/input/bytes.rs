//! Bytes of a source: a mapped file or an owned buffer behind one `Deref`.

use std::fs::File;
use std::ops::{Deref, Range};
use std::sync::Arc;

use super::mmap::Map;

/// The content of a source. Cloning and slicing share it.
#[derive(Debug, Clone)]
pub struct Bytes {
    store: Arc<Store>,
    range: Range<usize>,
}

#[derive(Debug)]
enum Store {
    Mapped(Map),
    Owned(Vec<u8>),
}

impl Bytes {
    pub(super) fn mapped(map: Map) -> Self {
        let range = 0..map.len();
        let store = Arc::new(Store::Mapped(map));
        Self { store, range }
    }

    /// Whether a file stands behind these bytes, which may still change.
    pub(super) fn is_mapped(&self) -> bool {
        matches!(&*self.store, Store::Mapped(_))
    }

    /// The file behind these bytes, opened anew, and where in it they begin.
    pub(super) fn file(&self) -> Option<(File, usize)> {
        match &*self.store {
            Store::Mapped(map) => Some((map.reopen()?, self.range.start)),
            Store::Owned(_) => None,
        }
    }

    /// The bytes in `range`, which is cut to what there is.
    pub(super) fn slice(&self, range: Range<usize>) -> Self {
        let end = self.range.start.saturating_add(range.end);
        let end = end.min(self.range.end);
        let start = self.range.start.saturating_add(range.start).min(end);
        Self {
            store: Arc::clone(&self.store),
            range: start..end,
        }
    }

    /// The offset from which the file behind these bytes lost its content since it was mapped; from there on they may
    /// have been read as zeros. `None` for a file that is whole and for an owned buffer.
    pub fn lost_from(&self) -> Option<u64> {
        let Store::Mapped(map) = &*self.store else {
            return None;
        };
        let offset = map.lost_from()?.saturating_sub(self.range.start as u64);
        (offset < self.range.len() as u64).then_some(offset)
    }

    /// How many bytes were lost since the file was mapped; 0 for an owned buffer.
    pub fn shrunk_by(&self) -> u64 {
        self.lost_from()
            .map_or(0, |offset| self.range.len() as u64 - offset)
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(buffer: Vec<u8>) -> Self {
        let range = 0..buffer.len();
        let store = Arc::new(Store::Owned(buffer));
        Self { store, range }
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &*self.store {
            Store::Mapped(map) => &map[self.range.clone()],
            Store::Owned(buffer) => &buffer[self.range.clone()],
        }
    }
}
