//! What several test files need: the files of the project, and lists of complaints shown all at once.
#![allow(dead_code, reason = "each test file uses its part of this")]

use std::fs;
use std::path::{Path, PathBuf};

/// The top of the project.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The corpus, or `None` after saying that the test is skipped.
#[allow(clippy::print_stdout, reason = "says why nothing was tested")]
pub(crate) fn corpus() -> Option<PathBuf> {
    let folder = std::env::var_os("DIAG_CORPUS").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: DIAG_CORPUS is not set");
    }
    folder
}

/// All files below `folder` in the order of their names, relative to the top with `/`. Build results are left out.
pub(crate) fn files(folder: &str) -> Vec<String> {
    let mut out = Vec::new();
    collect(&root().join(folder), &mut out);
    out
}

fn collect(folder: &Path, out: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            let left_out = ["target", ".git", "artifacts", "coverage"];
            if !left_out.contains(&name.as_str()) {
                collect(&path, out);
            }
        } else if path.is_file() && name != ".git" {
            let relative = path.strip_prefix(root()).unwrap();
            out.push(relative.to_string_lossy().replace('\\', "/"));
        }
    }
}

/// The files below `folder` whose names end so.
pub(crate) fn files_ending(folder: &str, ending: &str) -> Vec<String> {
    let all = files(folder).into_iter();
    all.filter(|name| name.ends_with(ending)).collect()
}

/// The text of a file of the project; bytes that are no UTF-8 become U+FFFD.
pub(crate) fn text(relative: &str) -> String {
    String::from_utf8_lossy(&fs::read(root().join(relative)).unwrap()).into_owned()
}

/// Fails with all complaints, if there are any.
#[track_caller]
pub(crate) fn nothing_wrong(what: &str, complaints: &[String]) {
    assert!(
        complaints.is_empty(),
        "{what}: {} complaints\n  {}\n",
        complaints.len(),
        complaints.join("\n  ")
    );
}
