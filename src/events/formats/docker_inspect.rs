//! `docker inspect` of containers, and `aws ecs describe-tasks`: what a runtime knows of a container at one moment.

use serde_json::Value;

use super::kubernetes_container::java_option;
use super::kubernetes_objects::{moment, text};
use super::positions::Positions;
use crate::events::event::{Subject, What};
use crate::events::kinds::{KillReason, ProbeFailure, ProbeKind};
use crate::events::reading::Reading;
use crate::events::state::{ContainerState, Probe, Resources, RunState, Terminated};
use crate::input::{Certainty, Sample};
use crate::time::{Instant, Moment, SECOND, Stamp};

/// Reads a source of this format.
pub(super) fn read(reading: &mut Reading<'_>) {
    let source = reading.source;
    let Some(value) = reading.whole_json() else {
        return;
    };
    let positions = Positions::new(&source.name, &source.bytes);
    for item in value.as_array().into_iter().flatten() {
        inspected(item, &positions, reading);
    }
    for task in value
        .get("tasks")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        task_of_ecs(task, &positions, reading);
    }
}

fn inspected(item: &Value, positions: &Positions<'_>, reading: &mut Reading<'_>) {
    let Some(state) = item.get("State") else {
        return;
    };
    let id = text(item, "Id").unwrap_or("");
    let subject = Subject {
        container: text(item, "Name").map(|name| name.trim_start_matches('/').to_owned()),
        container_id: Some(id.to_owned()),
        ..Subject::default()
    };
    let locator = positions.of_string(id);
    let time = |name: &str| text(state, name).and_then(moment);
    let number = |value: Option<&Value>| value.and_then(Value::as_u64).filter(|number| *number > 0);
    let running = state.get("Running").and_then(Value::as_bool) == Some(true);
    let exit_code = state
        .get("ExitCode")
        .and_then(Value::as_i64)
        .and_then(|code| i32::try_from(code).ok());
    let run = match (running, text(state, "Status")) {
        (true, _) => RunState::Running {
            started: time("StartedAt"),
        },
        (false, Some("created")) => RunState::Waiting {
            reason: Some("created".to_owned()),
            message: text(state, "Error").map(str::to_owned),
        },
        (false, _) => RunState::Terminated(Terminated {
            reason: None,
            exit_code,
            signal: None,
            started: time("StartedAt"),
            finished: time("FinishedAt"),
            message: text(state, "Error").map(str::to_owned),
        }),
    };
    let options = item
        .pointer("/Config/Env")
        .and_then(Value::as_array)
        .into_iter()
        .chain(item.get("Args").and_then(Value::as_array))
        .flatten()
        .filter_map(Value::as_str)
        .filter_map(java_option)
        .collect();
    let seconds = item.pointer("/Config/StopTimeout").and_then(Value::as_i64);
    let nano_cpus = number(item.pointer("/HostConfig/NanoCpus"));
    let container = ContainerState {
        subject: subject.clone(),
        init: false,
        image: item
            .pointer("/Config/Image")
            .and_then(Value::as_str)
            .map(str::to_owned),
        restart_count: item.get("RestartCount").and_then(Value::as_u64),
        state: run,
        last_state: None,
        limits: Resources {
            memory: number(item.pointer("/HostConfig/Memory")),
            cpu_millis: nano_cpus.map(|nanos| nanos / 1_000_000),
        },
        requests: Resources::default(),
        probes: item
            .pointer("/Config/Healthcheck")
            .and_then(health_check)
            .into_iter()
            .collect(),
        grace: seconds.map(|seconds| seconds.saturating_mul(SECOND)),
        oom_killed_flag: state.get("OOMKilled").and_then(Value::as_bool),
        java_options: options,
        captured: None,
        locator: locator.clone(),
    };
    reading.coverage.records += 1;
    reading.containers.push(container);
    for check in state
        .pointer("/Health/Log")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        if check.get("ExitCode").and_then(Value::as_i64) == Some(0) {
            continue;
        }
        let output = text(check, "Output").unwrap_or("health check failed");
        let what = What::ProbeFailed {
            probe: ProbeKind::Health,
            why: super::kubernetes_reason::probe_failure(output),
        };
        let mut event = reading.event(what, subject.clone(), output, 1);
        event.at = text(check, "End").and_then(moment).map(Stamp::Zoned);
        event.locator = locator.clone();
        reading.push(event);
    }
}

/// Durations are nanoseconds; 0 means the default (30 s, 30 s, three retries).
fn health_check(value: &Value) -> Option<Probe> {
    let micros = |name: &str, default: i64| {
        let nanos = value
            .get(name)
            .and_then(Value::as_i64)
            .filter(|nanos| *nanos > 0);
        nanos.map_or(default, |nanos| nanos / 1000)
    };
    let test: Vec<&str> = value
        .get("Test")?
        .as_array()?
        .iter()
        .filter_map(Value::as_str)
        .collect();
    Some(Probe {
        kind: ProbeKind::Health,
        target: crate::events::reading::detail(&test.join(" ")),
        period: micros("Interval", 30 * SECOND),
        timeout: micros("Timeout", 30 * SECOND),
        failure_threshold: value
            .get("Retries")
            .and_then(Value::as_u64)
            .filter(|n| *n > 0)
            .unwrap_or(3),
        delay: micros("StartPeriod", 0),
    })
}

fn task_of_ecs(task: &Value, positions: &Positions<'_>, reading: &mut Reading<'_>) {
    let arn = text(task, "taskArn").unwrap_or("");
    let stopped = time_of_aws(task.get("stoppedAt"));
    let locator = positions.of_string(arn);
    let name = arn.rsplit('/').next().unwrap_or(arn).to_owned();
    let of_task = Subject {
        pod: Some(name).filter(|name| !name.is_empty()),
        ..Subject::default()
    };
    reading.coverage.records += 1;
    if let Some(why) = text(task, "stoppedReason") {
        let what = if why.contains("health checks") {
            let probe = ProbeKind::Health;
            reading.push({
                let failed = What::ProbeFailed {
                    probe,
                    why: ProbeFailure::Other,
                };
                let mut event = reading.event(failed, of_task.clone(), why, 1);
                event.at = time_of_aws(task.get("stoppingAt"))
                    .or(stopped)
                    .map(Stamp::Zoned);
                event.locator = locator.clone();
                event
            });
            Some(KillReason::Probe(probe))
        } else if why.contains("Scaling activity") || why.contains("User initiated") {
            Some(KillReason::Stop)
        } else {
            None
        };
        if let Some(reason) = what {
            let mut event = reading.event(What::KillOrdered { reason }, of_task.clone(), why, 1);
            event.at = time_of_aws(task.get("stoppingAt"))
                .or(stopped)
                .map(Stamp::Zoned);
            event.locator = locator.clone();
            reading.push(event);
        }
    }
    for container in task
        .get("containers")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let subject = Subject {
            container: text(container, "name").map(str::to_owned),
            container_id: text(container, "runtimeId").map(str::to_owned),
            ..of_task.clone()
        };
        let why = text(container, "reason").unwrap_or("");
        let code = container
            .get("exitCode")
            .and_then(Value::as_i64)
            .and_then(|code| i32::try_from(code).ok());
        let mut add = |what: What, detail: &str| {
            let mut event = reading.event(what, subject.clone(), detail, 1);
            event.at = stopped.map(Stamp::Zoned);
            event.locator = locator.clone();
            reading.push(event);
        };
        if why.contains("OutOfMemoryError") {
            // Not Java's error: ECS calls its memory limit so.
            add(What::OomKilled, why);
        }
        if code.is_some() {
            let ended = What::ContainerTerminated {
                exit_code: code,
                signal: None,
                reason: Some(why.to_owned()).filter(|why| !why.is_empty()),
            };
            add(ended, why);
        }
    }
}

/// RFC 3339 or seconds since 1970, both of which the AWS command line writes.
fn time_of_aws(value: Option<&Value>) -> Option<Moment> {
    match value? {
        Value::String(text) => moment(text),
        Value::Number(number) => {
            let micros = number.as_f64()? * 1e6;
            (micros.abs() < 9e18).then(|| Moment::exact(Instant(micros as i64)))
        }
        _ => None,
    }
}

/// Judges the beginning of a source.
pub(super) fn sniff(sample: &Sample<'_>) -> Certainty {
    let head = sample.head.trim_ascii_start();
    let has = |text: &str| sample.contains(text);
    let docker = head.starts_with(b"[") && has("\"State\"") && has("\"OOMKilled\"");
    let ecs = head.starts_with(b"{") && has("\"tasks\"") && has("\"taskArn\"");
    match docker || ecs {
        true => Certainty::Sure,
        false => Certainty::No,
    }
}
