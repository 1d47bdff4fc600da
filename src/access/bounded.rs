//! Tables of bounded size that still merge exactly. A key has coarser and coarser forms (an address, its network, …).
//! A table keeps the finest form of which there are at most `LIMIT` different keys. How many there are only grows with the
//! data, so the form depends on the set of keys alone: not on their order, nor on how they were split and merged.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::index::{Index, MOST_ROWS};
use super::wire::{Reader, Wire};

/// What a table counts.
pub(super) trait Tally: Default + Clone {
    /// Adds another tally.
    fn merge(&mut self, other: &Self);
}

/// A form of keys: how to make the key of the given level (1 and above) from a finer one. The last level must be so
/// coarse that any log has few keys.
pub(super) type Coarsen = fn(key: &[u8], level: u8) -> Vec<u8>;

/// Keys are already hashes.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Same(u64);

impl Hasher for Same {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {}

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

/// A map whose keys are hashes.
pub(super) type ByHash<V> = HashMap<u64, V, BuildHasherDefault<Same>>;

/// A well mixed hash of a short text (folded multiplication, as in wyhash). Always the same, on every machine.
#[inline]
pub(super) fn hash(text: &[u8]) -> u64 {
    const A: u64 = 0xa076_1d64_78bd_642f;
    const B: u64 = 0xe703_7ed1_a0b4_28db;
    let fold = |left: u64, right: u64| {
        let wide = u128::from(left) * u128::from(right);
        (wide as u64) ^ (wide >> 64) as u64
    };
    let mut state = A ^ text.len() as u64;
    let mut rest = text;
    while let Some((chunk, more)) = rest.split_first_chunk::<16>() {
        let wide = u128::from_le_bytes(*chunk);
        state = fold((wide as u64) ^ B, ((wide >> 64) as u64) ^ state);
        rest = more;
    }
    let (low, high) = ends(rest);
    state = fold(low ^ B, high ^ state);
    fold(state ^ A, B)
}

/// Less than sixteen bytes in two numbers: its beginning and its end, which may overlap. With the length of the whole text
/// no two texts have the same.
#[inline]
fn ends(text: &[u8]) -> (u64, u64) {
    if let (Some(first), Some(last)) = (text.first_chunk::<8>(), text.last_chunk::<8>()) {
        return (u64::from_le_bytes(*first), u64::from_le_bytes(*last));
    }
    if let (Some(first), Some(last)) = (text.first_chunk::<4>(), text.last_chunk::<4>()) {
        let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
        return (first.into(), last.into());
    }
    match *text {
        [a, b, c] => (a.into(), u64::from(b) << 8 | u64::from(c)),
        [a, b] => (a.into(), b.into()),
        [a] => (a.into(), 0),
        _ => (0, 0),
    }
}

/// A short word as a number; of longer ones the ends.
#[inline]
pub(super) fn word(text: &[u8]) -> u64 {
    let (low, high) = ends(text);
    low ^ high.rotate_left(32) ^ text.len() as u64
}

/// A table that never holds more than `LIMIT` keys. Rows lie one after the other in the order of their keys' first coming,
/// found by a small index.
#[derive(Debug, Clone)]
pub(super) struct Table<V, const LIMIT: usize> {
    /// 0 for keys as they are.
    pub(super) level: u8,
    index: Index,
    rows: Vec<Row<V>>,
    /// The keys of all rows.
    keys: Vec<u8>,
}

#[derive(Debug, Clone)]
struct Row<V> {
    hashed: u64,
    value: V,
    /// Where its key ends; it begins where the one before ends.
    end: usize,
}

impl<V, const LIMIT: usize> Default for Table<V, LIMIT> {
    fn default() -> Self {
        Self {
            level: 0,
            index: Index::default(),
            rows: Vec::new(),
            keys: Vec::new(),
        }
    }
}

impl<V: Tally, const LIMIT: usize> Table<V, LIMIT> {
    /// The tally of a key, whose hash is given while keys are kept as they are.
    #[inline]
    pub(super) fn tally(&mut self, key: &[u8], hashed: u64, coarsen: Coarsen) -> &mut V {
        let row = match self.level {
            0 => self.insert(key, hashed, coarsen),
            level => {
                let coarse = coarsen(key, level);
                self.insert(&coarse, hash(&coarse), coarsen)
            }
        };
        &mut self.rows[row].value
    }

    /// The row of a key of the level in force, made if need be.
    #[inline]
    fn insert(&mut self, key: &[u8], hashed: u64, coarsen: Coarsen) -> usize {
        match self.find(hashed) {
            Some(row) => row,
            None => self.insert_new(key, hashed, coarsen),
        }
    }

    fn insert_new(&mut self, key: &[u8], hashed: u64, coarsen: Coarsen) -> usize {
        self.push(key, hashed, V::default());
        let level = self.level;
        self.shrink(coarsen);
        let hashed = match self.level == level {
            true => hashed,
            false => hash(&coarsen(key, self.level)),
        };
        // The key or its coarser form is in by now.
        self.find(hashed).unwrap_or(0)
    }

    #[inline]
    fn find(&self, hashed: u64) -> Option<usize> {
        self.index.find(hashed, |row| self.rows[row].hashed)
    }

    /// Appends a row of a key that has none.
    fn push(&mut self, key: &[u8], hashed: u64, value: V) {
        const { assert!(LIMIT < MOST_ROWS, "rows are numbered in few bits") };
        self.keys.extend_from_slice(key);
        let end = self.keys.len();
        self.rows.push(Row { hashed, value, end });
        let rows = &self.rows;
        self.index.push(rows.len(), |row| rows[row].hashed);
    }

    /// Adds to a key of the level in force.
    fn add(&mut self, key: &[u8], hashed: u64, value: V) {
        match self.find(hashed) {
            Some(row) => self.rows[row].value.merge(&value),
            None => self.push(key, hashed, value),
        }
    }

    /// Coarsens until the keys are few enough.
    fn shrink(&mut self, coarsen: Coarsen) {
        while self.rows.len() > LIMIT && self.level < u8::MAX {
            self.raise(self.level + 1, coarsen);
        }
    }

    fn raise(&mut self, level: u8, coarsen: Coarsen) {
        let finer = std::mem::take(self);
        self.level = level;
        for (key, row) in keyed(finer.rows, &finer.keys) {
            let coarse = coarsen(key, level);
            self.add(&coarse, hash(&coarse), row.value);
        }
    }

    /// Adds another table.
    pub(super) fn merge(&mut self, mut other: Self, coarsen: Coarsen) {
        if other.rows.len() > self.rows.len() && other.level >= self.level {
            std::mem::swap(self, &mut other);
        }
        if other.level > self.level {
            self.raise(other.level, coarsen);
        }
        for (key, row) in keyed(other.rows, &other.keys) {
            if other.level == self.level {
                self.add(key, row.hashed, row.value);
            } else {
                let coarse = coarsen(key, self.level);
                self.add(&coarse, hash(&coarse), row.value);
            }
            // Shrinking at once keeps the bound; shrinking later would give the same rows.
            self.shrink(coarsen);
        }
    }

    /// All tallies, in no order.
    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.rows.iter_mut().map(|row| &mut row.value)
    }

    /// All rows, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&[u8], &V)> {
        keyed(&self.rows, &self.keys).map(|(key, row)| (key, &row.value))
    }

    /// All rows in the order of their keys.
    pub(super) fn rows(&self) -> Vec<(&[u8], &V)> {
        let mut rows: Vec<_> = self.iter().collect();
        rows.sort_unstable_by_key(|row| row.0);
        rows
    }
}

/// Rows with their keys.
fn keyed<V, R>(rows: impl IntoIterator<Item = R>, keys: &[u8]) -> impl Iterator<Item = (&[u8], R)>
where
    R: std::borrow::Borrow<Row<V>>,
{
    let mut from = 0;
    rows.into_iter().map(move |row| {
        let end = row.borrow().end;
        (&keys[std::mem::replace(&mut from, end)..end], row)
    })
}

/// Rows in the order of their keys, so that equal tables are equal bytes.
impl<V: Wire + Tally, const LIMIT: usize> Wire for Table<V, LIMIT> {
    fn put(&self, out: &mut Vec<u8>) {
        self.level.put(out);
        let rows = self.rows();
        rows.len().put(out);
        for (key, value) in rows {
            key.to_vec().put(out);
            value.put(out);
        }
    }

    fn take(from: &mut Reader<'_>) -> Option<Self> {
        let mut table = Self {
            level: u8::take(from)?,
            ..Self::default()
        };
        for _ in 0..usize::take(from)? {
            let key = Vec::<u8>::take(from)?;
            let value = V::take(from)?;
            table.add(&key, hash(&key), value);
        }
        Some(table)
    }
}
