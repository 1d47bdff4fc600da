//! Where the row of a hash is. An entry is the number of the row and, above it, some bits of the hash: a row is looked at
//! when it is almost certainly the right one.

use std::hint::black_box;

/// Bits of an entry that are the number of the row plus one.
const ROW_BITS: u32 = 18;
const ROW: u32 = (1 << ROW_BITS) - 1;

/// Rows that can be told apart.
pub(super) const MOST_ROWS: usize = ROW as usize - 1;

/// An index of rows that lie elsewhere, in the order of their coming.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    /// 0 where there is no row; a power of two long and at most half full.
    entries: Vec<u32>,
}

impl Index {
    /// The row with this hash; `hash_of` gives that of a row.
    #[inline]
    pub(super) fn find(&self, hashed: u64, hash_of: impl Fn(usize) -> u64) -> Option<usize> {
        let mask = self.entries.len().checked_sub(1)?;
        let mut slot = hashed as usize & mask;
        loop {
            let entry = self.entries[slot];
            let row = ((entry & ROW) as usize).checked_sub(1)?;
            if entry & !ROW == upper(hashed) && hash_of(row) == hashed {
                return Some(row);
            }
            slot = (slot + 1) & mask;
        }
    }

    /// Enters the last of `rows` rows.
    pub(super) fn push(&mut self, rows: usize, hash_of: impl Fn(usize) -> u64) {
        let first = if rows * 2 > self.entries.len() {
            self.entries = vec![0; (rows * 2).next_power_of_two().max(16)];
            0
        } else {
            rows - 1
        };
        for row in first..rows {
            self.enter(row, hash_of(row));
        }
    }

    fn enter(&mut self, row: usize, hashed: u64) {
        let mask = self.entries.len() - 1;
        let mut slot = hashed as usize & mask;
        while self.entries[slot] != 0 {
            slot = (slot + 1) & mask;
        }
        self.entries[slot] = upper(hashed) | (row as u32 + 1);
    }

    /// Forgets all rows.
    pub(super) fn clear(&mut self) {
        self.entries.fill(0);
    }

    /// Fetches the entries of these hashes into the processor's cache: loads that do not wait for each other.
    pub(super) fn fetch(&self, hashes: impl Iterator<Item = u64>) {
        let Some(mask) = self.entries.len().checked_sub(1) else {
            return;
        };
        black_box(hashes.fold(0, |all, hashed| all ^ self.entries[hashed as usize & mask]));
    }
}

/// The upper bits of a hash at their place in an entry.
fn upper(hashed: u64) -> u32 {
    (hashed >> 32) as u32 & !ROW
}
