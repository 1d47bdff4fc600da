//! Whether deaths repeat, and what their distance says.

use super::impact::died;
use super::report::{Life, Recurrence};
use crate::t;
use crate::text::duration;
use crate::time::SECOND;

/// Uptimes at death that scatter less than this (range over median) are alike.
const ALIKE: f64 = 0.5;
/// Deaths needed before likeness alone means something: two can be alike by chance, or by the grid of a probe.
const ENOUGH: usize = 3;
/// A start that fails always takes as long as it takes: nothing accumulates in it.
const STARTED: i64 = 60 * SECOND;

/// Looks at the uptimes at death; at least two are needed. `fills_up` says that the verdict names something that fills
/// up with use.
pub(super) fn find(lives: &[Life], fills_up: bool) -> Option<Recurrence> {
    let dead = lives.iter().filter(|life| died(life));
    let mut uptimes: Vec<i64> = dead.filter_map(Life::uptime).collect();
    uptimes.sort_unstable();
    let (shortest, longest) = (*uptimes.first()?, *uptimes.last()?);
    if uptimes.len() < 2 {
        return None;
    }
    let median_uptime = uptimes[uptimes.len() / 2];
    let alike = (longest - shortest) as f64 <= ALIKE * median_uptime.max(1) as f64;
    let deaths = uptimes.len();
    let range = match (duration(shortest), duration(longest)) {
        (time, other) if time == other => {
            t!("{deaths} lives ended after {time} each", deaths, time)
        }
        (shortest, longest) => t!(
            "{deaths} lives ended after {shortest} to {longest}",
            deaths,
            shortest,
            longest
        ),
    };
    let statement = match (alike, fills_up) {
        (_, true) => t!(
            "{range}: expect it again after about {median} of the same load.",
            range,
            median = duration(median_uptime)
        ),
        (true, false) if uptimes.len() >= ENOUGH && median_uptime >= STARTED => t!(
            "{range}: the distance is regular, so something accumulates or runs by the clock.",
            range
        ),
        _ => t!(
            "{range}; the distance says nothing about the next time.",
            range
        ),
    };
    Some(Recurrence {
        deaths: uptimes.len() as u64,
        median_uptime,
        range: (shortest, longest),
        statement,
    })
}
