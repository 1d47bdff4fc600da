//! Options that every command takes, as a person meets them: language, pager, pseudonyms.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on says so"
)]

#[path = "common/program.rs"]
mod program;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use program::{command, diag, evidence, status, stderr};

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

/// Also when everybody could read the file that was there before.
#[cfg(unix)]
#[test]
fn the_names_behind_pseudonyms_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = evidence();
    let names = folder.path().join("names.json");
    let mode = || fs::metadata(&names).unwrap().permissions().mode() & 0o777;
    for before in [None, Some(0o666)] {
        if let Some(before) = before {
            fs::write(&names, "{}").unwrap();
            fs::set_permissions(&names, fs::Permissions::from_mode(before)).unwrap();
        }
        let options = [
            "--redact",
            "public",
            "--pseudonyms",
            "names.json",
            "--quiet",
        ];
        let made = diag(folder.path(), &[&["gc", "gc.log"], &options[..]].concat());
        assert_eq!(status(&made), 0, "{}", stderr(&made));
        assert_eq!(mode(), 0o600);
    }
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

/// Cut in its header: there is a report, but nothing was analysed.
#[test]
fn a_heap_dump_without_an_object_is_unreadable() {
    let folder = tempfile::tempdir().unwrap();
    let header = b"JAVA PROFILE 1.0.2\0\0\0\0\x08\0\0\0\0\0\0\0\0";
    fs::write(folder.path().join("cut.hprof"), header).unwrap();
    let run = diag(folder.path(), &["heap", "cut.hprof"]);
    assert_eq!(status(&run), 3);
    let report = String::from_utf8(run.stdout).unwrap();
    assert!(
        report.contains("The heap dump could not be read"),
        "{report}"
    );
}
