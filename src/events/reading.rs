//! What one source yields while it is read.

use std::mem::{Discriminant, discriminant};

use rustc_hash::FxHashMap;
use serde_json::Value;

use super::event::{Event, Subject, What};
use super::state::{Capture, ContainerState, Crash, PodState};
use crate::finding::Locator;
use crate::input::{Coverage, ParseIssue, Source};
use crate::time::{SECOND, Stamp};

/// Events of one kind that a source keeps one by one. Beyond that, repetitions within a minute become a counted
/// series, so a log that repeats one line a million times does not become a report of a million lines.
const SINGLE: u64 = 300;
/// Events of one kind beyond which every further one joins the series before it, whatever its details.
const MOST: u64 = 20_000;
/// Characters of a line or message kept as detail.
const DETAIL: usize = 300;

/// What was read of one source.
#[derive(Debug)]
pub(super) struct Reading<'a> {
    /// The source itself.
    pub(super) source: &'a Source,
    /// How much of it was understood.
    pub(super) coverage: Coverage,
    /// In the order of the source.
    pub(super) events: Vec<Event>,
    /// Pods shown.
    pub(super) pods: Vec<PodState>,
    /// Containers shown.
    pub(super) containers: Vec<ContainerState>,
    /// Crash files.
    pub(super) crashes: Vec<Crash>,
    /// When it was captured.
    pub(super) capture: Option<Capture>,
    /// By kind: how many events so far, and the position of the last one kept.
    seen: FxHashMap<Discriminant<What>, (u64, usize)>,
}

impl<'a> Reading<'a> {
    /// Nothing read yet.
    pub(super) fn new(source: &'a Source, format: &str) -> Self {
        let size = source.bytes.len() as u64;
        Self {
            source,
            coverage: Coverage::new(source.name.clone(), format, size),
            events: Vec::new(),
            pods: Vec::new(),
            containers: Vec::new(),
            crashes: Vec::new(),
            capture: None,
            seen: FxHashMap::default(),
        }
    }

    /// The source as one JSON value; counts its lines, and reports where it is none.
    pub(super) fn whole_json(&mut self) -> Option<Value> {
        self.coverage.lines = self.source.lines().count() as u64;
        serde_json::from_slice(&self.source.bytes)
            .inspect_err(|error| {
                let locator = self.line(error.line() as u64);
                let problem = format!("not JSON: {error}");
                self.coverage.report(ParseIssue::new(locator, problem));
                self.coverage.not_understood = self.coverage.lines;
            })
            .ok()
    }

    /// A line of this source.
    pub(super) fn line(&self, number: u64) -> Locator {
        Locator::line(self.source.name.clone(), number)
    }

    /// Lines of this source.
    pub(super) fn lines(&self, first: u64, last: u64) -> Locator {
        Locator::lines(self.source.name.clone(), first, last)
    }

    /// Makes an event of this source without a time.
    pub(super) fn event(&self, what: What, subject: Subject, message: &str, line: u64) -> Event {
        Event::new(what, subject, detail(message), self.line(line))
    }

    /// Adds an event.
    pub(super) fn push(&mut self, event: Event) {
        self.coverage.records += 1;
        let (number, last) = self
            .seen
            .entry(discriminant(&event.what))
            .or_insert((0, self.events.len()));
        *number += 1;
        if *number > SINGLE
            && let Some(series) = self.events.get_mut(*last)
            && (*number > MOST || same_minute(series, &event))
        {
            series.count = series.count.saturating_add(event.count);
            series.until = event.last().or(series.until);
            series.rough_until = event.rough_until.or(event.rough).or(series.rough_until);
            return;
        }
        *last = self.events.len();
        self.events.push(event);
    }
}

fn same_minute(series: &Event, event: &Event) -> bool {
    let apart = match (series.at, event.at) {
        (Some(Stamp::Zoned(first)), Some(Stamp::Zoned(next)))
        | (Some(Stamp::Local(first)), Some(Stamp::Local(next))) => {
            next.lo.since(first.lo).unsigned_abs()
        }
        (Some(Stamp::Uptime(first)), Some(Stamp::Uptime(next))) => next.abs_diff(first),
        (None, None) => 0,
        _ => return false,
    };
    apart <= 60 * SECOND.unsigned_abs()
        && series.what == event.what
        && series.subject == event.subject
}

/// A message on one line, with runs of white space as one space, shortened.
pub(super) fn detail(message: &str) -> String {
    let mut out = String::with_capacity(message.len().min(DETAIL));
    let mut length = 0;
    let mut gap = false;
    for character in message.trim().chars() {
        if character.is_whitespace() || character.is_control() {
            gap = true;
            continue;
        }
        if gap {
            out.push(' ');
            length += 1;
            gap = false;
        }
        if length >= DETAIL {
            out.push('…');
            break;
        }
        out.push(character);
        length += 1;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Kind;

    #[test]
    fn details_are_one_bounded_line() {
        assert_eq!(detail("  a\n\tb\0c "), "a b c");
        assert_eq!(detail(&"x".repeat(1000)).chars().count(), DETAIL + 1);
    }

    #[test]
    fn endless_repetition_becomes_a_series() {
        let source = Source::of("app.log", b"x".to_vec(), Kind::Events);
        let mut reading = Reading::new(&source, "test");
        for line in 0..100_000 {
            let event = reading.event(What::StorageFull, Subject::default(), "full", line);
            reading.push(event);
        }
        assert_eq!(reading.events.len() as u64, SINGLE);
        let total: u64 = reading.events.iter().map(|event| event.count).sum();
        assert_eq!(total, 100_000);
    }
}
