//! Events in words, for tables and sentences.

use super::event::{Event, Rough, What};
use super::kinds::{KillReason, OomScope, Product};
use crate::t;
use crate::text;
use crate::time::{SECOND, Stamp};

/// When an event happened, as far as it is known: `2026-11-22 01:02:03 UTC`.
pub(super) fn when(event: &Event) -> String {
    let first = one(event.at, event.rough);
    if event.count > 1 && (event.until.is_some() || event.rough_until.is_some()) {
        let last = one(event.until, event.rough_until);
        return t!("{first} … {last}", first, last);
    }
    first
}

/// When an event happened first.
pub(super) fn when_first(event: &Event) -> String {
    one(event.at, event.rough)
}

/// From the first event of a run to its last.
pub(super) fn span(first: &Event, last: &Event) -> String {
    let begin = one(first.at, first.rough);
    let end = one(last.last(), last.rough_until.or(last.rough));
    match begin == end {
        true => begin,
        false => t!("{begin} … {end}", begin, end),
    }
}

/// A stamp for people. A time without a zone says so.
pub(super) fn stamp(stamp: Stamp) -> String {
    match stamp {
        Stamp::Zoned(moment) => moment.to_string(),
        Stamp::Local(moment) => {
            let written = moment.lo.rfc3339().replace('T', " ").replace('Z', "");
            // A line between two stamped ones lies anywhere between them: the width is part of the time.
            match moment.width() > SECOND {
                true => {
                    let width = text::duration(moment.width());
                    t!("{written} (+0…{width}) local time", written, width)
                }
                false => t!("{written} local time", written),
            }
        }
        Stamp::Uptime(micros) => {
            let uptime = text::duration(micros);
            t!("{uptime} after the start of the JVM", uptime)
        }
    }
}

fn one(at: Option<Stamp>, rough: Option<Rough>) -> String {
    if let Some(at) = at {
        return stamp(at);
    }
    match rough {
        Some(Rough::Age(least, _)) => {
            let age = text::duration(least);
            t!("{age} before capture", age)
        }
        Some(Rough::SinceBoot(micros)) => {
            let uptime = text::duration(micros);
            t!("{uptime} after boot", uptime)
        }
        Some(Rough::TimeOfDay(micros)) => {
            let seconds = micros / 1_000_000;
            let (hour, minute) = (seconds / 3600, seconds / 60 % 60);
            format!("{hour:02}:{minute:02}:{:02}", seconds % 60)
        }
        Some(Rough::WithoutYear(moment)) => {
            let text = moment.lo.rfc3339().replace('T', " ").replace('Z', "");
            text.get(5..).unwrap_or(&text).to_owned()
        }
        Some(Rough::After(before)) => {
            let before = stamp(before);
            t!("after {before}", before)
        }
        Some(Rough::Before(after)) => {
            let after = stamp(after);
            t!("before {after}", after)
        }
        None => "–".to_owned(),
    }
}

/// What happened, in a few words with the main numbers.
pub(super) fn what(what: &What) -> String {
    let or_unknown = |text: &Option<String>| text.clone().unwrap_or_else(|| "?".to_owned());
    match what {
        What::Scheduled => t!("scheduled"),
        What::SchedulingFailed { host_port: true } => t!("not scheduled: host port taken"),
        What::SchedulingFailed { host_port: false } => t!("not scheduled"),
        What::Preempted => t!("preempted"),
        What::Pulling => t!("pulling the image"),
        What::Pulled => t!("image present"),
        What::ImagePullFailed => t!("image cannot be pulled"),
        What::ContainerCreated => t!("container created"),
        What::ContainerStarted => t!("container started"),
        What::ContainerStartFailed => t!("container cannot be started"),
        What::ProbeFailed { probe, why } => {
            t!("{probe} {why}", probe = probe.word(), why = why.words())
        }
        What::KillOrdered { reason } => t!("kill ordered: {why}", why = kill(reason)),
        What::ContainerTerminated {
            exit_code,
            signal,
            reason,
        } => {
            let mut text = t!("ended");
            if let Some(code) = exit_code {
                text += &t!(", exit code {code}", code);
            }
            if let Some(signal) = signal {
                text += &t!(", signal {signal}", signal);
            }
            if let Some(reason) = reason {
                text += &t!(" ({reason})", reason);
            }
            text
        }
        What::BackOff => t!("back-off before the next restart"),
        What::RestartScheduled {
            counter: Some(counter),
        } => t!("restart {counter} scheduled", counter),
        What::RestartScheduled { counter: None } => t!("restart scheduled"),
        What::HealthChanged { healthy: true } => t!("healthy"),
        What::HealthChanged { healthy: false } => t!("unhealthy"),
        What::OomKilled => t!("killed at its memory limit, says the runtime"),
        What::KernelOomKill(kill) => {
            let victim = or_unknown(&kill.victim);
            let scope = scope(kill.scope);
            t!("kernel killed {victim}: {scope}", victim, scope)
        }
        What::NodeOom { victim } => {
            let victim = or_unknown(victim);
            t!("node out of memory, {victim} killed", victim)
        }
        What::Evicted {
            resource: Some(resource),
        } => t!("evicted: node low on {resource}", resource),
        What::Evicted { resource: None } => t!("evicted"),
        What::MountFailed {
            volume: Some(volume),
        } => t!("volume {volume} not mounted", volume),
        What::MountFailed { volume: None } => t!("volume not mounted"),
        What::SandboxFailed => t!("pod sandbox failed"),
        What::NodeNotReady => t!("node not ready"),
        What::NodeReady => t!("node ready"),
        What::NodeRebooted => t!("node rebooted"),
        What::NodePressure { resource } => t!("node short of {resource}", resource),
        What::Scaled => t!("scaled or deployed"),
        What::SupervisorFailed { result } => t!("failed: {result}", result),
        _ => application(what),
    }
}

fn application(what: &What) -> String {
    match what {
        What::ServerStarted {
            product: Product::Other,
            ..
        } => t!("a service listens on its port"),
        What::ServerStarted { product, took, .. } => {
            let product = product.name();
            match took {
                Some(took) => {
                    t!(
                        "{product} started in {took}",
                        product,
                        took = text::duration(*took)
                    )
                }
                None => t!("{product} started", product),
            }
        }
        What::ServerStartFailed { product } => {
            t!("{product} failed to start", product = product.name())
        }
        What::ServerStopping { product } => t!("{product} is stopping", product = product.name()),
        What::ServerStopped { product } => t!("{product} stopped", product = product.name()),
        What::OutOfMemoryError { variant, .. } => {
            t!("OutOfMemoryError: {variant}", variant = variant.words())
        }
        What::HeapDumpBegun { .. } => t!("heap dump begun"),
        What::HeapDumpFinished { bytes, took } => {
            let (bytes, took) = (text::bytes(*bytes), text::duration(*took));
            t!("heap dump finished: {bytes} in {took}", bytes, took)
        }
        What::HeapDumpFailed => t!("heap dump failed"),
        What::JvmTerminating { abort: false } => t!("JVM exits because of the error"),
        What::JvmTerminating { abort: true } => t!("JVM aborts because of the error"),
        What::SignalLost { signal } => t!("JVM could not handle {signal}", signal),
        What::NativeThreadFailed => t!("new thread refused by the system"),
        What::JvmCrash { error, .. } => t!("JVM crashed: {error}", error),
        What::PoolExhausted(pool) => {
            let name = pool.pool.clone().unwrap_or_else(|| t!("connection pool"));
            match pool.waiting {
                Some(waiting) => t!("{name} exhausted, {waiting} waiting", name, waiting),
                None => t!("{name} exhausted", name),
            }
        }
        What::HousekeeperStarved { delta } => {
            t!(
                "housekeeper found a gap of {gap}",
                gap = text::duration(*delta)
            )
        }
        What::ConnectionLeak => t!("connection leak suspected"),
        What::ConnectionFailed { remote, .. } => match remote {
            Some(remote) => t!("connection to {remote} failed", remote),
            None => t!("connection failed"),
        },
        What::WorkersBusy { .. } => t!("all worker threads busy"),
        What::StuckThread { .. } => t!("request stuck"),
        What::StorageFull => t!("no space left on device"),
        What::StorageLost { of: Some(of) } => t!("storage does not answer: {of}", of),
        What::StorageLost { of: None } => t!("storage does not answer"),
        What::DescriptorsExhausted => t!("too many open files"),
        What::ConfigError => t!("configuration error"),
        What::Other { reason } => reason.clone(),
        _ => String::new(),
    }
}

/// Why an end was ordered.
pub(super) fn kill(reason: &KillReason) -> String {
    match reason {
        KillReason::Probe(probe) => t!("{probe} failed", probe = probe.word()),
        KillReason::Stop => t!("stop"),
        KillReason::GraceExceeded => t!("grace period over"),
        KillReason::Signal(signal) => t!("signal {signal}", signal),
        KillReason::Changed => t!("definition changed"),
        KillReason::StartFailed => t!("not started in time"),
        KillReason::Other => t!("see the message"),
    }
}

/// Whose memory ran out.
pub(super) fn scope(scope: OomScope) -> String {
    match scope {
        OomScope::Memcg => t!("limit of its control group"),
        OomScope::Global => t!("the machine was out of memory"),
        OomScope::Partial => t!("a NUMA or cpuset limit"),
        OomScope::Unknown => t!("whose limit is not written"),
    }
}
