//! The GC room against logs of its own laboratory (fixtures/lab/gc): real JVMs 11 to 25, one known cause each.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::io::Read;
use std::path::Path;

use diag::gc::{self, Cause, GcLife, GcReport};
use diag::input::{Kind, Silent, Source};

fn analyse(name: &str) -> GcReport {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/lab/gc/logs");
    let mut bytes = std::fs::read(folder.join(name)).unwrap();
    if name.ends_with(".gz") {
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(bytes.as_slice())
            .read_to_end(&mut plain)
            .unwrap();
        bytes = plain;
    }
    let source = Source::of(name, bytes, Kind::GcLog);
    gc::analyse(&[&source], &gc::Options::default(), &Silent)
}

fn life(name: &str) -> GcLife {
    let report = analyse(name);
    for coverage in &report.coverage {
        assert_eq!(coverage.not_understood, 0, "{name} {:?}", coverage.issues);
    }
    report.lives[0].clone()
}

#[test]
fn every_program_has_its_known_cause() {
    let truth = [
        ("leak-g1.log", Some(Cause::Leak)),
        ("leak-g1-25.log", Some(Cause::Leak)),
        ("leak-serial.log", Some(Cause::Leak)),
        ("leak-parallel.log", Some(Cause::Leak)),
        ("leak-parallel-25.log", Some(Cause::Leak)),
        ("leak-z.log", Some(Cause::Leak)),
        ("leak-z-25.log", Some(Cause::Leak)),
        ("leak-shenandoah.log", Some(Cause::Leak)),
        ("leak-shenandoah-25.log.gz", Some(Cause::Leak)),
        ("map.log", Some(Cause::Leak)),
        ("map-25.log", Some(Cause::Leak)),
        ("surge.log", Some(Cause::Spike)),
        ("surge-25.log", Some(Cause::Spike)),
        ("undersized.log", Some(Cause::UndersizedHeap)),
        ("undersized-25.log", Some(Cause::UndersizedHeap)),
        ("metaspace.log", Some(Cause::Metaspace)),
        ("metaspace-25.log", Some(Cause::Metaspace)),
        ("explicit.log", Some(Cause::ExplicitGc)),
        ("explicit-25.log", Some(Cause::ExplicitGc)),
        ("humongous.log", Some(Cause::Humongous)),
        ("humongous-25.log", Some(Cause::Humongous)),
        ("fragment.log", Some(Cause::Fragmentation)),
        ("fragment-25.log", Some(Cause::Fragmentation)),
        ("locker.log", None),
        ("locker-serial-11.log", None),
        ("locker-parallel-21.log", None),
        ("locker-g1-21.log", None),
        ("locker-full.log", Some(Cause::GcLocker)),
        ("filled.log", Some(Cause::FilledAtOnce)),
        ("workers.log", None),
        ("cms-leak-11.log", Some(Cause::Leak)),
        ("cms-steady-11.log", None),
        ("cms-explicit-11.log", Some(Cause::ExplicitGc)),
        ("leak-shenandoah-11.log.gz", Some(Cause::Leak)),
        ("leak-shenandoah-21.log.gz", Some(Cause::Leak)),
        ("leak-g1-21.log.gz", Some(Cause::Leak)),
        ("leak-z-21.log", Some(Cause::Leak)),
        ("counted-parallel-21.log", Some(Cause::ExplicitGc)),
        ("starved.log", Some(Cause::CpuStarvation)),
        ("starved-25.log", Some(Cause::CpuStarvation)),
        ("killed.log", Some(Cause::KilledFromOutside)),
        ("killed-25.log", Some(Cause::KilledFromOutside)),
        ("spike.log", None),
        ("spike-25.log", None),
        ("steady.log", None),
        ("steady-25.log", None),
        ("slow-leak.log", None),
    ];
    let mut wrong = Vec::new();
    for (log, cause) in truth {
        let life = life(log);
        let found = life.cause.as_ref().map(|verdict| verdict.cause);
        if found != cause {
            wrong.push(format!("{log}: {found:?}, not {cause:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// `jstat` beside the log of the same run: between its first and its last sample both count the same.
#[test]
fn jstat_agrees_with_the_log_of_the_same_run() {
    for (jstat, log) in [
        ("jstat-g1.txt", "jstat-g1.log"),
        ("jstat-serial.txt", "jstat-serial.log"),
        ("jstat-g1-25.txt", "jstat-g1-25.log"),
    ] {
        let samples = life(jstat);
        let log = life(log);
        let (from, to) = (samples.begin, samples.end);
        assert!(to - from >= 5_000_000, "{jstat}");
        // jstat rounds to 0.1 s: one collection more or less at either end.
        let inside: Vec<i64> = log
            .points
            .iter()
            .filter(|point| point.kind.stops_the_world())
            .filter(|point| (from..=to).contains(&(point.at + point.pause)))
            .map(|point| point.pause)
            .collect();
        let difference = samples.pauses.count as i64 - inside.len() as i64;
        assert!(difference.abs() <= 8, "{jstat}: {difference}");
        let total: i64 = inside.iter().sum();
        // Times of 1 ms in jstat, and the collections at the ends.
        let tolerance = 3_000 + 2 * log.pauses.max;
        assert!(
            (samples.pauses.total - total).abs() <= tolerance,
            "{jstat}: {} {total}",
            samples.pauses.total
        );
        assert_eq!(samples.heap_max.is_some(), log.heap_max.is_some());
    }
}

/// Generational ZGC counts its pauses as CGC; without `gc+phases` its log has none to compare them with.
#[test]
fn jstat_of_zgc_is_its_own_difference() {
    let samples = life("jstat-z-25.txt");
    assert_eq!(
        (samples.pauses.count, samples.pauses.total),
        (207 - 55, 2_000)
    );
    assert_eq!((samples.begin, samples.end), (1_600_000, 7_700_000));
}

#[test]
fn phases_and_references_are_measured() {
    for log in [
        "references.log.gz",
        "references-25.log",
        "references-z.log",
        "references-z-25.log",
        "references-shenandoah.log",
    ] {
        let life = life(log);
        let references = life.references.clone().unwrap();
        assert!(references.weak > 0, "{log}: {references:?}");
        assert!(
            references.count > 0 && references.total >= references.max,
            "{log}"
        );
        assert!(!life.phases.is_empty(), "{log}");
        let names: Vec<&str> = life
            .phases
            .iter()
            .map(|phase| phase.name.as_str())
            .collect();
        assert!(
            !names.iter().any(|name| name.ends_with("Cycle")),
            "{names:?}"
        );
    }
    // The outer phases of a young pause of G1 are the pause.
    let life = life("references.log.gz");
    let phases: i64 = life
        .phases
        .iter()
        .filter(|phase| !phase.concurrent && !phase.name.starts_with("Phase "))
        .map(|phase| phase.total)
        .sum();
    let young: i64 = life
        .points
        .iter()
        .filter(|point| matches!(point.kind, gc::PauseKind::Young | gc::PauseKind::Mixed))
        .map(|point| point.pause)
        .sum();
    let count = life.pauses.count as i64;
    assert!((phases - young).abs() <= count * 500, "{phases} {young}");
}

/// Dates of the application between uptimes of the collector anchor the log, with an honest error.
#[test]
fn a_log_of_uptimes_is_anchored_by_dated_lines_beside_it() {
    let log = "\
[0.010s][info][gc] Using G1
2026-11-22T10:00:05.150Z INFO ready
[5.200s][info][gc] GC(0) Pause Young (Normal) (G1 Evacuation Pause) 9M->3M(20M) 1.500ms
[6.000s][info][gc] GC(1) Pause Young (Normal) (G1 Evacuation Pause) 9M->3M(20M) 1.500ms
2026-11-22T10:00:06.100Z INFO request
[6.300s][info][gc] GC(2) Pause Young (Normal) (G1 Evacuation Pause) 9M->3M(20M) 1.500ms
";
    let source = Source::of("app.log", log, Kind::GcLog);
    let report = gc::analyse(&[&source], &gc::Options::default(), &Silent);
    let life = &report.lives[0];
    let anchor = life.anchor.clone().unwrap();
    let started = life.started.unwrap();
    let truth = diag::time::iso8601(b"2026-11-22T10:00:00.000Z")
        .unwrap()
        .0
        .zoned()
        .unwrap()
        .lo;
    // The first line says not before 9:59:59.950, the second not after 10:00:00.100.
    assert!(started.lo <= truth && truth <= started.hi, "{started:?}");
    assert!((75_000..77_000).contains(&anchor.error), "{anchor:?}");
    assert_eq!(anchor.locator.to_string(), "app.log:5");
    let plain = log.lines().filter(|line| line.starts_with('['));
    let plain: String = plain.flat_map(|line| [line, "\n"]).collect();
    let source = Source::of("gc.log", plain, Kind::GcLog);
    let report = gc::analyse(&[&source], &gc::Options::default(), &Silent);
    assert_eq!(report.lives[0].started, None, "nothing says when");
}

/// The exit block is the JVM's own statement: what the last collection left, and what was allocated since.
#[test]
fn the_heap_at_exit_continues_the_last_collection() {
    for log in [
        "steady-25.log",
        "explicit-25.log",
        "fragment.log",
        "flags.log",
        "map.log",
        "map-25.log",
        "leak-parallel.log",
        "leak-serial.log",
        "spike.log",
    ] {
        let life = life(log);
        assert_eq!(life.ended, gc::LifeEnd::ExitBlock, "{log}");
        let used = life.used_at_exit.unwrap();
        let after = life
            .points
            .iter()
            .rev()
            .find_map(|point| point.after)
            .unwrap();
        // Sizes of pauses are cut to a megabyte.
        assert!(used + (1 << 20) >= after, "{log}: {used} {after}");
        assert!(used <= life.heap_max.unwrap(), "{log}");
    }
}

/// What the JVM's own counters say at the end of the same run: `name<TAB>collections<TAB>milliseconds`.
fn counters(name: &str) -> Vec<(String, u64)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/lab/gc/logs");
    let text = std::fs::read_to_string(folder.join(name)).unwrap();
    let row = |line: &str| {
        let mut fields = line.split('\t');
        let name = fields.next()?.to_owned();
        Some((name, fields.next()?.parse().ok()?))
    };
    text.lines().filter_map(row).collect()
}

/// JDK 11 and 21, every collector: the pauses of the log are the collections that the JVM counted itself. Its beans
/// count cycles as well; those are left out, and what they leave out is said.
#[test]
fn the_counters_of_the_jvm_agree_with_the_log() {
    let logs = [
        ("counted-serial-11.log", ""),
        ("counted-g1-11.log", "remark and cleanup have no bean"),
        ("counted-shenandoah-11.log", ""),
        ("counted-parallel-21.log", ""),
        ("counted-g1-21.log.gz", ""),
        ("counted-z-21.log", ""),
        ("counted-genz-21.log", ""),
        ("counted-shenandoah-21.log", ""),
    ];
    for (log, without) in logs {
        let life = life(log);
        let stem = log.split('.').next().unwrap();
        let counted: u64 = counters(&format!("{stem}.txt"))
            .iter()
            .filter(|(bean, _)| !bean.ends_with("Cycles"))
            .map(|(_, count)| count)
            .sum();
        let left_out = life.points.iter().filter(|point| {
            let marking = matches!(
                point.kind,
                gc::PauseKind::Remark | gc::PauseKind::Cleanup | gc::PauseKind::InitialMark
            );
            !without.is_empty() && marking
        });
        let pauses = life.pauses.count + life.pauses.nested_count - left_out.count() as u64;
        assert_eq!(pauses, counted, "{log}");
    }
    // The bean of ZGC until JDK 16 counts cycles, with three pauses each.
    let cycles = counters("counted-z-11.txt")[0].1;
    assert_eq!(life("counted-z-11.log").pauses.count, 3 * cycles);
}

/// CMS of JDK 11: the end of a failed young pause stands behind the full collection inside it.
#[test]
fn failures_of_cms_are_counted_once() {
    let failed = life("cms-leak-11.log");
    let text = include_str!("../fixtures/lab/gc/logs/cms-leak-11.log");
    let ends = |what: &str| {
        let is_end = |line: &&str| line.contains(what) && line.ends_with("ms");
        text.lines().filter(is_end).count() as u64
    };
    assert_eq!(failed.pauses.full_count, ends(") Pause Full"));
    let pauses = failed.pauses.count + failed.pauses.nested_count;
    assert_eq!(pauses, ends(") Pause "));
    assert!(failed.pauses.nested_count > 0);
    let incident = |kind| failed.incident(kind).map(|incident| incident.count);
    let modes = text.matches("Concurrent mode failure").count() as u64;
    assert_eq!(
        incident(gc::IncidentKind::ConcurrentModeFailure),
        Some(modes)
    );
    assert_eq!(incident(gc::IncidentKind::PromotionFailed), Some(1));
    let steady = life("cms-steady-11.log");
    assert_eq!(steady.collector, gc::Collector::Cms);
    assert!(
        steady
            .incident(gc::IncidentKind::ConcurrentModeFailure)
            .is_none()
    );
    let kinds = |kind| {
        steady
            .points
            .iter()
            .filter(|point| point.kind == kind)
            .count()
    };
    assert!(kinds(gc::PauseKind::InitialMark) > 1 && kinds(gc::PauseKind::Remark) > 1);
}

/// Before JDK 15 ZGC names what its threads do inside a pause like pauses: only the three of a cycle count.
#[test]
fn parts_of_a_pause_of_zgc_are_no_pauses() {
    let life = life("counted-z-11.log");
    let text = include_str!("../fixtures/lab/gc/logs/counted-z-11.log");
    let parts = text
        .lines()
        .filter(|line| line.contains("(ZWorker#"))
        .count();
    assert!(parts > 100, "the log has them");
    assert!(
        life.points
            .iter()
            .all(|point| point.cause.is_empty() || !point.kind.stops_the_world())
    );
}

/// A log of uptimes in the envelope of a container runtime or of syslog: the start of the JVM lies within what is said.
#[test]
fn a_log_of_uptimes_is_anchored_by_its_envelope() {
    use diag::input::Bundle;
    use jiff::{Timestamp, ToSpan};
    let started: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
    let lines: Vec<(String, i64)> = (0..40_i64)
        .map(|n| {
            let uptime = 200 + n * 777;
            let text = format!(
                "[{}.{:03}s][info][gc] GC({n}) Pause Young (Normal) (G1 Evacuation Pause) 9M->3M(20M) 1.500ms",
                uptime / 1000,
                uptime % 1000
            );
            // The runtime takes each line a little later than it was written.
            (text, uptime + 3 + n * 13 % 40)
        })
        .collect();
    let wrap = |write: &dyn Fn(&str, &str) -> String| -> String {
        let stamped = lines.iter().map(|(text, millis)| {
            let received = started.checked_add(millis.milliseconds()).unwrap();
            write(text, &format!("{received:.9}"))
        });
        stamped.collect()
    };
    let logs = [
        (
            "cri.log",
            wrap(&|text, time| format!("{time} stdout F {text}\n")),
        ),
        (
            "docker.log",
            wrap(&|text, time| {
                format!("{{\"log\":\"{text}\\n\",\"stream\":\"stdout\",\"time\":\"{time}\"}}\n")
            }),
        ),
        (
            "syslog",
            wrap(&|text, time| format!("<14>1 {time} node shop 7 - - {text}\n")),
        ),
    ];
    for (name, text) in logs {
        let bundle = Bundle::from_buffers(vec![(name.to_owned(), text.into())], gc::SNIFFERS);
        let source = &bundle.sources[0];
        let report = gc::analyse(&[source], &gc::Options::default(), &Silent);
        let life = &report.lives[0];
        assert_eq!(life.pauses.count, 40, "{name}");
        let anchor = life
            .anchor
            .clone()
            .unwrap_or_else(|| panic!("{name} has no anchor"));
        assert!(anchor.evidence.contains("envelope"), "{name} {anchor:?}");
        let moment = life.started.unwrap();
        let truth = diag::time::Instant(started.as_microsecond());
        assert!(
            moment.lo <= truth && truth <= moment.hi,
            "{name} {moment:?}"
        );
        assert!(anchor.error <= 600_000, "{name} {anchor:?}");
    }
}
