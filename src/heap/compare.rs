//! Two dumps of one program: what grew. Objects are matched by class, owner and signature, never by identifier: the
//! collector moves objects, and an old address may belong to another object now.

use std::collections::BTreeMap;

use super::report::{Comparison, Growth, HeapReport};

/// Rows kept of each table.
const ROWS: usize = 30;

/// Compares an older report with a newer one.
pub fn compare(old: &HeapReport, new: &HeapReport) -> Comparison {
    let classes = |report: &HeapReport| {
        let mut sums: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        for row in &report.histogram {
            // The same class of two loaders, or of two runs, is one class here.
            let name = super::hprof::names::stable_class_name(&row.class);
            let sum = sums.entry(name).or_default();
            sum.0 += row.instances;
            sum.1 += row.shallow_bytes;
        }
        sums
    };
    let suspects = |report: &HeapReport| {
        let mut sums: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        for suspect in &report.suspects {
            let name = suspect
                .field
                .clone()
                .unwrap_or_else(|| suspect.class.clone());
            let key = format!("{name} {}", suspect.signature);
            let sum = sums.entry(key).or_default();
            sum.0 += suspect.element_count.unwrap_or(0);
            sum.1 += suspect.retained_bytes;
        }
        sums
    };
    let statics = |report: &HeapReport| {
        let rows = report.consumers.statics.iter();
        rows.map(|row| (row.name.clone(), (row.count, row.retained_bytes)))
            .collect()
    };
    Comparison {
        old_source: old.source.clone(),
        old_taken: old.taken,
        reachable_bytes: difference(old.reachable_bytes, new.reachable_bytes),
        reachable_objects: difference(old.reachable_objects, new.reachable_objects),
        suspects: growth(&suspects(old), &suspects(new)),
        statics: growth(&statics(old), &statics(new)),
        classes: growth(&classes(old), &classes(new)),
    }
}

/// How much more the new value is, as far as an `i64` reaches.
pub(super) fn difference(old: u64, new: u64) -> i64 {
    let difference = i128::from(new) - i128::from(old);
    i64::try_from(difference).unwrap_or(if difference < 0 { i64::MIN } else { i64::MAX })
}

/// The largest growth first; what shrank comes last.
fn growth(old: &BTreeMap<String, (u64, u64)>, new: &BTreeMap<String, (u64, u64)>) -> Vec<Growth> {
    let mut names: Vec<&String> = old.keys().chain(new.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let mut rows: Vec<Growth> = names
        .into_iter()
        .map(|name| {
            let before = old.get(name).copied().unwrap_or_default();
            let after = new.get(name).copied().unwrap_or_default();
            Growth {
                name: name.clone(),
                old_bytes: before.1,
                new_bytes: after.1,
                bytes: difference(before.1, after.1),
                count: difference(before.0, after.0),
            }
        })
        .filter(|row| row.bytes != 0 || row.count != 0)
        .collect();
    rows.sort_by(|left, right| {
        let most = right.bytes.cmp(&left.bytes);
        most.then_with(|| left.name.cmp(&right.name))
    });
    rows.truncate(ROWS);
    rows
}

#[cfg(test)]
mod tests {
    use super::super::report::ClassRow;
    use super::*;

    fn report(rows: &[(&str, u64, u64)]) -> HeapReport {
        let row = |(class, instances, bytes): &(&str, u64, u64)| ClassRow {
            class: (*class).to_owned(),
            instances: *instances,
            shallow_bytes: *bytes,
            retained_bytes: *bytes,
            loader: None,
        };
        HeapReport {
            histogram: rows.iter().map(row).collect(),
            ..HeapReport::default()
        }
    }

    #[test]
    fn growth_is_by_class_and_hidden_classes_are_one() {
        let old = report(&[("a.B$$Lambda/0x01", 1, 16), ("byte[]", 10, 100)]);
        let new = report(&[
            ("a.B$$Lambda/0x02", 1, 16),
            ("byte[]", 30, 400),
            ("a.C", 1, 8),
        ]);
        let rows = compare(&old, &new).classes;
        let found: Vec<_> = rows
            .iter()
            .map(|row| (row.name.as_str(), row.bytes, row.count))
            .collect();
        assert_eq!(found, [("byte[]", 300, 20), ("a.C", 8, 1)]);
    }
}
