//! The top of the dominator tree as the report draws it.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod common;
#[path = "common/hprof.rs"]
#[allow(dead_code, reason = "this file uses its part")]
mod hprof;

use std::fs;
use std::io::Read;

use common::root;
use diag::heap::report::{DominatorRow, StandsFor};
use diag::heap::{self, HeapReport, Options};
use diag::input::{Kind, Silent, Source};
use hprof::{FIRST, Writer, address};

fn analyse(bytes: Vec<u8>) -> HeapReport {
    let source = Source::of("test.hprof", bytes, Kind::HeapDump);
    heap::analyse(&source, &Options::default(), &Silent)
}

/// What holds for every drawing: rows nest, and what is inside a row is part of it.
fn holds_together(report: &HeapReport) {
    let rows = &report.dominators;
    assert!(rows.len() <= HeapReport::DOMINATORS);
    let mut open: Vec<(u64, u64)> = vec![(report.reachable_bytes, 0)];
    for row in rows {
        let depth = row.depth as usize + 1;
        assert!(depth <= open.len(), "{row:?}");
        open.truncate(depth);
        let (whole, used) = open.last_mut().unwrap();
        *used += row.retained_bytes;
        assert!(*used <= *whole, "{row:?}");
        assert!(row.retained_bytes >= report.reachable_bytes / 200);
        open.push((row.retained_bytes, 0));
    }
}

fn only(rows: &[DominatorRow], is: impl Fn(&&DominatorRow) -> bool) -> &DominatorRow {
    let found: Vec<&DominatorRow> = rows.iter().filter(is).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    found[0]
}

#[test]
fn a_list_is_one_box_and_small_objects_are_taken_together() {
    const LINKS: u64 = 1_000;
    const WIDE: u64 = 500;
    let mut heap = hprof::classes(8);
    for at in 0..LINKS {
        let next = if at + 1 < LINKS { address(at + 1) } else { 0 };
        let load = address(10_000 + 20 * at);
        heap.node(address(at), next, load);
        heap.array(load, &[0; 20]);
    }
    let wide: Vec<u64> = (0..WIDE).map(|at| address(50_000 + at)).collect();
    wide.iter().for_each(|node| heap.node(*node, 0, 0));
    let holder = address(60_000);
    heap.array(holder, &wide);
    heap.root(0xFF, FIRST, 0);
    heap.root(0xFF, holder, 0);
    let report = analyse(hprof::dump(8, &heap).bytes);
    holds_together(&report);
    let rows = &report.dominators;

    let class = |name: &str| report.histogram.iter().find(|row| row.class == name);
    let node = class("Node").unwrap();
    let node = node.shallow_bytes / node.instances;
    let list = only(rows, |row| row.stands_for == StandsFor::Chain);
    assert_eq!((list.class.as_str(), list.objects), ("Node", LINKS));
    let loads = only(rows, |row| {
        row.class == "Node[]" && row.stands_for == StandsFor::Class
    });
    assert_eq!((loads.objects, loads.depth), (LINKS, list.depth + 1));
    assert_eq!(list.retained_bytes, loads.retained_bytes + LINKS * node);
    let array = only(rows, |row| row.object_id == Some(format!("{holder:#x}")));
    assert_eq!((array.depth, array.by.as_deref()), (0, Some("unknown")));
    let crowd = only(rows, |row| {
        row.class == "Node" && row.stands_for == StandsFor::Class
    });
    assert_eq!((crowd.objects, crowd.retained_bytes), (WIDE, WIDE * node));
    assert!(array.retained_bytes > crowd.retained_bytes);
}

#[test]
fn the_holder_of_a_real_leak_is_drawn_with_its_path() {
    let file = "fixtures/incidents/leak-probe-kill/evidence/java_pid1.hprof.gz";
    let packed = fs::read(root().join(file)).unwrap();
    let mut bytes = Vec::new();
    let mut unzip = flate2::read::MultiGzDecoder::new(&packed[..]);
    unzip.read_to_end(&mut bytes).unwrap();
    let report = analyse(bytes);
    holds_together(&report);
    let rows = &report.dominators;
    let cache = only(rows, |row| row.by.as_deref() == Some("static CACHE"));
    assert_eq!(cache.class, "java.util.concurrent.ConcurrentHashMap");
    assert_eq!(cache.retained_bytes, report.suspects[0].retained_bytes);
    let at = rows.iter().position(|row| row == cache).unwrap();
    assert_eq!(rows[at - 1].class, "class com.acme.shop.catalog.PriceCache");
    assert_eq!(rows[at - 1].depth + 1, cache.depth);
    let held = report.suspects.iter().map(|suspect| suspect.retained_bytes);
    assert!(held.sum::<u64>() <= report.reachable_bytes);
}

#[test]
fn a_dump_with_nothing_in_it_has_no_drawing() {
    let empty = Writer::new(8);
    assert!(analyse(hprof::dump(8, &empty).bytes).dominators.is_empty());
}
