//! The events room against real JVM output, real incidents, the formats of platforms, and damaged input.

#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use std::path::Path;

use common::{corpus, files, root};
use diag::cli;
use diag::events::{
    Event, EventsReport, KillReason, OomScope, OomVariant, Options, ProbeFailure, ProbeKind, Rough,
    RunState, What, analyse,
};
use diag::input::{Bundle, Kind, Silent, Source};
use diag::render::{self, Style};
use diag::time::{Moment, SECOND, Stamp, iso8601};

fn opened(path: &Path) -> EventsReport {
    let bundle = Bundle::open(&[path.to_path_buf()], &cli::sniffers());
    analyse(&bundle.holding(Kind::Events), &Options::default(), &Silent)
}

fn read(name: &str, bytes: &[u8]) -> EventsReport {
    let source = Source::of(name, bytes.to_vec(), Kind::Events);
    analyse(&[&source], &Options::default(), &Silent)
}

fn read_all(files: &[(&str, &str)]) -> EventsReport {
    let files = files
        .iter()
        .map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec()));
    let bundle = Bundle::from_buffers(files.collect(), &diag::cli::sniffers());
    analyse(&bundle.holding(Kind::Events), &Options::default(), &Silent)
}

fn captured(name: &str) -> EventsReport {
    let path = root().join("fixtures/lab/events/captured").join(name);
    read(name, &std::fs::read(path).unwrap())
}

/// Every form of the report, so that none of them fails on what was read.
fn shown(report: &EventsReport) -> String {
    let documents = [report.document()];
    let style = Style {
        colour: false,
        width: 100,
        details: true,
    };
    let json = serde_json::to_string(report).unwrap();
    let again: EventsReport = serde_json::from_str(&json).unwrap();
    assert_eq!(&again, report, "a saved report is the report");
    render::terminal(&documents, style)
        + &render::markdown(&documents, "")
        + &render::html(&documents, "")
}

fn whats(report: &EventsReport) -> Vec<&What> {
    report.events.iter().map(|event| &event.what).collect()
}

fn find(report: &EventsReport, wanted: impl Fn(&What) -> bool) -> Vec<&Event> {
    report
        .events
        .iter()
        .filter(|event| wanted(&event.what))
        .collect()
}

fn instant(text: &str) -> Moment {
    iso8601(text.as_bytes())
        .and_then(|(stamp, _)| stamp.zoned())
        .unwrap()
}

/// Whether an event can have happened at a moment, to the second.
fn at(stamp: Option<Stamp>, text: &str) -> bool {
    let truth = instant(text).lo;
    match stamp {
        Some(Stamp::Zoned(moment) | Stamp::Local(moment)) => {
            moment.lo.plus(-SECOND) <= truth && truth <= moment.hi.plus(SECOND)
        }
        _ => false,
    }
}

#[test]
fn what_a_jvm_writes_when_memory_runs_out() {
    let variants = |name: &str| -> Vec<OomVariant> {
        captured(name)
            .events
            .iter()
            .filter_map(|event| match event.what {
                What::OutOfMemoryError { variant, .. } => Some(variant),
                _ => None,
            })
            .collect()
    };
    assert_eq!(
        variants("heap-dump.log"),
        [OomVariant::HeapSpace, OomVariant::Unstated]
    );
    assert_eq!(variants("array.log"), [OomVariant::ArraySize]);
    assert_eq!(variants("metaspace.log"), [OomVariant::Metaspace]);
    assert_eq!(variants("direct.log"), [OomVariant::DirectBuffer]);
    assert_eq!(variants("threads.log"), [OomVariant::NativeThread]);
    assert_eq!(variants("survives.log"), [OomVariant::HeapSpace]);
    let exits = captured("exit-on-oom.log");
    assert_eq!(whats(&exits), [&What::JvmTerminating { abort: false }]);
    let dump = captured("heap-dump.log");
    let finished = find(&dump, |what| matches!(what, What::HeapDumpFinished { .. }));
    assert!(matches!(finished[0].what, What::HeapDumpFinished { bytes, .. } if bytes > 20_000_000));
}

#[test]
fn a_crash_file_anchors_the_start_of_the_jvm() {
    let report = captured("hs_err_segv.log");
    let crash = &report.crashes[0];
    assert_eq!(crash.error, "SIGSEGV (0xb), sent by kill");
    assert_eq!(crash.frame.as_deref(), Some("C [libc.so.6+0x85f14]"));
    let (Some(Stamp::Zoned(at)), Some(Stamp::Zoned(start))) = (crash.at, crash.jvm_start) else {
        panic!("{crash:?}");
    };
    assert_eq!(at.lo.since(start.lo), crash.uptime.unwrap());
    let memory = captured("hs_err_oom.log");
    let error = "fatal error: OutOfMemory encountered: Java heap space";
    assert_eq!(memory.crashes[0].error, error);
}

#[test]
fn the_leak_incident_is_told_to_the_second() {
    let report = opened(&root().join("fixtures/incidents/leak-probe-kill/evidence"));
    shown(&report);
    for coverage in &report.coverage {
        assert_eq!(coverage.not_understood, 0, "{coverage:?}");
    }
    let truth = truth("leak-probe-kill");
    check_lives(&report, &truth);
    let orders = find(&report, |what| matches!(what, What::KillOrdered { .. }));
    assert_eq!(orders.iter().map(|event| event.count).sum::<u64>(), 2);
    let liveness = KillReason::Probe(ProbeKind::Liveness);
    assert_eq!(orders[0].what, What::KillOrdered { reason: liveness });
    let lost = find(&report, |what| matches!(what, What::SignalLost { .. }));
    assert_eq!(lost.len(), 1);
    let memory = find(&report, What::is_memory_kill);
    assert!(memory.is_empty(), "137 is not a kill for memory");
    let rules: Vec<_> = report
        .findings
        .iter()
        .map(|finding| finding.rule.as_str())
        .collect();
    assert!(rules.contains(&"events/probe-kill"), "{rules:?}");
    assert!(!rules.contains(&"events/oom-killed-container"), "{rules:?}");
    assert!(!rules.contains(&"events/killed-without-order"), "{rules:?}");
}

#[test]
fn the_deadlock_incident_is_told_to_the_second() {
    let report = opened(&root().join("fixtures/incidents/deadlock-probe-kill/evidence"));
    shown(&report);
    check_lives(&report, &truth("deadlock-probe-kill"));
    let errors = find(&report, |what| {
        matches!(what, What::OutOfMemoryError { .. })
    });
    assert!(errors.is_empty());
}

/// The lives of `truth.toml`: (start, end, exit code) as written.
fn truth(incident: &str) -> Vec<(String, Option<String>, Option<i32>)> {
    let path = root()
        .join("fixtures/incidents")
        .join(incident)
        .join("truth/truth.toml");
    let text = std::fs::read_to_string(path).unwrap();
    let lives = text.split("[[lives]]").skip(1);
    lives
        .map(|life| {
            let life = life.split("[[").next().unwrap();
            let field = |name: &str| {
                life.lines().find_map(|line| {
                    let (key, value) = line.split_once(" = ")?;
                    (key == name).then(|| value.trim_matches('"').to_owned())
                })
            };
            let code = field("exit_code").and_then(|code| code.parse().ok());
            (field("start").unwrap(), field("end"), code)
        })
        .collect()
}

fn check_lives(report: &EventsReport, truth: &[(String, Option<String>, Option<i32>)]) {
    assert_eq!(report.lives.len(), truth.len(), "{:#?}", report.lives);
    assert!(report.unobserved.is_empty());
    for (number, (life, (start, end, code))) in report.lives.iter().zip(truth).enumerate() {
        assert_eq!(life.number, Some(number as u64));
        assert!(at(life.started, start), "{life:?} {start}");
        match end {
            Some(end) => {
                assert!(at(life.ended, end), "{life:?} {end}");
                assert!(life.kill_order.is_some());
            }
            None => assert!(life.running),
        }
        if let Some(known) = life.end.as_ref().and_then(|end| end.exit_code) {
            assert_eq!(Some(known), *code);
        }
    }
}

#[test]
fn a_line_of_the_jvm_between_two_records_lies_between_their_times() {
    let log = "22-Nov-2026 00:50:14.559 INFO [http-1] shop served\n\
               java.lang.OutOfMemoryError: Java heap space\n\
               Dumping heap to dumps/java_pid1.hprof ...\n\
               22-Nov-2026 00:50:23.671 SEVERE [http-2] shop Failed to complete processing of a request\n\
               \tjava.lang.OutOfMemoryError: Java heap space\n\
               \t\tat java.base/java.util.Arrays.copyOf(Arrays.java:1)\n\
               Exception in thread \"http-3\" java.lang.OutOfMemoryError: Java heap space\n";
    let report = read("app.log", log.as_bytes());
    let errors = find(&report, |what| {
        matches!(what, What::OutOfMemoryError { .. })
    });
    assert_eq!(errors.len(), 3);
    let Some(Stamp::Local(between)) = errors[0].at else {
        panic!("{errors:?}");
    };
    assert_eq!(between.lo.rfc3339(), "2026-11-22T00:50:14.559Z");
    assert_eq!(between.hi.rfc3339(), "2026-11-22T00:50:23.671999Z");
    let Some(Stamp::Local(exact)) = errors[1].at else {
        panic!("{errors:?}");
    };
    assert_eq!(
        (exact.lo.rfc3339().as_str(), exact.width()),
        ("2026-11-22T00:50:23.671Z", 999)
    );
    assert!(
        matches!(errors[1].what, What::OutOfMemoryError { thread: Some(ref name), .. } if name == "http-2")
    );
    assert!(matches!(errors[2].rough, Some(Rough::After(_))));
}

#[test]
fn the_kernel_says_whose_limit_it_was() {
    let path = root().join("fixtures/rules/events/kernel-oom/fires/dmesg.txt");
    let report = read("dmesg.txt", &std::fs::read(path).unwrap());
    let What::KernelOomKill(kill) = &report.events[0].what else {
        panic!("{:?}", report.events);
    };
    assert_eq!(report.events.len(), 1);
    assert_eq!(kill.scope, OomScope::Memcg);
    assert_eq!(kill.limit, Some(524_288 * 1024));
    assert_eq!(kill.anon_rss, Some(506_500 * 1024));
    let subject = &report.events[0].subject;
    assert_eq!(subject.pid, Some(23_793));
    assert_eq!(
        subject.uid.as_deref(),
        Some("8209d63f-aa89-450d-9813-d555ddcaa175")
    );
    assert!(
        subject
            .container_id
            .as_deref()
            .is_some_and(|id| id.starts_with("3f1e5a7c"))
    );
    let old = "Feb 20 08:18:28 host kernel: java invoked oom-killer: gfp_mask=0x201da, order=0, oom_score_adj=0\n\
               Feb 20 08:18:28 host kernel: Out of memory: Kill process 9295 (java) score 900 or sacrifice child\n\
               Feb 20 08:18:28 host kernel: Killed process 9295 (java) total-vm:8000kB, anon-rss:4000kB, file-rss:0kB\n";
    let report = read("messages", old.as_bytes());
    assert_eq!(report.events.len(), 1, "{:?}", report.events);
    let What::KernelOomKill(kill) = &report.events[0].what else {
        panic!("{:?}", report.events);
    };
    assert_eq!(kill.scope, OomScope::Global);
    assert_eq!(kill.anon_rss, Some(4_096_000));
    assert!(matches!(
        report.events[0].rough,
        Some(Rough::WithoutYear(_))
    ));
}

#[test]
fn platforms_tell_starts_kills_and_ends() {
    let seed = |name: &str| {
        let path = root().join("fuzz/corpus/events").join(name);
        read(name, &std::fs::read(path).unwrap())
    };
    let docker = seed("docker.json");
    assert!(matches!(docker.events[0].what, What::OomKilled));
    assert!(matches!(
        docker.events[1].what,
        What::ContainerTerminated {
            exit_code: Some(137),
            ..
        }
    ));
    let azure = seed("azure.log");
    let (probe, why) = (ProbeKind::WarmUp, ProbeFailure::Timeout);
    assert!(whats(&azure).contains(&&What::ProbeFailed { probe, why }));
    let reason = KillReason::StartFailed;
    assert!(whats(&azure).contains(&&What::KillOrdered { reason }));
    let pod = seed("pod.yaml");
    let container = &pod.containers[0];
    assert_eq!(container.limits.memory, Some(512 << 20));
    assert_eq!(container.limits.cpu_millis, Some(500));
    assert_eq!(container.grace, Some(45 * SECOND));
    assert_eq!(container.probes[0].shortest_outage(), 22 * SECOND);
    assert_eq!(container.java_options.len(), 1);
    assert!(matches!(
        container.state,
        RunState::Running { started: Some(_) }
    ));
    assert_eq!(pod.lives.len(), 2);
    let json = seed("event.json");
    assert_eq!(json.events[0].count, 2);
    let journal = "Nov 20 09:20:00 host systemd[1]: shop.service: Main process exited, code=killed, status=9/KILL\n\
                   Nov 20 09:20:00 host systemd[1]: shop.service: Failed with result 'oom-kill'.\n\
                   Nov 20 09:20:10 host systemd[1]: shop.service: Scheduled restart job, restart counter is at 4.\n";
    let journal = read("journal.txt", journal.as_bytes());
    assert!(matches!(
        journal.events[0].what,
        What::ContainerTerminated {
            signal: Some(9),
            ..
        }
    ));
    assert_eq!(
        journal.events[2].what,
        What::RestartScheduled { counter: Some(4) }
    );
    assert_eq!(
        journal.events[0].subject.unit.as_deref(),
        Some("shop.service")
    );
    assert_eq!(journal.events[0].subject.node.as_deref(), Some("host"));
    let ecs = r#"{"tasks":[{"taskArn":"arn:aws:ecs:eu:1:task/prod/abc","stoppedReason":"Essential container in task exited","stoppedAt":"2026-11-20T09:20:00Z","containers":[{"name":"shop","exitCode":137,"reason":"OutOfMemoryError: Container killed due to memory usage"}]}]}"#;
    let ecs = read("ecs.json", ecs.as_bytes());
    assert!(find(&ecs, |what| matches!(what, What::OutOfMemoryError { .. })).is_empty());
    assert_eq!(find(&ecs, What::is_memory_kill).len(), 1);
}

#[test]
fn a_container_log_belongs_to_the_pod_in_its_path() {
    let path = "logs/pods/prod_shop-0_8209d63f-aa89-450d-9813-d555ddcaa175/app/2.log";
    let log = "x\n\n2026-11-20T09:20:51.120Z ERROR [main] shop - No space left on device\nlast\n";
    let report = read(path, log.as_bytes());
    assert_eq!(report.events[0].subject.name(), "shop-0/app");
    assert_eq!(report.events[0].locator.to_string(), format!("{path}:3"));
    assert_eq!(report.coverage[0].lines, 4);
    let several = read("all.txt[shop-1/app]", log.as_bytes());
    assert_eq!(several.events[0].subject.pod.as_deref(), Some("shop-1"));
}

/// The path of a container's log counts its restarts: it numbers lives, and tells of those that left nothing else.
#[test]
fn the_number_of_a_log_is_that_of_its_life() {
    let event = |second: u32, what: &str| {
        format!(
            "{{\"Type\":\"container\",\"Action\":\"{what}\",\"Actor\":{{\"ID\":\"3f1c\",\"Attributes\":{{\"exitCode\":\"1\",\"io.kubernetes.pod.name\":\"shop-0\",\"io.kubernetes.pod.namespace\":\"prod\",\"io.kubernetes.pod.uid\":\"8209d63f-aa89-450d-9813-d555ddcaa175\",\"io.kubernetes.container.name\":\"app\"}}}},\"time\":{}}}\n",
            1_795_309_200 + second
        )
    };
    let output = "2026-11-22T01:00:10.500000000Z stdout F No space left on device\n";
    let path = "pods/prod_shop-0_8209d63f-aa89-450d-9813-d555ddcaa175/app/3.log";
    let started = [event(9, "start"), event(60, "die"), event(70, "start")].concat();
    let report = read_all(&[("docker.json", &started), (path, output)]);
    let numbers: Vec<_> = report.lives.iter().map(|life| life.number).collect();
    assert_eq!(numbers, [Some(3), None]);
    assert_eq!(report.unobserved[0].lives, 3, "{:?}", report.unobserved);
    // A log that began before any life that is known numbers none; it is a trace of one of its own.
    let late = [event(19, "start"), event(60, "die")].concat();
    let report = read_all(&[("docker.json", &late), (path, output)]);
    assert_eq!(report.lives[0].number, None);
    // Another file in the same place is no life.
    let other = path.replace("3.log", "gc.log");
    assert!(read_all(&[(&other, output)]).outputs.is_empty());
}

#[test]
fn mere_mentions_are_no_events() {
    let texts = [
        "   659:             2             80  [Ljava.lang.OutOfMemoryError; (java.base@17.0.15)\n",
        "-XX:+HeapDumpOnOutOfMemoryError -XX:+ExitOnOutOfMemoryError\n",
        "2026-11-20T09:20:51.120Z INFO [main] shop - 12 threads started in total\n",
        "\tat java.lang.OutOfMemoryError.<init>(OutOfMemoryError.java:48)\n",
        "10.0.0.1 - - [20/Nov/2026:09:20:51 +0000] \"GET /stopped in HTTP/1.1\" 200 5\n",
    ];
    for text in texts {
        assert!(read("x", text.as_bytes()).events.is_empty(), "{text}");
    }
}

#[test]
fn damaged_sources_never_stop_the_rest() {
    let mut sources = Vec::new();
    for folder in [
        "fuzz/corpus/events",
        "fixtures/rules/events",
        "fixtures/lab/events/captured",
    ] {
        for file in files(folder) {
            let bytes = std::fs::read(root().join(&file)).unwrap();
            sources.push((file, bytes));
        }
    }
    let mut noise: u64 = 0x9E37_79B9_7F4A_7C15;
    for (name, bytes) in &sources {
        shown(&read(name, bytes));
        for step in 0..20 {
            let cut = bytes.len() * step / 20;
            shown(&read(name, &bytes[..cut]));
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
            read(name, &damaged);
        }
    }
}

#[test]
fn the_same_bytes_give_the_same_report() {
    let folder = root().join("fixtures/incidents/leak-probe-kill/evidence");
    let once = serde_json::to_string(&opened(&folder)).unwrap();
    let single = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build()
        .unwrap();
    let again = single.install(|| serde_json::to_string(&opened(&folder)).unwrap());
    assert_eq!(once, again);
}

#[test]
fn a_line_that_repeats_for_ever_stays_a_small_report() {
    let line =
        "2026-11-20T09:20:51.120Z ERROR [http-1] shop - Connection refused: db/10.0.0.5:5432\n";
    let report = read("app.log", line.repeat(200_000).as_bytes());
    assert!(report.events.len() < 1000);
    let total: u64 = report.events.iter().map(|event| event.count).sum();
    assert_eq!(total, 200_000);
}

#[test]
fn the_public_samples_are_read_whole() {
    let Some(corpus) = corpus() else {
        return;
    };
    let folder = corpus.join("events");
    let report = opened(&folder);
    shown(&report);
    for coverage in &report.coverage {
        assert_eq!(coverage.not_understood, 0, "{coverage:?}");
    }
    let captured = |name: &str| {
        let capture = report
            .captures
            .iter()
            .find(|capture| capture.source.contains(name));
        capture.map(|capture| capture.captured).unwrap()
    };
    // Start Time 07:30:28 +0100, Scheduled 6m40s ago, and no zone of the reader comes in.
    let oomkill = captured("describe_oomkill");
    let about = instant("2025-02-27T06:37:08Z").lo;
    assert!(
        oomkill.lo <= about && about <= oomkill.hi && oomkill.width() < 4 * SECOND,
        "{oomkill:?}"
    );
    // The bare table has no absolute time of its own: it borrows that of the description of the same pod.
    let table = captured("events_02");
    let describe = captured("describe_02");
    assert!(table.lo <= describe.hi.plus(60 * SECOND) && describe.lo <= table.hi);
    let crash = &report.crashes[0];
    assert_eq!(crash.error, "SIGSEGV (0xb)");
    assert_eq!(crash.uptime, Some(3_139_325));
    let kudu = find(&report, |what| matches!(what, What::KillOrdered { .. }));
    assert!(kudu.iter().any(|event| {
        event
            .subject
            .container
            .as_deref()
            .is_some_and(|name| name.ends_with("_kudu"))
    }));
}
