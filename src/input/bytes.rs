//! Bytes of a source: a mapped file or an owned buffer behind one `Deref`.

use std::ops::Deref;
use std::sync::Arc;

use super::mmap::Map;

/// The content of a source. Cloning shares it.
#[derive(Debug, Clone)]
pub struct Bytes(Arc<Store>);

#[derive(Debug)]
enum Store {
    Mapped(Map),
    Owned(Vec<u8>),
}

impl Bytes {
    pub(super) fn mapped(map: Map) -> Self {
        Self(Arc::new(Store::Mapped(map)))
    }

    /// How many bytes the file has lost since it was mapped; 0 for an owned buffer. Bytes that vanished read as zero.
    pub fn shrunk_by(&self) -> u64 {
        match &*self.0 {
            Store::Mapped(map) => map.shrunk_by(),
            Store::Owned(_) => 0,
        }
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(buffer: Vec<u8>) -> Self {
        Self(Arc::new(Store::Owned(buffer)))
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &*self.0 {
            Store::Mapped(map) => map,
            Store::Owned(buffer) => buffer,
        }
    }
}
