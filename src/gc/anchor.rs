//! When the JVM of a log started that has only uptimes: by what stands beside its lines.
//!
//! Two witnesses are asked. A line of the application with a full date between two lines of the collector: the start lies
//! between the date minus the later uptime and the date minus the earlier one. And the envelope (CRI, Docker, syslog),
//! whose time is when the line was received, so the start lies before the smallest difference of all; how long the
//! quickest line took is not known, at least a second is allowed for it. Times of files are no witness: copies change them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::event::Place;
use super::life::locator;
use super::run::{Axis, Run};
use crate::finding::Locator;
use crate::input::Source;
use crate::t;
use crate::time::{Instant, Moment, SECOND, Stamp};

/// How the wall clock of a log with uptimes alone was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Anchor {
    /// What it rests on, in one sentence part.
    pub evidence: String,
    /// The line that fixes it.
    pub locator: Locator,
    /// The start may be off by this much to either side, microseconds.
    pub error: i64,
}

/// Lines are written to the millisecond, cut.
const CUT: i64 = 999;
/// What is allowed for the way of the quickest line into its envelope.
const DELIVERY: i64 = SECOND;

/// The start of the JVM as lines between others date it: kept while reading.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Between {
    /// A dated line whose next uptime is not known yet: date, uptime before, place.
    waiting: Option<(i64, i64, Place)>,
    /// Bounds of the start so far, and the line that gave the narrowest.
    bounds: Option<(i64, i64, Place)>,
}

impl Between {
    /// A dated line of somebody else, after a line of the collector at `uptime`.
    pub(super) fn stranger(&mut self, date: Stamp, uptime: i64, place: Place) {
        if let Stamp::Zoned(moment) = date {
            self.waiting = Some((moment.lo.0, uptime, place));
        }
    }

    /// The next line of the collector.
    pub(super) fn next(&mut self, uptime: i64) {
        let Some((date, before, place)) = self.waiting.take() else {
            return;
        };
        let (lo, hi) = (date - uptime - CUT, date - before + CUT);
        if lo > hi {
            return;
        }
        self.bounds = Some(match self.bounds {
            None => (lo, hi, place),
            Some((low, high, first)) => {
                let narrower = hi - lo < high - low;
                let both = (low.max(lo), high.min(hi));
                match both.0 <= both.1 {
                    true => (both.0, both.1, if narrower { place } else { first }),
                    // Clocks that contradict each other: the narrowest statement stays.
                    false if narrower => (lo, hi, place),
                    false => (low, high, first),
                }
            }
        });
    }
}

/// The start of a run that has no wall clock of its own, and how it was found.
pub(super) fn find(run: &Run, sources: &[&Source], names: &[String]) -> Option<(Moment, Anchor)> {
    if run.axis != Axis::Uptime || run.bridge.is_some() {
        return None;
    }
    let (lo, hi, place, evidence) = match run.between.bounds {
        Some((lo, hi, place)) => (
            lo,
            hi,
            place,
            t!("a dated line of the application between two lines of the collector"),
        ),
        None => envelope(run, sources)?,
    };
    let moment = Moment {
        lo: Instant(lo),
        hi: Instant(hi),
    };
    let anchor = Anchor {
        evidence,
        locator: locator(names, place),
        error: (hi - lo + 1) / 2,
    };
    Some((moment, anchor))
}

fn envelope(run: &Run, sources: &[&Source]) -> Option<(i64, i64, Place, String)> {
    let mut starts: Vec<(i64, Place)> = Vec::new();
    let mut format = "";
    for event in &run.events {
        let Some(source) = sources.get(event.file as usize) else {
            continue;
        };
        let received = source.envelope_time(event.line).and_then(Stamp::zoned);
        if let (Some(received), Some(envelope)) = (received, &source.envelope) {
            starts.push((received.lo.0 - event.end(), event.place()));
            format = envelope.format;
        }
    }
    let (earliest, place) = starts.iter().min_by_key(|(start, _)| *start).copied()?;
    starts.sort_by_key(|(start, _)| *start);
    // Half of the lines took this much longer than the quickest: what a delay looks like here.
    let usual = starts[starts.len() / 2].0 - earliest;
    let evidence = t!(
        "the times that the {format} envelope gives its lines",
        format
    );
    Some((
        earliest - usual.max(DELIVERY),
        earliest + CUT,
        place,
        evidence,
    ))
}
