//! Lanes over one shared time axis.

use std::fmt::Write;

use super::axis::TimeAxis;
use super::{LEFT, POINTS, Picture, RIGHT, WIDTH, fit, label, number, put_number, text_width};
use crate::document::{Lane, Mark, Series, Table, Timeline};
use crate::render::html::escape;
use crate::render::{scale, spark};
use crate::{t, text};

/// Height of the plot of a lane.
const LANE: f64 = 92.0;
/// Height of the line above a lane with its title and legend.
const HEAD: f64 = 30.0;
/// Kinds of lines that the style knows.
const KINDS: usize = 6;
/// Rows of the table behind the chart.
const STRETCHES: usize = 48;
/// Columns of the table behind the chart, besides the time.
const COLUMNS: usize = 8;

pub(super) fn picture(chart: &Timeline, id: &str) -> Picture {
    let axis = TimeAxis::new(chart.axis, chart.from, chart.to);
    let lanes = chart.lanes.len() as f64 * (LANE + HEAD);
    let marks = axis.marks(&chart.markers, &chart.bands);
    let top = 2.0 + marks.height();
    let bottom = top + lanes;
    let mut body = axis.clip(id, 0.0, bottom);
    body += &axis.grid(top, bottom);
    let _ = writeln!(body, "<g clip-path=\"url(#{id}c)\"><g class=\"data\">");
    body += &axis.bands(&chart.bands, top, bottom);
    body += &axis.doubts(&chart.markers, top, bottom);
    body += "</g></g>\n";
    let mut at = top;
    for lane in &chart.lanes {
        at += HEAD;
        body += &lane_body(lane, &axis, id, at);
        at += LANE;
    }
    body += &marks.draw(2.0, bottom);
    let from = scale::time(chart.axis, chart.from);
    let to = scale::time(chart.axis, chart.to);
    let titles: Vec<&str> = chart.lanes.iter().map(|lane| lane.title.as_str()).collect();
    let lanes = titles.join(", ");
    let markers = chart.markers.len();
    Picture {
        height: bottom + 40.0,
        description: t!(
            "From {from} to {to}: {lanes}. {markers} moments are marked and listed below the picture.",
            from,
            to,
            lanes,
            markers
        ),
        attributes: axis.attributes(),
        body,
        below: axis.legend(&chart.markers, &chart.bands),
        table: table(chart),
    }
}

fn lane_body(lane: &Lane, axis: &TimeAxis, id: &str, top: f64) -> String {
    let mut out = String::new();
    let steps = scale::steps(lane.unit, spark::peak(lane), 3);
    let high = steps.last().copied().unwrap_or(1.0);
    let bottom = top + LANE;
    let y = |value: f64| bottom - (value / high).clamp(0.0, 1.0) * LANE;
    for step in &steps {
        let line = number(y(*step));
        let _ = writeln!(
            out,
            "<line x1=\"{LEFT}\" x2=\"{RIGHT}\" y1=\"{line}\" y2=\"{line}\" class=\"{}\"/>",
            if *step == 0.0 { "base" } else { "grid" }
        );
        let at = (LEFT - 8.0, y(*step) + 4.0);
        label(&mut out, at, "end", "tick", &scale::label(lane.unit, *step));
    }
    heading(lane, top - 10.0, &mut out);
    let _ = writeln!(
        out,
        "<g clip-path=\"url(#{id}c)\"><g class=\"data\" data-top=\"{}\" data-bottom=\"{}\" data-high=\"{high}\" data-unit=\"{:?}\">",
        number(top),
        number(bottom),
        lane.unit
    );
    for (index, series) in lane.series.iter().enumerate() {
        let name = escape::text(&series.name);
        let kind = index % KINDS;
        let path = path(series, axis, y, bottom);
        if series.mark == Mark::Area {
            let _ = writeln!(out, "<path class=\"fill s{kind}\" d=\"{}\"/>", path.closed);
        }
        let class = match series.mark {
            Mark::Dots => "dots",
            Mark::Sticks => "sticks",
            Mark::Area => "line thin",
            Mark::Line | Mark::Steps => "line",
        };
        let _ = writeln!(
            out,
            "<path class=\"{class} s{kind}\" data-name=\"{name}\" d=\"{}\"><title>{name}</title></path>",
            path.open
        );
    }
    out += "</g></g>\n";
    out
}

/// Title of a lane and the legend of its series in one line.
fn heading(lane: &Lane, y: f64, out: &mut String) {
    let title = fit(&lane.title, 380.0);
    label(out, (LEFT, y), "start", "lane halo", &title);
    if lane.series.len() < 2
        && lane
            .series
            .iter()
            .all(|series| series.name == lane.title || series.name.is_empty())
    {
        return;
    }
    let mut x = LEFT + text_width(&title) * 1.1 + 18.0;
    for (index, series) in lane.series.iter().enumerate() {
        let name = fit(&series.name, 200.0);
        if x + 26.0 + text_width(&name) > WIDTH {
            label(out, (x, y), "start", "tick", "…");
            return;
        }
        let kind = index % KINDS;
        let class = if series.mark == Mark::Dots {
            "dots"
        } else {
            "line"
        };
        let shape = match series.mark {
            Mark::Dots => format!("M{} {}h0", number(x + 9.0), number(y - 4.0)),
            _ => format!("M{} {}h18", number(x), number(y - 4.0)),
        };
        let _ = writeln!(out, "<path class=\"{class} s{kind} key\" d=\"{shape}\"/>");
        label(out, (x + 23.0, y), "start", "tick", &name);
        x += 23.0 + text_width(&name) + 14.0;
    }
}

/// The outline of a series, and for areas the same closed along the base.
struct Outline {
    open: String,
    closed: String,
}

fn path(series: &Series, axis: &TimeAxis, y: impl Fn(f64) -> f64, bottom: f64) -> Outline {
    let mut open = String::new();
    let mut closed = String::new();
    let base = number(bottom);
    // Where the current unbroken run began.
    let mut run: Option<f64> = None;
    let mut last = LEFT;
    for (at, value) in scale::decimate(&series.points, axis.from, axis.to, POINTS) {
        let x = axis.x(at);
        if !value.is_finite() {
            if let Some(first) = run.take() {
                let _ = write!(closed, "V{base}H{}Z", number(first));
            }
            continue;
        }
        let from = open.len();
        let first = run.is_none();
        match series.mark {
            Mark::Sticks => put(&mut open, 'M', &[x, bottom]),
            Mark::Steps if !first => put(&mut open, 'H', &[x]),
            Mark::Line | Mark::Area if !first => put(&mut open, 'L', &[x, y(value)]),
            _ => put(&mut open, 'M', &[x, y(value)]),
        }
        match series.mark {
            Mark::Dots => open.push_str("h0"),
            Mark::Sticks => put(&mut open, 'V', &[y(value)]),
            Mark::Steps if !first => put(&mut open, 'V', &[y(value)]),
            _ => {}
        }
        if series.mark == Mark::Area {
            closed += &open[from..];
        }
        run.get_or_insert(x);
        last = x;
    }
    match series.mark {
        // A value that holds until the next one holds until the end.
        Mark::Steps if run.is_some() && last < RIGHT => {
            let _ = write!(open, "H{}", number(RIGHT));
        }
        Mark::Area => {
            if let Some(first) = run {
                let _ = write!(closed, "V{base}H{}Z", number(first));
            }
        }
        _ => {}
    }
    Outline { open, closed }
}

/// Appends a command of a path.
fn put(path: &mut String, command: char, numbers: &[f64]) {
    path.push(command);
    for (index, value) in numbers.iter().enumerate() {
        if index > 0 {
            path.push(' ');
        }
        put_number(path, *value);
    }
}

/// The largest value of each series in equal stretches of time.
fn table(chart: &Timeline) -> Table {
    let series = chart
        .lanes
        .iter()
        .flat_map(|lane| lane.series.iter().map(move |series| (lane, series)));
    let series: Vec<_> = series.take(COLUMNS).collect();
    let mut titles = vec![t!("From")];
    titles.extend(series.iter().map(|(lane, series)| {
        let name = match lane.series.len() {
            1 => lane.title.clone(),
            _ => format!("{}: {}", lane.title, series.name),
        };
        format!("#{}", t!("{name}, largest", name))
    }));
    let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
    let mut table = Table::new(&titles);
    let columns: Vec<_> = series
        .iter()
        .map(|(_, series)| scale::buckets(&series.points, chart.from, chart.to, STRETCHES))
        .collect();
    let span = chart.to as f64 - chart.from as f64;
    for index in 0..STRETCHES {
        if columns.iter().all(|column| column[index].is_none()) {
            continue;
        }
        let at = chart.from as f64 + span * index as f64 / STRETCHES as f64;
        let at = (at / 1e6).floor() * 1e6;
        let mut row = vec![scale::short_time(chart.axis, at as i64).into()];
        for ((lane, _), column) in series.iter().zip(&columns) {
            row.push(match column[index] {
                Some((_, high)) => scale::value(lane.unit, high).into(),
                None => text::percent(0.0, 0.0).into(),
            });
        }
        table.rows.push(row);
    }
    table
}
