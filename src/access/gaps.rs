//! Silences: stretches without a sign of life that chance does not explain.
//!
//! Traffic comes in bursts, so the model does not count requests but seconds with and without activity: with a share *a* of
//! active seconds around the silence, *n* silent seconds in a row have the chance (1 − a)ⁿ. A silence counts when that is
//! below 10⁻⁹ and it is also four times longer than nearly all other pauses around it; or when a regular probe missed
//! three ticks in a row.

use super::fold::Fold;
use super::probes::Regular;
use super::{Gap, GapBasis};
use crate::time::{Instant, Moment, SECOND};

/// log₁₀ of the chance below which a silence counts.
const CHANCE: f64 = -9.0;
/// Shorter pauses are never silences.
const SHORTEST: i64 = 5 * SECOND;
/// How far around a silence the usual activity is looked at.
const AROUND: i64 = 3600 * SECOND;
/// Units with activity that must be known on either side together before chance can be judged.
const ENOUGH: usize = 60;
/// Silences kept, the longest.
const KEPT: usize = 200;

/// All silences of all servers, in order of time.
pub(super) fn find(fold: &Fold, probes: &[Regular]) -> Vec<Gap> {
    let mut out: Vec<(i64, Gap)> = Vec::new();
    for (name, server) in fold.summary.servers.rows() {
        let name = String::from_utf8_lossy(name).into_owned();
        let step = server.activity.step();
        let moments = server.activity.moments();
        let probe = probes
            .iter()
            .filter(|probe| probe.server == name)
            .map(|probe| probe.period)
            .min();
        for pair in silences(&moments, step, probe) {
            let (index, basis) = pair;
            let (from, to) = (moments[index], moments[index + 1]);
            let (before, after) = fold.edges(&name, from, to);
            let moment = |at| Moment::truncated(Instant(at), step + server.blur);
            out.push((
                to - from,
                Gap {
                    instance: name.clone(),
                    from: moment(from),
                    to: moment(to),
                    basis,
                    before,
                    after,
                },
            ));
        }
    }
    out.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.from.lo.cmp(&b.1.from.lo)));
    out.truncate(KEPT);
    let mut gaps: Vec<Gap> = out.into_iter().map(|(_, gap)| gap).collect();
    gaps.sort_by(|a, b| (a.from.lo, &a.instance).cmp(&(b.from.lo, &b.instance)));
    gaps
}

/// Indices of the moments after which a silence follows.
fn silences(moments: &[i64], step: i64, probe: Option<i64>) -> Vec<(usize, GapBasis)> {
    let mut out = Vec::new();
    let shortest = SHORTEST.max(3 * step);
    for index in 0..moments.len().saturating_sub(1) {
        let (from, to) = (moments[index], moments[index + 1]);
        let silent = to - from - step;
        if silent < shortest {
            continue;
        }
        if let Some(period) = probe {
            let missed = (to - from) / period;
            if missed > 3 {
                let missed = (missed - 1) as u64;
                out.push((
                    index,
                    GapBasis::Probe {
                        period_us: period,
                        missed,
                    },
                ));
                continue;
            }
        }
        if let Some(basis) = by_chance(moments, index, step) {
            out.push((index, basis));
        }
    }
    out
}

fn by_chance(moments: &[i64], index: usize, step: i64) -> Option<GapBasis> {
    let (from, to) = (moments[index], moments[index + 1]);
    let left = moments[..=index].partition_point(|at| *at < from - AROUND);
    let right = index + 1 + moments[index + 1..].partition_point(|at| *at <= to + AROUND);
    let (before, after) = (&moments[left..=index], &moments[index + 1..right]);
    if before.len() + after.len() < ENOUGH || before.len() < 10 {
        return None;
    }
    // The quieter side decides, so that the end of a busy hour is no silence; a side too short to judge does not.
    let share = |side: &[i64]| {
        let span = side.last()? - side.first()? + step;
        (side.len() >= 20).then(|| side.len() as f64 / ((span / step) as f64 + 1.0))
    };
    let active = match (share(before), share(after)) {
        (Some(a), Some(b)) => a.min(b),
        (Some(a), None) | (None, Some(a)) => a,
        (None, None) => return None,
    };
    let silent = ((to - from) / step - 1) as f64;
    let log10_p = silent * (1.0 - active.min(0.999)).log10();
    if log10_p > CHANCE {
        return None;
    }
    let mut pauses: Vec<i64> = [before, after]
        .iter()
        .flat_map(|side| side.windows(2).map(|pair| pair[1] - pair[0]))
        .collect();
    pauses.sort_unstable();
    let usual = pauses.get(pauses.len() * 99 / 100).copied().unwrap_or(step);
    if to - from < 4 * usual {
        return None;
    }
    Some(GapBasis::Rate {
        per_hour: (active * 3600.0 * SECOND as f64 / step as f64).round() as u64,
        log10_p: log10_p.max(-1000.0).round() as i64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(list: impl IntoIterator<Item = i64>) -> Vec<i64> {
        list.into_iter().map(|second| second * SECOND).collect()
    }

    #[test]
    fn a_stop_in_steady_traffic_is_a_silence() {
        let moments = seconds((0..600).chain(660..1200));
        let found = silences(&moments, SECOND, None);
        assert_eq!(found.len(), 1);
        assert_eq!(moments[found[0].0], 599 * SECOND);
    }

    #[test]
    fn sparse_traffic_has_pauses_and_probes_have_ticks() {
        let sparse = seconds((0..200).map(|n| n * 37 + n * n % 31));
        assert_eq!(silences(&sparse, SECOND, None), []);
        let ticks = seconds((0..50).chain(56..100).map(|n| n * 10));
        let found = silences(&ticks, SECOND, Some(10 * SECOND));
        assert_eq!(
            found,
            [(
                49,
                GapBasis::Probe {
                    period_us: 10 * SECOND,
                    missed: 6
                }
            )]
        );
    }
}
