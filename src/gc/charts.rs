//! The pictures of a life, as data.

use super::event::PauseKind;
use super::report::{GcLife, GcPoint, GcReport};
use crate::document::{
    Axis, Band, Bar, Bars, Block, Chart, Curve, Lane, Mark, Marker, Series, Timeline, Unit,
};
use crate::finding::Severity;
use crate::t;
use crate::time::{Instant, Moment, SECOND};

/// Occupancy, pauses and lost time of one life, on the wall clock when it is known.
pub(super) fn timeline(life: &GcLife) -> Block {
    let shift = life.started.map_or(0, |started| started.middle().0);
    let time = |at: i64| at.saturating_add(shift);
    let axis = match life.started {
        Some(_) => Axis::Wall,
        None => Axis::Uptime,
    };
    let mut markers = Vec::new();
    let mut bands = Vec::new();
    let mut mark = |at: Option<i64>, label: String, severity: Severity| {
        if let Some(at) = at {
            let at = Moment::exact(Instant(time(at)));
            markers.push(Marker {
                at,
                label,
                severity,
            });
        }
    };
    if let Some(spiral) = &life.spiral {
        mark(spiral.pressure, t!("pressure"), Severity::Medium);
        mark(spiral.onset, t!("onset"), Severity::High);
        mark(
            spiral.point_of_no_return,
            t!("point of no return"),
            Severity::Critical,
        );
        mark(spiral.death, t!("end"), Severity::Critical);
        let to = spiral.recovered.unwrap_or(life.end);
        bands.push(Band {
            from: time(spiral.onset.unwrap_or(life.begin)),
            to: time(to),
            label: t!("death spiral"),
            severity: Severity::Critical,
        });
    }
    let stretches = [
        (&life.thrashing, t!("thrashing"), Severity::High),
        (&life.near_miss, t!("near miss"), Severity::Medium),
    ];
    for (stretch, label, severity) in stretches {
        if let Some(stretch) = stretch {
            bands.push(Band {
                from: time(stretch.from),
                to: time(stretch.to),
                label,
                severity,
            });
        }
    }
    let lanes = [
        occupancy(life, &time),
        pauses(life, &time),
        allocation(life, &time),
        loss(life, &time),
    ];
    Block::Chart(Chart::Timeline(Timeline {
        title: t!("Heap, pauses and lost time"),
        axis,
        from: time(life.begin),
        to: time(life.end),
        lanes: lanes.into_iter().flatten().collect(),
        markers,
        bands,
    }))
}

fn occupancy(life: &GcLife, time: &dyn Fn(i64) -> i64) -> Option<Lane> {
    let series = |name: String, mark: Mark, of: &dyn Fn(&GcPoint) -> Option<(i64, u64)>| {
        let points: Vec<(i64, f64)> = life
            .points
            .iter()
            .filter_map(of)
            .map(|(at, bytes)| (time(at), bytes as f64))
            .collect();
        (!points.is_empty()).then_some(Series { name, mark, points })
    };
    let all = [
        series(t!("capacity"), Mark::Steps, &|point| {
            Some((point.at, point.capacity?))
        }),
        series(t!("before collection"), Mark::Line, &|point| {
            Some((point.at, point.before?))
        }),
        series(t!("after collection"), Mark::Area, &|point| {
            Some((point.at + point.pause, point.after?))
        }),
    ];
    let series: Vec<Series> = all.into_iter().flatten().collect();
    (!series.is_empty()).then(|| Lane {
        title: t!("heap"),
        unit: Unit::Bytes,
        series,
    })
}

fn pauses(life: &GcLife, time: &dyn Fn(i64) -> i64) -> Option<Lane> {
    let mut series: Vec<(PauseKind, Series)> = Vec::new();
    for point in life.points.iter().filter(|point| point.pause > 0) {
        let index = match series.iter().position(|(kind, _)| *kind == point.kind) {
            Some(index) => index,
            None => {
                let empty = Series {
                    name: point.kind.word().to_owned(),
                    mark: Mark::Sticks,
                    points: Vec::new(),
                };
                series.push((point.kind, empty));
                series.len() - 1
            }
        };
        series[index]
            .1
            .points
            .push((time(point.at), point.pause as f64));
    }
    series.sort_by_key(|(kind, _)| *kind);
    (!series.is_empty()).then(|| Lane {
        title: t!("pauses and stalls"),
        unit: Unit::Micros,
        series: series.into_iter().map(|(_, series)| series).collect(),
    })
}

/// Bytes allocated per second between the end of one collection and the beginning of the next, per loss window.
fn allocation(life: &GcLife, time: &dyn Fn(i64) -> i64) -> Option<Lane> {
    let width = life.loss.width.max(1);
    let mut windows = vec![0.0; life.loss.lost.len()];
    let mut last: Option<u64> = None;
    for point in &life.points {
        let (Some(before), Some(after)) = (point.before, point.after) else {
            continue;
        };
        if let Some(last) = last {
            let index = (point.at - life.loss.from).max(0) / width;
            if let Some(window) = windows.get_mut(index as usize) {
                *window += before.saturating_sub(last) as f64 * SECOND as f64 / width as f64;
            }
        }
        last = Some(after);
    }
    let points: Vec<(i64, f64)> = windows
        .iter()
        .enumerate()
        .map(|(index, rate)| (time(life.loss.from + index as i64 * width), *rate))
        .collect();
    // Thinned points miss allocations: a rate made from them would be too low.
    let complete = life.points.len() as u64 == life.points_total;
    (complete && last.is_some() && points.len() > 1).then(|| Lane {
        title: t!("allocated per second"),
        unit: Unit::Bytes,
        series: vec![Series {
            name: t!("allocation rate"),
            mark: Mark::Steps,
            points,
        }],
    })
}

fn loss(life: &GcLife, time: &dyn Fn(i64) -> i64) -> Option<Lane> {
    let width = life.loss.width.max(1);
    let share = |lost: i64| lost as f64 / width as f64;
    let points: Vec<(i64, f64)> = life
        .loss
        .lost
        .iter()
        .enumerate()
        .map(|(index, lost)| (time(life.loss.from + index as i64 * width), share(*lost)))
        .collect();
    (points.len() > 1).then(|| Lane {
        title: t!("share of time lost"),
        unit: Unit::Share,
        series: vec![Series {
            name: t!("lost to pauses and stalls"),
            mark: Mark::Steps,
            points,
        }],
    })
}

/// All lives on one axis, with their beginnings marked; `None` for a single life or without wall clocks.
pub(super) fn lives(report: &GcReport) -> Option<Block> {
    if report.lives.len() < 2 {
        return None;
    }
    let mut markers = Vec::new();
    let mut points = Vec::new();
    for life in &report.lives {
        let zero = life.started?.middle().0;
        let begin = zero + life.begin;
        markers.push(Marker {
            at: Moment::exact(Instant(begin)),
            label: t!("start"),
            severity: Severity::Low,
        });
        for point in &life.points {
            if let Some(after) = point.after {
                points.push((zero + point.at + point.pause, after as f64));
            }
        }
        points.push((zero + life.end, f64::NAN));
    }
    points.sort_by_key(|(at, _)| *at);
    let from = points.first()?.0;
    let to = points.last()?.0;
    Some(Block::Chart(Chart::Timeline(Timeline {
        title: t!("Heap after collection over all lives"),
        axis: Axis::Wall,
        from,
        to,
        lanes: vec![Lane {
            title: t!("heap"),
            unit: Unit::Bytes,
            series: vec![Series {
                name: t!("after collection"),
                mark: Mark::Line,
                points,
            }],
        }],
        markers,
        bands: Vec::new(),
    })))
}

/// The curve of minimum mutator utilisation; `None` for a log too short for two windows.
pub(super) fn mmu(life: &GcLife) -> Option<Block> {
    if life.mmu.len() < 2 {
        return None;
    }
    let points = life
        .mmu
        .iter()
        .map(|point| (point.window as f64, point.utilisation));
    Some(Block::Chart(Chart::Curve(Curve {
        title: t!("Minimum mutator utilisation"),
        x: (t!("window"), Unit::Micros, true),
        y: (
            t!("smallest share of a window left to the application"),
            Unit::Share,
        ),
        lines: vec![(t!("this log"), points.collect())],
    })))
}

/// Total time by kind and cause.
pub(super) fn causes(life: &GcLife) -> Option<Block> {
    let rows: Vec<_> = life
        .causes
        .iter()
        .filter(|row| row.total > 0)
        .take(10)
        .collect();
    if rows.len() < 2 {
        return None;
    }
    let bar = |row: &&super::CauseRow| Bar {
        label: match row.cause.is_empty() {
            true => row.kind.word().to_owned(),
            false => format!("{}: {}", row.kind.word(), row.cause),
        },
        parts: vec![(row.kind.word().to_owned(), row.total as f64)],
    };
    Some(Block::Chart(Chart::Bars(Bars {
        title: t!("Stopped time by cause"),
        unit: Unit::Micros,
        bars: rows.iter().map(bar).collect(),
    })))
}

/// Total time by phase; `None` for fewer than two.
pub(super) fn phases(life: &GcLife) -> Option<Block> {
    let rows: Vec<_> = life
        .phases
        .iter()
        .filter(|phase| phase.total > 0)
        .take(15)
        .collect();
    if rows.len() < 2 {
        return None;
    }
    let bars = rows.into_iter().map(|phase| {
        let part = match phase.concurrent {
            true => t!("beside the application"),
            false => t!("with the world stopped"),
        };
        Bar {
            label: phase.name.clone(),
            parts: vec![(part, phase.total as f64)],
        }
    });
    Some(Block::Chart(Chart::Bars(Bars {
        title: t!("Time by phase"),
        unit: Unit::Micros,
        bars: bars.collect(),
    })))
}
