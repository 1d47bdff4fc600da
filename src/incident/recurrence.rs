//! Whether deaths repeat, and what their distance says.

use super::impact::died;
use super::report::{Life, Recurrence};
use crate::t;
use crate::text::duration;

/// Uptimes at death that scatter less than this (range over median) are alike.
const ALIKE: f64 = 0.5;
/// Deaths needed before likeness alone means something: two can be alike by chance, or by the grid of a probe.
const ENOUGH: usize = 3;

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
    let range = t!(
        "{deaths} lives ended after {shortest} to {longest}",
        deaths = uptimes.len(),
        shortest = duration(shortest),
        longest = duration(longest)
    );
    let statement = match (alike, fills_up) {
        (_, true) => t!(
            "{range}: expect it again after about {median} of the same load.",
            range,
            median = duration(median_uptime)
        ),
        (true, false) if uptimes.len() >= ENOUGH => t!(
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
