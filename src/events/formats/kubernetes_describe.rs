//! `kubectl describe pod` and `kubectl describe node` (k8s.io/kubectl/pkg/describe/describe.go).

use super::kubernetes_container::Builder;
use super::kubernetes_table::{Table, described_header};
use super::quantity;
use crate::events::event::{Event, Subject, What};
use crate::events::reading::Reading;
use crate::events::state::PodState;
use crate::time::{Moment, SECOND, Stamp, rfc2822};

/// A description while its lines arrive.
#[derive(Debug)]
pub(super) struct Describe {
    line: u64,
    name: String,
    namespace: Option<String>,
    node: Option<String>,
    started: Option<Moment>,
    phase: Option<String>,
    reason: Option<String>,
    message: Option<String>,
    qos: Option<String>,
    grace: Option<i64>,
    is_node: bool,
    section: Part,
    containers: Vec<Builder>,
    conditions: Vec<(String, u64)>,
    table: Option<Table>,
    rows: Vec<(String, u64)>,
    bad_rows: Vec<(String, u64)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Fields,
    Containers { init: bool },
    Conditions,
    Events,
    Skipped,
}

impl Describe {
    /// Begins at the line `Name: …`.
    pub(super) fn new(text: &str, line: u64) -> Self {
        let name = text.split_once(':').map_or("", |(_, name)| name.trim());
        Self {
            line,
            name: name.to_owned(),
            namespace: None,
            node: None,
            started: None,
            phase: None,
            reason: None,
            message: None,
            qos: None,
            grace: None,
            is_node: false,
            section: Part::Fields,
            containers: Vec::new(),
            conditions: Vec::new(),
            table: None,
            rows: Vec::new(),
            bad_rows: Vec::new(),
        }
    }

    /// Takes the next line. Returns whether it can belong to a description.
    pub(super) fn line(&mut self, text: &str, line: u64) -> bool {
        let indent = text.len() - text.trim_start().len();
        let body = text.trim_start();
        if indent == 0 {
            let Some((key, value)) = body.split_once(':') else {
                return false;
            };
            // A key is one to four words of letters; anything else is not from a description.
            let letters = |c: char| c.is_ascii_alphabetic() || matches!(c, ' ' | '-' | '(' | ')');
            let upper = key.starts_with(|c: char| c.is_ascii_uppercase());
            if !upper || key.split(' ').count() > 4 || !key.chars().all(letters) {
                return false;
            }
            self.field(key, value.trim());
            return true;
        }
        match self.section {
            Part::Containers { init } => {
                if indent <= 2 {
                    match body.strip_suffix(':') {
                        Some(name) => self.containers.push(Builder::new(name, init, line)),
                        None => return false,
                    }
                    return true;
                }
                match self.containers.last_mut() {
                    Some(container) => container.line(indent, body, line),
                    None => return false,
                }
            }
            Part::Conditions => self.conditions.push((body.to_owned(), line)),
            Part::Events => self.event_line(text, body, line),
            Part::Fields | Part::Skipped => {}
        }
        true
    }

    fn field(&mut self, key: &str, value: &str) {
        let text = || Some(value.to_owned()).filter(|v| !v.is_empty() && v != "<none>");
        self.section = match key {
            "Containers" => Part::Containers { init: false },
            "Init Containers" => Part::Containers { init: true },
            "Ephemeral Containers" => Part::Skipped,
            "Conditions" => Part::Conditions,
            "Events" => Part::Events,
            _ => Part::Fields,
        };
        match key {
            "Namespace" => self.namespace = text(),
            "Node" => {
                let name = value.split('/').next().unwrap_or(value);
                self.node = Some(name.to_owned()).filter(|v| !v.is_empty() && v != "<none>");
            }
            "Start Time" => self.started = moment(value),
            "Status" => {
                // While it is being deleted: `Terminating (lasts 5m)`.
                self.phase = value.split(' ').next().map(str::to_owned);
            }
            "Reason" => self.reason = text(),
            "Message" => self.message = text(),
            "QoS Class" => self.qos = text(),
            "Termination Grace Period" => self.grace = quantity::go_duration(value),
            "Roles" | "Taints" | "Unschedulable" => self.is_node = true,
            _ => {}
        }
    }

    fn event_line(&mut self, text: &str, body: &str, line: u64) {
        if self.table.is_none() {
            self.table = described_header(text);
            if self.table.is_none() {
                self.bad_rows.push((text.to_owned(), line));
            }
        } else if !body.starts_with("----") {
            self.rows.push((text.to_owned(), line));
        }
    }

    fn subject(&self) -> Subject {
        let name = Some(self.name.clone());
        if self.is_node {
            return Subject {
                node: name,
                ..Subject::default()
            };
        }
        Subject {
            pod: name,
            namespace: self.namespace.clone(),
            node: self.node.clone(),
            ..Subject::default()
        }
    }
}

/// Hands a complete description over to the reading.
pub(super) fn finish(describe: Describe, reading: &mut Reading<'_>) {
    let mut subject = describe.subject();
    let rows = events(&describe, &subject, reading);
    for (text, line) in &describe.bad_rows {
        let expected = "the header of an events table";
        let coverage = &mut reading.coverage;
        coverage.line_not_understood(*line, text.as_bytes(), expected);
    }
    subject.uid = rows.iter().find_map(|event| event.subject.uid.clone());
    if describe.is_node {
        for event in conditions(&describe, &subject, reading) {
            reading.push(event);
        }
    } else if !describe.containers.is_empty() || describe.started.is_some() {
        reading.coverage.records += 1;
        reading.pods.push(PodState {
            subject: subject.clone(),
            phase: describe.phase,
            reason: describe.reason,
            message: describe.message,
            started: describe.started,
            qos: describe.qos,
            grace: describe.grace,
            restarts: None,
            age: None,
            restarted: None,
            captured: None,
            locator: reading.line(describe.line),
        });
    }
    for builder in describe.containers {
        let container = builder.build(&subject, describe.grace, reading);
        reading.coverage.records += 1;
        reading.containers.push(container);
    }
    for mut event in rows {
        event.subject.uid = event.subject.uid.or_else(|| subject.uid.clone());
        reading.push(event);
    }
}

fn events(describe: &Describe, subject: &Subject, reading: &mut Reading<'_>) -> Vec<Event> {
    let Some(table) = &describe.table else {
        return Vec::new();
    };
    let mut events = Vec::new();
    for (text, line) in &describe.rows {
        match table.described(text, subject.clone(), *line, reading) {
            Some(event) => events.push(event),
            None => {
                let expected = "a row of the events table";
                let coverage = &mut reading.coverage;
                coverage.line_not_understood(*line, text.as_bytes(), expected);
            }
        }
    }
    events
}

/// Conditions of a node: `Type  Status  LastHeartbeatTime  LastTransitionTime  Reason  Message`.
fn conditions(describe: &Describe, subject: &Subject, reading: &Reading<'_>) -> Vec<Event> {
    let mut events = Vec::new();
    for (text, line) in &describe.conditions {
        let cells: Vec<&str> = text
            .split("  ")
            .map(str::trim)
            .filter(|cell| !cell.is_empty())
            .collect();
        let &[kind, status, _, transition, ..] = cells.as_slice() else {
            continue;
        };
        let what = match (kind, status) {
            ("Ready", "False" | "Unknown") => What::NodeNotReady,
            ("MemoryPressure" | "DiskPressure" | "PIDPressure", "True") => What::NodePressure {
                resource: kind.trim_end_matches("Pressure").to_lowercase(),
            },
            _ => continue,
        };
        let mut event = reading.event(what, subject.clone(), text, *line);
        event.at = moment(transition).map(Stamp::Zoned);
        events.push(event);
    }
    events
}

/// An absolute time as descriptions write it. The zero time of Go and the epoch mean "never".
pub(super) fn moment(text: &str) -> Option<Moment> {
    let (stamp, _) = rfc2822(text.trim().as_bytes())?;
    stamp.zoned().filter(|moment| moment.lo.0 > 86_400 * SECOND)
}
