//! Object sizes against the JVM's own class histogram, taken just before each dump by `fixtures/lab/heap/sizes`.
//!
//! `DIAG_SIZES` names a folder with more captures of `capture.sh` than the few that are kept here; with `--nocapture` the
//! test prints the table of `docs/heap.md`.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on says so"
)]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use common::root;
use diag::cli;
use diag::heap::{self, HeapReport, Options};
use diag::input::{Bundle, Kind, Silent};

/// `java.lang.String[][]` from `[[Ljava.lang.String;`.
fn source_name(name: &str) -> String {
    let element = name.trim_start_matches('[');
    let dimensions = name.len() - element.len();
    if dimensions == 0 {
        return name.to_owned();
    }
    let element = match element {
        "Z" => "boolean",
        "C" => "char",
        "F" => "float",
        "D" => "double",
        "B" => "byte",
        "S" => "short",
        "I" => "int",
        "J" => "long",
        class => class.trim_start_matches('L').trim_end_matches(';'),
    };
    element.to_owned() + &"[]".repeat(dimensions)
}

/// Objects and bytes of every class that the JVM lists once: of two classes with one name it does not say which is which.
fn histogram(text: &str) -> BTreeMap<String, (u64, u64)> {
    let mut rows = BTreeMap::new();
    let mut twice = Vec::new();
    for line in text.lines() {
        let mut words = line.split_whitespace();
        let Some((number, instances)) = words.next().zip(words.next()) else {
            continue;
        };
        let numbers = instances
            .parse()
            .ok()
            .zip(words.next().and_then(|bytes| bytes.parse().ok()));
        if let (true, Some(numbers), Some(name)) = (number.ends_with(':'), numbers, words.next()) {
            let name = source_name(name);
            if rows.insert(name.clone(), numbers).is_some() {
                twice.push(name);
            }
        }
    }
    rows.retain(|name, _| !twice.contains(name));
    rows
}

/// Padding (`@Contended`) and an added field where the addresses do not show them: these collectors leave objects far apart, the
/// last two in some runs.
const EXPLAINED: [(&str, &[&str]); 4] = [
    (
        "11-shenandoah",
        &[
            "java.lang.Thread",
            "java.util.concurrent.ForkJoinPool$WorkQueue",
        ],
    ),
    (
        "11-z",
        &[
            "java.lang.Thread",
            "java.util.concurrent.ForkJoinPool$WorkQueue",
        ],
    ),
    ("17-z", &["java.lang.Thread"]),
    // The VM adds a field since JDK 24, which the dump does not tell from 21.
    ("25-shenandoah", &["java.lang.VirtualThread"]),
];

fn captures() -> Vec<PathBuf> {
    let kept = root().join("fixtures/lab/heap/sizes/captured");
    let more = std::env::var_os("DIAG_SIZES").map(PathBuf::from);
    let mut paths: Vec<PathBuf> = more
        .iter()
        .chain([&kept])
        .flat_map(|folder| fs::read_dir(folder).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().ends_with(".hprof.xz"))
        .collect();
    paths.sort();
    paths
}

fn analyse(path: &PathBuf) -> HeapReport {
    let bundle = Bundle::open(std::slice::from_ref(path), &cli::sniffers());
    let sources = bundle.holding(Kind::HeapDump);
    heap::analyse(sources[0], &Options::default(), &Silent)
}

/// What a class has in the report and in the JVM's histogram, where the two speak of the same objects.
fn differences(report: &HeapReport, theirs: &BTreeMap<String, (u64, u64)>) -> (usize, Vec<String>) {
    let (mut same, mut different) = (0, Vec::new());
    for row in &report.histogram {
        // The JVM counts archived class objects that it does not write.
        let Some((instances, bytes)) = theirs
            .get(&row.class)
            .filter(|_| row.class != "java.lang.Class")
        else {
            continue;
        };
        let equal_counts = *instances == row.instances;
        // Arrays and stack chunks differ in length; instances of other classes do not.
        let varied = row.class.ends_with("[]") || row.class.ends_with("StackChunk");
        if varied && !equal_counts {
            continue;
        }
        match row.shallow_bytes * instances == bytes * row.instances {
            true => same += 1,
            false => different.push(format!(
                "{}: {} of {} objects, the JVM {bytes} of {instances}",
                row.class, row.shallow_bytes, row.instances
            )),
        }
    }
    (same, different)
}

#[test]
fn sizes_are_those_of_the_jvm() {
    let captures = captures();
    assert!(captures.len() >= 4);
    let mut all = Vec::new();
    for path in captures {
        let name = path
            .file_name()
            .unwrap()
            .to_string_lossy()
            .replace(".hprof.xz", "");
        let text =
            fs::read_to_string(Path::new(&path).with_file_name(format!("{name}.txt"))).unwrap();
        let report = analyse(&path);
        let (same, different) = differences(&report, &histogram(&text));
        println!(
            "| {name} | {} | {same} | {} |",
            report.layout,
            different.len()
        );
        assert!(same > 150, "{name}: {same}");
        let explained = EXPLAINED.iter().find(|(mode, _)| *mode == name);
        let explained = explained.map_or(&[][..], |(_, classes)| classes);
        let unexplained = different.into_iter().filter(|line| {
            let class = line.split(':').next().unwrap_or_default();
            !explained.contains(&class)
        });
        all.extend(unexplained.map(|line| format!("{name}: {line}")));
    }
    assert_eq!(all, Vec::<String>::new());
}
