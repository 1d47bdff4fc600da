//! The result of the host room.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::snapshot::{
    Cgroup, Descriptors, Flags, HeapInfo, Histogram, Limit, Memory, MemoryMap, NativeMemory,
    Pressure, Processes, Sample, Sockets, Top, VmStat, Volume,
};
use crate::finding::{Finding, Locator, Place};
use crate::input::Coverage;
use crate::time::Stamp;

/// What was found. Snapshots of a kind stand in the order of the sources.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
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
    /// Lists of processes.
    pub processes: Vec<Processes>,
    /// Mappings of processes.
    pub maps: Vec<MemoryMap>,
    /// Figures of processors, devices and swap over intervals.
    pub samples: Vec<Sample>,
    /// File systems.
    pub volumes: Vec<Volume>,
    /// Pressure stall information.
    pub pressures: Vec<Pressure>,
    /// The dates that collectors print before what they collect, and where.
    pub dates: Vec<(Locator, Stamp)>,
    /// Most severe first.
    pub findings: Vec<Finding>,
    /// What was read.
    pub coverage: Vec<Coverage>,
}

impl HostReport {
    /// When the snapshot at `at` was taken: the last date above it in its source.
    pub fn taken(&self, at: &Locator) -> Option<Stamp> {
        let line = |locator: &Locator| match locator.place {
            Place::Line(line) | Place::Lines(line, _) => Some(line),
            Place::Whole | Place::Bytes(..) | Place::Object(_) => None,
        };
        let above =
            |(date, _): &&(Locator, Stamp)| date.source == at.source && line(date) <= line(at);
        let last = self.dates.iter().rfind(above);
        last.map(|(_, stamp)| *stamp)
    }
}
