//! Two layers of logs: a proxy and the servers behind it. Every request of theirs stands in both, and must count once.
//!
//! The log of a proxy names the server that answered; that makes two sides. Whether they hold the same requests is seen by what
//! was asked in which minute: both sides estimate how many different pairs there are, and how many together.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::FormatChoice;
use super::summary::Summary;

/// Pairs of question and minute that must be known of each side.
const ENOUGH: u64 = 30;

/// Logs that hold the same requests as those of another layer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Layer {
    /// Whether it is the proxy.
    pub front: bool,
    /// Its servers, as far as they stand in its own logs: names of files without rotation.
    pub logs: Vec<String>,
    /// Requests in it.
    pub requests: u64,
    /// Whether the figures of the report are those of this layer.
    pub counted: bool,
}

/// Whether a source is the log of a proxy: it names the servers behind.
pub(super) fn is_front(formats: &[FormatChoice]) -> bool {
    formats.iter().any(|choice| choice.names_server)
}

/// Whether two sides hold the same requests: at least half of what the smaller one was asked, the larger one was asked in the
/// same minute; and what is behind has not clearly more than what is in front.
pub(super) fn same_requests(front: &Summary, back: &Summary) -> bool {
    let mut both = front.asked.clone();
    both.merge(&back.asked);
    let (one, other) = (front.asked.estimate(), back.asked.estimate());
    let common = (one + other).saturating_sub(both.estimate());
    let smaller = one.min(other);
    smaller >= ENOUGH
        && 2 * common >= smaller
        && back.requests <= front.requests + front.requests / 10
}

/// A hash of what was asked in which minute.
#[inline]
pub(super) fn asked_at(asked: u64, end: i64) -> u64 {
    let minute = end.div_euclid(60_000_000) as u64;
    let mixed =
        (asked ^ minute.wrapping_mul(0xe703_7ed1_a0b4_28db)).wrapping_mul(0xa076_1d64_78bd_642f);
    (mixed ^ mixed >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
