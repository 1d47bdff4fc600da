//! What a person can choose about the analysis of access logs, against a naive count.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "tests"
)]

#[path = "common/traffic.rs"]
mod traffic;

use diag::access::{self, AccessReport, Options, Thresholds};
use diag::input::{Kind, Silent, Source};
use diag::time::{Instant, SECOND};
use traffic::{BEGIN, Request, log, traffic};

fn read(text: String, options: &Options) -> AccessReport {
    let source = Source::of("access.log", text.into_bytes(), Kind::AccessLog);
    access::analyse(&[&source], options, &Silent)
}

#[test]
fn a_stretch_of_time_holds_what_overlaps_it() {
    let requests = traffic();
    let (since, until) = (BEGIN + 900_500, BEGIN + 1_100_250);
    let options = Options {
        since: Some(Instant(since * 1000).into()),
        until: Some(Instant(until * 1000).into()),
        ..Options::default()
    };
    // Stamps in milliseconds stand for the middle of theirs.
    let inside = |request: &&Request| {
        let end = request.end * 1000 + 500;
        end >= since * 1000 && end - request.took * 1000 <= until * 1000
    };
    let expected: Vec<&Request> = requests.iter().filter(inside).collect();
    let report = read(log("json", &requests), &options);
    assert_eq!(report.requests, expected.len() as u64);
    let failed = expected.iter().filter(|request| request.status == 503);
    let found = report.statuses.iter().find(|(status, _)| *status == 503);
    assert_eq!(found.unwrap().1, failed.count() as u64);
}

/// The clock of a log and the limits may be in different zones; a log that writes none is compared with the clock on the wall.
#[test]
fn limits_hold_whatever_zone_a_log_is_in() {
    let line = |second: i64, zone: &str, wall: i64| {
        let stamp = traffic::clf(BEGIN + (second + wall) * 1000, zone);
        format!("10.0.0.1 - - [{stamp}] \"GET /a HTTP/1.1\" 200 5 \"-\" \"curl\" 5\n")
    };
    let hours = 3600;
    let limit = |second: i64, wall: i64| access::Limit {
        instant: Instant((BEGIN + second * 1000) * 1000),
        wall: Instant((BEGIN + (second + wall) * 1000) * 1000),
    };
    for (zone, wall) in [
        (" +0000", 0),
        (" +0900", 9 * hours),
        (" -0330", -3 * hours - 1800),
        // No zone, on a machine in Seoul.
        ("", 9 * hours),
    ] {
        let text: String = (0..600).map(|second| line(second, zone, wall)).collect();
        let options = Options {
            since: Some(limit(100, 9 * hours)),
            // Up to the end of that second.
            until: Some(limit(200, 9 * hours)),
            ..Options::default()
        };
        assert_eq!(read(text, &options).requests, 100, "{zone:?}");
    }
}

/// The chart has all requests in one line and transactions in another; figures are of transactions.
#[test]
fn hits_are_told_from_transactions() {
    let requests = traffic();
    let kind = |request: &Request| match request.path.as_str() {
        path if path.starts_with("/static") => 1,
        path if path.starts_with("/actuator") => 2,
        _ => 0,
    };
    let count = |wanted| {
        requests
            .iter()
            .filter(|request| kind(request) == wanted)
            .count() as u64
    };
    let report = read(log("json", &requests), &Options::default());
    assert_eq!(
        (report.transactions, report.statics, report.probe_requests),
        (count(0), count(1), count(2))
    );
    for minute in &report.minutes {
        let inside = |request: &&Request| {
            let at = request.end * 1000;
            (minute.at.0..minute.at.0 + report.minute_us).contains(&at)
        };
        let transactions = requests
            .iter()
            .filter(inside)
            .filter(|request| kind(request) == 0);
        assert_eq!(minute.requests, transactions.count() as u64);
        let hits = report
            .seconds
            .iter()
            .filter(|second| (minute.at.0..minute.at.0 + report.minute_us).contains(&second.at.0));
        let hits: u64 = hits.map(|second| second.finished).sum();
        assert_eq!(hits, requests.iter().filter(inside).count() as u64);
    }
}

#[test]
fn routes_may_have_a_threshold_of_their_own() {
    let requests = traffic();
    let options = Options {
        apdex: Thresholds {
            all_us: 50_000,
            routes: vec![
                ("/orders*".to_owned(), 1000),
                ("POST /orders".to_owned(), 2_000_000),
            ],
        },
        ..Options::default()
    };
    let report = read(log("json", &requests), &options);
    let threshold = |request: &Request| match (request.method, request.path.as_str()) {
        ("POST", _) => 2_000_000,
        (_, path) if path.starts_with("/orders") => 1000,
        _ => 50_000,
    };
    let (mut satisfied, mut tolerating, mut all) = (0, 0, 0);
    for request in &requests {
        if request.path.starts_with("/static") || request.agent.starts_with("kube") {
            continue;
        }
        all += 1;
        let (took, limit) = (request.took * 1000, threshold(request));
        if request.status != 503 && took <= limit {
            satisfied += 1;
        } else if request.status != 503 && took <= 4 * limit {
            tolerating += 1;
        }
    }
    let apdex = report.apdex.unwrap();
    assert_eq!((apdex.satisfied, apdex.tolerating), (satisfied, tolerating));
    assert_eq!(apdex.frustrated, all - satisfied - tolerating);
    assert_eq!(apdex.own_thresholds, 2);
    let row = |name: &str| report.routes.iter().find(|row| row.route == name).unwrap();
    assert_eq!(row("POST /orders").apdex_threshold_us, 2_000_000);
    assert_eq!(row("GET /orders/{n}").apdex_threshold_us, 1000);
}

#[test]
fn lines_with_keys_of_ones_own_are_mapped() {
    let requests = traffic();
    let whole = read(log("json", &requests), &Options::default());
    let own: String = requests
        .iter()
        .map(|request| {
            format!(
                "{{\"when\":\"{}\",\"who\":\"10.0.{}.{}\",\"what\":{{\"verb\":\"{}\",\"path\":\"{}\"}},\"rc\":{},\"out\":{},\"cost\":{}}}\n",
                traffic::iso(request.end),
                request.client / 256,
                request.client % 256,
                request.method,
                request.path,
                request.status,
                request.bytes,
                request.took * 1000
            )
        })
        .collect();
    let mut options = Options::default();
    options
        .add_mapping("time=when, client=who, method=what.verb, path=what.path, status=rc, bytes=out, duration=cost:us")
        .unwrap();
    let mapped = read(own, &options);
    assert_eq!(mapped.coverage[0].not_understood, 0);
    assert_eq!(mapped.statuses, whole.statuses);
    assert_eq!(mapped.bytes, whole.bytes);
    assert_eq!(mapped.distinct_clients, whole.distinct_clients);
    let latency = |report: &AccessReport, name: &str| {
        let row = report.routes.iter().find(|row| row.route == name).unwrap();
        (row.count, row.p95_us)
    };
    assert_eq!(
        latency(&mapped, "POST /orders"),
        latency(&whole, "POST /orders")
    );
}

/// Ten quiet minutes, then ten in which every client that fails comes back until it has failed `times` in the minute.
fn failing(times: i64) -> Vec<Request> {
    let mut out = Vec::new();
    for second in 0..1200_i64 {
        let minute = second / 60;
        let ill = minute >= 10;
        for n in 0..if ill { times } else { 1 } {
            out.push(Request {
                end: BEGIN + second * 1000 + n * 10,
                took: 20,
                status: if ill { 503 } else { 200 },
                client: (minute * 60 + second % 60) as u32,
                method: "GET",
                path: "/basket".to_owned(),
                bytes: 100,
                agent: "okhttp/4.12",
            });
        }
    }
    out
}

#[test]
fn repeated_tries_are_told_from_new_callers() {
    let storm = |times| {
        let report = read(log("json", &failing(times)), &Options::default());
        let mut findings = report.findings.into_iter();
        findings.find(|finding| finding.rule == "access/retry-storm")
    };
    let four = storm(4).expect("clients come back");
    let said = four
        .summary
        .split("failed there ")
        .nth(1)
        .and_then(|rest| rest.split(' ').next())
        .and_then(|number| number.parse::<f64>().ok())
        .expect(&four.summary);
    // Four, with the error of the estimate of sixty callers a minute.
    assert!((3.6..=4.4).contains(&said), "{}", four.summary);
    assert!(storm(1).is_none(), "nobody comes back");
}

#[test]
fn the_numbers_of_littles_law_agree() {
    let requests = traffic();
    let report = read(log("json", &requests), &Options::default());
    let concurrency = report.concurrency.unwrap();
    let spent: i64 = requests.iter().map(|request| request.took * 1000).sum();
    assert_eq!(concurrency.mean_duration_us, spent / requests.len() as i64);
    let product =
        concurrency.rate_milli as f64 * concurrency.mean_duration_us as f64 / SECOND as f64;
    let swept = concurrency.mean_milli as f64;
    assert!((product - swept).abs() <= 0.01 * swept, "{product} {swept}");
}

#[test]
fn a_log_that_begins_anew_is_dated() {
    let head = |time: &str| {
        format!(
            "#Software: Microsoft Internet Information Services 10.0\r\n#Version: 1.0\r\n#Date: 2026-11-22 {time}\r\n#Fields: date time cs-method cs-uri-stem c-ip sc-status time-taken\r\n"
        )
    };
    let line = |time: &str| format!("2026-11-22 {time} GET /a 10.0.0.1 200 12\r\n");
    let text = [
        head("01:00:00"),
        line("01:00:01"),
        head("01:02:03"),
        line("01:02:04"),
    ]
    .concat();
    let report = read(text, &Options::default());
    assert_eq!(report.requests, 2);
    assert_eq!(report.log_starts.len(), 1);
    assert_eq!(report.log_starts[0].locator.to_string(), "access.log:6");
    let at = report.log_starts[0].at.unwrap();
    assert_eq!(at.rfc3339(), "2026-11-22T01:02:03Z");
}
