//! Access logs of several JVMs side by side: to which of them each belongs, and load that moves from one to another.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fmt::Write as _;

use diag::incident::{self, IncidentReport, Life};
use diag::input::{Bundle, Kind, Silent};

fn of(files: Vec<(&str, String)>) -> IncidentReport {
    let files = files
        .into_iter()
        .map(|(name, text)| (name.to_owned(), text.into_bytes()));
    let bundle = Bundle::from_buffers(files.collect(), &diag::cli::sniffers());
    incident::analyse(&bundle, &Silent)
}

/// A time of day on 22 November 2026, seconds after 01:00.
fn clock(second: u32) -> String {
    format!(
        "{:02}:{:02}:{:02}",
        1 + second / 3600,
        second / 60 % 60,
        second % 60
    )
}

/// A GC log of a JVM that lives from one second after 01:00 to another, with a heap of its own size.
fn gc_log(from: u32, to: u32, heap: &str) -> String {
    let at = |second: u32| format!("2026-11-22T{}.000+0000", clock(second));
    let mut log = format!("[{}][0.010s][info][gc] Using Serial\n", at(from));
    for (number, second) in (from + 5..=to).step_by(5).enumerate() {
        let _ = writeln!(
            log,
            "[{}][{}.000s][info][gc] GC({number}) Pause Young (Allocation Failure) 10M->4M({heap}) 5.000ms",
            at(second),
            second - from
        );
    }
    log
}

/// The same, with the summary that a JVM writes when it exits.
fn gc_log_to_the_exit(from: u32, to: u32, heap: &str) -> String {
    let mut log = gc_log(from, to, heap);
    let stamp = format!("2026-11-22T{}.500+0000", clock(to));
    let _ = writeln!(
        log,
        "[{stamp}][{}.500s][info][gc,heap,exit] Heap",
        to - from
    );
    log
}

/// An access log with so many requests a second between two seconds, of many clients; from a second on they take long.
fn access_log(from: u32, to: u32, slow: u32, rate: impl Fn(u32) -> u32) -> String {
    let mut log = String::new();
    for second in from..to {
        for request in 0..rate(second) {
            let client = (second * 7 + request * 13) % 200;
            let took = if second >= slow { "2.500" } else { "0.020" };
            let _ = writeln!(
                log,
                "10.0.{client}.9 - - [22/Nov/2026:{} +0000] \"GET /items/{request} HTTP/1.1\" 200 512 {took}",
                clock(second)
            );
        }
    }
    log
}

fn logged(life: &Life) -> bool {
    life.covered_by.contains(&Kind::AccessLog)
}

fn open(report: &IncidentReport, source: &str) -> bool {
    let mut told = report.side_by_side.iter();
    told.any(|told| told.locator.source == source)
}

#[test]
fn the_log_in_the_folder_of_an_instance_is_its_own() {
    let report = of(vec![
        ("all/pod-a/gc.log", gc_log(1, 60, "64M")),
        ("all/pod-a/access.log", access_log(2, 60, u32::MAX, |_| 3)),
        ("all/pod-b/gc.log", gc_log(3, 60, "96M")),
        ("all/pod-b/access.log", access_log(4, 60, u32::MAX, |_| 1)),
    ]);
    assert_eq!(report.lives.len(), 2);
    assert!(report.lives.iter().all(logged));
    let requests: Vec<u64> = report
        .rooms
        .access_of
        .iter()
        .map(|log| log.requests)
        .collect();
    assert_eq!(requests, [174, 56]);
    assert_eq!(report.rooms.access.requests, 230);
    assert!(!open(&report, "all/pod-a/access.log"));
    // One has a log, the other none: it is not lent.
    let report = of(vec![
        ("all/pod-a/gc.log", gc_log(1, 60, "64M")),
        ("all/pod-a/access.log", access_log(2, 60, u32::MAX, |_| 3)),
        ("all/pod-b/gc.log", gc_log(3, 60, "96M")),
    ]);
    let of_pod = |name: &str| {
        report
            .lives
            .iter()
            .find(|life| life.subject == name)
            .unwrap()
    };
    assert!(logged(of_pod("pod-a")) && !logged(of_pod("pod-b")));
}

#[test]
fn a_log_that_could_be_of_either_is_of_none_and_named() {
    let mut files = vec![
        ("one.log", gc_log(1, 60, "64M")),
        ("two.log", gc_log(3, 60, "96M")),
        ("access.log", access_log(4, 60, u32::MAX, |_| 3)),
    ];
    let report = of(files.clone());
    assert_eq!(report.lives.len(), 2);
    assert!(!report.lives.iter().any(logged));
    assert!(open(&report, "access.log"), "{:?}", report.side_by_side);
    // A word of its name tells.
    files[0].0 = "billing-gc.log";
    files[1].0 = "routes-gc.log";
    files[2].0 = "routes-access.log";
    let report = of(files);
    assert!(!logged(&report.lives[0]) && logged(&report.lives[1]));
    assert!(!open(&report, "routes-access.log"));
}

#[test]
fn one_log_over_lives_one_after_the_other_is_of_all() {
    let report = of(vec![
        ("gc.1.log", gc_log_to_the_exit(1, 60, "64M")),
        ("gc.2.log", gc_log(70, 120, "96M")),
        (
            "access.log",
            access_log(4, 120, u32::MAX, |second| {
                u32::from(!(60..70).contains(&second)) * 3
            }),
        ),
    ]);
    assert_eq!(report.lives.len(), 2, "{:?}", report.side_by_side);
    assert!(report.lives.iter().all(logged));
}

/// Two instances with the same load each, until one is gone and the other becomes slow.
fn two_instances(gone: bool, heap: &str) -> IncidentReport {
    let after = move |second: u32| if gone && second >= 122 { 10 } else { 4 };
    let peer = match gone {
        true => gc_log_to_the_exit(2, 120, heap),
        false => gc_log(2, 180, heap),
    };
    of(vec![
        ("all/pod-a/gc.log", gc_log(1, 180, "64M")),
        ("all/pod-a/access.log", access_log(2, 170, 132, after)),
        ("all/pod-b/gc.log", peer),
    ])
}

/// What speaks for a load spike in the life of `pod-a`.
fn clues(report: &IncidentReport) -> Vec<&str> {
    let lives = report.lives.iter().filter(|life| life.subject == "pod-a");
    let spike = lives
        .flat_map(|life| &life.causes)
        .filter(|judged| judged.hypothesis == "incident/load-spike");
    let clues = spike.flat_map(diag::incident::Judged::speaking_for);
    clues.map(|clue| clue.statement.as_str()).collect()
}

#[test]
fn load_of_an_instance_that_is_gone_moves_to_the_other() {
    let moved = |gone: bool, heap: &str| {
        let report = two_instances(gone, heap);
        let found = clues(&report);
        (
            found.iter().any(|clue| clue.starts_with("pod-b ended at")),
            format!("{found:?}"),
        )
    };
    let (seen, found) = moved(true, "64M");
    assert!(seen, "{found}");
    // Both live on; and another program, with a heap of another size.
    assert!(!moved(false, "64M").0);
    assert!(!moved(true, "96M").0);
}

#[test]
fn an_unequal_share_speaks_for_a_load_that_is_too_much_for_one() {
    let rising = |second: u32| if second >= 122 { 20 } else { 8 };
    let files = |other: fn(u32) -> u32| {
        of(vec![
            ("all/pod-a/gc.log", gc_log(1, 180, "64M")),
            ("all/pod-a/access.log", access_log(2, 170, 132, rising)),
            ("all/pod-b/gc.log", gc_log(2, 180, "64M")),
            ("all/pod-b/access.log", access_log(2, 170, u32::MAX, other)),
        ])
    };
    let unequal = files(|_| 3);
    let found = clues(&unequal);
    assert!(
        found
            .iter()
            .any(|clue| clue.contains("of the load of 2 servers")),
        "{found:?}"
    );
    let equal = files(|second| if second >= 122 { 19 } else { 8 });
    assert!(
        !clues(&equal)
            .iter()
            .any(|clue| clue.contains("of the load of 2 servers"))
    );
}

/// The log of a proxy in front of two JVMs of which one has left evidence: its requests are those of both, and it says so.
#[test]
fn the_log_of_a_proxy_says_whose_requests_it_carries() {
    let proxy = |servers: &[&str]| {
        let mut log = String::new();
        for second in 4..60 {
            for (index, server) in servers.iter().enumerate() {
                // The first server answers nobody after half a minute.
                if index > 0 || second < 30 {
                    let _ = writeln!(
                        log,
                        "10.0.0.9 - - [22/Nov/2026:{} +0000] \"GET /items/{index} HTTP/1.1\" 200 512 \"-\" \"curl\" 0.020 {server} 200 0.019",
                        clock(second)
                    );
                }
            }
        }
        log
    };
    let told = |servers: &[&str]| {
        let report = of(vec![
            ("gc.log", gc_log(1, 60, "64M")),
            ("nginx.log", proxy(servers)),
        ]);
        assert!(logged(&report.lives[0]));
        let told = report.side_by_side;
        told.into_iter()
            .find(|told| told.locator.source == "nginx.log")
    };
    let both = told(&["10.244.0.14:8080", "10.244.0.15:8080"]).unwrap();
    let words = "10.244.0.14:8080 (26 requests, 0 with 5xx, the last at 2026-11-22 01:00:29";
    assert!(both.statement.contains(words), "{}", both.statement);
    assert!(
        both.statement
            .starts_with("carries the requests of 2 servers")
    );
    // One server behind the proxy: they are its own.
    assert_eq!(told(&["10.244.0.14:8080"]), None);
}

/// The report of files in a folder, opened as the program opens them.
fn of_folder(files: &[(&str, String)]) -> IncidentReport {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let paths = [folder.path().to_owned()];
    let bundle = Bundle::open_unsearched(&paths, &diag::cli::sniffers());
    let access = bundle.holding(Kind::AccessLog);
    assert!(access.iter().all(|log| log.kinds().eq([Kind::AccessLog])));
    incident::analyse(&bundle, &Silent)
}

#[test]
fn what_stands_between_requests_is_found() {
    let requests = access_log(0, 120, 200, |_| 20);
    assert!(requests.len() > 100_000);
    let error =
        "2026-11-22T01:01:00.000Z ERROR main - java.lang.OutOfMemoryError: Java heap space\n";
    let errors = |report: &IncidentReport| {
        let events = &report.rooms.events.events;
        let errors = events
            .iter()
            .filter(|event| matches!(event.what, diag::events::What::OutOfMemoryError { .. }));
        errors.count()
    };

    let report = of_folder(&[("access_log", requests.clone())]);
    assert_eq!(errors(&report), 0);
    assert_eq!(report.sources[0].kinds, [Kind::AccessLog]);

    let (before, after) = requests.split_at(requests[..90_000].rfind('\n').unwrap() + 1);
    let report = of_folder(&[("access_log", format!("{before}{error}{after}"))]);
    assert_eq!(errors(&report), 1);
    assert_eq!(report.sources[0].kinds, [Kind::AccessLog, Kind::Events]);
    let lost = report.coverage.iter().map(|read| read.not_understood);
    assert_eq!(lost.sum::<u64>(), 1, "the line is none of the requests");

    let json: String = (0..2_000)
        .map(|number| {
            let message = match number {
                1_500 => "java.lang.OutOfMemoryError: Java heap space",
                _ => "served",
            };
            format!(
                "{{\"time\":\"2026-11-22T01:{:02}:{:02}Z\",\"remote_addr\":\"10.0.0.1\",\"request\":\"GET /a HTTP/1.1\",\
                 \"status\":200,\"body_bytes_sent\":1,\"request_time\":0.1,\"message\":\"{message}\"}}\n",
                number / 60,
                number % 60
            )
        })
        .collect();
    let report = of_folder(&[("access.json", json)]);
    assert_eq!(report.rooms.access.requests, 2_000);
    assert!(report.sources[0].kinds.contains(&Kind::Events));
}
