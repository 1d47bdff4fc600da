//! What the Azure App Service platform writes about a site's containers: the older `…_docker.log` lines
//! (`Container X for site Y …`), the newer ones (`Site: Y stopped.`, `State: …, Action: …`), and both as query results.

use serde_json::Value;

use super::positions::Positions;
use super::stamps::{When, leading};
use crate::events::event::{Event, Subject, What};
use crate::events::kinds::{KillReason, ProbeFailure, ProbeKind};
use crate::events::reading::Reading;
use crate::input::{Certainty, ParseIssue, Sample};
use crate::time::{Stamp, iso8601};

/// Reads a platform log as text.
pub(super) fn read(reading: &mut Reading<'_>) {
    let source = reading.source;
    let mut platform = Platform::default();
    for line in source.lines() {
        reading.coverage.lines = line.number;
        let Some((when, used)) = leading(line.text) else {
            let blank = line.text.trim_ascii().is_empty();
            // Output of the container's own commands may be spread over several lines.
            let continued = platform.begun && !line.text.starts_with(b"State:");
            if !blank && !continued {
                let expected = "a line of the platform log with its time";
                reading
                    .coverage
                    .line_not_understood(line.number, line.text, expected);
            }
            continue;
        };
        platform.begun = true;
        let text = String::from_utf8_lossy(&line.text[used..]);
        let message = message(&text);
        for (what, subject) in platform.line(message) {
            let mut event = reading.event(what, subject, message, line.number);
            set(&mut event, when);
            reading.push(event);
        }
    }
}

fn set(event: &mut Event, when: When) {
    match when {
        When::Stamp(stamp) => event.at = Some(stamp),
        When::Rough(rough) => event.rough = Some(rough),
    }
}

/// The message behind ` INFO  - `.
fn message(text: &str) -> &str {
    let text = text.trim();
    for level in ["INFO", "ERROR", "WARN", "WARNING", "DEBUG"] {
        if let Some(rest) = text.strip_prefix(level) {
            let rest = rest.trim_start();
            return rest.strip_prefix('-').unwrap_or(rest).trim_start();
        }
    }
    text
}

/// Reads a query result: `tables[].columns` and `tables[].rows`, newest first or not.
pub(super) fn read_query(reading: &mut Reading<'_>) {
    let source = reading.source;
    let Some(value) = reading.whole_json() else {
        return;
    };
    let positions = Positions::new(&source.name, &source.bytes);
    let tables = value.get("tables").and_then(Value::as_array);
    for table in tables.into_iter().flatten() {
        let names: Vec<&str> = table
            .get("columns")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|column| column.get("name").and_then(Value::as_str))
            .collect();
        let column = |wanted: &[&str]| names.iter().position(|name| wanted.contains(name));
        let time = column(&["TimeGenerated", "TimeStamp", "timestamp"]);
        let text = column(&["Message", "Log_s", "ResultDescription", "Msg"]);
        let (Some(time), Some(text)) = (time, text) else {
            let locator = reading.lines(1, reading.coverage.lines.max(1));
            let problem = "a result without the columns TimeGenerated and Message";
            reading.coverage.report(ParseIssue::new(locator, problem));
            continue;
        };
        let mut rows: Vec<(Stamp, String, &str)> = Vec::new();
        for row in table
            .get("rows")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let cell = |index: usize| row.get(index).and_then(Value::as_str);
            let stamp = cell(time).and_then(|time| Some((iso8601(time.as_bytes())?.0, time)));
            match (stamp, cell(text)) {
                (Some((stamp, written)), Some(text)) => {
                    rows.push((stamp, written.to_owned(), text));
                }
                _ => reading.coverage.not_understood += 1,
            }
        }
        locate(rows, &positions, reading);
    }
}

fn locate(rows: Vec<(Stamp, String, &str)>, positions: &Positions<'_>, reading: &mut Reading<'_>) {
    // Places are found in the order of the text, events in the order of time.
    let mut placed: Vec<_> = rows
        .into_iter()
        .map(|(stamp, written, text)| (stamp, positions.of_string(&written), text))
        .collect();
    placed.sort_by_key(|(stamp, _, _)| match stamp {
        Stamp::Zoned(moment) | Stamp::Local(moment) => moment.lo,
        Stamp::Uptime(micros) => crate::time::Instant(*micros),
    });
    let mut platform = Platform::default();
    for (stamp, locator, text) in placed {
        let message = message(text);
        for (what, subject) in platform.line(message) {
            let mut event = reading.event(what, subject, message, 1);
            event.at = Some(stamp);
            event.locator = locator.clone();
            reading.push(event);
        }
    }
}

/// What must be remembered between lines, because many of them do not name their container.
#[derive(Debug, Default)]
struct Platform {
    begun: bool,
    starting: Option<String>,
    deleting: Option<String>,
    /// A process ended by itself; what follows cleans up after it.
    exited: bool,
    /// Grace period of a `terminating` whose container the next line names.
    terminating: bool,
    /// The error of the last `State:` line: it is repeated until the state changes.
    last_error: String,
}

impl Platform {
    fn line(&mut self, text: &str) -> Vec<(What, Subject)> {
        if let Some(fields) = text.strip_prefix("State: ") {
            return self.state(fields).into_iter().collect();
        }
        if let Some(name) = named(text, "Starting container: ") {
            self.starting = Some(name);
            return Vec::new();
        }
        if let Some(name) = named(text, "Deleting container: ") {
            self.deleting = Some(name);
            return Vec::new();
        }
        if let Some(name) = named(text, "Stopping container: ") {
            let pending = std::mem::take(&mut self.terminating);
            let reason = KillReason::Stop;
            return match pending {
                true => vec![(What::KillOrdered { reason }, container(Some(name)))],
                false => Vec::new(),
            };
        }
        if text.starts_with("Container is terminating.") {
            self.terminating = true;
            return Vec::new();
        }
        let has = |words: &str| text.contains(words);
        let subject = subject(text);
        let what = if text == "Container is running." {
            self.exited = false;
            return vec![(What::ContainerStarted, container(self.starting.clone()))];
        } else if text.starts_with("Container is terminated.") && std::mem::take(&mut self.exited) {
            return Vec::new();
        } else if text.starts_with("Container is terminated.") {
            let ended = What::ContainerTerminated {
                exit_code: None,
                signal: None,
                reason: None,
            };
            return vec![(ended, container(self.deleting.take()))];
        } else if let Some(rest) =
            text.strip_prefix("Container has finished running with exit code: ")
        {
            let ended = What::ContainerTerminated {
                exit_code: rest.trim_end_matches('.').trim().parse().ok(),
                signal: None,
                reason: None,
            };
            self.exited = true;
            return vec![(ended, container(self.starting.clone()))];
        } else {
            what(text, &has)
        };
        let mut found: Vec<(What, Subject)> = what
            .map(|what| (what, subject.clone()))
            .into_iter()
            .collect();
        // `Container … for site … is unhealthy, Stopping site.`: the finding and the order in one line.
        if has("is unhealthy, Stopping site") {
            let reason = KillReason::Probe(ProbeKind::Health);
            found.push((What::KillOrdered { reason }, subject));
        }
        found
    }

    /// `Starting, Action: …, LastError: ContainerTimeout, LastErrorTimestamp: …, LastErrorDetails: …`
    fn state(&mut self, fields: &str) -> Option<(What, Subject)> {
        let field = |name: &str| {
            let (_, rest) = fields.split_once(name)?;
            Some(rest.split(", ").next().unwrap_or("").trim())
        };
        let error = field("LastError: ").unwrap_or("");
        let key = format!("{error} {}", field("LastErrorTimestamp: ").unwrap_or(""));
        let details = fields
            .split_once("LastErrorDetails: ")
            .map_or("", |(_, rest)| rest);
        if error.is_empty() || error == "None" || key == self.last_error {
            return None;
        }
        self.last_error = key;
        let what = if error.contains("Timeout") || error.contains("Ping") {
            let (probe, why) = (ProbeKind::WarmUp, ProbeFailure::Timeout);
            What::ProbeFailed { probe, why }
        } else if error.contains("Mount") || error.contains("Storage") || error.contains("Volume") {
            let volume = super::kubernetes_reason::volume(details);
            What::MountFailed { volume }
        } else if error.contains("Image") {
            What::ImagePullFailed
        } else {
            let result = error.to_owned();
            What::SupervisorFailed { result }
        };
        Some((what, Subject::default()))
    }
}

fn what(text: &str, has: &dyn Fn(&str) -> bool) -> Option<What> {
    let timeout = What::ProbeFailed {
        probe: ProbeKind::WarmUp,
        why: ProbeFailure::Timeout,
    };
    let ended = |reason: &str| What::ContainerTerminated {
        exit_code: None,
        signal: None,
        reason: Some(reason.to_owned()),
    };
    let kill = |reason| What::KillOrdered { reason };
    Some(
        if has("did not start within expected time limit")
            || has("didn't respond to HTTP pings")
            || text.starts_with("Site startup probe failed after")
        {
            timeout
        } else if has("is unhealthy") || has("failed health check") || has("Health check failed") {
            let (probe, why) = (ProbeKind::Health, ProbeFailure::Other);
            What::ProbeFailed { probe, why }
        } else if has("has exited, failing site start") || has("terminated during site startup") {
            ended("exited during start-up")
        } else if has("because it failed during startup")
            || has("Failed to start site. Revert by stopping")
        {
            kill(KillReason::StartFailed)
        } else if text.starts_with("Stopping site ") || text.starts_with("Stoping site ") {
            kill(KillReason::Stop)
        } else if has("Initiating warmup request to container") {
            What::ContainerStarted
        } else if has("initialized successfully and is ready to serve requests")
            || text == "Site started."
        {
            What::HealthChanged { healthy: true }
        } else if has("docker run -d ") || text.starts_with("Creating container with image") {
            What::ContainerCreated
        } else if has("No space left on device") {
            What::StorageFull
        } else if has("Failed to mount") || has("mount failed") || has("Mounting volume failed") {
            What::MountFailed { volume: None }
        } else if has("Image pull failed")
            || has("Failed to pull image")
            || has("DockerApiException")
        {
            What::ImagePullFailed
        } else if text.starts_with("Site: ") && has(" stopped") {
            let reason = "site stopped".to_owned();
            What::Other { reason }
        } else {
            return None;
        },
    )
}

fn named(text: &str, before: &str) -> Option<String> {
    let rest = text.strip_prefix(before)?;
    let name = rest.split([' ']).next()?.trim_end_matches('.');
    Some(name.to_owned())
}

fn container(name: Option<String>) -> Subject {
    Subject {
        container: name,
        ..Subject::default()
    }
}

/// `Container shop_0_99ae64d5 for site shop …`, `--name shop_0_99ae64d5`, `Site: shop stopped.`
fn subject(text: &str) -> Subject {
    let word = |before: &str| {
        let (_, rest) = text.split_once(before)?;
        let word = rest.split([' ', '.', ',']).next()?;
        (!word.is_empty()).then(|| word.to_owned())
    };
    let container = word("Container ")
        .filter(|name| name.contains('_'))
        .or_else(|| word("to container "))
        .or_else(|| word("--name "))
        .or_else(|| word("Site container: "));
    let site = word(" for site ")
        .or_else(|| word("Site: "))
        .or_else(|| word("topping site "));
    Subject {
        container,
        site,
        ..Subject::default()
    }
}

/// Judges the beginning of a source.
pub(super) fn sniff(sample: &Sample<'_>) -> Certainty {
    const MARKS: [&str; 6] = [
        "Starting container for site",
        "Initiating warmup request to container ",
        "failing site start",
        "Action: WaitingForSiteWarmUpProbeSuccess",
        "Container is terminating. Grace period: ",
        "Action: StartingSiteContainers",
    ];
    match !json(sample) && MARKS.iter().any(|mark| sample.contains(mark)) {
        true => Certainty::Sure,
        false => Certainty::No,
    }
}

/// Judges the beginning of a source that may be a query result.
pub(super) fn sniff_query(sample: &Sample<'_>) -> Certainty {
    let marks = ["\"tables\"", "\"columns\"", "\"rows\""];
    match json(sample) && marks.iter().all(|mark| sample.contains(mark)) {
        true => Certainty::Sure,
        false => Certainty::No,
    }
}

fn json(sample: &Sample<'_>) -> bool {
    sample.head.trim_ascii_start().starts_with(b"{")
}
