//! What is counted in a second, and in a column of the response-time map.

use super::histogram::Histogram;
use super::series::Cell;
use super::wire::wire;

/// A cell of the time axis.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tick {
    pub(super) started: u64,
    pub(super) finished: u64,
    pub(super) errors_5xx: u64,
    pub(super) errors_4xx: u64,
    pub(super) aborted: u64,
    pub(super) throttled: u64,
    /// Time of requests that begin or end in this cell, inside of it.
    pub(super) partial: i64,
    /// Requests that are in progress through the whole of the next cell and have not been so in this one, less those of
    /// which the opposite is true. Its running sum is the number in progress through a whole cell.
    pub(super) through: i64,
    pub(super) max: i64,
    pub(super) bytes: u64,
}

wire!(Tick {
    started,
    finished,
    errors_5xx,
    errors_4xx,
    aborted,
    throttled,
    partial,
    through,
    max,
    bytes
});

impl Cell for Tick {
    fn merge(&mut self, other: &Self) {
        self.started += other.started;
        self.finished += other.finished;
        self.errors_5xx += other.errors_5xx;
        self.errors_4xx += other.errors_4xx;
        self.aborted += other.aborted;
        self.throttled += other.throttled;
        self.partial = self.partial.saturating_add(other.partial);
        self.through += other.through;
        self.max = self.max.max(other.max);
        self.bytes = self.bytes.saturating_add(other.bytes);
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn lifted(&self, position: i64, of: i64, step: i64) -> Self {
        // Requests that are through from the next fine cell on spend the rest of this coarse one in progress.
        Self {
            partial: self.partial + self.through * (of - 1 - position) * step,
            ..*self
        }
    }
}

/// A column of the response-time map. Transactions only.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) requests: u64,
    pub(super) errors: u64,
    pub(super) durations: Histogram,
    /// Of which failed.
    pub(super) failed: Histogram,
}

wire!(Column {
    requests,
    errors,
    durations,
    failed
});

impl Cell for Column {
    fn merge(&mut self, other: &Self) {
        self.requests += other.requests;
        self.errors += other.errors;
        self.durations.merge(&other.durations);
        self.failed.merge(&other.failed);
    }

    fn is_empty(&self) -> bool {
        self.requests == 0
    }
}

/// First and last line of what happened in a cell, as packed places; see `Place` in `summary`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) first: u64,
    pub(super) last: u64,
}

wire!(Mark { first, last });

impl Default for Mark {
    fn default() -> Self {
        Self {
            first: u64::MAX,
            last: 0,
        }
    }
}

impl Mark {
    /// Rewrites its line numbers.
    pub(super) fn renumber(&mut self, line: impl Fn(u64) -> u64) {
        if self.first <= self.last {
            self.first = line(self.first);
            self.last = line(self.last);
        }
    }

    /// Widens it to a line.
    #[inline]
    pub(super) fn cover(&mut self, line: u64) {
        self.first = self.first.min(line);
        self.last = self.last.max(line);
    }
}

impl Cell for Mark {
    fn merge(&mut self, other: &Self) {
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }

    fn is_empty(&self) -> bool {
        self.first > self.last
    }
}
