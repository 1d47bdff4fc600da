//! Secrets planted in every kind of source and in the names of files, followed through the program: none may leave it, in
//! no format, no message and no profile but `off`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]

use std::fs;
use std::path::Path;
use std::process::Command;

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
];

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
    let folder = tempfile::tempdir().unwrap();
    let evidence = folder.path().join("evidence");
    fs::create_dir(&evidence).unwrap();
    for (name, text) in EVIDENCE {
        fs::write(evidence.join(name), text).unwrap();
    }
    let mut complaints = Vec::new();
    for command in ["incident", "gc", "threads", "access", "events", "heap"] {
        for options in [&[][..], &["--redact", "public", "--lang", "ko"]] {
            for (name, text) in outputs(folder.path(), command, options) {
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
    let folder = tempfile::tempdir().unwrap();
    let evidence = folder.path().join("evidence");
    fs::create_dir(&evidence).unwrap();
    for (name, text) in EVIDENCE {
        fs::write(evidence.join(name), text).unwrap();
    }
    let all = outputs(folder.path(), "incident", &["--redact", "off"]);
    let (_, json) = all
        .iter()
        .find(|(name, _)| name.ends_with("r.json"))
        .unwrap();
    for (name, _) in EVIDENCE {
        assert!(json.contains(name), "{name}");
    }
    assert!(!leaked(json).is_empty());
}
