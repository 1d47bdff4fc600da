//! Evidence that is often missing: what it would tell and how to have it next time.

use super::report::Missing;
use crate::t;

/// A kind of evidence that can be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Need {
    GcLog,
    ThreadDump,
    SecondThreadDump,
    HeapDump,
    AccessLog,
    RestartEvidence,
    KernelLog,
    ApplicationLog,
    NativeMemory,
    Throttling,
    HostSnapshots,
}

impl Need {
    /// The need in words.
    pub(super) fn describe(self) -> Missing {
        let (what, tells, capture) = match self {
            Self::GcLog => (
                t!("a GC log"),
                t!("whether the collector ate the time, and whether the live set grew"),
                t!(
                    "-Xlog:gc*,safepoint:file=gc.log:time,uptime,level,tags:filecount=10,filesize=20M"
                ),
            ),
            Self::ThreadDump => (
                t!("thread dumps taken while it hung"),
                t!("who waited for whom"),
                t!(
                    "three times, ten seconds apart, before the restart: jcmd PID Thread.print -l > threads-N.txt"
                ),
            ),
            Self::SecondThreadDump => (
                t!("a second thread dump, ten seconds after the first"),
                t!("whether the threads moved"),
                t!("jcmd PID Thread.print -l > threads-2.txt"),
            ),
            Self::HeapDump => (
                t!("a heap dump of the life that ended"),
                t!("who holds the memory"),
                t!("-XX:+HeapDumpOnOutOfMemoryError -XX:HeapDumpPath=/a/volume/that/survives"),
            ),
            Self::AccessLog => (
                t!("an access log with durations"),
                t!("what the requests felt, and whether the load rose first"),
                t!("Tomcat: pattern=\"%h %l %u %t &quot;%r&quot; %s %b %D\"; nginx: $request_time"),
            ),
            Self::RestartEvidence => (
                t!("the supervisor's own record"),
                t!("who ended the process, with which exit code"),
                t!(
                    "within the hour: kubectl describe pod POD; kubectl get events -o json; kubectl logs --previous POD"
                ),
            ),
            Self::KernelLog => (
                t!("the kernel log of the node"),
                t!("whether the kernel killed it for memory"),
                t!("on the node: journalctl -k --since -1h"),
            ),
            Self::ApplicationLog => (
                t!("the application's standard output"),
                t!("OutOfMemoryErrors, start-up and shutdown lines"),
                t!("kubectl logs --previous POD > app.log"),
            ),
            Self::NativeMemory => (
                t!("native memory over time"),
                t!("whether memory outside the heap grew"),
                t!("-XX:NativeMemoryTracking=summary, then jcmd PID VM.native_memory summary.diff"),
            ),
            Self::Throttling => (
                t!("the container's CPU statistics"),
                t!("whether it was throttled"),
                t!("cat /sys/fs/cgroup/cpu.stat, twice"),
            ),
            Self::HostSnapshots => (
                t!("snapshots of the host and the process"),
                t!("open connections and files, threads, swapping, disks"),
                t!(
                    "twice, a minute apart: date; ss -tanp; lsof -p PID; ps -Lfp PID; vmstat 1 5; df -h"
                ),
            ),
        };
        Missing {
            what,
            tells,
            capture,
        }
    }
}
