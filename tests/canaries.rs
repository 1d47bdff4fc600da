//! Secrets planted in every kind of source and in the names of files, followed through the program: none may leave it, in
//! no format, no message and no profile but `off`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]

mod common;
#[path = "common/reader.rs"]
mod reader;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::root;

/// Name and content of each file; what must not leave has `canary` in it.
const EVIDENCE: &[(&str, &str)] = &[
    (
        "gc password=canary00.log",
        "[2026-11-22T01:02:03.000+0000][0.005s][info][gc,init] Version: 17.0.15+6\n\
         [2026-11-22T01:02:03.001+0000][0.006s][info][gc,init] CommandLine flags: -Dspring.datasource.password=canary01 -Xmx96m\n\
         [2026-11-22T01:02:03.002+0000][0.007s][info][gc] Using G1\n\
         [2026-11-22T01:02:04.000+0000][1.005s][info][gc] GC(0) Pause Young (Normal) (G1 Evacuation Pause) 24M->4M(96M) 3.120ms\n\
         [2026-11-22T01:02:05.000+0000][2.005s][info][gc] GC(1) Pause Full (G1 Compaction Pause) 94M->93M(96M) 220.120ms\n\
         secret=canary02 is no line of a GC log\n",
    ),
    (
        "threads-token=canary03.txt",
        "2026-11-22 01:02:03\nFull thread dump OpenJDK 64-Bit Server VM (17.0.15+6 mixed mode, sharing):\n\n\
         \"worker password=canary04\" #12 prio=5 os_prio=0 cpu=1.00ms elapsed=9.00s tid=0x00007f0001 nid=0x1f runnable  [0x00007f0002]\n   \
         java.lang.Thread.State: BLOCKED (on object monitor)\n\
         \tat com.acme.Pay.call(Pay.java:10)\n\t- waiting to lock <0x00000000fb526250> (a java.lang.Object)\n\n\
         \"GET https://shop:canary05@db.acme.example/pay?card=canary06\" #13 prio=5 os_prio=0 cpu=1.00ms elapsed=9.00s tid=0x00007f0003 nid=0x20 runnable  [0x00007f0004]\n   \
         java.lang.Thread.State: BLOCKED (on object monitor)\n\
         \tat com.acme.Pay.call(Pay.java:10)\n\t- waiting to lock <0x00000000fb526250> (a java.lang.Object)\n\n\
         \"holder\" #14 prio=5 os_prio=0 cpu=1.00ms elapsed=9.00s tid=0x00007f0005 nid=0x21 runnable  [0x00007f0006]\n   \
         java.lang.Thread.State: RUNNABLE\n\
         \tat com.acme.Pay.hold(Pay.java:20)\n\t- locked <0x00000000fb526250> (a java.lang.Object)\n\n",
    ),
    (
        "access_log",
        "10.0.0.7 - - [22/Nov/2026:01:02:03 +0000] \"GET /pay?token=canary07&card=canary08 HTTP/1.1\" 500 12 \"https://a.example/?s=canary09\" \"curl Bearer canary10\"\n\
         10.0.0.7 - canary11@customer.example [22/Nov/2026:01:02:04 +0000] \"POST /login;jsessionid=canary12 HTTP/1.1\" 200 12 \"-\" \"curl\"\n\
         10.0.0.7 - - [22/Nov/2026:01:02:05 +0000] \"GET /pay?api_key=canary13 HTTP/1.1\" 500 12 \"-\" \"curl\"\n\
         password=canary14 is no line of an access log\n",
    ),
    (
        "kubectl-describe-pod.txt",
        "Name:             shop-6d5f7c9b8-x2x7k\nNamespace:        default\nStart Time:       Sun, 22 Nov 2026 01:00:00 +0000\nStatus:           Running\n\
         Containers:\n  shop:\n    Image:          shop:1\n    State:          Running\n      Started:      Sun, 22 Nov 2026 01:02:00 +0000\n    \
         Last State:     Terminated\n      Reason:       OOMKilled\n      Exit Code:    137\n      Message:      password=canary15\n      Started:      Sun, 22 Nov 2026 01:00:00 +0000\n      Finished:     Sun, 22 Nov 2026 01:01:59 +0000\n    \
         Ready:          True\n    Restart Count:  1\n    Environment:\n      DB_PASSWORD:  canary16\n      API_TOKEN:    canary17\n",
    ),
    (
        "docker-inspect.json",
        "[{\"Id\":\"abc\",\"Created\":\"2026-11-22T01:00:00Z\",\"Path\":\"java\",\"Args\":[\"--password\",\"canary18\"],\"State\":{\"Status\":\"exited\",\"Running\":false,\"OOMKilled\":true,\"ExitCode\":137,\"Error\":\"secret=canary19\",\"StartedAt\":\"2026-11-22T01:00:01Z\",\"FinishedAt\":\"2026-11-22T01:01:01Z\"},\"Name\":\"/shop\",\"RestartCount\":1,\"HostConfig\":{\"Memory\":268435456},\"Config\":{\"Hostname\":\"h\",\"Env\":[\"DB_PASSWORD=canary20\",\"AWS_SECRET_ACCESS_KEY=canary21\"],\"Image\":\"shop:1\"}}]\n",
    ),
    (
        "journal.txt",
        "Nov 22 01:02:03 node-1 shop[77]: login failed password=canary22\n\
         Nov 22 01:02:04 node-1 kernel: java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\n\
         Nov 22 01:02:04 node-1 kernel: Out of memory: Killed process 77 (java) total-vm:4000000kB, anon-rss:2000000kB, file-rss:0kB, shmem-rss:0kB, UID:1000 pgtables:4000kB oom_score_adj:0\n\
         Nov 22 01:02:05 node-1 systemd[1]: shop.service: Main process exited, code=killed, status=9/KILL\n",
    ),
    (
        "app.log",
        "2026-11-22 01:02:03.001 ERROR 1 --- [main] c.a.Shop : Cookie: SESSION=canary23; theme=canary24\n\
         2026-11-22 01:02:03.002 ERROR 1 --- [main] com.zaxxer.hikari.pool.HikariPool : HikariPool-1 - Connection is not available, request timed out after 30000ms. jdbc:postgresql://u:canary25@db/shop?password=canary26\n\
         java.lang.OutOfMemoryError: Java heap space token=canary27\n\
         2026-11-22 01:02:03.003 ERROR 1 --- [main] o.s.boot.SpringApplication : Application run failed: password=canary28\n",
    ),
    (
        "hs_err_pid77.log",
        "#\n# A fatal error has been detected by the Java Runtime Environment:\n#\n#  SIGSEGV (0xb) at pc=0x00007f0001, pid=77, tid=78\n#\n\
         # JRE version: OpenJDK Runtime Environment (17.0.15+6)\n# Java VM: OpenJDK 64-Bit Server VM (17.0.15+6)\n# Problematic frame:\n# C  [libpay.so+0x10]  pay+0x10\n#\n\
         ---------------  S U M M A R Y ------------\n\nCommand Line: -Dapi.token=canary29 shop.jar --password canary30\n\n\
         Time: Sun Nov 22 01:02:03 2026 UTC elapsed time: 9.000000 seconds (0d 0h 0m 9s)\n\n\
         Environment Variables:\nDB_PASSWORD=canary31\nJAVA_TOOL_OPTIONS=-Djavax.net.ssl.keyStorePassword=canary32\n",
    ),
    ("unknown.bin", "password=canary33\n"),
    (
        "kubectl-get-events.json",
        "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[{\"apiVersion\":\"v1\",\"kind\":\"Event\",\"type\":\"Warning\",\"reason\":\"Unhealthy\",\"count\":3,\
         \"message\":\"Liveness probe failed: Get \\\"https://u:canary34@10.0.0.9/health?token=canary35\\\": Authorization: Bearer canary36\",\
         \"firstTimestamp\":\"2026-11-22T01:01:00Z\",\"lastTimestamp\":\"2026-11-22T01:01:30Z\",\"involvedObject\":{\"kind\":\"Pod\",\"name\":\"shop-6d5f7c9b8-x2x7k\",\"namespace\":\"default\"},\
         \"metadata\":{\"name\":\"shop.1\",\"namespace\":\"default\",\"annotations\":{\"password\":\"canary37\"}}}]}\n",
    ),
    (
        "pod.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: shop-6d5f7c9b8-x2x7k\n  namespace: default\nspec:\n  containers:\n  - name: shop\n    image: shop:1\n    \
         env:\n    - name: DB_PASSWORD\n      value: canary38\n    args: [\"--api-key\", \"canary39\"]\nstatus:\n  containerStatuses:\n  - name: shop\n    restartCount: 1\n    lastState:\n      \
         terminated:\n        exitCode: 1\n        reason: Error\n        message: 'login with secret=canary40 refused'\n        startedAt: \"2026-11-22T01:00:00Z\"\n        finishedAt: \"2026-11-22T01:01:59Z\"\n",
    ),
    (
        "containers/token=canary41/abc-json.log",
        "{\"log\":\"2026-11-22 01:02:03.001 ERROR 1 --- [main] c.a.Shop : X-Api-Key: canary42\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-22T01:02:03.001Z\"}\n\
         {\"log\":\"java.lang.OutOfMemoryError: Java heap space password=canary43\\n\",\"stream\":\"stderr\",\"time\":\"2026-11-22T01:02:03.002Z\"}\n",
    ),
    (
        "node-logs/0.log",
        "2026-11-22T01:02:03.001Z stdout F 2026-11-22 01:02:03.001 ERROR 1 --- [main] c.a.Shop : redis://:canary44@cache:6379 refused\n\
         2026-11-22T01:02:03.002Z stdout F Set-Cookie: id=canary45; Path=/\n",
    ),
    (
        "ps.txt",
        "Sun Nov 22 01:02:03 UTC 2026\nUID        PID  PPID   LWP  C NLWP STIME TTY          TIME CMD\n\
         root        77     1    77  1   58 01:00 ?        00:00:00 java -Dspring.datasource.password=canary46 -jar shop.jar --token canary47\n\
         root        77     1    78  1   58 01:00 ?        00:00:00 java -Dspring.datasource.password=canary46 -jar shop.jar --token canary47\n",
    ),
    (
        "javacore.txt",
        "0SECTION       TITLE subcomponent dump routine\nNULL           ===============================\n1TISIGINFO     Dump Event \"systhrow\" (00040000) Detail \"java/lang/OutOfMemoryError\" \"password=canary48\" received\n\
         1TIDATETIME    Date: 2026/11/22 at 01:02:03\n0SECTION       ENVINFO subcomponent dump routine\n1CICMDLINE     java -Dapi.token=canary49 -jar shop.jar\n1CIUSERARG               -Djavax.net.ssl.keyStorePassword=canary50\n2CIENVVAR      DB_PASSWORD=canary51\n\
         0SECTION       THREADS subcomponent dump routine\n3XMTHREADINFO      \"worker secret=canary52\" J9VMThread:0x0000000000A5B200, omrthread_t:0x00007F1A, java/lang/Thread:0x00000000E0, state:B, prio=5\n\
         3XMTHREADINFO3           Java callstack:\n4XESTACKTRACE                at com/acme/Pay.call(Pay.java:10)\n",
    ),
];

/// A heap dump with secrets in strings, names of threads, system properties and arguments; made by `Canaries.java`.
const DUMP: &str = "fixtures/lab/reports/canaries.hprof.xz";

/// The evidence in a folder.
fn plant() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let evidence = folder.path().join("evidence");
    for (name, text) in EVIDENCE {
        let place = evidence.join(name);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, text).unwrap();
    }
    fs::copy(root().join(DUMP), evidence.join("secret=canary53.hprof.xz")).unwrap();
    folder
}

/// The value of a secret as it would stand in an output: without the layout around it.
fn leaked(text: &str) -> Vec<&str> {
    let places = text.match_indices("canary").map(|(at, _)| at);
    places
        .filter(|at| text[at + 6..].starts_with(|c: char| c.is_ascii_digit()))
        .map(|at| {
            let (from, to) = (at.saturating_sub(60), (at + 20).min(text.len()));
            text.get(from..to).unwrap_or(&text[at..at + 8])
        })
        .collect()
}

/// Runs a command in every format and gives all that came out, by its name.
fn outputs(folder: &Path, command: &str, options: &[&str]) -> Vec<(String, String)> {
    let diag = |arguments: &[&str]| {
        let made = Command::new(env!("CARGO_BIN_EXE_diag"))
            .current_dir(folder)
            .env("LC_ALL", "C")
            .args(arguments)
            .output()
            .unwrap();
        let name = arguments.join(" ");
        [
            (format!("{name}: stdout"), made.stdout),
            (format!("{name}: stderr"), made.stderr),
        ]
        .map(|(name, text)| (name, String::from_utf8_lossy(&text).into_owned()))
    };
    let files = ["r.html", "r.md", "r.json", "r.sarif", "r.txt"];
    let mut arguments = vec![command, "evidence", "--format", "terminal", "--details"];
    for file in files {
        arguments.extend(["-o", file]);
    }
    arguments.extend(options);
    let mut out: Vec<(String, String)> = diag(&arguments).into();
    for file in files {
        if let Ok(text) = fs::read_to_string(folder.join(file)) {
            out.push((format!("{command} {options:?}: {file}"), text));
            let _ = fs::remove_file(folder.join(file));
        }
    }
    out.extend(diag(&[command, "evidence", "--brief"]));
    out
}

#[test]
fn no_planted_secret_leaves_the_program() {
    let folder = plant();
    let mut complaints = Vec::new();
    for command in [
        "incident", "gc", "threads", "access", "events", "host", "heap",
    ] {
        for options in [&[][..], &["--redact", "public", "--lang", "ko"]] {
            for (name, text) in outputs(folder.path(), command, options) {
                if name.ends_with("r.html") || name.ends_with("r.md") || name.ends_with("r.txt") {
                    let told = ["secrets were removed", "비밀 정보"];
                    if !told.iter().any(|told| text.contains(told)) {
                        complaints.push(format!("{name} does not say that secrets were removed"));
                    }
                }
                let found = leaked(&text).into_iter().take(3);
                complaints.extend(found.map(|around| format!("{name}: …{around}…")));
            }
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// The sources are read as what they are: a canary that nothing looked at proves nothing.
#[test]
fn the_planted_sources_are_read() {
    let folder = plant();
    let all = outputs(folder.path(), "incident", &["--redact", "off"]);
    let (_, json) = all
        .iter()
        .find(|(name, _)| name.ends_with("r.json"))
        .unwrap();
    for (name, _) in EVIDENCE {
        assert!(json.contains(name), "{name}");
    }
    assert!(leaked(json).len() > 40, "{:?}", leaked(json));
}

/// What a string of the heap holds is nobody's business: not even a report without redaction shows it.
#[test]
fn no_string_of_a_heap_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let evidence = folder.path().join("evidence");
    fs::create_dir(&evidence).unwrap();
    fs::copy(root().join(DUMP), evidence.join("dump.hprof.xz")).unwrap();
    for (name, text) in outputs(folder.path(), "heap", &["--redact", "off"]) {
        for content in ["canary60", "canary62", "canary63", "canary64", "canary65"] {
            assert!(!text.contains(content), "{name}: {content}");
        }
        if name.ends_with("r.html") {
            assert!(
                !text.contains("<img"),
                "{name}: the name of a thread is mark-up"
            );
            assert_eq!(text.matches("<script").count(), 1, "{name}");
        }
    }
}

/// Names in the evidence that are mark-up stay text, on the page and in tables.
#[test]
fn hostile_names_stay_text() {
    let folder = tempfile::tempdir().unwrap();
    let evidence = folder.path().join("evidence");
    fs::create_dir(&evidence).unwrap();
    let mark_up = [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "a|b`c`\\",
    ];
    for (number, mark_up) in mark_up.iter().enumerate() {
        let file = mark_up.replace('/', "");
        let mut dump = "2026-11-22 01:02:03\nFull thread dump OpenJDK 64-Bit Server VM (17.0.15+6 mixed mode, sharing):\n\n".to_owned();
        for state in ["waiting to lock", "locked"] {
            dump += &format!(
                "\"{mark_up}\" #1{number} prio=5 os_prio=0 cpu=1.00ms elapsed=9.00s tid=0x00007f000{number} nid=0x1f runnable  [0x00007f0002]\n   \
                 java.lang.Thread.State: BLOCKED (on object monitor)\n\tat com.acme.{mark_up}.call(Pay.java:10)\n\t- {state} <0x00000000fb526250> (a java.lang.{mark_up})\n\n"
            );
        }
        fs::write(evidence.join(format!("dump{file}.txt")), dump).unwrap();
        let log: String = (0..40)
            .map(|second| format!("10.0.0.7 - - [22/Nov/2026:01:02:{second:02} +0000] \"GET /{mark_up} HTTP/1.1\" 500 12 \"-\" \"{mark_up}\"\n"))
            .collect();
        fs::write(evidence.join(format!("access{file}.log")), log).unwrap();
    }
    for command in ["incident", "threads", "access"] {
        for (name, text) in outputs(folder.path(), command, &[]) {
            if name.ends_with("r.html") {
                assert!(!text.contains("<img"), "{name}");
                assert_eq!(text.matches("<script").count(), 1, "{name}");
                reader::well_formed(&text);
            }
            if name.ends_with("r.md") {
                assert_eq!(reader::uneven_rows(&text), [""; 0], "{name}");
            }
        }
    }
}
