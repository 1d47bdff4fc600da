//! What snapshots of the host and the process show about a life. The rules of the host room judge them; here their
//! findings become facts, with the time at which the snapshot was taken where a collector printed it.

use super::{Fact, Observed};
use crate::finding::{Evidence, Finding};
use crate::host::HostReport;
use crate::incident::case::Case;
use crate::incident::needs::Need;
use crate::t;
use crate::text::percent;

/// A share of throttled periods below which the CPU limit did no harm.
const HARMLESS: f64 = 0.05;

/// The first finding of one of `rules` on a snapshot that can be of this life. `covered` tells whether there were
/// snapshots that could show it.
fn found(
    case: &Case<'_>,
    rules: &[&str],
    need: Need,
    covered: impl FnOnce(&HostReport) -> bool,
) -> Observed {
    let host = &case.rooms.host;
    let own = |finding: &&Finding| {
        let last = finding.evidence.last();
        rules.contains(&finding.rule.as_str()) && last.is_some_and(|last| case.taken_in_life(last))
    };
    match host.findings.iter().find(own) {
        Some(finding) => Observed::Yes(Fact {
            at: finding.evidence.last().and_then(|last| case.taken(last)),
            statement: finding.title.clone(),
            evidence: finding.evidence.clone(),
        }),
        None if covered(host) => Observed::No,
        None => Observed::Unknown(need),
    }
}

/// Periods of the CPU limit in this life's snapshots, and those in which it was used up.
fn periods(case: &Case<'_>) -> Option<(u64, u64, Evidence)> {
    let shares = case.rooms.host.cgroups.iter().filter_map(|group| {
        let periods = group.values.get("nr_periods").copied()?;
        let throttled = group.values.get("nr_throttled").copied()?;
        let statement = t!(
            "nr_throttled {throttled} of nr_periods {periods}",
            throttled,
            periods
        );
        let evidence = Evidence::new(statement, group.locator.clone());
        case.taken_in_life(&evidence)
            .then_some((periods, throttled, evidence))
    });
    shares.max_by(|one, two| share(one).total_cmp(&share(two)))
}

fn share(periods: &(u64, u64, Evidence)) -> f64 {
    periods.1 as f64 / periods.0.max(1) as f64
}

/// The container used up its processor time in a quarter of its periods or more.
pub(in crate::incident) fn throttled(case: &Case<'_>) -> Observed {
    let known = periods(case).is_some();
    found(case, &["host/throttled"], Need::Throttling, |_| known)
}

/// The counters show that the CPU limit hardly ever stopped the container.
pub(in crate::incident) fn not_throttled(case: &Case<'_>) -> Observed {
    let Some(found) = periods(case) else {
        return Observed::Unknown(Need::Throttling);
    };
    let statement = t!(
        "the container was stopped by its CPU limit in only {share} of its periods",
        share = percent(share(&found), 1.0)
    );
    let quiet = share(&found) < HARMLESS;
    Observed::when(quiet.then(|| Fact::new(None, statement, found.2)))
}

/// The processors had nothing left, whoever used them.
pub(in crate::incident) fn processors_saturated(case: &Case<'_>) -> Observed {
    let rules = ["host/cpu-saturated", "host/pressure"];
    let told = |host: &HostReport| !(host.vmstats.is_empty() && host.tops.is_empty());
    match found(case, &rules, Need::Throttling, told) {
        Observed::Yes(fact) if fact.evidence.iter().any(|place| of_processor(case, place)) => {
            Observed::Yes(fact)
        }
        Observed::Yes(_) => Observed::No,
        other => other,
    }
}

/// Whether a place speaks of the processor: pressure is also told of memory and disks.
fn of_processor(case: &Case<'_>, place: &Evidence) -> bool {
    let mut pressures = case.rooms.host.pressures.iter();
    !pressures.any(|pressure| pressure.locator == place.locator && pressure.resource != "cpu")
}

/// Pages were moved to and from disk.
pub(in crate::incident) fn swapped(case: &Case<'_>) -> Observed {
    found(case, &["host/swapping"], Need::HostSnapshots, |host| {
        !host.vmstats.is_empty()
    })
}

/// A category of native memory grew, or arenas of the C library hold much.
pub(in crate::incident) fn native_memory_grew(case: &Case<'_>) -> Observed {
    found(case, &["host/native-growth"], Need::NativeMemory, |host| {
        host.native.len() > 1 || host.native.iter().any(|native| native.change.is_some())
    })
}

/// Arenas of the C library hold much of the memory.
pub(in crate::incident) fn arenas_heavy(case: &Case<'_>) -> Observed {
    found(case, &["host/malloc-arenas"], Need::NativeMemory, |host| {
        !host.maps.is_empty()
    })
}

/// The resident memory of a process grew.
pub(in crate::incident) fn resident_grew(case: &Case<'_>) -> Observed {
    found(
        case,
        &["host/resident-growing"],
        Need::NativeMemory,
        |host| host.processes.len() > 1 || host.maps.len() > 1,
    )
}

/// The same classes grew between two histograms.
pub(in crate::incident) fn classes_grew(case: &Case<'_>) -> Observed {
    let rules = ["host/histogram-growth"];
    found(case, &rules, Need::HeapDump, |host| {
        host.histograms.len() > 1
    })
}

/// Connections that the other side closed are still held.
pub(in crate::incident) fn connections_kept(case: &Case<'_>) -> Observed {
    found(case, &["host/close-wait"], Need::HostSnapshots, |host| {
        !host.sockets.is_empty()
    })
}

/// The process is near its limit of descriptors, or opens more and more of them.
pub(in crate::incident) fn descriptors_kept(case: &Case<'_>) -> Observed {
    let rules = ["host/descriptors-near-limit", "host/descriptors-growing"];
    found(case, &rules, Need::HostSnapshots, |host| {
        !host.descriptors.is_empty()
    })
}

/// Connections to one remote are not answered.
pub(in crate::incident) fn remote_silent(case: &Case<'_>) -> Observed {
    let rules = ["host/remote-unreachable"];
    found(case, &rules, Need::HostSnapshots, |host| {
        !host.sockets.is_empty()
    })
}

/// Connections wait to be accepted in a full queue.
pub(in crate::incident) fn accept_queue_full(case: &Case<'_>) -> Observed {
    let rules = ["host/accept-queue-full"];
    found(case, &rules, Need::HostSnapshots, |host| {
        host.sockets.iter().any(|table| !table.listeners.is_empty())
    })
}

/// A process starts threads that do not end.
pub(in crate::incident) fn threads_grew(case: &Case<'_>) -> Observed {
    found(
        case,
        &["host/threads-growing"],
        Need::HostSnapshots,
        |host| host.processes.len() > 1,
    )
}

/// A file system is full, or a disk cannot keep up.
pub(in crate::incident) fn disk_in_trouble(case: &Case<'_>) -> Observed {
    let rules = ["host/disk-full", "host/disk-saturated"];
    found(case, &rules, Need::HostSnapshots, |host| {
        !(host.volumes.is_empty() && host.samples.is_empty())
    })
}

/// The control group counts kills at its memory limit.
pub(in crate::incident) fn kills_counted(case: &Case<'_>) -> Observed {
    found(case, &["host/cgroup-oom-kill"], Need::KernelLog, |host| {
        host.cgroups
            .iter()
            .any(|group| group.values.contains_key("oom_kill"))
    })
}
