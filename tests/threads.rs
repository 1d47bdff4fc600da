//! The threads room from the outside: what programs with a known fault look like in every format, what other tools get
//! wrong, and broken input.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::Path;

use diag::input::{Kind, Silent, Source};
use diag::render::{Style, html, markdown, terminal};
use diag::threads::{
    Activity, DumpSummary, LockKind, Options, Pin, ThreadsReport, Unseen, analyse, dot,
};

fn analyse_bytes(name: &str, bytes: impl Into<Vec<u8>>) -> ThreadsReport {
    let source = Source::of(name, bytes, Kind::ThreadDump);
    analyse(&[&source], &Options::default(), &Silent)
}

fn read(path: &Path) -> ThreadsReport {
    analyse_bytes(&path.display().to_string(), fs::read(path).unwrap())
}

fn testdata(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata/threads")
        .join(name);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn one(name: &str) -> DumpSummary {
    let report = analyse_bytes(name, testdata(name));
    assert_eq!(
        report.coverage[0].not_understood, 0,
        "{name}: {:?}",
        report.coverage[0].issues
    );
    let [dump] = &report.dumps[..] else {
        panic!("{name}: {} dumps instead of one", report.dumps.len());
    };
    dump.clone()
}

/// Name, whether the VM reported it, and victims of each deadlock.
fn deadlocks(dump: &DumpSummary) -> Vec<(Vec<&str>, bool, u64)> {
    let mut found: Vec<_> = dump
        .deadlocks
        .iter()
        .map(|deadlock| {
            let mut names: Vec<&str> = deadlock
                .threads
                .iter()
                .map(|member| member.thread.name.as_str())
                .collect();
            names.sort_unstable();
            (names, deadlock.reported_by_vm, deadlock.victims)
        })
        .collect();
    found.sort();
    found
}

#[test]
fn a_deadlocked_thread_is_counted_once_in_every_format() {
    let transfers = ["transfer-1", "transfer-2", "transfer-3"].as_slice();
    let mixed = ["mixed-lock", "mixed-monitor"].as_slice();
    for (name, vm) in [
        ("jdk17-circles.jstack.txt", true),
        ("jdk17-circles.jstack-l-e.txt", true),
        ("jdk17-circles.kill3.txt", true),
        ("jdk17-circles.jhsdb.txt", true),
        ("jdk25-circles.jstack.txt", true),
        ("jdk25-circles.kill3.txt", true),
        ("jdk25-circles.jhsdb.txt", true),
    ] {
        let dump = one(name);
        assert_eq!(
            deadlocks(&dump),
            [(mixed.to_vec(), vm, 0), (transfers.to_vec(), vm, 4)],
            "{name}"
        );
    }
    // JDK 25 does not write who owns a ReentrantLock into the file, so only the monitors close a circle.
    for name in ["jdk25-circles.dump.txt", "jdk25-circles.dump.json"] {
        assert_eq!(
            deadlocks(&one(name)),
            [(transfers.to_vec(), false, 4)],
            "{name}"
        );
    }
}

#[test]
fn threads_are_as_many_as_the_vm_lists() {
    for version in [17, 25] {
        for scene in [
            "circles",
            "class-circle",
            "upgrade-4",
            "pool-22",
            "chain-12",
        ] {
            for kind in ["jstack", "kill3"] {
                let name = format!("jdk{version}-{scene}.{kind}.txt");
                let dump = one(&name);
                assert_eq!(Some(dump.thread_count), dump.expected_count, "{name}");
                assert!(dump.complete, "{name}: {:?}", dump.incomplete_because);
                assert_eq!(dump.heap.is_empty(), kind == "jstack", "{name}");
            }
        }
    }
}

#[test]
fn a_chain_is_no_deadlock_and_its_root_is_named() {
    for name in [
        "jdk17-chain-12.jstack.txt",
        "jdk17-chain-12.kill3.txt",
        "jdk17-chain-12.jhsdb.txt",
        "jdk25-chain-12.jstack.txt",
        "jdk25-chain-12.jhsdb.txt",
        "jdk25-chain-12.dump.txt",
        "jdk25-chain-12.dump.json",
    ] {
        let dump = one(name);
        assert!(dump.deadlocks.is_empty(), "{name}");
        let root = &dump.blockers[0];
        assert_eq!(
            (root.thread.name.as_str(), root.held_up, root.directly),
            ("catalog-refresh", 13, 1),
            "{name}"
        );
        assert_eq!(root.doing, Activity::Socket, "{name}: {:?}", root.call);
        assert_eq!(root.lock_class, "Scenes$Account", "{name}");
    }
}

#[test]
fn the_owner_of_a_monitor_that_is_entered_again_is_the_one_that_sleeps_in_it() {
    for name in ["jdk17-chain-12.jstack.txt", "jdk25-chain-12.jstack.txt"] {
        let dump = one(name);
        let bell = &dump.blockers[1];
        assert_eq!((bell.held_up, bell.doing), (2, Activity::Sleep), "{name}");
        assert_eq!(bell.lock_class, "Scenes$Order", "{name}");
    }
}

#[test]
fn class_initialisers_can_be_deadlocked_though_the_vm_is_silent() {
    for name in [
        "jdk17-class-circle.jstack.txt",
        "jdk17-class-circle.kill3.txt",
        "jdk25-class-circle.jstack.txt",
    ] {
        let dump = one(name);
        assert_eq!(
            deadlocks(&dump),
            [(vec!["init-left", "init-right"], false, 2)],
            "{name}"
        );
        assert!(
            dump.deadlocks[0]
                .threads
                .iter()
                .all(|member| member.waits_for == LockKind::ClassInit)
        );
    }
    // What is not in the file is not guessed.
    for name in [
        "jdk25-class-circle.dump.txt",
        "jdk25-class-circle.dump.json",
    ] {
        assert!(one(name).deadlocks.is_empty(), "{name}");
    }
}

#[test]
fn an_upgrade_of_a_read_lock_is_suspicious_and_no_deadlock() {
    for name in ["jdk17-upgrade-4.jstack.txt", "jdk25-upgrade-4.jstack.txt"] {
        let dump = one(name);
        assert!(
            dump.deadlocks.is_empty() && dump.blockers.is_empty(),
            "{name}"
        );
        assert_eq!(dump.ownerless[0].waiters, 5, "{name}");
        assert_eq!(dump.ownerless[0].reason, Unseen::NotListed, "{name}");
    }
}

#[test]
fn a_pool_thread_that_waits_in_its_task_is_busy() {
    for name in [
        "jdk17-pool-22.jstack.txt",
        "jdk17-pool-22.kill3.txt",
        "jdk17-pool-22.jhsdb.txt",
        "jdk25-pool-22.jstack.txt",
        "jdk25-pool-22.dump.txt",
        "jdk25-pool-22.dump.json",
    ] {
        let dump = one(name);
        let pool = dump
            .pools
            .iter()
            .find(|pool| pool.name == "http-nio-8080-exec-N");
        let pool = pool.unwrap_or_else(|| panic!("{name}: no pool"));
        assert_eq!((pool.total, pool.busy, pool.idle), (25, 22, 3), "{name}");
        assert_eq!(
            pool.busy_with,
            [(Activity::Socket, 17), (Activity::Wait, 5)],
            "{name}"
        );
    }
}

#[test]
fn names_with_quotes_tabs_and_line_ends_are_names() {
    for name in [
        "jdk17-pool-22.jstack.txt",
        "jdk17-pool-22.jhsdb.txt",
        "jdk25-pool-22.jstack.txt",
        "jdk25-pool-22.dump.txt",
        "jdk25-pool-22.dump.json",
    ] {
        let dump = one(name);
        let group = dump
            .groups
            .iter()
            .find(|group| group.names.iter().any(|name| name == "newline\nin name"));
        let names = &group
            .unwrap_or_else(|| panic!("{name}: {:?}", dump.groups))
            .names;
        assert!(
            names
                .iter()
                .any(|name| name == "name with \"quotes\" and\ttab #7 prio=9 [x]"),
            "{name}: {names:?}"
        );
        assert!(
            names.iter().any(|name| name == "주문-처리-1"),
            "{name}: {names:?}"
        );
    }
}

#[test]
fn carriers_of_jdk_25_are_threads_and_their_pins_are_seen() {
    let dump = one("jdk25-carriers-pinned.kill3.txt");
    assert_eq!(Some(dump.thread_count), dump.expected_count);
    let found = dump.virtual_threads.as_ref().unwrap();
    assert_eq!(
        (
            found.carriers,
            found.mounted,
            found.pinned.len(),
            found.exhausted
        ),
        (2, 2, 2, true)
    );
    assert!(
        found
            .pinned
            .iter()
            .all(|pinned| pinned.because == Pin::ClassInit)
    );
    assert_eq!(dump.blockers[0].lock_kind, LockKind::ClassInit);
    let json = one("jdk25-carriers-pinned.dump.json");
    assert_eq!((json.virtual_count, json.ownerless[0].waiters), (25, 20));
}

#[test]
fn a_lock_without_a_listed_owner_has_a_candidate() {
    let dump = one("jdk17-aqs-8.jstack.txt");
    let lock = &dump.ownerless[0];
    assert_eq!((lock.waiters, lock.reason), (8, Unseen::NotListed));
    assert_eq!(
        lock.candidates
            .iter()
            .map(|thread| thread.name.as_str())
            .collect::<Vec<_>>(),
        ["ledger-writer"]
    );
}

/// Every line of a dump behind `prefix`, which is made from the number of the line.
fn prefixed(dump: &[u8], prefix: impl Fn(usize) -> String) -> String {
    let text = String::from_utf8_lossy(dump);
    text.lines()
        .enumerate()
        .map(|(number, line)| format!("{}{line}\n", prefix(number)))
        .collect()
}

#[test]
fn prefixes_and_line_ends_change_nothing() {
    let plain = testdata("jdk17-circles.kill3.txt");
    let expected = one("jdk17-circles.kill3.txt");
    let cri = prefixed(&plain, |n| {
        format!(
            "2026-11-22T01:02:{:02}.{}Z stdout F ",
            n / 9 % 60,
            123_456 + n
        )
    });
    let syslog = prefixed(&plain, |n| {
        format!("Nov 22 01:02:{:02} shop-1 app[123]: ", n / 9 % 60)
    });
    let logback = prefixed(&plain, |n| {
        format!("01:02:03.{:03} [stdout-pump] INFO  console - ", n % 1000)
    });
    let crlf = prefixed(&plain, |_| String::new()).replace('\n', "\r\n");
    let spaces = prefixed(&plain, |_| String::new()).replace('\t', "        ");
    for (name, text) in [
        ("cri", cri),
        ("syslog", syslog),
        ("logback", logback),
        ("crlf", crlf),
        ("spaces", spaces),
    ] {
        let report = analyse_bytes(name, text);
        assert_eq!(
            report.coverage[0].not_understood, 0,
            "{name}: {:?}",
            report.coverage[0].issues
        );
        let [dump] = &report.dumps[..] else {
            panic!("{name}: {} dumps", report.dumps.len())
        };
        assert_eq!(deadlocks(dump), deadlocks(&expected), "{name}");
        assert_eq!(
            (dump.thread_count, dump.expected_count),
            (expected.thread_count, expected.expected_count),
            "{name}"
        );
        assert!(dump.complete, "{name}: {:?}", dump.incomplete_because);
        assert_eq!(dump.heap.len(), expected.heap.len(), "{name}");
    }
}

#[test]
fn dumps_inside_an_application_log_are_all_found() {
    let dump = String::from_utf8(testdata("jdk17-chain-12.kill3.txt")).unwrap();
    let noise = "2026-11-22 01:02:03.123 ERROR [http-1] c.s.Shop - failed\njava.lang.IllegalStateException: x\n\tat com.shop.Cart.add(Cart.java:1)\n";
    // No blank line between the heap footer and what follows, and noise in the middle of a dump.
    let middle = dump.find("\"listener-1\"").unwrap();
    let torn = format!("{}{noise}{}", &dump[..middle], &dump[middle..]);
    let log: String = (0..200)
        .map(|n| {
            if n % 2 == 0 {
                format!("{noise}{}", dump.trim_end()) + "\n"
            } else {
                torn.clone()
            }
        })
        .collect();
    let report = analyse_bytes("catalina.out", log);
    assert_eq!(report.dumps.len(), 200);
    for dump in &report.dumps {
        assert!(
            dump.complete && dump.deadlocks.is_empty(),
            "{:?}",
            dump.incomplete_because
        );
        assert_eq!(dump.blockers[0].held_up, 13);
    }
    // The exception in the middle is three lines, in every second dump.
    assert_eq!(report.coverage[0].not_understood, 300);
    assert!(
        report
            .stuck
            .iter()
            .any(|stuck| stuck.thread.name == "catalog-refresh" && stuck.dumps == 200)
    );
}

#[test]
fn a_cut_dump_says_so() {
    let whole = testdata("jdk25-chain-12.kill3.txt");
    for part in 1..100 {
        let cut = &whole[..whole.len() * part / 100];
        let report = analyse_bytes("cut", cut);
        let Some(dump) = report.dumps.first() else {
            continue;
        };
        let tail = String::from_utf8_lossy(cut).contains("JNI global ref");
        assert_eq!(
            dump.complete, tail,
            "{part} %: {:?}",
            dump.incomplete_because
        );
        assert!(dump.deadlocks.is_empty(), "{part} %");
    }
}

#[test]
fn broken_input_never_panics_and_never_invents_a_deadlock() {
    for name in
        fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/threads")).unwrap()
    {
        let path = name.unwrap().path();
        let whole = fs::read(&path).unwrap();
        for part in (0..100).step_by(7) {
            let mut bytes = whole[..whole.len() * part / 100].to_vec();
            show(&analyse_bytes("cut", bytes.clone()));
            for at in (part..bytes.len()).step_by(97) {
                bytes[at] = bytes[at].wrapping_mul(31).wrapping_add(part as u8);
            }
            show(&analyse_bytes("noise", bytes));
        }
    }
    for bytes in [
        &b""[..],
        b"\0\0\0",
        b"\xff\xfe",
        b"{\"threads\":[",
        b"Full thread dump",
        b"\"",
        b"\"x\" #",
        b"1TISIGINFO",
        b"===== FULL THREAD DUMP ====\nx",
    ] {
        show(&analyse_bytes("odd", bytes));
    }
}

#[test]
fn seeds_of_the_fuzzer_are_replayed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/threads");
    for seed in fs::read_dir(folder).unwrap() {
        show(&read(&seed.unwrap().path()));
    }
}

/// Everything that can be made from a report.
fn show(report: &ThreadsReport) {
    let documents = [report.document()];
    let style = Style {
        colour: false,
        width: 100,
        details: true,
    };
    terminal(&documents, style);
    markdown(&documents, "");
    html(&documents, "");
    dot(report);
    let json = serde_json::to_string(report).unwrap();
    let again: ThreadsReport = serde_json::from_str(&json).unwrap();
    assert_eq!(serde_json::to_string(&again).unwrap(), json);
}

#[test]
fn the_graph_can_be_drawn() {
    let report = analyse_bytes("f", testdata("jdk17-circles.jstack.txt"));
    let graph = dot(&report);
    assert!(graph.starts_with("digraph waits {") && graph.contains("color=red"));
    assert_eq!(graph.matches(" -> ").count(), 9, "{graph}");
}
