//! `v1.Pod` as JSON or YAML.

use serde_json::Value;

use super::kubernetes_container::{id, java_option};
use super::kubernetes_objects::{moment, text};
use super::positions::Positions;
use super::quantity;
use crate::events::event::Subject;
use crate::events::kinds::ProbeKind;
use crate::events::reading::Reading;
use crate::events::state::{ContainerState, PodState, Probe, Resources, RunState, Terminated};
use crate::time::SECOND;

/// Reads a pod and its containers.
pub(super) fn pod(value: &Value, positions: &Positions<'_>, reading: &mut Reading<'_>) {
    let at = |path: &str| {
        value
            .pointer(path)
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    let subject = Subject {
        node: at("/spec/nodeName"),
        namespace: at("/metadata/namespace"),
        pod: at("/metadata/name"),
        uid: at("/metadata/uid"),
        ..Subject::default()
    };
    let grace = value
        .pointer("/spec/terminationGracePeriodSeconds")
        .and_then(Value::as_i64)
        .map(|seconds| seconds.saturating_mul(SECOND));
    let name = subject
        .uid
        .as_deref()
        .or(subject.pod.as_deref())
        .unwrap_or("");
    let locator = positions.of_string(name);
    reading.coverage.records += 1;
    reading.pods.push(PodState {
        subject: subject.clone(),
        phase: at("/status/phase"),
        reason: at("/status/reason"),
        message: at("/status/message"),
        started: at("/status/startTime").as_deref().and_then(moment),
        qos: at("/status/qosClass"),
        grace,
        restarts: None,
        age: None,
        restarted: None,
        captured: None,
        locator: locator.clone(),
    });
    for (statuses, specs, init) in [
        (
            "/status/initContainerStatuses",
            "/spec/initContainers",
            true,
        ),
        ("/status/containerStatuses", "/spec/containers", false),
    ] {
        let list = |path: &str| value.pointer(path).and_then(Value::as_array);
        for status in list(statuses).into_iter().flatten() {
            let name = text(status, "name").unwrap_or("");
            let spec = list(specs)
                .into_iter()
                .flatten()
                .find(|spec| text(spec, "name") == Some(name));
            let mut container = container(status, spec.unwrap_or(&Value::Null));
            container.subject = Subject {
                container: Some(name.to_owned()),
                container_id: text(status, "containerID").and_then(id),
                ..subject.clone()
            };
            container.init = init;
            container.grace = grace;
            container.locator = locator.clone();
            reading.coverage.records += 1;
            reading.containers.push(container);
        }
    }
}

fn container(status: &Value, spec: &Value) -> ContainerState {
    let probes = [
        ("livenessProbe", ProbeKind::Liveness),
        ("readinessProbe", ProbeKind::Readiness),
        ("startupProbe", ProbeKind::Startup),
    ];
    let resources = |which: &str| {
        let quantities = spec.get("resources").and_then(|r| r.get(which));
        let quantity = |name: &str| quantities.and_then(|q| q.get(name)).map(scalar);
        Resources {
            memory: quantity("memory").as_deref().and_then(quantity::memory),
            cpu_millis: quantity("cpu").as_deref().and_then(quantity::cpu_millis),
        }
    };
    let arguments = ["command", "args"]
        .iter()
        .filter_map(|name| spec.get(*name).and_then(Value::as_array))
        .flatten()
        .filter_map(Value::as_str)
        .filter_map(java_option);
    let environment = spec
        .get("env")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|variable| Some((text(variable, "name")?, text(variable, "value")?)))
        .filter_map(|(name, value)| java_option(&format!("{name}={value}")));
    ContainerState {
        subject: Subject::default(),
        init: false,
        image: text(status, "image").map(str::to_owned),
        restart_count: status.get("restartCount").and_then(Value::as_u64),
        state: status.get("state").map_or(RunState::Unknown, state),
        last_state: status
            .get("lastState")
            .map(state)
            .filter(|state| *state != RunState::Unknown),
        limits: resources("limits"),
        requests: resources("requests"),
        probes: probes
            .iter()
            .filter_map(|(name, kind)| probe(*kind, spec.get(*name)?))
            .collect(),
        grace: None,
        oom_killed_flag: None,
        java_options: arguments.chain(environment).collect(),
        captured: None,
        locator: crate::finding::Locator::whole(""),
    }
}

fn scalar(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn state(value: &Value) -> RunState {
    let owned = |value: &Value, name: &str| text(value, name).map(str::to_owned);
    let time = |value: &Value, name: &str| text(value, name).and_then(moment);
    let number = |value: &Value, name: &str| {
        value
            .get(name)
            .and_then(Value::as_i64)
            .and_then(|n| i32::try_from(n).ok())
    };
    if let Some(waiting) = value.get("waiting") {
        RunState::Waiting {
            reason: owned(waiting, "reason"),
            message: owned(waiting, "message"),
        }
    } else if let Some(running) = value.get("running") {
        RunState::Running {
            started: time(running, "startedAt"),
        }
    } else if let Some(ended) = value.get("terminated") {
        RunState::Terminated(Terminated {
            reason: owned(ended, "reason"),
            exit_code: number(ended, "exitCode"),
            signal: number(ended, "signal").filter(|signal| *signal != 0),
            started: time(ended, "startedAt"),
            finished: time(ended, "finishedAt"),
            message: owned(ended, "message"),
        })
    } else {
        RunState::Unknown
    }
}

fn probe(kind: ProbeKind, value: &Value) -> Option<Probe> {
    let seconds = |name: &str, default: i64| {
        let seconds = value.get(name).and_then(Value::as_i64).unwrap_or(default);
        seconds.saturating_mul(SECOND)
    };
    value.as_object()?;
    let target = if let Some(get) = value.get("httpGet") {
        let port = get.get("port").map(scalar).unwrap_or_default();
        let scheme = text(get, "scheme").unwrap_or("HTTP").to_lowercase();
        format!(
            "http-get {scheme}://:{port}{}",
            text(get, "path").unwrap_or("/")
        )
    } else if let Some(socket) = value.get("tcpSocket") {
        format!(
            "tcp-socket :{}",
            socket.get("port").map(scalar).unwrap_or_default()
        )
    } else if value.get("exec").is_some() {
        "exec".to_owned()
    } else if value.get("grpc").is_some() {
        "grpc".to_owned()
    } else {
        return None;
    };
    Some(Probe {
        kind,
        target,
        // Defaults of the API: period 10 s, timeout 1 s, three failures, no delay.
        period: seconds("periodSeconds", 10),
        timeout: seconds("timeoutSeconds", 1),
        failure_threshold: value
            .get("failureThreshold")
            .and_then(Value::as_u64)
            .unwrap_or(3),
        delay: seconds("initialDelaySeconds", 0),
    })
}
