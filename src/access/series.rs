//! Cells along the time axis. The step is the finest of a fixed list with which the log has few enough chunks of cells;
//! how many there are only grows with the data, so series merge exactly whatever the order.

use std::collections::HashMap;

use super::wire::{Reader, Wire};
use crate::time::SECOND;

/// Steps in seconds, each a multiple of the one before.
const STEPS: [i64; 8] = [1, 10, 60, 600, 3600, 86_400, 864_000, 8_640_000];
/// Cells of a chunk.
const CHUNK: i64 = 64;

/// What a series holds in a cell.
pub(super) trait Cell: Default + Clone {
    /// Adds another cell.
    fn merge(&mut self, other: &Self);

    /// Whether nothing happened in it.
    fn is_empty(&self) -> bool;

    /// This cell, `step` microseconds wide, as seen by the coarser cell that has it at `position` of `of`.
    #[must_use]
    fn lifted(&self, _position: i64, _of: i64, _step: i64) -> Self {
        self.clone()
    }
}

/// Cells along time, at most `LIMIT` chunks of 64.
#[derive(Debug, Clone)]
pub(super) struct Series<C, const LIMIT: usize> {
    level: usize,
    chunks: Vec<(i64, Vec<C>)>,
    index: HashMap<i64, usize>,
    last: usize,
    /// The cell asked for last: its beginning, the microsecond after its end, chunk and position.
    near: (i64, i64, usize, usize),
}

impl<C: Cell, const LIMIT: usize> Series<C, LIMIT> {
    /// Nothing yet; the finest step is that of `level`: 0 for a second, 1 for ten, 2 for a minute.
    pub(super) fn new(level: usize) -> Self {
        Self {
            level,
            chunks: Vec::new(),
            index: HashMap::new(),
            last: 0,
            near: (0, 0, 0, 0),
        }
    }

    /// Width of a cell in microseconds.
    pub(super) fn step(&self) -> i64 {
        STEPS[self.level] * SECOND
    }

    /// Number of the cell that holds an instant.
    #[inline]
    pub(super) fn number(&self, micros: i64) -> i64 {
        micros.div_euclid(self.step())
    }

    /// The cell that holds an instant.
    #[inline]
    pub(super) fn at(&mut self, micros: i64) -> &mut C {
        self.at_with_start(micros).0
    }

    /// The cell that holds an instant, and where it begins.
    #[inline]
    pub(super) fn at_with_start(&mut self, micros: i64) -> (&mut C, i64) {
        let (from, to, chunk, within) = self.near;
        if from <= micros && micros < to {
            return (&mut self.chunks[chunk].1[within], from);
        }
        self.move_to(micros);
        let (from, _, chunk, within) = self.near;
        (&mut self.chunks[chunk].1[within], from)
    }

    fn move_to(&mut self, micros: i64) {
        loop {
            let level = self.level;
            let number = self.number(micros);
            let chunk = number.div_euclid(CHUNK);
            if self
                .chunks
                .get(self.last)
                .is_none_or(|found| found.0 != chunk)
            {
                self.last = self.find(chunk);
            }
            // Making room may have made the step coarser; then the number is another one.
            if self.level == level {
                let from = number * self.step();
                let within = number.rem_euclid(CHUNK) as usize;
                self.near = (from, from + self.step(), self.last, within);
                return;
            }
        }
    }

    fn find(&mut self, chunk: i64) -> usize {
        if let Some(found) = self.index.get(&chunk) {
            return *found;
        }
        self.chunks
            .push((chunk, vec![C::default(); CHUNK as usize]));
        self.index.insert(chunk, self.chunks.len() - 1);
        let found = self.chunks.len() - 1;
        self.shrink();
        found
    }

    fn shrink(&mut self) {
        while self.chunks.len() > LIMIT && self.level + 1 < STEPS.len() {
            self.raise(self.level + 1);
        }
    }

    /// Makes the step that of `level`.
    fn raise(&mut self, level: usize) {
        let chunks = std::mem::take(&mut self.chunks);
        let step = self.step();
        let of = STEPS[level] / STEPS[self.level];
        self.index.clear();
        self.level = level;
        self.last = 0;
        self.near = (0, 0, 0, 0);
        for (chunk, cells) in chunks {
            for (within, cell) in cells.iter().enumerate() {
                if !cell.is_empty() {
                    let number = chunk * CHUNK + within as i64;
                    self.merge_cell(
                        number.div_euclid(of),
                        &cell.lifted(number.rem_euclid(of), of, step),
                    );
                }
            }
        }
    }

    fn merge_cell(&mut self, number: i64, cell: &C) {
        let chunk = number.div_euclid(CHUNK);
        let slot = match self.index.get(&chunk) {
            Some(slot) => *slot,
            None => {
                self.chunks
                    .push((chunk, vec![C::default(); CHUNK as usize]));
                self.index.insert(chunk, self.chunks.len() - 1);
                self.chunks.len() - 1
            }
        };
        self.chunks[slot].1[number.rem_euclid(CHUNK) as usize].merge(cell);
    }

    /// Adds another series that began at the same finest step.
    pub(super) fn merge(&mut self, mut other: Self) {
        if other.level > self.level {
            self.raise(other.level);
        } else if self.level > other.level {
            other.raise(self.level);
        }
        for (chunk, cells) in other.chunks {
            match self.index.get(&chunk) {
                None => {
                    self.index.insert(chunk, self.chunks.len());
                    self.chunks.push((chunk, cells));
                }
                Some(slot) => {
                    let mine = &mut self.chunks[*slot].1;
                    mine.iter_mut()
                        .zip(&cells)
                        .for_each(|(mine, theirs)| mine.merge(theirs));
                }
            }
        }
        self.shrink();
    }

    /// The same with a step so coarse that at most `cells` are not empty.
    #[must_use]
    pub(super) fn limited(&self, cells: usize) -> Self {
        let mut series = self.clone();
        while series.cells().len() > cells && series.level + 1 < STEPS.len() {
            series.raise(series.level + 1);
        }
        series
    }

    /// All cells, empty ones included, in no order.
    pub(super) fn each_mut(&mut self) -> impl Iterator<Item = &mut C> {
        self.chunks
            .iter_mut()
            .flat_map(|(_, cells)| cells.iter_mut())
    }

    /// The cell that holds an instant, if it has one.
    pub(super) fn get(&self, micros: i64) -> Option<&C> {
        let number = self.number(micros);
        let chunk = *self.index.get(&number.div_euclid(CHUNK))?;
        let cell = &self.chunks[chunk].1[number.rem_euclid(CHUNK) as usize];
        (!cell.is_empty()).then_some(cell)
    }

    /// Number and content of the cells that are not empty, in order.
    pub(super) fn cells(&self) -> Vec<(i64, &C)> {
        let mut out: Vec<_> = self
            .chunks
            .iter()
            .flat_map(|(chunk, cells)| {
                let numbered = cells.iter().enumerate();
                numbered.map(move |(within, cell)| (chunk * CHUNK + within as i64, cell))
            })
            .filter(|(_, cell)| !cell.is_empty())
            .collect();
        out.sort_unstable_by_key(|(number, _)| *number);
        out
    }
}

impl<C: Cell + Wire, const LIMIT: usize> Wire for Series<C, LIMIT> {
    fn put(&self, out: &mut Vec<u8>) {
        self.level.put(out);
        let cells = self.cells();
        cells.len().put(out);
        let mut before = 0;
        for (number, cell) in cells {
            (number - before).put(out);
            before = number;
            cell.put(out);
        }
    }

    fn take(from: &mut Reader<'_>) -> Option<Self> {
        let mut series = Self::new(usize::take(from).filter(|level| *level < STEPS.len())?);
        let count = usize::take(from)?;
        let mut number = 0_i64;
        for _ in 0..count {
            number = number.checked_add(i64::take(from)?)?;
            // Numbers beyond any year that a log can have are damage.
            if number.unsigned_abs() > 1 << 40 {
                return None;
            }
            series.merge_cell(number, &C::take(from)?);
        }
        series.shrink();
        Some(series)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Debug, Clone, Default, PartialEq)]
    struct Sum(u64);

    impl Cell for Sum {
        fn merge(&mut self, other: &Self) {
            self.0 += other.0;
        }

        fn is_empty(&self) -> bool {
            self.0 == 0
        }
    }

    fn of(times: &[i64]) -> Series<Sum, 3> {
        let mut series = Series::new(0);
        times
            .iter()
            .for_each(|time| series.at(*time * SECOND).0 += 1);
        series
    }

    proptest! {
        #[test]
        fn any_split_gives_the_same_series(times in prop::collection::vec(0_i64..200_000, 0..80), cut in 0_usize..80) {
            let (left, right) = times.split_at(cut.min(times.len()));
            let whole = of(&times);
            let (mut forth, mut back) = (of(left), of(right));
            forth.merge(of(right));
            back.merge(of(left));
            for merged in [forth, back] {
                prop_assert_eq!(merged.step(), whole.step());
                prop_assert_eq!(merged.cells(), whole.cells());
            }
        }
    }
}
