//! Events on the one clock. A line without a stamp of its own lies between its stamped neighbours in the same file.

use std::collections::BTreeMap;

use super::clocks::Clocks;
use super::rooms::Rooms;
use crate::events::{Event, What};
use crate::time::{Moment, SECOND};

/// How many earlier events are compared for being the same one.
const NEIGHBOURS: usize = 64;

/// An event with its place in time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Placed<'a> {
    pub(super) event: &'a Event,
    /// When it happened, or the first of a counted series.
    pub(super) at: Option<Moment>,
    /// When the last of a counted series happened.
    pub(super) until: Option<Moment>,
    /// How often, as far as known.
    pub(super) count: u64,
}

impl Placed<'_> {
    pub(super) fn what(&self) -> &What {
        &self.event.what
    }

    /// When it was over.
    pub(super) fn last(&self) -> Option<Moment> {
        self.until.or(self.at)
    }
}

/// All events in order of time; those that cannot be placed come last, in the order of their sources.
pub(super) fn place<'a>(rooms: &'a Rooms, clocks: &Clocks) -> Vec<Placed<'a>> {
    let events = &rooms.events.events;
    let mut placed: Vec<Placed<'a>> = events
        .iter()
        .map(|event| {
            let source = &event.locator.source;
            let on_clock = |stamp| clocks.place(source, stamp);
            Placed {
                event,
                at: event.at.and_then(on_clock),
                until: event.until.and_then(on_clock),
                count: event.count,
            }
        })
        .collect();
    let mut by_source: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, item) in placed.iter().enumerate() {
        let source = item.event.locator.source.as_str();
        by_source.entry(source).or_default().push(index);
    }
    for mut indices in by_source.into_values() {
        indices.sort_by_key(|index| line(placed[*index].event));
        enclose(&indices, &mut placed);
    }
    placed.sort_by_key(|item| (item.at.is_none(), item.at.map(|at| (at.lo, at.hi))));
    told_once(placed)
}

/// Drops what a second source tells again: the same thing at a time that can be the same. The sharper time stays.
fn told_once(placed: Vec<Placed<'_>>) -> Vec<Placed<'_>> {
    let mut kept: Vec<Placed<'_>> = Vec::with_capacity(placed.len());
    for item in placed {
        let same = |known: &&mut Placed<'_>| {
            known.event.locator.source != item.event.locator.source
                && known.event.what == item.event.what
                && can_be_one(known.at, item.at)
                && can_be_one(known.last(), item.last())
        };
        // Sorted by time: what can be the same event stands among the last few.
        match kept.iter_mut().rev().take(NEIGHBOURS).find(same) {
            Some(known) if width(&item) < width(known) => *known = item,
            Some(_) => {}
            None => kept.push(item),
        }
    }
    kept
}

fn can_be_one(left: Option<Moment>, right: Option<Moment>) -> bool {
    let near = |left: Moment, right: Moment| {
        left.lo <= right.hi.plus(SECOND) && right.lo <= left.hi.plus(SECOND)
    };
    left.zip(right)
        .is_some_and(|(left, right)| near(left, right))
}

fn width(item: &Placed<'_>) -> i64 {
    item.at.map_or(i64::MAX, Moment::width)
}

/// Gives lines without a stamp the interval between the stamped lines around them.
fn enclose(in_file_order: &[usize], placed: &mut [Placed<'_>]) {
    let stamped: Vec<Option<Moment>> = in_file_order
        .iter()
        .map(|index| placed[*index].at)
        .collect();
    for (position, index) in in_file_order.iter().enumerate() {
        if stamped[position].is_some() || placed[*index].event.rough.is_some() {
            continue;
        }
        let before = stamped[..position].iter().rev().flatten().next();
        let after = stamped[position + 1..].iter().flatten().next();
        placed[*index].at = match (before, after) {
            (Some(before), Some(after)) if before.lo <= after.hi => Some(Moment {
                lo: before.lo,
                hi: after.hi,
            }),
            _ => None,
        };
    }
}

fn line(event: &Event) -> u64 {
    use crate::finding::Place;
    match event.locator.place {
        Place::Line(line) | Place::Lines(line, _) => line,
        Place::Bytes(from, _) => from,
        Place::Whole | Place::Object(_) => 0,
    }
}
