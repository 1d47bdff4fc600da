//! What is said of dumps of real libraries that leak, and that nothing of it is said of the same libraries in order.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]

mod common;

use common::root;
use diag::cli;
use diag::heap::{self, HeapReport, Options};
use diag::input::{Bundle, Kind, Silent};

fn analyse(file: &str, name: &str) -> HeapReport {
    let path = root().join("fixtures/lab/heap/captured").join(file);
    let bundle = Bundle::open(&[path], &cli::sniffers());
    let sources = bundle.holding(Kind::HeapDump);
    let source = sources.iter().find(|source| source.name.contains(name));
    heap::analyse(source.unwrap(), &Options::default(), &Silent)
}

/// Titles, summaries and evidence of all findings, one a line.
fn words(report: &HeapReport) -> String {
    let mut words = String::new();
    for finding in &report.findings {
        words += &format!("{}\n{}\n", finding.title, finding.summary);
        for evidence in &finding.evidence {
            words += &format!("{}\n", evidence.statement);
        }
    }
    words
}

#[track_caller]
fn says(file: &str, expected: &[&str]) {
    let words = words(&analyse(file, "leak.hprof"));
    for part in expected {
        assert!(words.contains(part), "{file}: {part}\n{words}");
    }
}

#[test]
fn sessions_and_stopped_applications() {
    says(
        "sessions.tar.xz",
        &[
            "700 HTTP sessions retain",
            "org.apache.catalina.session.StandardSession, 2.4 KiB each on average. 700 of them never expire.",
            "600 HTTP sessions retain",
            "org.eclipse.jetty.server.session.Session, 2.5 KiB each on average. 600 of them never expire.",
            "attributes of class byte[] take most: 1.2 MiB in 600 sessions",
            "Stopped web applications still in memory: 3, with 9 classes",
            "in state DESTROYED, is held by",
            "thread \"cart-refresher\", whose context class loader it is",
            "a ThreadLocal value of class shop.Cart in thread \"http-nio-8080-exec-1\"",
        ],
    );
}

#[test]
fn pools_without_a_connection_left() {
    says(
        "pools.tar.xz",
        &[
            "All 4 connections of com.mchange.v2.resourcepool.BasicResourcePool are in use and 3 threads wait",
            "All 4 connections of org.apache.commons.pool2.impl.GenericObjectPool are in use",
            "(ConnectionPool) are in use and 3 threads wait",
            "All 4 connections of pool \"orders\" (HikariPool) are in use and 3 threads wait",
        ],
    );
}

#[test]
fn result_sets_of_four_drivers() {
    let drivers = ["H2", "HSQLDB", "PostgreSQL", "MariaDB"];
    let titles =
        drivers.map(|driver| format!("Open statements and result sets of {driver} (40) retain"));
    says("rows.tar.xz", &titles.each_ref().map(String::as_str));
    says("rows.tar.xz", &["holds 20 rows"]);
}

#[test]
fn a_service_of_newer_libraries() {
    says(
        "service.tar.xz",
        &[
            "All 3 connections of pool \"orders\" (HikariPool) are in use and 2 threads wait",
            "borrowed by threads \"http-exec-",
            "600 HTTP sessions retain",
            "A meter registry holds 5,100 meters",
            "5,100 of them are http.server.requests, whose tag uri has 5,100 values",
            "An unbounded org.springframework.cache.concurrent.ConcurrentMapCache holds 1,100 entries",
            "4 values of class byte[] retain 1.9 MiB",
        ],
    );
}

#[test]
fn query_plans_are_counted() {
    let report = analyse("orders.hprof.xz", "orders");
    let words = words(&report);
    assert!(words.contains("Hibernate's query plans retain"), "{words}");
    assert!(
        words.contains("hqlInterpretationCache has 80 entries"),
        "{words}"
    );
}

#[test]
fn the_same_libraries_in_order_are_left_alone() {
    for file in ["sessions", "pools", "rows", "caches", "channels", "buffers"] {
        let report = analyse(&format!("{file}.tar.xz"), "healthy.hprof");
        assert_eq!(words(&report), "", "{file}");
    }
    // A cache of 500 entries is a sixth of a heap in which there is nothing else.
    let report = analyse("service.tar.xz", "healthy.hprof");
    let rules = report.findings.iter().map(|finding| finding.rule.as_str());
    assert_eq!(rules.collect::<Vec<_>>(), ["heap/static-collection"]);
}

/// The strings that code mentions belong to no field, and parts of one kind in one field are one suspect.
#[test]
fn suspects_name_an_owner_and_come_once() {
    let buffers = analyse("buffers.tar.xz", "leak.hprof");
    let largest = &buffers.suspects[0];
    assert_eq!(largest.field.as_deref(), Some("Buffers.KEPT[…].memory"));
    assert_eq!(largest.element_count, Some(7));
    assert!((0.77..0.79).contains(&largest.share), "{}", largest.share);
    for file in [
        "sessions", "pools", "rows", "caches", "channels", "buffers", "service",
    ] {
        let report = analyse(&format!("{file}.tar.xz"), "leak.hprof");
        for suspect in &report.suspects {
            let field = suspect.field.as_deref().unwrap_or_default();
            assert!(!field.starts_with("java.lang.Object[]"), "{file}: {field}");
            let same = |other: &&heap::Suspect| other.signature == suspect.signature;
            assert_eq!(
                report.suspects.iter().filter(same).count(),
                1,
                "{file}: {field}"
            );
        }
    }
}
