//! Density over time and value: the response-time map.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::axis::TimeAxis;
use super::{LEFT, Picture, WIDTH, label, number};
use crate::document::{Axis, HeatMap, Table, Unit};
use crate::render::scale;
use crate::{t, text};

/// Columns and rows drawn, at most; finer ones are joined.
const COLUMNS: usize = 240;
const ROWS: usize = 48;
/// Shades that the style knows.
const SHADES: f64 = 6.0;

/// Requests and failures in one drawn cell.
type Cells = BTreeMap<(usize, usize), (u64, u64)>;

pub(super) fn picture(chart: &HeatMap, id: &str) -> Picture {
    let last = chart
        .cells
        .iter()
        .map(|cell| cell.0 as usize)
        .max()
        .unwrap_or(0);
    let per_column = (last + 1).div_ceil(COLUMNS).max(1);
    let per_row = chart.rows.len().div_ceil(ROWS).max(1);
    let columns = (last + 1).div_ceil(per_column);
    let rows = chart.rows.len().div_ceil(per_row).max(1);
    let width = chart
        .column
        .max(1)
        .saturating_mul((columns * per_column) as i64);
    let ends = (chart.from, chart.from.saturating_add(width));
    let (from, to) = chart.axis.unwrap_or(ends);
    let axis = TimeAxis::new(Axis::Wall, from, to);
    let mut cells = Cells::new();
    for (column, row, requests, failed) in &chart.cells {
        let row = (*row as usize / per_row).min(rows - 1);
        let cell = cells
            .entry((row, *column as usize / per_column))
            .or_default();
        cell.0 += requests;
        cell.1 += failed;
    }
    let height = (rows as f64 * 9.0).clamp(120.0, 300.0);
    let step = height / rows as f64;
    let (top, bottom) = (30.0, 30.0 + height);
    let mut body = axis.clip(id, 0.0, bottom);
    body += &axis.grid(top, bottom);
    let peak = cells.values().map(|cell| cell.0).max().unwrap_or(1);
    body += &key(peak);
    let every = rows.div_ceil(8).max(1);
    for row in (0..rows).step_by(every) {
        let edge = chart.rows.get(row * per_row).copied().unwrap_or(0);
        let y = bottom - row as f64 * step;
        label(
            &mut body,
            (LEFT - 8.0, y + 2.0),
            "end",
            "tick",
            &scale::label(Unit::Micros, edge as f64),
        );
    }
    let _ = writeln!(body, "<g clip-path=\"url(#{id}c)\"><g class=\"data\">");
    let left = axis.x(ends.0);
    let column_width = (axis.x(ends.1) - left) / columns.max(1) as f64;
    // One path a shade: a rectangle each would make the page three times as long.
    let mut paths: BTreeMap<String, String> = BTreeMap::new();
    for (row, column, length, shade) in runs(&cells, peak) {
        let width = number(length as f64 * column_width + 0.1);
        let _ = write!(
            paths.entry(shade).or_default(),
            "M{} {}h{width}v{}h-{width}z",
            number(left + column as f64 * column_width),
            number(bottom - (row + 1) as f64 * step),
            number(step)
        );
    }
    for (shade, path) in paths {
        let _ = writeln!(body, "<path class=\"{shade}\" d=\"{path}\"/>");
    }
    body += "</g></g>\n";
    let total: u64 = cells.values().map(|cell| cell.0).sum();
    let failed: u64 = cells.values().map(|cell| cell.1).sum();
    Picture {
        height: bottom + 40.0,
        description: t!(
            "{total} requests by time and duration, {failed} of them failed. Durations grow upwards, logarithmically.",
            total = text::count(total),
            failed = text::count(failed)
        ),
        attributes: axis.attributes(),
        body,
        below: String::new(),
        table: table(chart, per_row, rows, &cells),
    }
}

/// Class of the shade of a cell: `d1` to `d6` by density, `e1` to `e6` where at least a tenth failed.
fn shade(requests: u64, failed: u64, peak: u64) -> String {
    let level = (requests as f64).ln_1p() / (peak as f64).ln_1p() * SHADES;
    let kind = if failed * 10 >= requests.max(1) {
        'e'
    } else {
        'd'
    };
    format!("{kind}{}", level.ceil().clamp(1.0, SHADES))
}

/// Neighbours of one shade in a row, drawn as one: row, first column, how many, shade.
fn runs(cells: &Cells, peak: u64) -> Vec<(usize, usize, usize, String)> {
    let mut out: Vec<(usize, usize, usize, String)> = Vec::new();
    for ((row, column), (requests, failed)) in cells {
        let shade = shade(*requests, *failed, peak);
        match out.last_mut() {
            Some(last) if last.0 == *row && last.1 + last.2 == *column && last.3 == shade => {
                last.2 += 1;
            }
            _ => out.push((*row, *column, 1, shade)),
        }
    }
    out
}

/// The meaning of the shades.
fn key(peak: u64) -> String {
    let mut out = String::new();
    let most = t!("up to {count} requests", count = text::count(peak));
    let failed = t!("a tenth or more failed");
    let x = WIDTH - 520.0;
    for level in 1..=SHADES as usize {
        let _ = writeln!(
            out,
            "<rect class=\"d{level}\" x=\"{}\" y=\"6\" width=\"14\" height=\"11\"/><rect class=\"e{level}\" x=\"{}\" y=\"6\" width=\"14\" height=\"11\"/>",
            x + level as f64 * 14.0,
            x + 260.0 + level as f64 * 14.0
        );
    }
    label(&mut out, (x + 106.0, 15.5), "start", "tick", &most);
    label(&mut out, (x + 366.0, 15.5), "start", "tick", &failed);
    out
}

fn table(chart: &HeatMap, per_row: usize, rows: usize, cells: &Cells) -> Table {
    let titles = [t!("Duration from"), t!("#Requests"), t!("#Failed")];
    let mut table = Table::new(&titles.each_ref().map(String::as_str));
    for row in (0..rows).rev() {
        let of_row = || cells.range((row, 0)..(row + 1, 0)).map(|(_, cell)| cell);
        let requests: u64 = of_row().map(|cell| cell.0).sum();
        let failed: u64 = of_row().map(|cell| cell.1).sum();
        let edge = chart.rows.get(row * per_row).copied().unwrap_or(0);
        if requests > 0 {
            table.row([
                scale::label(Unit::Micros, edge as f64).into(),
                text::count(requests).into(),
                text::count(failed).into(),
            ]);
        }
    }
    table
}
