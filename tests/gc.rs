//! The GC room against logs of real JVMs.

#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use std::io::Read;
use std::path::{Path, PathBuf};

use diag::gc::{self, GcReport};
use diag::input::{Kind, Silent, Source};

use common::corpus;

fn source(path: &Path) -> Source {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let mut bytes = std::fs::read(path).unwrap();
    if name.ends_with(".gz") {
        let mut plain = Vec::new();
        flate2::read::MultiGzDecoder::new(bytes.as_slice())
            .read_to_end(&mut plain)
            .unwrap();
        bytes = plain;
    }
    Source::of(name, bytes, Kind::GcLog)
}

fn analyse(sources: &[Source]) -> GcReport {
    let sources: Vec<&Source> = sources.iter().collect();
    gc::analyse(&sources, &gc::Options::default(), &Silent)
}

/// Rows of a CSV without quotes, as maps from column to value.
fn table(path: &Path) -> Vec<std::collections::BTreeMap<String, String>> {
    let text = std::fs::read_to_string(path).unwrap();
    let mut lines = text.lines();
    let columns: Vec<&str> = lines.next().unwrap().split(',').collect();
    let row = |line: &str| {
        let values = line.split(',').map(str::to_owned);
        columns
            .iter()
            .map(|name| (*name).to_owned())
            .zip(values)
            .collect()
    };
    lines.map(row).collect()
}

fn micros(seconds: &str) -> i64 {
    (seconds.parse::<f64>().unwrap() * 1e6).round() as i64
}

#[test]
fn generated_logs_have_the_pauses_that_an_independent_reader_counted() {
    let Some(corpus) = corpus() else { return };
    for row in table(&corpus.join("../truth/gc/generated.csv")) {
        let log = &row["log"];
        let plain = corpus.join("gc/generated").join(log);
        let packed = plain.with_extension("log.gz");
        let path = if plain.exists() { plain } else { packed };
        let report = analyse(&[source(&path)]);
        assert_eq!(report.lives.len(), 1, "{log}");
        let life = &report.lives[0];
        let truth = |column: &str| row[column].parse::<u64>().unwrap();
        assert_eq!(life.pauses.count, truth("pauses"), "{log} pauses");
        assert_eq!(life.pauses.full_count, truth("full"), "{log} full");
        assert_eq!(
            life.pauses.degenerated_count,
            truth("degenerated"),
            "{log} degenerated"
        );
        assert_eq!(life.pauses.stall_count, truth("stalls"), "{log} stalls");
        assert_eq!(life.pauses.total, micros(&row["sum_raw_s"]), "{log} sum");
        assert_eq!(life.pauses.max, micros(&row["max_s"]), "{log} max");
        let uptime = life.uptime_at_end.unwrap();
        assert_eq!(uptime, micros(&row["uptime_s"]), "{log} uptime");
        for coverage in &report.coverage {
            assert_eq!(coverage.not_understood, 0, "{log} {:?}", coverage.issues);
        }
    }
}

#[test]
fn a_rotated_set_is_one_life_in_the_order_of_time() {
    let Some(corpus) = corpus() else { return };
    let names = ["", ".0", ".1", ".2", ".3"];
    let path = |suffix| corpus.join(format!("gc/generated/rotated-g1-17.log{suffix}"));
    let sources: Vec<Source> = names.map(|suffix| source(&path(suffix))).into();
    let report = analyse(&sources);
    assert_eq!(report.lives.len(), 1);
    let life = &report.lives[0];
    let order = [".3", ".0", ".1", ".2", ""];
    let order: Vec<String> = order
        .iter()
        .map(|suffix| format!("rotated-g1-17.log{suffix}"))
        .collect();
    assert_eq!(life.sources, order);
    // Counted by hand: summary lines of pauses in all files.
    let pauses: usize = sources.iter().map(summaries).sum();
    assert_eq!(life.pauses.count, pauses as u64);
    assert!(life.points.is_sorted_by_key(|point| point.at));
    assert_eq!(
        life.collector,
        gc::Collector::G1,
        "told by the causes: the head is rotated away"
    );
    assert!(life.spiral.is_some());
    for coverage in &report.coverage {
        assert_eq!(coverage.not_understood, 0, "{:?}", coverage.issues);
    }
}

/// Lines `Pause … ms` that are no start: the naive count.
fn summaries(source: &Source) -> usize {
    let text = String::from_utf8_lossy(&source.bytes).into_owned();
    let is_summary = |line: &&str| line.contains(") Pause ") && line.ends_with("ms");
    text.lines().filter(is_summary).count()
}

/// The worst finding is of the first life: the numbers in the verdict are that life's, not those of the last.
#[test]
fn the_numbers_in_the_verdict_are_those_of_the_life_it_speaks_of() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/incidents/leak-probe-kill/evidence/gc");
    let report =
        analyse(&["gc.log.0.gz", "gc.log.1", "gc.log"].map(|name| source(&folder.join(name))));
    let verdict = report.document().verdict;
    assert!(
        verdict
            .headline
            .plain()
            .starts_with("gc.log.0.gz: death spiral")
    );
    let numbers = verdict.explanation.last().unwrap().plain();
    assert!(
        numbers.starts_with("Life 1 of 3 in gc.log.0.gz, G1: 2,129 pauses"),
        "{numbers}"
    );
}

#[test]
fn three_runs_in_one_file_are_three_lives() {
    let Some(corpus) = corpus() else { return };
    let report = analyse(&[source(
        &corpus.join("gc/generated/restart-appended-g1-17.log"),
    )]);
    assert_eq!(report.lives.len(), 3);
    for pair in report.lives.windows(2) {
        let end = pair[0].started.unwrap().plus(pair[0].end);
        let start = pair[1].started.unwrap();
        assert!(end.lo <= start.hi, "lives do not overlap");
    }
    let total: u64 = report.lives.iter().map(|life| life.pauses.count).sum();
    assert_eq!(total, 162 + 165 + 181);
    assert!(report.lives.iter().all(|life| life.spiral.is_some()));
}

#[test]
fn a_log_inside_standard_output_is_the_log() {
    let Some(corpus) = corpus() else { return };
    let plain = analyse(&[source(&corpus.join("gc/generated/stdout-mixed-g1-17.log"))]);
    let life = &plain.lives[0];
    assert_eq!(life.pauses.count, 174);
    assert_eq!(life.started, None, "there is no wall clock in it");
    assert_eq!(life.uptime_at_end, Some(19_818_000));
    assert_eq!(plain.coverage[0].not_understood, 0);
}

#[test]
fn every_generated_log_has_its_known_cause_and_no_other_spiral() {
    use gc::Cause;
    let Some(corpus) = corpus() else { return };
    let truth = [
        ("leak-g1-17.log", Some(Cause::Leak), true),
        ("leak-g1-25.log", Some(Cause::Leak), true),
        ("leak-parallel-17.log", Some(Cause::Leak), true),
        ("leak-serial-17.log", Some(Cause::Leak), true),
        ("leak-shen-17.log", Some(Cause::Leak), true),
        ("leak-z-17.log", Some(Cause::Leak), true),
        ("spike-g1-17.log", Some(Cause::Spike), true),
        ("metaspace-g1-17.log", Some(Cause::Metaspace), true),
        ("undersized-g1-17.log", Some(Cause::UndersizedHeap), false),
        // A map that nothing bounds, full within half a second.
        ("overhead-parallel-17.log", Some(Cause::FilledAtOnce), true),
        ("explicit-g1-17.log", Some(Cause::ExplicitGc), false),
        ("oomkill-g1-17.log", Some(Cause::KilledFromOutside), false),
        ("spike-recover-g1-17.log", None, false),
        ("steady-g1-17.log", None, false),
        ("steady-z-17.log", None, false),
        ("throttle-g1-17.log", None, false),
        ("humongous-g1-17.log.gz", Some(Cause::Humongous), false),
    ];
    for (log, cause, spiral) in truth {
        let report = analyse(&[source(&corpus.join("gc/generated").join(log))]);
        let life = &report.lives[0];
        assert_eq!(life.spiral.is_some(), spiral, "{log}");
        assert_eq!(
            life.cause.as_ref().map(|verdict| verdict.cause),
            cause,
            "{log}"
        );
    }
    let near = analyse(&[source(&corpus.join("gc/generated/spike-recover-g1-17.log"))]);
    assert!(near.lives[0].near_miss.is_some());
    // A tenth of a second of throttling in 25 s leaves no trace in four pauses of milliseconds: see docs/gc.md.
    let throttled = analyse(&[source(&corpus.join("gc/generated/throttle-g1-17.log"))]);
    assert_eq!(
        throttled.lives[0].cpu, None,
        "no pause is long enough to be judged"
    );
    assert_eq!(throttled.findings.len(), 1);
    assert_eq!(throttled.findings[0].rule, "gc/worker-count");
    let grey = analyse(&[source(&corpus.join("gc/generated/undersized-g1-17.log"))]);
    assert!(grey.lives[0].thrashing.is_some());
}

/// The stages of the leak with G1, dated independently: windows of 5 s in steps of 0.5 s.
#[test]
fn the_stages_of_a_spiral_are_dated() {
    let Some(corpus) = corpus() else { return };
    let report = analyse(&[source(&corpus.join("gc/generated/leak-g1-17.log"))]);
    let spiral = report.lives[0].spiral.clone().unwrap();
    let near =
        |time: Option<i64>, seconds: f64| (time.unwrap() as f64 / 1e6 - seconds).abs() <= 0.7;
    assert!(near(spiral.pressure, 17.0), "{:?}", spiral.pressure);
    assert!(near(spiral.onset, 22.0));
    assert!(near(spiral.acceleration, 23.5));
    assert!((23_000_000..25_500_000).contains(&spiral.point_of_no_return.unwrap()));
    assert!(near(spiral.collapse, 26.5));
    assert!(near(spiral.death, 29.3));
    let forecast = report.lives[0].forecast.clone().unwrap();
    assert!(
        (19_300_000..=22_000_000).contains(&forecast.full_at),
        "{forecast:?}"
    );
}

/// Every shape of line that JDK 17 and 25 write: numbers are `N`, addresses `H`, threads `<thread>`.
#[test]
fn every_line_shape_is_read_or_listed_as_quiet() {
    let Some(corpus) = corpus() else { return };
    let shapes = std::fs::read_to_string(corpus.join("../truth/gc/line-shapes.tsv")).unwrap();
    let mut log = String::new();
    for (number, line) in shapes.lines().skip(1).enumerate() {
        let columns: Vec<&str> = line.split('\t').collect();
        let (level, tags, shape) = (
            columns[3],
            columns[4],
            columns.get(5).copied().unwrap_or(""),
        );
        let text = shape
            .replace("GC(N)", "GC(7)")
            .replace(" GN ", " G1 ")
            .replace("(GN ", "(G1 ");
        let bytes: Vec<char> = text.chars().collect();
        let is_word = |at: usize| bytes.get(at).is_some_and(|c| c.is_ascii_alphabetic());
        let mut out = String::new();
        for (at, c) in bytes.iter().enumerate() {
            let alone = at == 0 || !is_word(at - 1) || bytes[at - 1] == 'N';
            match c {
                'N' if alone => out.push('1'),
                'H' if alone && !is_word(at + 1) => out.push_str("0x10"),
                c => out.push(*c),
            }
        }
        log.push_str(&format!("[{number}.000s][{level}][{tags}] {out}\n"));
    }
    let report = analyse(&[Source::of("shapes.log", log, Kind::GcLog)]);
    let coverage = &report.coverage[0];
    assert!(coverage.lines > 1400);
    assert_eq!(coverage.not_understood, 0, "{:?}", coverage.issues);
}

#[test]
fn nothing_in_the_corpus_makes_it_panic_and_unified_lines_are_all_understood() {
    let Some(corpus) = corpus() else { return };
    let mut paths: Vec<PathBuf> = std::fs::read_dir(corpus.join("gc/garbagecat"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    assert!(paths.len() > 200);
    for path in paths {
        let report = analyse(&[source(&path)]);
        report.document();
        for coverage in report
            .coverage
            .iter()
            .filter(|coverage| coverage.format.starts_with("unified"))
        {
            assert_eq!(
                coverage.not_understood,
                0,
                "{} {:?}",
                path.display(),
                coverage.issues
            );
        }
    }
}

/// The files of a fixture folder, or of the fixture that a `.ref` file names.
fn fixture(folder: &Path, name: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let reference = folder.join(format!("{name}.ref"));
    let place = match std::fs::read_to_string(&reference) {
        Ok(path) => root.join(path.trim()),
        Err(_) => folder.join(name),
    };
    if place.is_file() {
        return vec![source(&place)];
    }
    let mut files: Vec<PathBuf> = std::fs::read_dir(&place)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files.iter().map(|path| source(path)).collect()
}

#[test]
fn every_rule_fires_on_its_fixture_and_not_on_the_near_miss() {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/rules");
    for rule in gc::rules() {
        let folder = rules.join(rule.id);
        let found = |name: &str| {
            let report = analyse(&fixture(&folder, name));
            report
                .findings
                .iter()
                .any(|finding| finding.rule == rule.id)
        };
        assert!(found("fires"), "{} does not fire", rule.id);
        assert!(!found("near-miss"), "{} fires on its near miss", rule.id);
    }
}

/// The only life in a log given as text.
fn one(log: &str) -> gc::GcLife {
    let report = analyse(&[Source::of("gc.log", log, Kind::GcLog)]);
    assert_eq!(report.lives.len(), 1);
    assert_eq!(
        report.coverage[0].not_understood, 0,
        "{:?}",
        report.coverage[0].issues
    );
    report.lives[0].clone()
}

#[test]
fn the_jvm_agrees_with_the_count_at_its_exit() {
    let Some(corpus) = corpus() else { return };
    let report = analyse(&[source(&corpus.join("gc/generated/leak-shen-17.log"))]);
    let life = &report.lives[0];
    let (count, total) = life.own_count.unwrap();
    assert_eq!(count, life.pauses.count);
    // The footer is rounded to a millisecond a line.
    assert!(
        (total - life.pauses.total).abs() < 20_000,
        "{total} {}",
        life.pauses.total
    );
}

#[test]
fn a_full_collection_inside_a_young_pause_is_counted_once() {
    let life = one("\
[1.000s][info][gc,start] GC(112) Pause Young (Allocation Failure)
[1.001s][info][gc,start] GC(113) Pause Full (Allocation Failure)
[1.011s][info][gc] GC(113) Pause Full (Allocation Failure) 20M->10M(30M) 10.000ms
[1.012s][info][gc] GC(112) Pause Young (Allocation Failure) 25M->10M(30M) 12.000ms
");
    assert_eq!((life.pauses.count, life.pauses.full_count), (1, 1));
    assert_eq!((life.pauses.total, life.mutator_loss), (12_000, 12_000));
}

#[test]
fn logs_without_clocks_or_tags_are_read() {
    let none = one(
        "Using G1\nGC(0) Pause Young (Normal) (G1 Evacuation Pause) 9M->3M(20M) 1.500ms\nGC(1) Pause Full (System.gc()) 9M->3M(20M) 5.000ms\n",
    );
    assert_eq!((none.pauses.count, none.pauses.total), (2, 6500));
    assert_eq!(none.throughput_over, 0);
    let elastic = one("\
[2026-11-22T01:00:00.000+0000][17][gc] Using G1
[2026-11-22T01:00:10.000+0000][17][gc] GC(0) Pause Young (Normal) (G1 Evacuation Pause) 9M->3M(20M) 1.500ms
");
    assert!(!elastic.axis_is_uptime);
    assert_eq!(
        (elastic.begin, elastic.end, elastic.pid),
        (0, 10_000_000, Some(17))
    );
    assert_eq!(elastic.points[0].at, 10_000_000 - 1500);
}

#[test]
fn a_wall_clock_that_steps_back_is_no_restart() {
    let life = one("\
[2026-11-22T01:00:00.000+0000][10.000s][info][gc] GC(0) Pause Young (Normal) (G1 Evacuation Pause) 9M->3M(20M) 1.500ms
[2026-11-22T00:30:00.000+0000][20.000s][info][gc] GC(1) Pause Young (Normal) (G1 Evacuation Pause) 9M->3M(20M) 1.500ms
");
    assert_eq!(life.pauses.count, 2);
    assert!(life.incident(gc::IncidentKind::ClockSetBack).is_some());
}

#[test]
fn uptime_that_falls_with_a_new_count_is_a_restart() {
    let young = |at: u32, n: u32| {
        format!(
            "[{at}.000s] GC({n}) Pause Young (Normal) (G1 Evacuation Pause) 9M->3M(20M) 1.500ms\n"
        )
    };
    let log = [young(100, 7), young(200, 8), young(3, 0), young(4, 1)].concat();
    let report = analyse(&[Source::of("gc.log", log, Kind::GcLog)]);
    let counts: Vec<u64> = report.lives.iter().map(|life| life.pauses.count).collect();
    assert_eq!(counts, [2, 2]);
    assert_eq!(report.lives[0].ended, gc::LifeEnd::NextLife);
}

#[test]
fn a_comparison_names_what_got_better() {
    let log = |pause: &str| {
        let lines = (1..100).map(|n| format!("[{n}.000s][info][gc] GC({n}) Pause Young (Normal) (G1 Evacuation Pause) 9M->3M(20M) {pause}ms\n"));
        analyse(&[Source::of("gc.log", lines.collect::<String>(), Kind::GcLog)])
    };
    let report = gc::compare(&log("50.000"), log("5.000"));
    let comparison = report.comparison.unwrap();
    assert!(
        comparison.verdict.starts_with("It helped"),
        "{}",
        comparison.verdict
    );
    let longest = comparison
        .measures
        .iter()
        .find(|measure| measure.name == "longest pause")
        .unwrap();
    assert_eq!(
        (longest.before.as_str(), longest.after.as_str()),
        ("50.0 ms", "5.0 ms")
    );
    assert_eq!(longest.better, Some(true));
    assert!(
        comparison.verdict.contains("before"),
        "names the measure: {}",
        comparison.verdict
    );
    assert!(comparison.caveats.is_empty(), "{:?}", comparison.caveats);
}

/// Real logs of the laboratory: the same leak with two collectors and loads, and a calm run against one in trouble.
#[test]
fn logs_that_do_not_compare_are_said_not_to() {
    let logs = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/lab/gc/logs");
    let compare = |before: &str, after: &str| {
        let [before, after] = [before, after].map(|name| analyse(&[source(&logs.join(name))]));
        gc::compare(&before, after).comparison.unwrap()
    };
    let collectors = compare("leak-serial.log", "leak-parallel.log");
    let has = |caveats: &[String], words: &str| caveats.iter().any(|text| text.contains(words));
    assert!(has(&collectors.caveats, "from Serial to Parallel"));
    let loads = compare("steady.log", "humongous.log");
    assert!(
        has(&loads.caveats, "load is not the same"),
        "{:?}",
        loads.caveats
    );
    assert!(loads.verdict.contains("per GiB"), "{}", loads.verdict);
    let short = compare("steady-25.log", "workers.log");
    assert!(
        has(&short.caveats, "long: the longer one"),
        "{:?}",
        short.caveats
    );
    assert!(has(&short.caveats, "fewer than 10"), "{:?}", short.caveats);
}
