//! Formats that are read apart from the common dump: beans as text and JSON, crash files, `Thread.dump_to_file` of JDK 21,
//! what `kill -3` prints of each collector, and the envelopes a dump comes in.

#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use std::fs;
use std::path::PathBuf;

use common::root;
use diag::cli;
use diag::input::{Bundle, Kind, Silent, Source};
use diag::threads::{Activity, DumpSummary, Options, Pin, ThreadsReport, analyse};
use diag::time::Stamp;

fn analyse_bytes(name: &str, bytes: impl Into<Vec<u8>>) -> ThreadsReport {
    let source = Source::of(name, bytes, Kind::ThreadDump);
    analyse(&[&source], &Options::default(), &Silent)
}

fn testdata(name: &str) -> Vec<u8> {
    fs::read(root().join("testdata/threads").join(name)).unwrap()
}

/// The one dump of a file, all of whose lines are understood.
fn one(name: &str) -> DumpSummary {
    let report = analyse_bytes(name, testdata(name));
    let coverage = &report.coverage[0];
    assert_eq!(coverage.not_understood, 0, "{name}: {:?}", coverage.issues);
    let [dump] = &report.dumps[..] else {
        panic!("{name}: {} dumps instead of one", report.dumps.len());
    };
    dump.clone()
}

fn rules(report: &ThreadsReport) -> Vec<&str> {
    report.findings.iter().map(|f| f.rule.as_str()).collect()
}

#[test]
fn beans_as_text_and_as_json_have_the_circles_and_their_owners() {
    for name in [
        "jdk17-circles.info.txt",
        "jdk25-circles.info.txt",
        "jdk17-circles.actuator.json",
        "jdk25-circles.actuator.json",
    ] {
        let dump = one(name);
        let mut circles: Vec<(usize, u64)> = dump
            .deadlocks
            .iter()
            .map(|deadlock| (deadlock.threads.len(), deadlock.victims))
            .collect();
        circles.sort_unstable();
        assert_eq!(circles, [(2, 0), (3, 4)], "{name}");
        assert!(dump.ownerless.is_empty(), "{name}: {:?}", dump.ownerless);
    }
}

#[test]
fn a_crash_file_names_the_thread_its_stack_and_its_time() {
    for (name, java, vm) in [
        ("jdk17-crash.hs_err.txt", 13, 7),
        ("jdk25-crash.hs_err.txt", 12, 7),
    ] {
        let dump = one(name);
        // The VM lists as many as it says it has.
        assert_eq!(dump.expected_count, Some(java), "{name}");
        assert!(dump.complete, "{name}");
        assert_eq!(
            (dump.thread_count, dump.vm_thread_count),
            (java, vm),
            "{name}"
        );
        assert!(
            matches!(dump.taken, Some(Stamp::Zoned(_))),
            "{name}: {:?}",
            dump.taken
        );
        let crash = dump.crash.as_ref().unwrap();
        assert_eq!(crash.error, "SIGSEGV (0xb)", "{name}");
        let thread = crash.thread.as_ref().unwrap();
        assert_eq!(thread.name, "native \"cache\"", "{name}");
        assert_eq!(crash.frames[0], "Unsafe_PutLong(Native Method)", "{name}");
        assert_eq!(crash.frame.as_deref(), Some("Crash.flush"), "{name}");
        assert!(
            crash.frames.iter().any(|f| f == "java.lang.Thread.run"),
            "{name}"
        );
    }
}

#[test]
fn a_crash_file_that_is_cut_in_its_list_says_so() {
    let whole = testdata("jdk17-crash.hs_err.txt");
    let at = memchr::memmem::find(&whole, b"\"Finalizer\"").unwrap();
    let report = analyse_bytes("hs_err", &whole[..at]);
    assert!(!report.dumps[0].complete);
    assert!(rules(&report).contains(&"threads/incomplete"));
}

/// JDK 21 as its source writes it (`jdk.internal.vm.ThreadDumper`): no states, no locks, no carriers.
const JDK_21: &str = "77\n2026-11-22T01:17:08.679758892Z\n21.0.5+11-LTS\n\n\
#1 \"main\"\n      java.base/java.lang.Thread.sleep0(Native Method)\n      java.base/java.lang.Thread.sleep(Thread.java:509)\n      Shop.main(Shop.java:9)\n\n\
#23 \"ForkJoinPool-1-worker-1\"\n      java.base/jdk.internal.vm.Continuation.run(Continuation.java:248)\n      java.base/java.lang.VirtualThread.runContinuation(VirtualThread.java:221)\n      java.base/java.util.concurrent.ForkJoinPool.runWorker(ForkJoinPool.java:1726)\n\n\
#22 \"\" virtual\n      java.base/java.lang.VirtualThread.parkOnCarrierThread(VirtualThread.java:689)\n      java.base/java.lang.VirtualThread.parkNanos(VirtualThread.java:648)\n      java.base/java.lang.VirtualThread.sleepNanos(VirtualThread.java:806)\n      java.base/java.lang.Thread.sleep(Thread.java:507)\n      Shop.pay(Shop.java:31)\n      java.base/java.lang.VirtualThread.run(VirtualThread.java:309)\n\n\
#24 \"order\" virtual\n      java.base/java.lang.VirtualThread.park(VirtualThread.java:582)\n      java.base/java.util.concurrent.locks.LockSupport.park(LockSupport.java:219)\n      Shop.wait(Shop.java:40)\n      java.base/java.lang.VirtualThread.run(VirtualThread.java:309)\n\n";

#[test]
fn jdk_21_shows_pins_although_it_names_no_carrier() {
    let report = analyse_bytes("dump.txt", JDK_21);
    let dump = &report.dumps[0];
    assert_eq!((dump.thread_count, dump.virtual_count), (2, 2));
    let found = dump.virtual_threads.as_ref().unwrap();
    assert_eq!(
        (found.carriers, found.mounted, found.exhausted),
        (1, 1, true)
    );
    let [pinned] = &found.pinned[..] else {
        panic!("{:?}", found.pinned)
    };
    assert_eq!(
        (pinned.thread.number, pinned.carrier.is_none()),
        (Some(22), true)
    );
    assert_eq!(pinned.because, Pin::Monitor);
    assert_eq!(pinned.frame.as_deref(), Some("Shop.pay(Shop.java:31)"));
    assert!(rules(&report).contains(&"threads/virtual-pinned"));
}

#[test]
fn jdk_21_json_tells_virtual_threads_by_their_outermost_frame() {
    let json = r#"{"threadDump":{"processId":77,"time":"2026-11-22T01:17:08Z","runtimeVersion":"21.0.5+11","threadContainers":[{"container":"<root>","parent":null,"owner":null,"threads":[{"name":"main","tid":1,"stack":["java.base\/java.lang.Thread.sleep0(Native Method)","Shop.main(Shop.java:9)"]},{"name":"","tid":22,"stack":["java.base\/java.lang.VirtualThread.park(VirtualThread.java:582)","java.base\/java.lang.VirtualThread.run(VirtualThread.java:309)"]}],"threadCount":2}]}}"#;
    let dump = &analyse_bytes("dump.json", json).dumps[0];
    assert_eq!((dump.thread_count, dump.virtual_count), (1, 1));
    assert_eq!(dump.java_release, Some(21));
}

#[test]
fn the_footer_of_every_collector_is_read() {
    for (name, space) in [
        ("jdk17-idle-G1GC.kill3.txt", "garbage-first heap"),
        ("jdk25-idle-G1GC.kill3.txt", "garbage-first heap"),
        ("jdk17-idle-ZGC.kill3.txt", "ZHeap"),
        ("jdk25-idle-ZGC.kill3.txt", "ZHeap"),
        ("jdk17-idle-ShenandoahGC.kill3.txt", "Shenandoah Heap"),
        ("jdk25-idle-ShenandoahGC.kill3.txt", "Shenandoah Heap"),
        ("jdk17-chain-12.kill3.txt", "tenured generation"),
        ("jdk25-chain-12.kill3.txt", "Tenured"),
    ] {
        let dump = one(name);
        let found = dump.heap.iter().find(|found| found.name == space);
        let found = found.unwrap_or_else(|| panic!("{name}: {:?}", dump.heap));
        assert!(
            found.used <= found.reserved && found.reserved.is_some(),
            "{name}: {found:?}"
        );
        // All ran with -Xmx64m; the generations share it.
        let whole = 64 << 20;
        match space {
            "tenured generation" | "Tenured" => assert!(found.reserved < Some(whole), "{name}"),
            _ => assert_eq!(found.reserved, Some(whole), "{name}"),
        }
        assert!(
            dump.heap.iter().any(|space| space.name == "Metaspace"),
            "{name}"
        );
    }
}

/// A folder of its own for files that are opened as a person would.
fn folder(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&path).unwrap();
    path
}

#[test]
fn a_dump_in_utf_16_or_an_envelope_is_the_same_dump() {
    let plain = String::from_utf8(testdata("jdk17-circles.kill3.txt")).unwrap();
    let place = folder("threads-envelopes");
    let utf16 = |order: fn(u16) -> [u8; 2]| -> Vec<u8> {
        let units = std::iter::once(0xfeff).chain(plain.encode_utf16());
        units.flat_map(order).collect()
    };
    let lines = |line: &dyn Fn(&str) -> String| -> Vec<u8> {
        plain.lines().map(line).collect::<String>().into_bytes()
    };
    let quoted = |text: &str| serde_json::to_string(text).unwrap();
    let docker = |text: &str| {
        format!(
            "{{\"log\":{},\"stream\":\"stdout\",\"time\":\"2026-11-22T01:02:03.1Z\"}}\n",
            quoted(&format!("{text}\n"))
        )
    };
    let journald = |text: &str| {
        format!(
            "{{\"__REALTIME_TIMESTAMP\":\"1795309323000000\",\"_PID\":\"123\",\"SYSLOG_IDENTIFIER\":\"app\",\"MESSAGE\":{}}}\n",
            quoted(text)
        )
    };
    let files: [(&str, Vec<u8>); 4] = [
        ("utf16-little.txt", utf16(u16::to_le_bytes)),
        ("utf16-big.txt", utf16(u16::to_be_bytes)),
        ("docker-json.log", lines(&docker)),
        ("journal.json", lines(&journald)),
    ];
    for (name, bytes) in files {
        let path = place.join(name);
        fs::write(&path, bytes).unwrap();
        let bundle = Bundle::open(std::slice::from_ref(&path), &cli::sniffers());
        let report = analyse(
            &bundle.holding(Kind::ThreadDump),
            &Options::default(),
            &Silent,
        );
        let [dump] = &report.dumps[..] else {
            panic!("{name}: {} dumps", report.dumps.len());
        };
        assert_eq!(
            report.coverage[0].not_understood, 0,
            "{name}: {:?}",
            report.coverage
        );
        assert_eq!(dump.deadlocks.len(), 2, "{name}");
        assert!(dump.complete, "{name}: {:?}", dump.incomplete_because);
    }
}

#[test]
fn jhsdb_prints_the_wanted_monitor_as_locked_and_it_is_wanted_all_the_same() {
    for name in ["jdk17-chain-12.jhsdb.txt", "jdk25-chain-12.jhsdb.txt"] {
        let dump = one(name);
        let root = dump.blockers[0].thread.name.as_str();
        assert_eq!(root, "catalog-refresh", "{name}");
        let waits = |name: &str| dump.waits.iter().any(|edge| edge.name == name);
        assert!(
            waits("session-sweeper") && waits("http-nio-8080-exec-1"),
            "{name}"
        );
        assert!(!waits("catalog-refresh"), "{name}");
    }
}

#[test]
fn what_a_root_blocker_does_is_named_and_the_longest_queue_comes_first() {
    for name in ["jdk17-blockers-9.kill3.txt", "jdk25-blockers-9.kill3.txt"] {
        let dump = one(name);
        let seen: Vec<(&str, u64, Activity)> = dump
            .blockers
            .iter()
            .map(|blocker| (blocker.thread.name.as_str(), blocker.held_up, blocker.doing))
            .collect();
        assert_eq!(
            seen,
            [
                ("sql", 9, Activity::Database),
                ("http", 8, Activity::HttpClient),
                ("redis", 7, Activity::Redis),
                ("kafka", 6, Activity::Messaging),
                ("file", 5, Activity::File),
                ("classes", 4, Activity::ClassLoading),
            ],
            "{name}"
        );
    }
}

#[test]
fn a_log_that_nobody_reads_stops_all_who_log() {
    for name in ["jdk17-log-8.jcmd-l.txt", "jdk25-log-8.jcmd-l.txt"] {
        let report = analyse_bytes(name, testdata(name));
        assert_eq!(
            report.dumps[0].blockers[0].doing,
            Activity::Logging,
            "{name}"
        );
        // The cause before its effect, the used-up pool.
        assert_eq!(
            rules(&report),
            ["threads/logging-blocker", "threads/pool-busy"],
            "{name}"
        );
    }
}

#[test]
fn a_cleaner_that_waits_is_found_like_a_finalizer() {
    for name in ["jdk17-cleaner.jstack.txt", "jdk25-cleaner.jstack.txt"] {
        let dump = one(name);
        let [thread] = &dump.reference_threads[..] else {
            panic!("{name}: {:?}", dump.reference_threads)
        };
        assert_eq!(thread.thread.name, "Cleaner-0", "{name}");
        assert_eq!(thread.owner.as_deref(), Some("cache-owner"), "{name}");
    }
}

#[test]
fn the_share_of_busy_threads_that_counts_can_be_chosen() {
    let source = Source::of("f", testdata("jdk17-pool-22.jstack.txt"), Kind::ThreadDump);
    let busy = |percent: f64| {
        let options = Options {
            pool_busy_percent: percent,
        };
        let report = analyse(&[&source], &options, &Silent);
        rules(&report).contains(&"threads/pool-busy")
    };
    // 22 of 25 are 88 %.
    assert_eq!(
        [80.0, 88.0, 89.0, 100.0].map(busy),
        [true, true, false, false]
    );
}
