//! Charts in characters: sparklines over one shared axis, bars of eighth blocks, shades for density.

use super::super::{letters, scale, spark};
use super::Style;
use super::ink::{self, Ink};
use crate::document::{
    Band, Bars, Chart, Curve, Flame, HeatMap, Lane, Marker, Spans, Timeline, Unit,
};
use crate::{t, text};

/// Rows of a density map, at most.
const DENSITY_ROWS: usize = 12;
/// Frames of a flame graph, at most.
const FRAMES: usize = 24;

/// Frames inside one frame, at most.
const CHILDREN: usize = 5;

/// The chart, each line ended.
pub(super) fn text(chart: &Chart, style: Style) -> String {
    let lines = match chart {
        Chart::Timeline(chart) => timeline(chart, style),
        Chart::Spans(chart) => spans(chart, style),
        Chart::Bars(chart) => bars(chart, style),
        Chart::Curve(chart) => curve(chart, style),
        Chart::HeatMap(chart) => heat_map(chart, style),
        Chart::Flame(chart) => flame(chart, style),
    };
    let mut out = Ink::Strong.paint(&ink::fit(&clean(chart.title()), style.width), style.colour);
    out.push('\n');
    for line in lines {
        out += line.trim_end();
        out.push('\n');
    }
    out
}

fn clean(text: &str) -> String {
    super::super::safe::inline(text).into_owned()
}

/// Width of the names on the left: as wide as they need, at most a quarter of the page.
fn name_column<'a>(names: impl Iterator<Item = &'a str>, style: Style) -> usize {
    names
        .map(ink::width)
        .max()
        .unwrap_or(0)
        .min(style.width / 4)
}

fn timeline(chart: &Timeline, style: Style) -> Vec<String> {
    let names: Vec<String> = chart.lanes.iter().flat_map(lane_names).collect();
    let left = name_column(names.iter().map(String::as_str), style);
    let right = 12;
    let columns = style.width.saturating_sub(left + right + 2).max(8);
    let mut lines = Vec::new();
    for lane in &chart.lanes {
        let peak = spark::peak(lane);
        for (series, name) in lane.series.iter().zip(lane_names(lane)) {
            let picture = spark::series(chart, series, peak, columns);
            let values = series.points.iter().map(|(_, value)| *value);
            let own = values.filter(|value| value.is_finite()).fold(0.0, f64::max);
            let name = match lane.series.len() == 1 || ink::width(&name) <= left {
                true => name,
                // What tells the series of a lane apart stands last and must not be cut.
                false => {
                    let own = ink::fit(&clean(&series.name), left / 2);
                    let lane = ink::fit(
                        &clean(&lane.title),
                        left.saturating_sub(ink::width(&own) + 2),
                    );
                    format!("{lane}: {own}")
                }
            };
            lines.push(format!(
                "{} {} {}",
                ink::pad(&name, left),
                Ink::Code.paint(&picture, style.colour),
                Ink::Dim.paint(&scale::value(lane.unit, own), style.colour)
            ));
        }
    }
    let frame = Frame {
        left,
        columns,
        axis: chart.axis,
        from: chart.from,
        to: chart.to,
    };
    frame.bands(&chart.bands, style, &mut lines);
    frame.markers(&chart.markers, style, &mut lines);
    lines
}

/// A name for each series of a lane.
fn lane_names(lane: &Lane) -> Vec<String> {
    let series = lane.series.iter();
    match lane.series.len() {
        1 => vec![clean(&lane.title)],
        _ => series
            .map(|series| clean(&format!("{}: {}", lane.title, series.name)))
            .collect(),
    }
}

/// The part of a chart that times are drawn on.
struct Frame {
    left: usize,
    columns: usize,
    axis: crate::document::Axis,
    from: i64,
    to: i64,
}

impl Frame {
    fn column(&self, at: i64) -> usize {
        let at = at.clamp(self.from, self.to.max(self.from));
        scale::column(at, self.from, self.to, self.columns).unwrap_or(0)
    }

    fn row(&self, cells: &[char]) -> String {
        let cells: String = cells.iter().collect();
        format!("{:1$} {cells}", "", self.left)
    }

    fn stretch(&self, cells: &mut [char], band: &Band, glyph: char) {
        let (first, last) = (self.column(band.from), self.column(band.to.max(band.from)));
        if band.to >= self.from && band.from <= self.to {
            cells[first..=last].fill(glyph);
        }
    }

    /// One row of shaded stretches with a small letter at the beginning of each, and the letters' meaning.
    fn bands(&self, bands: &[Band], style: Style, lines: &mut Vec<String>) {
        if bands.is_empty() {
            return;
        }
        let mut cells = vec![' '; self.columns];
        let mut legend = Vec::new();
        for band in bands {
            self.stretch(&mut cells, band, '░');
        }
        for (index, band) in bands.iter().enumerate() {
            let letter = letters(index).to_lowercase();
            for (offset, c) in letter.chars().enumerate() {
                if let Some(cell) = cells.get_mut(self.column(band.from) + offset) {
                    *cell = c;
                }
            }
            let from = scale::short_time(self.axis, band.from);
            let to = scale::short_time(self.axis, band.to);
            let label = clean(&band.label);
            let text = format!("{letter} {from}–{to} {label}");
            legend.push((band.severity, text));
        }
        lines.push(self.row(&cells));
        self.legend(legend, style, lines);
    }

    /// A row of ticks with letters, the axis, and the letters' meaning.
    fn markers(&self, markers: &[Marker], style: Style, lines: &mut Vec<String>) {
        if !markers.is_empty() {
            let mut ticks = vec![' '; self.columns];
            let mut names = vec![' '; self.columns];
            for (index, marker) in markers.iter().enumerate() {
                let column = self.column(marker.at.middle().0);
                ticks[column] = '│';
                // A letter that would cover another is left to the legend.
                let letter = letters(index);
                let free = (column..column + letter.len())
                    .all(|at| names.get(at).is_some_and(|cell| *cell == ' '));
                if free {
                    for (offset, c) in letter.chars().enumerate() {
                        names[column + offset] = c;
                    }
                }
            }
            lines.push(self.row(&ticks));
            lines.push(self.row(&names));
        }
        let mut from = scale::time(self.axis, self.from);
        let mut to = scale::time(self.axis, self.to);
        if ink::width(&from) + ink::width(&to) >= self.columns {
            from = ink::fit(&scale::short_time(self.axis, self.from), self.columns / 2);
            to = ink::fit(
                &scale::short_time(self.axis, self.to),
                (self.columns / 2).saturating_sub(1),
            );
        }
        let used = ink::width(&from) + ink::width(&to);
        let gap = self.columns.saturating_sub(used).max(1);
        let axis = format!("{:2$} {from}{:gap$}{to}", "", "", self.left);
        lines.push(Ink::Dim.paint(&axis, style.colour));
        let legend = markers.iter().enumerate().map(|(index, marker)| {
            let time = scale::short_time(self.axis, marker.at.lo.0);
            let text = format!("{} {time} {}", letters(index), clean(&marker.label));
            (marker.severity, text)
        });
        self.legend(legend.collect(), style, lines);
    }

    fn legend(
        &self,
        entries: Vec<(crate::finding::Severity, String)>,
        style: Style,
        lines: &mut Vec<String>,
    ) {
        // As many on a line as it holds.
        let mut used = style.width;
        for (severity, text) in entries {
            let text = ink::fit(&text, style.width - 2);
            let inked = Ink::Level(severity).paint(&text, style.colour);
            let width = ink::width(&text);
            match lines.last_mut() {
                Some(line) if used + 3 + width <= style.width => {
                    *line += &format!("   {inked}");
                    used += 3 + width;
                }
                _ => {
                    lines.push(format!("  {inked}"));
                    used = 2 + width;
                }
            }
        }
    }
}

fn spans(chart: &Spans, style: Style) -> Vec<String> {
    let names: Vec<String> = chart.rows.iter().map(|row| clean(&row.label)).collect();
    let left = name_column(names.iter().map(String::as_str), style);
    let frame = Frame {
        left,
        columns: style.width.saturating_sub(left + 2).max(8),
        axis: chart.axis,
        from: chart.from,
        to: chart.to,
    };
    let mut lines = Vec::new();
    for (row, name) in chart.rows.iter().zip(&names) {
        let mut cells = vec![' '; frame.columns];
        for band in &row.bands {
            frame.stretch(&mut cells, band, '█');
        }
        for band in &row.bands {
            // A thin end keeps two lives that follow each other apart.
            if band.to < frame.to {
                cells[frame.column(band.to)] = '▌';
            }
        }
        let cells: String = cells.into_iter().collect();
        let cells = Ink::Code.paint(&cells, style.colour);
        lines.push(format!("{} {cells}", ink::pad(name, left)));
    }
    frame.markers(&chart.markers, style, &mut lines);
    lines
}

fn bars(chart: &Bars, style: Style) -> Vec<String> {
    const FILLS: [char; 4] = ['█', '▓', '▒', '░'];
    let total = |parts: &[(String, f64)]| -> f64 {
        parts
            .iter()
            .map(|(_, value)| value.max(0.0))
            .filter(|value| value.is_finite())
            .sum()
    };
    let names: Vec<String> = chart.bars.iter().map(|bar| clean(&bar.label)).collect();
    let left = names
        .iter()
        .map(|name| ink::width(name))
        .max()
        .unwrap_or(0)
        .min(style.width * 2 / 5);
    let columns = style.width.saturating_sub(left + 14).max(8);
    let peak = chart
        .bars
        .iter()
        .map(|bar| total(&bar.parts))
        .fold(f64::MIN_POSITIVE, f64::max);
    let mut parts: Vec<&str> = Vec::new();
    for (name, _) in chart.bars.iter().flat_map(|bar| &bar.parts) {
        if !parts.contains(&name.as_str()) {
            parts.push(name);
        }
    }
    let mut lines = Vec::new();
    for (bar, name) in chart.bars.iter().zip(&names) {
        let sum = total(&bar.parts);
        let mut picture = String::new();
        let mut end = 0.0;
        let mut drawn = 0;
        for (part, value) in bar.parts.iter().filter(|(_, value)| value.is_finite()) {
            end += value.max(0.0);
            let fill = parts.iter().position(|name| name == part).unwrap_or(0) % FILLS.len();
            let until = (end / peak * columns as f64).round() as usize;
            picture.extend(std::iter::repeat_n(
                FILLS[fill],
                until.saturating_sub(drawn),
            ));
            drawn = drawn.max(until);
        }
        if picture.is_empty() && sum > 0.0 {
            picture.push('▏');
        }
        lines.push(format!(
            "{} {} {}",
            ink::pad(name, left),
            Ink::Code.paint(&picture, style.colour),
            scale::value(chart.unit, sum)
        ));
    }
    if parts.len() > 1 {
        let legend: Vec<String> = parts
            .iter()
            .enumerate()
            .map(|(index, name)| format!("{} {}", FILLS[index % FILLS.len()], clean(name)))
            .collect();
        lines.push(ink::fit(&format!("  {}", legend.join("  ")), style.width));
    }
    lines
}

fn curve(chart: &Curve, style: Style) -> Vec<String> {
    let names: Vec<String> = chart.lines.iter().map(|(name, _)| clean(name)).collect();
    let left = name_column(names.iter().map(String::as_str), style);
    let columns = style.width.saturating_sub(left + 16).max(8);
    let mut lines = Vec::new();
    for ((_, points), name) in chart.lines.iter().zip(&names) {
        let high = points
            .iter()
            .map(|(_, y)| *y)
            .filter(|y| y.is_finite())
            .fold(0.0, f64::max);
        let picture = spark::curve(chart, points, columns);
        lines.push(format!(
            "{} {} {}",
            ink::pad(name, left),
            Ink::Code.paint(&picture, style.colour),
            Ink::Dim.paint(&scale::value(chart.y.1, high), style.colour)
        ));
    }
    let (low, high) = spark::curve_span(chart);
    let (low, high) = (scale::value(chart.x.1, low), scale::value(chart.x.1, high));
    let name = ink::fit(&clean(&chart.x.0), columns.saturating_sub(26));
    let used = ink::width(&low) + ink::width(&high) + ink::width(&name);
    let gap = columns.saturating_sub(used) / 2;
    let axis = format!("{:3$} {low}{:gap$}{name}{:gap$}{high}", "", "", "", left);
    lines.push(Ink::Dim.paint(&ink::fit(&axis, style.width), style.colour));
    lines
}

fn heat_map(chart: &HeatMap, style: Style) -> Vec<String> {
    const SHADES: [char; 5] = ['·', '░', '▒', '▓', '█'];
    let last = chart
        .cells
        .iter()
        .map(|cell| cell.0 as usize)
        .max()
        .unwrap_or(0);
    let per_row = chart.rows.len().div_ceil(DENSITY_ROWS).max(1);
    let rows = chart.rows.len().div_ceil(per_row);
    let label = |row: usize| {
        let edge = chart.rows.get(row * per_row).copied().unwrap_or(0);
        t!(
            "from {edge}",
            edge = scale::label(Unit::Micros, edge as f64)
        )
    };
    let left = (0..rows)
        .map(|row| ink::width(&label(row)))
        .max()
        .unwrap_or(0);
    let columns = style.width.saturating_sub(left + 2).max(8);
    let per_column = (last + 1).div_ceil(columns).max(1);
    let columns = (last + 1).div_ceil(per_column);
    let mut cells = vec![vec![(0_u64, 0_u64); columns]; rows];
    for (column, row, requests, failed) in &chart.cells {
        let cell = cells
            .get_mut(*row as usize / per_row)
            .and_then(|row| row.get_mut(*column as usize / per_column));
        if let Some(cell) = cell {
            cell.0 += requests;
            cell.1 += failed;
        }
    }
    let peak = cells
        .iter()
        .flatten()
        .map(|cell| cell.0)
        .max()
        .unwrap_or(1)
        .max(1);
    let mut lines = Vec::new();
    for row in (0..rows).rev() {
        let shades = cells[row].iter().map(|(requests, failed)| {
            let level = (*requests as f64).ln_1p() / (peak as f64).ln_1p() * 4.0;
            match requests {
                0 => ' ',
                _ if *failed * 2 > *requests => '!',
                _ => SHADES[(level.round() as usize).min(4)],
            }
        });
        let shades: String = shades.collect();
        let shades = Ink::Code.paint(&shades, style.colour);
        lines.push(format!("{} {shades}", ink::pad(&label(row), left)));
    }
    let width = chart.column.saturating_mul(last as i64 + 1);
    let frame = Frame {
        left,
        columns,
        axis: crate::document::Axis::Wall,
        from: chart.from,
        to: chart.from.saturating_add(width),
    };
    frame.markers(&[], style, &mut lines);
    let most = text::count(peak);
    let legend = t!("█ {most} requests, · few, ! more than half failed", most);
    lines.push(Ink::Dim.paint(&ink::fit(&legend, style.width), style.colour));
    lines
}

fn flame(chart: &Flame, style: Style) -> Vec<String> {
    let mut lines = Vec::new();
    let mut left_out = 0;
    let mut stack = vec![(chart, 0_usize)];
    let whole = chart.value.max(f64::MIN_POSITIVE);
    while let Some((frame, depth)) = stack.pop() {
        if lines.len() >= FRAMES || depth > 12 || frame.value < whole * 0.01 {
            left_out += 1;
            continue;
        }
        let share = text::percent(frame.value, whole);
        let value = scale::value(chart.unit, frame.value);
        let text = format!(
            "{share:>7}  {:1$}{name}  ({value})",
            "",
            depth * 2,
            name = clean(&frame.name)
        );
        lines.push(ink::fit(&text, style.width));
        let children = frame.children.iter().take(CHILDREN);
        left_out += frame.children.len().saturating_sub(CHILDREN) as u64;
        stack.extend(children.rev().map(|child| (child, depth + 1)));
    }
    if left_out > 0 {
        let text = t!(
            "… and {count} smaller or deeper ones",
            count = text::count(left_out)
        );
        lines.push(Ink::Dim.paint(&text, style.colour));
    }
    lines
}
