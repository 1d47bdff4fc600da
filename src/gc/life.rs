//! From a run, as a format read it, to a life with everything measured on it.

use super::event::{PauseKind, Place, UNKNOWN};
use super::loss::Loss;
use super::occupancy::{self, Ceiling};
use super::pauses::{self, PauseSummary};
use super::report::{Fact, GcLife, GcPoint, Incident, IncidentKind, LifeEnd};
use super::run::{Axis, Note, Run, moment};
use super::spiral::{Spiral, Stretch};
use super::trouble::{Case, judge};
use super::{anchor, cause, cpu, forecast, phases, safepoints};
use crate::finding::Locator;
use crate::input::Source;
use crate::t;
use crate::time::{Moment, Stamp};

/// Points kept in a report.
const POINTS: usize = 20_000;
/// A log whose first uptime is at most this has its head.
const HEAD: i64 = 60 * crate::time::SECOND;

/// The place of a line of a set.
pub(super) fn locator(sources: &[String], place: Place) -> Locator {
    match sources.get(place.file as usize) {
        Some(name) => Locator::line(name.clone(), place.line),
        None => Locator::whole("-"),
    }
}

/// Measures a run. `files` are all files of its set, `sources` their names.
pub(super) fn life(mut run: Run, files: &[&Source], sources: &[String]) -> GcLife {
    run.events.sort_by_key(|event| event.begin);
    let mut clock = Clock::of(&run);
    let anchor = anchor::find(&run, files, sources).map(|(started, anchor)| {
        clock.started = Some(started);
        anchor
    });
    let zero = clock.zero;
    let loss = Loss::of(&run.events);
    let heap_max = occupancy::heap_max(&run);
    let ceiling = Ceiling::of(&run);
    let begin = run
        .events
        .first()
        .map_or(clock.begin, |event| event.begin.min(clock.begin));
    let end = run
        .events
        .iter()
        .map(|event| event.end())
        .fold(clock.end, i64::max);
    let case = Case {
        run: &run,
        loss: &loss,
        ceiling,
        heap_max,
        begin: begin.max(0),
        end,
    };
    let trouble = judge(&case);
    let until = trouble.onset.or(run.first_shortage()).unwrap_or(end);
    let after: Vec<(i64, u64)> = run
        .events
        .iter()
        .filter_map(|event| Some((event.end(), ceiling?.after(event)?)))
        .collect();
    let floor = forecast::floor(&after, begin, until);
    let forecast = floor
        .as_ref()
        .zip(ceiling)
        .and_then(|(floor, ceiling)| forecast::forecast(floor, ceiling.bytes(), ceiling.name()));
    let (over, denominator) = denominator(&run, &clock, begin, end);
    let lost = loss.total() / 1000;
    let file = |place: Place| locator(sources, place);
    let mut life = GcLife {
        sources: used_sources(&run, sources),
        first: file(run.first),
        last: file(run.last),
        format: run.format.to_owned(),
        collector: run.collector,
        jvm_version: run.version.clone(),
        pid: run.pid,
        started: clock.started,
        anchor,
        first_stamp: stamp(run.first_clocks.wall, run.first_clocks.uptime),
        last_stamp: stamp(run.last_clocks.wall, run.last_clocks.uptime),
        axis_is_uptime: run.axis == Axis::Uptime,
        begin: begin - zero,
        end: end - zero,
        uptime_at_start: run.first_clocks.uptime,
        uptime_at_end: run.last_clocks.uptime,
        ended: run.ended.unwrap_or(LifeEnd::LogEnds),
        used_at_exit: run.used_at_exit,
        heap_max,
        facts: facts(&run, sources),
        pauses: PauseSummary::of(&run.events),
        mutator_loss: lost,
        throughput: if over > 0 {
            (1.0 - lost as f64 / over as f64).clamp(0.0, 1.0)
        } else {
            1.0
        },
        throughput_over: over,
        throughput_denominator: denominator,
        points: points(&run, &clock, sources),
        points_total: run.events.len() as u64,
        loss: loss.windows(begin, end),
        mmu: loss.mmu(begin, end),
        rates: occupancy::rates(&run, end - begin),
        causes: pauses::causes(&run, sources),
        floor,
        forecast,
        spiral: trouble.spiral,
        near_miss: trouble.near_miss,
        thrashing: trouble.thrashing,
        cause: None,
        long_pauses: pauses::long(&run, zero, sources),
        cpu: cpu::summary(&run, zero, sources),
        requested: cause::requested(&run),
        phases: phases::phases(&run, sources),
        references: phases::references(&run, sources),
        safepoints: safepoints::summary(&run, sources),
        own_count: run.footer,
        unfinished: run
            .open
            .as_ref()
            .map(|(name, place)| (name.clone(), file(*place))),
        incidents: incidents(&run, zero, sources),
    };
    shift(&mut life, zero);
    life.cause = cause::find(&run, &life, sources);
    life
}

/// How raw times of a run become times on the axis of the life and on the wall clock.
struct Clock {
    /// Raw time of axis 0.
    zero: i64,
    /// Raw time of the first and the last line.
    begin: i64,
    end: i64,
    /// Wall clock of axis 0, when the zone is known.
    started: Option<Moment>,
}

impl Clock {
    fn of(run: &Run) -> Self {
        let first = match run.axis {
            Axis::Uptime => run.first_clocks.uptime,
            Axis::Wall => run.first_clocks.wall_micros(),
            Axis::None => None,
        };
        let begin = first.unwrap_or(0);
        let zero = if run.axis == Axis::Wall { begin } else { 0 };
        let started = match run.axis {
            // Both stamps are cut to the millisecond, so the start is known to two.
            Axis::Uptime => run.bridge.and_then(|(uptime, wall)| {
                let wall = wall.zoned()?.plus(-uptime);
                Some(Moment {
                    lo: wall.lo.plus(-999),
                    hi: wall.hi,
                })
            }),
            Axis::Wall => run.first_clocks.wall.and_then(Stamp::zoned),
            Axis::None => None,
        };
        Self {
            zero,
            begin,
            end: run.now.max(begin),
            started,
        }
    }
}

fn stamp(wall: Option<Stamp>, uptime: Option<i64>) -> Stamp {
    wall.unwrap_or(Stamp::Uptime(uptime.unwrap_or(0)))
}

/// What throughput is measured over: the uptime when the head of the log is there, else the time logged.
fn denominator(run: &Run, clock: &Clock, begin: i64, end: i64) -> (i64, String) {
    match run.axis {
        Axis::Uptime if run.has_head || clock.begin <= HEAD => (end, t!("uptime of the run")),
        Axis::None => (0, t!("no clock in the log")),
        _ => (end - begin, t!("logged span")),
    }
}

fn used_sources(run: &Run, sources: &[String]) -> Vec<String> {
    let range = run.first.file as usize..=run.last.file as usize;
    sources.get(range).unwrap_or(sources).to_vec()
}

fn facts(run: &Run, sources: &[String]) -> Vec<Fact> {
    let fact = |raw: &super::run::RawFact| Fact {
        name: raw.name.to_owned(),
        value: raw.value.clone(),
        locator: locator(sources, raw.place),
    };
    run.facts.iter().map(fact).collect()
}

fn points(run: &Run, clock: &Clock, sources: &[String]) -> Vec<GcPoint> {
    let known = |bytes: u64| (bytes != UNKNOWN).then_some(bytes);
    let first = run.first.file;
    occupancy::thin(&run.events, POINTS)
        .into_iter()
        .map(|index| {
            let event = &run.events[index];
            let at = event.begin - clock.zero;
            GcPoint {
                at,
                wall: clock.started.map(|started| started.middle().plus(at)),
                pause: if event.kind == PauseKind::Cycle {
                    0
                } else {
                    event.micros()
                },
                full: event.kind == PauseKind::Full,
                kind: event.kind,
                cause: run.cause(event).to_owned(),
                before: known(event.heap.before),
                after: known(event.heap.after),
                capacity: known(event.heap.capacity),
                source: event.file.saturating_sub(first).min(sources.len() as u32),
                line: event.line,
            }
        })
        .collect()
}

/// What happened, from notes of the format and from the causes of collections.
fn incidents(run: &Run, zero: i64, sources: &[String]) -> Vec<Incident> {
    let mut notes = run.notes.clone();
    for event in &run.events {
        let Some(kind) = incident_of(event.kind, run.cause(event)) else {
            continue;
        };
        let note = notes.entry(kind).or_insert_with(|| Note {
            count: 0,
            first_at: event.begin,
            last_at: event.begin,
            place: event.place(),
            detail: run.cause(event).to_owned(),
        });
        note.count += 1;
        note.last_at = note.last_at.max(event.begin);
    }
    let incident = |(kind, note): (IncidentKind, Note)| Incident {
        kind,
        count: note.count,
        first_at: note.first_at - zero,
        last_at: note.last_at - zero,
        first: locator(sources, note.place),
        detail: note.detail,
    };
    notes.into_iter().map(incident).collect()
}

fn incident_of(kind: PauseKind, cause: &str) -> Option<IncidentKind> {
    if kind == PauseKind::Degenerated {
        return Some(IncidentKind::Degenerated);
    }
    match cause {
        "Allocation Stall" => None,
        _ if cause.starts_with("System") => Some(IncidentKind::ExplicitGc),
        _ if super::event::Event::is_user_cause(cause) => Some(IncidentKind::Diagnostic),
        _ if cause.starts_with("Metadata") || cause.starts_with("Last ditch") => {
            Some(IncidentKind::MetadataThreshold)
        }
        _ if cause.starts_with("GCLocker") => Some(IncidentKind::GcLocker),
        "G1 Humongous Allocation" => Some(IncidentKind::HumongousAllocation),
        _ => None,
    }
}

/// Moves all raw times of the analyses to the axis of the life.
fn shift(life: &mut GcLife, zero: i64) {
    life.loss.from -= zero;
    for point in &mut life.mmu {
        point.at -= zero;
    }
    if let Some(floor) = &mut life.floor {
        floor.from -= zero;
        floor.to -= zero;
    }
    if let Some(forecast) = &mut life.forecast {
        forecast.made_at -= zero;
        forecast.full_at -= zero;
        forecast.earliest -= zero;
        forecast.latest = forecast.latest.map(|at| at - zero);
    }
    for stretch in [&mut life.near_miss, &mut life.thrashing]
        .into_iter()
        .flatten()
    {
        let Stretch { from, to, .. } = stretch;
        *from -= zero;
        *to -= zero;
    }
    if let Some(spiral) = &mut life.spiral {
        let Spiral {
            pressure,
            onset,
            acceleration,
            point_of_no_return,
            collapse,
            death,
            recovered,
            ..
        } = spiral;
        for time in [
            pressure,
            onset,
            acceleration,
            point_of_no_return,
            collapse,
            death,
            recovered,
        ] {
            *time = time.map(|at| at - zero);
        }
    }
}

/// Order of lives: by wall clock where known, else as read.
pub(super) fn order(lives: &mut [GcLife]) {
    let wall = |life: &GcLife| match life.first_stamp {
        Stamp::Uptime(_) => None,
        stamp => Some(moment(stamp).lo),
    };
    if lives.iter().all(|life| wall(life).is_some()) {
        lives.sort_by_key(wall);
    }
}
