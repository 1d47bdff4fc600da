//! The GC room against the corpus: tables of truth whose logs may be missing, legacy logs against a naive count, and the
//! share of lines that were not understood.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use diag::gc::{self, GcReport};
use diag::input::{Kind, Silent, Source};

use common::corpus;

fn source(path: &Path) -> Source {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    Source::of(name, std::fs::read(path).unwrap(), Kind::GcLog)
}

fn analyse(source: &Source) -> GcReport {
    gc::analyse(&[source], &gc::Options::default(), &Silent)
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files(&path, found),
            false => found.push(path),
        }
    }
}

/// Files of the corpus by name, the suffixes of packing removed.
fn by_name(corpus: &Path) -> BTreeMap<String, PathBuf> {
    let mut found = Vec::new();
    files(corpus, &mut found);
    let named = found.into_iter().map(|path| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (unpacked(&name).to_owned(), path)
    });
    named.collect()
}

fn unpacked(name: &str) -> &str {
    let name = name.rsplit('/').next().unwrap();
    [".zip", ".gz"]
        .iter()
        .find_map(|suffix| name.strip_suffix(suffix))
        .unwrap_or(name)
}

/// The fields of a line of CSV; quotes protect commas.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            c => fields.last_mut().unwrap().push(c),
        }
    }
    fields
}

fn micros(seconds: &str) -> i64 {
    (seconds.parse::<f64>().unwrap() * 1e6).round() as i64
}

/// Every settled row of the table of real logs whose log is here, to the microsecond; the others are named.
#[test]
fn settled_rows_are_met_or_their_log_is_missing() {
    let Some(corpus) = corpus() else { return };
    let here = by_name(&corpus);
    let table = std::fs::read_to_string(corpus.join("../truth/gc/truth.csv")).unwrap();
    let (mut checked, mut missing) = (0, 0);
    for line in table.lines().skip(1) {
        let row = fields(line);
        let bytes: u64 = row[1].parse().unwrap();
        let path = here.get(unpacked(&row[0])).or_else(|| {
            // Under another name: the size is known.
            let same = |path: &&PathBuf| path.metadata().is_ok_and(|data| data.len() == bytes);
            here.values().find(same)
        });
        let Some(path) = path else {
            println!("not in the corpus: {} ({})", row[0], row[6]);
            missing += 1;
            continue;
        };
        if row[2].is_empty() {
            println!("not settled: {}", row[0]);
            continue;
        }
        let pauses = analyse(&source(path)).lives[0].pauses.clone();
        assert_eq!(pauses.count, row[2].parse::<u64>().unwrap(), "{}", row[0]);
        assert_eq!(pauses.total, micros(&row[4]), "{}", row[0]);
        assert_eq!(pauses.max, micros(&row[5]), "{}", row[0]);
        checked += 1;
    }
    println!("{checked} rows checked, {missing} logs are not in the corpus");
}

/// The expected counts of GCToolKit are per position in a table of its own for each test class. None of its logs is
/// in the corpus; one that comes must not pass unnoticed.
#[test]
fn logs_of_expected_counts_are_missing() {
    let Some(corpus) = corpus() else { return };
    let here = by_name(&corpus);
    let table = corpus.join("../truth/gc/gctoolkit-expected-counts.tsv");
    let table = std::fs::read_to_string(table).unwrap();
    let mut missing = 0;
    for line in table.lines().skip(1) {
        let name = line.split('\t').nth(1).unwrap();
        let found = here.get(unpacked(name));
        assert_eq!(found, None, "{name} is here now: compare its counts");
        missing += 1;
    }
    println!("{missing} logs with expected counts, none of them in the corpus");
}

/// Pauses of a legacy log as a search for words counts them. With CPU times each pause has one `[Times:`, and so has
/// each finished concurrent phase of CMS; a young collection inside the remark is no pause of its own. Without them each
/// pause is a `[GC` or `[Full GC` that is no part of one, or a line of Shenandoah that ends in ` ms]`.
fn naive_pauses(text: &str) -> usize {
    let count = |text: &str, word: &str| text.matches(word).count();
    let times = count(text, "[Times:");
    if times > 0 {
        let finished = |(at, _): &(usize, &str)| {
            let rest = &text[*at..];
            rest[..rest.find(']').unwrap_or(0)].ends_with(" secs")
        };
        let concurrent = text
            .match_indices("[CMS-concurrent-")
            .filter(finished)
            .count();
        let inside_remark = text
            .split("[YG occupancy")
            .skip(1)
            .filter(|rest| {
                rest.split("1 CMS-remark")
                    .next()
                    .unwrap()
                    .contains("[Times:")
            })
            .count();
        let begin = text
            .find("[GC")
            .into_iter()
            .chain(text.find("[Full GC"))
            .min();
        let torn = count(&text[..begin.unwrap_or(text.len())], "[Times:");
        let torn = torn.saturating_sub(count(&text[..begin.unwrap_or(0)], "[CMS-concurrent-"));
        let after = text.rsplit("[Times:").next().unwrap();
        let cut = after.find("[GC ").or_else(|| after.find("[Full GC"));
        let cut = cut.is_some_and(|at| {
            let record = &after[at..];
            record.contains(" secs]") && !record.starts_with("[GC concurrent")
        });
        return (times + usize::from(cut)).saturating_sub(concurrent + inside_remark + torn);
    }
    let parts = [
        "[GC concurrent-",
        "[GC Worker",
        "[GC ref-proc",
        "[GC locker",
    ];
    let parts: usize = parts.iter().map(|word| count(text, word)).sum();
    let shenandoah = |line: &&str| line.contains("[Pause ") && line.trim_end().ends_with(" ms]");
    count(text, "[GC") + count(text, "[Full GC") - parts + text.lines().filter(shenandoah).count()
}

/// The sum of `real=` of all pauses in hundredths of a second, where every pause has one.
fn naive_hundredths(text: &str) -> i64 {
    let mut sum = 0;
    for part in text.split("[Times:").collect::<Vec<_>>().windows(2) {
        let before = part[0].trim_end();
        let concurrent = before
            .rfind('[')
            .is_some_and(|open| before[open..].starts_with("[CMS-concurrent-"));
        let real = part[1].find("real=").map(|at| &part[1][at + 5..]);
        let number: String = real
            .unwrap_or("0")
            .chars()
            .take_while(|c| c.is_ascii_digit() || *c == '.' || *c == ',')
            .collect();
        let seconds: f64 = number.replace(',', ".").parse().unwrap_or(0.0);
        if !concurrent {
            sum += (seconds * 100.0).round() as i64;
        }
    }
    sum
}

/// Logs in which the naive count or sum is wrong, and why.
const UNLIKE: [(&str, &str); 9] = [
    (
        "dataset11.txt",
        "cut off before its [Times:, the only one belongs to CMS",
    ),
    ("dataset96.txt", "the last pause has lost its [Times:"),
    ("dataset103.txt", "the last pause has lost its [Times:"),
    (
        "dataset120.txt",
        "a young collection inside the remark is no pause of its own",
    ),
    (
        "dataset136.txt",
        "real= counts the young collection inside the remark twice",
    ),
    (
        "dataset140.txt",
        "real= counts the young collection inside the remark twice",
    ),
    (
        "dataset142.txt",
        "real= counts the young collection inside the remark twice",
    ),
    (
        "dataset263.txt",
        "made of parts of several logs: real= is of another pause",
    ),
    (
        "dataset252.txt",
        "written by hand: real= does not belong to the pauses",
    ),
];

#[test]
fn legacy_logs_have_the_pauses_that_a_search_for_words_counts() {
    let Some(corpus) = corpus() else { return };
    let mut found = Vec::new();
    files(&corpus.join("gc/garbagecat"), &mut found);
    found.sort();
    let (mut logs, mut pauses, mut differ) = (0, 0, Vec::new());
    for path in found {
        let source = source(&path);
        let report = analyse(&source);
        if report.coverage[0].format != "legacy GC log" {
            continue;
        }
        let text = String::from_utf8_lossy(&source.bytes).into_owned();
        let ours: u64 = report.lives.iter().map(|life| life.pauses.count).sum();
        let nested: u64 = report
            .lives
            .iter()
            .map(|life| life.pauses.nested_count)
            .sum();
        let naive = naive_pauses(&text);
        logs += 1;
        pauses += naive;
        if let Some((_, why)) = UNLIKE.iter().find(|(name, _)| source.name == *name) {
            println!("{}: {why}", source.name);
            continue;
        }
        if ours + nested != naive as u64 {
            differ.push((source.name.clone(), naive, ours));
            continue;
        }
        let total: i64 = report.lives.iter().map(|life| life.pauses.total).sum();
        let real = naive_hundredths(&text) * 10_000;
        // Each is rounded to 10 ms, and begins and ends a little outside the pause.
        let rounding = 20_000 * naive as i64;
        if real > 0 && (total - real).abs() > rounding {
            differ.push((source.name.clone(), real as usize, total as u64));
        }
    }
    println!("{logs} legacy logs, {pauses} pauses by naive count");
    for (name, naive, ours) in &differ {
        println!("{name}: naive {naive}, ours {ours}");
    }
    assert!(differ.is_empty(), "{} differ", differ.len());
}

#[test]
fn the_share_of_lines_not_understood_is_printed_and_zero_for_unified_logs() {
    let Some(corpus) = corpus() else { return };
    let mut found = Vec::new();
    files(&corpus.join("gc"), &mut found);
    found.sort();
    let mut formats: BTreeMap<String, (u64, u64, u64, u64)> = BTreeMap::new();
    for path in found.iter().filter(|path| {
        let name = path.to_string_lossy();
        !name.ends_with(".gz") && !name.ends_with(".out") && !name.ends_with("stat")
    }) {
        for coverage in analyse(&source(path)).coverage {
            let sum = formats.entry(coverage.format.clone()).or_default();
            sum.0 += 1;
            sum.1 += coverage.lines;
            sum.2 += coverage.records;
            sum.3 += coverage.not_understood;
            if coverage.not_understood > 0 {
                println!("{} {:?}", coverage.source, coverage.issues);
            }
        }
    }
    for (format, (files, lines, used, not)) in &formats {
        let share = *not as f64 * 100.0 / (*lines).max(1) as f64;
        println!(
            "{format}: {files} files, {lines} lines, {used} used, {not} not understood ({share:.3} %)"
        );
    }
    assert_eq!(formats["unified GC log"].3, 0);
    let (_, lines, _, not) = formats["legacy GC log"];
    assert!(not * 200 < lines, "under half a percent");
}
