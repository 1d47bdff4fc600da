//! From the identifiers of a dump to dense numbers in address order, and back.
//!
//! Identifiers are addresses with some alignment, close together. A 64-bit cell stands for 32 possible addresses: its
//! upper half says which are taken, its lower half how many are taken below. One load and one bit count find a number,
//! at about 1.3 bytes an object. Cells are allocated in chunks, only where there are objects. Identifiers that are
//! spread too thinly for that (no real dump has them) are kept as a sorted list.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use rayon::prelude::*;

use super::NONE;
use super::id_list::IdList;
use crate::heap::columns;

/// log2 of the cells in a chunk.
const CHUNK_BITS: u32 = 10;
const CHUNK_CELLS: usize = 1 << CHUNK_BITS;
/// log2 of the addresses in a cell.
const CELL_BITS: u32 = 5;
/// Most entries of the directory: 64 TiB of 8-byte aligned addresses would fit.
const DIRECTORY_LIMIT: u64 = 1 << 28;

/// Identifier to index, and back.
#[derive(Debug)]
pub(in crate::heap) struct IdMap {
    count: u32,
    alignment: u64,
    form: Form,
}

#[derive(Debug)]
enum Form {
    Cells(Cells),
    Sorted(Vec<u64>),
}

#[derive(Debug)]
struct Cells {
    base: u64,
    shift: u32,
    /// Chunk of each block of addresses, `NONE` where there is no object.
    directory: Vec<u32>,
    /// Block of each chunk, ascending.
    blocks: Vec<u32>,
    /// Written by several threads while the map is filled, never afterwards.
    cells: Vec<AtomicU64>,
}

/// More objects than 32-bit indices (less a few reserved values) can count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the dump has more than 2,147,483,000 objects")]
pub(in crate::heap) struct TooMany;

impl IdMap {
    /// Numbers the identifiers in `lists`. Also returns those that occur more than once, sorted.
    pub(in crate::heap) fn build(lists: &[IdList]) -> Result<(Self, Vec<u64>), TooMany> {
        let total: usize = lists.iter().map(IdList::len).sum();
        if total > 2_147_483_000 {
            return Err(TooMany);
        }
        let bounds = || lists.iter().filter_map(IdList::bounds);
        let (smallest, largest) = (bounds().map(|(min, _)| min), bounds().map(|(_, max)| max));
        let (Some(min), Some(max)) = (smallest.min(), largest.max()) else {
            let form = Form::Sorted(Vec::new());
            return Ok((
                Self {
                    count: 0,
                    alignment: 1,
                    form,
                },
                Vec::new(),
            ));
        };
        let within = lists.iter().map(IdList::differences);
        let between = bounds().map(|(own, _)| own ^ min);
        let differences = within.chain(between).fold(0, |all, bits| all | bits);
        let shift = differences.trailing_zeros().min(16);
        let mut repeated = Vec::new();
        let form = match Cells::new(min, max, shift, lists, total) {
            Some(cells) => {
                repeated = cells.fill(lists);
                Form::Cells(cells)
            }
            None => {
                let mut sorted: Vec<u64> = lists.iter().flat_map(IdList::iter).collect();
                sorted.sort_unstable();
                let twice = sorted.windows(2).filter(|pair| pair[0] == pair[1]);
                repeated.extend(twice.map(|pair| pair[0]));
                sorted.dedup();
                Form::Sorted(sorted)
            }
        };
        repeated.sort_unstable();
        repeated.dedup();
        let mut map = Self {
            count: 0,
            // The differences alone do not tell: serial numbers may happen to be even.
            alignment: 1 << (differences | min).trailing_zeros().min(16),
            form,
        };
        map.count = match &mut map.form {
            Form::Cells(cells) => cells.rank(),
            Form::Sorted(sorted) => sorted.len() as u32,
        };
        Ok((map, repeated))
    }

    /// How many objects there are.
    pub(in crate::heap) fn len(&self) -> usize {
        self.count as usize
    }

    /// The largest power of two that divides all identifiers, at most 64 Ki.
    pub(in crate::heap) fn alignment(&self) -> u64 {
        self.alignment
    }

    /// The index of an identifier.
    #[inline]
    pub(in crate::heap) fn index(&self, id: u64) -> Option<u32> {
        match &self.form {
            Form::Cells(cells) => cells.index(id),
            Form::Sorted(sorted) => sorted.binary_search(&id).ok().map(|index| index as u32),
        }
    }

    /// The identifier of an index; 0 for an index that does not exist.
    pub(in crate::heap) fn id(&self, index: u32) -> u64 {
        match &self.form {
            Form::Cells(cells) => cells.id(index, self.count),
            Form::Sorted(sorted) => sorted.get(index as usize).copied().unwrap_or(0),
        }
    }

    /// How far it is from the object of this identifier to the next one; `None` for the last and for no object.
    #[inline]
    pub(in crate::heap) fn distance(&self, id: u64) -> Option<u64> {
        let next = match &self.form {
            Form::Cells(cells) => cells.after(id)?,
            Form::Sorted(sorted) => *sorted.get(sorted.binary_search(&id).ok()? + 1)?,
        };
        Some(next - id)
    }
}

impl Cells {
    fn new(min: u64, max: u64, shift: u32, lists: &[IdList], total: usize) -> Option<Self> {
        let block_bits = shift + CELL_BITS + CHUNK_BITS;
        let blocks = ((max - min) >> block_bits) + 1;
        let affordable = DIRECTORY_LIMIT.min((total as u64).saturating_mul(16) + (1 << 16));
        if blocks > affordable {
            return None;
        }
        let mut directory = vec![NONE; blocks as usize];
        let shared = columns::shared(&mut directory);
        lists.par_iter().for_each(|list| {
            for id in list.iter() {
                shared[((id - min) >> block_bits) as usize].store(0, Relaxed);
            }
        });
        let mut used = Vec::new();
        for (block, entry) in directory.iter_mut().enumerate() {
            if *entry == 0 {
                *entry = used.len() as u32;
                used.push(block as u32);
            }
        }
        let size = used.len() * CHUNK_CELLS;
        if size > total.saturating_mul(8) + (1 << 20) {
            return None;
        }
        Some(Self {
            base: min,
            shift,
            directory,
            blocks: used,
            // Written once before it is read: a page of zeros that is read first is copied when it is written.
            cells: (0..size)
                .into_par_iter()
                .map(|_| AtomicU64::new(0))
                .collect(),
        })
    }

    /// The number of the cell of an address and its bit, if its block has objects.
    #[inline]
    fn place(&self, id: u64) -> Option<(usize, u32)> {
        let distance = id.wrapping_sub(self.base);
        let slot = distance >> self.shift;
        if slot << self.shift != distance {
            return None;
        }
        let block = (slot >> (CELL_BITS + CHUNK_BITS)) as usize;
        let chunk = *self.directory.get(block)?;
        if chunk == NONE {
            return None;
        }
        let cell = (slot >> CELL_BITS) as usize & (CHUNK_CELLS - 1);
        Some((
            chunk as usize * CHUNK_CELLS + cell,
            slot as u32 & ((1 << CELL_BITS) - 1),
        ))
    }

    /// Takes in all identifiers; returns those that were there already.
    fn fill(&self, lists: &[IdList]) -> Vec<u64> {
        let repeated = lists.par_iter().map(|list| self.insert(list));
        repeated.flatten_iter().collect()
    }

    /// Takes in identifiers, those that fall into the same cell together.
    fn insert(&self, list: &IdList) -> Vec<u64> {
        let mut repeated = Vec::new();
        let mut write = |cell: usize, bits: u64| {
            let mut twice = self.cells[cell].fetch_or(bits, Relaxed) & bits;
            while twice != 0 {
                repeated.push(self.address(cell, twice.trailing_zeros() - 32));
                twice &= twice - 1;
            }
        };
        let (mut open, mut bits) = (0, 0);
        for (cell, bit) in list.iter().filter_map(|id| self.place(id)) {
            let mask = 1 << (32 + bit);
            if cell != open || bits & mask != 0 {
                write(open, bits);
                (open, bits) = (cell, 0);
            }
            bits |= mask;
        }
        write(open, bits);
        repeated
    }

    #[inline]
    fn cell(&self, number: usize) -> u64 {
        self.cells[number].load(Relaxed)
    }

    /// Fills in the lower halves; returns the number of objects.
    fn rank(&mut self) -> u32 {
        let mut below = 0;
        for cell in &mut self.cells {
            let cell = cell.get_mut();
            let taken = (*cell >> 32) as u32;
            *cell = u64::from(taken) << 32 | u64::from(below);
            below += taken.count_ones();
        }
        below
    }

    #[inline]
    fn index(&self, id: u64) -> Option<u32> {
        let (cell, bit) = self.place(id)?;
        let cell = self.cell(cell);
        let taken = (cell >> 32) as u32;
        if taken >> bit & 1 == 0 {
            return None;
        }
        Some(cell as u32 + (taken & ((1 << bit) - 1)).count_ones())
    }

    /// The identifier after `id`, which must be one.
    #[inline]
    fn after(&self, id: u64) -> Option<u64> {
        let (cell, bit) = self.place(id)?;
        let above = (self.cell(cell) >> 32) as u32 & u32::MAX.checked_shl(bit + 1).unwrap_or(0);
        if above != 0 {
            return Some(self.address(cell, above.trailing_zeros()));
        }
        // Gaps do not overlap: all these walks together pass every cell once.
        let rest = self.cells.iter().enumerate().skip(cell + 1);
        let (cell, taken) = rest
            .map(|(number, cell)| (number, (cell.load(Relaxed) >> 32) as u32))
            .find(|(_, taken)| *taken != 0)?;
        Some(self.address(cell, taken.trailing_zeros()))
    }

    fn address(&self, cell: usize, bit: u32) -> u64 {
        let block = u64::from(self.blocks[cell >> CHUNK_BITS]);
        let slot = (block << CHUNK_BITS | (cell & (CHUNK_CELLS - 1)) as u64) << CELL_BITS;
        self.base + ((slot | u64::from(bit)) << self.shift)
    }

    fn id(&self, index: u32, count: u32) -> u64 {
        if index >= count {
            return 0;
        }
        // The last cell with at most `index` objects below it holds it.
        let number = self
            .cells
            .partition_point(|cell| cell.load(Relaxed) as u32 <= index)
            .saturating_sub(1);
        // Empty cells after it have a larger rank, empty cells before it the same: `partition_point` passes those.
        let cell = self.cell(number);
        let mut bits = (cell >> 32) as u32;
        for _ in 0..index - cell as u32 {
            bits &= bits.wrapping_sub(1);
        }
        match bits {
            0 => 0,
            _ => self.address(number, bits.trailing_zeros()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn check(ids: Vec<u64>) {
        let distinct: Vec<u64> = ids
            .iter()
            .copied()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        let middle = ids.len() / 2;
        let lists = [&ids[..middle], &ids[middle..]].map(|part| part.iter().copied().collect());
        let (map, repeated) = IdMap::build(&lists).unwrap();
        assert_eq!(map.len(), distinct.len());
        assert_eq!(repeated.is_empty(), ids.len() == distinct.len());
        for (index, id) in distinct.iter().enumerate() {
            assert_eq!(map.index(*id), Some(index as u32));
            assert_eq!(map.id(index as u32), *id);
            for other in [id.wrapping_add(1), id.wrapping_sub(8), id ^ 1 << 63] {
                assert_eq!(map.index(other).is_some(), distinct.contains(&other));
            }
        }
        for pair in distinct.windows(2) {
            assert_eq!(map.distance(pair[0]), Some(pair[1] - pair[0]));
        }
        assert_eq!(distinct.last().and_then(|last| map.distance(*last)), None);
        assert_eq!(map.id(distinct.len() as u32), 0);
    }

    #[test]
    fn hostile_identifiers_fall_back_to_a_list() {
        check(vec![1, u64::MAX, 1 << 40, 3]);
        check(Vec::new());
        check(vec![u64::MAX]);
        let spread: Vec<u64> = (0..5000).map(|i| i * 0x1_0000_0001_0001).collect();
        check(spread);
    }

    proptest! {
        #[test]
        fn indices_are_ranks(slots in proptest::collection::vec(0_u64..4000, 1..200), far in 0_u64..3, shift in 0_u32..5) {
            let ids = slots.iter().enumerate().map(|(i, slot)| {
                let jump = if i % 7 == 0 { far << 28 } else { 0 };
                0x7000_0000 + jump + (slot << shift)
            });
            check(ids.collect());
        }
    }
}
