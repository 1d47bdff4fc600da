//! Each format and each word of the events room that a supervisor, a kernel or a server writes, one by one: the lines as
//! they are written, and what must be read of them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::nothing_wrong;
use diag::events::{EventsReport, Options, What, analyse};
use diag::input::{Bundle, Kind, Silent};

fn read(name: &str, text: &str) -> EventsReport {
    let files = vec![(name.to_owned(), text.as_bytes().to_vec())];
    let bundle = Bundle::from_buffers(files, &diag::cli::sniffers());
    let sources = bundle.holding(Kind::Events);
    analyse(&sources, &Options::default(), &Silent)
}

/// What must be told of `text`: words of the debug form of an event, its time included where it has one.
fn told(report: &EventsReport, words: &str) -> bool {
    let all = report.events.iter();
    all.map(|event| format!("{event:?}"))
        .any(|shown| words.split(" & ").all(|word| shown.contains(word)))
}

/// Name and content of a file, and what must be told of it.
fn check(cases: &[(&str, impl AsRef<str>, &str)]) {
    let mut complaints = Vec::new();
    for (name, text, words) in cases {
        let text = text.as_ref();
        let report = read(name, text);
        if !told(&report, words) {
            let found: Vec<String> = report
                .events
                .iter()
                .map(|event| format!("{:?}", event.what))
                .collect();
            complaints.push(format!("{name}: {words:?} is not among {found:?}: {text}"));
        }
    }
    nothing_wrong("formats of the events room", &complaints);
}

const EVENTS: &str = "LAST SEEN   TYPE      REASON   OBJECT   MESSAGE\n";

/// A table of `kubectl get events` with one row.
fn event(reason: &str, object: &str, message: &str) -> String {
    format!("{EVENTS}5m3s        Warning   {reason}   {object}   {message}\n")
}

#[test]
fn reasons_of_kubernetes() {
    let pod = "pod/shop-1";
    let cases = [
        (
            "NodeNotReady",
            "node/worker-2",
            "Node worker-2 status is now: NodeNotReady",
            "NodeNotReady",
        ),
        (
            "Rebooted",
            "node/worker-2",
            "Node worker-2 has been rebooted, boot id: 4c1b",
            "NodeRebooted",
        ),
        (
            "FailedScheduling",
            pod,
            "0/3 nodes are available: 3 node(s) didn't have free ports for the requested pod ports.",
            "SchedulingFailed",
        ),
        (
            "FailedAttachVolume",
            pod,
            "Multi-Attach error for volume \"pvc-1\" Volume is already exclusively attached to one node",
            "MountFailed",
        ),
        (
            "FailedMount",
            pod,
            "MountVolume.SetUp failed for volume \"x\" : configmap \"y\" not found",
            "MountFailed",
        ),
        (
            "Evicted",
            pod,
            "The node was low on resource: memory. Container c was using 1924152Ki, which exceeds its request of 0.",
            "Evicted",
        ),
        (
            "Unhealthy",
            pod,
            "Liveness probe failed: HTTP probe failed with statuscode: 503",
            "ProbeFailed & Status(503)",
        ),
        (
            "Unhealthy",
            pod,
            "Readiness probe failed: Get \"http://10.0.0.1:8080/\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)",
            "ProbeFailed & Readiness & Timeout",
        ),
        (
            "Killing",
            pod,
            "Container app failed liveness probe, will be restarted",
            "KillOrdered & Probe(Liveness)",
        ),
        (
            "BackOff",
            pod,
            "Back-off restarting failed container app in pod shop-1_prod(1)",
            "BackOff",
        ),
        ("Failed", pod, "Error: ImagePullBackOff", "ImagePullFailed"),
        (
            "Failed",
            pod,
            "Failed to pull image \"shop:9\": rpc error: code = NotFound",
            "ImagePullFailed",
        ),
        (
            "SystemOOM",
            "node/worker-2",
            "System OOM encountered, victim process: java, pid: 9295",
            "NodeOom",
        ),
        (
            "OOMKilling",
            "node/worker-2",
            "Memory cgroup out of memory: Killed process 23793 (java) total-vm:2623712kB, anon-rss:506500kB, file-rss:1268kB",
            "KernelOomKill & Memcg",
        ),
        (
            "Preempted",
            pod,
            "Preempted by a pod on node worker-2",
            "Preempted",
        ),
        (
            "FailedCreatePodSandBox",
            pod,
            "Failed to create pod sandbox: rpc error: code = Unknown",
            "SandboxFailed",
        ),
    ];
    check(&cases.map(|(reason, object, message, words)| {
        ("events.txt", event(reason, object, message), words)
    }));
}

#[test]
fn what_the_kubelet_warns_of_has_not_happened() {
    let node = "node/worker-2";
    check(&[
        (
            "events.txt",
            event("EvictionThresholdMet", node, "Attempting to reclaim memory"),
            "NodePressure & memory",
        ),
        (
            "events.txt",
            event(
                "TaintManagerEviction",
                "pod/shop-1",
                "Marking for deletion Pod prod/shop-1",
            ),
            "Evicted",
        ),
    ]);
    let still = [
        event("EvictionThresholdMet", node, "Attempting to reclaim memory"),
        event(
            "TaintManagerEviction",
            "pod/shop-1",
            "Cancelling deletion of Pod prod/shop-1",
        ),
        event(
            "ProbeWarning",
            "pod/shop-1",
            "Liveness probe warning: Probe terminated redirects",
        ),
    ];
    for text in still {
        let report = read("events.txt", &text);
        assert!(!told(&report, "Evicted"), "{:?}", report.events);
        assert!(!told(&report, "ProbeFailed"), "{:?}", report.events);
    }
}

const YAML: &str = "apiVersion: v1\nitems:\n- apiVersion: v1\n  count: 4\n  firstTimestamp: \"2026-11-22T01:00:00Z\"\n  involvedObject:\n    kind: Pod\n    name: shop-1\n    namespace: prod\n  kind: Event\n  lastTimestamp: \"2026-11-22T01:05:00Z\"\n  message: 'Liveness probe failed: HTTP probe failed with statuscode: 503'\n  metadata:\n    name: shop-1.17\n  reason: Unhealthy\n  source:\n    component: kubelet\n  type: Warning\nkind: List\n";

const WIDE: &str = "LAST SEEN   TYPE      REASON      OBJECT       SUBOBJECT                SOURCE              MESSAGE                                    FIRST SEEN   COUNT   NAME\n\
                    5m          Warning   Unhealthy   pod/shop-1   spec.containers{shop}    kubelet, worker-2   Liveness probe failed: HTTP probe failed with statuscode: 503   12m   4   shop-1.17\n";

#[test]
fn shapes_of_kubernetes() {
    check(&[
        ("wide.txt", WIDE, "Status(503) & count: 4"),
        ("events.yaml", YAML, "Status(503) & count: 4"),
        (
            "events.json",
            "{\"kind\":\"List\",\"items\":[{\"kind\":\"Event\",\"apiVersion\":\"events.k8s.io/v1\",\"reason\":\"Unhealthy\",\"note\":\"Liveness probe failed: HTTP probe failed with statuscode: 503\",\"eventTime\":\"2026-11-22T01:00:00.000001Z\",\"series\":{\"count\":4,\"lastObservedTime\":\"2026-11-22T01:05:00.000000Z\"},\"regarding\":{\"kind\":\"Pod\",\"name\":\"shop-1\"}}]}",
            "Status(503) & count: 4",
        ),
    ]);
    let report = read(
        "pods.txt",
        "NAME     READY   STATUS             RESTARTS       AGE\nshop-1   0/1     CrashLoopBackOff   7 (2m3s ago)   18m\n",
    );
    assert_eq!(report.pods[0].restarts, Some(7), "{:?}", report.pods);
}

#[test]
fn runtimes_kernel_and_systemd() {
    check(&[
        (
            "containerd.log",
            "time=\"2026-11-22T01:02:03.123456789Z\" level=info msg=\"TaskOOM event container_id:\\\"3f1c9a\\\"\"\n",
            "OomKilled & 3f1c9a & at: Some",
        ),
        (
            "containerd-old.log",
            "time=\"2026-11-22T01:02:03.123456789Z\" level=info msg=\"TaskOOM event &TaskOOM{ContainerID:3f1c9a,}\"\n",
            "OomKilled & 3f1c9a",
        ),
        (
            "docker.json",
            "{\"status\":\"die\",\"id\":\"3f1c\",\"Type\":\"container\",\"Action\":\"die\",\"Actor\":{\"ID\":\"3f1c\",\"Attributes\":{\"exitCode\":\"137\",\"name\":\"shop\"}},\"time\":1795309323,\"timeNano\":1795309323000000000}\n",
            "ContainerTerminated & 137",
        ),
        (
            "docker.txt",
            "2026-11-22T01:02:03.678901234+00:00 container die 3f1c9a7be2d04c5aa6b8 (exitCode=137, image=shop:3, name=shop)\n2026-11-22T01:02:04.678901234+00:00 container start 3f1c9a7be2d04c5aa6b8 (image=shop:3, name=shop)\n",
            "ContainerTerminated & 137",
        ),
        (
            "kernel.log",
            "[337533.314000] Out of memory: Kill process 9295 (java) score 861 or sacrifice child\n[337533.315000] Killed process 9295 (java) total-vm:2623712kB, anon-rss:506500kB, file-rss:1268kB\n",
            "KernelOomKill & 9295",
        ),
        (
            "journal.json",
            "{\"__REALTIME_TIMESTAMP\":\"1795309323000000\",\"_BOOT_ID\":\"b1\",\"MESSAGE_ID\":\"fe6faa94e7774663a0da52717891d8ef\",\"UNIT\":\"shop.service\",\"SYSLOG_IDENTIFIER\":\"systemd\",\"MESSAGE\":\"shop.service: A process of this unit has been killed by the OOM killer.\"}\n{\"__REALTIME_TIMESTAMP\":\"1795309323000000\",\"_BOOT_ID\":\"b1\",\"MESSAGE_ID\":\"fe6faa94e7774663a0da52717891d8ef\",\"UNIT\":\"shop.service\",\"SYSLOG_IDENTIFIER\":\"systemd\",\"MESSAGE\":\"shop.service: Failed with result 'oom-kill'.\"}\n",
            "OomKilled & shop.service",
        ),
        (
            "bytes.json",
            // `shop.service: Main process exited, code=killed, status=9/KILL`
            "{\"__REALTIME_TIMESTAMP\":\"1795309323000000\",\"SYSLOG_IDENTIFIER\":\"systemd\",\"UNIT\":\"shop.service\",\"MESSAGE\":[115,104,111,112,46,115,101,114,118,105,99,101,58,32,77,97,105,110,32,112,114,111,99,101,115,115,32,101,120,105,116,101,100,44,32,99,111,100,101,61,107,105,108,108,101,100,44,32,115,116,97,116,117,115,61,57,47,75,73,76,76]}\n",
            "ContainerTerminated & signal: Some(9) & shop.service",
        ),
        (
            "full.txt",
            "Sun 2026-11-22 01:02:03 KST app-7 systemd[1]: shop.service: Main process exited, code=killed, status=9/KILL\n",
            "ContainerTerminated & signal: Some(9) & shop.service & Local",
        ),
        (
            "oomd.txt",
            "Nov 22 01:02:03 app-7 systemd[1]: shop.service: systemd-oomd killed 3 process(es) in this unit.\n",
            "OomKilled & shop.service",
        ),
        (
            "apps.json",
            "{\"TimeStamp\":\"2026-11-22 01:02:03 +0000 UTC\",\"Type\":\"Warning\",\"ContainerAppName\":\"shop\",\"ReplicaName\":\"shop--1\",\"Msg\":\"Container 'shop' was terminated with exit code '137' and reason 'OOMKilled'\",\"Reason\":\"ContainerTerminated\",\"Count\":1}\n",
            "ContainerTerminated & exit_code: Some(137) & OOMKilled",
        ),
        (
            "journal.txt",
            "Nov 22 01:02:03 app-7 systemd[1]: shop.service: Main process exited, code=killed, status=9/KILL\nNov 22 01:02:03 app-7 systemd[1]: shop.service: Failed with result 'oom-kill'.\n",
            "shop.service",
        ),
    ]);
}

/// A line of an application log at a second of its own.
fn line(text: &str) -> String {
    format!(
        "2026-11-22 01:02:03,123 {text}\n2026-11-22 01:02:04,123 INFO  [main] (App) next line\n"
    )
}

#[test]
fn servers_start_and_stop() {
    let cases = [
        (
            "INFO [main] org.apache.catalina.startup.Catalina.start Server startup in [19,127] milliseconds",
            "ServerStarted & Tomcat & 19127000",
        ),
        (
            "INFO [org.jboss.as] (Controller Boot Thread) WFLYSRV0025: WildFly Full 27.0.1.Final (WildFly Core 19.0.1.Final) started in 10685ms - Started 2819 of 3031 services",
            "ServerStarted & 10685000",
        ),
        (
            "INFO [org.jboss.as] (Controller Boot Thread) WFLYSRV0026: WildFly Full 27.0.1.Final (WildFly Core 19.0.1.Final) started (with errors) in 10685ms - Started 2819 of 3031 services",
            "Server",
        ),
        (
            "INFO [org.jboss.as] (MSC service thread 1-2) WFLYSRV0050: WildFly Full 27.0.1.Final (WildFly Core 19.0.1.Final) stopped in 45ms",
            "ServerStopped",
        ),
        (
            "INFO [main] c.a.App : Started App in 4.2 seconds (process running for 4.9)",
            "ServerStarted & 4900000",
        ),
        (
            "INFO [main] c.a.App : Started App in 4.2 seconds (JVM running for 4.9)",
            "ServerStarted & 4900000",
        ),
        (
            "INFO [ionShutdownHook] o.s.b.w.e.tomcat.GracefulShutdown : Commencing graceful shutdown. Waiting for active requests to complete",
            "ServerStopping",
        ),
        (
            "INFO [main] org.eclipse.jetty.server.Server Started Server@1b2c3d{STARTING}[11.0.15,sto=0] @2045ms",
            "ServerStarted & Jetty",
        ),
        (
            "INFO [io.quarkus] (main) shop 1.0.0 on JVM (powered by Quarkus 3.8.1) started in 1.234s. Listening on: http://0.0.0.0:8080",
            "ServerStarted & Quarkus & 1234000",
        ),
        (
            "INFO [io.quarkus] (main) shop stopped in 0.030s",
            "ServerStopped",
        ),
        (
            "INFO [main] io.undertow.Undertow starting server: Undertow - 2.3.7.Final",
            "Undertow",
        ),
        (
            "INFO [main] io.undertow stopping server: Undertow - 2.3.7.Final",
            "Undertow",
        ),
        (
            "INFO [org.jboss.as] (Controller Boot Thread) WFLYSRV0025: JBoss EAP 7.4.0.GA (WildFly Core 15.0.2.Final-redhat-00001) started in 10,685ms - Started 2819 of 3031 services",
            "ServerStarted & 10685000",
        ),
        (
            "INFO [org.jboss.as.server] (Thread-2) WFLYSRV0220: Server shutdown has been requested via an OS signal",
            "ServerStopping & WildFly",
        ),
    ];
    check(&cases.map(|(text, words)| ("app.log", line(text), words)));
}

#[test]
fn failures_that_applications_write() {
    let oom = |text: &str| format!("ERROR [http-1] java.lang.OutOfMemoryError: {text}");
    let cases = [
        (oom("Java heap space"), "HeapSpace"),
        (oom("GC overhead limit exceeded"), "GcOverhead"),
        (oom("Metaspace"), "Metaspace"),
        (oom("Compressed class space"), "CompressedClassSpace"),
        (oom("Requested array size exceeds VM limit"), "ArraySize"),
        (oom("Direct buffer memory"), "DirectBuffer"),
        (oom("Cannot reserve 1048576 bytes of direct buffer memory (allocated: 8388608, limit: 8388608)"), "DirectBuffer"),
        (oom("unable to create native thread: possibly out of memory or process/resource limits reached"), "NativeThread"),
        (oom("unable to create new native thread"), "NativeThread"),
        (oom("Map failed"), "MapFailed"),
        (oom("Required length exceeds implementation limit"), "ArraySize"),
        (oom("request 1048576 bytes for Chunk::new. Out of swap space?"), "SwapSpace"),
        ("[os,thread] Failed to start thread \"Unknown thread\" with pthread_create (EAGAIN) for attributes: stacksize: 1024k, guardsize: 0k, detached.".to_owned(), "NativeThreadFailed"),
        ("WARN [Catalina-utility-1] o.a.c.valves.StuckThreadDetectionValve Thread [http-nio-8080-exec-1] (id=[42]) has been active for [612,345] milliseconds (since [11/22/26 1:02 AM]) to serve the same request for [/report]".to_owned(), "StuckThread & exec-1 & 612345000"),
        ("<BEA-000337> <[STUCK] ExecuteThread: '12' for queue: 'weblogic.kernel.Default' has been busy for \"637\" seconds".to_owned(), "StuckThread & ExecuteThread: '12'"),
        ("ERROR [default task-1] javax.resource.ResourceException: IJ000655: No managed connections available within configured blocking timeout (30000 [ms])".to_owned(), "PoolExhausted"),
        ("ERROR [http-1] redis.clients.jedis.exceptions.JedisExhaustedPoolException: Could not get a resource since the pool is exhausted".to_owned(), "PoolExhausted"),
        ("ERROR [http-1] org.apache.hc.core5.http.ConnectionRequestTimeoutException: Timeout deadline: 3000 MILLISECONDS, actual: 3001 MILLISECONDS".to_owned(), "PoolExhausted"),
        ("ERROR [http-1] java.net.http.HttpTimeoutException: request timed out".to_owned(), "ConnectionFailed & ReadTimeout"),
        ("ERROR [http-1] org.postgresql.util.PSQLException: Connection to db:5432 refused. Check that the hostname and port are correct".to_owned(), "ConnectionFailed & db:5432 & Refused"),
        ("ERROR [http-1] org.postgresql.util.PSQLException: FATAL: sorry, too many clients already".to_owned(), "ConnectionFailed"),
        ("ERROR [nio] io.netty.util.internal.OutOfDirectMemoryError: failed to allocate 16777216 byte(s) of direct memory (used: 1073741824, max: 1073741824)".to_owned(), "NettyDirect"),
        ("ERROR [http-1] HikariPool-1 - Connection is not available, request timed out after 30000ms (total=20, active=20, idle=0, waiting=360)".to_owned(), "PoolExhausted & 360"),
        ("WARN [housekeeper] HikariPool-1 - Thread starvation or clock leap detected (housekeeper delta=51s20ms282µs452ns).".to_owned(), "HousekeeperStarved & 51020282"),
        ("ERROR [http-1] org.apache.http.conn.HttpHostConnectException: Connect to pay:8443 [pay/10.0.0.5] failed: Connection refused".to_owned(), "ConnectionFailed & pay"),
        ("ERROR [http-1] java.net.SocketTimeoutException: Read timed out".to_owned(), "ConnectionFailed"),
        ("ERROR [http-1] redis.clients.jedis.exceptions.JedisConnectionException: Failed to connect to any host resolved for DNS name redis:6379".to_owned(), "ConnectionFailed"),
        ("ERROR [http-1] org.springframework.data.redis.RedisConnectionFailureException: Unable to connect to Redis".to_owned(), "ConnectionFailed"),
        ("ERROR [http-1] io.lettuce.core.RedisCommandTimeoutException: Command timed out after 1 minute(s)".to_owned(), "ConnectionFailed"),
        ("ERROR [http-1] org.apache.commons.dbcp2.PoolableConnectionFactory Cannot get a connection, pool error Timeout waiting for idle object".to_owned(), "PoolExhausted"),
        ("ERROR [http-1] java.net.SocketException: Too many open files".to_owned(), "DescriptorsExhausted"),
        ("ERROR [http-1] java.io.IOException: No space left on device".to_owned(), "StorageFull"),
    ];
    check(&cases.map(|(text, words)| ("app.log", line(&text), words)));
}

#[test]
fn app_service_says_why_it_stops() {
    let log = "2026-11-22T01:00:00.000Z INFO  - Initiating warmup request to container shop_0_1 for site shop\n\
               2026-11-22T01:05:00.000Z ERROR - Container shop_0_1 for site shop is unhealthy, Stopping site.\n";
    check(&[
        ("platform.log", log, "ProbeFailed & Health"),
        (
            "platform.log",
            log,
            "KillOrdered & Probe(Health) & shop_0_1",
        ),
    ]);
    let exit = "2026-11-22T01:00:00.0Z Starting container: shop_1.\n2026-11-22T01:00:01.0Z Container is running.\n\
                2026-11-22T01:00:09.0Z Container has finished running with exit code: 3.\n\
                2026-11-22T01:00:09.1Z Container is terminating. Grace period: 5 seconds.\n\
                2026-11-22T01:00:09.2Z Container is terminated. Total time elapsed: 12 ms.\n";
    let report = read("platform.log", exit);
    let ends = report
        .events
        .iter()
        .filter(|event| matches!(event.what, What::ContainerTerminated { .. }));
    assert_eq!(ends.count(), 1, "{:?}", report.events);
    assert!(
        told(&report, "exit_code: Some(3) & shop_1"),
        "{:?}",
        report.events
    );
}
