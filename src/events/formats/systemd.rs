//! What systemd writes about its units (src/core/service.c, src/core/unit.c), in journal or syslog lines.

use super::logs::{Candidate, Found};
use crate::events::event::{Subject, What};
use crate::events::kinds::{KillReason, ProbeKind};

/// See [`super::logs`].
pub(super) const TRIGGERS: &[&str] = &[
    "Main process exited, code=",
    "Failed with result '",
    "killed by the OOM killer",
    "Scheduled restart job",
    "timed out. Killing",
    "timed out. Terminating",
    "Watchdog timeout",
    "with signal SIGKILL",
    "systemd-oomd[",
    "systemd-oomd killed ",
    "systemd[1]: Started ",
    "systemd[1]: Stopping ",
    "\"MESSAGE\":\"Started ",
    "\"MESSAGE\":\"Stopping ",
];

/// The event that a line of systemd holds.
pub(super) fn line(line: &Candidate<'_>) -> Option<Found> {
    let text = line.message;
    if let Some((_, rest)) = text
        .split_once("Killed ")
        .filter(|_| line.text.contains("systemd-oomd["))
    {
        let mut subject = Subject::default();
        super::kernel::owner(rest.split(' ').next().unwrap_or(""), &mut subject);
        return Some((What::OomKilled, subject));
    }
    if let Some(job) = job(text).filter(|_| line.text.contains("systemd")) {
        return Some(job);
    }
    let (unit, message) = text.split_once(": ")?;
    Some((what(message)?, unit_called(unit)?))
}

/// `Started shop.service - The shop.`, `Stopping shop.service - The shop...`: since systemd 249 the name of the unit stands
/// before its description (`StatusUnitFormat=combined`). Older ones write the description alone, which names no unit.
fn job(text: &str) -> Option<Found> {
    let (verb, rest) = text.split_once(' ')?;
    let what = match verb {
        "Started" => What::ContainerStarted,
        "Stopping" => What::KillOrdered {
            reason: KillReason::Stop,
        },
        _ => return None,
    };
    let unit = rest.split(' ').next()?;
    let service = unit.trim_end_matches('.');
    service.ends_with(".service").then_some(())?;
    Some((what, unit_called(service)?))
}

/// `shop.service`: a unit name has no blanks and ends in its type.
fn unit_called(unit: &str) -> Option<Subject> {
    let known = [".service", ".scope", ".socket", ".mount"]
        .iter()
        .any(|kind| unit.ends_with(kind));
    (known && !unit.contains(' ')).then(|| Subject {
        unit: Some(unit.to_owned()),
        ..Subject::default()
    })
}

fn what(message: &str) -> Option<What> {
    if let Some(rest) = message.strip_prefix("Main process exited, code=") {
        // `exited, status=143/n/a`, `killed, status=9/KILL`, `dumped, status=6/ABRT`
        let (code, status) = rest.split_once(", status=")?;
        let digits = status
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(status.len());
        let number = status[..digits].parse().ok();
        let exited = code == "exited";
        return Some(What::ContainerTerminated {
            exit_code: number.filter(|_| exited),
            signal: number.filter(|_| !exited),
            reason: Some(code.to_owned()),
        });
    }
    if let Some(rest) = message.strip_prefix("Failed with result '") {
        let result = rest.split('\'').next().unwrap_or("").to_owned();
        return Some(What::SupervisorFailed { result });
    }
    if message.contains("killed by the OOM killer") || message.starts_with("systemd-oomd killed ") {
        return Some(What::OomKilled);
    }
    if message.contains("Scheduled restart job") {
        let counter = message
            .split_once("counter is at ")
            .and_then(|(_, number)| number.trim_end_matches('.').parse().ok());
        return Some(What::RestartScheduled { counter });
    }
    let reason = if message.contains("timed out. Killing") {
        KillReason::GraceExceeded
    } else if message.contains("timed out. Terminating") {
        KillReason::StartFailed
    } else if message.contains("Watchdog timeout") {
        KillReason::Probe(ProbeKind::Health)
    } else if message.contains("with signal SIGKILL") {
        KillReason::Signal(9)
    } else {
        return None;
    };
    Some(What::KillOrdered { reason })
}
