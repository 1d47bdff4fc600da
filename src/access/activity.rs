//! In which seconds a server gave a sign of life: one bit a second, so that silences keep their exact bounds even when
//! everything else had to become coarser.

use std::collections::HashMap;

use super::wire::{Reader, Wire};
use crate::time::SECOND;

/// Words of 64 bits kept before a bit comes to stand for four times as long: at least 48 days of seconds.
const LIMIT: usize = 65_536;

/// The seconds with activity.
#[derive(Debug, Clone, Default)]
pub(super) struct Activity {
    /// A bit stands for 4ˡ seconds.
    level: u8,
    words: HashMap<i64, u64>,
    last: i64,
}

impl Activity {
    /// Microseconds a bit stands for.
    pub(super) fn step(&self) -> i64 {
        SECOND << (2 * self.level)
    }

    /// Notes a sign of life.
    #[inline]
    pub(super) fn record(&mut self, micros: i64) {
        let unit = micros.div_euclid(SECOND) >> (2 * self.level);
        if unit == self.last {
            return;
        }
        self.last = unit;
        *self.words.entry(unit >> 6).or_default() |= 1 << (unit & 63);
        self.shrink();
    }

    fn shrink(&mut self) {
        while self.words.len() > LIMIT && self.level < 12 {
            self.raise();
        }
    }

    fn raise(&mut self) {
        self.level += 1;
        self.last = i64::MIN;
        for (number, bits) in std::mem::take(&mut self.words) {
            let quarter: u64 = (0..16)
                .filter(|group| (bits >> (group * 4)) & 15 != 0)
                .map(|group| 1 << group)
                .sum();
            *self.words.entry(number >> 2).or_default() |= quarter << ((number & 3) * 16);
        }
    }

    /// Adds the activity of another.
    pub(super) fn merge(&mut self, other: &Self) {
        let mut other = other.clone();
        while other.level < self.level {
            other.raise();
        }
        while self.level < other.level {
            self.raise();
        }
        for (number, bits) in other.words {
            *self.words.entry(number).or_default() |= bits;
        }
        self.last = i64::MIN;
        self.shrink();
    }

    /// The beginnings of all units with activity, in order, in microseconds.
    pub(super) fn moments(&self) -> Vec<i64> {
        let mut words: Vec<_> = self.words.iter().collect();
        words.sort_unstable();
        let mut out = Vec::new();
        for (number, bits) in words {
            let set = (0..64).filter(|bit| bits >> bit & 1 == 1);
            out.extend(set.map(|bit| (number * 64 + bit) * self.step()));
        }
        out
    }
}

impl Wire for Activity {
    fn put(&self, out: &mut Vec<u8>) {
        self.level.put(out);
        let mut words: Vec<_> = self
            .words
            .iter()
            .map(|(number, bits)| (*number, *bits))
            .collect();
        words.sort_unstable();
        words.len().put(out);
        let mut before = 0;
        for (number, bits) in words {
            (number - before).put(out);
            before = number;
            bits.put(out);
        }
    }

    fn take(from: &mut Reader<'_>) -> Option<Self> {
        let level = u8::take(from).filter(|level| *level <= 12)?;
        let mut activity = Self {
            level,
            words: HashMap::new(),
            last: i64::MIN,
        };
        let count = usize::take(from)?;
        let mut number = 0_i64;
        for _ in 0..count {
            number = number
                .checked_add(i64::take(from)?)
                .filter(|n| n.unsigned_abs() < 1 << 40)?;
            *activity.words.entry(number).or_default() |= u64::take(from)?;
        }
        activity.shrink();
        Some(activity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coarser_bits_keep_their_place() {
        let mut activity = Activity::default();
        for second in [0, 5, 63, 64, 1000] {
            activity.record(second * SECOND);
        }
        assert_eq!(activity.moments(), [0, 5, 63, 64, 1000].map(|s| s * SECOND));
        activity.raise();
        assert_eq!(activity.moments(), [0, 4, 60, 64, 1000].map(|s| s * SECOND));
    }
}
