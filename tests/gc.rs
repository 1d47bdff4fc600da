//! The GC room against logs of real JVMs.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

use std::io::Read;
use std::path::{Path, PathBuf};

use diag::gc::{self, GcReport};
use diag::input::{Kind, Silent, Source};

/// The corpus, or `None` when the environment does not name it.
fn corpus() -> Option<PathBuf> {
    match std::env::var_os("DIAG_CORPUS") {
        Some(path) => Some(PathBuf::from(path)),
        None => {
            println!("skipped: DIAG_CORPUS is not set");
            None
        }
    }
}

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
