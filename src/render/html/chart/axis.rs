//! What charts over time share: the scale, the grid, the marks through everything and the legend of the marks.

use std::fmt::Write;

use super::{LEFT, RIGHT, fit, label, number, text_width};
use crate::document::{Axis, Band, Marker};
use crate::finding::Severity;
use crate::render::html::escape;
use crate::render::{letters, scale, sign};

/// Height of a row of marker labels.
const ROW: f64 = 16.0;
/// Rows of marker labels; what finds no room is told by its letter in the legend.
const ROWS: usize = 6;
/// Marks in the legend.
const LEGEND: usize = 60;

/// The scale of a chart over time.
pub(super) struct TimeAxis {
    pub(super) axis: Axis,
    pub(super) from: i64,
    pub(super) to: i64,
}

/// A mark with its place for a label.
struct Mark<'a> {
    x: f64,
    letter: String,
    label: &'a str,
    severity: Severity,
}

impl TimeAxis {
    /// An axis that ends no earlier than it begins.
    pub(super) fn new(axis: Axis, from: i64, to: i64) -> Self {
        let to = to.max(from);
        Self { axis, from, to }
    }

    pub(super) fn x(&self, at: i64) -> f64 {
        let share = scale::place(at, self.from, self.to);
        LEFT + share.clamp(-0.1, 1.1) * (RIGHT - LEFT)
    }

    fn shows(&self, from: i64, to: i64) -> bool {
        to >= self.from && from <= self.to
    }

    /// What the script needs to know.
    pub(super) fn attributes(&self) -> String {
        let axis = match self.axis {
            Axis::Wall => "wall",
            Axis::Uptime => "uptime",
        };
        let offset = match self.axis {
            Axis::Wall => scale::zone_offset(self.from),
            Axis::Uptime => 0,
        };
        format!(
            " data-axis=\"{axis}\" data-from=\"{}\" data-to=\"{}\" data-left=\"{LEFT}\" data-right=\"{RIGHT}\" data-zone=\"{offset}\"",
            self.from, self.to
        )
    }

    /// The part of the picture where data may be drawn, however far it is zoomed.
    pub(super) fn clip(&self, id: &str, top: f64, bottom: f64) -> String {
        format!(
            "<clipPath id=\"{id}c\"><rect x=\"{LEFT}\" y=\"{}\" width=\"{}\" height=\"{}\"/></clipPath>\n",
            number(top),
            number(RIGHT - LEFT),
            number(bottom - top)
        )
    }

    /// Lines at round times from `top` to `bottom`, with their labels below, and the date below the first.
    pub(super) fn grid(&self, top: f64, bottom: f64) -> String {
        let mut out = String::from("<g class=\"ticks\">\n");
        for (at, text) in scale::time_steps(self.axis, self.from, self.to, 9) {
            let x = number(self.x(at));
            let _ = writeln!(
                out,
                "<line x1=\"{x}\" x2=\"{x}\" y1=\"{}\" y2=\"{}\" class=\"grid\"/>",
                number(top),
                number(bottom + 4.0)
            );
            label(
                &mut out,
                (self.x(at), bottom + 17.0),
                "middle",
                "tick",
                &text,
            );
        }
        let (from, to) = (
            scale::time(self.axis, self.from),
            scale::time(self.axis, self.to),
        );
        label(&mut out, (LEFT, bottom + 34.0), "start", "tick", &from);
        label(&mut out, (RIGHT, bottom + 34.0), "end", "tick", &to);
        out.push_str("</g>\n");
        out
    }

    /// Stretches behind everything, from `top` to `bottom`.
    pub(super) fn bands(&self, bands: &[Band], top: f64, bottom: f64) -> String {
        let mut out = String::new();
        for band in bands.iter().filter(|band| self.shows(band.from, band.to)) {
            let (left, right) = (self.x(band.from), self.x(band.to));
            let _ = writeln!(
                out,
                "<rect class=\"band {}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"><title>{}</title></rect>",
                band.severity.name(),
                number(left),
                number(top),
                number((right - left).max(1.0)),
                number(bottom - top),
                escape::text(&band.label)
            );
        }
        out
    }

    /// What is known of markers only as a stretch, behind everything.
    pub(super) fn doubts(&self, markers: &[Marker], top: f64, bottom: f64) -> String {
        let mut out = String::new();
        for marker in markers
            .iter()
            .filter(|one| self.shows(one.at.lo.0, one.at.hi.0))
        {
            let (left, right) = (self.x(marker.at.lo.0), self.x(marker.at.hi.0));
            if right - left > 2.0 {
                let _ = writeln!(
                    out,
                    "<rect class=\"doubt {}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>",
                    marker.severity.name(),
                    number(left),
                    number(top),
                    number(right - left),
                    number(bottom - top)
                );
            }
        }
        out
    }

    /// The marks with their labels in rows, so that no label hides another.
    pub(super) fn marks<'a>(&self, markers: &'a [Marker], bands: &'a [Band]) -> Marks<'a> {
        let mut marks = self.collect(markers, bands);
        marks.sort_by(|left, right| left.x.total_cmp(&right.x));
        let labels = place(&marks);
        Marks { marks, labels }
    }

    fn collect<'a>(&self, markers: &'a [Marker], bands: &'a [Band]) -> Vec<Mark<'a>> {
        let bands = bands
            .iter()
            .enumerate()
            .filter(|(_, band)| self.shows(band.from, band.to));
        let bands = bands.map(|(index, band)| Mark {
            x: self.x(band.from.max(self.from)),
            letter: letters(index).to_lowercase(),
            label: &band.label,
            severity: band.severity,
        });
        let markers = markers.iter().enumerate();
        let markers = markers
            .filter(|(_, marker)| self.shows(marker.at.lo.0, marker.at.hi.0))
            .map(|(index, marker)| Mark {
                x: self.x(marker.at.middle().0.clamp(self.from, self.to)),
                letter: letters(index),
                label: &marker.label,
                severity: marker.severity,
            });
        bands.chain(markers).collect()
    }

    /// The meaning of the letters, as HTML.
    pub(super) fn legend(&self, markers: &[Marker], bands: &[Band]) -> String {
        if markers.is_empty() && bands.is_empty() {
            return String::new();
        }
        let mut out = String::from("<ul class=\"marks\">\n");
        let mut entry = |letter: String, severity: Severity, when: String, label: &str| {
            let _ = writeln!(
                out,
                "<li class=\"{word}\"><b>{letter}</b> <span class=\"sign\" aria-hidden=\"true\">{sign}</span> <time>{when}</time> {label}</li>",
                word = severity.name(),
                sign = sign(severity),
                when = escape::text(&when),
                label = escape::text(label)
            );
        };
        for (index, band) in bands.iter().enumerate().take(LEGEND) {
            let from = scale::short_time(self.axis, band.from);
            let to = scale::short_time(self.axis, band.to);
            entry(
                letters(index).to_lowercase(),
                band.severity,
                format!("{from} – {to}"),
                &band.label,
            );
        }
        for (index, marker) in markers.iter().enumerate().take(LEGEND) {
            let when = match marker.at.width() > crate::time::SECOND {
                true => format!(
                    "{} – {}",
                    scale::short_time(self.axis, marker.at.lo.0),
                    scale::short_time(self.axis, marker.at.hi.0)
                ),
                false => scale::short_time(self.axis, marker.at.lo.0),
            };
            entry(letters(index), marker.severity, when, &marker.label);
        }
        let more = markers.len().saturating_sub(LEGEND) + bands.len().saturating_sub(LEGEND);
        if more > 0 {
            let more = crate::t!("… and {more} more", more);
            let _ = writeln!(out, "<li>{}</li>", escape::text(&more));
        }
        out.push_str("</ul>\n");
        out
    }
}

/// Marks and their labels: row, text, and whether the text ends at the mark instead of beginning there.
pub(super) struct Marks<'a> {
    marks: Vec<Mark<'a>>,
    labels: Vec<Option<(usize, String, bool)>>,
}

impl Marks<'_> {
    /// Height that the labels need.
    pub(super) fn height(&self) -> f64 {
        let rows = self.labels.iter().flatten().map(|(row, ..)| row + 1);
        match rows.max() {
            Some(rows) => rows as f64 * ROW + 4.0,
            None => 0.0,
        }
    }

    /// Labels from `top` on, lines from each label down to `bottom`.
    pub(super) fn draw(&self, top: f64, bottom: f64) -> String {
        let mut out = String::new();
        let lines = top + self.height();
        for (mark, place) in self.marks.iter().zip(&self.labels) {
            let x = number(mark.x);
            let word = mark.severity.name();
            let text = escape::text(mark.label);
            let upper = match place {
                Some((row, ..)) => top + *row as f64 * ROW + 2.0,
                None => lines,
            };
            let _ = write!(
                out,
                "<g class=\"mark {word}\" data-x=\"{x}\"><title>{} {text}</title><line x1=\"{x}\" x2=\"{x}\" y1=\"{}\" y2=\"{}\"/>",
                mark.letter,
                number(upper),
                number(bottom),
            );
            if let Some((row, text, ends)) = place {
                let (x, anchor) = match ends {
                    true => (mark.x - 4.0, "end"),
                    false => (mark.x + 4.0, "start"),
                };
                label(
                    &mut out,
                    (x, top + *row as f64 * ROW + 11.0),
                    anchor,
                    "name",
                    text,
                );
            }
            out.push_str("</g>\n");
        }
        out
    }
}

/// A row and a text for every mark that finds room; marks are sorted by place.
fn place(marks: &[Mark<'_>]) -> Vec<Option<(usize, String, bool)>> {
    let mut free = [f64::NEG_INFINITY; ROWS];
    let mut out = Vec::with_capacity(marks.len());
    for mark in marks {
        let full = format!("{} {}", mark.letter, fit(mark.label, 190.0));
        let texts = [full, mark.letter.clone()];
        let sides = texts.iter().flat_map(|text| [(text, false), (text, true)]);
        let found = sides.into_iter().find_map(|(text, ends)| {
            let width = text_width(text) + 6.0;
            let (left, right) = match ends {
                true => (mark.x - width, mark.x + 2.0),
                false => (mark.x - 2.0, mark.x + width),
            };
            if left < 0.0 || right > RIGHT + 12.0 {
                return None;
            }
            let row = free.iter().position(|used| *used <= left)?;
            free[row] = right;
            Some((row, text.clone(), ends))
        });
        out.push(found);
    }
    out
}
