//! Logs that real servers wrote (fixtures/lab/access/record.sh) against what was sent to them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "tests"
)]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use common::root;
use diag::access::{self, AccessReport, DurationUnit, Options, StampMeaning};
use diag::input::{Bundle, Kind, Silent};
use diag::time::SECOND;

fn captures() -> PathBuf {
    root().join("fixtures/lab/access/captures")
}

fn read(name: &str, options: &Options) -> AccessReport {
    let bundle = Bundle::open(&[captures().join(name)], access::SNIFFERS);
    let sources = bundle.sources.iter().collect::<Vec<_>>();
    assert!(
        sources[0].holds(Kind::AccessLog),
        "{name} is not recognised"
    );
    access::analyse(&sources, options, &Silent)
}

/// What was sent to a server: route and status to times.
fn sent(server: &str) -> BTreeMap<String, u64> {
    let truth = fs::read_to_string(captures().join("truth.json")).unwrap();
    let mut all: BTreeMap<String, BTreeMap<String, u64>> = serde_json::from_str(&truth).unwrap();
    all.remove(&format!("format-{server}")).expect(server)
}

fn check(name: &str, report: &AccessReport, server: &str, rejected: u64) {
    let sent = sent(server);
    assert_eq!(report.requests, sent.values().sum::<u64>(), "{name}");
    assert_eq!(report.coverage[0].not_understood, rejected, "{name}");
    let mut statuses: BTreeMap<u16, u64> = BTreeMap::new();
    for (key, times) in &sent {
        let (route, status) = key.rsplit_once(' ').unwrap();
        *statuses.entry(status.parse().unwrap()).or_default() += times;
        let shape = match route {
            "GET /products" => "GET /products/{n}",
            "GET /static/app.5f3a91c2.js" => "GET /static/app.{hex}.js",
            "GET /api/v1/users/f81d4fae-7dec-11d0-a765-00a0c91e6bf6" => "GET /api/v1/users/{uuid}",
            other => other,
        };
        let row = report.routes.iter().find(|row| row.route == shape);
        let row = row.unwrap_or_else(|| panic!("{name}: no {shape}"));
        assert_eq!(row.count, *times, "{name} {shape}");
        if shape.ends_with("{uuid}") {
            // The application takes a second and a half for it: a wrong unit would be a thousand times off.
            let took = SECOND * 3 / 2 - SECOND / 100..SECOND * 30;
            assert!(took.contains(&row.p50_us), "{name}: {}", row.p50_us);
        }
    }
    let statuses: Vec<(u16, u64)> = statuses.into_iter().collect();
    assert_eq!(report.statuses, statuses, "{name}");
}

#[test]
fn captures_hold_what_was_sent() {
    use DurationUnit::{Micros, Millis, Seconds};
    use StampMeaning::{End, Start};
    for (name, server, unit, stamp, rejected) in [
        ("nginx.log.gz", "nginx", Seconds, Some(End), 0),
        ("nginx-json.log.gz", "nginx-json", Seconds, Some(End), 0),
        ("httpd.log.gz", "httpd", Micros, Some(Start), 0),
        ("httpd-jk.log.gz", "httpd-jk", Seconds, None, 0),
        // Two messages of mod_jk itself.
        ("mod_jk.log.gz", "httpd-jk", Seconds, Some(End), 2),
        ("lighttpd.log.gz", "lighttpd", Micros, None, 0),
        ("varnish.log.gz", "varnish", Micros, Some(Start), 0),
        ("caddy.log.gz", "caddy", Seconds, Some(End), 0),
        ("haproxy.log.gz", "haproxy", Millis, Some(Start), 0),
        ("jetty.log.gz", "jetty", Micros, Some(Start), 0),
        ("tomcat9.txt.gz", "tomcat", Millis, Some(End), 0),
    ] {
        let report = read(name, &Options::default());
        check(name, &report, server, rejected);
        let choice = &report.formats[0];
        assert_eq!(choice.unit, Some(unit), "{name}: {}", choice.unit_reason);
        // Where too few requests were long for the lines to tell, the report must say that it assumes.
        if let Some(stamp) = stamp {
            let assumed = choice.stamp_reason.starts_with("assumed");
            assert!(
                assumed || choice.stamp == stamp,
                "{name}: {}",
                choice.stamp_reason
            );
        }
    }
}

#[test]
fn configurations_read_the_logs_they_made() {
    for (conf, name, server, unit, rejected) in [
        (
            "nginx.conf",
            "nginx.log.gz",
            "nginx",
            DurationUnit::Seconds,
            0,
        ),
        (
            "nginx.conf",
            "nginx-json.log.gz",
            "nginx-json",
            DurationUnit::Seconds,
            0,
        ),
        (
            "httpd.conf",
            "httpd.log.gz",
            "httpd",
            DurationUnit::Micros,
            0,
        ),
        (
            "httpd.conf",
            "httpd-jk.log.gz",
            "httpd-jk",
            DurationUnit::Seconds,
            0,
        ),
        (
            "httpd.conf",
            "mod_jk.log.gz",
            "httpd-jk",
            DurationUnit::Seconds,
            2,
        ),
        (
            "server.xml",
            "tomcat9.txt.gz",
            "tomcat",
            DurationUnit::Millis,
            0,
        ),
        (
            "application.properties",
            "tomcat9.txt.gz",
            "tomcat",
            DurationUnit::Millis,
            0,
        ),
    ] {
        let text = fs::read_to_string(captures().join("conf").join(conf)).unwrap();
        let mut options = Options::default();
        for found in access::patterns_in(&text) {
            let _ = options.add_found(&found);
        }
        let report = read(name, &options);
        let what = format!("{name} by {conf}");
        check(&what, &report, server, rejected);
        assert_eq!(report.formats[0].unit, Some(unit), "{what}");
        if name.contains("jk") {
            assert_eq!(report.instances[0].name, "app1", "{what}");
        }
    }
}

#[test]
fn a_stopped_process_is_seen_in_its_own_log() {
    // SIGSTOP for four seconds, three times: what a pause of the whole JVM does to a log.
    let report = read("stopped-tomcat10.txt.gz", &Options::default());
    assert_eq!(report.formats[0].unit, Some(DurationUnit::Micros));
    let released = report
        .findings
        .iter()
        .find(|finding| finding.rule == "access/released-queue")
        .unwrap();
    assert!(released.summary.contains("3 times"), "{}", released.summary);
}

/// Tomcat 10.1 with an ExtendedAccessLogValve, stopped and started twice: the header stands at the top only.
#[test]
fn the_extended_log_of_tomcat_has_seconds_and_starts() {
    let report = read("tomcat-extended.log", &Options::default());
    let choice = &report.formats[0];
    assert_eq!(choice.format, "Tomcat extended");
    assert_eq!(choice.unit, Some(DurationUnit::Seconds));
    assert_eq!(choice.stamp, StampMeaning::Start);
    assert_eq!(
        (report.requests, report.coverage[0].not_understood),
        (248, 0)
    );
    assert_eq!(report.log_starts, []);
    // It took a second and a half.
    let slowest = &report.slowest[0];
    assert_eq!(slowest.duration_us, SECOND);
    assert_eq!(report.bytes, 248 * 900);
}
