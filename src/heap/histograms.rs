//! Class histograms as text (`jmap -histo`, `jcmd GC.class_histogram`), one after the other: which classes only grow.

mod document;
mod growing;
mod read;
pub mod report;

use std::collections::BTreeMap;

pub(super) use growing::META;
pub use report::HistogramReport;
use report::{ClassSeries, Snapshot};

use super::compare::difference;
use crate::input::Source;
use read::Table;

/// Rows kept of the classes that grew.
const ROWS: usize = 200;

/// Compares all histograms in `sources`, in the order given; `None` when there are none.
pub fn analyse(sources: &[&Source]) -> Option<HistogramReport> {
    let mut report = HistogramReport::default();
    let mut tables = Vec::new();
    for source in sources {
        let (found, coverage) = read::tables(source);
        if !found.is_empty() {
            tables.extend(found);
            report.coverage.push(coverage);
        }
    }
    if tables.is_empty() {
        return None;
    }
    report.snapshots = tables.iter().map(|table| table.snapshot.clone()).collect();
    report.classes = series(&tables);
    report.findings = growing::check(&report);
    Some(report)
}

/// The classes known at both ends, most growth first.
fn series(tables: &[Table]) -> Vec<ClassSeries> {
    let mut names: Vec<&String> = tables
        .iter()
        .flat_map(|table| table.classes.keys())
        .collect();
    names.sort_unstable();
    names.dedup();
    let changed = |row: &ClassSeries| row.bytes.windows(2).any(|pair| pair[0] != pair[1]);
    let mut rows: Vec<ClassSeries> = names
        .into_iter()
        .filter_map(|name| one(name, tables))
        .filter(|row| tables.len() == 1 || changed(row))
        .collect();
    rows.sort_by(|left, right| {
        let most = right.grown_bytes.cmp(&left.grown_bytes);
        let most = most.then_with(|| right.bytes.last().cmp(&left.bytes.last()));
        most.then_with(|| left.class.cmp(&right.class))
    });
    rows.truncate(ROWS);
    rows
}

fn one(name: &str, tables: &[Table]) -> Option<ClassSeries> {
    // A list that was cut off does not say that a class has no instances.
    let values = tables.iter().map(|table| match table.classes.get(name) {
        Some(value) => Some(*value),
        None if table.snapshot.complete => Some((0, 0)),
        None => None,
    });
    let known: Vec<(u64, u64)> = values.collect::<Option<Vec<_>>>()?;
    let (first, last) = (known.first()?, known.last()?);
    Some(ClassSeries {
        class: name.to_owned(),
        grown_instances: difference(first.0, last.0),
        grown_bytes: difference(first.1, last.1),
        every_time: known.len() > 1 && known.windows(2).all(|pair| pair[0].0 < pair[1].0),
        instances: known.iter().map(|(instances, _)| *instances).collect(),
        bytes: known.iter().map(|(_, bytes)| *bytes).collect(),
    })
}

/// Classes by name with instances and bytes.
type Classes = BTreeMap<String, (u64, u64)>;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Kind;

    fn text(rows: &[(&str, u64, u64)], total: bool) -> String {
        let mut text = " num     #instances         #bytes  class name (module)\n".to_owned();
        text += "-------------------------------------------------------\n";
        for (at, (class, instances, bytes)) in rows.iter().enumerate() {
            text += &format!("{:4}: {instances:12} {bytes:14}  {class}\n", at + 1);
        }
        if total {
            text += "Total            9             99\n";
        }
        text
    }

    fn analyse_texts(texts: &[String]) -> HistogramReport {
        let sources: Vec<Source> = texts
            .iter()
            .map(|text| Source::of("h", text.as_bytes(), Kind::HostSnapshot))
            .collect();
        analyse(&sources.iter().collect::<Vec<_>>()).unwrap_or_default()
    }

    #[test]
    fn growth_is_ranked_and_what_grows_every_time_is_marked() {
        let report = analyse_texts(&[
            text(&[("[B (java.base@17)", 10, 1000), ("a.Order", 5, 80)], true),
            text(
                &[("[B (java.base@17)", 30, 3000), ("a.Order", 7, 112)],
                true,
            ),
            text(
                &[
                    ("[B (java.base@17)", 20, 2000),
                    ("a.Order", 9, 144),
                    ("a.New", 1, 16),
                ],
                true,
            ),
        ]);
        let rows: Vec<_> = report
            .classes
            .iter()
            .map(|row| (row.class.as_str(), row.grown_bytes, row.every_time))
            .collect();
        assert_eq!(
            rows,
            [
                ("byte[]", 1000, false),
                ("a.Order", 64, true),
                ("a.New", 16, false)
            ]
        );
    }

    #[test]
    fn a_list_that_was_cut_off_says_nothing_about_the_rest() {
        let report = analyse_texts(&[
            text(&[("a.A", 10, 1000)], false),
            text(&[("a.A", 20, 2000), ("a.B", 5, 80)], true),
        ]);
        let names: Vec<_> = report
            .classes
            .iter()
            .map(|row| row.class.as_str())
            .collect();
        assert_eq!(names, ["a.A"]);
    }

    #[test]
    fn several_histograms_in_one_file_are_a_series() {
        let both = text(&[("a.A", 1, 16)], true) + "4711:\n" + &text(&[("a.A", 2, 32)], true);
        let report = analyse_texts(&[both]);
        assert_eq!(report.snapshots.len(), 2);
        assert_eq!(report.classes[0].instances, [1, 2]);
        assert_eq!(report.coverage[0].not_understood, 0);
    }

    #[test]
    fn hidden_classes_and_classes_of_several_loaders_are_one() {
        let report = analyse_texts(&[text(
            &[
                ("a.B$$Lambda/0x01", 1, 16),
                ("a.B$$Lambda/0x02", 1, 16),
                ("a.P", 2, 8),
                ("a.P", 3, 8),
            ],
            true,
        )]);
        assert_eq!(report.classes[0].instances, [2]);
        assert_eq!(report.classes[1].instances, [5]);
    }
}
