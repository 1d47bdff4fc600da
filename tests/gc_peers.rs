//! Where GCViewer, GCToolKit, garbagecat and Jifa go wrong on real logs: one test a mistake. What each does is measured;
//! the log of each test has the lines that mislead it.

use diag::gc::{self, GcLife, GcReport, PauseKind};
use diag::input::{Kind, Silent, Source};

fn report(log: &str) -> GcReport {
    let source = Source::of("gc.log", log, Kind::GcLog);
    gc::analyse(&[&source], &gc::Options::default(), &Silent)
}

fn one(log: &str) -> GcLife {
    let report = report(log);
    let coverage = &report.coverage[0];
    assert_eq!(coverage.not_understood, 0, "{:?}", coverage.issues);
    assert_eq!(report.lives.len(), 1);
    report.lives[0].clone()
}

/// GCViewer: 4.019 s for 3.478 s on a log of JDK 9 with Serial.
#[test]
fn gcviewer_counts_a_full_collection_inside_a_young_pause_twice() {
    let life = one("\
[1.011s][info][gc] GC(6) Pause Full (Allocation Failure) 20M->10M(30M) 10.000ms
[1.012s][info][gc] GC(5) Pause Young (Allocation Failure) 25M->10M(30M) 12.000ms
");
    assert_eq!((life.pauses.count, life.pauses.nested_count), (1, 1));
    assert_eq!(life.pauses.total, 12_000);
}

/// GCViewer: 7,671 pauses and 583.8 s for 369 and 472.6 s on a log of JDK 7.
#[test]
fn gcviewer_adds_the_safepoint_lines_to_the_pauses() {
    let life = one("\
2026-03-02T10:00:01.000+0000: 1.000: [GC (Allocation Failure) [PSYoungGen: 100K->10K(200K)] 100K->10K(400K), 0.0100000 secs] [Times: user=0.01 sys=0.00, real=0.01 secs]
2026-03-02T10:00:01.011+0000: 1.011: Total time for which application threads were stopped: 0.0110000 seconds, Stopping threads took: 0.0001000 seconds
2026-03-02T10:00:02.000+0000: 2.000: Total time for which application threads were stopped: 0.0500000 seconds, Stopping threads took: 0.0001000 seconds
");
    assert_eq!((life.pauses.count, life.pauses.total), (1, 10_000));
    let safepoints = life.safepoints.unwrap();
    let stopped: i64 = safepoints
        .operations
        .iter()
        .map(|operation| operation.total)
        .sum();
    assert_eq!(stopped, 61_000);
}

/// GCViewer loses 49 of 146 pauses of JDK 25, GCToolKit sums to minus 40.8 s, garbagecat finds 14.
#[test]
fn all_three_stumble_over_the_evacuation_failure_of_jdk_22() {
    let life = one("\
[1.0s][info][gc] GC(1) Pause Young (Normal) (G1 Evacuation Pause) (Evacuation Failure: Allocation) 47M->46M(48M) 11.070ms
[2.0s][info][gc] GC(2) Pause Young (Mixed) (G1 Evacuation Pause) (Evacuation Failure: Pinned) 47M->40M(48M) 5.000ms
[3.0s][info][gc] GC(3) Pause Young (Concurrent Start) (G1 Humongous Allocation) (Evacuation Failure: Allocation/Pinned) 47M->40M(48M) 2.000ms
");
    assert_eq!((life.pauses.count, life.pauses.total), (3, 18_070));
    let count = |kind| life.incident(kind).map(|incident| incident.count);
    assert_eq!(count(gc::IncidentKind::EvacuationFailure), Some(2));
    assert_eq!(count(gc::IncidentKind::PinnedRegions), Some(2));
    let causes: Vec<&str> = life
        .points
        .iter()
        .map(|point| point.cause.as_str())
        .collect();
    assert_eq!(
        causes,
        [
            "G1 Evacuation Pause",
            "G1 Evacuation Pause",
            "G1 Humongous Allocation"
        ]
    );
}

/// GCViewer: throughput minus 69.9 % on generational ZGC, because stalls of threads and whole cycles count as pauses.
/// The others: 99.99 % on a process that had died of them.
#[test]
fn stalls_of_zgc_are_lost_time_but_no_pauses() {
    let life = one("\
[0.1s][info][gc,init] Initializing The Z Garbage Collector
[9.0s][info][gc] Allocation Stall (main) 4000.000ms
[9.0s][info][gc] Allocation Stall (worker) 3000.000ms
[9.1s][info][gc] GC(3) Major Collection (Allocation Stall) 64M(100%)->62M(97%) 4.100s
[9.1s][info][gc,phases] GC(3) Y: Pause Mark Start 0.010ms
[10.0s][info][gc] GC(4) Minor Collection (Allocation Rate) 64M(100%)->62M(97%) 0.100s
");
    assert_eq!((life.pauses.count, life.pauses.total), (1, 10));
    assert_eq!(
        (life.pauses.stall_count, life.pauses.stall_total),
        (2, 7_000_000)
    );
    // Two threads that wait together lose the time once.
    assert_eq!(life.mutator_loss, 4_000_010);
    assert!((life.throughput - 0.6).abs() < 0.001, "{}", life.throughput);
    assert_eq!(life.collector, gc::Collector::GenerationalZ);
}

/// GCToolKit: 6,452 of 6,508 pauses of a debug log.
#[test]
fn gctoolkit_leaves_out_the_cleanup_pauses_of_g1() {
    let life = one("\
[1.0s][info][gc] GC(1) Pause Remark 40M->40M(160M) 4.000ms
[1.5s][info][gc] GC(1) Pause Cleanup 40M->38M(160M) 2.800ms
");
    assert_eq!((life.pauses.count, life.pauses.total), (2, 6800));
    assert_eq!(life.points[1].kind, PauseKind::Cleanup);
}

/// GCToolKit: 0 events for Shenandoah. garbagecat: 0.4 s of 192 s, because degenerated and full cycles are not counted.
#[test]
fn degenerated_and_full_cycles_of_shenandoah_are_pauses() {
    let life = one("\
[0.1s][info][gc] Using Shenandoah
[5.0s][info][gc] GC(7) Pause Init Mark (unload classes) 0.500ms
[9.0s][info][gc] GC(7) Pause Degenerated GC (Mark) 158M->150M(160M) 500.000ms
[12.0s][info][gc] GC(8) Pause Full 159M->140M(160M) 900.000ms
");
    assert_eq!((life.pauses.count, life.pauses.total), (3, 1_400_500));
    assert_eq!(
        (life.pauses.degenerated_count, life.pauses.full_count),
        (1, 1)
    );
}

/// garbagecat: 28 of 317 pauses of a G1 log of JDK 8, and "~100 %" for 31 %, because details stand on further lines.
#[test]
fn garbagecat_loses_the_pauses_of_g1_whose_record_spans_lines() {
    let life = one("\
2026-03-02T10:00:01.000+0000: 1.000: [GC pause (G1 Evacuation Pause) (young) (to-space exhausted), 1.2500000 secs]
   [Parallel Time: 1200.0 ms, GC Workers: 4]
      [Ext Root Scanning (ms): Min: 0.1, Avg: 0.2, Max: 0.3, Diff: 0.2, Sum: 0.8]
   [Other: 50.0 ms]
   [Eden: 10.0M(20.0M)->0.0B(5120.0K) Survivors: 1024.0K->2048.0K Heap: 500.5M(512.0M)->499.0M(512.0M)]
 [Times: user=4.00 sys=0.10, real=1.25 secs]
");
    assert_eq!((life.pauses.count, life.pauses.total), (1, 1_250_000));
    let point = &life.points[0];
    assert_eq!(point.before, Some(500 * (1 << 20) + (1 << 19)));
    assert_eq!(point.after, Some(499 << 20));
}

/// garbagecat drops 26 initial marks and 26 remarks of CMS on a log of 19,166 pauses, and with them the longest.
#[test]
fn garbagecat_drops_the_pauses_of_cms_itself() {
    let life = one("\
611.247: [GC (CMS Initial Mark) [1 CMS-initial-mark: 337833K(699968K)] 378201K(1014528K), 0.0051230 secs] [Times: user=0.01 sys=0.00, real=0.01 secs]
611.252: [CMS-concurrent-mark-start]
612.088: [GC (CMS Final Remark) [YG occupancy: 61240 K (314560 K)]612.088: [Rescan (parallel) , 0.0081000 secs]612.096: [weak refs processing, 0.0003000 secs] [1 CMS-remark: 337833K(699968K)] 399073K(1014528K), 0.2122190 secs] [Times: user=0.03 sys=0.00, real=0.21 secs]
");
    assert_eq!((life.pauses.count, life.pauses.max), (2, 212_219));
    let kinds: Vec<PauseKind> = life.points.iter().map(|point| point.kind).collect();
    assert_eq!(kinds, [PauseKind::InitialMark, PauseKind::Remark]);
}

/// GCViewer's table of percentiles has the wrong one behind each name: the median behind 75 %, the 75th behind 95 %.
#[test]
fn percentiles_are_the_nearest_rank_of_what_they_say() {
    let log: String = (1..=1000)
        .map(|n| format!("[{n}.0s][info][gc] GC({n}) Pause Young (Allocation Failure) 9M->3M(20M) {n}.000ms\n"))
        .collect();
    let pauses = one(&log).pauses;
    let found = (pauses.p50, pauses.p95, pauses.p99, pauses.p999, pauses.max);
    assert_eq!(found, (500_000, 950_000, 990_000, 999_000, 1_000_000));
}

/// Each tool divides by another time and says none. The head of the log decides, and the report says which it took.
#[test]
fn the_denominator_of_throughput_has_a_name() {
    let with_head = one("\
[0.010s][info][gc] Using Serial
[9.0s][info][gc] GC(0) Pause Young (Allocation Failure) 9M->3M(20M) 1000.000ms
[10.0s][info][gc] GC(1) Pause Young (Allocation Failure) 9M->3M(20M) 1000.000ms
");
    assert_eq!(with_head.throughput_over, 10_000_000);
    assert_eq!(with_head.throughput_denominator, "uptime of the run");
    let torso = one("\
[900.0s][info][gc] GC(10) Pause Young (Allocation Failure) 9M->3M(20M) 1000.000ms
[908.0s][info][gc] GC(11) Pause Young (Allocation Failure) 9M->3M(20M) 1000.000ms
");
    assert_eq!(
        torso.throughput_over, 9_000_000,
        "from the begin of the first pause"
    );
    assert_eq!(torso.throughput_denominator, "logged span");
}

/// Jifa: one event of unknown duration ends its check of long pauses for the rest of the file.
#[test]
fn a_cut_event_does_not_silence_what_follows() {
    let report = report(
        "\
[1.0s][info][gc,start] GC(0) Pause Young (Allocation Failure)
[2.0s][info][gc,start] GC(1) Pause Full (Allocation Failure)
[5.0s][info][gc] GC(1) Pause Full (Allocation Failure) 20M->10M(30M) 3000.000ms
",
    );
    let found = report
        .findings
        .iter()
        .any(|finding| finding.rule == "gc/long-pause");
    assert!(found, "{:?}", report.findings);
}

/// Parsers that end a cause at the first closing parenthesis lose `System.gc()`.
#[test]
fn causes_hold_parentheses() {
    let life = one("[1.0s][info][gc] GC(1) Pause Full (System.gc()) 20M->10M(30M) 3.000ms\n");
    assert_eq!(life.points[0].cause, "System.gc()");
    assert!(life.incident(gc::IncidentKind::ExplicitGc).is_some());
}

/// GCToolKit and GCViewer need tags or details; simple logs are what containers have.
#[test]
fn simple_logs_are_enough() {
    let life = one("\
[0.005s][info][gc] Using G1
[1.0s][info][gc] GC(0) Pause Young (Normal) (G1 Evacuation Pause) 24M->4M(256M) 3.285ms
[2.0s][info][gc] GC(1) Concurrent Mark Cycle
[2.1s][info][gc] GC(1) Pause Remark 40M->40M(256M) 1.000ms
[2.2s][info][gc] GC(1) Concurrent Mark Cycle 200.000ms
");
    assert_eq!((life.pauses.count, life.pauses.total), (2, 4285));
    assert_eq!(life.collector, gc::Collector::G1);
}
