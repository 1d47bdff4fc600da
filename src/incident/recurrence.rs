//! Whether deaths repeat, and what their distance says.

use super::impact::died;
use super::report::{Life, Recurrence};
use crate::t;
use crate::text::duration;

/// Uptimes at death that scatter less than this (range over median) point to something that fills up.
const REGULAR: f64 = 0.5;

/// Looks at the uptimes at death; at least two are needed.
pub(super) fn find(lives: &[Life]) -> Option<Recurrence> {
    let mut uptimes: Vec<i64> = lives
        .iter()
        .filter(|life| died(life))
        .filter_map(|life| Some(life.ended?.lo.since(life.started?.lo)))
        .collect();
    uptimes.sort_unstable();
    let (shortest, longest) = (*uptimes.first()?, *uptimes.last()?);
    if uptimes.len() < 2 {
        return None;
    }
    let median_uptime = uptimes[uptimes.len() / 2];
    let deaths = uptimes.len() as u64;
    let regular = (longest - shortest) as f64 <= REGULAR * median_uptime.max(1) as f64;
    let statement = match regular {
        true => t!(
            "{deaths} lives ended after {shortest} to {longest}: something fills up at a steady rate, and it will come back after about {median} of the same load.",
            deaths,
            shortest = duration(shortest),
            longest = duration(longest),
            median = duration(median_uptime)
        ),
        false => t!(
            "{deaths} lives ended after {shortest} to {longest}: the distance varies, so it depends on what happens, not on age alone.",
            deaths,
            shortest = duration(shortest),
            longest = duration(longest)
        ),
    };
    Some(Recurrence {
        deaths,
        median_uptime,
        range: (shortest, longest),
        statement,
    })
}
