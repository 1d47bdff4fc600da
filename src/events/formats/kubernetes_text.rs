//! Text that `kubectl` prints: descriptions and tables, one after the other in any order in one file.

use super::kubernetes_describe::{Describe, finish};
use super::kubernetes_table::{Table, header};
use crate::events::reading::Reading;
use crate::input::{Certainty, Sample};

/// Reads a source of this format.
pub(super) fn read(reading: &mut Reading<'_>) {
    let source = reading.source;
    let mut section = Section::None;
    for line in source.lines() {
        reading.coverage.lines = line.number;
        let text = String::from_utf8_lossy(line.text);
        let text = text.trim_end();
        if text.trim().is_empty() {
            continue;
        }
        if let Some(table) = header(text) {
            close(&mut section, reading);
            section = Section::Table(table);
        } else if begins_description(text) {
            close(&mut section, reading);
            section = Section::Description(Box::new(Describe::new(text, line.number)));
        } else if wrapper(text) {
            close(&mut section, reading);
        } else {
            let understood = match &mut section {
                Section::Description(describe) => describe.line(text, line.number),
                Section::Table(table) => table.row(text, line.number, reading),
                Section::None => false,
            };
            if !understood {
                let expected = "a description or table of kubectl";
                reading
                    .coverage
                    .line_not_understood(line.number, line.text, expected);
            }
        }
    }
    close(&mut section, reading);
}

enum Section {
    None,
    Description(Box<Describe>),
    Table(Table),
}

fn close(section: &mut Section, reading: &mut Reading<'_>) {
    if let Section::Description(describe) = std::mem::replace(section, Section::None) {
        finish(*describe, reading);
    }
}

fn begins_description(text: &str) -> bool {
    text.strip_prefix("Name:")
        .is_some_and(|rest| rest.starts_with([' ', '\t']) && !rest.trim().is_empty())
}

/// Lines that collectors put around what `kubectl` printed: JSON notes of HolmesGPT, stream names, shell prompts.
fn wrapper(text: &str) -> bool {
    matches!(text, "stdout:" | "stderr:" | "---" | "\"")
        || (text.starts_with('{')
            && (text.contains("\"tool_name\"") || text.contains("\"invocation\"")))
        || text.starts_with("$ kubectl ")
        || text.starts_with("No resources found")
        || text.starts_with("No events found")
}

/// Judges the beginning of a source.
pub(super) fn sniff(sample: &Sample<'_>) -> Certainty {
    let mut described = false;
    let mut certainty = Certainty::No;
    for line in sample.lines(400) {
        let Ok(text) = std::str::from_utf8(line) else {
            continue;
        };
        if header(text).is_some() {
            return Certainty::Sure;
        }
        described |= begins_description(text);
        const FIELDS: [&str; 5] = [
            "Namespace: ",
            "Restart Count: ",
            "Container ID: ",
            "QoS Class: ",
            "Controlled By: ",
        ];
        let field = text.trim_start();
        if described && FIELDS.iter().any(|name| field.starts_with(name)) {
            certainty = Certainty::Likely;
        }
        if described && (field.starts_with("Restart Count:") || text.starts_with("Taints:")) {
            return Certainty::Sure;
        }
    }
    certainty
}
