//! Columns of numbers that several threads fill, each element by one of them, so that the order of writes does not matter, and
//! what they gather from all objects.
//!
//! A relaxed atomic write is a plain write to the processor. The memory comes zeroed from the system, page by page as it is
//! written: whoever fills a column pays for it, side by side, and no thread before.

use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use rayon::prelude::*;
use zerocopy::FromZeros;

/// Objects that one task looks at.
const CHUNK: usize = 1 << 16;

/// A column of so many zeros.
pub(super) fn zeros<T: FromZeros>(count: usize) -> Vec<T> {
    // Without memory this ends as every other vector does.
    T::new_vec_zeroed(count).unwrap_or_else(|_| (0..count).map(|_| T::new_zeroed()).collect())
}

/// A column as several threads see it.
pub(super) fn shared(column: &mut [u32]) -> &[AtomicU32] {
    let column: &mut [AtomicU32] = zerocopy::transmute_mut!(column);
    column
}

/// The number at a place that one thread alone changes; it becomes one more.
#[inline]
pub(super) fn next(place: &AtomicU32) -> u32 {
    let number = place.load(Relaxed);
    place.store(number + 1, Relaxed);
    number
}

/// What `look` finds among all indices below `count`, many at a time and in parallel, in their order.
pub(super) fn gather<T: Send>(count: u32, look: impl Fn(Range<u32>) -> Vec<T> + Sync) -> Vec<T> {
    let chunks = (0..count).into_par_iter().step_by(CHUNK);
    let parts = chunks.map(|start| look(start..count.min(start + CHUNK as u32)));
    together(parts.collect())
}

/// All parts in one, with no more room than they need.
pub(super) fn together<T>(parts: Vec<Vec<T>>) -> Vec<T> {
    let mut all = Vec::with_capacity(parts.iter().map(Vec::len).sum());
    parts.into_iter().for_each(|part| all.extend(part));
    all
}
