//! Parts of an incident report that need evidence of their own: bundles of known collectors, programs side by side, the
//! App Service questions, forecasts, capacity, host snapshots, and heap and thread dumps of one JVM.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;

use common::root;
use diag::finding::Confidence;
use diag::incident::{self, End, IncidentReport};
use diag::input::{Bundle, Silent};
use diag::time::SECOND;

fn fixture(path: &str) -> Vec<u8> {
    fs::read(root().join("fixtures").join(path)).unwrap()
}

fn of(files: Vec<(&str, Vec<u8>)>) -> IncidentReport {
    let files = files
        .into_iter()
        .map(|(name, bytes)| (name.to_owned(), bytes));
    let bundle = Bundle::from_buffers(files.collect(), &diag::cli::sniffers());
    incident::analyse(&bundle, &Silent)
}

fn opened(path: &str) -> IncidentReport {
    let place = root().join("fixtures").join(path);
    let bundle = Bundle::open(&[place], &diag::cli::sniffers());
    incident::analyse(&bundle, &Silent)
}

const META: &str = "hostName=till-7\nprocessId=4242\nappName=ledger\nwhoami=app\ntimestamp=2026-11-22T10-03-50\n\
                    timezone=KST\ntimezoneID=Asia/Seoul\ncpuCount=4\njavaVersion=17\n";

#[test]
fn a_bundle_of_ycrash_is_known_and_gives_the_zone() {
    let dump = fixture("incidents/deadlock-probe-kill/evidence/threaddump-1.txt");
    let report = of(vec![
        ("yc-2026-11-22T10-03-50/meta-info.txt", META.into()),
        ("yc-2026-11-22T10-03-50/threaddump.out", dump),
        (
            "yc-2026-11-22T10-03-50/kernel.out",
            b"kernel.pid_max = 4194304\nvm.swappiness = 60\n".to_vec(),
        ),
        (
            "yc-2026-11-22T10-03-50/ping.out",
            b"PING localhost (127.0.0.1) 56(84) bytes of data.\n".to_vec(),
        ),
        (
            "yc-2026-11-22T10-03-50/disk.out",
            fixture("rules/host/disk-full/fires/disk.out"),
        ),
        (
            "yc-2026-11-22T10-03-50/ps.out",
            fixture("rules/host/threads-growing/fires/ps-1.txt"),
        ),
        (
            "yc-2026-11-22T10-03-50/netstat.out",
            fixture("rules/host/sockets-growing/near-miss/netstat-1.txt"),
        ),
    ]);
    let layout = report.rooms.layout.as_ref().unwrap();
    assert_eq!(layout.collector, "yCrash");
    assert_eq!(layout.process, Some(4242));
    assert_eq!(layout.east_of_utc, Some(9 * 3600 * SECOND));
    assert_eq!(layout.own_files.len(), 3, "{:?}", layout.own_files);
    let clock = |name: &str| {
        report
            .clocks
            .iter()
            .find(|clock| clock.source.ends_with(name))
    };
    assert_eq!(
        clock("threaddump.out").unwrap().east_of_utc,
        Some(9 * 3600 * SECOND)
    );
    assert_eq!(report.rooms.host.volumes.len(), 4);
    assert!(!report.rooms.host.sockets.is_empty());
    assert!(!report.rooms.host.processes.is_empty());
    let deadlock = &report.lives[0].mechanisms[0];
    assert_eq!(deadlock.hypothesis, "incident/deadlock");
    let full = report.lives[0]
        .causes
        .iter()
        .find(|cause| cause.hypothesis == "incident/storage-failure");
    assert!(full.unwrap().holds());
}

#[test]
fn results_of_linperf_are_known() {
    let dump = fixture("incidents/deadlock-probe-kill/evidence/threaddump-1.txt");
    let screen = b"MustGather>> linperf.sh script starting [2026-11-22 01:03:50]\nSun Nov 22 01:03:50 UTC 2026\n";
    let report = of(vec![
        ("linperf_RESULTS/screen.out", screen.to_vec()),
        (
            "linperf_RESULTS/topdashH.4242.out",
            b"Sun Nov 22 01:03:50 UTC 2026\nCollected against PID 4242.\n".to_vec(),
        ),
        (
            "linperf_RESULTS/ps.out",
            fixture("rules/host/threads-growing/fires/ps-1.txt"),
        ),
        (
            "linperf_RESULTS/javacore.20261122.010350.4242.0001.txt",
            dump,
        ),
    ]);
    let layout = report.rooms.layout.as_ref().unwrap();
    assert_eq!(
        (layout.collector.as_str(), layout.process),
        ("IBM linperf", Some(4242))
    );
    assert_eq!(layout.east_of_utc, Some(0));
    assert_eq!(report.rooms.threads.dumps.len(), 1);
}

#[test]
fn names_alone_make_no_bundle() {
    let report = of(vec![
        ("meta-info.txt", b"just a note\n".to_vec()),
        ("screen.out", b"just a screen\n".to_vec()),
    ]);
    assert_eq!(report.rooms.layout, None);
}

/// A GC log of two collections that began at the given second.
fn gc_log(second: u32, heap: &str) -> Vec<u8> {
    let at = |plus: u32| format!("2026-11-22T01:00:{:02}.000+0000", second + plus);
    format!(
        "[{}][0.010s][info][gc] Using Serial\n\
         [{}][5.000s][info][gc] GC(0) Pause Young (Allocation Failure) 10M->4M({heap}) 5.000ms\n\
         [{}][9.000s][info][gc] GC(1) Pause Young (Allocation Failure) 12M->4M({heap}) 5.000ms\n",
        at(0),
        at(5),
        at(9)
    )
    .into_bytes()
}

#[test]
fn programs_that_start_together_in_folders_of_their_own_stay_apart() {
    let dump = fixture("incidents/deadlock-probe-kill/evidence/threaddump-1.txt");
    let report = of(vec![
        ("all/pod-a/gc.log", gc_log(1, "64M")),
        ("all/pod-b/gc.log", gc_log(3, "96M")),
        ("all/pod-b/threads.txt", dump),
    ]);
    let names: Vec<&str> = report
        .lives
        .iter()
        .map(|life| life.subject.as_str())
        .collect();
    assert!(
        names.contains(&"pod-a") && names.contains(&"pod-b"),
        "{names:?}"
    );
    for life in &report.lives {
        let stuck =
            life.mechanisms[0].hypothesis == "incident/deadlock" && life.mechanisms[0].holds();
        assert!(!stuck || life.subject == "pod-b", "{}", life.subject);
    }
}

#[test]
fn the_three_causes_of_app_service_are_answered() {
    let report = opened("scenarios/12-azure/evidence");
    let answers: Vec<&str> = report
        .platform
        .iter()
        .map(|answer| answer.answer.as_str())
        .collect();
    let [pings, memory, storage] = answers.as_slice() else {
        panic!("{answers:?}");
    };
    assert!(pings.starts_with("Yes: "), "{pings}");
    assert!(memory.starts_with("Yes ("), "{memory}");
    assert_eq!(*storage, "No failed mount is in the platform's log.");
    assert!(
        opened("scenarios/13-three-clocks/evidence")
            .platform
            .is_empty()
    );
}

#[test]
fn a_forecast_is_tested_on_earlier_lives() {
    let report = opened("scenarios/18-weekly/evidence");
    let forecast = report.forecast.unwrap();
    assert!(forecast.tested >= 3, "{}", forecast.statement);
    assert!(
        forecast.worst_error.unwrap().abs() < 0.5,
        "{}",
        forecast.statement
    );
}

#[test]
fn load_is_held_against_threads() {
    let report = opened("scenarios/13-three-clocks/evidence");
    let statements: Vec<&str> = report
        .formulas
        .iter()
        .map(|formula| formula.statement.as_str())
        .collect();
    assert!(statements[0].starts_with("Little's law"), "{statements:?}");
    assert!(
        statements.iter().any(|text| text.starts_with("Capacity: ")),
        "{statements:?}"
    );
}

#[test]
fn snapshots_of_the_host_weigh_in_the_verdict() {
    let report = opened("scenarios/08-throttled-start/evidence");
    let starved = &report.lives[0].mechanisms[0];
    assert_eq!(starved.hypothesis, "incident/cpu-starvation");
    assert!(starved.confidence >= Confidence::Likely);
    // Exit code 137 in a container whose control group counts kills.
    let described = fixture("scenarios/17-not-enough/evidence/kubectl-describe-pod.txt");
    let counters = b"low 0\nhigh 0\nmax 41\noom 1\noom_kill 1\n".to_vec();
    let report = of(vec![
        ("describe.txt", described),
        ("memory.events", counters),
    ]);
    let ended = report.lives.iter().map(|life| life.terminator.kind);
    assert!(
        ended.clone().any(|end| end == End::ContainerOomKill),
        "{:?}",
        ended.collect::<Vec<_>>()
    );
}

#[test]
fn heap_and_threads_of_one_jvm_name_the_same_owners() {
    let near = opened("rules/incident/heap-and-threads-disagree/near-miss");
    let told: Vec<&str> = near.meetings[0]
        .statements
        .iter()
        .map(|told| told.statement.as_str())
        .collect();
    assert_eq!(told, ["one lock has the same owner in both dumps"]);
    let fires = opened("rules/incident/heap-and-threads-disagree/fires");
    let told = &fires.meetings[0].disagreements[0].statement;
    assert!(
        told.contains("\"alpha\" in the heap dump and to \"beta\""),
        "{told}"
    );
}
