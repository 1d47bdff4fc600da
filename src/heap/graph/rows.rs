//! References in compressed sparse rows.

#[cfg(test)]
use super::LAST;

/// The references of every object, by index. A reference from an object to itself means nothing and stands for one
/// that could not be resolved. The last reference of each row is marked with [`super::LAST`], so that a search need not keep
/// the end of every row it is in.
#[derive(Debug, Default)]
pub(in crate::heap) struct Rows {
    /// Where each row begins in `targets`; one more entry than there are objects.
    pub(in crate::heap) start: Vec<u32>,
    pub(in crate::heap) targets: Vec<u32>,
}

/// More references than 32-bit row offsets can count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the dump has more than 4,294,967,295 references")]
pub(in crate::heap) struct TooManyReferences;

impl Rows {
    /// Rows of the given lengths, with room for their targets. Takes the lengths as one entry per object and a last
    /// one of any value.
    pub(in crate::heap) fn with_lengths(mut lengths: Vec<u32>) -> Result<Self, TooManyReferences> {
        let mut sum = 0_u32;
        for length in &mut lengths {
            let start = sum;
            sum = sum.checked_add(*length).ok_or(TooManyReferences)?;
            *length = start;
        }
        let targets = vec![0; sum as usize];
        Ok(Self {
            start: lengths,
            targets,
        })
    }

    /// How many objects there are.
    pub(in crate::heap) fn len(&self) -> usize {
        self.start.len().saturating_sub(1)
    }

    /// Where the first target of an object is, if it has any.
    #[inline]
    pub(in crate::heap) fn first(&self, index: u32) -> Option<u32> {
        let start = self.start[index as usize];
        (start < self.start[index as usize + 1]).then_some(start)
    }

    /// Where the targets of an object are.
    #[inline]
    pub(in crate::heap) fn row(&self, index: u32) -> std::ops::Range<usize> {
        self.start[index as usize] as usize..self.start[index as usize + 1] as usize
    }
}

#[cfg(test)]
impl Rows {
    /// Rows made of lists, for tests.
    pub(in crate::heap) fn of(lists: &[Vec<u32>]) -> Self {
        let mut lengths: Vec<u32> = lists.iter().map(|list| list.len() as u32).collect();
        lengths.push(0);
        let mut rows = Self::with_lengths(lengths).unwrap();
        rows.targets = lists.concat();
        for (index, list) in lists.iter().enumerate() {
            if !list.is_empty() {
                rows.targets[rows.start[index + 1] as usize - 1] |= LAST;
            }
        }
        rows
    }
}
