//! How many threads the requests need: Little's law, threads = requests per second × seconds per request.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::report::{PoolKind, ThreadsReport};
use crate::finding::Locator;
use crate::time::Instant;

/// What an access log says about the requests. Another room reads it; this one only asks what that needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Load {
    /// Over all of the log.
    pub usual: Demand,
    /// In the minute with most requests in progress, and when that began.
    pub busiest: Option<(Instant, Demand)>,
    /// Servers that share the requests.
    pub instances: u64,
    /// The log.
    pub at: Locator,
}

/// Requests over some time, all servers together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Demand {
    /// Requests in a thousand seconds.
    pub per_kilosecond: u64,
    /// Mean duration in microseconds.
    pub each_us: u64,
}

impl Demand {
    /// Mean number of threads that serve these requests, one a request, on each of `instances` servers; in thousandths.
    pub fn threads_milli(self, instances: u64) -> u64 {
        let all = u128::from(self.per_kilosecond) * u128::from(self.each_us) / 1_000_000;
        u64::try_from(all / u128::from(instances.max(1))).unwrap_or(u64::MAX)
    }
}

/// What the requests need, compared with the threads that serve them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sizing {
    /// What came in.
    pub load: Load,
    /// The request pools of the last dump that has one.
    pub pools: Vec<String>,
    /// Threads of these pools.
    pub threads: u64,
}

impl ThreadsReport {
    /// Compares the request pools of the last dump that has one with what `load` needs.
    pub fn size(&mut self, load: Load) {
        let of_dump = self.dumps.iter().rev().map(|dump| {
            let pools = dump.pools.iter();
            let serving = pools.filter(|pool| pool.kind == PoolKind::Requests);
            serving.collect::<Vec<_>>()
        });
        let Some(pools) = of_dump.into_iter().find(|pools| !pools.is_empty()) else {
            return;
        };
        self.sizing = Some(Sizing {
            pools: pools.iter().map(|pool| pool.name.clone()).collect(),
            threads: pools.iter().map(|pool| pool.total).sum(),
            load,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forty_requests_a_second_of_half_a_second_need_twenty_threads() {
        let demand = Demand {
            per_kilosecond: 40_000,
            each_us: 500_000,
        };
        assert_eq!(demand.threads_milli(1), 20_000);
        assert_eq!(demand.threads_milli(4), 5_000);
        assert_eq!(demand.threads_milli(0), 20_000);
    }
}
