//! Stretches of time on one row each.

use std::fmt::Write;

use super::axis::TimeAxis;
use super::{LEFT, Picture, ROWS, fit, label, number, text_width};
use crate::document::{Spans, Table};
use crate::render::html::escape;
use crate::render::{scale, sign};
use crate::t;

/// Height of a row.
const ROW: f64 = 26.0;

pub(super) fn picture(chart: &Spans, id: &str) -> Picture {
    let axis = TimeAxis::new(chart.axis, chart.from, chart.to);
    let marks = axis.marks(&chart.markers, &[]);
    let top = 2.0 + marks.height();
    let bottom = top + chart.rows.len().max(1) as f64 * ROW + 4.0;
    let mut body = axis.clip(id, 0.0, bottom);
    body += &axis.grid(top, bottom);
    for (index, row) in chart.rows.iter().enumerate() {
        let y = top + 4.0 + index as f64 * ROW;
        label(
            &mut body,
            (LEFT - 8.0, y + 14.0),
            "end",
            "tick",
            &fit(&row.label, LEFT - 10.0),
        );
        let _ = writeln!(body, "<g clip-path=\"url(#{id}c)\"><g class=\"data\">");
        for band in &row.bands {
            let (left, right) = (axis.x(band.from), axis.x(band.to));
            let _ = writeln!(
                body,
                "<rect class=\"span {}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"18\"><title>{}: {}, {} – {}</title></rect>",
                band.severity.name(),
                number(left),
                number(y),
                number((right - left).max(1.5)),
                escape::text(&row.label),
                escape::text(&band.label),
                escape::text(&scale::short_time(chart.axis, band.from)),
                escape::text(&scale::short_time(chart.axis, band.to)),
            );
        }
        body += "</g></g>\n";
        for band in &row.bands {
            let (left, right) = (axis.x(band.from), axis.x(band.to));
            let text = format!("{} {}", sign(band.severity), band.label);
            if text_width(&text) + 10.0 < right - left {
                let _ = write!(body, "<g class=\"inside\" data-x=\"{}\">", number(left));
                label(&mut body, (left + 6.0, y + 13.0), "start", "on", &text);
                body += "</g>";
            }
        }
    }
    body += &marks.draw(2.0, bottom);
    let rows = chart.rows.len();
    let from = scale::time(chart.axis, chart.from);
    let to = scale::time(chart.axis, chart.to);
    Picture {
        height: bottom + 40.0,
        description: t!("{rows} rows from {from} to {to}.", rows, from, to),
        attributes: axis.attributes(),
        body,
        below: axis.legend(&chart.markers, &[]),
        table: table(chart),
    }
}

fn table(chart: &Spans) -> Table {
    let titles = [t!("Row"), t!("What"), t!("Severity"), t!("From"), t!("To")];
    let mut table = Table::new(&titles.each_ref().map(String::as_str));
    let bands = chart
        .rows
        .iter()
        .flat_map(|row| row.bands.iter().map(move |band| (row, band)));
    for (row, band) in bands.clone().take(ROWS) {
        table.row([
            row.label.as_str().into(),
            band.label.as_str().into(),
            band.severity.word().into(),
            scale::time(chart.axis, band.from).into(),
            scale::time(chart.axis, band.to).into(),
        ]);
    }
    table.more = bands.count().saturating_sub(ROWS) as u64;
    table
}
