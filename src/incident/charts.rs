//! The pictures of an incident: everything over one shared time axis.

use super::report::{IncidentReport, Life};
use crate::document::{
    Axis, Band, Chart, Lane, Mark, Marker, Series, SpanRow, Spans, Timeline, Unit,
};
use crate::finding::Severity;
use crate::gc::GcLife;
use crate::t;
use crate::time::{Moment, SECOND};

/// The timeline of all sources, if there is anything with a time to draw.
pub(super) fn timeline(report: &IncidentReport) -> Option<Chart> {
    let (from, to) = span(report)?;
    let lanes: Vec<Lane> = [
        heap(report),
        pauses(report),
        requests(report),
        latency(report),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!lanes.is_empty()).then(|| {
        Chart::Timeline(Timeline {
            title: t!("Heap, pauses, requests and latency on one clock"),
            axis: Axis::Wall,
            from,
            to,
            lanes,
            markers: markers(report),
            bands: bands(report),
        })
    })
}

/// When each life ran.
pub(super) fn lives(report: &IncidentReport) -> Option<Chart> {
    let (from, to) = span(report)?;
    let row = |life: &Life| {
        let start = life.started?.lo.0;
        let end = life.ended.map_or(to, |end| end.hi.0);
        Some(SpanRow {
            label: t!("life {number}", number = life.number),
            bands: vec![Band {
                from: start,
                to: end,
                label: match life.running {
                    true => t!("still running"),
                    false => life.terminator.kind.words(),
                },
                severity: match life.running {
                    true => Severity::Info,
                    false => Severity::Critical,
                },
            }],
        })
    };
    let rows: Vec<SpanRow> = report.lives.iter().filter_map(row).collect();
    (rows.len() > 1).then(|| {
        Chart::Spans(Spans {
            title: t!("Lives of the JVM"),
            axis: Axis::Wall,
            from,
            to,
            rows,
            markers: Vec::new(),
        })
    })
}

fn span(report: &IncidentReport) -> Option<(i64, i64)> {
    let lives = report.lives.iter();
    let ends = lives.flat_map(|life| [life.started, life.ended]).flatten();
    let entries = report.timeline.iter().map(|entry| entry.at);
    let access = report
        .rooms
        .access
        .span
        .filter(|_| report.rooms.access.zoned);
    let access = access.into_iter().flat_map(|(first, last)| [first, last]);
    let all: Vec<Moment> = ends.chain(entries).chain(access).collect();
    let from = all.iter().map(|at| at.lo.0).min()?;
    let to = all.iter().map(|at| at.hi.0).max()?;
    (to - from >= SECOND).then_some((from, to))
}

/// The GC logs that have a wall clock.
fn clocked(report: &IncidentReport) -> impl Iterator<Item = (&GcLife, Moment)> {
    let lives = report.rooms.gc.lives.iter();
    lives.filter_map(|gc| Some((gc, gc.started?)))
}

fn heap(report: &IncidentReport) -> Option<Lane> {
    let mut after = Vec::new();
    let mut capacity = Vec::new();
    for (gc, start) in clocked(report) {
        for point in &gc.points {
            let at = start.plus(point.at + point.pause).lo.0;
            after.extend(point.after.map(|bytes| (at, bytes as f64)));
            capacity.extend(
                gc.heap_max
                    .or(point.capacity)
                    .map(|bytes| (at, bytes as f64)),
            );
        }
        // A gap between two lives.
        let end = start.plus(gc.end).lo.0;
        capacity.push((end, f64::NAN));
    }
    (!after.is_empty()).then(|| Lane {
        title: t!("Heap after GC"),
        unit: Unit::Bytes,
        series: vec![
            series(t!("limit"), Mark::Steps, capacity),
            series(t!("in use"), Mark::Dots, after),
        ],
    })
}

fn pauses(report: &IncidentReport) -> Option<Lane> {
    let mut full = Vec::new();
    let mut other = Vec::new();
    for (gc, start) in clocked(report) {
        for point in gc.points.iter().filter(|point| point.pause > 0) {
            let at = start.plus(point.at).lo.0;
            match point.full {
                true => full.push((at, point.pause as f64)),
                false => other.push((at, point.pause as f64)),
            }
        }
    }
    let all = [
        series(t!("other"), Mark::Sticks, other),
        series(t!("Full"), Mark::Sticks, full),
    ];
    lane(t!("GC pauses"), Unit::Micros, all)
}

fn requests(report: &IncidentReport) -> Option<Lane> {
    let access = &report.rooms.access;
    if !access.zoned || access.seconds.is_empty() {
        return None;
    }
    let width = (access.step_us / SECOND).max(1) as f64;
    let rate = |count: fn(&crate::access::Second) -> u64| {
        let mut points: Vec<(i64, f64)> = Vec::new();
        for second in &access.seconds {
            // Cells without activity are absent: the rate there is zero.
            if let Some((last, _)) = points.last().copied()
                && second.at.0 - last > access.step_us
            {
                points.push((last + access.step_us, 0.0));
                points.push((second.at.0 - access.step_us, 0.0));
            }
            points.push((second.at.0, count(second) as f64 / width));
        }
        points
    };
    let failed = rate(|second| second.errors_5xx);
    let any_failed = failed.iter().any(|(_, rate)| *rate > 0.0);
    let mut all = vec![series(
        t!("finished"),
        Mark::Area,
        rate(|second| second.finished),
    )];
    if any_failed {
        all.push(series(t!("failed"), Mark::Area, failed));
    }
    lane(t!("Requests per second"), Unit::PerSecond, all)
}

fn latency(report: &IncidentReport) -> Option<Lane> {
    let access = &report.rooms.access;
    if !access.zoned {
        return None;
    }
    let finished = access.seconds.iter().filter(|second| second.finished > 0);
    let slowest = finished
        .map(|second| (second.at.0, second.max_us as f64))
        .collect();
    lane(
        t!("Slowest request"),
        Unit::Micros,
        [series(t!("slowest"), Mark::Dots, slowest)],
    )
}

fn lane(title: String, unit: Unit, all: impl IntoIterator<Item = Series>) -> Option<Lane> {
    let filled = |series: &Series| !series.points.is_empty();
    let series: Vec<Series> = all.into_iter().filter(filled).collect();
    (!series.is_empty()).then_some(Lane {
        title,
        unit,
        series,
    })
}

fn series(name: String, mark: Mark, points: Vec<(i64, f64)>) -> Series {
    Series { name, mark, points }
}

fn markers(report: &IncidentReport) -> Vec<Marker> {
    let mut markers = Vec::new();
    for life in &report.lives {
        if let Some(at) = life.started {
            let label = t!("start {number}", number = life.number);
            let severity = Severity::Info;
            markers.push(Marker {
                at,
                label,
                severity,
            });
        }
        if let (Some(at), false) = (life.ended, life.running) {
            let label = match life.terminator.exit_code {
                Some(code) => t!("end {number} (exit {code})", number = life.number, code),
                None => t!("end {number}", number = life.number),
            };
            let severity = Severity::Critical;
            markers.push(Marker {
                at,
                label,
                severity,
            });
        }
    }
    for heap in &report.rooms.heap {
        if let Some(taken) = heap.taken {
            markers.push(Marker {
                at: Moment::exact(taken),
                label: t!("heap dump"),
                severity: Severity::Medium,
            });
        }
    }
    markers
}

fn bands(report: &IncidentReport) -> Vec<Band> {
    let mut bands = Vec::new();
    for (gc, start) in clocked(report) {
        let Some(spiral) = &gc.spiral else { continue };
        let Some(onset) = spiral.onset else { continue };
        bands.push(Band {
            from: start.plus(onset).lo.0,
            to: start.plus(spiral.recovered.unwrap_or(gc.end)).lo.0,
            label: t!("death spiral"),
            severity: Severity::Critical,
        });
    }
    bands
}
