//! A container inside `kubectl describe pod`.

use super::kubernetes_describe::moment;
use super::quantity;
use crate::events::event::Subject;
use crate::events::kinds::ProbeKind;
use crate::events::reading::Reading;
use crate::events::state::{ContainerState, Probe, Resources, RunState, Terminated};
use crate::time::SECOND;

/// A container while its lines arrive.
#[derive(Debug)]
pub(super) struct Builder {
    name: String,
    init: bool,
    first: u64,
    last: u64,
    id: Option<String>,
    image: Option<String>,
    restarts: Option<u64>,
    state: State,
    last_state: Option<State>,
    limits: Resources,
    requests: Resources,
    probes: Vec<Probe>,
    java_options: Vec<String>,
    part: Part,
    indent: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Fields,
    State,
    LastState,
    Limits,
    Requests,
    Words,
}

#[derive(Debug, Default)]
struct State {
    word: String,
    reason: Option<String>,
    message: Option<String>,
    details: Terminated,
}

impl Builder {
    /// Begins at the line with the name.
    pub(super) fn new(name: &str, init: bool, line: u64) -> Self {
        Self {
            name: name.to_owned(),
            init,
            first: line,
            last: line,
            id: None,
            image: None,
            restarts: None,
            state: State::default(),
            last_state: None,
            limits: Resources::default(),
            requests: Resources::default(),
            probes: Vec::new(),
            java_options: Vec::new(),
            part: Part::Fields,
            indent: 0,
        }
    }

    /// Takes the next line: `body` without its `indent`.
    pub(super) fn line(&mut self, indent: usize, body: &str, line: u64) {
        self.last = line;
        if self.indent == 0 {
            self.indent = indent;
        }
        if indent > self.indent {
            self.nested(body);
            return;
        }
        let (key, value) = body.split_once(':').unwrap_or((body, ""));
        let value = value.trim();
        self.part = match key {
            "State" => Part::State,
            "Last State" => Part::LastState,
            "Limits" => Part::Limits,
            "Requests" => Part::Requests,
            "Environment" | "Args" | "Command" => Part::Words,
            _ => Part::Fields,
        };
        match key {
            "Container ID" => self.id = id(value),
            "Image" => self.image = Some(value.to_owned()).filter(|image| !image.is_empty()),
            "Restart Count" => self.restarts = value.parse().ok(),
            "State" => self.state.word = value.to_owned(),
            "Last State" => {
                let word = value.to_owned();
                self.last_state = Some(State {
                    word,
                    ..State::default()
                });
            }
            "Liveness" => self.probes.extend(probe(ProbeKind::Liveness, value)),
            "Readiness" => self.probes.extend(probe(ProbeKind::Readiness, value)),
            "Startup" => self.probes.extend(probe(ProbeKind::Startup, value)),
            _ => {}
        }
    }

    fn nested(&mut self, body: &str) {
        let (key, value) = body.split_once(':').unwrap_or((body, ""));
        let value = value.trim();
        match self.part {
            Part::State => self.state.field(key, value),
            Part::LastState => {
                if let Some(state) = &mut self.last_state {
                    state.field(key, value);
                }
            }
            Part::Limits => resource(&mut self.limits, key, value),
            Part::Requests => resource(&mut self.requests, key, value),
            Part::Words => self.java_options.extend(java_option(body)),
            Part::Fields => {}
        }
    }

    /// The finished container of the pod `subject`.
    pub(super) fn build(
        self,
        subject: &Subject,
        grace: Option<i64>,
        reading: &Reading<'_>,
    ) -> ContainerState {
        ContainerState {
            subject: Subject {
                container: Some(self.name),
                container_id: self.id,
                ..subject.clone()
            },
            init: self.init,
            image: self.image,
            restart_count: self.restarts,
            state: self.state.finish(),
            last_state: self.last_state.map(State::finish),
            limits: self.limits,
            requests: self.requests,
            probes: self.probes,
            grace,
            oom_killed_flag: None,
            java_options: self.java_options,
            captured: None,
            locator: reading.lines(self.first, self.last),
        }
    }
}

impl State {
    fn field(&mut self, key: &str, value: &str) {
        match key {
            "Reason" => self.reason = Some(value.to_owned()),
            "Message" => self.message = Some(value.to_owned()),
            "Exit Code" => self.details.exit_code = value.parse().ok(),
            "Signal" => self.details.signal = value.parse().ok(),
            "Started" => self.details.started = moment(value),
            "Finished" => self.details.finished = moment(value),
            _ => {}
        }
    }

    fn finish(self) -> RunState {
        match self.word.as_str() {
            "Waiting" => RunState::Waiting {
                reason: self.reason,
                message: self.message,
            },
            "Running" => RunState::Running {
                started: self.details.started,
            },
            "Terminated" => RunState::Terminated(Terminated {
                reason: self.reason,
                message: self.message,
                ..self.details
            }),
            _ => RunState::Unknown,
        }
    }
}

fn resource(resources: &mut Resources, key: &str, value: &str) {
    match key {
        "memory" => resources.memory = quantity::memory(value),
        "cpu" => resources.cpu_millis = quantity::cpu_millis(value),
        _ => {}
    }
}

/// An identifier without its scheme; `None` when empty.
pub(super) fn id(value: &str) -> Option<String> {
    let id = value.split_once("://").map_or(value, |(_, id)| id);
    Some(id.to_owned()).filter(|id| !id.is_empty())
}

/// Options of the JVM in a line of environment or arguments: `-Xmx2g`, `-XX:…`, `JAVA_TOOL_OPTIONS: …`.
pub(super) fn java_option(text: &str) -> Option<String> {
    let option = text.contains("-Xmx")
        || text.contains("-Xms")
        || text.contains("-XX:")
        || text.contains("-Xss");
    option.then(|| crate::events::reading::detail(text))
}

/// `http-get http://:9600/ready delay=900s timeout=1s period=15s #success=1 #failure=3`
fn probe(kind: ProbeKind, value: &str) -> Option<Probe> {
    let at = value.find(" delay=")?;
    let mut probe = Probe {
        kind,
        target: value[..at].to_owned(),
        period: 10 * SECOND,
        timeout: SECOND,
        failure_threshold: 3,
        delay: 0,
    };
    for field in value[at..].split_whitespace() {
        let Some((key, value)) = field.split_once('=') else {
            continue;
        };
        match key {
            "delay" => probe.delay = quantity::go_duration(value)?,
            "timeout" => probe.timeout = quantity::go_duration(value)?,
            "period" => probe.period = quantity::go_duration(value)?,
            "#failure" => probe.failure_threshold = value.parse().ok()?,
            _ => {}
        }
    }
    Some(probe)
}
