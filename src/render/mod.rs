//! Documents as text: the terminal, Markdown and HTML; findings as SARIF. Knows `document` and the finding in it.

mod html;
mod markdown;
mod safe;
mod sarif;
mod scale;
mod spark;
mod terminal;

pub use html::html;
pub use markdown::{brief, markdown};
pub use sarif::sarif;
pub use terminal::{Style, terminal};

use crate::finding::Severity;
use crate::time::Moment;

/// A sign beside the word and the colour of a severity, for those who do not see colours.
fn sign(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "○",
        Severity::Low => "●",
        Severity::Medium => "◆",
        Severity::High => "▲",
        Severity::Critical => "✖",
    }
}

/// Words after a number that never begin a line.
const UNITS: &[&str] = &[
    "%", "s", "ms", "µs", "min", "h", "d", "B", "KiB", "MiB", "GiB", "TiB", "–",
];

/// Whether a text begins with a unit: what stands before it is its number.
fn leads_with_unit(text: &str) -> bool {
    // A Korean particle stands behind its unit without a blank.
    let ends = |c: char| " ,.;:)/".contains(c) || ('가'..='힣').contains(&c);
    let word = text.split(ends).next();
    word.is_some_and(|word| UNITS.contains(&word))
}

/// Letters for markers: A to Z, then AA, AB and so on.
fn letters(index: usize) -> String {
    let last = char::from(b'A' + (index % 26) as u8);
    match index / 26 {
        0 => last.to_string(),
        more => letters(more - 1) + &last.to_string(),
    }
}

/// From the first moment to the last, with what they share written once.
fn when(first: Moment, last: Moment) -> String {
    let (from, to) = (first.to_string(), last.to_string());
    if from == to {
        return from;
    }
    // Date, time, zone; more where the moment is uncertain.
    let parts = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    match (&parts(&from)[..], &parts(&to)[..]) {
        ([date, from, zone], [same_date, to, same_zone])
            if date == same_date && zone == same_zone =>
        {
            format!("{date} {from} – {to} {zone}")
        }
        _ => format!("{from} – {to}"),
    }
}
