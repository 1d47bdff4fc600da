//! The host room: snapshots of every kind, several in one file, and damaged ones.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{files, root};
use diag::host::{HostReport, Options, analyse};
use diag::input::{Bundle, Kind, Silent, Source};
use diag::render::{self, Style};

fn read(parts: &[(&str, &[u8])]) -> HostReport {
    let sources: Vec<Source> = parts
        .iter()
        .map(|(name, bytes)| Source::of(*name, bytes.to_vec(), Kind::HostSnapshot))
        .collect();
    let sources: Vec<&Source> = sources.iter().collect();
    analyse(&sources, &Options::default(), &Silent)
}

fn fixture(path: &str) -> Vec<u8> {
    std::fs::read(root().join("fixtures/rules/host").join(path)).unwrap()
}

fn shown(report: &HostReport) {
    let documents = [report.document()];
    let style = Style {
        colour: false,
        width: 100,
        details: true,
    };
    let json = serde_json::to_string(report).unwrap();
    assert_eq!(&serde_json::from_str::<HostReport>(&json).unwrap(), report);
    let _ = render::terminal(&documents, style);
    let _ = render::html(&documents, "");
}

#[test]
fn several_snapshots_in_one_file_are_told_apart() {
    let mut bytes = b"Sun Nov 22 01:02:03 UTC 2026\n".to_vec();
    for part in [
        "swapping/fires/vmstat.txt",
        "close-wait/fires/ss.txt",
        "native-growth/fires/nmt-diff.txt",
        "histogram-growth/fires/histogram-1.txt",
        "descriptors-near-limit/fires/limits.txt",
    ] {
        bytes.extend(fixture(part));
        bytes.push(b'\n');
    }
    let report = read(&[("all.txt", &bytes)]);
    shown(&report);
    assert_eq!(
        report.coverage[0].not_understood, 0,
        "{:?}",
        report.coverage[0]
    );
    assert_eq!(report.vmstats[0].rows.len(), 3);
    assert_eq!(report.sockets[0].states["CLOSE-WAIT"], 25);
    assert_eq!(report.sockets[0].remotes[0].address, "10.0.0.9:8443");
    assert_eq!(report.native[0].pid, Some(4242));
    assert_eq!(report.native[0].change, Some(157_696 * 1024));
    assert_eq!(report.histograms[0].pid, Some(4242));
    assert_eq!(report.histograms[0].classes[0].instances, 500_000);
    assert_eq!(report.limits.len(), 3);
    assert_eq!(report.limits[2].soft, Some(50));
}

#[test]
fn the_answers_of_a_real_jvm() {
    let heap = " garbage-first heap   total 65536K, used 1562K [0x00000000fc000000, 0x0000000100000000)\n  \
                region size 1024K, 1 young (1024K), 0 survivors (0K)\n \
                Metaspace       used 266K, committed 448K, reserved 1114112K\n  \
                class space    used 20K, committed 128K, reserved 1048576K\n";
    let flags = "4242:\n-XX:CICompilerCount=2 -XX:ConcGCThreads=1 -XX:+UseG1GC\n";
    let report = read(&[
        ("heap.txt", heap.as_bytes()),
        ("flags.txt", flags.as_bytes()),
    ]);
    shown(&report);
    let spaces: Vec<_> = report
        .heaps
        .iter()
        .map(|heap| (heap.space.as_str(), heap.total >> 10, heap.used >> 10))
        .collect();
    assert_eq!(
        spaces,
        [
            ("garbage-first heap", 65536, 1562),
            ("Metaspace", 448, 266),
            ("class space", 128, 20)
        ]
    );
    assert_eq!(report.flags[0].pid, Some(4242));
    assert_eq!(report.flags[0].flags.len(), 3);
}

/// `GC.heap_info` of JDK 25 (no blank before the space, `total reserved` for G1), ZGC, Shenandoah.
#[test]
fn heaps_of_other_collectors_and_of_a_newer_jdk() {
    let cases = [
        (
            "4242:\ngarbage-first heap   total reserved 65536K, committed 32768K, used 2965K [0x00000000fc000000, 0x0000000100000000)\n region size 1024K, 2 young (2048K), 0 survivors (0K)\n",
            vec![("garbage-first heap", 32768, 2965)],
        ),
        (
            "4242:\nDefNew     total 19648K, used 2179K [0x00000000fc000000, 0x00000000fd550000, 0x00000000fd550000)\n eden space 17472K,  12% used [0x00000000fc000000, 0x00000000fc220cd0, 0x00000000fd110000)\nTenured    total 43712K, used 1166K [0x00000000fd550000, 0x0000000100000000, 0x0000000100000000)\n",
            vec![("DefNew", 19648, 2179), ("Tenured", 43712, 1166)],
        ),
        (
            "4242:\nZHeap            used 4M, capacity 64M, max capacity 64M\n Cache           60M (1)\n  size classes   32M (1)\n",
            vec![("ZHeap", 65536, 4096)],
        ),
        (
            "4242:\nShenandoah Heap\n 65536K max, 65536K soft max, 32768K committed, 1866K used\n 256 x 256K regions\nStatus: not cancelled\nReserved region:\n - [0x00000000fc000000, 0x0000000100000000) \nCollection set:\n - map (vanilla): 0x0000000000013f00\n\n Metaspace       used 126K, committed 320K, reserved 1114112K\n",
            vec![("Shenandoah Heap", 32768, 1866), ("Metaspace", 320, 126)],
        ),
    ];
    for (text, wanted) in cases {
        let report = read(&[("heap.txt", text.as_bytes())]);
        let spaces: Vec<_> = report
            .heaps
            .iter()
            .map(|heap| (heap.space.as_str(), heap.total >> 10, heap.used >> 10))
            .collect();
        assert_eq!(spaces, wanted);
        assert_eq!(report.coverage[0].not_understood, 0, "{text}");
    }
}

#[test]
fn sizes_for_people_and_threads_by_number() {
    let free = "               total        used        free      shared  buff/cache   available\n\
                Mem:            23Gi       8.0Gi        13Gi       8.7Mi       1.9Gi       1.5Gi\n\
                Swap:          2.0Gi          0B       2.0Gi\n";
    let threads = "  PID   TID %CPU STAT     TIME COMMAND\n29220 29220  0.8 Sl   00:00:00 java\n29220 29223  0.0 Dl   00:00:00 GC Thread#0\n";
    let report = read(&[
        ("free.txt", free.as_bytes()),
        ("ps.txt", threads.as_bytes()),
    ]);
    assert_eq!(report.memory[0].total, 23 << 30);
    assert_eq!(report.memory[0].available, Some(3 << 29));
    assert_eq!(report.memory[0].swap_total, 2 << 30);
    assert_eq!(report.processes[0].list[0].threads, Some(2));
    assert_eq!(report.processes[0].waiting_for_disk, 1);
    for coverage in &report.coverage {
        assert_eq!(coverage.not_understood, 0, "{coverage:?}");
    }
}

#[test]
fn busy_threads_carry_their_native_id() {
    let top = "top - 01:40:13 up  1:35,  0 user,  load average: 20.51, 21.42, 17.36\n\
               Threads:  21 total,   0 running,  21 sleeping,   0 stopped,   0 zombie\n\
               %Cpu(s): 57.1 us, 14.3 sy, 28.6 ni,  0.0 id,  0.0 wa,  0.0 hi,  0.0 si,  0.0 st\n\
               MiB Mem :  24105.6 total,  13004.2 free,   5632.2 used,   5804.2 buff/cache\n\n  \
               PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND\n\
               29446 app       20   0 2640736  40012  21440 R  97.3   0.2   0:00.07 GC Thread#0\n";
    let report = read(&[("topdashH.out", top.as_bytes())]);
    shown(&report);
    assert_eq!(
        report.coverage[0].not_understood, 0,
        "{:?}",
        report.coverage[0]
    );
    assert_eq!(report.tops[0].tasks[0].pid, 29446);
    assert_eq!(report.tops[0].tasks[0].command, "GC Thread#0");
    let rules: Vec<_> = report
        .findings
        .iter()
        .map(|finding| finding.rule.as_str())
        .collect();
    assert_eq!(rules, ["host/cpu-saturated"]);
}

#[test]
fn damaged_snapshots_never_stop_the_rest() {
    let mut noise: u64 = 0x9E37_79B9_7F4A_7C15;
    let seeds = files("fuzz/corpus/host").into_iter();
    for file in seeds.chain(files("fixtures/rules/host")) {
        let bytes = std::fs::read(root().join(&file)).unwrap();
        for step in 0..=20 {
            let cut = bytes.len() * step / 20;
            shown(&read(&[(&file, &bytes[..cut])]));
            let mut damaged = bytes.clone();
            for _ in 0..4 {
                noise = noise
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                let place = (noise >> 16) as usize % damaged.len().max(1);
                if let Some(byte) = damaged.get_mut(place) {
                    *byte = (noise >> 56) as u8;
                }
            }
            shown(&read(&[(&file, &damaged)]));
        }
    }
}

#[test]
fn processes_maps_and_figures_of_real_machines() {
    let report = read(&[
        ("ps-1.txt", &fixture("threads-growing/fires/ps-1.txt")),
        ("ps-2.txt", &fixture("threads-growing/fires/ps-2.txt")),
        (
            "ps-aux.txt",
            &fixture("resident-growing/near-miss/ps-1.txt"),
        ),
        ("pmap.txt", &fixture("malloc-arenas/fires/pmap.txt")),
        ("sar.txt", &fixture("disk-saturated/near-miss/sar.txt")),
        (
            "iostat.txt",
            &fixture("disk-saturated/near-miss/iostat.txt"),
        ),
        ("cpu.pressure", &fixture("pressure/fires/cpu.pressure")),
        ("disk.out", &fixture("disk-full/fires/disk.out")),
        ("memory.max", b"536870912\n"),
    ]);
    shown(&report);
    for coverage in &report.coverage {
        assert_eq!(coverage.not_understood, 0, "{coverage:?}");
    }
    // NLWP of the listing, and what the rows of the second add up to.
    assert_eq!(report.processes[1].list[0].threads, Some(98));
    assert_eq!(report.processes[1].rows, 98);
    assert_eq!(report.processes[2].list[0].resident, Some(42_208 << 10));
    // The total of pmap itself.
    assert_eq!(report.maps[0].resident, 588_596 << 10);
    assert_eq!(report.maps[0].pid, Some(14448));
    assert!(report.maps[0].arenas >= 8, "{:?}", report.maps[0]);
    let idle = report
        .samples
        .iter()
        .filter(|sample| sample.values.contains_key("%idle"));
    assert_eq!(idle.count(), 8);
    let disks = report.samples.iter().filter(|sample| sample.of == "vda");
    assert_eq!(disks.count(), 8);
    assert_eq!(report.pressures[0].resource, "cpu");
    assert!((report.pressures[0].some.avg60 - 90.94).abs() < 0.001);
    assert_eq!(report.volumes[3].mount, "/var/log");
    assert_eq!(report.cgroups[0].values["memory.max"], 536_870_912);
    let at = &report.maps[0].locator;
    assert!(report.taken(at).is_some());
}

#[test]
fn a_date_says_when_what_follows_was_taken() {
    let text = "Sun Nov 22 03:29:36 UTC 2026\nlow 0\noom_kill 0\n\nSun Nov 22 03:30:36 UTC 2026\nlow 0\noom_kill 1\n";
    let report = read(&[("memory.events", text.as_bytes())]);
    let taken: Vec<_> = report
        .cgroups
        .iter()
        .map(|group| report.taken(&group.locator))
        .collect();
    assert_ne!(taken[0], None);
    assert_ne!(taken[0], taken[1]);
}

/// What `jcmd VM.info` prints is what a crash file holds, of a JVM that lives.
#[test]
fn the_information_of_a_jvm_is_no_crash() {
    for (name, used) in [("jdk17", 3), ("jdk25", 3)] {
        let place = format!("fixtures/lab/host/vm-info/{name}.txt");
        let bytes = std::fs::read(root().join(place)).unwrap();
        let files = vec![(format!("{name}.txt"), bytes.clone())];
        let bundle = Bundle::from_buffers(files, &diag::cli::sniffers());
        assert_eq!(bundle.sources[0].kind(), Kind::HostSnapshot);
        assert!(!bundle.sources[0].holds(Kind::Events));
        assert!(!bundle.sources[0].holds(Kind::GcLog));
        let report = read(&[(name, &bytes)]);
        shown(&report);
        assert_eq!(report.coverage[0].not_understood, 0);
        assert_eq!(report.heaps.len(), used, "{:?}", report.heaps);
        assert_eq!(report.heaps[0].total, 32 << 20);
        assert_eq!(report.limits[0].soft, Some(20_000));
        assert_eq!(report.flags[0].flags, ["-Xmx32m"]);
        assert!(report.processes[0].list[0].resident > Some(64 << 20));
        let at = report.taken(&report.heaps[0].locator);
        assert!(format!("{at:?}").contains("Zoned"), "{at:?}");
        // With a crash above it, it belongs to the dead.
        let mut crashed =
            b"#\n# A fatal error has been detected by the Java Runtime Environment:\n#\n".to_vec();
        crashed.extend(&bytes);
        let files = vec![(format!("{name}.log"), crashed)];
        let bundle = Bundle::from_buffers(files, &diag::cli::sniffers());
        assert_eq!(bundle.sources[0].kind(), Kind::Events);
        for end in (0..bytes.len()).step_by(997) {
            let _ = read(&[(name, &bytes[..end])]);
        }
    }
}
