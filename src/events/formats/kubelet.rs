//! The kubelet's own log: klog lines such as `I1122 01:02:03.456789 4052 prober.go:107] "Probe failed" key="value"` (since
//! 1.20), and the sentences that it wrote before.
//!
//! Probes: pkg/kubelet/prober; ends: pkg/kubelet/kuberuntime, pkg/kubelet/pleg; evictions: pkg/kubelet/eviction.

use std::collections::{BTreeMap, BTreeSet};

use super::kubernetes_reason;
use super::logs::{Candidate, Found};
use crate::events::event::{Subject, What};
use crate::events::kinds::KillReason;

/// See [`super::logs`].
pub(super) const TRIGGERS: &[&str] = &[
    "Probe failed",
    "ness probe for ",
    "tartup probe for ",
    "Message for Container of pod",
    "Killing container with a grace period",
    "second grace period",
    "(PLEG): container finished",
    "(PLEG): event for pod",
    "viction manager: ",
    "Got sys oom event",
    "Error syncing pod",
    " failed for volume ",
];

/// What stands behind the head of a klog line: `prober.go:107] `, whatever is before it.
pub(super) fn body(message: &str) -> Option<&str> {
    let (head, rest) = message.split_once("] ")?;
    let (file, line) = head.rsplit_once(".go:")?;
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let name = file.rsplit(' ').next().unwrap_or("");
    let number = !line.is_empty() && line.chars().all(|c| c.is_ascii_digit());
    (number && file.len() < 60 && !name.is_empty() && name.chars().all(plain)).then_some(rest)
}

/// What must be remembered between lines.
#[derive(Debug, Default)]
pub(super) struct Kubelet {
    /// Namespace and name of pods by their uid.
    pods: BTreeMap<String, (String, String)>,
    /// Pods of which a container ended: what starts next there is its next life, else it may be the sandbox.
    waiting: BTreeSet<String>,
    /// Whose end was just explained: the order itself follows.
    explained: Option<Subject>,
    /// What the node has to reclaim.
    scarce: Option<String>,
}

impl Kubelet {
    /// The event that a line holds; `body` is what stands behind its head.
    pub(super) fn line(&mut self, body: &str, line: &Candidate<'_>) -> Option<Found> {
        let mut subject = self.subject(body);
        if body.starts_with("\"Probe failed\"") {
            let next = String::from_utf8_lossy(&line.next[..line.next.len().min(1000)]);
            let kind = value(body, "probeType")?;
            let output = match value(body, "output") {
                // Output of several lines follows, indented.
                Some(output) if output == "<" => next.into_owned(),
                output => output.unwrap_or_default(),
            };
            let message = format!("{kind} probe failed: {output}");
            let what = kubernetes_reason::what("Unhealthy", &message, &mut subject);
            return Some((what, subject));
        }
        if let Some((kind, rest)) = body.split_once(" probe for \"") {
            // `Liveness probe for "shop-0_prod(uid):app" failed (failure): Get http://…`
            let (name, rest) = rest.split_once('"')?;
            let (_, output) = rest.strip_prefix(" failed (")?.split_once("): ")?;
            let (pod, container) = name.rsplit_once(':')?;
            name_pod(pod, &mut subject);
            subject.container = Some(container.to_owned());
            let message = format!("{kind} probe failed: {output}");
            let what = kubernetes_reason::what("Unhealthy", &message, &mut subject);
            return Some((what, subject));
        }
        if body.starts_with("\"Message for Container of pod\"") {
            let message = value(body, "containerMessage")?;
            // `containerStatusID={"Type":"containerd","ID":"…"}`
            let (_, id) = body.split_once("\"ID\":\"").unwrap_or_default();
            let id = id.split('"').next().filter(|id| !id.is_empty());
            subject.container_id = id.map(str::to_owned);
            let what = kubernetes_reason::what("Killing", &message, &mut subject);
            self.explained = Some(subject.clone());
            return Some((what, subject));
        }
        if body.starts_with("\"Killing container with a grace period\"") {
            let why = self.explained.take();
            let same = |why: &Subject| why.pod == subject.pod && why.container == subject.container;
            let reason = KillReason::Stop;
            return (!why.as_ref().is_some_and(same))
                .then_some((What::KillOrdered { reason }, subject));
        }
        if body.starts_with("Killing container \"") && body.ends_with("second grace period") {
            let reason = KillReason::Other;
            return Some((What::KillOrdered { reason }, subject));
        }
        if body.contains("(PLEG): container finished") {
            let uid = value(body, "podID")?;
            self.waiting.insert(uid.clone());
            subject.uid = Some(uid);
            self.name(&mut subject);
            let what = What::ContainerTerminated {
                exit_code: value(body, "exitCode")?.parse().ok(),
                signal: None,
                reason: None,
            };
            return Some((what, subject));
        }
        if body.contains("(PLEG): event for pod") {
            return self.pleg(body, subject);
        }
        if body.contains("viction manager: ") {
            return self.eviction(body, subject);
        }
        if body.starts_with("\"Got sys oom event\"") {
            let (_, rest) = body.split_once("ProcessName")?;
            let name = rest.trim_start_matches(['"', ':']);
            let end = name.find(['"', ',', ' ', '}']).unwrap_or(name.len());
            let victim = (end > 0).then(|| name[..end].to_owned());
            return Some((What::NodeOom { victim }, subject));
        }
        if body.contains("Error syncing pod") {
            let what = match body {
                _ if body.contains("CrashLoopBackOff") => What::BackOff,
                _ if body.contains("ImagePull") => What::ImagePullFailed,
                _ => return None,
            };
            if let Some((_, rest)) = body.split_once("StartContainer") {
                let name = rest
                    .split(['"', '\\', ' '])
                    .find(|part| !part.is_empty() && !matches!(*part, "for" | "with"));
                subject.container = name.map(str::to_owned);
            }
            return Some((what, subject));
        }
        // `… Error: MountVolume.SetUp failed for volume "data" (UniqueName: …) pod "shop-0" (UID: "…") : …`
        let (_, rest) = body.split_once("Volume.")?;
        let (_, rest) = rest.split_once(" failed for volume ")?;
        let unescaped = rest.replace("\\\"", "\"");
        if let Some((_, pod)) = unescaped.split_once(" pod \"") {
            subject.pod = pod.split('"').next().map(str::to_owned);
        }
        let volume = kubernetes_reason::volume(&format!("volume {unescaped}"));
        Some((What::MountFailed { volume }, subject))
    }

    /// Whom the keys of a line name.
    fn subject(&mut self, body: &str) -> Subject {
        let mut subject = Subject {
            uid: value(body, "podUID"),
            container: value(body, "containerName"),
            container_id: value(body, "containerID").map(|id| match id.split_once("://") {
                Some((_, id)) => id.to_owned(),
                None => id,
            }),
            ..Subject::default()
        };
        if let Some((namespace, pod)) = value(body, "pod")
            .as_deref()
            .and_then(|pod| pod.split_once('/'))
        {
            subject.namespace = Some(namespace.to_owned());
            subject.pod = Some(pod.to_owned());
            if let Some(uid) = &subject.uid {
                let name = (namespace.to_owned(), pod.to_owned());
                self.pods.insert(uid.clone(), name);
            }
        }
        subject
    }

    fn name(&self, subject: &mut Subject) {
        if let Some((namespace, pod)) = subject.uid.as_ref().and_then(|uid| self.pods.get(uid)) {
            subject.namespace = Some(namespace.clone());
            subject.pod = Some(pod.clone());
        }
    }

    /// `pod="prod/shop-0" event={"ID":"…","Type":"ContainerStarted","Data":"…"}`, before 1.25 `event=&{ID:… Type:… Data:…}`
    fn pleg(&mut self, body: &str, mut subject: Subject) -> Option<Found> {
        let (_, event) = body.split_once("event=")?;
        let plain = event.replace('"', "");
        let part = |name: &str| {
            let (_, rest) = plain.split_once(name)?;
            let value = rest.split([',', ' ', '}']).next()?;
            (!value.is_empty()).then(|| value.to_owned())
        };
        let uid = part("ID:")?;
        if let (Some(namespace), Some(pod)) = (&subject.namespace, &subject.pod) {
            let name = (namespace.clone(), pod.clone());
            self.pods.insert(uid.clone(), name);
        }
        let started = part("Type:")? == "ContainerStarted" && self.waiting.remove(&uid);
        started.then_some(())?;
        subject.uid = Some(uid);
        subject.container_id = part("Data:");
        Some((What::ContainerStarted, subject))
    }

    fn eviction(&mut self, body: &str, mut subject: Subject) -> Option<Found> {
        if body.contains("must evict pod(s) to reclaim") {
            let last = body.rsplit(' ').next().unwrap_or("");
            let resource = value(body, "resourceName").unwrap_or_else(|| last.to_owned());
            self.scarce = Some(resource.clone());
            return Some((What::NodePressure { resource }, subject));
        }
        // `eviction manager: pod shop-0_prod(uid) is evicted successfully`
        body.contains("is evicted successfully").then_some(())?;
        if let Some((_, rest)) = body.split_once("anager: pod ")
            && let Some((pod, _)) = rest.split_once(" is evicted")
            && subject.pod.is_none()
        {
            name_pod(pod, &mut subject);
        }
        let resource = self.scarce.clone();
        Some((What::Evicted { resource }, subject))
    }
}

/// `shop-0_prod(uid)`
fn name_pod(text: &str, subject: &mut Subject) {
    let (name, uid) = text.split_once('(').unwrap_or((text, ""));
    if let Some((pod, namespace)) = name.split_once('_') {
        subject.pod = Some(pod.to_owned());
        subject.namespace = Some(namespace.to_owned());
        let uid = uid.trim_end_matches(')');
        subject.uid = (!uid.is_empty()).then(|| uid.to_owned());
    }
}

/// The value of `key="…"` with its escapes undone, or of `key=word`.
fn value(body: &str, key: &str) -> Option<String> {
    let (_, rest) = body.split_once(&format!(" {key}="))?;
    let Some(quoted) = rest.strip_prefix('"') else {
        let end = rest.find(' ').unwrap_or(rest.len());
        return Some(rest[..end].to_owned());
    };
    let mut out = String::new();
    let mut characters = quoted.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => break,
            '\\' => match characters.next() {
                Some('n' | 't') => out.push(' '),
                Some(escaped) => out.push(escaped),
                None => break,
            },
            _ => out.push(character),
        }
    }
    Some(out)
}
