//! Logs of a proxy and of the servers behind it: every request counts once.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "tests"
)]

#[path = "common/traffic.rs"]
mod traffic;

use std::io::Read;
use std::path::Path;

use diag::access::{self, AccessReport, Options};
use diag::finding::{Confidence, Severity};
use diag::input::{Bundle, Kind, Silent, Source};
use traffic::{BEGIN, Request, log, traffic};

fn analyse(files: &[(&str, String)]) -> AccessReport {
    let sources: Vec<Source> = files
        .iter()
        .map(|(name, text)| Source::of(*name, text.clone().into_bytes(), Kind::AccessLog))
        .collect();
    let sources: Vec<&Source> = sources.iter().collect();
    access::analyse(&sources, &Options::default(), &Silent)
}

/// What the proxy has and the server does not: requests that were in progress when it was killed, and those that found
/// nobody.
fn lost() -> Vec<Request> {
    (0..25)
        .map(|n| Request {
            end: BEGIN + 1_200_000 + n * 1500,
            took: 30,
            status: 502,
            client: 7,
            method: "POST",
            path: format!("/orders/lost/{n}"),
            bytes: 157,
            agent: "curl",
        })
        .collect()
}

#[test]
fn requests_of_two_layers_count_once() {
    let behind = traffic();
    let mut ahead = [traffic(), lost()].concat();
    ahead.sort_by_key(|request| request.end);
    let alone = analyse(&[("nginx.log", log("nginx", &ahead))]);
    let both = analyse(&[
        ("nginx.log", log("nginx", &ahead)),
        ("localhost_access_log.txt", log("tomcat-ms", &behind)),
    ]);
    assert_eq!(both.requests, ahead.len() as u64);
    assert_eq!(both.statuses, alone.statuses);
    let rows = |report: &AccessReport| -> Vec<(String, u64, u64, i64, i64)> {
        let rows = report.routes.iter();
        rows.map(|row| {
            (
                row.route.clone(),
                row.count,
                row.errors,
                row.busy_us,
                row.p99_us,
            )
        })
        .collect()
    };
    assert_eq!(rows(&both), rows(&alone));
    assert_eq!(both.latency, alone.latency);
    assert_eq!(both.distinct_clients, alone.distinct_clients);
    let layers: Vec<(bool, u64, bool)> = both
        .layers
        .iter()
        .map(|layer| (layer.front, layer.requests, layer.counted))
        .collect();
    let sizes = (ahead.len() as u64, behind.len() as u64);
    assert_eq!(layers, [(true, sizes.0, true), (false, sizes.1, false)]);
    // What the proxy saw of the server's death is the first thing to know, before the errors that came of it.
    let first = &both.findings[0];
    assert_eq!(first.rule, "access/lost-in-flight");
    assert_eq!(
        (first.severity, first.confidence),
        (Severity::Critical, Confidence::Confirmed)
    );
    assert!(first.title.starts_with("25 "), "{}", first.title);
}

#[test]
fn logs_of_other_requests_are_added_up() {
    let requests = traffic();
    let later: Vec<Request> = requests
        .iter()
        .map(|request| Request {
            end: request.end + 7_200_000,
            ..request.clone()
        })
        .collect();
    // The same server an hour later behind no proxy, and another one with the same routes at the same time.
    let other: Vec<Request> = requests
        .iter()
        .enumerate()
        .map(|(n, request)| Request {
            path: format!("/articles/{n}"),
            ..request.clone()
        })
        .collect();
    for second in [later, other] {
        let report = analyse(&[
            ("nginx.log", log("nginx", &requests)),
            ("app_access.txt", log("tomcat-ms", &second)),
        ]);
        assert_eq!(report.layers, []);
        assert_eq!(report.requests, 2 * requests.len() as u64);
    }
}

#[test]
fn a_killed_tomcat_behind_nginx_is_recognised() {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/rules/access/lost-in-flight/fires");
    let mut text = String::new();
    let file = std::fs::File::open(folder.join("nginx-access.log.gz")).unwrap();
    flate2::read::MultiGzDecoder::new(file)
        .read_to_string(&mut text)
        .unwrap();
    let bundle = Bundle::open(&[folder], access::SNIFFERS);
    let sources = bundle.holding(Kind::AccessLog);
    let report = access::analyse(&sources, &Options::default(), &Silent);
    assert_eq!(report.requests, text.lines().count() as u64);
    assert_eq!(report.layers.len(), 2, "{:?}", report.formats);
    assert_eq!(report.findings[0].rule, "access/lost-in-flight");
    assert_eq!(report.findings[0].severity, Severity::Critical);
}
