//! Health probes: their period, the last good one, the failures, the first good one after.

use super::fold::Fold;
use super::tallies::{Failure, ProbeLog};
use super::{ProbeFailure, ProbeTrack};
use crate::finding::Locator;
use crate::time::{Instant, Moment, SECOND};

/// A probe that comes at a regular distance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Regular {
    pub(super) server: String,
    pub(super) period: i64,
}

/// All probes by path, agent and server, and those of them that are regular.
pub(super) fn find(fold: &Fold) -> (Vec<ProbeTrack>, Vec<Regular>) {
    let mut tracks = Vec::new();
    let mut regular = Vec::new();
    for (key, log) in fold.summary.probes.rows() {
        let mut parts = key
            .split(|byte| *byte == 0)
            .map(|part| String::from_utf8_lossy(part).into_owned());
        let mut part = || parts.next().unwrap_or_default();
        let (path, agent, instance) = (part(), part(), part());
        let period = period(log);
        if let Some(period) = period {
            regular.push(Regular {
                server: instance.clone(),
                period,
            });
        }
        tracks.push(track(fold, path, agent, instance, period, log));
    }
    (tracks, regular)
}

/// The usual distance of ticks: the median, when three of four distances are within a fifth (or a second) of it.
fn period(log: &ProbeLog) -> Option<i64> {
    let moments = log.ticks.moments();
    let mut distances: Vec<i64> = moments.windows(2).map(|pair| pair[1] - pair[0]).collect();
    if distances.len() < 6 {
        return None;
    }
    distances.sort_unstable();
    let median = distances[distances.len() / 2];
    let near = (median / 5).max(log.ticks.step());
    let regular = distances
        .iter()
        .filter(|distance| (**distance - median).abs() <= near)
        .count();
    (regular * 4 >= distances.len() * 3).then_some(median)
}

fn track(
    fold: &Fold,
    path: String,
    agent: String,
    instance: String,
    period: Option<i64>,
    log: &ProbeLog,
) -> ProbeTrack {
    let good = log.good.moments();
    let step = log.good.step();
    let mut failures: Vec<Failure> = log.first.iter().chain(&log.last).copied().collect();
    failures.sort_unstable();
    failures.dedup();
    let (from, to) = trouble(&log.ticks.moments(), &good, step, period);
    let at = |index: usize, first: bool| -> Option<(Moment, Locator)> {
        let micros = *good.get(index)?;
        let mark = log.lines.get(micros)?;
        let line = if first { mark.first } else { mark.last };
        let moment = Moment::truncated(Instant(micros), step + log.blur);
        Some((moment, fold.locator(line)))
    };
    let (last_good, first_good_after) = match (from, to) {
        (None, _) => (None, None),
        (Some(from), to) => {
            let before = good.partition_point(|moment| *moment <= from);
            let last = before.checked_sub(1).and_then(|index| at(index, false));
            let after = to.and_then(|to| at(good.partition_point(|moment| *moment < to), true));
            (last, after)
        }
    };
    ProbeTrack {
        path,
        agent,
        instance,
        count: log.count,
        period_us: period,
        failed: log.failed,
        last_good,
        failures: failures
            .into_iter()
            .map(|failure| ProbeFailure {
                at: Moment::truncated(Instant(failure.at), failure.resolution + log.blur),
                status: failure.status,
                duration_us: failure.duration,
                locator: fold.locator(failure.line),
            })
            .collect(),
        first_good_after,
    }
}

/// The longest stretch without a success that is longer than usual: the last success before it and the first after it.
/// The end of the log ends a stretch of failures, too.
fn trouble(
    ticks: &[i64],
    good: &[i64],
    step: i64,
    period: Option<i64>,
) -> (Option<i64>, Option<i64>) {
    let usual = period.unwrap_or(60 * SECOND).max(step);
    let mut longest = (usual * 2, None, None);
    for pair in good.windows(2) {
        let length = pair[1] - pair[0];
        if length > longest.0 {
            longest = (length, Some(pair[0]), Some(pair[1]));
        }
    }
    if let (Some(last_good), Some(last_tick)) = (good.last(), ticks.last())
        && last_tick - last_good >= longest.0.min(usual)
        && last_tick > last_good
        && longest.1.is_none_or(|_| last_tick - last_good > longest.0)
    {
        return (Some(*last_good), None);
    }
    (longest.1, longest.2)
}
