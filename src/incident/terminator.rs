//! Who or what ended a life. No single field is believed: `OOMKilled`, 137 and 143 are each wrong in known cases, in
//! both directions.

use super::case::{Case, quote};
use super::facts::{host, memory};
use super::placed::Placed;
use super::report::{End, Terminator};
use crate::events::{KillReason, OomScope, ProbeKind, RunState, Terminated, What};
use crate::finding::{Confidence, Evidence};
use crate::gc::LifeEnd;
use crate::host::Processes;
use crate::t;
use crate::text::{bytes, duration};
use crate::time::SECOND;

/// SIGKILL as a container's exit code.
const KILLED: i32 = 128 + 9;
/// SIGTERM as a container's exit code.
const TERMINATED: i32 = 128 + 15;
/// `-XX:+ExitOnOutOfMemoryError` ends the JVM with this code.
pub(super) const OUT_OF_MEMORY: i32 = 3;
/// A life that ends with an error before this age failed to start.
const START: i64 = 60 * SECOND;

/// Decides what ended the life of `case`.
pub(super) fn classify(case: &Case<'_>) -> Terminator {
    let rules = [
        still_running,
        never_started,
        kernel_oom,
        evicted,
        probe_kill,
        own_exit,
        crash,
        runtime_oom,
        ordered_stop,
        by_exit_code,
        by_log,
        no_end_seen,
        seen_by_collector,
    ];
    let found = rules.iter().find_map(|rule| rule(case));
    let mut terminator = found.unwrap_or_else(|| {
        verdict(
            End::Unknown,
            Confidence::Undetermined,
            t!("Nothing in the evidence says how it ended."),
        )
    });
    let record = end_record(case);
    terminator.exit_code = record.and_then(|end| end.exit_code);
    if let Some(evidence) = record_evidence(case) {
        terminator.evidence.push(evidence);
    }
    terminator
}

fn still_running(case: &Case<'_>) -> Option<Terminator> {
    let statement = t!("It was still running when the evidence was collected.");
    case.life
        .running
        .then(|| verdict(End::StillRunning, Confidence::Confirmed, statement))
}

/// The container was wanted, and nothing of it ever ran: it waits, and no witness saw a start.
fn never_started(case: &Case<'_>) -> Option<Terminator> {
    let life = case.life;
    let silent = life.started.is_none() && life.gc.is_none() && life.container.is_none();
    let none = silent && life.dumps.is_empty() && life.heaps.is_empty();
    let state = case.container_state().filter(|_| none)?;
    let RunState::Waiting { reason, .. } = &state.state else {
        return None;
    };
    let new = state.last_state.is_none() && state.restart_count.unwrap_or(0) == 0;
    let reason = reason.as_deref().unwrap_or("?");
    let statement = t!("It never started: its container waits ({reason}).", reason);
    let mut ended = verdict(End::NeverStarted, Confidence::Confirmed, statement.clone());
    let evidence = Evidence::new(statement, state.locator.clone());
    ended.evidence.push(evidence);
    new.then_some(ended)
}

/// The kernel's own line is the only proof of a kill for memory.
fn kernel_oom(case: &Case<'_>) -> Option<Terminator> {
    let mut lines = case.events_where(|what| matches!(what, What::KernelOomKill(_)));
    let line = lines.next()?;
    let What::KernelOomKill(kill) = line.what() else {
        return None;
    };
    let size = kill.resident().map_or(String::new(), |rss| {
        t!(", {size} resident", size = bytes(rss))
    });
    let (end, confidence, statement) = match kill.scope {
        OomScope::Memcg => (
            End::ContainerOomKill,
            Confidence::Confirmed,
            t!(
                "The kernel killed it at the memory limit of its container{size}.",
                size
            ),
        ),
        // Old kernels do not say at which limit; the runtime's word decides, where there is one.
        OomScope::Unknown if said_oom_killed(case) => (
            End::ContainerOomKill,
            Confidence::Likely,
            t!(
                "The kernel killed it for want of memory{size}, and the runtime reports OOMKilled: the container's limit.",
                size
            ),
        ),
        OomScope::Unknown => (
            End::NodeOomKill,
            Confidence::Possible,
            t!(
                "The kernel killed it for want of memory{size}; its line does not say whether the container's limit or the node was the reason.",
                size
            ),
        ),
        OomScope::Global | OomScope::Partial => (
            End::NodeOomKill,
            Confidence::Confirmed,
            t!(
                "The kernel killed it because the node had no memory left{size}.",
                size
            ),
        ),
    };
    Some(with(verdict(end, confidence, statement), [line]))
}

fn said_oom_killed(case: &Case<'_>) -> bool {
    end_record(case).is_some_and(|end| end.reason.as_deref() == Some("OOMKilled"))
}

fn evicted(case: &Case<'_>) -> Option<Terminator> {
    let line = case
        .events_where(|what| matches!(what, What::Evicted { .. }))
        .next()?;
    let statement = t!("The kubelet evicted the pod from its node.");
    let ended = verdict(End::Evicted, Confidence::Confirmed, statement);
    Some(with(ended, [line]))
}

/// The order to kill after failed probes, close to the end. 137 means that the process did not react to SIGTERM within
/// the grace period.
fn probe_kill(case: &Case<'_>) -> Option<Terminator> {
    let order = case
        .events_where(|what| {
            matches!(
                what,
                What::KillOrdered {
                    reason: KillReason::Probe(_)
                }
            )
        })
        .last()
        .or_else(|| unhealthy_stop(case))?;
    let code = end_record(case).and_then(|end| end.exit_code);
    let reaction = match code {
        Some(KILLED) => {
            t!("; it did not end within the grace period and was killed (exit code 137)")
        }
        Some(TERMINATED) => t!("; it ended on SIGTERM (exit code 143)"),
        Some(code) => t!("; it ended with exit code {code}", code),
        None => String::new(),
    };
    let statement = t!(
        "The supervisor killed it because its liveness probe failed{reaction}.",
        reaction
    );
    let confidence = match code {
        Some(_) => Confidence::Confirmed,
        None => Confidence::Likely,
    };
    let failed = case
        .events_where(|what| matches!(what, What::ProbeFailed { .. }))
        .last();
    let ended = verdict(End::ProbeKill, confidence, statement);
    Some(with(ended, failed.into_iter().chain([order])))
}

/// The stop that a platform orders at once when its own health check has failed, without a reason in the order itself.
fn unhealthy_stop<'c, 'a>(case: &'c Case<'a>) -> Option<&'c Placed<'a>> {
    const AT_ONCE: i64 = 10 * SECOND;
    let health = |what: &What| {
        let probe = ProbeKind::Health;
        matches!(what, What::ProbeFailed { probe: found, .. } if *found == probe)
    };
    let failed = case.events_where(health).last()?;
    let at = failed.last()?;
    let stop = |what: &What| {
        let reason = KillReason::Stop;
        *what == What::KillOrdered { reason }
    };
    case.events_where(stop).find(|order| {
        let after = order.at.map(|order| order.lo.since(at.lo));
        after.is_some_and(|after| (0..=AT_ONCE).contains(&after))
    })
}

fn own_exit(case: &Case<'_>) -> Option<Terminator> {
    let line = case
        .events_where(|what| matches!(what, What::JvmTerminating { .. }))
        .next();
    let code = end_record(case).and_then(|end| end.exit_code);
    let error = || {
        case.events_where(|what| matches!(what, What::OutOfMemoryError { .. }))
            .last()
    };
    let line = line.or_else(|| (code == Some(OUT_OF_MEMORY)).then(error).flatten())?;
    let statement = t!("The JVM ended itself on an OutOfMemoryError.");
    let ended = verdict(End::ExitOnOutOfMemory, Confidence::Confirmed, statement);
    Some(with(ended, [line]))
}

fn crash(case: &Case<'_>) -> Option<Terminator> {
    let line = case
        .events_where(|what| matches!(what, What::JvmCrash { .. }))
        .next()?;
    let What::JvmCrash { error, .. } = line.what() else {
        return None;
    };
    if memory::aborted(line.what()) {
        let statement = t!(
            "The JVM ended itself on an OutOfMemoryError, by an abort (-XX:+CrashOnOutOfMemoryError)."
        );
        let ended = verdict(End::ExitOnOutOfMemory, Confidence::Confirmed, statement);
        return Some(with(ended, [line]));
    }
    let statement = t!("The JVM crashed: {error}.", error);
    let ended = verdict(End::Crash, Confidence::Confirmed, statement);
    Some(with(ended, [line]))
}

/// The runtime's word for it, which is wrong when it speaks of another process of the container or of a drain.
fn runtime_oom(case: &Case<'_>) -> Option<Terminator> {
    let record = end_record(case);
    let said = said_oom_killed(case);
    let line = case
        .events_where(|what| matches!(what, What::OomKilled))
        .next();
    if !said && line.is_none() {
        return counted_oom(case);
    }
    if record.and_then(|end| end.exit_code) == Some(TERMINATED) {
        let statement = t!(
            "The runtime says OOMKilled, but exit code 143 is an orderly SIGTERM: it was stopped, not killed for memory."
        );
        let ended = verdict(End::OrderedStop, Confidence::Possible, statement);
        return Some(with(ended, line));
    }
    let statement = t!(
        "The container runtime reports a kill at the memory limit of the container; the kernel's own line is not among the evidence."
    );
    let ended = verdict(End::ContainerOomKill, Confidence::Likely, statement);
    Some(with(ended, line))
}

/// A kill by SIGKILL in a container whose control group counts kills at its memory limit.
fn counted_oom(case: &Case<'_>) -> Option<Terminator> {
    let code = end_record(case).and_then(|end| end.exit_code);
    let counted = case.see(host::kills_counted);
    let fact = counted.fact().filter(|_| code == Some(KILLED))?;
    let statement = t!(
        "SIGKILL (exit code 137), and the control group counts kills at its memory limit; it does not say of which process."
    );
    let mut ended = verdict(End::ContainerOomKill, Confidence::Likely, statement);
    ended.evidence.clone_from(&fact.evidence);
    Some(ended)
}

fn ordered_stop(case: &Case<'_>) -> Option<Terminator> {
    let known = |what: &What| {
        matches!(
            what,
            What::KillOrdered {
                reason: KillReason::Stop | KillReason::Changed
            }
        )
    };
    let orders = case.events_where(|what| {
        let reason = KillReason::Other;
        known(what)
            || *what == What::KillOrdered { reason }
            || matches!(what, What::ServerStopping { .. })
    });
    // The last of those that say why, else the last.
    let order = orders.max_by_key(|order| known(order.what()))?;
    let near_the_end = match (order.last(), case.life.ended) {
        (Some(order), Some(end)) => order.lo <= end.hi && end.lo.since(order.lo) < 10 * 60 * SECOND,
        _ => true,
    };
    let ended = match order.what() {
        what if known(what) => verdict(
            End::OrderedStop,
            Confidence::Likely,
            t!("It was told to stop, and stopped."),
        ),
        // Its own word only: it was told to stop, perhaps by a supervisor whose probe had failed.
        _ => verdict(
            End::OrderedStop,
            Confidence::Possible,
            t!("It was told to stop, and stopped; who told it is not in the evidence."),
        ),
    };
    near_the_end.then(|| with(ended, [order]))
}

fn by_exit_code(case: &Case<'_>) -> Option<Terminator> {
    let record = end_record(case)?;
    let code = record.exit_code?;
    let age = match (case.life.started, case.life.ended) {
        (Some(start), Some(end)) => Some(end.lo.since(start.lo)),
        _ => None,
    };
    let served = case.seconds.iter().any(|(_, second)| second.finished > 0);
    let served = served || case.life.ready.is_some();
    Some(match code {
        0 => verdict(
            End::NormalExit,
            Confidence::Confirmed,
            t!("It ended by itself, without an error (exit code 0)."),
        ),
        KILLED => verdict(
            End::KilledByUnknown,
            Confidence::Undetermined,
            t!(
                "SIGKILL (exit code 137) from an unknown sender: no probe kill, no kernel line. The kernel log of the node decides."
            ),
        ),
        TERMINATED => verdict(
            End::OrderedStop,
            Confidence::Likely,
            t!("It ended on SIGTERM (exit code 143); who sent it is not in the evidence."),
        ),
        134 | 139 => verdict(
            End::Crash,
            Confidence::Likely,
            t!(
                "Exit code {code} is a crash; the hs_err file is not among the evidence.",
                code
            ),
        ),
        OUT_OF_MEMORY if !case.life.heaps.is_empty() => verdict(
            End::ExitOnOutOfMemory,
            Confidence::Likely,
            t!(
                "It ended with exit code 3, as -XX:+ExitOnOutOfMemoryError makes the JVM do, and left a heap dump."
            ),
        ),
        OUT_OF_MEMORY => verdict(
            End::ErrorExit,
            Confidence::Undetermined,
            t!(
                "It ended with exit code 3. -XX:+ExitOnOutOfMemoryError ends the JVM so; its output would tell."
            ),
        ),
        code if age.is_some_and(|age| age < START) && !served => verdict(
            End::StartFailure,
            Confidence::Likely,
            t!(
                "It failed during start-up: exit code {code} after {age}.",
                code,
                age = duration(age.unwrap_or(0))
            ),
        ),
        code => verdict(
            End::ErrorExit,
            Confidence::Undetermined,
            t!("It ended with exit code {code}; nothing says why.", code),
        ),
    })
}

/// What the GC log alone tells about the end.
fn by_log(case: &Case<'_>) -> Option<Terminator> {
    let gc = case.gc()?;
    let (end, confidence, statement) = match gc.ended {
        LifeEnd::ExitBlock => (
            End::NormalExit,
            Confidence::Likely,
            t!("The JVM shut down by itself: its GC log ends with the exit summary."),
        ),
        LifeEnd::NextLife => (
            End::KilledByUnknown,
            Confidence::Undetermined,
            t!(
                "It was killed: the GC log ends without the exit summary and another life follows. Who killed it is not in the evidence."
            ),
        ),
        LifeEnd::LogEnds => return None,
    };
    let mut ended = verdict(end, confidence, statement);
    let last = t!("last line of this life");
    ended.evidence.push(Evidence::new(last, gc.last.clone()));
    Some(ended)
}

/// A supervisor that records ends saw this life begin, and none.
fn no_end_seen(case: &Case<'_>) -> Option<Terminator> {
    let life = case.container()?;
    let last = case.lives.last().and_then(|last| last.container) == case.life.container;
    let open = life.started.is_some() && life.ended.is_none() && life.end.is_none() && last;
    open.then(|| {
        let statement = t!("Its supervisor saw it begin and saw no end.");
        verdict(End::StillRunning, Confidence::Likely, statement)
    })
}

/// A collector lists the processes while it looks at one of them: that one ran.
fn seen_by_collector(case: &Case<'_>) -> Option<Terminator> {
    let process = case.rooms.layout.as_ref()?.process?;
    let own = |list: &&Processes| list.list.iter().any(|one| one.pid == process);
    let list = case.rooms.host.processes.iter().rfind(own)?;
    let statement = t!("process {process} is listed", process);
    let listed = Evidence::new(statement, list.locator.clone());
    // With several programs side by side the number alone does not tell which one it is.
    let one = case
        .lives
        .iter()
        .all(|life| life.program == case.life.program);
    let last = case.next_start.is_none() && case.taken_in_life(&listed);
    (one && last).then(|| {
        let statement = t!("It was still running when the evidence was collected.");
        let mut ended = verdict(End::StillRunning, Confidence::Likely, statement);
        ended.evidence.push(listed);
        ended
    })
}

fn end_record<'a>(case: &Case<'a>) -> Option<&'a Terminated> {
    case.container().and_then(|life| life.end.as_ref())
}

fn record_evidence(case: &Case<'_>) -> Option<Evidence> {
    let life = case.container()?;
    let end = life.end.as_ref()?;
    let statement = match (end.exit_code, end.reason.as_deref()) {
        (Some(code), Some(reason)) => t!("exit code {code}, reason {reason}", code, reason),
        (Some(code), None) => t!("exit code {code}", code),
        (None, Some(reason)) => t!("exit code not recorded, reason {reason}", reason),
        (None, None) => t!("exit code not recorded"),
    };
    Some(Evidence::new(statement, life.locators.last()?.clone()))
}

fn verdict(kind: End, confidence: Confidence, statement: String) -> Terminator {
    Terminator {
        kind,
        confidence,
        statement,
        exit_code: None,
        evidence: Vec::new(),
    }
}

fn with<'e, 'a: 'e>(
    mut terminator: Terminator,
    lines: impl IntoIterator<Item = &'e Placed<'a>>,
) -> Terminator {
    let quotes = lines.into_iter().map(|placed| quote(placed.event));
    terminator.evidence.extend(quotes);
    terminator
}
