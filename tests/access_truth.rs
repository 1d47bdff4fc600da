//! Logs of the generator against what it says it wrote: nine formats, damage, several servers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "tests"
)]

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use diag::access::{self, AccessReport, Options};
use diag::input::{Bundle, Kind, Silent};
use serde_json::Value;

use common::corpus;

/// Three standard errors of the estimate of distinct clients: 1.04 / √2¹⁴ is 0.81 %.
const CLIENTS_WITHIN: f64 = 3.0 * 1.04 / 128.0;

const FORMATS: [&str; 9] = [
    "tomcat", "httpd", "nginx", "json", "iis", "haproxy", "alb", "envoy", "traefik",
];

/// The generator, compiled into `folder`; `None` without the lab.
fn generator(folder: &Path) -> Option<PathBuf> {
    let source = corpus()?.join("../lab/accessgen/src/main.rs");
    let program = folder.join("accessgen");
    let compiled = Command::new("rustc")
        .args(["-O", "--edition=2021", "-o"])
        .arg(&program)
        .arg(&source)
        .output();
    match compiled {
        Ok(output) if output.status.success() => Some(program),
        _ => {
            println!("skipped: {} does not compile here", source.display());
            None
        }
    }
}

struct Run {
    report: AccessReport,
    truth: Value,
}

fn run(generator: &Path, folder: &Path, format: &str, more: &[&str]) -> Run {
    let out = folder.join(format!("{format}{}", more.concat()));
    // HAProxy writes local time without saying which.
    let zone = if format == "haproxy" { "0" } else { "540" };
    let output = Command::new(generator)
        .args(["--format", format, "--lines", "60000", "--hours", "6"])
        .args(["--tz", zone])
        .args(more)
        .arg("--out")
        .arg(&out)
        .output()
        .unwrap();
    assert!(output.status.success());
    let name = out.file_name().unwrap().to_string_lossy().into_owned();
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            let file = path.file_name().unwrap().to_string_lossy().into_owned();
            file.starts_with(&format!("{name}.")) && file.ends_with(".log")
        })
        .collect();
    files.sort();
    let bundle = Bundle::open(&files, access::SNIFFERS);
    let report = access::analyse(
        &bundle.holding(Kind::AccessLog),
        &Options::default(),
        &Silent,
    );
    let truth = std::fs::read_to_string(format!("{}.truth.json", out.display())).unwrap();
    Run {
        report,
        truth: serde_json::from_str(&truth).unwrap(),
    }
}

/// `/api/v1/products/{n}?page={p}` of the generator as routes are named here.
fn named(method: &str, template: &str) -> String {
    let path = template.split('?').next().unwrap();
    let path = path
        .replace("{hex8}", "{hex}")
        .replace("{hex32}", "{hex}")
        .replace("{sku}", "{code}")
        .replace("{d}", "{date}")
        .replace("{p}", "{n}");
    format!("{method} {path}")
}

/// Requests by status, as the server of a format writes it.
fn statuses(format: &str, truth: &Value) -> BTreeMap<u16, u64> {
    let mut statuses: BTreeMap<u16, u64> = BTreeMap::new();
    for (status, times) in truth["status"].as_object().unwrap() {
        // What a client that leaves looks like to each server.
        let status = match (format, status.as_str()) {
            ("alb", "499") => 460,
            ("envoy", "499") => 0,
            (_, status) => status.parse().unwrap(),
        };
        *statuses.entry(status).or_default() += times.as_u64().unwrap();
    }
    statuses
}

/// Requests by route.
fn routes(truth: &Value) -> BTreeMap<String, u64> {
    let mut routes: BTreeMap<String, u64> = BTreeMap::new();
    for endpoint in truth["endpoints"].as_array().unwrap() {
        let (method, template) = (&endpoint["method"], &endpoint["template"]);
        let name = named(method.as_str().unwrap(), template.as_str().unwrap());
        *routes.entry(name).or_default() += endpoint["count"].as_u64().unwrap();
    }
    routes
}

/// Distinct clients within three standard errors; the probe is one that the generator does not count.
fn check_clients(format: &str, run: &Run) {
    let clients = run.truth["distinct_clients"].as_u64().unwrap() + 1;
    let found = run.report.distinct_clients;
    let error = found.abs_diff(clients) as f64 / clients as f64;
    assert!(error <= CLIENTS_WITHIN, "{format}: {found} {clients}");
}

/// Everything but what damage may take away.
fn check_exactly(format: &str, run: &Run) {
    let (report, truth) = (&run.report, &run.truth);
    assert_eq!(Some(report.requests), truth["lines"].as_u64(), "{format}");
    let statuses: Vec<(u16, u64)> = statuses(format, truth).into_iter().collect();
    assert_eq!(report.statuses, statuses, "{format}");
    check_clients(format, run);
    check_gap(format, run);
    let mut routes: BTreeMap<String, Vec<(u64, [i64; 3])>> = BTreeMap::new();
    for endpoint in truth["endpoints"].as_array().unwrap() {
        let name = named(
            endpoint["method"].as_str().unwrap(),
            endpoint["template"].as_str().unwrap(),
        );
        let quantile = |q: &str| endpoint["q"][q].as_i64().unwrap();
        let exact = ["p50", "p95", "p99"].map(quantile);
        let count = endpoint["count"].as_u64().unwrap();
        routes.entry(name).or_default().push((count, exact));
    }
    for (name, endpoints) in &routes {
        let found = report.routes.iter().find(|row| row.route == *name);
        let row = found.unwrap_or_else(|| panic!("{format}: no {name}"));
        let count: u64 = endpoints.iter().map(|(count, _)| count).sum();
        assert_eq!(row.count, count, "{format}: {name}");
        if let [(_, exact)] = endpoints.as_slice() {
            for (found, exact) in [row.p50_us, row.p95_us, row.p99_us].iter().zip(exact) {
                // The truth is in whole milliseconds; a bucket is 1.6 % wide.
                let (low, high) = (exact * 1000, (exact + 1) * 1000);
                assert!(
                    *found >= low - low / 64 - 1000 && *found <= high + high / 64 + 1000,
                    "{format}: {name} {found} {exact}"
                );
            }
        }
    }
}

fn check_gap(format: &str, run: &Run) {
    let incident = &run.truth["incident"];
    let edge = |key: &str| incident[key].as_i64().unwrap() * 1000;
    let (last, first) = (edge("last_line_before_ms"), edge("first_line_after_ms"));
    let second = 1_000_000;
    let found = run.report.gaps.iter().any(|gap| {
        (gap.from.lo.0 - second..=gap.from.hi.0 + second).contains(&last)
            && (gap.to.lo.0 - second..=gap.to.hi.0 + second).contains(&first)
    });
    assert!(found, "{format}: {last} {first} {:?}", run.report.gaps);
}

#[test]
fn all_formats_of_the_generator_give_its_truth() {
    let folder = tempfile::tempdir().unwrap();
    let Some(generator) = generator(folder.path()) else {
        return;
    };
    for format in FORMATS {
        let run = run(&generator, folder.path(), format, &[]);
        assert_eq!(run.report.coverage[0].not_understood, 0, "{format}");
        check_exactly(format, &run);
    }
}

#[test]
fn several_servers_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let Some(generator) = generator(folder.path()) else {
        return;
    };
    for format in FORMATS {
        let run = run(&generator, folder.path(), format, &["--instances", "3"]);
        check_exactly(format, &run);
        let mut servers: Vec<u64> = run
            .report
            .instances
            .iter()
            .map(|server| server.requests)
            .collect();
        let mut exact: Vec<u64> = run.truth["per_instance"]
            .as_array()
            .unwrap()
            .iter()
            .map(|n| n.as_u64().unwrap())
            .collect();
        servers.sort_unstable();
        exact.sort_unstable();
        assert_eq!(servers, exact, "{format}");
        // One server has more on purpose, and a client always meets the same one.
        let unequal = run
            .report
            .findings
            .iter()
            .find(|finding| finding.rule == "access/unequal-load")
            .expect(format);
        assert!(
            unequal.summary.contains("always meets the same server"),
            "{format}: {}",
            unequal.summary
        );
    }
}

/// What was found is what there is, less some; gives how many are missing.
fn missing<K: Ord + std::fmt::Debug>(
    what: &str,
    found: BTreeMap<K, u64>,
    mut exact: BTreeMap<K, u64>,
) -> u64 {
    for (key, times) in found {
        let all = exact
            .get_mut(&key)
            .unwrap_or_else(|| panic!("{what}: {key:?} does not exist"));
        assert!(times <= *all, "{what}: {key:?} {times} of {all}");
        *all -= times;
    }
    exact.into_values().sum()
}

#[test]
fn damage_takes_away_damaged_lines_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let Some(generator) = generator(folder.path()) else {
        return;
    };
    for format in FORMATS {
        let run = run(&generator, folder.path(), format, &["--dirty"]);
        let lines = run.truth["lines"].as_u64().unwrap();
        let damaged = run.truth["damaged_lines"].as_u64().unwrap();
        let log = std::fs::read(folder.path().join(format!("{format}--dirty.log"))).unwrap();
        let of = |line: &[u8]| memchr::memmem::find_iter(&log, line).count() as u64;
        // Three kinds of damage: a line of NULs before a line, a foreign byte at its beginning, its second half lost.
        let nuls = of(&[0; 4]);
        let foreign = of(&[0xff]);
        let cut = damaged - nuls - foreign;
        assert!(nuls > 0 && foreign > 0 && cut > 0, "{format}");
        let rejected = run.report.coverage[0].not_understood;
        let lost = lines - run.report.requests;
        assert_eq!(rejected, nuls + lost, "{format}");
        assert!((cut..=cut + foreign).contains(&lost), "{format}: {lost}");
        let found = run.report.statuses.iter().copied().collect();
        assert_eq!(missing(format, found, statuses(format, &run.truth)), lost);
        let found = run.report.routes.iter();
        let found = found.map(|row| (row.route.clone(), row.count)).collect();
        assert_eq!(missing(format, found, routes(&run.truth)), lost);
        check_clients(format, &run);
        check_gap(format, &run);
    }
}
