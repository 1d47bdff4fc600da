//! The program as a person or a script meets it: exit statuses, outputs, pipes, help.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on says so"
)]

mod common;
#[path = "common/program.rs"]
mod program;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use common::{nothing_wrong, root};
use program::{GC_LOG, command, diag, evidence, status, stderr};

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A fixture on which some rule speaks, with the command for it.
fn speaking() -> Option<(&'static str, PathBuf)> {
    let commands = ["gc", "threads", "access", "events", "heap"];
    diag::cli::rules().into_iter().find_map(|rule| {
        let room = commands
            .into_iter()
            .find(|room| rule.id.starts_with(&format!("{room}/")))?;
        let path = root().join("fixtures/rules").join(rule.id).join("fires");
        path.is_dir().then_some((room, path))
    })
}

#[test]
fn an_analysis_ends_with_0_and_nothing_on_standard_error_when_quiet() {
    let folder = evidence();
    let output = diag(folder.path(), &["incident", ".", "--quiet"]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    assert_eq!(stderr(&output), "");
    assert!(!output.stdout.is_empty());
}

#[test]
fn findings_end_with_1_only_when_asked_for() {
    let Some((room, path)) = speaking() else {
        return;
    };
    let path = path.to_str().unwrap();
    let output = diag(root(), &[room, path]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    let output = diag(root(), &[room, path, "--fail-on", "info"]);
    assert_eq!(status(&output), 1, "{}", stderr(&output));
    assert!(
        !output.stdout.is_empty(),
        "the report is written all the same"
    );
}

#[test]
fn a_command_line_without_sense_ends_with_2_and_a_hint() {
    let folder = evidence();
    for (arguments, hint) in [
        (&["gc"][..], "FILE"),
        (&["frobnicate"], "unrecognized subcommand"),
        (&["gc", "gc.log", "--tz", "Mars/Olympus"], "Asia/Seoul"),
        (&["gc", "gc.log", "-o", "report.pdf"], ".html"),
        (&["gc", "gc.log", "--format", "pdf"], "markdown"),
        (&["gc", "gc.log", "--threads", "0"], "--threads"),
        (&["explain", "no/such-rule"], "diag rules"),
    ] {
        let output = diag(folder.path(), arguments);
        assert_eq!(status(&output), 2, "{arguments:?}: {}", stderr(&output));
        assert!(
            stderr(&output).contains(hint),
            "{arguments:?}: {}",
            stderr(&output)
        );
        assert_eq!(stdout(&output), "", "{arguments:?}");
    }
}

#[test]
fn nothing_readable_ends_with_3_and_says_why() {
    let folder = evidence();
    for (arguments, reason) in [
        (
            &["gc", "missing.log"][..],
            "missing.log: cannot be read: no such file",
        ),
        (&["gc", "/dev/null"], "null: is a device"),
        (
            &["incident", "gc.log", "-o", "no/such/folder.html"],
            "cannot write",
        ),
        (&["render", "notes.txt"], "notes.txt"),
    ] {
        let output = diag(folder.path(), arguments);
        assert_eq!(status(&output), 3, "{arguments:?}: {}", stderr(&output));
        assert!(
            stderr(&output).contains(reason),
            "{arguments:?}: {}",
            stderr(&output)
        );
    }
}

#[test]
fn evidence_of_another_kind_names_the_command_for_it() {
    let folder = evidence();
    let output = diag(folder.path(), &["heap", "gc.log", "notes.txt"]);
    assert_eq!(status(&output), 3);
    let message = stderr(&output);
    assert!(message.contains("no heap dump"), "{message}");
    assert!(message.contains("notes.txt"), "{message}");
    assert!(message.contains("diag gc"), "{message}");
}

#[test]
fn each_output_gets_the_format_of_its_name() {
    let folder = evidence();
    let names = ["r.html", "r.md", "r.json", "r.txt"];
    let mut arguments = vec!["incident", "gc.log"];
    for name in &names {
        arguments.extend(["-o", name]);
    }
    let output = diag(folder.path(), &arguments);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    assert_eq!(
        stdout(&output),
        "",
        "files were asked for, not the terminal"
    );
    for (name, start) in names.iter().zip(["<!doctype html>", "# ", "{", ""]) {
        let text = fs::read_to_string(folder.path().join(name)).unwrap();
        let begins = text.to_lowercase().starts_with(start);
        assert!(begins, "{name}: {}", &text[..text.len().min(80)]);
    }
    let json = fs::read_to_string(folder.path().join("r.json")).unwrap();
    assert!(json.contains("\"schema_version\""));
    let output = diag(
        folder.path(),
        &["incident", "gc.log", "-o", "b.json", "--format", "json"],
    );
    assert_eq!(stdout(&output), json);
}

#[test]
fn a_saved_report_renders_to_the_same_bytes() {
    let folder = evidence();
    let spoken = [&[][..], &["--lang", "ko", "--tz", "Asia/Seoul"]];
    for (locale, format) in spoken
        .into_iter()
        .flat_map(|locale| ["terminal", "markdown", "html", "json"].map(|format| (locale, format)))
    {
        let run = |arguments: &[&str]| {
            let output = diag(folder.path(), arguments);
            assert_eq!(status(&output), 0, "{}", stderr(&output));
            output.stdout
        };
        let direct = run(&[&["incident", "gc.log", "--format", format], locale].concat());
        run(&[&["incident", "gc.log", "-o", "saved.json"], locale].concat());
        // The report brings its language and its zone.
        let rendered = run(&["render", "saved.json", "--format", format]);
        assert!(direct == rendered, "{format} {locale:?} differs");
    }
}

#[test]
fn standard_input_is_read_as_a_dash() {
    let folder = evidence();
    for arguments in [["gc", "-"], ["incident", "-"]] {
        let mut child = command(folder.path(), &arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(GC_LOG.as_bytes())
            .unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(status(&output), 0, "{}", stderr(&output));
    }
}

#[cfg(unix)]
#[test]
fn a_named_pipe_is_read_like_standard_input() {
    let folder = evidence();
    let pipe = folder.path().join("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status();
    if !made.is_ok_and(|status| status.success()) {
        return;
    }
    let child = command(folder.path(), &["incident", "pipe", "--format", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    fs::write(&pipe, GC_LOG).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    // In a folder nobody asked for the pipe: opening it would wait for a writer for ever.
    let output = diag(folder.path(), &["incident", "."]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    assert!(
        stderr(&output).contains("pipe: is a pipe"),
        "{}",
        stderr(&output)
    );
}

/// The handler for shrinking files must not keep the process alive when somebody ends it with the same signal.
#[cfg(target_os = "linux")]
#[test]
fn a_bus_error_that_somebody_sends_ends_the_process() {
    use std::os::unix::process::ExitStatusExt;
    let folder = evidence();
    fs::write(folder.path().join("big.log"), GC_LOG.repeat(1000)).unwrap();
    let mut child = command(
        folder.path(),
        &["incident", "big.log", "-", "--threads", "1"],
    )
    .stdin(Stdio::piped())
    .stdout(Stdio::null())
    .stderr(Stdio::null())
    .spawn()
    .unwrap();
    // It maps the file, then waits for standard input.
    let maps = format!("/proc/{}/maps", child.id());
    let mapped = || fs::read_to_string(&maps).is_ok_and(|maps| maps.contains("big.log"));
    for _ in 0..200 {
        if mapped() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    assert!(mapped(), "the file is not mapped");
    std::thread::sleep(std::time::Duration::from_millis(200));
    let kill = format!("kill -BUS {}", child.id());
    assert!(
        Command::new("sh")
            .args(["-c", &kill])
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(child.wait().unwrap().signal(), Some(7));
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    for arguments in [
        &["completions", "bash"][..],
        &["man"],
        &["--help"],
        &["rules", "--markdown"],
    ] {
        let mut child = command(root(), arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut reader = BufReader::with_capacity(16, child.stdout.take().unwrap());
        reader.read_line(&mut line).unwrap();
        drop(reader);
        let mut complaint = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut complaint)
            .unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(0), "{arguments:?}");
        assert_eq!(complaint, "", "{arguments:?}");
    }
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    let folder = evidence();
    let captures = root().join("fixtures/incidents");
    let mut inputs = vec![folder.path().to_owned()];
    if let Ok(entries) = fs::read_dir(captures) {
        inputs.extend(entries.map(|entry| entry.unwrap().path().join("evidence")));
    }
    inputs.sort();
    for input in inputs.iter().filter(|input| input.is_dir()) {
        for format in ["json", "html", "terminal"] {
            let run = |threads| {
                let arguments = ["incident", ".", "--format", format, "--threads", threads];
                diag(input, &arguments)
            };
            let (one, four) = (run("1"), run("4"));
            assert_eq!(status(&one), 0, "{}: {}", input.display(), stderr(&one));
            assert!(one.stdout == four.stdout, "{format} of {}", input.display());
            assert_eq!(stderr(&one), stderr(&four), "{}", input.display());
        }
    }
}

#[test]
fn colour_comes_only_when_asked_for_or_seen() {
    let folder = evidence();
    let has_colour = |arguments: &[&str]| {
        let output = diag(folder.path(), arguments);
        assert_eq!(status(&output), 0, "{}", stderr(&output));
        output.stdout.contains(&0x1b)
    };
    assert!(!has_colour(&["incident", "gc.log"]), "not into a pipe");
    assert!(!has_colour(&["incident", "gc.log", "--color", "never"]));
    assert!(has_colour(&["incident", "gc.log", "--color", "always"]));
}

#[test]
fn completions_and_the_manual_page_come_out() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = diag(root(), &["completions", shell]);
        assert_eq!(status(&output), 0);
        assert!(stdout(&output).contains("incident"), "{shell}");
    }
    let output = diag(root(), &["man"]);
    assert_eq!(status(&output), 0);
    assert!(
        stdout(&output).starts_with(".ie \\n(.g .ds Aq"),
        "a roff page"
    );
}

#[test]
fn every_rule_explains_itself() {
    let mut complaints = Vec::new();
    for rule in diag::cli::rules() {
        let output = diag(root(), &["explain", rule.id]);
        if status(&output) != 0 || !stdout(&output).contains(rule.title) {
            complaints.push(rule.id.to_owned());
        }
    }
    nothing_wrong("rules that do not explain themselves", &complaints);
}

/// The help texts as they are shown, compared word for word with `tests/snapshots`. After a wanted change:
/// `UPDATE_SNAPSHOTS=1 cargo test --test cli`.
#[test]
fn help_reads_as_it_was_reviewed() {
    let update = std::env::var_os("UPDATE_SNAPSHOTS").is_some();
    let mut complaints = Vec::new();
    let commands = [
        "",
        "incident",
        "heap",
        "heap inspect",
        "threads",
        "gc",
        "access",
        "events",
        "render",
        "rules",
        "explain",
        "completions",
        "man",
    ];
    for command in commands {
        let mut arguments: Vec<_> = command.split_whitespace().collect();
        arguments.push("--help");
        let output = diag(root(), &arguments);
        assert_eq!(status(&output), 0, "{command}");
        let name = match command {
            "" => "diag".to_owned(),
            command => command.replace(' ', "-"),
        };
        let path = root().join(format!("tests/snapshots/help-{name}.txt"));
        let shown = stdout(&output);
        if update {
            fs::write(&path, shown).unwrap();
        } else if fs::read_to_string(&path).unwrap_or_default() != shown {
            let reviewed = fs::read_to_string(&path).unwrap_or_default();
            let known: Vec<_> = reviewed.lines().collect();
            let new = shown.lines().find(|line| !known.contains(line));
            let new = new.unwrap_or("(lines are missing or moved)").trim();
            complaints.push(format!(
                "tests/snapshots/help-{name}.txt: first new line: {new}"
            ));
        }
    }
    nothing_wrong(
        "help; run UPDATE_SNAPSHOTS=1 cargo test --test cli",
        &complaints,
    );
}
