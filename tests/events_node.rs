//! What a node writes about its containers: the kubelet's and containerd's own logs, the journal in all its outputs, storage
//! that stops answering. The lines have the form that the programs write, with other names.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::root;
use diag::events::{EventsReport, KillReason, Options, ProbeFailure, ProbeKind, What, analyse};
use diag::incident::{self, End};
use diag::input::{Bundle, Kind, Silent};

fn bundle(files: &[(&str, &str)]) -> Bundle {
    let files = files
        .iter()
        .map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec()));
    Bundle::from_buffers(files.collect(), &diag::cli::sniffers())
}

fn read(name: &str, text: &str) -> EventsReport {
    let bundle = bundle(&[(name, text)]);
    analyse(&bundle.holding(Kind::Events), &Options::default(), &Silent)
}

fn rules(report: &EventsReport) -> Vec<&str> {
    let findings = report.findings.iter();
    findings.map(|finding| finding.rule.as_str()).collect()
}

fn counted(report: &EventsReport, test: impl Fn(&What) -> bool) -> usize {
    let events = report.events.iter();
    events.filter(|event| test(&event.what)).count()
}

const POD: &str =
    "pod=\"prod/shop-0\" podUID=\"93e17ecc-ab55-461a-b526-29248d2554ad\" containerName=\"app\"";
const FIRST: &str = "05657a9c673d612aedd955a65136ccca36b82ba987831de7844cdc0238f1d707";
const SECOND: &str = "c6f825e51b97cba5742a8a857c789ed287ecd4bec7775e92473559d56026ef09";

/// A liveness probe that times out three times, the kill, and the next life, as `journalctl -u kubelet` shows them.
fn probe_kill() -> String {
    let prefix = "Nov 22 01:04:00 worker-2 kubelet[4052]: ";
    let uid = "93e17ecc-ab55-461a-b526-29248d2554ad";
    let failed = |second: u32| {
        format!(
            "{prefix}I1122 01:03:{second:02}.885628    4052 prober.go:107] \"Probe failed\" probeType=\"Liveness\" {POD} probeResult=\"failure\" output=\"Get \\\"http://10.244.0.14:8080/health\\\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)\"\n"
        )
    };
    let event = |time: &str, kind: &str, id: &str| {
        format!(
            "{prefix}I1122 {time}    4052 kubelet.go:2439] \"SyncLoop (PLEG): event for pod\" pod=\"prod/shop-0\" event={{\"ID\":\"{uid}\",\"Type\":\"{kind}\",\"Data\":\"{id}\"}}\n"
        )
    };
    [
        event("01:00:00.000000", "ContainerStarted", "9192cb33411ff69d015a3577db136757f5b145064a1703efea3d0e12e8a64987"),
        event("01:00:01.000000", "ContainerStarted", FIRST),
        format!("{prefix}I1122 01:00:02.965438    4052 pod_startup_latency_tracker.go:104] \"Observed pod startup duration\" pod=\"prod/shop-0\" podStartSLOduration=2.066691337 podCreationTimestamp=\"2026-11-22 01:00:00 +0000 UTC\"\n"),
        failed(29),
        failed(39),
        failed(49),
        format!("{prefix}I1122 01:03:49.885264    4052 kubelet.go:2528] \"SyncLoop (probe)\" probe=\"liveness\" status=\"unhealthy\" pod=\"prod/shop-0\"\n"),
        format!("{prefix}I1122 01:03:49.885576    4052 kuberuntime_manager.go:1027] \"Message for Container of pod\" containerName=\"app\" containerStatusID={{\"Type\":\"containerd\",\"ID\":\"{FIRST}\"}} pod=\"prod/shop-0\" containerMessage=\"Container app failed liveness probe, will be restarted\"\n"),
        format!("{prefix}I1122 01:03:49.885621    4052 kuberuntime_container.go:808] \"Killing container with a grace period\" {POD} containerID=\"containerd://{FIRST}\" gracePeriod=30\n"),
        format!("{prefix}I1122 01:04:20.075426    4052 generic.go:334] \"Generic (PLEG): container finished\" podID=\"{uid}\" containerID=\"{FIRST}\" exitCode=137\n"),
        event("01:04:20.075500", "ContainerDied", FIRST),
        event("01:04:21.078268", "ContainerStarted", SECOND),
    ]
    .concat()
}

#[test]
fn the_log_of_the_kubelet_tells_a_kill_by_its_probe() {
    let text = probe_kill();
    let report = read("kubelet.log", &text);
    let why = ProbeFailure::Timeout;
    let probe = ProbeKind::Liveness;
    assert_eq!(
        counted(&report, |what| *what == What::ProbeFailed { probe, why }),
        3
    );
    let orders: Vec<_> = report
        .events
        .iter()
        .filter(|event| matches!(event.what, What::KillOrdered { .. }))
        .collect();
    // The explanation and the order are one.
    assert_eq!(orders.len(), 1, "{orders:?}");
    let reason = KillReason::Probe(probe);
    assert_eq!(orders[0].what, What::KillOrdered { reason });
    assert_eq!(orders[0].subject.name(), "shop-0/app");
    let lives = &report.lives;
    assert_eq!(lives.len(), 2, "the sandbox is no life: {lives:?}");
    assert_eq!(lives[0].end.as_ref().unwrap().exit_code, Some(137));
    assert!(lives[0].kill_order.is_some());
    assert!(lives[1].started.is_some() && lives[1].end.is_none());
    assert_eq!(rules(&report), ["events/probe-kill"]);
    // Without any year there is no time, but the order is still one.
    let dateless = text.replace("2026-11-22", "");
    assert_eq!(
        rules(&read("kubelet.log", &dateless)),
        ["events/probe-kill"]
    );
    // The same file as the kubelet itself writes it, and as its journal in JSON.
    let bare = text.replace("Nov 22 01:04:00 worker-2 kubelet[4052]: ", "");
    assert_eq!(rules(&read("kubelet.log", &bare)), ["events/probe-kill"]);
    let json: String = bare
        .lines()
        .map(|line| format!("{}\n", entry("kubelet", line)))
        .collect();
    assert_eq!(rules(&read("journal.json", &json)), ["events/probe-kill"]);
}

#[test]
fn a_pod_that_is_deleted_was_not_killed_by_its_probe() {
    let text = format!(
        "I1122 01:03:49.885621    4052 kuberuntime_container.go:808] \"Killing container with a grace period\" {POD} containerID=\"containerd://{FIRST}\" gracePeriod=30\n\
         I1122 01:03:50.075426    4052 generic.go:334] \"Generic (PLEG): container finished\" podID=\"93e17ecc-ab55-461a-b526-29248d2554ad\" containerID=\"{FIRST}\" exitCode=143\n"
    );
    let report = read("kubelet.log", &text);
    let reason = KillReason::Stop;
    assert_eq!(
        counted(&report, |what| *what
            == What::KillOrdered {
                reason: reason.clone()
            }),
        1
    );
    assert!(rules(&report).is_empty(), "{:?}", rules(&report));
    // Words of the kubelet in an application's own log are no events.
    let near = "2026-11-22T01:02:03Z INFO Health - Probe failed for Liveness probe for \"x\", Error syncing pod\n";
    assert!(read("app.log", near).events.is_empty());
}

#[test]
fn other_lines_of_the_kubelet() {
    let cases = [
        (
            "I1122 01:03:25.885628 4052 prober.go:111] Liveness probe for \"shop-0_prod(93e17ecc-ab55-461a-b526-29248d2554ad):app\" failed (failure): HTTP probe failed with statuscode: 503",
            "ProbeFailed { probe: Liveness, why: Status(503) } & shop-0 & prod",
        ),
        (
            "I1122 01:03:25.885628 4052 prober.go:107] \"Probe failed\" probeType=\"Readiness\" pod=\"prod/shop-0\" podUID=93e17ecc-ab55-461a-b526-29248d2554ad containerName=\"app\" probeResult=failure output=<\n\tGet \"http://10.0.0.1:8080/\": dial tcp 10.0.0.1:8080: connect: connection refused\n >",
            "ProbeFailed { probe: Readiness, why: Refused } & 93e17ecc",
        ),
        (
            "W1122 01:03:25.885628 4052 eviction_manager.go:330] \"Eviction manager: must evict pod(s) to reclaim\" resourceName=\"memory\"\nI1122 01:03:26.885628 4052 eviction_manager.go:591] \"Eviction manager: pod is evicted successfully\" pod=\"prod/shop-0\"",
            "Evicted { resource: Some(\"memory\") } & shop-0",
        ),
        (
            "I1122 01:03:26.885628 4052 eviction_manager.go:563] eviction manager: pod shop-0_prod(93e17ecc-ab55-461a-b526-29248d2554ad) is evicted successfully",
            "Evicted & shop-0 & prod",
        ),
        (
            "I1122 01:03:26.885628 4052 oom_watcher_linux.go:79] \"Got sys oom event\" event={\"Pid\":7788,\"ProcessName\":\"java\",\"TimeOfDeath\":\"2026-11-22T01:03:26Z\",\"ContainerName\":\"/\",\"VictimContainerName\":\"/\"}",
            "NodeOom { victim: Some(\"java\") }",
        ),
        (
            "E1122 01:03:26.885628 4052 pod_workers.go:1298] \"Error syncing pod, skipping\" err=\"failed to \\\"StartContainer\\\" for \\\"app\\\" with CrashLoopBackOff: \\\"back-off 40s restarting failed container=app pod=shop-0_prod(93e17ecc)\\\"\" pod=\"prod/shop-0\" podUID=\"93e17ecc\"",
            "BackOff & container: Some(\"app\")",
        ),
        (
            "E1122 01:03:26.885628 4052 pod_workers.go:1298] \"Error syncing pod, skipping\" err=\"failed to \\\"StartContainer\\\" for \\\"app\\\" with ImagePullBackOff: \\\"Back-off pulling image \\\\\\\"shop:4\\\\\\\"\\\"\" pod=\"prod/shop-0\" podUID=\"93e17ecc\"",
            "ImagePullFailed & shop-0",
        ),
        (
            "E1122 01:03:26.885628 4052 nestedpendingoperations.go:348] Operation for \"{volumeName:kubernetes.io/nfs/93e17ecc-data podName:93e17ecc nodeName:}\" failed. No retries permitted until 2026-11-22 01:05:28 +0000 UTC m=+123 (durationBeforeRetry 2m2s). Error: MountVolume.SetUp failed for volume \"data\" (UniqueName: \"kubernetes.io/nfs/93e17ecc-data\") pod \"shop-0\" (UID: \"93e17ecc\") : mount failed: exit status 32",
            "MountFailed { volume: Some(\"data\") } & shop-0",
        ),
    ];
    for (text, words) in cases {
        let report = read("kubelet.log", &format!("{text}\n"));
        let all: Vec<String> = report
            .events
            .iter()
            .map(|event| format!("{event:?}"))
            .collect();
        let told = |shown: &&String| words.split(" & ").all(|word| shown.contains(word));
        assert!(all.iter().any(|shown| told(&shown)), "{words}: {all:#?}");
        // Cut anywhere, it is no event or one, and never a panic.
        for end in (0..text.len()).step_by(7) {
            let _ = read("kubelet.log", &text[..end]);
        }
    }
    // The node problem detector repeats the kernel's lines.
    let twice = "Nov 22 01:03:26 w kernel: [  139.2] Memory cgroup out of memory: Killed process 7788 (java) total-vm:7169492kB, anon-rss:7165824kB, file-rss:956kB, shmem-rss:0kB, UID:0 pgtables:14076kB oom_score_adj:1000\n\
        Nov 22 01:03:26 w node-problem-detector[4208]: I1122 01:03:26.767687    4208 log_monitor.go:159] New status generated: &{Source:kernel-monitor Events:[{Severity:warn Reason:OOMKilling Message:Memory cgroup out of memory: Killed process 7788 (java) total-vm:7169492kB}]}\n";
    let report = read("syslog", twice);
    assert_eq!(
        counted(&report, |what| matches!(what, What::KernelOomKill(_))),
        1
    );
}

const SANDBOX: &str = "0a1d10b0bff7e6307119369f84142b36e59131b3ff97ffd022bf5d99f7564e97";

/// The life of a container in containerd's log: a JVM that was asked to stop and did not in time.
fn containerd(exit: &str) -> String {
    let line = |second: u32, message: &str| {
        let message = message.replace('"', "\\\"");
        format!("time=\"2026-11-22T01:02:{second:02}.754610904Z\" level=info msg=\"{message}\"\n")
    };
    [
        line(0, &format!("RunPodSandbox for &PodSandboxMetadata{{Name:shop-0,Uid:93e17ecc-ab55-461a-b526-29248d2554ad,Namespace:prod,Attempt:0,}} returns sandbox id \"{SANDBOX}\"")),
        line(1, &format!("CreateContainer within sandbox \"{SANDBOX}\" for &ContainerMetadata{{Name:app,Attempt:0,}} returns container id \"{FIRST}\"")),
        line(2, &format!("StartContainer for \"{FIRST}\"")),
        line(3, &format!("StartContainer for \"{FIRST}\" returns successfully")),
        // A command inside the container, as a probe runs it.
        line(9, &format!("TaskExit event container_id:\"{FIRST}\" id:\"{SECOND}\" pid:4021 exit_status:1 exited_at:{{seconds:1795309329 nanos:547387052}}")),
        line(10, &format!("StopContainer for \"{FIRST}\" with timeout 30 (s)")),
        line(40, &format!("Kill container \"{FIRST}\"")),
        line(41, &format!("received exit event container_id:\"{FIRST}\"  id:\"{FIRST}\"  pid:4020  {exit}  exited_at:{{seconds:1795309361  nanos:547387052}}")),
        line(51, &format!("TaskExit event container_id:\"{FIRST}\" id:\"{FIRST}\" pid:4020 {exit} exited_at:{{seconds:1795309361 nanos:547387052}}")),
        line(52, &format!("StopPodSandbox for \"{SANDBOX}\"")),
        line(53, &format!("TaskExit event container_id:\"{SANDBOX}\" id:\"{SANDBOX}\" pid:4000 exit_status:137 exited_at:{{seconds:1795309372 nanos:547387052}}")),
    ]
    .concat()
}

#[test]
fn the_log_of_containerd_tells_lives_and_names() {
    let text = containerd("exit_status:137");
    let report = read("containerd.log", &text);
    assert_eq!(report.lives.len(), 1, "{:#?}", report.lives);
    let life = &report.lives[0];
    assert_eq!(life.subject.name(), "shop-0/app");
    assert_eq!(life.subject.namespace.as_deref(), Some("prod"));
    assert_eq!(life.end.as_ref().unwrap().exit_code, Some(137));
    assert!(life.started.is_some() && life.kill_order.is_some());
    assert!(rules(&report).is_empty(), "{:?}", rules(&report));
    // Behind syslog, which has neither year nor zone, the line's own time counts.
    let wrapped: String = text
        .lines()
        .map(|line| format!("Nov 22 10:02:00 worker-2 containerd[3039]: {line}\n"))
        .collect();
    assert_eq!(read("syslog", &wrapped).lives[0].ended, life.ended);
    // The kubelet's log says why; together they are one story.
    let files = [("kubelet.log", probe_kill()), ("containerd.log", text)];
    let all = bundle(&[(files[0].0, &files[0].1), (files[1].0, &files[1].1)]);
    let report = incident::analyse(&all, &Silent);
    let ends: Vec<End> = report
        .lives
        .iter()
        .map(|life| life.terminator.kind)
        .collect();
    assert!(ends.contains(&End::ProbeKill), "{ends:?}");
}

#[test]
fn older_words_of_containerd_and_a_job_that_is_done() {
    let old = format!(
        "time=\"2026-11-22T01:02:03.642359076Z\" level=info msg=\"TaskExit event &TaskExit{{ContainerID:{FIRST},ID:{FIRST},Pid:31408,ExitStatus:137,ExitedAt:2026-11-22 01:02:03.618338639 +0000 UTC,XXX_unrecognized:[],}}\"\n\
         time=\"2026-11-22T01:04:03.642359076Z\" level=error msg=\"failed to handle container TaskExit event &TaskExit{{ContainerID:{FIRST},ID:{FIRST},Pid:31408,ExitStatus:137,ExitedAt:2026-11-22 01:02:03.618338639 +0000 UTC,XXX_unrecognized:[],}}\" error=\"failed to stop container: context deadline exceeded: unknown\"\n"
    );
    let report = read("containerd.log", &old);
    assert_eq!(
        report.lives.len(),
        1,
        "the same end told twice: {:?}",
        report.lives
    );
    assert_eq!(rules(&report), ["events/killed-without-order"]);
    // A job that ends by itself with 0, which protocol buffers leave out.
    let done = containerd("").replace("StopContainer", "Removed");
    let report = read("containerd.log", &done);
    assert_eq!(report.lives[0].end.as_ref().unwrap().exit_code, Some(0));
    assert!(rules(&report).is_empty(), "{:?}", rules(&report));
    for end in (0..old.len()).step_by(9) {
        let _ = read("containerd.log", &old[..end]);
    }
}

/// What a real journald took, in every output of `journalctl`: the same events, told at the first line of their entries.
#[test]
fn every_output_of_the_journal_tells_the_same() {
    let place = root().join("fixtures/lab/events/journal/captured");
    let told = |name: &str| {
        let text = std::fs::read(place.join(name)).unwrap();
        let files = vec![(name.to_owned(), text)];
        let bundle = Bundle::from_buffers(files, &diag::cli::sniffers());
        let report = analyse(&bundle.holding(Kind::Events), &Options::default(), &Silent);
        // The container was told to end; the unit was not.
        let without = &report.findings[1];
        assert!(without.title.starts_with("shop.service: "), "{name}");
        let wanted = ["events/probe-kill", "events/killed-without-order"];
        assert_eq!(rules(&report), wanted, "{name}");
        let events = report.events.iter();
        let all: Vec<String> = events
            .map(|event| format!("{:?} {:?} {}", event.what, event.at, event.subject.name()))
            .collect();
        all
    };
    let json = told("json.txt");
    assert_eq!(json.len(), 4, "{json:#?}");
    for name in ["json-pretty.txt", "json-seq.txt", "export.txt"] {
        assert_eq!(told(name), json, "{name}");
    }
    assert_eq!(told("short.txt").len(), 4);
}

/// Which nodes were not ready when somebody looked; a node that is only closed for new pods is well.
#[test]
fn tables_of_nodes() {
    let table = |status: &str| {
        format!(
            "NAME       STATUS                     ROLES           AGE   VERSION\n\
             master-0   Ready                      control-plane   98d   v1.31.2\n\
             worker-2   {status:<26} <none>          98d   v1.31.2\n"
        )
    };
    for status in ["NotReady", "NotReady,SchedulingDisabled", "Unknown"] {
        let report = read("nodes.txt", &table(status));
        assert_eq!(report.coverage[0].not_understood, 0);
        assert_eq!(rules(&report), ["events/node-trouble"]);
        assert_eq!(report.events[0].subject.node.as_deref(), Some("worker-2"));
    }
    let wide = "NAME       STATUS     ROLES    AGE   VERSION   INTERNAL-IP   EXTERNAL-IP   OS-IMAGE                         KERNEL-VERSION   CONTAINER-RUNTIME\n\
                worker-2   NotReady   <none>   98d   v1.31.2   10.0.0.12     <none>        Debian GNU/Linux 12 (bookworm)   6.1.0-30-amd64   containerd://1.7.24\n";
    assert_eq!(rules(&read("nodes.txt", wide)), ["events/node-trouble"]);
    for status in ["Ready", "Ready,SchedulingDisabled"] {
        let report = read("nodes.txt", &table(status));
        assert!(report.events.is_empty(), "{:?}", report.events);
        assert_eq!(
            (
                report.coverage[0].records,
                report.coverage[0].not_understood
            ),
            (2, 0)
        );
    }
    assert_eq!(
        read("nodes.txt", &table("gone")).coverage[0].not_understood,
        1
    );
}

/// An entry of the journal as `-o json` writes it.
fn entry(program: &str, message: &str) -> String {
    let message = serde_json::to_string(message).unwrap();
    format!(
        "{{\"__REALTIME_TIMESTAMP\":\"1795309443000000\",\"SYSLOG_IDENTIFIER\":\"{program}\",\"_HOSTNAME\":\"worker-2\",\"MESSAGE\":{message}}}"
    )
}

/// Storage that was there: what the kernel and applications write of it, and what only sounds alike.
#[test]
fn storage_that_stops_answering() {
    let cases = [
        (
            "[ 8523.347168] nfs: server 10.20.0.5 not responding, timed out",
            Some("10.20.0.5"),
        ),
        (
            "[Sun Nov 22 00:17:16 2026] CIFS: VFS: \\\\files.acme.example has not responded in 180 seconds. Reconnecting...",
            Some("files.acme.example"),
        ),
        (
            "[618506.636206] CIFS VFS: Server 10.0.0.8 has not responded in 120 seconds. Reconnecting...",
            Some("10.0.0.8"),
        ),
        (
            "[  139.201420] blk_update_request: I/O error, dev vdb, sector 1953125 op 0x1:(WRITE) flags 0x800",
            Some("vdb"),
        ),
        (
            "[  139.201420] EXT4-fs (vdb): Remounting filesystem read-only",
            Some("vdb"),
        ),
        (
            "2026-11-22 01:11:42,518 ERROR x - java.io.FileNotFoundException: /data/out.csv: Read-only file system",
            Some("/data/out.csv"),
        ),
        (
            "2026-11-22 01:11:42,518 ERROR x - java.io.IOException: Input/output error",
            None,
        ),
        (
            "2026-11-22 01:11:42,518 ERROR x - java.nio.file.FileSystemException: /site/wwwroot/logs: Host is down",
            Some("/site/wwwroot/logs"),
        ),
        (
            "2026-11-22T01:11:42Z cp: cannot stat: /data/export: Stale file handle",
            Some("/data/export"),
        ),
    ];
    for (line, of) in cases {
        let report = read("messages", &format!("{line}\n"));
        let of = of.map(str::to_owned);
        assert_eq!(report.events.len(), 1, "{line}");
        assert_eq!(report.events[0].what, What::StorageLost { of }, "{line}");
    }
    let alike = [
        "[ 9101.072717] nfs: server 10.20.0.5 OK",
        "2026-11-22 01:11:42,518 INFO x - handled: Input/output error",
        "2026-11-22 01:11:42,518 INFO x - the peer has not responded in 180 seconds",
        "2026-11-22 01:11:42,518 INFO x - \tat com.acme.Host.run(Host.java:1): Host is down",
    ];
    for line in alike {
        let report = read("messages", &format!("{line}\n"));
        assert!(report.events.is_empty(), "{line}: {:?}", report.events);
    }
}

/// A container that was killed while its NFS server was silent; the same silence hours before explains nothing.
#[test]
fn storage_that_stopped_answering_is_a_cause_only_near_the_end() {
    let cause = |hour: &str| {
        let kernel = format!(
            "2026-11-22T{hour}:02:03.004512+00:00 worker-2 kernel: [ 8523.347168] nfs: server 10.20.0.5 not responding, still trying\n"
        );
        let text = containerd("exit_status:137");
        let all = bundle(&[("containerd.log", &text), ("kernel.log", &kernel)]);
        let report = incident::analyse(&all, &Silent);
        let life = &report.lives[0];
        let mut causes = life.causes.iter();
        causes.any(|cause| cause.hypothesis == "incident/storage-failure" && cause.holds())
    };
    assert!(cause("01"));
    assert!(!cause("00"));
}
