//! Columns of numbers that several threads fill, each element by one of them, so that the order of writes does not matter.
//!
//! A relaxed atomic write is a plain write to the processor. The memory comes zeroed from the system, page by page as it is
//! written: whoever fills a column pays for it, side by side, and no thread before.

use std::sync::atomic::AtomicU32;

use zerocopy::FromZeros;

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
