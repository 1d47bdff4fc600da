//! Whether failed requests are new ones or the same ones again: how many failed, and how many pairs of client and route they
//! came from. The latter is an estimate whose registers are maxima, so it merges exactly like everything else.

use super::distinct::Distinct;
use super::series::Cell;
use super::wire::wire;

/// Failed transactions of a stretch of time.
#[derive(Debug, Clone, Default)]
pub(super) struct Tries {
    pub(super) failed: u64,
    /// Distinct pairs of client and route; standard error 4.6 %. Absent while nothing failed.
    pub(super) callers: Option<Distinct<9>>,
}

wire!(Tries { failed, callers });

impl Tries {
    /// Counts one by the hash of its client and route.
    pub(super) fn add(&mut self, caller: u64) {
        self.failed += 1;
        self.callers.get_or_insert_default().add(caller);
    }
}

impl Cell for Tries {
    fn merge(&mut self, other: &Self) {
        self.failed += other.failed;
        if let Some(callers) = &other.callers {
            self.callers.get_or_insert_default().merge(callers);
        }
    }

    fn is_empty(&self) -> bool {
        self.failed == 0
    }
}
