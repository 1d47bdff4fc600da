//! The report as blocks.

use super::event::{Event, What};
use super::report::EventsReport;
use super::state::{ContainerState, Life, RunState};
use super::words;
use crate::document::{
    Axis, Block, Chart, Document, Lane, Marker, Section, Table, Timeline, Verdict, Words,
};
use crate::finding::{Finding, Severity};
use crate::t;
use crate::text;
use crate::time::{Moment, Stamp};

/// Events shown without asking; all of them are in the detail and in the JSON.
const SHOWN: usize = 25;
/// Events shown in the detail.
const DETAILED: usize = 400;

impl EventsReport {
    /// The report as blocks.
    pub fn document(&self) -> Document {
        let mut blocks = Vec::new();
        for finding in &self.findings {
            blocks.push(Block::Finding(Box::new(finding.clone())));
        }
        blocks.extend(self.chart());
        if !self.lives.is_empty() {
            blocks.push(Section::main(t!("Lives"), vec![self.lives_table()]));
        }
        let notable: Vec<&Event> = self
            .events
            .iter()
            .filter(|event| severity(&event.what) > Severity::Info)
            .collect();
        if !notable.is_empty() {
            blocks.push(Section::main(
                t!("What happened"),
                vec![events_table(&notable, SHOWN)],
            ));
        }
        if !self.containers.is_empty() {
            blocks.push(Section::detail(
                t!("Containers"),
                vec![containers_table(&self.containers)],
            ));
        }
        if !self.events.is_empty() {
            let all: Vec<&Event> = self.events.iter().collect();
            blocks.push(Section::detail(
                t!("All events"),
                vec![events_table(&all, DETAILED)],
            ));
        }
        blocks.push(self.sources());
        Document {
            title: t!("Events"),
            verdict: self.verdict(),
            blocks,
        }
    }

    fn verdict(&self) -> Verdict {
        let lines: u64 = self.coverage.iter().map(|coverage| coverage.lines).sum();
        let total: u64 = self.events.iter().map(|event| event.count).sum();
        let read = t!(
            "{lines} lines of {sources} sources read, {total} events in them.",
            lines = text::count(lines),
            sources = self.coverage.len(),
            total = text::count(total)
        );
        match self.headline() {
            Some(finding) => Verdict {
                severity: finding.severity,
                headline: finding.title.as_str().into(),
                explanation: vec![finding.summary.as_str().into(), read.into()],
            },
            None => Verdict {
                severity: Severity::Info,
                headline: t!("Nothing in these sources ended or hurt a process").into(),
                explanation: vec![read.into()],
            },
        }
    }

    /// The finding that answers what ended the process, if one does; else the most severe one.
    fn headline(&self) -> Option<&Finding> {
        const ENDS: [&str; 6] = [
            "events/kernel-oom",
            "events/oom-killed-container",
            "events/jvm-crash",
            "events/evicted",
            "events/probe-kill",
            "events/killed-without-order",
        ];
        let worst = self.findings.first()?.severity;
        let ends = ENDS.iter().find_map(|rule| {
            let same = |finding: &&Finding| finding.rule == *rule && finding.severity == worst;
            self.findings.iter().find(same)
        });
        ends.or(self.findings.first())
    }

    fn lives_table(&self) -> Block {
        let mut table = Table::new(&[
            &t!("Who"),
            &t!("#Life"),
            &t!("Started"),
            &t!("Ended"),
            &t!("#Lived"),
            &t!("End"),
            &t!("Where"),
        ]);
        for life in &self.lives {
            table.row([
                life.subject.name().into(),
                life.number
                    .map_or(String::new(), |number| number.to_string())
                    .into(),
                life.started
                    .map_or_else(|| "–".to_owned(), words::stamp)
                    .into(),
                ended(life).into(),
                lived(life).into(),
                self.end(life).into(),
                Words::code(
                    life.locators
                        .first()
                        .map_or(String::new(), ToString::to_string),
                ),
            ]);
        }
        for unobserved in &self.unobserved {
            let lives = unobserved.lives;
            table.row([
                unobserved.subject.name().into(),
                "".into(),
                t!("{lives} more, only counted", lives).into(),
                "".into(),
                "".into(),
                "".into(),
                Words::code(unobserved.locator.to_string()),
            ]);
        }
        Block::Table(table)
    }

    fn end(&self, life: &Life) -> String {
        if life.running {
            return t!("still running at capture");
        }
        let mut text = match &life.end {
            Some(end) => words::what(&What::ContainerTerminated {
                exit_code: end.exit_code,
                signal: end.signal,
                reason: end.reason.clone(),
            }),
            None => t!("end not seen"),
        };
        if let Some(event) = life.kill_order.and_then(|index| self.events.get(index)) {
            text += &t!("; before it {order}", order = words::what(&event.what));
        }
        text
    }

    /// One lane a subject group, one marker an event that matters.
    fn chart(&self) -> Option<Block> {
        let zoned = |event: &&Event| event.at.and_then(Stamp::zoned).is_some();
        let timed: Vec<&Event> = self.events.iter().filter(zoned).collect();
        let moments = || {
            timed
                .iter()
                .filter_map(|event| event.last()?.zoned().or(event.at?.zoned()))
        };
        let from = timed
            .iter()
            .filter_map(|event| event.at?.zoned())
            .map(|at| at.lo)
            .min()?;
        let to = moments().map(|at| at.hi).max()?;
        if to <= from {
            return None;
        }
        let hurting: Vec<&Event> = timed
            .iter()
            .copied()
            .filter(|event| severity(&event.what) > Severity::Low)
            .collect();
        let markers: Vec<Marker> = runs(&hurting)
            .into_iter()
            .take(40)
            .filter_map(|run| {
                let event = hurting[run.start];
                Some(Marker {
                    at: event.at?.zoned()?,
                    label: words::what(&event.what),
                    severity: severity(&event.what),
                })
            })
            .collect();
        if markers.is_empty() {
            return None;
        }
        Some(Block::Chart(Chart::Timeline(Timeline {
            title: t!("Events that hurt"),
            axis: Axis::Wall,
            from: from.0,
            to: to.0,
            lanes: Vec::<Lane>::new(),
            markers,
            bands: Vec::new(),
        })))
    }

    fn sources(&self) -> Block {
        let mut table = Table::new(&[
            &t!("Source"),
            &t!("Format"),
            &t!("#Lines"),
            &t!("#Records"),
            &t!("#Not understood"),
            &t!("First problem"),
        ]);
        for coverage in &self.coverage {
            let problem = coverage
                .issues
                .first()
                .map_or(String::new(), ToString::to_string);
            table.row([
                Words::code(coverage.source.clone()),
                coverage.format.as_str().into(),
                text::count(coverage.lines).into(),
                text::count(coverage.records).into(),
                text::count(coverage.not_understood).into(),
                problem.into(),
            ]);
        }
        let mut blocks = vec![Block::Table(table)];
        if !self.captures.is_empty() {
            let line = |capture: &super::state::Capture| -> Words {
                let (at, how) = (capture.captured, &capture.how);
                Words::code(capture.source.clone()).and(t!(
                    " was captured at {at}, from {how}",
                    at,
                    how
                ))
            };
            blocks.push(Block::List(self.captures.iter().map(line).collect()));
        }
        Section::main(t!("Sources"), blocks)
    }
}

/// How much an event matters by itself, for choosing what to show first.
fn severity(what: &What) -> Severity {
    match what {
        What::KillOrdered { .. }
        | What::OomKilled
        | What::KernelOomKill(_)
        | What::NodeOom { .. }
        | What::Evicted { .. }
        | What::OutOfMemoryError { .. }
        | What::JvmTerminating { .. }
        | What::JvmCrash { .. }
        | What::NodeRebooted
        | What::NodeNotReady => Severity::Critical,
        What::ContainerTerminated { exit_code, .. } if *exit_code == Some(0) => Severity::Info,
        What::ContainerTerminated { .. }
        | What::ProbeFailed { .. }
        | What::BackOff
        | What::RestartScheduled { .. }
        | What::MountFailed { .. }
        | What::ImagePullFailed
        | What::SchedulingFailed { .. }
        | What::SandboxFailed
        | What::ContainerStartFailed
        | What::SupervisorFailed { .. }
        | What::HeapDumpFailed
        | What::NativeThreadFailed
        | What::SignalLost { .. }
        | What::PoolExhausted(_)
        | What::HousekeeperStarved { .. }
        | What::WorkersBusy { .. }
        | What::StorageFull
        | What::StorageLost { .. }
        | What::DescriptorsExhausted
        | What::ServerStartFailed { .. }
        | What::Preempted
        | What::NodePressure { .. }
        | What::HealthChanged { healthy: false } => Severity::High,
        What::ConnectionFailed { .. }
        | What::ConnectionLeak
        | What::StuckThread { .. }
        | What::ConfigError => Severity::Medium,
        What::ServerStarted { .. }
        | What::ServerStopping { .. }
        | What::ServerStopped { .. }
        | What::ContainerStarted
        | What::HeapDumpBegun { .. }
        | What::HeapDumpFinished { .. }
        | What::Scaled => Severity::Low,
        _ => Severity::Info,
    }
}

fn events_table(events: &[&Event], most: usize) -> Block {
    let mut table = Table::new(&[
        &t!("When"),
        &t!("#Times"),
        &t!("Who"),
        &t!("What"),
        &t!("Where"),
    ]);
    let runs = runs(events);
    for run in runs.iter().take(most) {
        let first = events[run.start];
        let last = events[run.end - 1];
        let when = match run.len() {
            1 => words::when(first),
            _ => words::span(first, last),
        };
        let times: u64 = events[run.clone()].iter().map(|event| event.count).sum();
        table.row([
            when.into(),
            text::count(times).into(),
            first.subject.name().into(),
            words::what(&first.what).into(),
            Words::code(first.locator.to_string()),
        ]);
    }
    table.more = runs.len().saturating_sub(most) as u64;
    Block::Table(table)
}

/// Neighbours that say the same of the same subject in the same source become one row.
fn runs(events: &[&Event]) -> Vec<std::ops::Range<usize>> {
    let mut runs: Vec<std::ops::Range<usize>> = Vec::new();
    for (index, event) in events.iter().enumerate() {
        if let Some(run) = runs.last_mut() {
            let first = events[run.start];
            let same = first.subject == event.subject
                && first.locator.source == event.locator.source
                && words::what(&first.what) == words::what(&event.what);
            if same {
                run.end = index + 1;
                continue;
            }
        }
        runs.push(index..index + 1);
    }
    runs
}

fn containers_table(containers: &[ContainerState]) -> Block {
    let mut table = Table::new(&[
        &t!("Container"),
        &t!("State"),
        &t!("#Restarts"),
        &t!("#Memory limit"),
        &t!("#CPU limit"),
        &t!("Probes"),
        &t!("Where"),
    ]);
    for container in containers {
        let state = match &container.state {
            RunState::Waiting { reason, .. } => reason.clone().unwrap_or_else(|| t!("waiting")),
            RunState::Running { .. } => t!("running"),
            RunState::Terminated(_) => t!("terminated"),
            RunState::Unknown => "–".to_owned(),
        };
        let probes: Vec<String> = container
            .probes
            .iter()
            .map(|probe| {
                t!(
                    "{kind} every {period}, timeout {timeout}, {failures} failures",
                    kind = probe.kind.word(),
                    period = text::duration(probe.period),
                    timeout = text::duration(probe.timeout),
                    failures = probe.failure_threshold
                )
            })
            .collect();
        let cpu = container
            .limits
            .cpu_millis
            .map(|millis| format!("{}", millis as f64 / 1000.0));
        table.row([
            container.subject.name().into(),
            state.into(),
            container
                .restart_count
                .map_or(String::new(), text::count)
                .into(),
            container
                .limits
                .memory
                .map_or_else(|| "–".to_owned(), text::bytes)
                .into(),
            cpu.unwrap_or_else(|| "–".to_owned()).into(),
            probes.join("; ").into(),
            Words::code(container.locator.to_string()),
        ]);
    }
    Block::Table(table)
}

fn ended(life: &Life) -> String {
    match life.ended {
        Some(at) => words::stamp(at),
        None => "–".to_owned(),
    }
}

fn lived(life: &Life) -> String {
    let both = (life.started, life.ended);
    let span = |from: Moment, to: Moment| text::duration(to.lo.since(from.lo));
    match both {
        (Some(Stamp::Zoned(from)), Some(Stamp::Zoned(to)))
        | (Some(Stamp::Local(from)), Some(Stamp::Local(to))) => span(from, to),
        _ => String::new(),
    }
}
