//! Parts of an incident report that need evidence of their own: bundles of known collectors, programs side by side, the
//! App Service questions, forecasts, capacity, host snapshots, and heap and thread dumps of one JVM.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::io::Write as _;

use common::root;
use diag::finding::Confidence;
use diag::incident::{self, End, IncidentReport};
use diag::input::{Bundle, Kind, Silent};
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

/// What `yc-360-script` leaves in its capture-only mode: one zip with all files flat in one folder, each under its true name.
#[test]
fn a_zip_of_ycrash_is_read_whole() {
    let first = fixture("incidents/deadlock-probe-kill/evidence/threaddump-1.txt");
    let second = fixture("incidents/deadlock-probe-kill/evidence/threaddump-2.txt");
    let busiest = b"Sun Nov 22 10:03:12 KST 2026\nCollected against PID 4242.\n\
        top - 10:03:12 up  1:35,  0 user,  load average: 2.51, 2.42, 1.36\n\
        Threads:  21 total,   1 running,  20 sleeping,   0 stopped,   0 zombie\n\
        %Cpu(s): 10.0 us,  2.0 sy,  0.0 ni, 88.0 id,  0.0 wa,  0.0 hi,  0.0 si,  0.0 st\n\
        MiB Mem :  24105.6 total,  13004.2 free,   5632.2 used,   5804.2 buff/cache\n\n    \
        PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND\n   \
        4250 app       20   0 2640736  40012  21440 R  97.3   0.2   0:00.07 GC Thread#0\n"
        .to_vec();
    let answers = b"GC.class_histogram:\n4242:\n num     #instances         #bytes  class name (module)\n\
        -------------------------------------------------------\n   1:          7203         332648  [B (java.base@17.0.15)\n\
        Total          7203         332648\n\nGC.heap_info:\n4242:\n garbage-first heap   total 65536K, used 1562K [0x00000000fc000000, 0x0000000100000000)\n\
        \nVM.flags:\n4242:\n-XX:CICompilerCount=2 -XX:ConcGCThreads=1 -XX:+UseG1GC\n";
    let jstat = b"Timestamp        S0C    S1C    S0U    S1U      EC       EU        OC         OU       MC     MU    CCSC   CCSU   YGC     YGCT    FGC    FGCT    CGC    CGCT     GCT\n\
        61.2  0.0   1024.0  0.0   1024.0 38912.0   2048.0   25600.0     1200.0   4864.0 3024.0 512.0  299.0       3    0.010   0      0.000   0      0.000    0.010\n\
        62.2  0.0   1024.0  0.0   1024.0 38912.0   3048.0   25600.0     1200.0   4864.0 3024.0 512.0  299.0       3    0.010   0      0.000   0      0.000    0.010\n";
    let vmstat = "procs -----------memory---------- ---swap-- -----io---- -system-- ------cpu-----\n r  b   swpd   free   buff  cache   si   so    bi    bo   in   cs us sy id wa st\n\
        10:03:11  1  0      0 14683500   8020 2075168    0    0  4798  4729  478  715  7  6 86  0  0\n10:03:12  0  0      0 14683500   8020 2075168    0    0     0     0  989  689  7  4 88  0  0\n";
    let dmesg = "[Sun Nov 22 10:01:03 2026] Out of memory: Killed process 999 (backup) total-vm:2623712kB, anon-rss:506500kB, file-rss:1268kB, shmem-rss:0kB, UID:0 pgtables:1412kB oom_score_adj:0\n";
    let access =
        "10.0.0.7 - - [22/Nov/2026:10:02:59 +0900] \"GET /accounts/7 HTTP/1.1\" 200 512 20\n"
            .repeat(20);
    let app = "2026-11-22 10:03:00,123 ERROR [http-1] HikariPool-1 - Connection is not available, request timed out after 30000ms (total=20, active=20, idle=0, waiting=360)\n";
    let mut all = first.clone();
    all.extend_from_slice(b"\n");
    all.extend_from_slice(&second);
    all.extend_from_slice(b"\n");
    all.extend_from_slice(&busiest);
    let files: Vec<(&str, Vec<u8>)> = vec![
        ("meta-info.txt", META.into()),
        (
            "yc360Logs.out",
            b"2026/11/22 10:03:50 [INFO] yc agent version: 2.20.1\n".to_vec(),
        ),
        ("javacore.1.out", first),
        ("javacore.2.out", second),
        ("topdashH.1.out", busiest),
        ("threaddump.out", all),
        ("gc.log", jstat.to_vec()),
        ("hdsub.out", answers.to_vec()),
        ("vmstat.out", vmstat.into()),
        ("dmesg.out", dmesg.into()),
        ("kernel.out", b"kernel.pid_max = 4194304\n".to_vec()),
        (
            "ping.out",
            b"PING localhost (127.0.0.1) 56(84) bytes of data.\n".to_vec(),
        ),
        (
            "disk.out",
            fixture("rules/host/disk-full/near-miss/disk.out"),
        ),
        (
            "ps.out",
            fixture("rules/host/threads-growing/fires/ps-1.txt"),
        ),
        (
            "netstat.out",
            fixture("rules/host/sockets-growing/near-miss/netstat-1.txt"),
        ),
        ("accesslog.out", access.into()),
        ("0.appLogs.ledger.log", app.into()),
        (
            "healthCheckEndpoint.ledger.out",
            b"{\"status\":\"UP\"}".to_vec(),
        ),
        ("custom0.out", b"hello\n".to_vec()),
    ];
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in &files {
        let name = format!("yc-2026-11-22T10-03-50/{name}");
        zip.start_file(name, zip::write::SimpleFileOptions::default())
            .unwrap();
        zip.write_all(bytes).unwrap();
    }
    let packed = zip.finish().unwrap().into_inner();
    let report = of(vec![("yc-2026-11-22T10-03-50.zip", packed)]);
    let layout = report.rooms.layout.as_ref().unwrap();
    assert_eq!(
        (layout.collector.as_str(), layout.host.as_deref()),
        ("yCrash", Some("till-7"))
    );
    let unknown: Vec<&str> = report
        .sources
        .iter()
        .filter(|row| row.kinds == [Kind::Unknown])
        .filter_map(|row| row.name.rsplit('/').next())
        .collect();
    let own = ["kernel.out", "meta-info.txt", "ping.out"];
    let strange = ["custom0.out", "healthCheckEndpoint.ledger.out"];
    for name in unknown {
        assert!(own.contains(&name) || strange.contains(&name), "{name}");
    }
    for coverage in &report.coverage {
        assert_eq!(coverage.not_understood, 0, "{coverage:?}");
    }
    // `threaddump.out` is made of the other two: two dumps, not four.
    assert_eq!(report.rooms.threads.dumps.len(), 2);
    assert_eq!(report.rooms.gc.lives.len(), 1);
    assert_eq!(report.rooms.access.requests, 20);
    let host = &report.rooms.host;
    assert_eq!(host.tops[0].tasks[0].pid, 4250);
    assert_eq!(host.histograms[0].pid, Some(4242));
    assert_eq!((host.heaps.len(), host.flags.len()), (1, 1));
    assert_eq!(host.vmstats[0].rows.len(), 2);
    // The stamps without a zone are those of the host: Seoul.
    assert!(!report.timeline.is_empty());
    for entry in &report.timeline {
        assert!(
            entry.at.lo.rfc3339().starts_with("2026-11-22T01:0"),
            "{entry:?}"
        );
    }
}

/// What `linperf.sh` left until 2022, with the JVM's standard output beside it: four workers that compute.
#[test]
fn results_of_linperf_are_read_whole_and_name_who_computes() {
    let report = opened("lab/host/linperf/captured/spin");
    understood(&report);
    let layout = report.rooms.layout.as_ref().unwrap();
    assert_eq!(
        (
            layout.collector.as_str(),
            layout.process,
            layout.east_of_utc
        ),
        ("IBM linperf", Some(32), Some(0))
    );
    assert_eq!(layout.own_files.len(), 2, "{:?}", layout.own_files);
    // The files hold 5 dumps, 5 lists of ps, 4 refreshes of top, 13 of top -H, 13 rows of vmstat and 2 of netstat.
    let host = &report.rooms.host;
    assert_eq!(report.rooms.threads.dumps.len(), 5);
    assert_eq!((host.processes.len(), host.sockets.len()), (5, 2));
    assert_eq!((host.vmstats.len(), host.vmstats[0].rows.len()), (1, 13));
    assert_eq!((host.tops.len(), host.volumes.len()), (4 + 13, 5));
    let busiest = &report.rooms.threads.cpu[0];
    assert_eq!(busiest.thread.name, "till-worker-2");
    assert!(busiest.top.is_some(), "joined with top -H by its nid");
    let life = &report.lives[0];
    assert_eq!(life.terminator.kind, End::StillRunning);
    assert!(
        life.terminator.evidence[0]
            .locator
            .to_string()
            .contains("ps.out")
    );
    let first = &report.verdict.actions[0];
    assert!(first.contains("4 threads at Till.isReceipt"), "{first}");
}

/// The same since 2025, on a host that does not show UTC: only the times of the archive tell its zone.
#[test]
fn results_of_the_newer_linperf_are_placed_by_the_times_of_their_archive() {
    let report = opened("lab/host/linperf/captured/sockets");
    understood(&report);
    let layout = report.rooms.layout.as_ref().unwrap();
    assert_eq!(
        (layout.host.as_deref(), layout.process),
        (Some("till-3"), Some(712))
    );
    assert_eq!(layout.east_of_utc, Some(9 * 3600 * SECOND));
    assert_eq!(layout.own_files.len(), 3, "{:?}", layout.own_files);
    assert_eq!(report.rooms.host.processes.len(), 1 + 1 + 5);
    let life = &report.lives[0];
    let leak = &life.causes[0];
    assert_eq!(
        (leak.hypothesis.as_str(), leak.holds()),
        ("incident/connection-leak", true)
    );
    let grown = "CLOSE-WAIT sockets grow from 20 to ";
    let found = report
        .rooms
        .host
        .findings
        .iter()
        .any(|finding| finding.title.starts_with(grown));
    assert!(found, "{:?}", report.rooms.host.findings);
}

/// Cut in the middle, the archive gives what came before; without its times the zone stays open.
#[test]
fn damaged_results_of_linperf_claim_nothing() {
    let name = "linperf_RESULTS.20261122.223436.tar.gz";
    let archive = fixture(&format!("lab/host/linperf/captured/sockets/{name}"));
    let cut = of(vec![(name, archive[..archive.len() / 2].to_vec())]);
    assert!(!cut.rooms.host.sockets.is_empty());
    let screen =
        b"2026-11-22 22:34:36\tlinperf version: 2025.09.19.\n2026-11-22 22:34:36\tTimezone: KST\n";
    let report = of(vec![
        ("r/screen.out", screen.to_vec()),
        (
            "r/topdashH.712.out",
            b"2026-11-22 22:34:36\tCollecting against PID 712.\n".to_vec(),
        ),
        (
            "r/ps.out",
            fixture("rules/host/threads-growing/fires/ps-1.txt"),
        ),
    ]);
    let layout = report.rooms.layout.as_ref().unwrap();
    assert_eq!((layout.process, layout.east_of_utc), (Some(712), None));
}

/// Every file is read, or known to be the collector's own; nothing in them is strange.
fn understood(report: &IncidentReport) {
    for read in report.coverage.iter() {
        assert_eq!(read.not_understood, 0, "{read:?}");
    }
    let layout = report.rooms.layout.as_ref().unwrap();
    let known = |name: &String| {
        layout.own_files.contains(name) || report.coverage.iter().any(|read| read.source == *name)
    };
    let strange: Vec<_> = report
        .sources
        .iter()
        .filter(|source| !known(&source.name))
        .collect();
    assert!(strange.is_empty(), "{strange:?}");
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

/// A thread dump in which one thread holds a lock and six more of its pool wait for it.
fn convoy(second: u32, lock: &str, owner: u32) -> Vec<u8> {
    let mut text = format!(
        "2026-11-22 01:03:{second:02}\nFull thread dump OpenJDK 64-Bit Server VM (17.0.15+6 mixed mode, sharing):\n\n"
    );
    for number in 1..=8 {
        let (state, frames) = if number == owner {
            let frames = format!(
                "\tat java.io.FileInputStream.readBytes(java.base@17.0.15/Native Method)\n\tat shop.Prices.load(Prices.java:40)\n\t- locked <0x00000000ffa00000> (a {lock})\n"
            );
            ("RUNNABLE", frames)
        } else {
            let frames = format!(
                "\tat shop.Prices.get(Prices.java:20)\n\t- waiting to lock <0x00000000ffa00000> (a {lock})\n"
            );
            ("BLOCKED (on object monitor)", frames)
        };
        text += &format!(
            "\"http-nio-8080-exec-{number}\" #{id} daemon prio=5 os_prio=0 cpu=12.34ms elapsed=60.00s tid=0x00007f000000{id:04x} nid=0x{id:x} runnable  [0x00007f0000000000]\n   java.lang.Thread.State: {state}\n{frames}\tat org.apache.tomcat.util.net.SocketProcessorBase.run(SocketProcessorBase.java:52)\n\tat java.lang.Thread.run(java.base@17.0.15/Thread.java:840)\n\n",
            id = 20 + number
        );
    }
    text.into_bytes()
}

/// Whether the same lock is held up by somebody in two dumps; that two locks are is no convoy that lasts.
#[test]
fn a_convoy_lasts_where_the_same_lock_is_held_again() {
    let lasts = |second: &str| {
        let report = of(vec![
            ("one.txt", convoy(10, "shop.Prices", 3)),
            ("two.txt", convoy(20, second, 5)),
        ]);
        let own = report.lives.iter().flat_map(|life| &life.mechanisms);
        let convoy = own.filter(|judged| judged.hypothesis == "incident/lock-convoy");
        let mut clues = convoy.flat_map(diag::incident::Judged::speaking_for);
        clues.any(|clue| clue.statement.starts_with("a second dump shows the same"))
    };
    assert!(lasts("shop.Prices"));
    assert!(!lasts("shop.Stock"));
}
