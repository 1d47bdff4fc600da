//! The heap room against dumps of real JVMs and against what Eclipse MAT and the JVM itself say about them.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "tests fail by panicking and say what they skip"
)]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

use diag::heap::{self, HeapReport, Options, RetainedAs};
use diag::input::{Kind, Silent, Source};

use common::corpus;

fn read(path: &Path) -> Vec<u8> {
    let raw = fs::read(path).unwrap();
    if !raw.starts_with(&[0x1F, 0x8B]) {
        return raw;
    }
    let mut bytes = Vec::new();
    let mut unzip = flate2::read::MultiGzDecoder::new(&raw[..]);
    unzip.read_to_end(&mut bytes).unwrap();
    bytes
}

fn analyse(bytes: Vec<u8>, options: &Options) -> HeapReport {
    let source = Source::of("test.hprof", bytes, Kind::HeapDump);
    heap::analyse(&source, options, &Silent)
}

fn mat() -> Options {
    Options {
        retained_as: RetainedAs::Mat,
        ..Options::default()
    }
}

/// The rows of a CSV file without embedded line ends, header first.
fn csv(path: &Path) -> Vec<Vec<String>> {
    let text = fs::read_to_string(path).unwrap();
    let unquote = |cell: &str| cell.trim_matches('"').to_owned();
    text.lines()
        .map(|line| line.split(',').map(unquote).collect())
        .collect()
}

#[test]
fn sizes_and_retained_sizes_equal_eclipse_mat() {
    let Some(corpus) = corpus() else { return };
    let truth = corpus.join("../truth/heap/heapgen-64m-live");
    let report = analyse(read(&corpus.join("heap/heapgen-64m-live.hprof.gz")), &mat());
    let summary: BTreeMap<String, String> = csv(&truth.join("summary.csv"))
        .into_iter()
        .map(|row| (row[0].clone(), row[1].clone()))
        .collect();
    let number = |key: &str| summary[key].parse::<u64>().unwrap();
    // MAT adds one object for the boot class loader, of the size of a ClassLoader: 72 bytes.
    assert_eq!(report.reachable_objects + 1, number("objects_reachable"));
    assert_eq!(
        report.reachable_bytes + 72,
        number("used_heap_bytes_reachable")
    );
    assert_eq!(report.unreachable_objects, number("unreachable_objects"));
    assert_eq!(report.unreachable_bytes, number("unreachable_bytes"));

    let key = |class: &str, loader: &str| (class.to_owned(), loader.to_owned());
    let rows: BTreeMap<_, _> = report
        .histogram
        .iter()
        .map(|row| (key(&row.class, row.loader.as_deref().unwrap_or("0x0")), row))
        .collect();
    let mut compared = 0;
    for row in csv(&truth.join("class_histogram.csv")).iter().skip(1) {
        if let Some(ours) = rows.get(&key(&row[0], &row[3])) {
            assert_eq!(ours.instances.to_string(), row[1], "{}", row[0]);
            assert_eq!(ours.shallow_bytes.to_string(), row[2], "{}", row[0]);
            compared += 1;
        }
    }
    assert_eq!(compared, HeapReport::CLASSES);
    for row in csv(&truth.join("class_retained_top50.csv")).iter().skip(1) {
        let ours = rows[&key(&row[0], &row[5])];
        assert_eq!(ours.retained_bytes.to_string(), row[3], "{}", row[0]);
    }
}

#[test]
fn every_dump_of_the_corpus_is_read_to_its_end() {
    let Some(corpus) = corpus() else { return };
    let mut names: Vec<_> = fs::read_dir(corpus.join("heap"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    names.sort();
    for path in names {
        let bytes = read(&path);
        if !bytes.starts_with(b"JAVA PROFILE") {
            continue;
        }
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let report = analyse(bytes, &Options::default());
        assert!(report.reachable_objects > 1000, "{name}");
        assert!(report.reachable_bytes > 100_000, "{name}");
        assert_eq!(report.truncated, None, "{name}");
        for coverage in &report.coverage {
            assert_eq!(coverage.not_understood, 0, "{name}: {coverage:?}");
        }
        assert!(!report.document().blocks.is_empty(), "{name}");
    }
}

/// Objects and reachable objects by an independent reader that does not follow referents. `diag` also follows the
/// referents of references that the collector has already enqueued, and what a class refers to besides its statics
/// (protection domain, signers), which that reader leaves out, and it knows that the boot loader keeps the classes of its
/// arrays (122 in the second dump) without an array to refer to them: it may reach slightly more, never less.
#[test]
fn reachability_equals_an_independent_reader() {
    let Some(corpus) = corpus() else { return };
    let expected = [
        ("mat_sun_jdk6_32bit.hprof", 16_198, 11_966),
        ("mat_HeapDumpSample.hprof", 26_000, 21_053),
        ("mat_oracle_jdk8_05_x64.hprof", 15_240, 6_081),
        ("mat_openjdk_jdk11_04_x64.hprof.gz", 187_949, 175_278),
    ];
    for (name, objects, reachable) in expected {
        let report = analyse(read(&corpus.join("heap").join(name)), &Options::default());
        assert_eq!(report.object_count, objects, "{name}");
        let found = report.reachable_objects;
        assert!(
            (reachable..reachable + 180).contains(&found),
            "{name}: {found}"
        );
    }
    let jdk11 = read(&corpus.join("heap/mat_openjdk_jdk11_04_x64.hprof.gz"));
    // With every referent followed and nothing else, both see the same.
    assert_eq!(analyse(jdk11, &mat()).reachable_objects, 179_209);
}

#[test]
fn the_leak_that_was_planted_is_named() {
    let Some(corpus) = corpus() else { return };
    let report = analyse(
        read(&corpus.join("heap/heapgen-64m-live.hprof.gz")),
        &Options::default(),
    );
    let largest = &report.suspects[0];
    assert_eq!(
        largest.field.as_deref(),
        Some("com.acme.shop.cache.ProductCache.CACHE")
    );
    assert_eq!(largest.element_count, Some(37_885));
    assert!((0.36..0.37).contains(&largest.share), "{}", largest.share);
    // What each keeps of the 55.0 MiB that are reachable.
    for (field, share) in [
        ("com.acme.shop.order.OrderBook.INSTANCE", 0.174),
        (
            "com.acme.shop.session.SessionManager.INSTANCE.sessions",
            0.162,
        ),
        ("com.acme.shop.Main.BUFFERS", 0.103),
        ("com.acme.shop.audit.AuditLog.CHAIN.head", 0.070),
    ] {
        let mut suspects = report.suspects.iter();
        let suspect = suspects
            .find(|suspect| suspect.field.as_deref() == Some(field))
            .unwrap();
        assert!(
            (suspect.share - share).abs() < 0.001,
            "{field}: {}",
            suspect.share
        );
    }
    for field in [
        "com.acme.shop.audit.AuditLog.RECENT",
        "com.acme.shop.Main.CHARS",
    ] {
        assert!(
            report.consumers.statics.iter().any(|row| row.name == field),
            "{field}"
        );
    }
    // One finding for the static fields, the largest first, and 12 copies of one class.
    let rules: Vec<&str> = report
        .findings
        .iter()
        .map(|finding| finding.rule.as_str())
        .collect();
    assert_eq!(rules, ["heap/static-collection", "heap/class-loader-leak"]);
    assert!(
        report.findings[0]
            .title
            .contains("ProductCache.CACHE keeps 37,885 objects")
    );
    assert!(report.findings[1].title.contains("12 class loaders"));
    let direct = report.direct_memory.as_ref().unwrap();
    assert_eq!((direct.count, direct.reserved), (64, 64 * 65_536));
    let waste = |kind: &str| {
        report
            .waste
            .iter()
            .find(|waste| waste.kind == kind)
            .unwrap()
    };
    let strings = waste("duplicate strings");
    assert_eq!(
        strings.owners[0].0,
        "com.acme.shop.cache.ProductCache$ProductEntry.tags"
    );
    assert_eq!(waste("classes loaded several times").objects, 12);
    let references = |kind: &str| {
        report
            .references
            .iter()
            .find(|row| row.kind == kind)
            .unwrap()
    };
    assert_eq!(references("final").references, 10_000);
    assert!(references("soft").only > 350);
    // Two screens of 50 lines, of which an unfolded path takes some.
    let style = diag::render::Style {
        colour: false,
        width: 100,
        details: false,
    };
    let text = diag::render::terminal(&[report.document()], style);
    assert!(text.lines().count() < 100, "{text}");
    assert_eq!(report.max_heap, Some(400 << 20));
    let again = analyse(
        read(&corpus.join("heap/heapgen-64m-live.hprof.gz")),
        &Options::default(),
    );
    assert_eq!(report, again);
}

#[test]
fn a_dump_cut_anywhere_still_gives_a_report() {
    let Some(corpus) = corpus() else { return };
    let bytes = read(&corpus.join("heap/mat_oracle_jdk8_05_x64.hprof"));
    for step in 0..100 {
        let end = bytes.len() * step / 100;
        let report = analyse(bytes[..end].to_vec(), &Options::default());
        assert!(report.document().blocks.len() < 100);
        if end < bytes.len() / 20 {
            continue;
        }
        assert!(report.truncated.is_some(), "cut at {end}");
    }
}

/// Everything that a report goes through, as the fuzz target does it.
fn through_all_renderers(bytes: &[u8]) -> HeapReport {
    let report = analyse(bytes.to_vec(), &Options::default());
    let documents = [report.document()];
    let style = diag::render::Style {
        colour: false,
        width: 100,
        details: true,
    };
    assert!(!diag::render::terminal(&documents, style).is_empty());
    let json = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<HeapReport>(&json).unwrap(), report);
    analyse(bytes.to_vec(), &mat());
    report
}

#[test]
fn the_seeds_of_the_fuzzer_and_all_their_beginnings_are_harmless() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/heap");
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    names.sort();
    for path in names {
        let bytes = fs::read(&path).unwrap();
        let report = through_all_renderers(&bytes);
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with("jdk") || name == "android" || name == "two-dumps" {
            assert_eq!(report.truncated, None, "{name}");
            assert!(report.reachable_objects >= 45, "{name}");
        }
        for end in (0..bytes.len()).step_by(7) {
            through_all_renderers(&bytes[..end]);
        }
        for at in (0..bytes.len()).step_by(11) {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0xFF;
            through_all_renderers(&damaged);
        }
    }
}

#[test]
fn of_two_dumps_in_a_file_the_wanted_one_is_read() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/heap/two-dumps");
    let bytes = fs::read(path).unwrap();
    let dump = |number| Options {
        dump: Some(number),
        ..Options::default()
    };
    let first = analyse(bytes.clone(), &dump(1));
    assert_eq!(
        first.reachable_objects,
        analyse(bytes.clone(), &dump(2)).reachable_objects
    );
    assert_eq!(analyse(bytes, &dump(3)).object_count, 0);
}

/// A JVM that runs out of memory in front of us, with the program of the laboratory. Where there is no JDK there is no test.
#[test]
fn the_thread_that_ran_out_of_memory_and_what_filled_the_heap_are_named() {
    let Some(corpus) = corpus() else { return };
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let sources = corpus.join("../lab/heapgen/src");
    let compiled = Command::new("javac")
        .arg("-d")
        .arg(folder.path())
        .arg("-sourcepath")
        .arg(&sources)
        .arg(sources.join("com/acme/shop/Main.java"))
        .status();
    if !compiled.is_ok_and(|status| status.success()) {
        println!("skipped: no JDK of version 17 or newer on the path");
        return;
    }
    let dump = folder.path().join("oom.hprof");
    let mut jvm = Command::new("java")
        .args(["-Xmx24m", "-XX:+UseSerialGC"])
        .arg("-XX:+HeapDumpOnOutOfMemoryError")
        .arg(format!("-XX:HeapDumpPath={}", dump.display()))
        .arg("-cp")
        .arg(folder.path())
        .args(["com.acme.shop.Main", "oom", "8"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    jvm.wait().unwrap();
    let report = analyse(fs::read(&dump).unwrap(), &Options::default());
    assert_eq!(report.truncated, None);
    let victim = report.oom_thread.as_ref().unwrap();
    assert_eq!(victim.name, "http-nio-8080-exec-42");
    let largest = &report.suspects[0];
    assert_eq!(
        largest.field.as_deref(),
        Some("com.acme.shop.cache.ProductCache.CACHE")
    );
    assert!(largest.share > 0.5, "{}", largest.share);
    let rules: Vec<&str> = report
        .findings
        .iter()
        .map(|finding| finding.rule.as_str())
        .collect();
    assert!(rules.contains(&"heap/out-of-memory"), "{rules:?}");
    assert!(rules.contains(&"heap/static-collection"), "{rules:?}");
}
