//! What is known when the graph was searched and its dominators are not known yet: which objects can be reached, and how
//! large each is. The dominators are the work of one thread; what needs no more than this is done beside it.

use rayon::prelude::*;

use super::graph::search::{Numbers, Standing};
use super::graph::weights::Units;
use super::model::Heap;

/// The objects after the search.
pub(super) struct Reached<'h, 'a> {
    pub(super) heap: &'h Heap<'a>,
    /// One bit for each object.
    reached: Vec<u64>,
    sizes: Units,
}

impl<'h, 'a> Reached<'h, 'a> {
    /// What the `numbers` of the search say of the objects of `heap`; `of_classes` are the bytes of the class objects.
    pub(super) fn new(heap: &'h Heap<'a>, numbers: &Numbers, of_classes: &[u64]) -> Self {
        let objects = heap.len() as usize;
        let word = |start: usize| {
            let indices = start..objects.min(start + 64);
            let reached = indices.filter(|index| numbers.standing(*index) != Standing::Unreachable);
            reached.fold(0, |word, index| word | 1 << (index % 64))
        };
        let words = (0..objects).into_par_iter().step_by(64);
        Self {
            heap,
            reached: words.map(word).collect(),
            sizes: Units::measure(heap.len(), |index| heap.measure(index, of_classes)),
        }
    }

    /// Whether an object can be reached.
    #[inline]
    pub(super) fn has(&self, index: u32) -> bool {
        self.reached[index as usize / 64] >> (index % 64) & 1 != 0
    }

    /// Bytes of an object itself.
    #[inline]
    pub(super) fn shallow(&self, index: u32) -> u64 {
        self.sizes.bytes(index)
    }

    /// Bytes of all objects, by index.
    pub(super) fn into_sizes(self) -> Units {
        self.sizes
    }
}
