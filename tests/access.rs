//! The access room from the outside: formats and rules against a known truth.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "tests"
)]

mod common;
#[path = "common/traffic.rs"]
mod traffic;

use std::path::PathBuf;

use common::root;
use diag::access::{self, DurationUnit, GapBasis, Options, StampMeaning};
use diag::document::{Block, Chart};
use diag::input::{Bundle, Kind, Silent, Source};
use diag::time::SECOND;
use traffic::{BEGIN, FORMATS, Request, analyse, log, traffic};

#[test]
fn every_format_gives_the_same_truth() {
    let requests = traffic();
    let failed = requests
        .iter()
        .filter(|request| request.status == 503)
        .count() as u64;
    for format in FORMATS {
        let report = analyse(&log(format, &requests));
        let choice = &report.formats[0];
        let what = format!("{format} read as {} in {:?}", choice.format, choice.unit);
        assert_eq!(report.requests, requests.len() as u64, "{what}");
        assert_eq!(report.coverage[0].not_understood, 0, "{what}");
        let errors = report
            .statuses
            .iter()
            .find(|(status, _)| *status == 503)
            .unwrap()
            .1;
        assert_eq!(errors, failed, "{what}");
        // Bounds of the silence to the second; a start in whole seconds leaves one more open.
        let gap = report
            .gaps
            .iter()
            .max_by_key(|gap| gap.to.lo.since(gap.from.lo))
            .unwrap();
        let last = requests
            .iter()
            .map(|r| r.end)
            .filter(|end| *end < BEGIN + 1_200_000)
            .max()
            .unwrap();
        let first = requests
            .iter()
            .map(|r| r.end)
            .filter(|end| *end >= BEGIN + 1_240_000)
            .min()
            .unwrap();
        let holds = |moment: diag::time::Moment, millis: i64| {
            moment.lo.0 <= millis * 1000
                && millis * 1000 <= moment.hi.0
                && moment.width() <= 2 * SECOND
        };
        assert!(
            holds(gap.from, last) && holds(gap.to, first),
            "{what}: {gap:?} {last} {first}"
        );
        let expected = match format {
            "httpd" | "netty" | "traefik" | "envoy" | "haproxy" | "traefik-json" | "gcp" => {
                StampMeaning::Start
            }
            _ => StampMeaning::End,
        };
        assert_eq!(choice.stamp, expected, "{what}: {}", choice.stamp_reason);
        // Quantiles within the width of a bucket and the rounding of the format.
        let route = report
            .routes
            .iter()
            .find(|route| route.route == "GET /orders/{n}")
            .expect(&what);
        let mut exact: Vec<i64> = requests
            .iter()
            .filter(|r| r.path.starts_with("/orders/"))
            .map(|r| r.took * 1000)
            .collect();
        exact.sort_unstable();
        assert_eq!(route.count, exact.len() as u64, "{what}");
        for (found, share) in [(route.p50_us, 50), (route.p95_us, 95), (route.p99_us, 99)] {
            let truth = exact[(exact.len() * share).div_ceil(100) - 1];
            assert!(
                (found - truth).abs() <= truth / 100 + 200,
                "{what}: p{share} {found} {truth}"
            );
        }
        assert!(
            report
                .routes
                .iter()
                .any(|route| route.route == "GET /static/app.{hex}.js"),
            "{what}"
        );
        let clients = report.distinct_clients as i64;
        assert!((clients - 501).abs() <= 8, "{what}: {clients}");
        let probe = &report.probes[0];
        assert_eq!(
            (probe.period_us, probe.failed),
            (Some(10 * SECOND), 20),
            "{what}"
        );
        let last_good = probe.last_good.as_ref().unwrap();
        assert!(holds(last_good.0, BEGIN + 994_950), "{what}: {last_good:?}");
        let text = log(format, &requests);
        let named = text.lines().nth(match last_good.1.place {
            diag::finding::Place::Line(line) => line as usize - 1,
            _ => panic!("{what}: not a line"),
        });
        assert!(
            named.unwrap().contains("/actuator/health/liveness"),
            "{what}: {named:?}"
        );
    }
}

#[test]
fn the_work_in_progress_obeys_littles_law() {
    let requests = traffic();
    let spent: i64 = requests.iter().map(|request| request.took * 1000).sum();
    for format in ["envoy", "json", "haproxy"] {
        let report = analyse(&log(format, &requests));
        let busy: i64 = report.seconds.iter().map(|second| second.busy_us).sum();
        assert_eq!(busy, spent, "{format}");
        let started: u64 = report.seconds.iter().map(|second| second.started).sum();
        assert_eq!(started, requests.len() as u64, "{format}");
    }
}

#[test]
fn the_lines_at_the_edges_of_a_silence_are_named() {
    let requests = traffic();
    let report = analyse(&log("json", &requests));
    let last = requests
        .iter()
        .rposition(|request| request.end < BEGIN + 1_200_000)
        .unwrap() as u64;
    let gap = report
        .gaps
        .iter()
        .max_by_key(|gap| gap.to.lo.since(gap.from.lo))
        .unwrap();
    assert_eq!(
        gap.before.as_ref().unwrap().to_string(),
        format!("access.log:{}", last + 1)
    );
    assert_eq!(
        gap.after.as_ref().unwrap().to_string(),
        format!("access.log:{}", last + 2)
    );
    assert!(
        matches!(
            gap.basis,
            GapBasis::Probe { missed: 4 | 3, .. } | GapBasis::Rate { .. }
        ),
        "{:?}",
        gap.basis
    );
}

#[test]
fn the_rules_see_the_incident() {
    let report = analyse(&log("tomcat-ms", &traffic()));
    let rules: Vec<&str> = report
        .findings
        .iter()
        .map(|finding| finding.rule.as_str())
        .collect();
    for rule in [
        "access/silence",
        "access/probe-failures",
        "access/error-burst",
        "access/latency-ramp",
    ] {
        assert!(rules.contains(&rule), "{rule} not among {rules:?}");
    }
    assert!(
        report
            .findings
            .iter()
            .all(|finding| !finding.evidence.is_empty())
    );
}

/// The log of the captured leak begins with eight seconds of a cold start, in which p95 is high; that is no episode. The
/// chart shows both silences as zero, whatever the width of an interval.
#[test]
fn the_first_seconds_of_a_process_begin_no_episode() {
    let path = root().join("fixtures/incidents/leak-probe-kill/evidence/access_log");
    let report = analyse(&std::fs::read_to_string(path).unwrap());
    let episode = report.episode.as_ref().unwrap();
    assert_eq!(episode.from.lo.to_string(), "2026-11-22 00:48:00 UTC");
    // 976 lines with `/api/` in the 67.2 seconds before: 14.5 a second.
    assert_eq!(episode.rate_before_per_hour / 3600, 14);
    let document = report.document();
    let charts = document.blocks.iter().filter_map(|block| match block {
        Block::Chart(Chart::Timeline(chart)) => Some(chart),
        _ => None,
    });
    let hits = &charts.last().unwrap().lanes[0].series[0].points;
    for gap in &report.gaps {
        let inside = |at: i64| gap.from.hi.0 < at && at + 2 * SECOND < gap.to.lo.0;
        let inside: Vec<f64> = hits
            .iter()
            .filter(|(at, _)| inside(*at))
            .map(|(_, rate)| *rate)
            .collect();
        assert!(!inside.is_empty() && inside.iter().all(|rate| *rate == 0.0));
    }
}

#[test]
fn a_quiet_log_has_no_findings() {
    let requests: Vec<Request> = traffic()
        .into_iter()
        .filter(|request| request.end < BEGIN + 990_000)
        .collect();
    let report = analyse(&log("nginx", &requests));
    assert_eq!(report.findings, [], "{:?}", report.findings);
}

#[test]
fn patterns_of_servers_read_their_lines() {
    let requests = traffic();
    for (pattern, format, unit) in [
        (
            "%h %l %u %t \"%r\" %s %b \"%{Referer}i\" \"%{User-Agent}i\" %D",
            "tomcat-us",
            DurationUnit::Micros,
        ),
        (
            "LogFormat \"%h %l %u %t \\\"%r\\\" %>s %b \\\"%{Referer}i\\\" \\\"%{User-Agent}i\\\" %D\" timed",
            "httpd",
            DurationUnit::Micros,
        ),
        (
            "log_format timed '$remote_addr - $remote_user [$time_local] \"$request\" '\n  '$status $body_bytes_sent \"$http_referer\" \"$http_user_agent\" $request_time $upstream_addr $upstream_status $upstream_response_time';",
            "nginx",
            DurationUnit::Seconds,
        ),
        (
            "<Valve className=\"org.apache.catalina.valves.AccessLogValve\" pattern='%h %l %u %t &quot;%r&quot; %s %b &quot;%{Referer}i&quot; &quot;%{User-Agent}i&quot; %D'/>",
            "tomcat-ms",
            DurationUnit::Millis,
        ),
        (
            "%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq %{+Q}r",
            "haproxy",
            DurationUnit::Millis,
        ),
    ] {
        let mut options = Options::default();
        options.add_pattern(pattern).unwrap();
        let source = Source::of(
            "x.log",
            log(format, &requests).into_bytes(),
            Kind::AccessLog,
        );
        let report = access::analyse(&[&source], &options, &Silent);
        assert_eq!(report.requests, requests.len() as u64, "{pattern}");
        assert_eq!(report.coverage[0].not_understood, 0, "{pattern}");
        assert_eq!(report.formats[0].unit, Some(unit), "{pattern}");
    }
    assert!(Options::default().add_pattern("%h %l").is_err());
}

/// The rules that speak on a fixture folder.
fn speaking(folder: PathBuf) -> Vec<String> {
    let bundle = Bundle::open(&[folder], access::SNIFFERS);
    let report = access::analyse(
        &bundle.holding(Kind::AccessLog),
        &Options::default(),
        &Silent,
    );
    report
        .findings
        .into_iter()
        .map(|finding| finding.rule)
        .collect()
}

#[test]
fn rules_speak_on_their_fixtures_only() {
    let mut wrong: Vec<String> = Vec::new();
    for rule in access::rules() {
        let folder = root().join("fixtures/rules").join(rule.id);
        for (side, expected) in [("fires", true), ("near-miss", false)] {
            let found = speaking(folder.join(side));
            if found.iter().any(|id| id == rule.id) != expected {
                wrong.push(format!("{} {side}: {found:?}", rule.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
