//! Options that every command takes, as a person meets them: language, pager, pseudonyms.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on says so"
)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Four collections of a unified log; enough for any command to say something.
const GC_LOG: &str = "\
[2026-11-22T01:02:03.000+0000][0.010s][info][gc] Using Serial
[2026-11-22T01:02:04.000+0000][1.010s][info][gc] GC(0) Pause Young (Allocation Failure) 16M->8M(61M) 4.123ms
[2026-11-22T01:02:05.000+0000][2.010s][info][gc] GC(1) Pause Young (Allocation Failure) 24M->12M(61M) 5.123ms
[2026-11-22T01:02:06.000+0000][3.010s][info][gc] GC(2) Pause Full (Allocation Failure) 60M->58M(61M) 95.123ms
";

fn diag(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().unwrap()
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_diag"));
    command
        .args(arguments)
        .current_dir(folder)
        .env("COLUMNS", "100")
        .env("LC_ALL", "C")
        .env_remove("NO_COLOR")
        .stdin(Stdio::null());
    command
}

fn status(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A folder with a GC log, a copy of it and a file of another kind.
fn evidence() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("gc.log"), GC_LOG).unwrap();
    fs::write(folder.path().join("notes.txt"), "call the data centre\n").unwrap();
    folder
}

/// Under a terminal of `rows` rows, made by `script` (util-linux).
fn on_a_terminal(folder: &Path, rows: u32, options: &str) -> Option<String> {
    let program = env!("CARGO_BIN_EXE_diag");
    let line = format!("stty rows {rows} cols 100; {program} incident gc.log --quiet {options}");
    let made = Command::new("script")
        .args(["--quiet", "--return", "--command", &line, "/dev/null"])
        .current_dir(folder)
        .env("DIAG_PAGER", "sed s/^/paged:/")
        .env("LC_ALL", "C")
        .env_remove("COLUMNS")
        .stdin(Stdio::null())
        .output();
    match made {
        Ok(output) => Some(String::from_utf8_lossy(&output.stdout).into_owned()),
        Err(_) => {
            println!("skipped: no program script");
            None
        }
    }
}

#[test]
fn a_pager_shows_what_is_longer_than_the_screen() {
    let folder = evidence();
    let Some(paged) = on_a_terminal(folder.path(), 10, "") else {
        return;
    };
    assert!(
        paged.lines().all(|line| line.starts_with("paged:")),
        "{paged}"
    );
    for (rows, options) in [(10, "--no-pager"), (500, "")] {
        let plain = on_a_terminal(folder.path(), rows, options).unwrap_or_default();
        assert!(plain.contains("━") && !plain.contains("paged:"), "{plain}");
    }
}

#[test]
fn the_names_behind_pseudonyms_are_written_only_when_asked_for() {
    let folder = evidence();
    let log = "10.1.2.3 - - [22/Nov/2026:01:02:03 +0000] \"GET /a HTTP/1.1\" 500 12\n".repeat(50);
    fs::write(folder.path().join("access.log"), log).unwrap();
    let run = |options: &[&str]| {
        let command = &["access", "access.log", "-o", "r.json", "-o", "r.html"][..];
        diag(folder.path(), &[command, options].concat())
    };
    let made = run(&["--redact", "public", "--pseudonyms", "names.json"]);
    assert_eq!(status(&made), 0, "{}", stderr(&made));
    let report = fs::read_to_string(folder.path().join("r.json")).unwrap();
    assert!(
        !report.contains("10.1.2.3") && report.contains("ip-1"),
        "{report}"
    );
    let names = fs::read_to_string(folder.path().join("names.json")).unwrap();
    assert_eq!(names, "{\n  \"ip-1\": \"10.1.2.3\"\n}\n");
    assert_eq!(status(&run(&["--pseudonyms", "names.json"])), 2);
}

#[test]
fn the_language_is_that_of_the_option_else_of_the_locale() {
    let folder = evidence();
    let title = |option: &[&str], variables: &[(&str, &str)]| {
        let arguments = [&["explain", "gc/long-pause"], option].concat();
        let mut command = command(folder.path(), &arguments);
        for name in ["LC_ALL", "LC_MESSAGES", "LANG"] {
            command.env_remove(name);
        }
        command.envs(variables.iter().copied());
        let output = command.output().unwrap();
        String::from_utf8(output.stdout).unwrap().contains("의미.")
    };
    assert!(title(&["--lang", "ko"], &[("LC_ALL", "C")]));
    assert!(!title(&["--lang", "en"], &[("LC_ALL", "ko_KR.UTF-8")]));
    assert!(title(&[], &[("LC_ALL", ""), ("LANG", "ko_KR.UTF-8")]));
    assert!(title(&[], &[("LC_MESSAGES", "ko_KR"), ("LANG", "en_US")]));
    assert!(!title(&[], &[("LC_MESSAGES", "C"), ("LANG", "ko_KR")]));
    assert!(!title(&[], &[]));
}
