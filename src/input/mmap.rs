//! The one place that maps files.
#![allow(unsafe_code)]

use std::fs::File;
use std::io;
use std::ops::Deref;

/// A read-only mapping of a file.
#[derive(Debug)]
pub(super) struct Map {
    map: memmap2::Mmap,
    file: File,
}

impl Map {
    /// Maps the whole of `file`, which must not be empty.
    pub(super) fn new(file: File) -> io::Result<Self> {
        // SAFETY: the mapping is private and read-only. A file that another process shortens while it is mapped is
        // the remaining hazard.
        let map = unsafe { memmap2::Mmap::map(&file)? };
        Ok(Self { map, file })
    }

    /// Bytes the file has lost since it was mapped.
    pub(super) fn shrunk_by(&self) -> u64 {
        let now = self.file.metadata().map_or(0, |data| data.len());
        (self.map.len() as u64).saturating_sub(now)
    }
}

impl Deref for Map {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.map
    }
}
