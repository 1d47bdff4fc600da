//! The stretch in which things went wrong: minutes whose latency or errors leave what is normal for this log.
//!
//! Normal is the 30th percentile of the minutes: of their p95 and of their error share, so that an incident may fill more
//! than half of a log and is still seen. A minute is bad from three times the normal p95 on (and 50 ms), or from 5 % server
//! errors and ten times the normal share on; its neighbours belong to the episode from twice the p95 or 2 % errors on.

use super::fold::Fold;
use super::histogram::Histogram;
use super::latency::{self, Minute};
use super::{Episode, Gap, Latency};
use crate::t;
use crate::time::{Instant, Moment};

/// What is normal.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Normal {
    /// In microseconds; 0 when no line has a duration.
    pub(super) p95: i64,
    pub(super) error_share: f64,
    /// Requests of an interval, median.
    pub(super) requests: u64,
}

/// Intervals with fewer requests say nothing about percentiles.
const ENOUGH: u64 = 5;
/// Good intervals inside an episode.
const BRIDGE: i64 = 3;

/// What is normal in a log.
pub(super) fn normal(minutes: &[Minute]) -> Normal {
    let busy: Vec<&Minute> = minutes
        .iter()
        .filter(|minute| minute.requests >= ENOUGH)
        .collect();
    let mut p95: Vec<i64> = busy
        .iter()
        .map(|minute| minute.durations.quantile(950))
        .collect();
    let mut shares: Vec<f64> = busy
        .iter()
        .map(|minute| minute.errors as f64 / minute.requests as f64)
        .collect();
    let mut requests: Vec<u64> = minutes.iter().map(|minute| minute.requests).collect();
    p95.sort_unstable();
    shares.sort_by(f64::total_cmp);
    requests.sort_unstable();
    Normal {
        p95: p95.get(p95.len() * 3 / 10).copied().unwrap_or(0),
        error_share: shares.get(shares.len() * 3 / 10).copied().unwrap_or(0.0),
        requests: requests.get(requests.len() / 2).copied().unwrap_or(0),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Good,
    Touched,
    Bad,
}

fn state(minute: &Minute, normal: Normal) -> State {
    if minute.requests < ENOUGH {
        return State::Good;
    }
    let p95 = minute.durations.quantile(950);
    let share = minute.errors as f64 / minute.requests as f64;
    let slow = |times: i64| normal.p95 > 0 && p95 >= times * normal.p95 && p95 >= 50_000;
    let failing = |least: f64, times: f64| {
        minute.errors >= ENOUGH && share >= least && share >= times * normal.error_share
    };
    if slow(3) || failing(0.05, 10.0) {
        State::Bad
    } else if slow(2) || failing(0.02, 5.0) {
        State::Touched
    } else {
        State::Good
    }
}

/// How bad an interval is: requests weighted by how much slower they are, and errors.
fn weight(minute: &Minute, normal: Normal) -> f64 {
    let p95 = minute.durations.quantile(950) as f64;
    let slower = match normal.p95 {
        0 => 0.0,
        normal => (p95 / normal as f64 - 1.0).clamp(0.0, 100.0),
    };
    minute.requests as f64 * slower + minute.errors as f64 * 10.0
}

/// The worst episode.
pub(super) fn find(fold: &Fold, minutes: &[Minute], step: i64, gaps: &[Gap]) -> Option<Episode> {
    if minutes.len() < 5 {
        return None;
    }
    let normal = normal(minutes);
    let mut states: Vec<State> = minutes.iter().map(|minute| state(minute, normal)).collect();
    // A log that begins late in an interval shows the first requests of a process or the end of something: no beginning.
    if 2 * covered(fold, &minutes[0], step) < step {
        states[0] = State::Good;
    }
    let broken = |left: usize, right: usize| {
        gaps.iter().any(|gap| {
            gap.from.lo.0 >= minutes[left].at
                && gap.to.lo.0 <= minutes[right].at + step
                && gap.to.lo.0 - gap.from.lo.0 >= 30_000_000
                && gap.to.lo.0 > minutes[left].at + step
        })
    };
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for index in (0..minutes.len()).filter(|index| states[*index] == State::Bad) {
        match runs.last_mut() {
            Some((_, last))
                if (minutes[index].at - minutes[*last].at) / step <= BRIDGE + 1
                    && !broken(*last, index) =>
            {
                *last = index;
            }
            _ => runs.push((index, index)),
        }
    }
    let total = |run: &(usize, usize)| {
        minutes[run.0..=run.1]
            .iter()
            .map(|minute| weight(minute, normal))
            .sum::<f64>()
    };
    let (mut first, last) = runs
        .into_iter()
        .max_by(|a, b| total(a).total_cmp(&total(b)).then(b.0.cmp(&a.0)))?;
    while first > 0 && states[first - 1] >= State::Touched && !broken(first - 1, first) {
        first -= 1;
    }
    Some(describe(fold, minutes, step, gaps, normal, (first, last)))
}

/// How much of an interval the log covers, in microseconds.
fn covered(fold: &Fold, minute: &Minute, step: i64) -> i64 {
    let end = (minute.at + step).min(fold.summary.last.saturating_add(1));
    (end - minute.at.max(fold.summary.first)).clamp(1, step)
}

fn describe(
    fold: &Fold,
    minutes: &[Minute],
    step: i64,
    gaps: &[Gap],
    normal: Normal,
    (first, last): (usize, usize),
) -> Episode {
    let from = Moment::truncated(Instant(minutes[first].at), step);
    let end = minutes[last].at + step;
    // A silence that begins in the last interval is the end itself.
    let silence = gaps
        .iter()
        .find(|gap| gap.from.lo.0 >= minutes[last].at && gap.from.lo.0 < end + step);
    let to = match silence {
        Some(gap) => gap.from,
        None => Moment::truncated(Instant(end - step), step),
    };
    let before = sum(&minutes[..first]);
    let during = sum(&minutes[first..=last]);
    let opening = &minutes[first];
    let slow = normal.p95 > 0 && opening.durations.quantile(950) >= 2 * normal.p95;
    let failing = opening.errors as f64 / opening.requests.max(1) as f64
        >= (5.0 * normal.error_share).max(0.02);
    let first_sign = match (slow, failing) {
        (true, true) => t!("latency and server errors together"),
        (false, true) => t!("server errors"),
        _ => t!("latency"),
    };
    let hourly = |requests: u64, intervals: &[Minute]| {
        let time = intervals.iter().map(|minute| covered(fold, minute, step));
        let time = i128::from(time.sum::<i64>().max(1));
        u64::try_from(i128::from(requests) * 3_600_000_000 / time).unwrap_or(u64::MAX)
    };
    let milli = |busy: i64, time: i64| {
        u64::try_from(i128::from(busy) * 1000 / i128::from(time.max(1))).unwrap_or(0)
    };
    let peak = minutes[first..=last]
        .iter()
        .map(|minute| minute.busy)
        .max()
        .unwrap_or(0);
    Episode {
        from,
        to,
        first_sign,
        before: before.latency,
        during: during.latency,
        rate_before_per_hour: hourly(before.requests, &minutes[..first]),
        rate_during_per_hour: hourly(during.requests, &minutes[first..=last]),
        errors_before: (before.errors, before.requests),
        errors_during: (during.errors, during.requests),
        in_progress_before_milli: milli(before.busy, step.saturating_mul(first as i64)),
        in_progress_peak_milli: milli(peak, step),
        locators: fold.lines_between(from.lo.0, to.hi.0),
    }
}

struct Sum {
    requests: u64,
    errors: u64,
    busy: i64,
    latency: Latency,
}

fn sum(minutes: &[Minute]) -> Sum {
    let mut all = Histogram::default();
    let (mut requests, mut errors, mut busy) = (0, 0, 0_i64);
    for minute in minutes {
        all.merge(&minute.durations);
        requests += minute.requests;
        errors += minute.errors;
        busy = busy.saturating_add(minute.busy);
    }
    // Sum and maximum of a stretch are known by bucket only.
    let spent: i128 = all
        .0
        .iter()
        .map(|(bucket, count)| {
            i128::from(super::histogram::lower(usize::from(*bucket))) * i128::from(*count)
        })
        .sum();
    let max = all.quantile(1000);
    let latency =
        latency::of(&all, i64::try_from(spent).unwrap_or(i64::MAX), max).unwrap_or_default();
    Sum {
        requests,
        errors,
        busy,
        latency,
    }
}
