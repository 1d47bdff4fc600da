//! Everything that is known about one life, as the hypotheses see it.

use std::any::TypeId;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::clocks::Clocks;
use super::facts::Observed;
use super::identity;
use super::incarnations::Incarnation;
use super::instances::Instances;
use super::placed::Placed;
use super::rooms::Rooms;
use crate::access::{AccessReport, Second};
use crate::events::{ContainerState, Event, Life as ContainerLife, What};
use crate::finding::{Evidence, Locator};
use crate::gc::{GcLife, GcPoint};
use crate::heap::HeapReport;
use crate::threads::DumpSummary;
use crate::time::{Instant, Moment, SECOND};

/// One life and all evidence about it.
pub(super) struct Case<'a> {
    pub(super) life: &'a Incarnation,
    /// All lives: what repeats is a clue.
    pub(super) lives: &'a [Incarnation],
    pub(super) rooms: &'a Rooms,
    clocks: &'a Clocks,
    instances: &'a Instances,
    /// When the next life began.
    pub(super) next_start: Option<Moment>,
    pub(super) events: Vec<Placed<'a>>,
    pub(super) dumps: Vec<(&'a DumpSummary, Option<Moment>)>,
    /// The access log of this life, if `seconds` has any.
    pub(super) access: &'a AccessReport,
    /// Cells of the access log inside this life, placed in UTC.
    pub(super) seconds: Vec<(Instant, &'a Second)>,
    /// Facts that some hypothesis has asked for, by their functions.
    seen: RefCell<HashMap<TypeId, Rc<Observed>>>,
}

impl<'a> Case<'a> {
    pub(super) fn new(
        number: usize,
        lives: &'a [Incarnation],
        rooms: &'a Rooms,
        clocks: &'a Clocks,
        instances: &'a Instances,
        events: &[Placed<'a>],
    ) -> Self {
        let life = &lives[number];
        let mut later = lives[number + 1..].iter();
        let next_start = later
            .find(|next| next.program == life.program || !life.overlaps(next))
            .and_then(|next| next.started);
        let access = life.access.map(|index| &rooms.access_logs()[index]);
        let seconds = access
            .into_iter()
            .flat_map(|log| log.seconds.iter().map(move |second| (log, second)))
            .filter_map(|(log, second)| {
                let at = clocks.place_access(log, Moment::exact(second.at))?.lo;
                let begun = life.started.is_none_or(|start| start.lo <= at);
                let over = next_start.is_some_and(|next| at >= next.lo);
                (begun && !over).then_some((at, second))
            })
            .collect();
        let dumps = life
            .dumps
            .iter()
            .map(|(index, taken)| (&rooms.threads.dumps[*index], *taken))
            .collect();
        Self {
            life,
            lives,
            rooms,
            clocks,
            instances,
            next_start,
            events: life.events.iter().map(in_life(events)).collect(),
            dumps,
            access: access.unwrap_or(&rooms.access),
            seconds,
            seen: RefCell::default(),
        }
    }

    /// A fact about this life. Several hypotheses weigh the same one: it is worked out once.
    pub(super) fn see<F>(&self, fact: F) -> Rc<Observed>
    where
        F: Fn(&Case<'_>) -> Observed + 'static,
    {
        // A function without captured values is known by its type alone.
        const { assert!(size_of::<F>() == 0) };
        let known = self.seen.borrow().get(&TypeId::of::<F>()).cloned();
        known.unwrap_or_else(|| {
            let observed = Rc::new(fact(self));
            let mut seen = self.seen.borrow_mut();
            seen.insert(TypeId::of::<F>(), Rc::clone(&observed));
            observed
        })
    }

    pub(super) fn gc(&self) -> Option<&'a GcLife> {
        self.life.gc.map(|index| &self.rooms.gc.lives[index])
    }

    pub(super) fn container(&self) -> Option<&'a ContainerLife> {
        let index = self.life.container?;
        Some(&self.rooms.events.lives[index])
    }

    /// The container as its supervisor describes it, whichever life that description was made in.
    pub(super) fn container_state(&self) -> Option<&'a ContainerState> {
        let states = &self.rooms.events.containers;
        let own = |state: &&ContainerState| state.subject.agrees(&self.life.subject);
        states.iter().find(own).or(match states.as_slice() {
            [only] => Some(only),
            _ => None,
        })
    }

    pub(super) fn heaps(&self) -> impl Iterator<Item = &'a HeapReport> {
        self.life.heaps.iter().map(|index| &self.rooms.heap[*index])
    }

    /// Heap dumps of this life, then those of others of the same program: a leak in one life is a leak in all.
    pub(super) fn all_heaps(&self) -> impl Iterator<Item = &'a HeapReport> {
        let rest = self.rooms.heap.iter();
        self.heaps()
            .chain(rest.filter(|heap| !self.foreign(&heap.source)))
    }

    /// Whose life it is.
    pub(super) fn name(&self) -> String {
        let named = self.life.name();
        match (named.is_empty(), self.container_state()) {
            (true, Some(state)) => state.subject.name(),
            _ => named,
        }
    }

    /// Lives of other instances of the same application.
    pub(super) fn peers(&self) -> impl Iterator<Item = &'a Incarnation> {
        let own = identity::of_life(self.life, self.rooms);
        self.lives.iter().filter(move |other| {
            other.program != self.life.program
                && other.beside(self.life)
                && !own.apart(&identity::of_life(other, self.rooms))
        })
    }

    /// Where the end of another life is told.
    pub(super) fn last_words(&self, life: &Incarnation) -> Option<Locator> {
        let container = life.container.map(|index| &self.rooms.events.lives[index]);
        let gc = life.gc.map(|index| &self.rooms.gc.lives[index]);
        container
            .and_then(|life| life.locators.last().cloned())
            .or_else(|| gc.map(|gc| gc.last.clone()))
    }

    /// Whether a source is about another program or instance than this life.
    pub(super) fn foreign(&self, source: &str) -> bool {
        self.instances.foreign(self.life.folder.as_deref(), source)
    }

    /// When the snapshot at a place was taken, where a collector printed the date.
    pub(super) fn taken(&self, place: &Evidence) -> Option<Moment> {
        let stamp = self.rooms.host.taken(&place.locator)?;
        self.clocks.place(&place.locator.source, stamp)
    }

    /// Whether a snapshot can have been taken in this life: in its time, or at a time that nobody noted.
    pub(super) fn taken_in_life(&self, place: &Evidence) -> bool {
        let Some(at) = self.taken(place) else {
            return !self.foreign(&place.locator.source);
        };
        let begun = self.life.started.is_none_or(|start| start.lo <= at.hi);
        begun && self.next_start.is_none_or(|next| at.lo < next.lo)
    }

    /// Whether snapshots of the host can be of this life.
    pub(super) fn host_speaks(&self) -> bool {
        let sources = self.rooms.host.coverage.iter().map(|read| &read.source);
        let here = |source: &String| {
            let place = Evidence::new("", Locator::line(source.clone(), u64::MAX));
            self.taken_in_life(&place)
        };
        sources.into_iter().any(here)
    }

    /// Events of this life that `test` accepts.
    pub(super) fn events_where(
        &self,
        test: impl Fn(&What) -> bool,
    ) -> impl Iterator<Item = &Placed<'a>> {
        self.events.iter().filter(move |placed| test(placed.what()))
    }

    /// Whether any supervisor (Kubernetes, docker, systemd, Azure) was heard about this life.
    pub(super) fn supervised(&self) -> bool {
        self.container().is_some() || self.container_state().is_some()
    }

    /// The wall clock at `at` on the axis of the GC log.
    pub(super) fn gc_time(&self, gc: &GcLife, at: i64) -> Option<Moment> {
        gc.started.map(|start| start.plus(at))
    }

    /// The end of this life, or of what is known of it.
    pub(super) fn end(&self) -> Option<Instant> {
        let logged = || {
            let gc = self.gc()?;
            Some(self.gc_time(gc, gc.end)?.lo)
        };
        self.life.ended.map(|end| end.hi).or_else(logged)
    }

    /// The end of the GC log on its axis, or the moment at which the process was told to stop: a shutdown frees the heap
    /// and says nothing about the trouble before it.
    pub(super) fn gc_end(&self, gc: &GcLife) -> i64 {
        let told = self
            .events_where(|what| {
                matches!(what, What::KillOrdered { .. } | What::ServerStopping { .. })
            })
            .filter_map(|placed| placed.at)
            .map(|at| at.hi)
            .min();
        match (told, gc.started) {
            (Some(told), Some(start)) => told.since(start.lo).clamp(gc.begin, gc.end),
            _ => gc.end,
        }
    }

    /// What the collector took from the application in the `width` microseconds before its end, 0 to 1.
    pub(super) fn gc_loss_before_end(&self, width: i64) -> Option<f64> {
        let gc = self.gc()?;
        let end = self.gc_end(gc);
        let from = gc.begin.max(end - width);
        if end - from < SECOND {
            return None;
        }
        let lost: i64 = gc
            .points
            .iter()
            .filter(|point| point.kind.stops_the_world())
            .map(|point| (point.at + point.pause).min(end) - point.at.max(from))
            .filter(|lost| *lost > 0)
            .sum();
        Some((lost as f64 / (end - from) as f64).min(1.0))
    }

    /// The last collection before the end that tells the occupancy it left.
    pub(super) fn last_occupancy(&self) -> Option<(&'a GcPoint, u64, u64)> {
        let gc = self.gc()?;
        let end = self.gc_end(gc);
        let told = |point: &&GcPoint| point.after.is_some() && point.at <= end;
        let point = gc.points.iter().rev().find(told)?;
        let ceiling = gc.heap_max.or(point.capacity)?;
        Some((point, point.after?, ceiling))
    }
}

/// An event as one life saw it: of a series that reaches over several lives, the part that is known to be its own.
fn in_life<'a>(events: &[Placed<'a>]) -> impl Fn(&(usize, Option<Moment>)) -> Placed<'a> {
    |(index, at)| {
        let placed = events[*index];
        match *at == placed.at {
            true => placed,
            false => Placed {
                at: *at,
                until: None,
                count: 1,
                ..placed
            },
        }
    }
}

/// Where a collection is written.
pub(super) fn point_locator(gc: &GcLife, point: &GcPoint) -> Locator {
    let source = gc.sources.get(point.source as usize);
    Locator::line(source.map_or("", String::as_str), point.line)
}

/// The first collection at or after `at`, as a place to check what happened then.
pub(super) fn gc_locator(gc: &GcLife, at: i64) -> Locator {
    let index = gc.points.partition_point(|point| point.at < at);
    match gc.points.get(index) {
        Some(point) => point_locator(gc, point),
        None => gc.last.clone(),
    }
}

/// The event as evidence: what its source wrote.
pub(super) fn quote(event: &Event) -> Evidence {
    Evidence::new(event.detail.clone(), event.locator.clone())
}
