//! What the report does not show, against Eclipse MAT.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::graph::tree::DomTree;
use super::load::{self, Loaded};
use super::*;
use crate::input::Silent;

/// The cells of a CSV file without embedded commas, header first.
fn csv(path: &Path) -> Vec<Vec<String>> {
    let unquoted = |cell: &str| cell.trim_matches('"').to_owned();
    let text = fs::read_to_string(path).unwrap();
    text.lines()
        .map(|line| line.split(',').map(unquoted).collect())
        .collect()
}

#[test]
fn roots_classes_and_dominators_are_those_of_eclipse_mat() {
    let Some(corpus) = std::env::var_os("DIAG_CORPUS").map(PathBuf::from) else {
        return;
    };
    let truth = corpus.join("../truth/heap/heapgen-64m-live");
    let mut bytes = Vec::new();
    let file = fs::File::open(corpus.join("heap/heapgen-64m-live.hprof.gz")).unwrap();
    flate2::read::MultiGzDecoder::new(file)
        .read_to_end(&mut bytes)
        .unwrap();
    let source = Source::of("test.hprof", bytes, Kind::HeapDump);
    let options = Options {
        retained_as: RetainedAs::Mat,
        ..Options::default()
    };
    let mut coverage = Coverage::new("test.hprof", "HPROF", 0);
    let mut loaded = Loaded::default();
    let (heap, ()) = load::load(
        &source,
        &options,
        &Silent,
        &mut coverage,
        &mut loaded,
        |_| (),
        |_, ()| (),
    )
    .unwrap();
    let tree = &heap.tree;

    // MAT hangs what a stack refers to below the thread, as is done here: such roots are no entries of their own.
    let ours: BTreeMap<&str, u64> = loaded
        .roots
        .iter()
        .filter(|(kind, _)| !kind.is_on_stack())
        .map(|(kind, count)| (kind.word(), *count))
        .collect();
    let theirs: BTreeMap<String, String> = csv(&truth.join("gc_roots_by_type.csv"))
        .into_iter()
        .skip(1)
        .map(|row| (row[0].clone(), row[1].clone()))
        .collect();
    assert_eq!(ours.len(), theirs.len());
    for (word, count) in &ours {
        let same = theirs
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(word));
        assert_eq!(
            same.map(|(_, count)| count.as_str()),
            Some(count.to_string().as_str()),
            "{word}"
        );
    }

    // One object more under MAT's root: the boot loader that it adds.
    let mut top: Vec<u32> = tree.children(DomTree::ROOT).collect();
    let top_level = &csv(&truth.join("dominator_top_level.csv"))[1];
    assert_eq!((top.len() + 1).to_string(), top_level[0]);
    top.sort_by_key(|position| (std::cmp::Reverse(tree.retained(*position)), *position));
    let rows = csv(&truth.join("top_dominators.csv"));
    assert_eq!(rows.len(), 51);
    for (row, position) in rows.iter().skip(1).zip(&top) {
        assert_eq!(tree.retained(*position).to_string(), row[4], "{}", row[1]);
        let id = u64::from_str_radix(row[2].trim_start_matches("0x"), 16).unwrap();
        let index = heap.ids.index(id).unwrap();
        let own = tree.position(index).unwrap();
        assert_eq!(tree.parent(own), DomTree::ROOT);
        assert_eq!(heap.name_of(index), row[1]);
        assert_eq!(heap.shallow(index).to_string(), row[3]);
        assert_eq!(tree.retained(own).to_string(), row[4]);
    }

    let rows = Histogram::of(&heap).rows(&heap, usize::MAX);
    let ours: BTreeMap<(&str, &str), (u64, u64)> = rows
        .iter()
        .map(|row| {
            let key = (row.class.as_str(), row.loader.as_deref().unwrap_or("0x0"));
            (key, (row.instances, row.shallow_bytes))
        })
        .collect();
    let theirs = csv(&truth.join("class_histogram.csv"));
    // MAT lists classes without objects too, and counts its own boot loader with the class loaders.
    let with_objects = theirs.iter().skip(1).filter(|row| row[1] != "0");
    let mut different = Vec::new();
    let mut compared = 0;
    for row in with_objects {
        compared += 1;
        let own = ours.get(&(row[0].as_str(), row[3].as_str()));
        if own.map(|(count, bytes)| (count.to_string(), bytes.to_string()))
            != Some((row[1].clone(), row[2].clone()))
        {
            different.push(format!("{row:?}: {own:?}"));
        }
    }
    assert_eq!(different.len(), 1, "{different:?}");
    assert!(
        different[0].contains("java.lang.ClassLoader"),
        "{different:?}"
    );
    assert_eq!(ours.len(), compared - different.len());
}
