//! The rules of this room: one file a rule, listed here.

mod accept_queue_full;
mod cgroup_oom_kill;
mod close_wait;
mod cpu_saturated;
mod descriptors_growing;
mod descriptors_near_limit;
mod disk_full;
mod disk_saturated;
mod growth;
mod histogram_growth;
mod malloc_arenas;
mod native_growth;
mod pressure;
mod remote_unreachable;
mod resident_growing;
mod sockets_growing;
mod swapping;
mod threads_growing;
mod throttled;

use super::report::HostReport;
use crate::finding::Rule;

/// All rules.
pub(super) const RULES: &[&dyn Rule<HostReport>] = &[
    &cgroup_oom_kill::CgroupOomKill,
    &throttled::Throttled,
    &disk_full::DiskFull,
    &pressure::Pressure,
    &swapping::Swapping,
    &cpu_saturated::CpuSaturated,
    &disk_saturated::DiskSaturated,
    &accept_queue_full::AcceptQueueFull,
    &close_wait::CloseWait,
    &remote_unreachable::RemoteUnreachable,
    &sockets_growing::SocketsGrowing,
    &descriptors_near_limit::DescriptorsNearLimit,
    &descriptors_growing::DescriptorsGrowing,
    &threads_growing::ThreadsGrowing,
    &resident_growing::ResidentGrowing,
    &malloc_arenas::MallocArenas,
    &native_growth::NativeGrowth,
    &histogram_growth::HistogramGrowth,
];
