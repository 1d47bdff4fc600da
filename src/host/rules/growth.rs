//! What the rules on growth between two snapshots share.

use crate::finding::Locator;
use crate::host::formats::apart;
use crate::host::report::HostReport;
use crate::t;
use crate::text;

/// Whether a count grew by `least` and by a quarter of what it was.
pub(super) fn grew(before: u64, now: u64, least: u64) -> bool {
    let more = now.saturating_sub(before);
    more >= least && more.saturating_mul(4) >= before
}

/// ` in 4 s`, where both snapshots tell their time.
pub(super) fn in_time(report: &HostReport, before: &Locator, after: &Locator) -> String {
    match apart(report.taken(before), report.taken(after)) {
        Some(gap) if gap > 0 => t!(" in {time}", time = text::duration(gap)),
        _ => String::new(),
    }
}
