//! The rules of this room: one file a rule, listed here.

mod accept_queue_full;
mod cgroup_oom_kill;
mod close_wait;
mod cpu_saturated;
mod descriptors_near_limit;
mod histogram_growth;
mod native_growth;
mod remote_unreachable;
mod swapping;
mod throttled;

use super::report::HostReport;
use crate::finding::Rule;

/// All rules.
pub(super) const RULES: &[&dyn Rule<HostReport>] = &[
    &cgroup_oom_kill::CgroupOomKill,
    &throttled::Throttled,
    &swapping::Swapping,
    &cpu_saturated::CpuSaturated,
    &accept_queue_full::AcceptQueueFull,
    &close_wait::CloseWait,
    &remote_unreachable::RemoteUnreachable,
    &descriptors_near_limit::DescriptorsNearLimit,
    &native_growth::NativeGrowth,
    &histogram_growth::HistogramGrowth,
];
