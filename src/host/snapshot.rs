//! The model: what one snapshot of the host or the process shows.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::Locator;

/// A table of sockets (`ss`, `netstat`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sockets {
    /// Sockets by state, in the spelling of `ss`: `CLOSE-WAIT`.
    pub states: BTreeMap<String, u64>,
    /// Sockets by state and remote address with port, the most first; at most 200.
    pub remotes: Vec<Remote>,
    /// Listening sockets.
    pub listeners: Vec<Listener>,
    /// Where it begins.
    pub locator: Locator,
}

/// Sockets of one state to one remote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Remote {
    /// State as in [`Sockets::states`].
    pub state: String,
    /// Address and port of the other side.
    pub address: String,
    /// How many.
    pub count: u64,
}

/// A listening socket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Listener {
    /// Its address and port.
    pub local: String,
    /// Connections that wait to be accepted (`Recv-Q`).
    pub queued: u64,
    /// How many may wait (`Send-Q` of `ss`; `netstat` does not say).
    pub backlog: Option<u64>,
    /// Where.
    pub locator: Locator,
}

/// Open descriptors (`lsof`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Descriptors {
    /// Descriptors with a number, by the number of the process: keys of JSON objects are strings.
    pub processes: BTreeMap<String, u64>,
    /// Descriptors by type: `REG`, `IPv4`, `sock`, `FIFO`.
    pub kinds: BTreeMap<String, u64>,
    /// Where it begins.
    pub locator: Locator,
}

/// One refresh of `top`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Top {
    /// Time of day as printed.
    pub clock: String,
    /// Load of the last minute.
    pub load: Option<f64>,
    /// Share of time in percent, by the letters of `top`: `us`, `sy`, `id`, `wa`, `st`.
    pub cpu: BTreeMap<String, f64>,
    /// The tasks with the most processor time, at most 20.
    pub tasks: Vec<Task>,
    /// Where it begins.
    pub locator: Locator,
}

/// A process or thread of `top`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Task {
    /// Process or thread identifier: with `-H` the `nid` of a thread dump in decimal.
    pub pid: u64,
    /// Percent of one processor.
    pub cpu: f64,
    /// Name as printed, possibly shortened.
    pub command: String,
}

/// The rows of one `vmstat`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VmStat {
    /// Values by the letters of the header, one entry a row. The first row is the mean since boot.
    pub rows: Vec<BTreeMap<String, u64>>,
    /// Where it begins.
    pub locator: Locator,
}

/// `free`, in the unit printed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Memory {
    /// Total of memory.
    pub total: u64,
    /// Memory that can still be given out.
    pub available: Option<u64>,
    /// Total of swap.
    pub swap_total: u64,
    /// Swap in use.
    pub swap_used: u64,
    /// Where.
    pub locator: Locator,
}

/// One line of `/proc/PID/limits`; `None` is unlimited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Limit {
    /// `Max open files`
    pub name: String,
    /// The limit in force.
    pub soft: Option<u64>,
    /// How far it may be raised.
    pub hard: Option<u64>,
    /// Where.
    pub locator: Locator,
}

/// Key and value lines of a control group: `cpu.stat`, `memory.events`, `memory.stat`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cgroup {
    /// The values.
    pub values: BTreeMap<String, u64>,
    /// Where it begins.
    pub locator: Locator,
}

/// Native Memory Tracking, summary or diff. Bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NativeMemory {
    /// The process, where written.
    pub pid: Option<u64>,
    /// Committed in total.
    pub committed: u64,
    /// Change of the total since the baseline; `None` in a plain summary.
    pub change: Option<i64>,
    /// The categories.
    pub categories: Vec<Category>,
    /// Where it begins.
    pub locator: Locator,
}

/// A category of Native Memory Tracking. Bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Category {
    /// `Java Heap`, `Thread`, `Class`, …
    pub name: String,
    /// Committed.
    pub committed: u64,
    /// Change since the baseline; 0 in a plain summary.
    pub change: i64,
    /// Where.
    pub locator: Locator,
}

/// `jcmd PID VM.flags`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Flags {
    /// The process, where written.
    pub pid: Option<u64>,
    /// The flags as written.
    pub flags: Vec<String>,
    /// Where.
    pub locator: Locator,
}

/// `jcmd PID GC.heap_info`, its totals. Bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HeapInfo {
    /// `garbage-first heap`, `PSOldGen`, `Metaspace`, …
    pub space: String,
    /// Size now.
    pub total: u64,
    /// Used now, garbage included.
    pub used: u64,
    /// Where.
    pub locator: Locator,
}

/// A class histogram. Bytes are shallow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Histogram {
    /// The process, where written.
    pub pid: Option<u64>,
    /// Classes with the most bytes, at most 500.
    pub classes: Vec<ClassRow>,
    /// Instances of all classes.
    pub instances: u64,
    /// Bytes of all classes.
    pub bytes: u64,
    /// Where it begins.
    pub locator: Locator,
}

/// A row of a class histogram.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "HistogramRow")]
pub struct ClassRow {
    /// Name as the JVM writes it: `[B`, `java.lang.String`.
    pub name: String,
    /// Instances.
    pub instances: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// A list of processes (`ps`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Processes {
    /// The largest processes, at most 200, by number.
    pub list: Vec<Process>,
    /// Rows of the list: processes, or threads where it lists threads.
    pub rows: u64,
    /// Rows in state `D`: they wait for a disk or a network file system and cannot be killed.
    pub waiting_for_disk: u64,
    /// Where it begins.
    pub locator: Locator,
}

/// A process of `ps`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Process {
    /// Its number.
    pub pid: u64,
    /// Its threads, where listed or counted.
    pub threads: Option<u64>,
    /// Resident bytes.
    pub resident: Option<u64>,
    /// Its command, arguments included.
    pub command: String,
}

/// The mappings of one process (`pmap -x`). Bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MemoryMap {
    /// The process, where written.
    pub pid: Option<u64>,
    /// Address space in use.
    pub size: u64,
    /// Of that, resident.
    pub resident: u64,
    /// Arenas of the C library: mappings of 64 MiB.
    pub arenas: u64,
    /// Resident bytes in them.
    pub arenas_resident: u64,
    /// Where it begins.
    pub locator: Locator,
}

/// Figures of a processor, a device or the whole machine over an interval (`iostat`, `sar`, `mpstat`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sample {
    /// `iostat` or `sar`; the first of `iostat` is the mean since boot.
    pub tool: String,
    /// Time of day as printed, where the tool prints it.
    pub clock: String,
    /// The processor or device, or `all`.
    pub of: String,
    /// Values by title: `%idle`, `%util`, `pswpin/s`.
    pub values: BTreeMap<String, f64>,
    /// Where.
    pub locator: Locator,
}

/// A file system of `df`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Volume {
    /// The device as printed; empty where it stood on a line of its own.
    pub device: String,
    /// Where it is mounted.
    pub mount: String,
    /// Use in percent.
    pub used_percent: u64,
    /// Whether inodes are meant, not bytes (`df -i`).
    pub inodes: bool,
    /// Where.
    pub locator: Locator,
}

/// Pressure stall information of one resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Pressure {
    /// `cpu`, `memory`, `io`, or `?` where the name of the file does not tell.
    pub resource: String,
    /// Time in which at least one task waited for it.
    pub some: Stall,
    /// Time in which all tasks did.
    pub full: Option<Stall>,
    /// Where.
    pub locator: Locator,
}

/// Shares of time in percent, over the last 10, 60 and 300 seconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Stall {
    /// Of the last 10 seconds.
    pub avg10: f64,
    /// Of the last 60 seconds.
    pub avg60: f64,
    /// Of the last 300 seconds.
    pub avg300: f64,
}
