//! Several dumps together: what appears, what moves on and what does not, dumps of one moment in two formats, and
//! what stands beside a dump.

#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use std::fs;
use std::path::PathBuf;

use common::root;
use diag::cli;
use diag::document::{Block, Chart, Section};
use diag::finding::{Confidence, Finding};
use diag::input::{Bundle, Kind, Silent, Source};
use diag::threads::{Activity, Demand, Load, Options, Pin, ThreadsReport, Unseen, analyse};

fn series(files: &[(&str, Vec<u8>)]) -> ThreadsReport {
    let sources: Vec<Source> = files
        .iter()
        .map(|(name, bytes)| Source::of(*name, bytes.clone(), Kind::ThreadDump))
        .collect();
    analyse(
        &sources.iter().collect::<Vec<_>>(),
        &Options::default(),
        &Silent,
    )
}

fn testdata(name: &str) -> Vec<u8> {
    fs::read(root().join("testdata/threads").join(name)).unwrap()
}

fn files<'a>(names: &[&'a str]) -> Vec<(&'a str, Vec<u8>)> {
    names.iter().map(|name| (*name, testdata(name))).collect()
}

/// A fixture of a rule, opened as a person would.
fn fixture(path: &str) -> ThreadsReport {
    let path: PathBuf = root().join("fixtures/rules/threads").join(path);
    let bundle = Bundle::open(&[path], &cli::sniffers());
    analyse(
        &bundle.holding(Kind::ThreadDump),
        &Options::default(),
        &Silent,
    )
}

fn finding<'a>(report: &'a ThreadsReport, rule: &str) -> &'a Finding {
    let found = report.findings.iter().find(|finding| finding.rule == rule);
    found.unwrap_or_else(|| panic!("no {rule} in {:?}", rules(report)))
}

fn rules(report: &ThreadsReport) -> Vec<&str> {
    report.findings.iter().map(|f| f.rule.as_str()).collect()
}

#[test]
fn a_deadlock_that_appears_says_between_which_dumps() {
    for version in ["17", "25"] {
        let names = [1, 2, 3].map(|n| format!("jdk{version}-late-circle.series-{n}.txt"));
        let report = series(&files(&names.each_ref().map(String::as_str)));
        let counts: Vec<usize> = report.dumps.iter().map(|d| d.deadlocks.len()).collect();
        assert_eq!(counts, [0, 1, 1]);
        let deadlock = finding(&report, "threads/deadlock");
        assert!(
            deadlock.title.contains("in 2 of 3 dumps"),
            "{}",
            deadlock.title
        );
        assert!(
            deadlock.summary.contains("It appeared between")
                && deadlock.summary.contains(&format!("{}:3", names[0]))
                && deadlock.summary.contains(&format!("{}:3", names[1])),
            "{}",
            deadlock.summary
        );
        // Without the dump that is free of it nothing is said about when it began.
        let late = series(&files(&[&names[1], &names[2]]));
        assert!(
            !finding(&late, "threads/deadlock")
                .summary
                .contains("appeared")
        );
    }
}

#[test]
fn a_lock_whose_owner_changes_is_contention_and_one_that_stays_is_a_blocker() {
    let names = [1, 2, 3].map(|n| format!("jdk17-convoy-12.series-{n}.txt"));
    let report = series(&files(&names.each_ref().map(String::as_str)));
    let convoy = finding(&report, "threads/lock-convoy");
    assert!(
        convoy.title.contains("3 owners in 3 dumps"),
        "{}",
        convoy.title
    );
    assert!(!rules(&report).contains(&"threads/root-blocker"));
    assert!(
        !rules(&report).contains(&"threads/stuck"),
        "{:?}",
        rules(&report)
    );
    // Two of them do not show enough.
    let two = series(&files(&[&names[0], &names[1]]));
    assert!(!rules(&two).contains(&"threads/lock-convoy"));

    let kept = fixture("lock-convoy/near-miss");
    let blocker = finding(&kept, "threads/root-blocker");
    assert_eq!(blocker.confidence, Confidence::Confirmed);
    assert!(
        blocker.summary.contains("the same owner in 3 dumps"),
        "{}",
        blocker.summary
    );
}

#[test]
fn a_lock_upgrade_is_possible_in_one_dump_and_likely_in_two() {
    for name in ["jdk17-stamped-4.jcmd-l.txt", "jdk25-stamped-4.jcmd-l.txt"] {
        let report = series(&files(&[name]));
        let found = finding(&report, "threads/lock-upgrade");
        assert_eq!(found.confidence, Confidence::Possible, "{name}");
        assert!(
            found.title.starts_with("5 threads"),
            "{name}: {}",
            found.title
        );
        assert!(report.dumps[0].deadlocks.is_empty(), "{name}");
    }
    let report = fixture("lock-upgrade/fires");
    let found = finding(&report, "threads/lock-upgrade");
    assert_eq!(found.confidence, Confidence::Likely);
    assert!(
        found.summary.starts_with("upgrader waits"),
        "{}",
        found.summary
    );
    // A reader that is at work in the same class is named instead.
    let read = fixture("lock-upgrade/near-miss");
    let lock = &read.dumps[0].ownerless[0];
    assert_eq!(lock.candidates[0].name, "month-end");
    assert_eq!(lock.writers[0].name, "booking");
}

/// A virtual thread sleeps in a monitor that twelve platform threads and another virtual one want. The jstack does not have
/// the owner, the dump to a file has no addresses; only both together show who holds up whom.
#[test]
fn a_jstack_and_a_dump_to_file_of_one_moment_are_one_dump() {
    let text = "jdk25-carriers-owner.jstack-l.txt";
    for file in [
        "jdk25-carriers-owner.dump.json",
        "jdk25-carriers-owner.dump.txt",
    ] {
        let alone = series(&files(&[text]));
        assert!(alone.dumps[0].blockers.is_empty());
        assert_eq!(alone.dumps[0].ownerless[0].waiters, 12);

        let report = series(&files(&[file, text]));
        let [dump] = &report.dumps[..] else {
            panic!("{file}: {} dumps", report.dumps.len());
        };
        assert_eq!(dump.joined.as_ref().unwrap().source, file);
        assert_eq!(
            (dump.source.as_str(), dump.utc_offset_minutes),
            (text, Some(0))
        );
        assert_eq!(dump.virtual_count, 2, "{file}");
        assert_eq!(Some(dump.thread_count), dump.expected_count, "{file}");
        let root = &dump.blockers[0];
        assert_eq!((root.thread.name.as_str(), root.held_up), ("checkout", 13));
        assert_eq!(root.thread.at.source, file);
        assert!(dump.ownerless.is_empty(), "{:?}", dump.ownerless);
    }
}

/// The local time in a dump of HotSpot, moved.
fn moved(dump: &[u8], to: &str) -> Vec<u8> {
    let text = String::from_utf8(dump.to_vec()).unwrap();
    let (first, rest) = text.split_once('\n').unwrap();
    assert!(first.starts_with("2026-"), "{first}");
    format!("{to}\n{rest}").into_bytes()
}

#[test]
fn dumps_in_local_time_and_in_utc_are_put_in_one_order() {
    let text = testdata("jdk25-carriers-owner.jstack-l.txt");
    let file = testdata("jdk25-carriers-owner.dump.json");
    let time = memchr::memmem::find(&file, b"\"time\": \"").unwrap() + 9;
    let utc = String::from_utf8_lossy(&file[time..time + 19]).replace('T', " ");
    let hour: u32 = utc[11..13].parse().unwrap();
    // The machine stands in Seoul, nine hours ahead. One dump at the moment of the file, one at another minute of its hour.
    let now = moved(&text, &format!("2026-11-22 {:02}{}", hour + 9, &utc[13..]));
    let minute: u32 = utc[14..16].parse().unwrap();
    let other = (minute + 30) % 60;
    let beside = moved(&text, &format!("2026-11-22 {:02}:{other:02}:00", hour + 9));
    let report = series(&[
        ("now.txt", now),
        ("file.json", file.clone()),
        ("beside.txt", beside),
    ]);
    let order: Vec<&str> = report
        .dumps
        .iter()
        .map(|dump| dump.source.as_str())
        .collect();
    let expected = match other < minute {
        true => ["beside.txt", "now.txt"],
        false => ["now.txt", "beside.txt"],
    };
    assert_eq!(order, expected);
    let offsets = report.dumps.iter().map(|dump| dump.utc_offset_minutes);
    assert!(
        offsets.clone().all(|offset| offset == Some(540)),
        "{:?}",
        offsets.collect::<Vec<_>>()
    );
    for dump in &report.dumps {
        assert_eq!(dump.joined.is_some(), dump.source == "now.txt");
    }
    // Too far apart to conclude a zone: listed side by side, nothing is joined.
    let odd = (minute + 23) % 60;
    let odd = moved(&text, &format!("2026-11-22 {hour:02}:{odd:02}:00"));
    let apart = series(&[("text.txt", odd), ("file.json", file)]);
    assert_eq!(apart.dumps.len(), 2);
    assert!(
        apart
            .dumps
            .iter()
            .all(|dump| dump.utc_offset_minutes.is_none())
    );
}

#[test]
fn top_h_is_joined_on_the_native_id() {
    let report = fixture("cpu-hot/fires");
    let hot = &report.cpu[0];
    assert_eq!(
        (hot.thread.name.as_str(), hot.doing),
        ("price-loop", Activity::Run)
    );
    // The figure in the file for its id in decimal.
    let top = fs::read_to_string(root().join("fixtures/rules/threads/cpu-hot/fires/top-H.txt"));
    let id = u64::from_str_radix(
        hot.thread.nid.as_deref().unwrap().trim_start_matches("0x"),
        16,
    );
    let id = id.unwrap().to_string();
    let top = top.unwrap();
    let row = top
        .lines()
        .find(|line| line.split_whitespace().next() == Some(&id));
    let figure: f64 = row
        .unwrap()
        .split_whitespace()
        .nth(8)
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(hot.top, Some(figure));
    // By cpu= of the first and the last dump it uses nearly all that the process gets.
    assert!(hot.of_process > 0.9, "{hot:?}");
}

#[test]
fn threads_that_share_the_processors_at_one_place_are_hot_together() {
    // Four threads in one loop on two processors; what linperf.sh gathered.
    let spin = root().join("fixtures/lab/host/linperf/captured/spin/console.log");
    let report = series(&[("console.log", fs::read(spin).unwrap())]);
    let hot = finding(&report, "threads/cpu-hot");
    assert!(
        hot.title.starts_with("4 threads at Till.isReceipt"),
        "{}",
        hot.title
    );
    assert_eq!(hot.evidence.len(), 4);
    // One that uses a processor by itself is told by itself, and what others use beside it is not much.
    let alone = fixture("cpu-hot/fires");
    assert!(
        finding(&alone, "threads/cpu-hot")
            .title
            .starts_with("price-loop")
    );
    assert!(!rules(&fixture("pool-busy/fires")).contains(&"threads/cpu-hot"));
}

#[test]
fn the_share_of_the_collector_and_the_heap_footer_come_from_the_dumps_alone() {
    let report = fixture("heap-full/fires");
    assert!(rules(&report).contains(&"threads/gc-cpu"));
    let full = finding(&report, "threads/heap-full");
    assert!(full.title.contains("in 3 of 3 dumps"), "{}", full.title);
    let cpu = report.dumps.last().unwrap().cpu.unwrap();
    assert!(cpu.gc > cpu.java && cpu.jit > 0, "{cpu:?}");
}

#[test]
fn requests_of_an_access_log_say_how_many_threads_they_need() {
    let mut report = series(&files(&["jdk17-pool-22.jstack.txt"]));
    let demand = |per_second: u64, millis: u64| Demand {
        per_kilosecond: per_second * 1000,
        each_us: millis * 1000,
    };
    let load = Load {
        usual: demand(40, 250),
        busiest: Some((diag::time::Instant(0), demand(50, 900))),
        instances: 1,
        at: diag::finding::Locator::whole("access.log"),
    };
    report.size(load);
    let sizing = report.sizing.as_ref().unwrap();
    assert_eq!(sizing.threads, 25);
    let text = format!("{:?}", report.document());
    assert!(
        text.contains("40.0 requests/s × 250.0 ms = 10.0 threads"),
        "{text}"
    );
    assert!(
        text.contains("50.0 requests/s × 900.0 ms = 45.0 threads"),
        "{text}"
    );
    assert!(
        text.contains("in that minute the requests took too long"),
        "{text}"
    );
}

/// The chart of the call tree, wherever in the document it is.
fn flames(blocks: &[Block]) -> Vec<(&str, f64)> {
    let each = blocks.iter().flat_map(|block| match block {
        Block::Chart(Chart::Flame(flame)) => vec![(flame.name.as_str(), flame.value)],
        Block::Section(Section { blocks, .. }) => flames(blocks),
        _ => Vec::new(),
    });
    each.collect()
}

#[test]
fn the_call_tree_is_the_data_of_a_flame_graph() {
    let report = series(&files(&["jdk17-pool-22.jstack.txt"]));
    let tree = &report.dumps[0].call_tree;
    assert_eq!((tree[0].depth, tree[0].frame.as_str()), (0, "all"));
    // A caller counts at least what it called; the children of a node never exceed it.
    for (index, node) in tree.iter().enumerate() {
        let inside = tree[index + 1..]
            .iter()
            .take_while(|child| child.depth > node.depth);
        let children: u64 = inside
            .filter(|child| child.depth == node.depth + 1)
            .map(|child| child.count)
            .sum();
        assert!(children <= node.count, "{node:?}");
    }
    let reads = tree
        .iter()
        .filter(|node| node.frame.ends_with("NioSocketImpl.implRead"));
    assert_eq!(reads.map(|node| node.count).sum::<u64>(), 17);
    let document = report.document();
    assert_eq!(flames(&document.blocks), [("all", tree[0].count as f64)]);
}

/// JDK 21 shows of a mounted virtual thread only its number, at its carrier, and there the class it waits for.
#[test]
fn both_carriers_of_jdk_21_are_kept_by_one_class_initialiser() {
    let alone = series(&files(&["jdk21-carriers-pinned.jstack-l.txt"]));
    let found = alone.dumps[0].virtual_threads.as_ref().unwrap();
    assert_eq!((found.carriers, found.pinned.len()), (2, 1));
    assert_eq!(found.pinned[0].thread.number, Some(38));

    let both = series(&files(&[
        "jdk21-carriers-pinned.jstack-l.txt",
        "jdk21-carriers-pinned.dump.json",
    ]));
    let found = both.dumps[0].virtual_threads.as_ref().unwrap();
    assert!(found.exhausted);
    let mut pinned: Vec<_> = found
        .pinned
        .iter()
        .map(|pinned| (pinned.thread.number, pinned.because))
        .collect();
    pinned.sort();
    assert_eq!(
        pinned,
        [(Some(37), Pin::ClassInit), (Some(38), Pin::ClassInit)]
    );
}

/// Twelve threads want a monitor that a virtual thread sleeps in; JDK 21 does not list it, but the sleeper keeps its carrier.
#[test]
fn the_owner_that_jdk_21_does_not_list_is_a_candidate() {
    let report = series(&files(&[
        "jdk21-carriers-owner.jstack-l.txt",
        "jdk21-carriers-owner.dump.json",
    ]));
    let lock = &report.dumps[0].ownerless[0];
    assert_eq!((lock.waiters, lock.reason), (12, Unseen::Unlisted));
    let names: Vec<&str> = lock.candidates.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["checkout"]);
    let found = report.dumps[0].virtual_threads.as_ref().unwrap();
    assert_eq!((found.carriers, found.exhausted), (2, false));
}

/// The scheduler said: parallelism 8, size 8, active 4.
#[test]
fn carriers_without_work_are_left() {
    let report = series(&files(&["jdk25-carriers-spare.jstack-l.txt"]));
    let found = report.dumps[0].virtual_threads.as_ref().unwrap();
    assert_eq!((found.carriers, found.mounted), (8, 4));
    assert_eq!((found.pinned.len(), found.exhausted), (4, false));
}
