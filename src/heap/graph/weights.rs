//! Sizes of the objects, and their sums over stretches of the dominator tree.
//!
//! Nearly every object is smaller than 512 KiB: two bytes hold its size in units of eight. The few larger ones stand in
//! a table, and a running sum stands at every 32nd object: 2.3 bytes an object instead of 8 for all sums.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::NONE;

/// Bytes in a unit: no JVM aligns objects to less.
const UNIT: u64 = 8;
/// Stands for a size in the table.
const LARGE: u16 = u16::MAX;
/// Objects from one sum to the next.
const STRIDE: usize = 32;

/// Sizes of objects, by index or by position.
#[derive(Debug, Default)]
pub(in crate::heap) struct Units {
    short: Vec<u16>,
    large: FxHashMap<u32, u64>,
}

impl Units {
    /// The sizes of `count` objects of so many `bytes`, each rounded up to whole units.
    pub(in crate::heap) fn measure(count: u32, bytes: impl Fn(u32) -> u64 + Sync) -> Self {
        Self::of(count, |index| bytes(index).div_ceil(UNIT))
    }

    fn of(count: u32, units: impl Fn(u32) -> u64 + Sync) -> Self {
        let short = (0..count).into_par_iter();
        let short = short.map(|place| u16::try_from(units(place)).unwrap_or(LARGE));
        let short: Vec<u16> = short.collect();
        let places = (0..count).into_par_iter().zip(&short);
        let large = places.filter(|(_, short)| **short == LARGE);
        let large: Vec<(u32, u64)> = large.map(|(place, _)| (place, units(place))).collect();
        Self {
            short,
            large: large.into_iter().collect(),
        }
    }

    #[inline]
    fn at(&self, place: u32) -> u64 {
        match self.short[place as usize] {
            LARGE => self.large.get(&place).copied().unwrap_or(0),
            units => u64::from(units),
        }
    }

    /// Bytes of one object.
    #[inline]
    pub(in crate::heap) fn bytes(&self, place: u32) -> u64 {
        self.at(place) * UNIT
    }

    #[inline]
    fn sum(&self, start: usize, end: usize) -> u64 {
        let units = &self.short[start..end];
        if !units.contains(&LARGE) {
            return units.iter().map(|units| u64::from(*units)).sum();
        }
        (start..end).map(|place| self.at(place as u32)).sum()
    }
}

/// Sizes by position, and their sums.
#[derive(Debug, Default)]
pub(in crate::heap) struct Weights {
    units: Units,
    /// Units before every position that is a multiple of the stride.
    before: Vec<u64>,
}

impl Weights {
    /// The sizes of `objects` in their order; those that there are not weigh nothing.
    pub(in crate::heap) fn of_objects(objects: &[u32], sizes: &Units) -> Self {
        let units = Units::of(objects.len() as u32, |place| {
            match objects[place as usize] {
                NONE => 0,
                index => sizes.at(index),
            }
        });
        let stretches = (0..objects.len()).into_par_iter().step_by(STRIDE);
        let sums = stretches.map(|start| units.sum(start, objects.len().min(start + STRIDE)));
        let mut before: Vec<u64> = sums.collect();
        before.push(0);
        let mut sum = 0;
        for entry in &mut before {
            (*entry, sum) = (sum, sum + *entry);
        }
        Self { units, before }
    }

    /// Bytes at a position.
    #[inline]
    pub(in crate::heap) fn of(&self, position: u32) -> u64 {
        self.units.bytes(position)
    }

    /// Bytes at all `positions`.
    #[inline]
    pub(in crate::heap) fn between(&self, positions: std::ops::Range<u32>) -> u64 {
        let (start, end) = (positions.start as usize, positions.end as usize);
        if end - start <= STRIDE {
            return self.units.sum(start, end) * UNIT;
        }
        (self.below(end) - self.below(start)) * UNIT
    }

    fn below(&self, position: usize) -> u64 {
        let stride = position / STRIDE;
        self.before[stride] + self.units.sum(stride * STRIDE, position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn sums_are_sums(
            sizes in proptest::collection::vec(prop_oneof![9 => 0_u64..9000, 1 => 500_000_u64..1 << 40], 1..200),
            ends in (any::<proptest::sample::Index>(), any::<proptest::sample::Index>()),
        ) {
            // The virtual root first, then the objects backwards.
            let mut objects: Vec<u32> = (0..sizes.len() as u32).rev().collect();
            objects.insert(0, NONE);
            let units = Units::measure(sizes.len() as u32, |index| sizes[index as usize] * 8);
            let weights = Weights::of_objects(&objects, &units);
            let sizes: Vec<u64> = std::iter::once(0).chain(sizes.into_iter().rev()).collect();
            let (one, other) = (ends.0.index(sizes.len() + 1), ends.1.index(sizes.len() + 1));
            let (start, end) = (one.min(other), one.max(other));
            let expected: u64 = sizes[start..end].iter().map(|size| size * 8).sum();
            prop_assert_eq!(weights.between(start as u32..end as u32), expected);
            for (at, size) in sizes.iter().enumerate() {
                prop_assert_eq!(weights.of(at as u32), size * 8);
            }
        }
    }
}
