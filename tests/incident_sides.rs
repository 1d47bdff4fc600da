//! JVMs side by side: told apart by what their evidence says of them, in one folder and without names that help; and heap
//! and thread dumps of one JVM held against each other.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::io::Write;

use common::root;
use diag::incident::{self, IncidentReport};
use diag::input::{Bundle, Silent};

/// The bytes of a fixture; what is packed is unpacked, so that nothing but its content tells what it is.
fn fixture(path: &str) -> Vec<u8> {
    let raw = std::fs::read(root().join("fixtures").join(path)).unwrap();
    match path.ends_with(".gz") {
        true => {
            let mut out = Vec::new();
            let mut unpacked = flate2::read::MultiGzDecoder::new(&raw[..]);
            std::io::Read::read_to_end(&mut unpacked, &mut out).unwrap();
            out
        }
        false => raw,
    }
}

fn of(files: Vec<(&str, Vec<u8>)>) -> IncidentReport {
    let files = files
        .into_iter()
        .map(|(name, bytes)| (name.to_owned(), bytes));
    let bundle = Bundle::from_buffers(files.collect(), &diag::cli::sniffers());
    incident::analyse(&bundle, &Silent)
}

/// A JVM that is deadlocked (JDK 21, Shenandoah) and one that is throttled (JDK 25, Serial), 33 s apart in their starts.
fn two_jvms() -> Vec<(&'static str, Vec<u8>)> {
    let deadlocked = "heldout/12-goods-deadlock/evidence";
    let throttled = "heldout/14-throttled-service/evidence";
    vec![
        ("a.log", fixture(&format!("{deadlocked}/gc-0.log.gz"))),
        ("b.log", fixture(&format!("{throttled}/gc-0.log"))),
        ("c.txt", fixture(&format!("{deadlocked}/jstack-1.txt"))),
        ("d.txt", fixture(&format!("{throttled}/threads-3.txt"))),
    ]
}

#[test]
fn two_jvms_in_one_folder_are_told_apart() {
    let report = of(two_jvms());
    assert_eq!(report.lives.len(), 2);
    assert_eq!(report.side_by_side.len(), 2, "{:?}", report.side_by_side);
    let told: Vec<&str> = report
        .side_by_side
        .iter()
        .map(|told| told.statement.as_str())
        .collect();
    assert!(
        told[0].contains("JDK 21") && told[0].contains("Shenandoah"),
        "{told:?}"
    );
    assert!(
        told[1].contains("JDK 25") && told[1].contains("Serial"),
        "{told:?}"
    );
    let deadlocked = |number: usize| {
        let life = &report.lives[number];
        let own = life.mechanisms.iter();
        let mut own = own.filter(|judged| judged.hypothesis == "incident/deadlock");
        own.any(diag::incident::Judged::holds)
    };
    assert!(deadlocked(0));
    assert!(!deadlocked(1));
}

#[test]
fn what_could_be_of_two_jvms_is_given_to_none_and_named() {
    let mut files = two_jvms();
    let line =
        "2026-11-22T07:21:00.000Z ERROR [main] x - java.lang.OutOfMemoryError: Java heap space\n";
    files.push(("e.log", line.repeat(3).into_bytes()));
    let report = of(files);
    let open = report
        .side_by_side
        .iter()
        .find(|told| told.locator.source == "e.log");
    assert!(open.is_some(), "{:?}", report.side_by_side);
    let seen = report
        .lives
        .iter()
        .flat_map(|life| life.mechanisms.iter().chain(&life.causes));
    let heap_error = seen
        .flat_map(|judged| judged.speaking_for())
        .any(|clue| clue.statement.starts_with("OutOfMemoryError"));
    assert!(!heap_error);
}

#[test]
fn a_word_in_its_name_gives_a_file_to_its_program() {
    let mut files = two_jvms();
    files[0].0 = "billing-gc.log";
    files[1].0 = "routes-gc.log";
    let line =
        "2026-11-22T07:21:00.000Z ERROR [main] x - java.lang.OutOfMemoryError: Java heap space\n";
    files.push(("routes.log", line.repeat(3).into_bytes()));
    let report = of(files);
    let open = report
        .side_by_side
        .iter()
        .any(|told| told.locator.source == "routes.log");
    assert!(!open, "{:?}", report.side_by_side);
}

#[test]
fn a_packed_bundle_is_read_like_its_folder() {
    let mut tar = Vec::new();
    for (name, bytes) in two_jvms() {
        tar.extend(entry(&format!("yc-2026-11-22T07-22-00/{name}"), &bytes));
    }
    tar.extend([0; 1024]);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&tar).unwrap();
    let packed = of(vec![("bundle.tar.gz", gzip.finish().unwrap())]);
    let plain = of(two_jvms());
    let ends = |report: &IncidentReport| -> Vec<_> {
        report
            .lives
            .iter()
            .map(|life| (life.started, life.terminator.kind))
            .collect()
    };
    assert_eq!(ends(&packed), ends(&plain));
    assert_eq!(packed.verdict.signature, plain.verdict.signature);
}

/// A file in a tar archive (POSIX.1-1988).
fn entry(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut head = vec![0_u8; 512];
    head[..name.len()].copy_from_slice(name.as_bytes());
    head[100..108].copy_from_slice(b"0000644\0");
    head[124..136].copy_from_slice(format!("{:011o}\0", bytes.len()).as_bytes());
    head[136..148].copy_from_slice(b"00000000000\0");
    head[148..156].fill(b' ');
    head[156] = b'0';
    head[257..263].copy_from_slice(b"ustar\0");
    head[263..265].copy_from_slice(b"00");
    let sum: u32 = head.iter().map(|byte| u32::from(*byte)).sum();
    head[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    head.extend(bytes);
    head.resize(head.len().next_multiple_of(512), 0);
    head
}

#[test]
fn monitors_read_locks_and_pool_queues_of_a_heap_dump_agree_with_a_thread_dump_of_the_same_moment()
{
    for jdk in ["jdk17", "jdk21"] {
        let meet = |threads: &str| {
            let report = of(vec![
                ("heap.hprof", fixture(&format!("meet/{jdk}/heap.hprof.gz"))),
                ("threads.txt", fixture(&format!("meet/{jdk}/{threads}"))),
            ]);
            assert_eq!(report.lives.len(), 1, "{jdk}");
            report.meetings[0].clone()
        };
        let same = meet("threads-1.txt");
        let told = |wanted: &str| {
            let mut told = same.statements.iter();
            assert!(
                told.any(|told| told.statement.contains(wanted)),
                "{jdk}: {wanted}"
            );
        };
        told("held for reading by reader-a, reader-b (same address");
        told("2 waits for monitors of the thread dump are in the heap dump too");
        told("task-N: 8 of 8 workers run a task and 5 more wait in the queue");
        assert!(
            same.disagreements.is_empty(),
            "{jdk}: {:?}",
            same.disagreements
        );
        let later = meet("threads-2.txt");
        assert_eq!(later.disagreements.len(), 1, "{jdk}");
        assert!(
            later.disagreements[0]
                .statement
                .contains("0 of 8 are busy by the thread dump")
        );
    }
}
