//! What the rules on growth between snapshots share.

use std::collections::BTreeMap;

use crate::finding::Locator;
use crate::host::formats::apart;
use crate::host::report::HostReport;
use crate::t;
use crate::text;

/// A count that one snapshot shows of a process, a state of sockets, ….
#[derive(Debug, Clone, Copy)]
pub(super) struct Figure<'r, K> {
    pub(super) of: K,
    pub(super) value: u64,
    pub(super) at: &'r Locator,
}

/// The first and the last figure of everything that is counted more than once. A collector that writes one file for all
/// snapshots of a kind is compared with itself alone: another file may be of another host. Files of one snapshot each are
/// compared in their order.
pub(super) fn ends<'r, K: Ord + Copy>(
    figures: impl IntoIterator<Item = Figure<'r, K>>,
) -> Vec<(Figure<'r, K>, Figure<'r, K>)> {
    let mut by_source: BTreeMap<(K, &str), Vec<Figure<'r, K>>> = BTreeMap::new();
    let mut order = Vec::new();
    for figure in figures {
        let key = (figure.of, figure.at.source.as_str());
        let run = by_source.entry(key).or_default();
        if run.is_empty() {
            order.push(key);
        }
        run.push(figure);
    }
    let mut single: BTreeMap<K, usize> = BTreeMap::new();
    let mut found: Vec<(Figure<'r, K>, Figure<'r, K>, usize)> = Vec::new();
    for key in order {
        let run = by_source.remove(&key).unwrap_or_default();
        match run.as_slice() {
            [only] => match single.get(&key.0).and_then(|index| found.get_mut(*index)) {
                Some(pair) => (pair.1, pair.2) = (*only, pair.2 + 1),
                None => {
                    single.insert(key.0, found.len());
                    found.push((*only, *only, 1));
                }
            },
            [first, .., last] => found.push((*first, *last, run.len())),
            [] => {}
        }
    }
    found.retain(|(.., snapshots)| *snapshots > 1);
    found
        .into_iter()
        .map(|(first, last, _)| (first, last))
        .collect()
}

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
