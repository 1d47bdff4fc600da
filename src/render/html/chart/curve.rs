//! y over x, both numbers.

use std::fmt::Write;

use super::{LEFT, Picture, RIGHT, ROWS, WIDTH, fit, label, number, text_width};
use crate::document::{Curve, Table};
use crate::render::html::escape;
use crate::render::{scale, spark};
use crate::t;

/// Height of the plot.
const PLOT: f64 = 240.0;
/// Kinds of lines that the style knows.
const KINDS: usize = 6;

pub(super) fn picture(chart: &Curve) -> Picture {
    let (x_name, x_unit, logarithmic) = (&chart.x.0, chart.x.1, chart.x.2);
    let (y_name, y_unit) = (&chart.y.0, chart.y.1);
    let (low, high) = spark::curve_span(chart);
    let scaled = |x: f64| if logarithmic { x.max(1e-9).log10() } else { x };
    let span = (scaled(high) - scaled(low)).max(1e-9);
    let x = |value: f64| LEFT + (scaled(value) - scaled(low)) / span * (RIGHT - LEFT);
    let ys = chart
        .lines
        .iter()
        .flat_map(|(_, points)| points)
        .map(|(_, y)| *y);
    let peak = ys.filter(|y| y.is_finite()).fold(0.0, f64::max);
    let steps = scale::steps(y_unit, peak, 5);
    let top_value = steps.last().copied().unwrap_or(1.0);
    let top = 26.0;
    let bottom = top + PLOT;
    let y = |value: f64| bottom - (value / top_value).clamp(0.0, 1.0) * PLOT;
    let mut body = String::new();
    for step in &steps {
        let line = number(y(*step));
        let class = if *step == 0.0 { "base" } else { "grid" };
        let _ = writeln!(
            body,
            "<line x1=\"{LEFT}\" x2=\"{RIGHT}\" y1=\"{line}\" y2=\"{line}\" class=\"{class}\"/>"
        );
        label(
            &mut body,
            (LEFT - 8.0, y(*step) + 4.0),
            "end",
            "tick",
            &scale::label(y_unit, *step),
        );
    }
    for at in x_steps(low, high, logarithmic) {
        let line = number(x(at));
        let _ = writeln!(
            body,
            "<line x1=\"{line}\" x2=\"{line}\" y1=\"{top}\" y2=\"{}\" class=\"grid\"/>",
            number(bottom + 4.0)
        );
        label(
            &mut body,
            (x(at), bottom + 17.0),
            "middle",
            "tick",
            &scale::label(x_unit, at),
        );
    }
    label(
        &mut body,
        (LEFT, top - 10.0),
        "start",
        "lane",
        &fit(y_name, 300.0),
    );
    label(
        &mut body,
        (RIGHT, bottom + 34.0),
        "end",
        "lane",
        &fit(x_name, 600.0),
    );
    let mut key = LEFT + text_width(&fit(y_name, 300.0)) * 1.1 + 18.0;
    for (index, (name, points)) in chart.lines.iter().enumerate() {
        let kind = index % KINDS;
        let mut path = String::new();
        let mut broken = true;
        for (px, py) in thinned(points) {
            if !px.is_finite() || !py.is_finite() {
                broken = true;
                continue;
            }
            let command = if broken { 'M' } else { 'L' };
            let _ = write!(path, "{command}{} {}", number(x(px)), number(y(py)));
            broken = false;
        }
        let text = escape::text(name);
        let _ = writeln!(
            body,
            "<path class=\"line s{kind}\" d=\"{path}\"><title>{text}</title></path>"
        );
        let short = fit(name, 180.0);
        if key + 26.0 + text_width(&short) < WIDTH {
            let _ = writeln!(
                body,
                "<path class=\"line s{kind} key\" d=\"M{} {}h18\"/>",
                number(key),
                number(top - 14.0)
            );
            label(&mut body, (key + 23.0, top - 10.0), "start", "tick", &short);
            key += 23.0 + text_width(&short) + 14.0;
        }
    }
    let lines = chart.lines.len();
    Picture {
        height: bottom + 40.0,
        description: t!(
            "{y_name} over {x_name}, {lines} lines.",
            y_name,
            x_name,
            lines
        ),
        attributes: String::new(),
        body,
        below: String::new(),
        table: table(chart),
    }
}

/// Decades of a logarithmic axis, or about eight round steps.
fn x_steps(low: f64, high: f64, logarithmic: bool) -> Vec<f64> {
    if logarithmic {
        let first = low.max(1e-9).log10().ceil() as i32;
        let last = high.max(1e-9).log10().floor() as i32;
        return (first..=last)
            .take(20)
            .map(|power| 10_f64.powi(power))
            .collect();
    }
    let steps = scale::steps(crate::document::Unit::PerSecond, high - low.min(0.0), 8);
    steps
        .into_iter()
        .filter(|step| *step >= low && *step <= high)
        .collect()
}

/// At most about 2,000 of the points, evenly taken, the last one always.
fn thinned(points: &[(f64, f64)]) -> impl Iterator<Item = (f64, f64)> {
    let step = points.len().div_ceil(super::POINTS).max(1);
    let last = points
        .last()
        .filter(|_| !(points.len() - 1).is_multiple_of(step));
    points.iter().step_by(step).chain(last).copied()
}

fn table(chart: &Curve) -> Table {
    let titles = [
        t!("Line"),
        format!("#{}", chart.x.0),
        format!("#{}", chart.y.0),
    ];
    let mut table = Table::new(&titles.each_ref().map(String::as_str));
    let room = ROWS / chart.lines.len().max(1);
    for (name, points) in &chart.lines {
        let step = points.len().div_ceil(room.max(1)).max(1);
        for (x, y) in points.iter().step_by(step).take(ROWS) {
            if table.rows.len() < ROWS {
                table.row([
                    name.as_str().into(),
                    scale::value(chart.x.1, *x).into(),
                    scale::value(chart.y.1, *y).into(),
                ]);
            }
        }
    }
    table
}
