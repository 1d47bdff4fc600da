//! What restart evidence and application logs show about a life.

use super::{Fact, Observed};
use crate::events::{
    KillReason, OomScope, Probe, ProbeFailure, ProbeKind, RunState, Terminated, What,
};
use crate::finding::Evidence;
use crate::incident::case::{Case, quote};
use crate::incident::needs::Need;
use crate::incident::placed::Placed;
use crate::t;
use crate::text::{bytes, duration, often};
use crate::time::{Moment, SECOND};

/// Deaths before this age, several times, are a crash loop.
pub(super) const YOUNG: i64 = 60 * SECOND;

/// Storage that failed this long before the end may have had to do with it.
const LINGERS: i64 = 30 * 60 * SECOND;

/// The first event that `test` accepts as a fact in the words of `say`, with its count.
pub(super) fn first(
    case: &Case<'_>,
    test: impl Fn(&What) -> bool,
    say: impl FnOnce(&What, u64) -> String,
) -> Option<Fact> {
    first_of(case.events_where(test).collect(), say)
}

fn first_of(found: Vec<&Placed<'_>>, say: impl FnOnce(&What, u64) -> String) -> Option<Fact> {
    let event = found.first()?;
    let count = found.iter().map(|placed| placed.count).sum();
    let evidence = found.iter().take(3).map(|placed| quote(placed.event));
    Some(Fact {
        at: event.at,
        statement: say(event.what(), count),
        evidence: evidence.collect(),
    })
}

fn supervisor(case: &Case<'_>, fact: Option<Fact>) -> Observed {
    match (fact, case.supervised()) {
        (Some(fact), _) => Observed::Yes(fact),
        (None, true) => Observed::No,
        (None, false) => Observed::Unknown(Need::RestartEvidence),
    }
}

pub(super) fn application(case: &Case<'_>, fact: Option<Fact>) -> Observed {
    let logged = case.events.iter().any(|placed| {
        matches!(
            placed.what(),
            What::ServerStarted { .. } | What::OutOfMemoryError { .. }
        )
    });
    match (fact, logged) {
        (Some(fact), _) => Observed::Yes(fact),
        (None, true) => Observed::No,
        (None, false) => Observed::Unknown(Need::ApplicationLog),
    }
}

/// Probes got no answer in time.
pub(in crate::incident) fn probes_timed_out(case: &Case<'_>) -> Observed {
    probes(
        case,
        |why| why == ProbeFailure::Timeout,
        t!("probes got no answer in time"),
    )
}

/// Probes were answered with an error: the process was alive.
pub(in crate::incident) fn probes_got_errors(case: &Case<'_>) -> Observed {
    let status = |why| matches!(why, ProbeFailure::Status(_));
    probes(
        case,
        status,
        t!("probes were answered with an error, so the process could answer"),
    )
}

fn probes(case: &Case<'_>, test: impl Fn(ProbeFailure) -> bool, words: String) -> Observed {
    let failed = |what: &What| matches!(what, What::ProbeFailed { why, .. } if test(*why));
    let fact = first(case, failed, |_, count| match count {
        1 => words,
        _ => t!("{words}, {count} times at least", words, count),
    });
    supervisor(case, fact)
}

/// The kernel killed the process at the memory limit of its container.
pub(in crate::incident) fn killed_at_limit(case: &Case<'_>) -> Observed {
    let kernel =
        |what: &What| matches!(what, What::KernelOomKill(kill) if kill.scope == OomScope::Memcg);
    if let Some(fact) = first(case, kernel, |_, _| {
        t!("the kernel killed it at the memory limit of its container")
    }) {
        return Observed::Yes(fact);
    }
    let end = case.container().and_then(|life| life.end.as_ref());
    let said =
        |end: &Terminated| end.reason.as_deref() == Some("OOMKilled") && end.exit_code != Some(143);
    if let (Some(end), Some(life)) = (end.filter(|end| said(end)), case.container()) {
        let code = end.exit_code.unwrap_or(137);
        let statement = t!("the runtime reports OOMKilled, exit code {code}", code);
        let place = life
            .locators
            .last()
            .map(|at| Evidence::new(statement.clone(), at.clone()));
        return Observed::Yes(Fact {
            at: end.finished,
            statement,
            evidence: place.into_iter().collect(),
        });
    }
    let runtime = |what: &What| matches!(what, What::OomKilled);
    let fact = first(case, runtime, |_, _| {
        t!("the runtime reports a kill at the memory limit of the container")
    });
    // A count says that somebody of the container was killed: this process, if it ended by SIGKILL.
    let killed = end.and_then(|end| end.exit_code) == Some(137);
    let counted = match (&fact, killed) {
        (None, true) => super::host::kills_counted(case),
        _ => Observed::No,
    };
    match (fact, counted, case.supervised()) {
        (Some(fact), _, _) | (None, Observed::Yes(fact), _) => Observed::Yes(fact),
        (None, _, true) => Observed::No,
        (None, _, false) => Observed::Unknown(Need::KernelLog),
    }
}

/// The kernel killed it because the whole node had no memory left.
pub(in crate::incident) fn node_out_of_memory(case: &Case<'_>) -> Observed {
    let node = |what: &What| {
        matches!(what, What::KernelOomKill(kill) if kill.scope == OomScope::Global)
            || matches!(what, What::NodeOom { .. })
    };
    supervisor(
        case,
        first(case, node, |_, _| t!("the node itself ran out of memory")),
    )
}

/// The heap may grow to three quarters of the container's limit or more.
pub(in crate::incident) fn heap_too_large_for_container(case: &Case<'_>) -> Observed {
    let state = case.container_state();
    let limit = state.and_then(|state| state.limits.memory);
    let (Some(limit), Some(state)) = (limit, state) else {
        return Observed::Unknown(Need::RestartEvidence);
    };
    let Some(heap) = case.gc().and_then(|gc| gc.heap_max) else {
        return Observed::Unknown(Need::GcLog);
    };
    let statement = t!(
        "the heap may grow to {heap}, the container's limit is {limit}",
        heap = bytes(heap),
        limit = bytes(limit)
    );
    let evidence = Evidence::new(statement.clone(), state.locator.clone());
    let tight = heap as f64 >= 0.75 * limit as f64;
    Observed::when(tight.then(|| Fact::new(None, statement, evidence)))
}

/// A dependency failed, or a connection pool ran dry.
pub(in crate::incident) fn dependency_failed(case: &Case<'_>) -> Observed {
    let failed =
        |what: &What| matches!(what, What::ConnectionFailed { .. } | What::PoolExhausted(_));
    let fact = first(case, failed, |what, count| match what {
        What::PoolExhausted(pool) => {
            let name = pool.pool.clone().unwrap_or_else(|| t!("a connection pool"));
            t!(
                "{name} had no connection to give, {often}",
                name,
                often = often(count)
            )
        }
        What::ConnectionFailed {
            remote: Some(remote),
            ..
        } => {
            t!(
                "{remote} could not be reached or did not answer, {often}",
                remote,
                often = often(count)
            )
        }
        _ => t!(
            "a dependency could not be reached or did not answer, {often}",
            often = often(count)
        ),
    });
    application(case, fact)
}

/// Connections are taken and not given back.
pub(in crate::incident) fn connections_leak(case: &Case<'_>) -> Observed {
    let leak = |what: &What| matches!(what, What::ConnectionLeak);
    let fact = first(case, leak, |_, count| {
        t!(
            "the connection pool reports connections that were not given back, {often}",
            often = often(count)
        )
    });
    application(case, fact)
}

/// The application may open no more files or sockets.
pub(in crate::incident) fn descriptors_exhausted(case: &Case<'_>) -> Observed {
    let refused = |what: &What| matches!(what, What::DescriptorsExhausted);
    let fact = first(case, refused, |_, count| {
        t!("\"too many open files\", {often}", often = often(count))
    });
    application(case, fact)
}

/// A volume could not be mounted, a disk is full, or storage stopped answering.
pub(in crate::incident) fn storage_failed(case: &Case<'_>) -> Observed {
    let failed = |what: &What| {
        matches!(
            what,
            What::MountFailed { .. } | What::StorageFull | What::StorageLost { .. }
        )
    };
    // Storage that came back long before the end did not end it.
    let late = |placed: &&Placed<'_>| {
        let lost = matches!(placed.what(), What::StorageLost { .. });
        let ages = placed.last().zip(case.life.ended);
        !lost || ages.is_none_or(|(at, end)| end.lo.since(at.hi) < LINGERS)
    };
    let found = case.events_where(failed).filter(late).collect();
    let fact = first_of(found, |what, _| match what {
        What::StorageFull => t!("no space left on a device"),
        What::StorageLost { of: Some(of) } => t!("storage stopped answering ({of})", of),
        What::StorageLost { of: None } => t!("storage stopped answering"),
        _ => t!("a volume could not be mounted"),
    });
    supervisor(case, fact)
}

/// The platform or an operator acted: eviction, reboot, drain, rollout.
pub(in crate::incident) fn platform_acted(case: &Case<'_>) -> Observed {
    let acted = |what: &What| {
        matches!(
            what,
            What::Evicted { .. }
                | What::NodeNotReady
                | What::NodeRebooted
                | What::NodePressure { .. }
                | What::Preempted
                | What::Scaled
        )
    };
    supervisor(
        case,
        first(case, acted, |what, _| match what {
            What::Evicted { .. } => t!("the pod was evicted"),
            What::NodeNotReady => t!("the node stopped answering"),
            What::NodeRebooted => t!("the node was rebooted"),
            What::NodePressure { resource } => t!("the node was short of {resource}", resource),
            What::Preempted => t!("a pod of higher priority took its place"),
            _ => t!("a controller changed the number of pods"),
        }),
    )
}

/// An orderly shutdown was written.
pub(in crate::incident) fn shut_down_in_order(case: &Case<'_>) -> Observed {
    let stopped = |what: &What| {
        matches!(
            what,
            What::ServerStopping { .. } | What::ServerStopped { .. }
        )
    };
    application(
        case,
        first(case, stopped, |_, _| t!("the server shut down in order")),
    )
}

/// Lives end young, several times.
pub(in crate::incident) fn crash_loop(case: &Case<'_>) -> Observed {
    if !case.supervised() {
        return Observed::Unknown(Need::RestartEvidence);
    }
    let young = |life: &&crate::incident::incarnations::Incarnation| {
        let lived = life.ended.zip(life.started);
        life.ready.is_none() && lived.is_some_and(|(end, start)| end.lo.since(start.lo) < YOUNG)
    };
    let deaths = case.lives.iter().filter(young).count() as u64;
    let counted = match case.container_state() {
        Some(state) if young(&case.life) && waiting(&state.state) => {
            state.restart_count.unwrap_or(0)
        }
        _ => 0,
    };
    let deaths = deaths.max(counted);
    let place = case.container().and_then(|life| life.locators.last());
    let (Some(place), true) = (place, deaths >= 3 || (deaths > 0 && counted >= 3)) else {
        return Observed::No;
    };
    let statement = t!(
        "{deaths} lives ended within a minute of their start",
        deaths
    );
    let evidence = Evidence::new(statement.clone(), place.clone());
    Observed::Yes(Fact::new(case.life.started, statement, evidence))
}

fn waiting(state: &RunState) -> bool {
    matches!(state, RunState::Waiting { .. })
}

/// The application complains about its configuration or fails to start.
pub(in crate::incident) fn start_failed(case: &Case<'_>) -> Observed {
    let failed = |what: &What| {
        matches!(
            what,
            What::ServerStartFailed { .. }
                | What::ConfigError
                | What::ContainerStartFailed
                | What::ImagePullFailed
                | What::SchedulingFailed { .. }
                | What::SandboxFailed
        )
    };
    let fact = first(case, failed, |what, _| match what {
        What::ImagePullFailed => t!("the image could not be fetched"),
        What::SchedulingFailed { .. } => t!("no node could take the pod"),
        What::ConfigError => t!("the application cannot work with its configuration"),
        _ => t!("the start failed"),
    });
    application(case, fact)
}

/// The JVM crashed of itself.
pub(in crate::incident) fn crashed(case: &Case<'_>) -> Observed {
    if case.events_where(super::memory::aborted).next().is_some() {
        return Observed::No;
    }
    let crash = |what: &What| matches!(what, What::JvmCrash { .. });
    let fact = first(case, crash, |what, _| match what {
        What::JvmCrash {
            error,
            frame: Some(frame),
            ..
        } => {
            t!("the JVM crashed: {error} in {frame}", error, frame)
        }
        What::JvmCrash { error, .. } => t!("the JVM crashed: {error}", error),
        _ => String::new(),
    });
    Observed::when(fact)
}

/// HikariCP's housekeeper measured a stand-still that the collector does not explain.
pub(in crate::incident) fn unexplained_freeze(case: &Case<'_>) -> Observed {
    let frozen = |what: &What| matches!(what, What::HousekeeperStarved { .. });
    let longest = case.gc().map_or(0, |gc| gc.pauses.max);
    let starved = case
        .events_where(frozen)
        .find_map(|placed| match placed.what() {
            What::HousekeeperStarved { delta } if delta - 30 * SECOND > longest * 2 => {
                Some((placed, *delta))
            }
            _ => None,
        });
    Observed::when(starved.map(|(placed, delta)| {
        let statement = t!(
            "the process stood still for about {time}, and no GC pause was that long",
            time = duration(delta - 30 * SECOND)
        );
        Fact::new(placed.at, statement, quote(placed.event))
    }))
}

/// The kill came while the server was still starting.
pub(in crate::incident) fn killed_while_starting(case: &Case<'_>) -> Observed {
    let by_probe = |what: &What| {
        matches!(
            what,
            What::KillOrdered {
                reason: KillReason::Probe(_) | KillReason::StartFailed
            }
        )
    };
    let killed = case.events_where(by_probe).last();
    let Some((killed, at)) = killed.and_then(|placed| Some((placed, placed.last()?))) else {
        return supervisor(case, None);
    };
    let ready = case.life.ready.map(|ready: Moment| ready.lo);
    let early =
        ready.is_none_or(|ready| ready > at.hi) && !served(case) && never_answered(case, at);
    let statement = t!("it was killed before the server reported that it is up");
    supervisor(
        case,
        early.then(|| Fact::new(Some(at), statement, quote(killed.event))),
    )
}

/// Whether the kill at `at` came at the first moment at which failed probes can lead to one. Without the probes'
/// settings an application log must be there that would have told of the start.
fn never_answered(case: &Case<'_>, at: Moment) -> bool {
    let probes = case.container_state().map(|state| &state.probes);
    let deadly = |probe: &&Probe| matches!(probe.kind, ProbeKind::Liveness | ProbeKind::Startup);
    let probe = probes.and_then(|probes| probes.iter().find(deadly));
    match (probe, case.life.started) {
        (Some(probe), Some(start)) => {
            let earliest = probe.delay + probe.shortest_outage();
            at.lo.since(start.hi) <= earliest + probe.period
        }
        _ => {
            let events = &case.rooms.events.events;
            events
                .iter()
                .any(|event| matches!(event.what, What::ServerStarted { .. }))
        }
    }
}

fn served(case: &Case<'_>) -> bool {
    case.seconds.iter().any(|(_, second)| second.finished > 0)
}

/// The server itself says that all its request threads are busy.
pub(in crate::incident) fn workers_busy(case: &Case<'_>) -> Observed {
    let busy = |what: &What| matches!(what, What::WorkersBusy { .. });
    let fact = first(case, busy, |_, _| {
        t!("the server says that all its threads are busy")
    });
    application(case, fact)
}
