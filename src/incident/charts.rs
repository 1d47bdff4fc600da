//! The pictures of an incident: everything over one shared time axis.

use super::report::{IncidentReport, Life};
use crate::access::Interval;
use crate::document::{
    Axis, Band, Chart, HeatMap, Lane, Mark, Marker, Series, SpanRow, Spans, Timeline, Unit,
};
use crate::finding::{Locator, Severity};
use crate::gc::GcLife;
use crate::t;
use crate::time::{Moment, SECOND};

/// Stretches of time in which the share lost to pauses is drawn.
const STRETCHES: i64 = 240;

/// The timeline of all sources, if there is anything with a time to draw.
pub(super) fn timeline(report: &IncidentReport) -> Option<Chart> {
    let (from, to) = span(report)?;
    let lanes: Vec<Lane> = [
        heap(report),
        pauses(report),
        lost(report, from, to),
        requests(report),
        latency(report),
        threads(report),
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

/// The response times on the axis of the timeline.
pub(super) fn map(report: &IncidentReport) -> Option<Chart> {
    let access = &report.rooms.access;
    let map = &access.heat_map;
    (access.zoned && !map.cells.is_empty()).then_some(())?;
    Some(Chart::HeatMap(HeatMap {
        title: t!("Response times of transactions by their end"),
        axis: Some(span(report)?),
        from: map.from.0,
        column: map.column_us,
        rows: map.rows.clone(),
        cells: map.cells.clone(),
    }))
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

/// The share of the time that pauses took, in as many stretches as a picture shows.
fn lost(report: &IncidentReport, from: i64, to: i64) -> Option<Lane> {
    let width = ((to - from) / STRETCHES).max(SECOND);
    let mut points = Vec::new();
    for (gc, start) in clocked(report) {
        let (start, end) = (start.lo.0.max(from), start.plus(gc.end).lo.0.min(to));
        let mut paused = vec![0; usize::try_from((end - start) / width + 1).unwrap_or(0)];
        for point in &gc.points {
            // A pause may reach over several stretches.
            let (mut at, mut left) = (point.at, point.pause);
            while left > 0 {
                let part = left.min(width - at.rem_euclid(width));
                let stretch = usize::try_from(at / width).ok();
                let Some(sum) = stretch.and_then(|stretch| paused.get_mut(stretch)) else {
                    break;
                };
                *sum += part;
                (at, left) = (at + part, left - part);
            }
        }
        let shares = (0_i64..).zip(paused).map(|(stretch, paused)| {
            let at = start.saturating_add(stretch * width);
            (at, paused as f64 / width as f64)
        });
        points.extend(shares);
        points.push((end, f64::NAN));
    }
    let any = points.iter().any(|(_, share)| *share > 0.0);
    any.then(|| Lane {
        title: t!("Time lost to GC"),
        unit: Unit::Share,
        series: vec![series(t!("lost"), Mark::Area, points)],
    })
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
    let percentile = |of: fn(&Interval) -> i64| {
        let timed = access.minutes.iter().filter(|minute| minute.p99_us > 0);
        timed
            .map(|minute| (minute.at.0, of(minute) as f64))
            .collect()
    };
    lane(
        t!("Latency"),
        Unit::Micros,
        [
            series(t!("slowest"), Mark::Dots, slowest),
            series(t!("p99"), Mark::Steps, percentile(|minute| minute.p99_us)),
            series(t!("p50"), Mark::Steps, percentile(|minute| minute.p50_us)),
        ],
    )
}

/// What the thread dumps count, where the timeline has their place.
fn threads(report: &IncidentReport) -> Option<Lane> {
    let (mut all, mut blocked) = (Vec::new(), Vec::new());
    for dump in &report.rooms.threads.dumps {
        let place = Locator::line(dump.source.clone(), dump.line);
        let entry = report
            .timeline
            .iter()
            .find(|entry| entry.evidence.locator == place);
        if let Some(entry) = entry {
            let at = entry.at.middle().0;
            all.push((at, dump.thread_count as f64));
            let count = dump.by_state.get("BLOCKED").copied().unwrap_or(0);
            blocked.push((at, count as f64));
        }
    }
    let all = [
        series(t!("all"), Mark::Sticks, all),
        series("BLOCKED".to_owned(), Mark::Dots, blocked),
    ];
    lane(t!("Threads"), Unit::Count, all)
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
