//! The result of the host room.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::snapshot::{
    Cgroup, Descriptors, Flags, HeapInfo, Histogram, Limit, Memory, NativeMemory, Sockets, Top,
    VmStat,
};
use crate::finding::Finding;
use crate::input::Coverage;

/// What was found. Snapshots of a kind stand in the order of the sources.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HostReport {
    /// Tables of sockets.
    pub sockets: Vec<Sockets>,
    /// Lists of descriptors.
    pub descriptors: Vec<Descriptors>,
    /// Refreshes of `top`.
    pub tops: Vec<Top>,
    /// Runs of `vmstat`.
    pub vmstats: Vec<VmStat>,
    /// Outputs of `free`.
    pub memory: Vec<Memory>,
    /// Limits of processes.
    pub limits: Vec<Limit>,
    /// Files of control groups.
    pub cgroups: Vec<Cgroup>,
    /// Native Memory Tracking.
    pub native: Vec<NativeMemory>,
    /// Flags of JVMs.
    pub flags: Vec<Flags>,
    /// Sizes of heaps.
    pub heaps: Vec<HeapInfo>,
    /// Class histograms.
    pub histograms: Vec<Histogram>,
    /// Most severe first.
    pub findings: Vec<Finding>,
    /// What was read.
    pub coverage: Vec<Coverage>,
}
