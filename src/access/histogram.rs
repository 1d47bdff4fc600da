//! Fixed log-linear histograms of durations in microseconds. The layout never depends on the data, so adding two is
//! adding their counts: exact, and the same in any order.

use super::wire::wire;

/// Buckets per power of two. A bucket is at most 1/64 of its lower edge wide, so its middle is at most 0.8 % away from
/// any value in it.
const PER_OCTAVE: u32 = 64;
const SHIFT: u32 = PER_OCTAVE.trailing_zeros();
/// Values from 2⁴⁰ µs (12 days) on share the last bucket.
const OCTAVES: u32 = 40;
/// Number of buckets.
pub(super) const BUCKETS: usize = ((OCTAVES - SHIFT + 1) * PER_OCTAVE) as usize;

/// The bucket of a duration.
#[inline]
pub(super) fn bucket(micros: i64) -> usize {
    let value = micros.max(0) as u64;
    if value < u64::from(PER_OCTAVE) {
        return value as usize;
    }
    let octave = 63 - value.leading_zeros();
    if octave >= OCTAVES {
        return BUCKETS - 1;
    }
    let within = (value >> (octave - SHIFT)) as usize & (PER_OCTAVE as usize - 1);
    ((octave - SHIFT + 1) as usize) * PER_OCTAVE as usize + within
}

/// The smallest duration of a bucket.
pub(super) fn lower(bucket: usize) -> i64 {
    let per = PER_OCTAVE as usize;
    if bucket < per {
        return bucket as i64;
    }
    let octave = bucket / per - 1;
    (((bucket % per) + per) as i64) << octave
}

/// The value that stands for a bucket: its middle.
fn middle(bucket: usize) -> i64 {
    let low = lower(bucket);
    low + (lower(bucket + 1) - low) / 2
}

/// Counts by bucket while a log is read.
#[derive(Debug, Clone)]
pub(super) struct Dense(Box<[u32; BUCKETS]>);

impl Default for Dense {
    fn default() -> Self {
        Self(Box::new([0; BUCKETS]))
    }
}

impl Dense {
    /// Counts one duration. Gives `false` when the counter is full; the caller empties it then.
    #[inline]
    pub(super) fn add(&mut self, bucket: usize) -> bool {
        let cell = &mut self.0[bucket];
        *cell += 1;
        *cell < u32::MAX
    }

    /// Moves the counts into `sparse`.
    pub(super) fn empty_into(&mut self, sparse: &mut Histogram) {
        // Most stretches are empty, and a stretch is looked at in one step.
        const STRETCH: usize = 32;
        let mut found: Vec<(u16, u64)> = Vec::new();
        for (stretch, counts) in self.0.chunks(STRETCH).enumerate() {
            if counts.iter().fold(0, |all, count| all | count) == 0 {
                continue;
            }
            let full = counts.iter().enumerate().filter(|(_, count)| **count > 0);
            found.extend(
                full.map(|(within, count)| {
                    ((stretch * STRETCH + within) as u16, u64::from(*count))
                }),
            );
        }
        sparse.merge(&Histogram(found));
        self.0.fill(0);
    }
}

/// Counts of the buckets that are not empty, ascending.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Histogram(pub(super) Vec<(u16, u64)>);

wire!(Histogram(0));

impl Histogram {
    /// Counts `count` durations of one bucket.
    pub(super) fn add(&mut self, bucket: usize, count: u64) {
        let bucket = bucket as u16;
        match self.0.binary_search_by_key(&bucket, |cell| cell.0) {
            Ok(index) => self.0[index].1 += count,
            Err(index) => self.0.insert(index, (bucket, count)),
        }
    }

    /// Adds all counts of another histogram.
    pub(super) fn merge(&mut self, other: &Self) {
        if self.0.is_empty() {
            self.0.clone_from(&other.0);
            return;
        }
        if other.0.len() < 8 {
            for (bucket, count) in &other.0 {
                self.add(usize::from(*bucket), *count);
            }
            return;
        }
        let mut merged = Vec::with_capacity(self.0.len() + other.0.len());
        let (mut left, mut right) = (self.0.iter().peekable(), other.0.iter().peekable());
        while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
            let (a, b) = (**a, **b);
            if a.0 <= b.0 {
                left.next();
            }
            if b.0 <= a.0 {
                right.next();
            }
            merged.push(match a.0.cmp(&b.0) {
                std::cmp::Ordering::Less => a,
                std::cmp::Ordering::Greater => b,
                std::cmp::Ordering::Equal => (a.0, a.1 + b.1),
            });
        }
        merged.extend(left);
        merged.extend(right);
        self.0 = merged;
    }

    /// How many durations.
    pub(super) fn count(&self) -> u64 {
        self.0.iter().map(|cell| cell.1).sum()
    }

    /// The duration that `thousandths` of all stay below or at, nearest rank; 0 when empty.
    pub(super) fn quantile(&self, thousandths: u64) -> i64 {
        let rank = (u128::from(self.count()) * u128::from(thousandths))
            .div_ceil(1000)
            .max(1);
        let mut seen = 0_u128;
        for (bucket, count) in &self.0 {
            seen += u128::from(*count);
            if seen >= rank {
                return middle(usize::from(*bucket));
            }
        }
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn buckets_cover_all_values_without_holes() {
        for bucket in 0..BUCKETS - 1 {
            assert_eq!(super::bucket(lower(bucket)), bucket);
            assert_eq!(super::bucket(lower(bucket + 1) - 1), bucket);
        }
        assert_eq!(super::bucket(i64::MAX), BUCKETS - 1);
        assert_eq!(super::bucket(-5), 0);
    }

    proptest! {
        #[test]
        fn a_quantile_is_within_its_bucket(mut values in prop::collection::vec(0_i64..200_000_000, 1..300), q in 1_u64..1000) {
            let mut histogram = Histogram::default();
            for value in &values {
                histogram.add(bucket(*value), 1);
            }
            values.sort_unstable();
            let rank = (values.len() as u64 * q).div_ceil(1000).max(1) as usize;
            let exact = values[rank - 1];
            let found = histogram.quantile(q);
            prop_assert!((found - exact).abs() * 128 <= exact.max(1) + 128, "{found} {exact}");
        }

        #[test]
        fn merging_is_counting_together(a in prop::collection::vec(0_usize..BUCKETS, 0..60), b in prop::collection::vec(0_usize..BUCKETS, 0..60)) {
            let of = |values: &[usize]| {
                let mut histogram = Histogram::default();
                values.iter().for_each(|value| histogram.add(*value, 1));
                histogram
            };
            let mut merged = of(&a);
            merged.merge(&of(&b));
            prop_assert_eq!(merged, of(&[a, b].concat()));
        }
    }
}
