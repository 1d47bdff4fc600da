//! What containerd and other platforms write about a container in a log line.
//!
//! containerd (internal/cri/server, before 2.0 pkg/cri/server) writes logfmt with the message in quotes, so quotes inside are
//! escaped. The ids of a container are told to a pod and a name by the lines of its creation.

use std::collections::{BTreeMap, BTreeSet};

use super::logs::{Candidate, Found};
use crate::events::event::{Subject, What};
use crate::events::kinds::KillReason;
use crate::time::{Stamp, iso8601};

/// See [`super::logs`].
pub(super) const TRIGGERS: &[&str] = &[
    "TaskOOM event",
    "TaskExit event",
    "received exit event",
    "RunPodSandbox for &",
    "StopPodSandbox for ",
    "CreateContainer within sandbox ",
    "StartContainer for ",
    "StopContainer for ",
    "OutOfMemoryError: Container killed",
    "Exited with status ",
];

/// What the log of a runtime has told so far.
#[derive(Debug, Default)]
pub(super) struct Containers {
    /// Pods by the id of their sandbox, whose own process (`pause`) is no container of anybody.
    sandboxes: BTreeMap<String, Subject>,
    /// Containers by their id.
    names: BTreeMap<String, Subject>,
    /// Containers whose end was told: an event that cannot be handled is written again, minutes later.
    ended: BTreeSet<String>,
}

impl Containers {
    /// The event that a line holds.
    pub(super) fn line(&mut self, line: &Candidate<'_>) -> Option<Found> {
        let text = line.message;
        if line.text.contains("level=") && line.text.contains("msg=") {
            return self.told(&text.replace("\\\"", "\""));
        }
        // ECS looks like a Java error here, but it is the memory limit of the container.
        if text.contains("OutOfMemoryError: Container killed") {
            return Some((What::OomKilled, Subject::default()));
        }
        exited(text)
    }

    fn told(&mut self, text: &str) -> Option<Found> {
        let known = |containers: &Self, id: String| {
            let named = containers.names.get(&id).cloned().unwrap_or_default();
            Subject {
                container_id: Some(id),
                ..named
            }
        };
        if text.contains("TaskOOM event") {
            // `TaskOOM event container_id:"…"`, before 1.7 `TaskOOM event &TaskOOM{ContainerID:…,…}`
            let subject = field(text, &["container_id", "ContainerID"])
                .map(|id| known(self, id))
                .unwrap_or_default();
            return Some((What::OomKilled, subject));
        }
        if text.contains("TaskExit event") || text.contains("received exit event") {
            let id = field(text, &["container_id", "ContainerID"])?;
            // A command that `exec` started in the container has an id of its own.
            let process = field(text, &[" id", ",ID"])?;
            let pause = text.contains("podsandbox handler") || self.sandboxes.contains_key(&id);
            if process != id || pause || !self.ended.insert(id.clone()) {
                return None;
            }
            // Protocol buffers leave out a zero.
            let code = field(text, &["exit_status", "ExitStatus"]);
            let exit_code = code.map_or(Some(0), |code| code.parse().ok());
            let what = What::ContainerTerminated {
                exit_code,
                signal: None,
                reason: None,
            };
            return Some((what, known(self, id)));
        }
        if let Some((_, rest)) = text.split_once("StartContainer for \"") {
            let (id, rest) = rest.split_once('"')?;
            let started = rest.starts_with(" returns successfully");
            return started.then(|| (What::ContainerStarted, known(self, id.to_owned())));
        }
        // Who asked, and why, only the kubelet knows.
        if let Some((_, rest)) = text.split_once("StopContainer for \"") {
            let (id, rest) = rest.split_once('"')?;
            let reason = KillReason::Other;
            let asked = rest.starts_with(" with timeout");
            return asked.then(|| (What::KillOrdered { reason }, known(self, id.to_owned())));
        }
        self.learn(text);
        None
    }

    /// Which pod a sandbox is of, and which container of it an id means.
    fn learn(&mut self, text: &str) -> Option<()> {
        if let Some((_, rest)) = text.split_once("StopPodSandbox for \"") {
            let (id, _) = rest.split_once('"')?;
            self.sandboxes.entry(id.to_owned()).or_default();
        } else if let Some((_, rest)) = text.split_once("RunPodSandbox for &PodSandboxMetadata{") {
            let (pod, rest) = rest.split_once('}')?;
            let (_, id) = rest.split_once("returns sandbox id \"")?;
            let subject = Subject {
                pod: of(pod, "Name:"),
                namespace: of(pod, "Namespace:"),
                uid: of(pod, "Uid:"),
                ..Subject::default()
            };
            let id = id.split('"').next()?;
            self.sandboxes.insert(id.to_owned(), subject);
        } else {
            // `CreateContainer within sandbox "…" for &ContainerMetadata{Name:app,Attempt:1,} returns container id "…"`
            let (_, rest) = text.split_once("CreateContainer within sandbox \"")?;
            let (sandbox, rest) = rest.split_once('"')?;
            let (_, rest) = rest.split_once("&ContainerMetadata{")?;
            let (container, rest) = rest.split_once('}')?;
            let (_, id) = rest.split_once("returns container id \"")?;
            let pod = self.sandboxes.entry(sandbox.to_owned()).or_default();
            let subject = Subject {
                container: of(container, "Name:"),
                ..pod.clone()
            };
            let id = id.split('"').next()?;
            self.names.insert(id.to_owned(), subject);
        }
        Some(())
    }
}

/// The time that containerd gives the line itself, where a journal or syslog stands before it.
pub(super) fn time(text: &str) -> Option<Stamp> {
    let (_, rest) = text.split_once(" time=\"")?;
    rest.contains("\" level=").then_some(())?;
    Some(iso8601(rest.as_bytes())?.0)
}

/// The value of `container_id:"4020"`, `exit_status:2` or `ContainerID:4020`.
fn field(text: &str, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| {
        let (_, rest) = text.split_once(&format!("{name}:"))?;
        let value = rest.trim_start_matches('"');
        let end = value
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_')
            .unwrap_or(value.len());
        (end > 0).then(|| value[..end].to_owned())
    })
}

/// The value of `Name:app,` in the braces of Go.
fn of(text: &str, name: &str) -> Option<String> {
    let mut fields = text.split(',');
    let value = fields.find_map(|field| field.strip_prefix(name))?;
    (!value.is_empty()).then(|| value.to_owned())
}

/// Cloud Foundry: `Exited with status 137 (out of memory)`. The word in brackets is a guess of the platform.
fn exited(text: &str) -> Option<Found> {
    let (_, rest) = text.split_once("Exited with status ")?;
    let digits = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    let exit_code = rest[..digits].parse().ok()?;
    let reason = rest[digits..]
        .split_once('(')
        .and_then(|(_, reason)| reason.split(')').next())
        .map(str::to_owned);
    let what = What::ContainerTerminated {
        exit_code: Some(exit_code),
        signal: None,
        reason,
    };
    Some((what, Subject::default()))
}
