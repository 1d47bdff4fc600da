//! Nested shares as an icicle: the whole at the top, what is inside below it.

use std::fmt::Write;

use super::{Picture, ROWS, WIDTH, fit, number, text_width};
use crate::document::{Flame, Table};
use crate::render::html::escape;
use crate::render::scale;
use crate::{t, text};

/// Height of a frame.
const ROW: f64 = 22.0;
/// Deepest frame drawn.
const DEPTH: usize = 40;
/// Narrowest frame drawn.
const NARROW: f64 = 0.8;
/// Frames drawn, at most.
const FRAMES: usize = 3_000;
/// Frames named that are around one.
const AROUND: usize = 6;
/// Fillings that the style knows.
const KINDS: u32 = 5;

pub(super) fn picture(chart: &Flame) -> Picture {
    let whole = chart.value.max(f64::MIN_POSITIVE);
    let mut body = String::new();
    let mut deepest = 0;
    let mut frames = 0;
    let mut left_out = 0_u64;
    let mut stack = vec![(chart, 0_usize, 0.0_f64)];
    // The names around the frame, outermost first.
    let mut around: Vec<&str> = Vec::new();
    while let Some((frame, depth, left)) = stack.pop() {
        let width = frame.value / whole * WIDTH;
        if !width.is_finite() || width < NARROW || depth > DEPTH || frames >= FRAMES {
            left_out += 1;
            continue;
        }
        frames += 1;
        deepest = deepest.max(depth);
        let y = depth as f64 * ROW;
        let share = text::percent(frame.value, whole);
        let value = scale::value(chart.unit, frame.value);
        around.truncate(depth);
        let name = escape::text(&frame.name);
        let path = path(&around);
        around.push(&frame.name);
        let _ = write!(
            body,
            "<g><title>{name}: {value}, {share}{path}</title><rect class=\"frame f{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>",
            kind(&frame.name),
            number(left),
            number(y),
            number(width),
            number(ROW - 1.0)
        );
        if width > 28.0 {
            let short = short(&frame.name);
            let alone = short.split(" (").next().unwrap_or(short);
            let long = format!("{}  {value}", frame.name);
            let forms = [&long, frame.name.as_str(), short, alone];
            let fits = forms
                .into_iter()
                .find(|form| text_width(form) + 8.0 <= width);
            let shown = match fits {
                Some(form) => form.to_owned(),
                None => fit(alone.split(" × ").next().unwrap_or(alone), width - 8.0),
            };
            super::label(&mut body, (left + 5.0, y + 15.0), "start", "in", &shown);
        }
        body += "</g>\n";
        let mut at = left;
        let mut inner: Vec<_> = Vec::with_capacity(frame.children.len());
        for child in &frame.children {
            inner.push((child, depth + 1, at));
            at += child.value / whole * WIDTH;
        }
        stack.extend(inner.into_iter().rev());
    }
    let mut below = String::new();
    if left_out > 0 {
        let more = t!(
            "{count} frames too narrow or too deep to draw.",
            count = text::count(left_out)
        );
        below = format!("<p class=\"rest\">{}</p>\n", escape::text(&more));
    }
    Picture {
        height: (deepest + 1) as f64 * ROW + 2.0,
        description: t!(
            "{name} with {value}, and what is inside it, level by level.",
            name = chart.name,
            value = scale::value(chart.unit, chart.value)
        ),
        attributes: String::new(),
        body,
        below,
        table: table(chart),
    }
}

/// What is around a frame, the nearest first, each on a line.
fn path(around: &[&str]) -> String {
    let near = around.iter().skip(1).rev().take(AROUND);
    let lines = near.map(|name| format!("\n← {}", escape::text(&fit(short(name), 300.0))));
    lines.collect()
}

/// A filling that depends on the first word of the name alone (FNV-1a), so that the same class has the same colour
/// everywhere.
fn kind(name: &str) -> u32 {
    let class = name.split(' ').next().unwrap_or(name);
    let hash = class.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    hash % KINDS
}

/// A qualified name without its package, where there is no room for both.
fn short(name: &str) -> &str {
    let name = name.strip_prefix("class ").unwrap_or(name);
    let end = name.find([' ', '(', '[', '@']).unwrap_or(name.len());
    match name[..end].rfind('.') {
        Some(dot) if dot + 1 < end => &name[dot + 1..],
        _ => name,
    }
}

fn table(chart: &Flame) -> Table {
    let titles = [t!("Name"), t!("#Level"), t!("#Value"), t!("#Share")];
    let mut table = Table::new(&titles.each_ref().map(String::as_str));
    let mut stack = vec![(chart, 0_u64)];
    while let Some((frame, depth)) = stack.pop() {
        if table.rows.len() >= ROWS {
            table.more += 1;
            continue;
        }
        table.row([
            frame.name.as_str().into(),
            text::count(depth).into(),
            scale::value(chart.unit, frame.value).into(),
            text::percent(frame.value, chart.value).into(),
        ]);
        stack.extend(frame.children.iter().rev().map(|child| (child, depth + 1)));
    }
    table
}
