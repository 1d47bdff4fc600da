//! Charts as inline SVG, each with a title, a description for screen readers and a real table behind it.
//!
//! Colour never stands alone: series differ in dashes, severities in signs. No style attribute is used, because the
//! content security policy forbids it; classes and presentation attributes do everything.

mod axis;
mod bars;
mod curve;
mod flame;
mod graph;
mod heatmap;
mod spans;
mod timeline;

use std::fmt::Write;

use unicode_width::UnicodeWidthStr;

use super::{Page, escape};
use crate::document::{Chart, Graph, Table};
use crate::t;

/// Units across every picture; the style scales them to the page.
const WIDTH: f64 = 960.0;
/// Where the plot begins: left of it stand the labels of the vertical axis. The same for all charts over time, so that
/// charts below one another line up.
const LEFT: f64 = 84.0;
/// Where the plot ends.
const RIGHT: f64 = 944.0;
/// Most points drawn of one series; twice as many as there are units across.
const POINTS: usize = 2_000;
/// Rows of the table behind a chart.
const ROWS: usize = 100;

/// A picture before it is put on the page.
struct Picture {
    /// Units from top to bottom.
    height: f64,
    /// What a screen reader says instead of the picture.
    description: String,
    /// Further attributes of the `svg` element.
    attributes: String,
    /// The elements inside.
    body: String,
    /// What stands below the picture, as HTML.
    below: String,
    /// The numbers behind it.
    table: Table,
}

/// A chart with its caption and the table behind it.
pub(super) fn figure(page: &mut Page, chart: &Chart) -> String {
    let id = page.id();
    let (kind, picture) = match chart {
        Chart::Timeline(chart) => ("time", timeline::picture(chart, &id)),
        Chart::Spans(chart) => ("time", spans::picture(chart, &id)),
        Chart::Bars(chart) => ("bars", bars::picture(chart)),
        Chart::Curve(chart) => ("curve", curve::picture(chart)),
        Chart::HeatMap(chart) => ("density time", heatmap::picture(chart, &id)),
        Chart::Flame(chart) => ("flame", flame::picture(chart)),
    };
    wrapped(page, kind, chart.title(), &id, picture)
}

/// A graph with its caption and the table behind it.
pub(super) fn graph_figure(page: &mut Page, graph: &Graph) -> String {
    let id = page.id();
    let picture = graph::picture(graph, &id);
    wrapped(page, "graph", &graph.title, &id, picture)
}

fn wrapped(page: &Page, kind: &str, title: &str, id: &str, picture: Picture) -> String {
    let caption = match page.section == title {
        true => " class=\"quiet\"",
        false => "",
    };
    let title = escape::text(title);
    let mut table = Page::default();
    table.table(&picture.table);
    format!(
        "<figure class=\"{kind}\">\n<figcaption{caption}>{title}</figcaption>\n\
         <div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"{title}\">\n\
         <svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-labelledby=\"{id}t {id}d\"{attributes}>\
         <title id=\"{id}t\">{title}</title><desc id=\"{id}d\">{description}</desc>\n{body}</svg>\n</div>\n{below}\
         <details class=\"data\"><summary>{summary}</summary>\n{table}</details>\n</figure>\n",
        height = number(picture.height),
        description = escape::text(&picture.description),
        attributes = picture.attributes,
        body = picture.body,
        below = picture.below,
        summary = escape::text(&t!("The numbers as a table")),
        table = table.out,
    )
}

/// A coordinate with one decimal at most.
fn number(value: f64) -> String {
    let mut out = String::with_capacity(8);
    put_number(&mut out, value);
    out
}

/// Appends a coordinate with one decimal at most. Pictures are clipped far inside of the limits.
fn put_number(out: &mut String, value: f64) {
    let tenths = (value.clamp(-1e6, 1e6) * 10.0).round() as i32;
    if tenths < 0 {
        out.push('-');
    }
    let (whole, tenth) = (tenths.unsigned_abs() / 10, tenths.unsigned_abs() % 10);
    let mut digits = [0; 10];
    let mut first = digits.len();
    let mut rest = whole;
    loop {
        first -= 1;
        digits[first] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.extend(digits[first..].iter().map(|digit| char::from(*digit)));
    if tenth > 0 {
        out.push('.');
        out.push(char::from(b'0' + tenth as u8));
    }
}

/// Units that `text` takes in the size of the charts, generously.
fn text_width(text: &str) -> f64 {
    text.width() as f64 * 6.7
}

/// `text` cut to `units`, with an ellipsis where something is missing.
fn fit(text: &str, units: f64) -> String {
    if text_width(text) <= units {
        return text.to_owned();
    }
    let mut out = String::new();
    for c in text.chars() {
        out.push(c);
        if text_width(&out) + 6.7 > units {
            out.pop();
            break;
        }
    }
    out.push('…');
    out
}

/// A `text` element; `anchor` is `start`, `middle` or `end`.
fn label(out: &mut String, at: (f64, f64), anchor: &str, class: &str, text: &str) {
    let anchor = match anchor {
        "start" => String::new(),
        anchor => format!(" text-anchor=\"{anchor}\""),
    };
    // Writing to a string cannot fail.
    let _ = writeln!(
        out,
        "<text x=\"{}\" y=\"{}\"{anchor} class=\"{class}\">{}</text>",
        number(at.0),
        number(at.1),
        escape::text(text)
    );
}
