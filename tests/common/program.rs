//! The program run in a folder, and a folder for it to run in.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Four collections of a unified log; enough for any command to say something.
pub(crate) const GC_LOG: &str = "\
[2026-11-22T01:02:03.000+0000][0.010s][info][gc] Using Serial
[2026-11-22T01:02:04.000+0000][1.010s][info][gc] GC(0) Pause Young (Allocation Failure) 16M->8M(61M) 4.123ms
[2026-11-22T01:02:05.000+0000][2.010s][info][gc] GC(1) Pause Young (Allocation Failure) 24M->12M(61M) 5.123ms
[2026-11-22T01:02:06.000+0000][3.010s][info][gc] GC(2) Pause Full (Allocation Failure) 60M->58M(61M) 95.123ms
";

pub(crate) fn diag(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().unwrap()
}

pub(crate) fn command(folder: &Path, arguments: &[&str]) -> Command {
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

pub(crate) fn status(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A folder with a GC log, a copy of it and a file of another kind.
pub(crate) fn evidence() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("gc.log"), GC_LOG).unwrap();
    fs::write(folder.path().join("notes.txt"), "call the data centre\n").unwrap();
    folder
}
