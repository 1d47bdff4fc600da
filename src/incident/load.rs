//! What the access room knows that the threads room needs: how many requests came in and how long each took.

use crate::access::AccessReport;
use crate::finding::Locator;
use crate::threads::{Demand, Load};
use crate::time::SECOND;

/// The requests of an access log as demand for threads; `None` when it has no durations.
pub fn load(access: &AccessReport) -> Option<Load> {
    let latency = access.latency.filter(|latency| latency.mean_us > 0)?;
    let (from, to) = access.span?;
    let demand = |requests: u64, each_us: u64, width: i64| {
        let width = u64::try_from(width).ok().filter(|width| *width > 0)?;
        let scaled = u128::from(requests) * 1000 * SECOND.unsigned_abs() as u128;
        Some(Demand {
            per_kilosecond: u64::try_from(scaled / u128::from(width)).ok()?,
            each_us,
        })
    };
    let mean = u64::try_from(latency.mean_us).ok()?;
    let usual = demand(latency.count, mean, to.hi.since(from.lo))?;
    let busiest = access
        .minutes
        .iter()
        .filter(|minute| minute.requests > 0)
        .max_by_key(|minute| (minute.in_progress_milli, std::cmp::Reverse(minute.at)));
    let busiest = busiest.and_then(|minute| {
        let width = u64::try_from(access.minute_us).ok()?;
        // Requests in progress × time ÷ requests: the mean time that each took of this minute.
        let spent = u128::from(minute.in_progress_milli) * u128::from(width) / 1000;
        let each = u64::try_from(spent / u128::from(minute.requests)).ok()?;
        Some((minute.at, demand(minute.requests, each, access.minute_us)?))
    });
    Some(Load {
        usual,
        busiest,
        instances: (access.instances.len() as u64).max(1),
        at: Locator::whole(access.formats.first()?.source.as_str()),
    })
}
