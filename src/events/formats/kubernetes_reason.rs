//! The meaning of a Kubernetes event: reason and message to [`What`].
//!
//! Reasons: `pkg/kubelet/events/event.go`, `pkg/scheduler`, `pkg/controller/nodelifecycle`; message shapes as the kubelet
//! and its predecessors have written them since 1.6.

use crate::events::event::{Subject, What};
use crate::events::kinds::{KernelOomKill, KillReason, OomScope, ProbeFailure, ProbeKind};

/// What an event says. Fills the container of `subject` from the message where only that names it.
pub(super) fn what(reason: &str, message: &str, subject: &mut Subject) -> What {
    if subject.container.is_none() {
        subject.container = container(message);
    }
    if let Some(uid) = pod_uid(message)
        && subject.uid.is_none()
    {
        subject.uid = Some(uid);
    }
    match reason {
        "Scheduled" => What::Scheduled,
        "FailedScheduling" => What::SchedulingFailed {
            host_port: message.contains("free ports") || message.contains("HostPort"),
        },
        "HostPortConflict" => What::SchedulingFailed { host_port: true },
        "Preempted" | "Preempting" => What::Preempted,
        "Pulling" => What::Pulling,
        "Pulled" => What::Pulled,
        "ErrImagePull"
        | "ImagePullBackOff"
        | "InspectFailed"
        | "ErrImageNeverPull"
        | "ErrInvalidImageName" => What::ImagePullFailed,
        "Created" => What::ContainerCreated,
        "Started" => What::ContainerStarted,
        "Failed" | "FailedToStartContainer" => failed(message),
        "BackOff" => match message.contains("pulling image") {
            true => What::ImagePullFailed,
            false => What::BackOff,
        },
        "CrashLoopBackOff" => What::BackOff,
        // A `ProbeWarning` (a redirect to another host) counts as an answer.
        "Unhealthy" | "ProbeError" => What::ProbeFailed {
            probe: probe(message),
            why: probe_failure(message),
        },
        "Killing" | "StoppingContainer" => What::KillOrdered {
            reason: kill(message),
        },
        "ExceededGracePeriod" => What::KillOrdered {
            reason: KillReason::GraceExceeded,
        },
        "TaintManagerEviction" if message.starts_with("Cancelling") => What::Other {
            reason: reason.to_owned(),
        },
        "Evicted" | "TaintManagerEviction" => What::Evicted {
            resource: resource(message),
        },
        // Of the node: `Attempting to reclaim memory`. Which pod has to go is another event.
        "EvictionThresholdMet" => pressure(message.rsplit(' ').next().unwrap_or("")),
        "FailedMount"
        | "FailedAttachVolume"
        | "FailedMapVolume"
        | "FailedMountOnFilesystemMismatch"
        | "VolumeResizeFailed"
        | "FailedBinding"
        | "ProvisioningFailed" => What::MountFailed {
            volume: volume(message),
        },
        "FailedCreatePodSandBox"
        | "FailedPodSandBoxStatus"
        | "SandboxChanged"
        | "NetworkNotReady"
        | "FailedCreatePodContainer" => What::SandboxFailed,
        "NodeNotReady" | "NodeStatusUnknown" => What::NodeNotReady,
        "NodeReady" => What::NodeReady,
        "Rebooted" => What::NodeRebooted,
        // The node problem detector hands on the kernel's line, which tells the limit of a container from the node's end.
        "OOMKilling" if message.contains("emory cgroup out of memory") => {
            What::KernelOomKill(KernelOomKill {
                scope: OomScope::Memcg,
                victim: victim(message),
                invoker: None,
                cgroup: None,
                anon_rss: None,
                file_rss: None,
                total_vm: None,
                limit: None,
            })
        }
        "SystemOOM" | "OOMKilling" => What::NodeOom {
            victim: victim(message),
        },
        "NodeHasInsufficientMemory" | "NodeUnderMemoryPressure" => pressure("memory"),
        "NodeHasDiskPressure" | "FreeDiskSpaceFailed" | "ImageGCFailed" => pressure("disk"),
        "NodeHasInsufficientPID" => pressure("PID"),
        "ScalingReplicaSet" | "SuccessfulRescale" | "SuccessfulCreate" | "SuccessfulDelete" => {
            What::Scaled
        }
        "OOMKilled" | "OOM Killed" => What::OomKilled,
        _ => What::Other {
            reason: reason.to_owned(),
        },
    }
}

fn pressure(resource: &str) -> What {
    What::NodePressure {
        resource: resource.to_owned(),
    }
}

fn failed(message: &str) -> What {
    const PULL: [&str; 5] = [
        "ErrImagePull",
        "ImagePullBackOff",
        "Failed to pull image",
        "InvalidImageName",
        "ErrImageNeverPull",
    ];
    match PULL.iter().any(|text| message.contains(text)) {
        true => What::ImagePullFailed,
        false => What::ContainerStartFailed,
    }
}

/// The probe that a message names.
pub(super) fn probe(message: &str) -> ProbeKind {
    let lower = message.get(..40).unwrap_or(message).to_ascii_lowercase();
    if lower.contains("liveness") {
        ProbeKind::Liveness
    } else if lower.contains("readiness") {
        ProbeKind::Readiness
    } else if lower.contains("startup") {
        ProbeKind::Startup
    } else {
        ProbeKind::Health
    }
}

/// How a probe failed, from the text behind `probe failed:`.
pub(super) fn probe_failure(message: &str) -> ProbeFailure {
    if message.contains("rpc error") || message.contains("probe errored") {
        return ProbeFailure::Runtime;
    }
    let status = message
        .split_once("statuscode: ")
        .or_else(|| message.split_once("status code: "))
        .and_then(|(_, rest)| number(rest));
    if let Some(code) = status {
        return ProbeFailure::Status(code);
    }
    const TIMEOUTS: [&str; 5] = [
        "deadline exceeded",
        "Client.Timeout exceeded",
        "i/o timeout",
        "timed out",
        "timeout",
    ];
    if message.contains("connection refused") {
        ProbeFailure::Refused
    } else if TIMEOUTS.iter().any(|text| message.contains(text)) {
        ProbeFailure::Timeout
    } else if message.trim_end().ends_with("failed:") {
        ProbeFailure::Runtime
    } else {
        ProbeFailure::Other
    }
}

fn number(text: &str) -> Option<u16> {
    let digits = text
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(text.len());
    text[..digits].parse().ok()
}

/// `Container app failed liveness probe, will be restarted`; `Stopping container app`; before 1.13 `Killing container with
/// id docker://app:pod … failed liveness probe` and `… Need to kill Pod`.
fn kill(message: &str) -> KillReason {
    if message.contains("failed liveness probe") || message.contains("is unhealthy") {
        KillReason::Probe(ProbeKind::Liveness)
    } else if message.contains("failed startup probe") {
        KillReason::Probe(ProbeKind::Startup)
    } else if message.contains("definition changed") || message.contains("hash changed") {
        KillReason::Changed
    } else if message.contains("Stopping container") || message.contains("Need to kill Pod") {
        KillReason::Stop
    } else {
        KillReason::Other
    }
}

/// The container named by a kubelet message.
fn container(message: &str) -> Option<String> {
    const BEFORE: [&str; 7] = [
        "Started container: ",
        "Started container ",
        "Created container: ",
        "Created container ",
        "Stopping container ",
        "failed container ",
        "Container ",
    ];
    let (_, rest) = BEFORE.iter().find_map(|text| {
        // Only at the start or after `restarting`: prose may say "container" anywhere.
        let at = match *text {
            "failed container " => message.find(text)?,
            _ => message.starts_with(text).then_some(0)?,
        };
        Some((at, &message[at + text.len()..]))
    })?;
    let name: String = rest
        .chars()
        .take_while(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '-')
        .collect();
    let known_word = matches!(name.as_str(), "" | "image" | "runtime" | "with" | "was");
    (!known_word).then_some(name)
}

/// `… in pod <pod>_<namespace>(<uid>)`
fn pod_uid(message: &str) -> Option<String> {
    let (_, rest) = message.split_once(" in pod ")?;
    let (_, rest) = rest.split_once('(')?;
    let (uid, _) = rest.split_once(')')?;
    let looks = uid.len() >= 32 && uid.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    looks.then(|| uid.to_owned())
}

/// `The node was low on resource: memory. …`, `The node had condition: [DiskPressure].`
pub(super) fn resource(message: &str) -> Option<String> {
    if let Some((_, rest)) = message.split_once("low on resource: ") {
        let end = rest.find(['.', ' ', ',']).unwrap_or(rest.len());
        return Some(rest[..end].trim_matches(['[', ']']).to_owned());
    }
    let (_, rest) = message.split_once("had condition: ")?;
    let name = rest.trim_start_matches('[');
    let end = name.find([']', '.', ' ']).unwrap_or(name.len());
    Some(name[..end].to_owned())
}

/// `… for volume "data" …`, `unmounted volumes=[data cache]`
pub(super) fn volume(message: &str) -> Option<String> {
    for before in ["volume \"", "unmounted volumes=["] {
        if let Some((_, rest)) = message.split_once(before) {
            let end = rest.find(['"', ']', ' ', ',']).unwrap_or(rest.len());
            return Some(rest[..end].to_owned());
        }
    }
    None
}

/// `System OOM encountered, victim process: java, pid: 9295`; `Memory cgroup out of memory: Killed process 9295 (java) …`
fn victim(message: &str) -> Option<String> {
    let (_, rest) = message
        .split_once("victim process: ")
        .or_else(|| message.split_once('('))?;
    let end = rest.find([',', ')']).unwrap_or(rest.len());
    Some(rest[..end].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(reason: &str, message: &str) -> (What, Subject) {
        let mut subject = Subject::default();
        (what(reason, message, &mut subject), subject)
    }

    #[test]
    fn probes_tell_frozen_from_answering() {
        let timeout = "Liveness probe failed: Get \"http://10.1.2.3:8080/healthz\": context deadline exceeded \
                       (Client.Timeout exceeded while awaiting headers)";
        assert_eq!(probe_failure(timeout), ProbeFailure::Timeout);
        assert_eq!(probe(timeout), ProbeKind::Liveness);
        let refused = "Readiness probe failed: Get \"http://10.1.2.3:8080/\": dial tcp 10.1.2.3:8080: connect: \
                       connection refused";
        assert_eq!(probe_failure(refused), ProbeFailure::Refused);
        let status = "Startup probe failed: HTTP probe failed with statuscode: 503";
        assert_eq!(probe_failure(status), ProbeFailure::Status(503));
        assert_eq!(probe(status), ProbeKind::Startup);
        let runtime = "Liveness probe errored: rpc error: code = DeadlineExceeded desc = context deadline exceeded";
        assert_eq!(probe_failure(runtime), ProbeFailure::Runtime);
        assert_eq!(
            probe_failure("Liveness probe failed: "),
            ProbeFailure::Runtime
        );
    }

    #[test]
    fn killing_names_its_reason_and_container() {
        let (kill, subject) = read(
            "Killing",
            "Container app failed liveness probe, will be restarted",
        );
        let reason = KillReason::Probe(ProbeKind::Liveness);
        assert_eq!(kill, What::KillOrdered { reason });
        assert_eq!(subject.container.as_deref(), Some("app"));
        let (kill, _) = read("Killing", "Stopping container app");
        assert_eq!(
            kill,
            What::KillOrdered {
                reason: KillReason::Stop
            }
        );
    }

    #[test]
    fn back_off_is_of_two_kinds() {
        let message = "Back-off restarting failed container main in pod shop-1_prod(8209d63f-aa89-450d-9813-d555ddcaa175)";
        let (back_off, subject) = read("BackOff", message);
        assert_eq!(back_off, What::BackOff);
        assert_eq!(subject.container.as_deref(), Some("main"));
        assert_eq!(
            subject.uid.as_deref(),
            Some("8209d63f-aa89-450d-9813-d555ddcaa175")
        );
        let (pull, _) = read("BackOff", "Back-off pulling image \"shop:1\"");
        assert_eq!(pull, What::ImagePullFailed);
        assert_eq!(
            read("BackOff", "Back-off restarting failed container")
                .1
                .container,
            None
        );
    }

    #[test]
    fn volumes_and_resources_are_named() {
        let message = "MountVolume.SetUp failed for volume \"cfg\" : configmap \"cfg\" not found";
        assert_eq!(volume(message).as_deref(), Some("cfg"));
        let message = "Unable to attach or mount volumes: unmounted volumes=[data], unattached volumes=[x]: timed out";
        assert_eq!(volume(message).as_deref(), Some("data"));
        let message =
            "The node was low on resource: ephemeral-storage. Container app was using 1Ki";
        assert_eq!(resource(message).as_deref(), Some("ephemeral-storage"));
    }
}
