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

/// Everything but what damage may take away.
fn check_exactly(format: &str, run: &Run) {
    let (report, truth) = (&run.report, &run.truth);
    assert_eq!(Some(report.requests), truth["lines"].as_u64(), "{format}");
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
    let statuses: Vec<(u16, u64)> = statuses.into_iter().collect();
    assert_eq!(report.statuses, statuses, "{format}");
    let clients = truth["distinct_clients"].as_u64().unwrap() + 1;
    let off = report.distinct_clients.abs_diff(clients);
    assert!(
        off * 40 <= clients,
        "{format}: {} {clients}",
        report.distinct_clients
    );
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
        let Some(row) = found else {
            // Words in a path that look like nothing are told apart; together they are the endpoint.
            let begin = name.split("{w}").next().unwrap();
            assert!(name.contains("{w}"), "{format}: no {name}");
            let words = report
                .routes
                .iter()
                .filter(|row| row.route.starts_with(begin));
            let all: u64 = words.map(|row| row.count).sum();
            assert!(all >= endpoints[0].0, "{format}: {name}");
            continue;
        };
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

#[test]
fn damaged_lines_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let Some(generator) = generator(folder.path()) else {
        return;
    };
    for format in FORMATS {
        let run = run(&generator, folder.path(), format, &["--dirty"]);
        let lines = run.truth["lines"].as_u64().unwrap();
        let damaged = run.truth["damaged_lines"].as_u64().unwrap();
        let rejected = run.report.coverage[0].not_understood;
        assert!(damaged > 0 && rejected <= damaged, "{format}: {rejected}");
        // A line cut in half is lost; one with a foreign first byte or NULs before it need not be.
        assert!(
            run.report.requests <= lines && run.report.requests + damaged >= lines,
            "{format}: {} of {lines}",
            run.report.requests
        );
        check_gap(format, &run);
    }
}
