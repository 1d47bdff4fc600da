//! Kubernetes objects as JSON or YAML: `kubectl get events|pods|nodes -o json|yaml`, single objects, lists, and several
//! YAML documents in one file. Field names: `v1.Event`, `events.k8s.io/v1 Event`, `v1.Pod`, `v1.Node`.

use serde_json::Value;

use super::kubernetes_reason;
use super::kubernetes_table::container_of_path;
use super::positions::Positions;
use crate::events::event::{Event, Subject, What};
use crate::events::reading::Reading;
use crate::finding::Locator;
use crate::input::{Certainty, ParseIssue, Sample};
use crate::time::{Moment, SECOND, Stamp, iso8601};

/// Bytes of YAML that are read; its tree costs many times its size.
const YAML_LIMIT: usize = 64 << 20;

/// Reads a source of this format.
pub(super) fn read(reading: &mut Reading<'_>) {
    let source = reading.source;
    let bytes: &[u8] = &source.bytes;
    reading.coverage.lines = source.lines().count() as u64;
    let positions = Positions::new(&source.name, bytes);
    let mut before = 0;
    if bytes.trim_ascii_start().starts_with(b"{") || bytes.trim_ascii_start().starts_with(b"[") {
        let mut stream = serde_json::Deserializer::from_slice(bytes).into_iter::<Value>();
        loop {
            match stream.next() {
                Some(Ok(value)) => object(&value, &positions, reading),
                Some(Err(error)) => {
                    let cut = stream.byte_offset();
                    salvage(bytes, cut, &error, &positions, reading);
                    break;
                }
                None => break,
            }
        }
        return;
    }
    if bytes.len() > YAML_LIMIT {
        let problem = "YAML over 64 MiB is not read; JSON is";
        let locator = Locator::whole(source.name.clone());
        reading.coverage.report(ParseIssue::new(locator, problem));
        reading.coverage.not_understood = reading.coverage.lines;
        return;
    }
    let text = String::from_utf8_lossy(bytes);
    for document in text.split("\n---") {
        let lines = document.bytes().filter(|byte| *byte == b'\n').count() as u64;
        match yaml_serde::from_str::<Value>(document) {
            Ok(value) => object(&value, &positions, reading),
            Err(error) => {
                let line = error.location().map_or(1, |place| place.line() as u64);
                let locator = reading.line(before + line);
                let problem = format!("not YAML: {error}");
                reading.coverage.report(ParseIssue::new(locator, problem));
                reading.coverage.not_understood += lines.max(1);
            }
        }
        before += lines + 1;
    }
}

/// A JSON text that ends early or is damaged: the complete items of its `items` list are read one by one.
fn salvage(
    bytes: &[u8],
    cut: usize,
    error: &serde_json::Error,
    positions: &Positions<'_>,
    reading: &mut Reading<'_>,
) {
    let locator = reading.line(error.line() as u64);
    let problem = format!("not JSON from here: {error}");
    reading.coverage.report(ParseIssue::new(locator, problem));
    let mut read_to = cut;
    let items = memchr::memmem::find(&bytes[cut..], b"\"items\"").map(|at| cut + at);
    if let Some(items) = items
        && let Some(open) = memchr::memchr(b'[', &bytes[items..])
    {
        read_to = items + open + 1;
        while let Some(start) = memchr::memchr(b'{', &bytes[read_to..]) {
            let rest = &bytes[read_to + start..];
            let mut stream = serde_json::Deserializer::from_slice(rest).into_iter::<Value>();
            match stream.next() {
                Some(Ok(item)) => object(&item, positions, reading),
                _ => break,
            }
            read_to += start + stream.byte_offset();
        }
    }
    let lost = bytes[read_to..]
        .iter()
        .filter(|byte| **byte == b'\n')
        .count();
    reading.coverage.not_understood += lost as u64 + 1;
}

fn object(value: &Value, positions: &Positions<'_>, reading: &mut Reading<'_>) {
    if let Some(items) = value.get("items").and_then(Value::as_array) {
        items.iter().for_each(|item| one(item, positions, reading));
    } else if let Some(items) = value.as_array() {
        items.iter().for_each(|item| one(item, positions, reading));
    } else {
        one(value, positions, reading);
    }
}

fn one(value: &Value, positions: &Positions<'_>, reading: &mut Reading<'_>) {
    let kind = text(value, "kind").unwrap_or("");
    let is_event = kind == "Event" || (value.get("reason").is_some() && regarding(value).is_some());
    if is_event {
        if let Some(event) = event(value, positions, reading) {
            reading.push(event);
        }
    } else if kind == "Pod" || value.pointer("/status/containerStatuses").is_some() {
        super::kubernetes_pod::pod(value, positions, reading);
    } else if kind == "Node" {
        node(value, positions, reading);
    } else if kind.is_empty() && !value.is_null() {
        let locator = Locator::whole(reading.source.name.clone());
        let problem = "an object without a kind";
        reading.coverage.report(ParseIssue::new(locator, problem));
    }
}

fn regarding(value: &Value) -> Option<&Value> {
    value.get("involvedObject").or(value.get("regarding"))
}

fn event(value: &Value, positions: &Positions<'_>, reading: &Reading<'_>) -> Option<Event> {
    let reason = text(value, "reason").unwrap_or("");
    let message = text(value, "message").or(text(value, "note")).unwrap_or("");
    let mut subject = subject(regarding(value)?);
    let host = value
        .pointer("/source/host")
        .or(value.pointer("/deprecatedSource/host"));
    if subject.node.is_none() {
        subject.node = host
            .and_then(Value::as_str)
            .filter(|host| !host.is_empty())
            .map(str::to_owned);
    }
    let what = kubernetes_reason::what(reason, message, &mut subject);
    let mut event = reading.event(what, subject, &format!("{reason}: {message}"), 1);
    event.locator = match value.pointer("/metadata/uid").and_then(Value::as_str) {
        Some(uid) => positions.of_string(uid),
        None => positions.of_string(
            value
                .pointer("/metadata/name")
                .and_then(Value::as_str)
                .unwrap_or(""),
        ),
    };

    let one = |name: &str| text(value, name).and_then(moment);
    let first = one("firstTimestamp").or_else(|| one("deprecatedFirstTimestamp"));
    let last = one("lastTimestamp").or_else(|| one("deprecatedLastTimestamp"));
    let observed = value
        .pointer("/series/lastObservedTime")
        .and_then(Value::as_str)
        .and_then(moment);
    let created = value
        .pointer("/metadata/creationTimestamp")
        .and_then(Value::as_str)
        .and_then(moment);
    let at = one("eventTime").or(first).or(last).or(created);
    let until = observed.or(last);
    let count = value
        .get("count")
        .or(value.get("deprecatedCount"))
        .or(value.pointer("/series/count"))
        .and_then(Value::as_u64)
        .unwrap_or(1)
        .max(1);
    event.at = at.map(Stamp::Zoned);
    event.count = count;
    if count > 1 || until.zip(at).is_some_and(|(until, at)| until.lo > at.hi) {
        event.until = until.map(Stamp::Zoned);
    }
    Some(event)
}

fn subject(object: &Value) -> Subject {
    let name = text(object, "name").map(str::to_owned);
    let mut subject = Subject {
        namespace: text(object, "namespace").map(str::to_owned),
        container: text(object, "fieldPath").and_then(container_of_path),
        ..Subject::default()
    };
    match text(object, "kind") {
        Some("Pod") => {
            subject.pod = name;
            subject.uid = text(object, "uid").map(str::to_owned);
        }
        Some("Node") => {
            // The "namespace" of a node event is where the event is kept, not where the node is.
            subject.namespace = None;
            subject.node = name;
        }
        _ => {}
    }
    subject
}

fn node(value: &Value, positions: &Positions<'_>, reading: &mut Reading<'_>) {
    let Some(name) = value.pointer("/metadata/name").and_then(Value::as_str) else {
        return;
    };
    reading.coverage.records += 1;
    let conditions = value
        .pointer("/status/conditions")
        .and_then(Value::as_array);
    for condition in conditions.into_iter().flatten() {
        let (Some(kind), Some(status)) = (text(condition, "type"), text(condition, "status"))
        else {
            continue;
        };
        let what = match (kind, status) {
            ("Ready", "False" | "Unknown") => What::NodeNotReady,
            ("MemoryPressure" | "DiskPressure" | "PIDPressure", "True") => What::NodePressure {
                resource: kind.trim_end_matches("Pressure").to_lowercase(),
            },
            _ => continue,
        };
        let message = text(condition, "message").unwrap_or(kind);
        let subject = Subject {
            node: Some(name.to_owned()),
            ..Subject::default()
        };
        let mut event = reading.event(what, subject, message, 1);
        event.locator = positions.of_string(name);
        event.at = text(condition, "lastTransitionTime")
            .and_then(moment)
            .map(Stamp::Zoned);
        reading.push(event);
    }
}

/// A string field.
pub(super) fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value
        .get(name)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
}

/// A time as the API writes it: whole seconds or micro-time. The zero time means "never".
pub(super) fn moment(text: &str) -> Option<Moment> {
    let (stamp, _) = iso8601(text.as_bytes())?;
    stamp.zoned().filter(|moment| moment.lo.0 > 86_400 * SECOND)
}

/// Judges the beginning of a source.
pub(super) fn sniff(sample: &Sample<'_>) -> Certainty {
    let head = sample.head.trim_ascii_start();
    let json = head.starts_with(b"{") || head.starts_with(b"[");
    let marks: [&str; 5] = match json {
        true => [
            "\"apiVersion\"",
            "\"kind\"",
            "\"involvedObject\"",
            "\"containerStatuses\"",
            "\"regarding\"",
        ],
        false => [
            "apiVersion: ",
            "kind: ",
            "involvedObject:",
            "containerStatuses:",
            "regarding:",
        ],
    };
    let has = |text: &str| sample.contains(text);
    if has(marks[2]) || has(marks[3]) || (has(marks[4]) && has("reportingController")) {
        return match json || has(marks[0]) {
            true => Certainty::Sure,
            false => Certainty::Maybe,
        };
    }
    let listed = [
        "Pod",
        "PodList",
        "Event",
        "EventList",
        "List",
        "Node",
        "NodeList",
    ]
    .iter()
    .any(|kind| match json {
        true => has(&format!("\"kind\": \"{kind}\"")) || has(&format!("\"kind\":\"{kind}\"")),
        false => sample
            .lines(20)
            .any(|line| line == format!("kind: {kind}").as_bytes()),
    });
    match has(marks[0]) && has(marks[1]) && listed {
        true => Certainty::Sure,
        false => Certainty::No,
    }
}
