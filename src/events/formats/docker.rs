//! `docker events` as JSON lines (`--format '{{json .}}'`) and as text, and the JSON lines of Azure Container Apps.
//! Actions: moby `api/types/events`.

use serde_json::Value;

use super::kubernetes_objects::text;
use super::kubernetes_reason;
use crate::events::event::{Event, Subject, What};
use crate::events::kinds::KillReason;
use crate::events::reading::Reading;
use crate::input::{Certainty, Sample};
use crate::time::{Instant, Moment, SECOND, Stamp, iso8601};

/// Reads a source of this format.
pub(super) fn read(reading: &mut Reading<'_>) {
    let source = reading.source;
    for line in source.lines() {
        reading.coverage.lines = line.number;
        if line.text.trim_ascii().is_empty() {
            continue;
        }
        let read = match line.text.first() {
            Some(b'{') => json(line.text, line.number, reading),
            _ => plain(&String::from_utf8_lossy(line.text), line.number, reading),
        };
        match read {
            Some(Some(event)) => reading.push(event),
            Some(None) => {}
            None => {
                let expected = "an event of docker";
                reading
                    .coverage
                    .line_not_understood(line.number, line.text, expected);
            }
        }
    }
}

/// `None`: not understood; `Some(None)`: understood, but nothing happened to a process.
fn json(line: &[u8], number: u64, reading: &Reading<'_>) -> Option<Option<Event>> {
    let value: Value = serde_json::from_slice(line).ok()?;
    let quote = String::from_utf8_lossy(line);
    if let (Some(reason), Some(message)) = (text(&value, "Reason"), text(&value, "Msg")) {
        return container_apps(&value, reason, message, number, reading).map(Some);
    }
    let kind = text(&value, "Type").unwrap_or("container");
    let action = text(&value, "Action").or(text(&value, "status"))?;
    let attributes = value.pointer("/Actor/Attributes").unwrap_or(&Value::Null);
    let attribute = |name: &str| text(attributes, name).map(str::to_owned);
    let id = value
        .pointer("/Actor/ID")
        .or(value.get("id"))
        .and_then(Value::as_str);
    let subject = subject(id, attribute);
    let found = what(kind, action, &|name| {
        text(attributes, name).map(str::to_owned)
    });
    let Some(what) = found else {
        return Some(None);
    };
    let mut event = reading.event(what, subject, &quote, number);
    let nanos = value.get("timeNano").and_then(Value::as_i64);
    let seconds = value.get("time").and_then(Value::as_i64);
    event.at = match (nanos, seconds) {
        (Some(nanos), _) => Some(Moment::exact(Instant(nanos / 1000))),
        (None, Some(seconds)) => Some(Moment::truncated(
            Instant(seconds.saturating_mul(SECOND)),
            SECOND,
        )),
        (None, None) => None,
    }
    .map(Stamp::Zoned);
    Some(Some(event))
}

/// `2024-01-02T03:04:05.678901234Z container die <id> (exitCode=137, image=…, name=…)`
fn plain(line: &str, number: u64, reading: &Reading<'_>) -> Option<Option<Event>> {
    let (stamp, used) = iso8601(line.as_bytes())?;
    let rest = line.get(used..)?.trim_start();
    let (kind, rest) = rest.split_once(' ')?;
    let (rest, attributes) = match rest.split_once(" (") {
        Some((rest, attributes)) => (rest, attributes.trim_end_matches(')')),
        None => (rest, ""),
    };
    // `health_status: unhealthy <id>`: the identifier is the last word.
    let (action, id) = rest.rsplit_once(' ')?;
    let attribute = |name: &str| {
        attributes.split(", ").find_map(|pair| {
            let (key, value) = pair.split_once('=')?;
            (key == name).then(|| value.to_owned())
        })
    };
    let Some(what) = what(kind, action, &attribute) else {
        return Some(None);
    };
    let mut event = reading.event(what, subject(Some(id), attribute), line, number);
    event.at = Some(stamp);
    Some(Some(event))
}

/// `{"TimeStamp":"2023-10-06 21:41:33 +0000 UTC","Msg":"Container … failed liveness probe, will be restarted",…}`
fn container_apps(
    value: &Value,
    reason: &str,
    message: &str,
    number: u64,
    reading: &Reading<'_>,
) -> Option<Event> {
    let mut subject = Subject {
        pod: text(value, "ReplicaName").map(str::to_owned),
        site: text(value, "ContainerAppName").map(str::to_owned),
        ..Subject::default()
    };
    let what = match terminated(message) {
        Some((container, what)) => {
            subject.container = Some(container);
            what
        }
        None => kubernetes_reason::what(reason, message, &mut subject),
    };
    let mut event = reading.event(what, subject, &format!("{reason}: {message}"), number);
    let (stamp, _) = iso8601(text(value, "TimeStamp")?.as_bytes())?;
    event.at = Some(stamp);
    event.count = value
        .get("Count")
        .and_then(Value::as_u64)
        .unwrap_or(1)
        .max(1);
    Some(event)
}

/// `Container 'shop' was terminated with exit code '137' and reason 'OOMKilled'`; the reason may be missing.
fn terminated(message: &str) -> Option<(String, What)> {
    let quoted = |before: &str| {
        let (_, rest) = message.split_once(before)?;
        let (word, _) = rest.split_once('\'')?;
        (!word.is_empty()).then(|| word.to_owned())
    };
    let exit_code = quoted("' was terminated with exit code '")?.parse().ok();
    let what = What::ContainerTerminated {
        exit_code,
        signal: None,
        reason: quoted("' and reason '"),
    };
    Some((quoted("Container '")?, what))
}

fn subject(id: Option<&str>, attribute: impl Fn(&str) -> Option<String>) -> Subject {
    let label = |name: &str| attribute(&format!("io.kubernetes.{name}"));
    Subject {
        namespace: label("pod.namespace"),
        pod: label("pod.name"),
        uid: label("pod.uid"),
        container: label("container.name").or_else(|| attribute("name")),
        container_id: id.map(str::to_owned),
        ..Subject::default()
    }
}

fn what(kind: &str, action: &str, attribute: &dyn Fn(&str) -> Option<String>) -> Option<What> {
    if kind != "container" {
        return None;
    }
    Some(match action {
        "create" => What::ContainerCreated,
        "start" => What::ContainerStarted,
        "oom" => What::OomKilled,
        "die" => What::ContainerTerminated {
            exit_code: attribute("exitCode").and_then(|code| code.parse().ok()),
            signal: None,
            reason: None,
        },
        "kill" => {
            let signal = attribute("signal").and_then(|signal| number_of(&signal));
            let reason = signal.map_or(KillReason::Other, KillReason::Signal);
            What::KillOrdered { reason }
        }
        "health_status: unhealthy" => What::HealthChanged { healthy: false },
        "health_status: healthy" => What::HealthChanged { healthy: true },
        "pause" | "unpause" | "restart" | "stop" => What::Other {
            reason: action.to_owned(),
        },
        _ => return None,
    })
}

/// `15` or `SIGTERM`.
fn number_of(signal: &str) -> Option<i32> {
    match signal.trim_start_matches("SIG") {
        "HUP" => Some(1),
        "INT" => Some(2),
        "QUIT" => Some(3),
        "ABRT" => Some(6),
        "KILL" => Some(9),
        "TERM" => Some(15),
        number => number.parse().ok(),
    }
}

/// Judges the beginning of a source.
pub(super) fn sniff(sample: &Sample<'_>) -> Certainty {
    let Some(line) = sample.lines(1).next() else {
        return Certainty::No;
    };
    if line.starts_with(b"{") {
        let has = |text: &str| memchr::memmem::find(line, text.as_bytes()).is_some();
        let docker = has("\"Actor\"") && has("\"Action\"");
        let legacy = has("\"status\"") && has("\"timeNano\"");
        let apps = has("\"TimeStamp\"") && has("\"Msg\"") && has("\"Reason\"");
        return match docker || legacy || apps {
            true => Certainty::Sure,
            false => Certainty::No,
        };
    }
    let Some((_, used)) = iso8601(line) else {
        return Certainty::No;
    };
    let words: Vec<&[u8]> = line[used..]
        .split(|byte| *byte == b' ')
        .filter(|word| !word.is_empty())
        .collect();
    let kinds: [&[u8]; 5] = [b"container", b"image", b"network", b"volume", b"plugin"];
    let shape = words.first().is_some_and(|kind| kinds.contains(kind))
        && line.ends_with(b")")
        && words.len() >= 3;
    match shape {
        true => Certainty::Likely,
        false => Certainty::No,
    }
}
