//! Every structural fault that a heap dump can have, one row each, on dumps made in memory.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on says so"
)]

#[path = "common/hprof.rs"]
mod hprof;

use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};

use diag::cli;
use diag::heap::{self, HeapReport, Options};
use diag::input::{Bundle, Kind, Silent, Source};
use hprof::*;

fn analyse(bytes: &[u8]) -> HeapReport {
    analyse_with(bytes, &Options::default())
}

fn analyse_with(bytes: &[u8], options: &Options) -> HeapReport {
    let source = Source::of("test.hprof", bytes.to_vec(), Kind::HeapDump);
    heap::analyse(&source, options, &Silent)
}

fn count_of(report: &HeapReport, class: &str) -> u64 {
    let rows = report.histogram.iter().filter(|row| row.class == class);
    rows.map(|row| row.instances).sum()
}

fn problems(report: &HeapReport) -> String {
    let issues = report.coverage.iter().flat_map(|coverage| &coverage.issues);
    issues.map(|issue| issue.problem.clone() + "\n").collect()
}

#[track_caller]
fn is_whole(report: &HeapReport) {
    assert_eq!(count_of(report, "Node"), 10, "{}", problems(report));
    assert_eq!(report.truncated, None);
}

#[test]
fn all_versions_and_widths_are_read() {
    for id_size in [4, 8] {
        for version in ["1.0.1", "1.0.2", "1.0.3"] {
            let mut file = Writer::file(id_size, version);
            file.record(
                if version == "1.0.1" { WHOLE } else { SEGMENT },
                &chain(id_size).bytes,
            );
            file.record(END, &[]);
            let report = analyse(&file.bytes);
            is_whole(&report);
            assert_eq!(problems(&report), "");
            assert!(report.format.contains(version));
        }
    }
}

#[test]
fn a_cut_at_and_beside_every_boundary_keeps_what_was_before() {
    let file = dump(8, &chain(8));
    let heap_at = file.bounds[file.bounds.len() - 3] + 9;
    let mut bounds: Vec<usize> = chain(8).bounds.iter().map(|at| heap_at + at).collect();
    bounds.extend(&file.bounds);
    for bound in bounds {
        for end in [bound.saturating_sub(1), bound, bound + 1] {
            let report = analyse(&file.bytes[..end.min(file.bytes.len())]);
            let whole = end >= file.bytes.len();
            assert_eq!(
                report.truncated.is_none() && report.object_count > 0,
                whole,
                "{end}"
            );
        }
    }
}

#[test]
fn a_segment_without_a_length_ends_where_its_records_end() {
    let mut file = dump(8, &chain(8));
    let length_at = file.bounds[file.bounds.len() - 3] + 5;
    file.bytes[length_at..length_at + 4].fill(0);
    assert_eq!(count_of(&analyse(&file.bytes), "Node"), 10);
}

#[test]
fn unknown_records_are_skipped_and_said() {
    let mut file = Writer::file(8, "1.0.2");
    file.record(0x42, b"whatever");
    file.record(SEGMENT, &chain(8).bytes);
    file.record(END, &[]);
    let report = analyse(&file.bytes);
    is_whole(&report);
    assert!(problems(&report).contains("0x42"));
}

#[test]
fn reading_goes_on_behind_damage_inside_a_segment() {
    for damage in [
        vec![0x77; 40],
        vec![0x21; 33],
        vec![0; 1000],
        b"some text\n".repeat(9),
    ] {
        let mut heap = classes(8);
        nodes(&mut heap);
        heap.bytes.extend(&damage);
        for at in 10..30 {
            heap.node(address(at), address(at + 1), 0);
        }
        heap.root(0xFF, FIRST, 0);
        heap.root(0xFF, address(10), 0);
        let report = analyse(&dump(8, &heap).bytes);
        assert!(count_of(&report, "Node") >= 29, "{}", problems(&report));
        assert!(report.coverage[0].not_understood >= damage.len() as u64);
        assert!(report.coverage[0].not_understood < damage.len() as u64 + 100);
        assert_eq!(report.truncated, None);
    }
}

#[test]
fn classes_that_are_missing_cyclic_or_nameless_are_made_up() {
    // An instance of a class without a record.
    let mut heap = chain(8);
    heap.instance(address(20), 0x9999, &[]);
    heap.root(0xFF, address(20), 0);
    let report = analyse(&dump(8, &heap).bytes);
    is_whole(&report);
    assert_eq!(count_of(&report, "unknown class 0x9999"), 1);

    // A superclass without a record, and two classes above each other.
    let mut heap = chain(8);
    heap.class(0x1300, 0x7777, 1);
    heap.class(0x1400, 0x1500, 1);
    heap.class(0x1500, 0x1400, 1);
    heap.instance(address(20), 0x1400, &[0; 4]);
    heap.instance(address(21), 0x1300, &[0]);
    is_whole(&analyse(&dump(8, &heap).bytes));

    // A class and an object with the identifier 0.
    let mut heap = chain(8);
    heap.class(0, 0, 0);
    heap.node(0, FIRST, 0);
    let report = analyse(&dump(8, &heap).bytes);
    is_whole(&report);
    assert!(problems(&report).contains("identifier 0"));
}

#[test]
fn of_several_records_of_an_object_the_last_counts() {
    let mut heap = chain(8);
    heap.node(address(1), 0, 0);
    let report = analyse(&dump(8, &heap).bytes);
    assert_eq!(count_of(&report, "Node"), 2);
    assert_eq!(report.unreachable_objects, 8);
    assert!(problems(&report).contains("several records"));
}

#[test]
fn of_two_dumps_in_a_file_each_can_be_had() {
    let mut longer = chain(4);
    longer.node(address(20), FIRST, 0);
    longer.root(0xFF, address(20), 0);
    let mut file = Writer::file(4, "1.0.1");
    file.record(WHOLE, &chain(4).bytes);
    file.record(WHOLE, &longer.bytes);
    for (dump, nodes) in [(Some(1), 10), (Some(2), 11), (None, 11), (Some(3), 0)] {
        let report = analyse_with(
            &file.bytes,
            &Options {
                dump,
                ..Options::default()
            },
        );
        assert_eq!(count_of(&report, "Node"), nodes);
    }
    // The whole file twice: the second header is no record.
    let twice = dump(8, &chain(8)).bytes.repeat(2);
    assert_eq!(count_of(&analyse(&twice), "Node"), 10);
}

#[test]
fn serial_numbers_are_no_addresses() {
    let mut heap = classes(4);
    for at in 0..9_u64 {
        heap.node(3 * at + 1, 3 * at + 4, 0);
    }
    heap.node(28, 0, 0);
    heap.root(0xFF, 1, 0);
    let report = analyse(&dump(4, &heap).bytes);
    is_whole(&report);
    assert!(report.layout.contains("assumed"), "{}", report.layout);
}

#[test]
fn a_dump_without_roots_takes_classes_for_roots() {
    let mut heap = classes(8);
    nodes(&mut heap);
    let report = analyse(&dump(8, &heap).bytes);
    assert!(report.roots[0].kind.starts_with("stand-in"));
    assert_eq!(report.object_count, 13);
    assert!(problems(&report).contains("no roots"));
}

#[test]
fn the_tags_of_android_are_read() {
    let mut heap = classes(4);
    nodes(&mut heap);
    for (tag, rest) in [
        (0x89, 0),
        (0x8A, 0),
        (0x8B, 0),
        (0x8C, 0),
        (0x8D, 0),
        (0x90, 0),
        (0x8E, 8),
    ] {
        heap.root(tag, address(u64::from(tag) % 10), rest);
    }
    heap.bytes.push(0xFE);
    heap.number(65);
    heap.id(1);
    // An array whose elements were left out, and one with elements.
    heap.primitives(0xC3, address(40), 1000, 8);
    heap.primitives(0x23, address(41), 4, 8);
    heap.bytes.extend(*b"text");
    heap.root(0xFF, FIRST, 0);
    heap.root(0xFF, address(40), 0);
    heap.root(0xFF, address(41), 0);
    let mut file = Writer::file(4, "1.0.3");
    file.record(SEGMENT, &heap.bytes);
    file.record(END, &[]);
    let report = analyse(&file.bytes);
    is_whole(&report);
    assert_eq!(problems(&report), "");
    assert_eq!(count_of(&report, "byte[]"), 2);
    // The eighth is the unknown root, the ninth the classes: no root stands for these.
    assert_eq!(report.roots.len(), 9);
}

/// A parallel dump is written in pieces without headers, `x.hprof.p0` and so on, which the JVM puts behind `x.hprof` at
/// its end. When it did not come to that, a person can: the file has no end record yet.
#[test]
fn the_pieces_of_a_parallel_dump_can_be_put_together() {
    let mut base = Writer::file(8, "1.0.2");
    base.record(SEGMENT, &classes(8).bytes);
    let mut piece = Writer::new(8);
    let mut heap = Writer::new(8);
    nodes(&mut heap);
    piece.record(SEGMENT, &heap.bytes);
    let mut last = Writer::new(8);
    let mut heap = Writer::new(8);
    heap.root(0xFF, FIRST, 0);
    last.record(SEGMENT, &heap.bytes);
    let whole = [base.bytes, piece.bytes, last.bytes].concat();
    let report = analyse(&whole);
    assert_eq!(count_of(&report, "Node"), 10);
    assert!(report.truncated.is_some());
}

fn opened(name: &str, write: impl FnOnce(&mut File)) -> HeapReport {
    let path = std::env::temp_dir().join(format!("diag-{}-{name}", std::process::id()));
    write(&mut File::create(&path).unwrap());
    let bundle = Bundle::open(std::slice::from_ref(&path), &cli::sniffers());
    let report = heap::analyse(
        bundle.holding(Kind::HeapDump)[0],
        &Options::default(),
        &Silent,
    );
    drop(bundle);
    fs::remove_file(path).unwrap();
    report
}

#[test]
fn gzip_that_is_cut_or_padded_gives_what_is_in_it() {
    let bytes = dump(8, &chain(8)).bytes;
    let mut members = Vec::new();
    for part in bytes.chunks(bytes.len() / 3 + 1) {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        gzip.write_all(part).unwrap();
        members.push(gzip.finish().unwrap());
    }
    let whole = members.concat();
    is_whole(&opened("whole.gz", |file| file.write_all(&whole).unwrap()));
    let padded = [&whole[..], &[0; 512]].concat();
    is_whole(&opened("padded.gz", |file| {
        file.write_all(&padded).unwrap()
    }));
    let cut = &whole[..whole.len() - members[2].len() / 2];
    let report = opened("cut.gz", |file| file.write_all(cut).unwrap());
    assert!(report.object_count >= 3, "{}", problems(&report));
    assert!(report.truncated.is_some());
}

/// One `HEAP_DUMP` record of more than 4 GiB, whose length has wrapped, with two arrays of 300 million `long`s. The file is
/// sparse: it takes a few blocks on disk.
#[test]
fn lengths_beyond_four_gib_are_understood() {
    const ELEMENTS: u32 = 300_000_000;
    let before = Writer::file(8, "1.0.1").bytes;
    let report = opened("sparse.hprof", |file| {
        let mut heap = classes(8);
        heap.primitives(0x23, address(1_000_000_000), ELEMENTS, 11);
        let mut second = Writer::new(8);
        second.primitives(0x23, address(2_000_000_000), ELEMENTS, 11);
        let mut rest = Writer::new(8);
        nodes(&mut rest);
        rest.root(0xFF, FIRST, 0);
        rest.root(0xFF, address(1_000_000_000), 0);
        rest.root(0xFF, address(2_000_000_000), 0);
        let payload = 8 * u64::from(ELEMENTS);
        let parts = (heap.bytes.len() + second.bytes.len() + rest.bytes.len()) as u64;
        let length = parts + 2 * payload;
        assert!(length > 1 << 32);
        file.write_all(&before).unwrap();
        file.write_all(&[WHOLE, 0, 0, 0, 0]).unwrap();
        file.write_all(&(length as u32).to_be_bytes()).unwrap();
        file.write_all(&heap.bytes).unwrap();
        file.seek(SeekFrom::Current(payload as i64)).unwrap();
        file.write_all(&second.bytes).unwrap();
        file.seek(SeekFrom::Current(payload as i64)).unwrap();
        file.write_all(&rest.bytes).unwrap();
    });
    is_whole(&report);
    assert_eq!(count_of(&report, "long[]"), 2);
    assert!(report.reachable_bytes > 2 * 8 * u64::from(ELEMENTS));
}

/// Deep in the search, deep in the dominator tree, and quadratic for a plain Semi-NCA.
#[test]
fn a_long_list_shared_with_an_array_is_no_harder_than_other_heaps() {
    const LENGTH: u64 = 100_000;
    let mut heap = classes(8);
    let element = |at: u64| address(LENGTH + at);
    for at in 0..LENGTH {
        let next = if at + 1 < LENGTH { address(at + 1) } else { 0 };
        heap.node(address(at), element(at), next);
    }
    for at in 0..LENGTH {
        heap.node(element(at), 0, 0);
    }
    heap.array(0x8000, &(0..LENGTH).map(element).collect::<Vec<_>>());
    heap.root(0xFF, FIRST, 0);
    heap.root(0xFF, 0x8000, 0);
    let report = analyse(&dump(8, &heap).bytes);
    assert_eq!(count_of(&report, "Node"), 2 * LENGTH);
    assert_eq!(report.unreachable_objects, 0);
}

#[test]
fn with_too_little_memory_less_is_said_and_that_it_is_less() {
    let bytes = dump(8, &chain(8)).bytes;
    let limited = |memory| {
        analyse_with(
            &bytes,
            &Options {
                memory: Some(memory),
                ..Options::default()
            },
        )
    };
    let whole = limited(1 << 20);
    assert_eq!(whole.left_out, None);
    assert_eq!(whole, analyse(&bytes));

    let counted = limited(300);
    let said = counted.left_out.clone().unwrap();
    assert!(said.contains("of memory, --memory allows 300 B"), "{said}");
    assert_eq!(count_of(&counted, "Node"), 10);
    assert_eq!(counted.object_count, 13);
    assert_eq!((counted.reachable_bytes, counted.suspects.len()), (0, 0));
    let nodes = |report: &HeapReport| {
        let row = report.histogram.iter().find(|row| row.class == "Node");
        row.map(|row| row.shallow_bytes)
    };
    assert_eq!(nodes(&counted), nodes(&whole));

    let refused = limited(50);
    assert_eq!(refused.object_count, 0);
    assert!(problems(&refused).contains("--memory allows 50 B"));
}

/// The collector moves objects: a newer dump may have another object at an old one's address.
#[test]
fn an_address_that_another_object_has_now_is_no_identity() {
    let old = analyse(&dump(8, &chain(8)).bytes);
    let mut heap = classes(8);
    let moved = |at: u64| address(1000 + at);
    for at in 0..10 {
        heap.node(moved(at), if at < 9 { moved(at + 1) } else { 0 }, 0);
    }
    // Where the nodes were lie arrays now, and the root of old is one of them.
    for at in 0..10 {
        heap.array(address(at), &[]);
        heap.root(0xFF, address(at), 0);
    }
    heap.root(0xFF, moved(0), 0);
    let new = analyse(&dump(8, &heap).bytes);
    let comparison = heap::compare(&old, &new);
    let grown: Vec<(&str, i64)> = comparison
        .classes
        .iter()
        .map(|row| (row.name.as_str(), row.count))
        .collect();
    assert_eq!(grown, [("Node[]", 10)]);
    assert_eq!(comparison.reachable_objects, 10);
    // Had the addresses been taken for identities, ten nodes would have gone and twenty objects come.
    let text = format!("{:?}", comparison.suspects);
    assert!(!text.contains(&format!("{:#x}", address(0))), "{text}");
}
