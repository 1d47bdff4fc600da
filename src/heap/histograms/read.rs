//! The text of `jmap -histo` and `jcmd GC.class_histogram` (`KlassInfoHisto::print_histo_on`).

use super::{Classes, Snapshot};
use crate::heap::hprof::names;
use crate::input::{Coverage, Source};
use crate::key;

/// Bytes of a line that are examined; class names are at most 64 KiB.
const LONGEST: usize = 80 << 10;

/// One histogram.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) snapshot: Snapshot,
    pub(super) classes: Classes,
}

/// All histograms of a source, in their order.
pub(super) fn tables(source: &Source) -> (Vec<Table>, Coverage) {
    let mut coverage = Coverage::new(&source.name, "class histogram", source.bytes.len() as u64);
    let mut tables: Vec<Table> = Vec::new();
    for line in source.lines() {
        coverage.lines += 1;
        let text = String::from_utf8_lossy(&line.text[..line.text.len().min(LONGEST)]);
        if text.contains("#instances") && text.contains("#bytes") {
            tables.push(Table::default());
            if let Some(table) = tables.last_mut() {
                table.snapshot.source.clone_from(&source.name);
                table.snapshot.line = line.number;
            }
            continue;
        }
        let between = text.trim().trim_end_matches(':');
        let harmless = between
            .bytes()
            .all(|byte| byte == b'-' || byte.is_ascii_digit());
        let open = tables.last_mut().filter(|table| !table.snapshot.complete);
        if open.is_some_and(|table| row(table, &text)) {
            coverage.records += 1;
        } else if !harmless {
            // `4711:` by jcmd, a rule under the heading and blank lines are harmless.
            coverage.line_not_understood(
                line.number,
                line.text,
                key!("a row of a class histogram"),
            );
        }
    }
    (tables, coverage)
}

/// `   1:          4711         123456  [B (java.base@17.0.15)`, or the total.
fn row(table: &mut Table, text: &str) -> bool {
    let mut words = text.split_whitespace();
    let first = words.next().unwrap_or("");
    let mut number = || words.next()?.parse::<u64>().ok();
    let (Some(instances), Some(bytes)) = (number(), number()) else {
        return false;
    };
    if first == "Total" {
        table.snapshot.instances = instances;
        table.snapshot.bytes = bytes;
        table.snapshot.complete = true;
        return true;
    }
    let ranked = first
        .strip_suffix(':')
        .is_some_and(|rank| rank.parse::<u64>().is_ok());
    let Some(name) = words.next().filter(|_| ranked) else {
        return false;
    };
    let name = names::stable_class_name(&names::class_name(name));
    let sum = table.classes.entry(name).or_default();
    sum.0 = sum.0.saturating_add(instances);
    sum.1 = sum.1.saturating_add(bytes);
    true
}
