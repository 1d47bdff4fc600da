//! Named quantities compared, one row each.

use std::fmt::Write;

use super::{Picture, ROWS, WIDTH, fit, label, number, text_width};
use crate::document::{Bar, Bars, Table, Words};
use crate::render::html::escape;
use crate::render::scale;
use crate::t;

/// Height of a row.
const ROW: f64 = 26.0;
/// Bars drawn; all of them stand in the table.
const DRAWN: usize = 60;
/// Fillings that the style knows.
const KINDS: usize = 6;

fn sum(bar: &Bar) -> f64 {
    let parts = bar.parts.iter().map(|(_, value)| *value);
    parts
        .filter(|value| value.is_finite() && *value > 0.0)
        .sum()
}

pub(super) fn picture(chart: &Bars) -> Picture {
    let shown = &chart.bars[..chart.bars.len().min(DRAWN)];
    let widest = shown
        .iter()
        .map(|bar| text_width(&bar.label))
        .fold(60.0, f64::max);
    let left = (widest + 14.0).min(380.0);
    let right = WIDTH - 110.0;
    let peak = shown.iter().map(sum).fold(f64::MIN_POSITIVE, f64::max);
    let parts = part_names(chart);
    let mut body = String::new();
    let mut top = 4.0;
    if parts.len() > 1 {
        let mut x = left;
        for (index, name) in parts.iter().enumerate() {
            let name = fit(name, 180.0);
            if x + 24.0 + text_width(&name) > WIDTH {
                break;
            }
            let _ = writeln!(
                body,
                "<rect class=\"bar b{}\" x=\"{}\" y=\"{}\" width=\"12\" height=\"12\"/>",
                index % KINDS,
                number(x),
                number(top)
            );
            label(&mut body, (x + 17.0, top + 10.5), "start", "tick", &name);
            x += 17.0 + text_width(&name) + 16.0;
        }
        top += 24.0;
    }
    for (index, bar) in shown.iter().enumerate() {
        let y = top + index as f64 * ROW;
        let _ = writeln!(body, "<g><title>{}</title>", escape::text(&bar.label));
        label(
            &mut body,
            (left - 8.0, y + 15.0),
            "end",
            "tick",
            &fit(&bar.label, left - 12.0),
        );
        let mut end = 0.0_f64;
        for (name, value) in bar
            .parts
            .iter()
            .filter(|(_, value)| value.is_finite() && *value > 0.0)
        {
            let kind = parts.iter().position(|part| part == name).unwrap_or(0) % KINDS;
            let x = left + end / peak * (right - left);
            end += value;
            let width = left + end / peak * (right - left) - x;
            let _ = writeln!(
                body,
                "<rect class=\"bar b{kind}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"18\"><title>{}: {}</title></rect>",
                number(x),
                number(y + 2.0),
                number(width.max(0.5)),
                escape::text(name),
                escape::text(&scale::value(chart.unit, *value))
            );
        }
        let x = left + end / peak * (right - left) + 6.0;
        label(
            &mut body,
            (x, y + 15.0),
            "start",
            "value",
            &scale::value(chart.unit, sum(bar)),
        );
        body += "</g>\n";
    }
    let mut below = String::new();
    if chart.bars.len() > DRAWN {
        let count = chart.bars.len() - DRAWN;
        let more = t!("… and {count} more in the table", count);
        below = format!("<p class=\"rest\">{}</p>\n", escape::text(&more));
    }
    let most = shown
        .iter()
        .max_by(|left, right| sum(left).total_cmp(&sum(right)));
    let description = match most {
        Some(bar) => t!(
            "{count} bars; the largest is {name} with {value}.",
            count = chart.bars.len(),
            name = bar.label,
            value = scale::value(chart.unit, sum(bar))
        ),
        None => t!("No bars."),
    };
    Picture {
        height: top + shown.len() as f64 * ROW + 4.0,
        description,
        attributes: String::new(),
        body,
        below,
        table: table(chart, &parts),
    }
}

fn part_names(chart: &Bars) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in chart.bars.iter().flat_map(|bar| &bar.parts) {
        if !names.contains(&name.as_str()) && names.len() < 2 * KINDS {
            names.push(name);
        }
    }
    names
}

fn table(chart: &Bars, parts: &[&str]) -> Table {
    let mut titles = vec![t!("Name")];
    match parts {
        [_, _, ..] => titles.extend(parts.iter().map(|name| format!("#{name}"))),
        _ => titles.push(t!("#Value")),
    }
    let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
    let mut table = Table::new(&titles);
    for bar in chart.bars.iter().take(ROWS) {
        let mut row: Vec<Words> = vec![bar.label.as_str().into()];
        match parts {
            [_, _, ..] => row.extend(parts.iter().map(|name| {
                let values = bar.parts.iter().filter(|(part, _)| part == name);
                let value = values.map(|(_, value)| *value).sum();
                Words::from(scale::value(chart.unit, value))
            })),
            _ => row.push(scale::value(chart.unit, sum(bar)).into()),
        }
        table.rows.push(row);
    }
    table.more = chart.bars.len().saturating_sub(ROWS) as u64;
    table
}
