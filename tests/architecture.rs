//! The house rules of `docs/architecture.md`, held as tests: who may know whom, how long a file may be, what every rule
//! must bring. A failure names the file and the line.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on says so"
)]

mod common;
#[path = "common/source.rs"]
mod source;

use std::collections::BTreeSet;
use std::path::Path;

use common::{files, files_ending, nothing_wrong, root, text};
use diag::finding::RuleMeta;
use source::{code, has_word, rooms_named};

/// Each room and the rooms it may know. Words (`text`, with the macro `t!`) are known to all.
const MAY_KNOW: &[(&str, &[&str])] = &[
    ("text", &[]),
    ("time", &[]),
    ("finding", &["time"]),
    ("input", &["time", "finding"]),
    ("document", &["time", "finding"]),
    ("heap", EVIDENCE),
    ("threads", EVIDENCE),
    ("gc", EVIDENCE),
    ("access", EVIDENCE),
    ("events", EVIDENCE),
    ("host", EVIDENCE),
    (
        "incident",
        &[
            "time", "finding", "input", "document", "heap", "threads", "gc", "access", "events",
            "host",
        ],
    ),
    (
        "report",
        &[
            "time", "finding", "document", "heap", "threads", "gc", "access", "events", "host",
            "incident",
        ],
    ),
    ("render", &["time", "finding", "document"]),
    (
        "cli",
        &[
            "time", "finding", "input", "document", "heap", "threads", "gc", "access", "events",
            "host", "incident", "report", "render",
        ],
    ),
];

const EVIDENCE: &[&str] = &["time", "finding", "input", "document"];

/// Things that live in one place only: what to look for, and where it may stand.
const AT_HOME: &[(&str, &[&str])] = &[
    ("nom", PARSING),
    ("regex", PARSING),
    ("clap", &["src/cli/"]),
    ("clap_complete", &["src/cli/"]),
    ("clap_mangen", &["src/cli/"]),
    ("indicatif", &["src/cli/"]),
    ("terminal_size", &["src/cli/"]),
    ("anyhow", &["src/cli/"]),
    ("comfy_table", &["src/cli/", "src/render/"]),
    ("memmap2", &["src/input/"]),
    ("libc", &["src/input/mmap.rs"]),
    ("fs", &["src/input/", "src/cli/"]),
    ("File::open", &["src/input/", "src/cli/"]),
    ("File::create", &["src/input/", "src/cli/"]),
    ("OpenOptions", &["src/input/", "src/cli/"]),
    ("stdin", &["src/input/", "src/cli/"]),
    ("stdout", &["src/cli/"]),
    ("stderr", &["src/cli/"]),
    ("env", &["src/cli/", "src/main.rs"]),
    ("ExitCode", &["src/cli/", "src/main.rs"]),
    ("SystemTime::now", &[]),
    ("Instant::now", &["src/cli/"]),
    ("TcpStream", &[]),
    ("UdpSocket", &[]),
    ("println!", &[]),
    ("eprintln!", &[]),
    ("print!", &[]),
    ("eprint!", &[]),
    ("dbg!", &[]),
    ("todo!", &[]),
    ("unimplemented!", &[]),
];

const PARSING: &[&str] = &["/formats/", "/hprof/", "pattern.rs", "src/document/redact"];

/// Files that may be longer than 500 lines, up to 800, and why.
const LONG: &[(&str, &str)] = &[(
    "tests/showcase/mod.rs",
    "one document with every kind of block in it, written down as data",
)];

fn room_of(file: &str) -> &str {
    let inside = file.strip_prefix("src/").unwrap_or(file);
    let end = inside.find(['/', '.']).unwrap_or(inside.len());
    &inside[..end]
}

fn is_test(file: &str) -> bool {
    file.ends_with("/tests.rs") || file.contains("/tests/")
}

fn sources() -> Vec<String> {
    let mut all = files_ending("src", ".rs");
    all.retain(|file| !is_test(file));
    all
}

#[test]
fn rooms_know_only_whom_they_may() {
    let mut complaints = Vec::new();
    for file in sources() {
        let room = room_of(&file);
        if matches!(room, "lib" | "main") {
            continue;
        }
        let Some((_, allowed)) = MAY_KNOW.iter().find(|(known, _)| *known == room) else {
            complaints.push(format!("{file}:1: the room {room} has no line in MAY_KNOW"));
            continue;
        };
        for (line, named) in rooms_named(&code(&text(&file))) {
            let known = named == room
                || matches!(named.as_str(), "text" | "t" | "key")
                || allowed.contains(&named.as_str());
            if !known {
                complaints.push(format!("{file}:{line}: {room} must not know {named}"));
            }
        }
    }
    nothing_wrong("who may know whom", &complaints);
}

#[test]
fn things_are_where_they_live() {
    let mut complaints = Vec::new();
    for file in sources() {
        for (line, text) in code(&text(&file)) {
            for (thing, homes) in AT_HOME {
                if homes.iter().any(|home| file.contains(home)) {
                    continue;
                }
                let found = match *thing {
                    "fs" | "env" => text.contains(&format!("{thing}::")) && has_word(&text, thing),
                    "stdin" | "stdout" | "stderr" => has_word(&text, &format!("{thing}()")),
                    thing if thing.contains("::") => text.contains(thing),
                    thing => match thing.strip_suffix('!') {
                        Some(name) => text.contains(thing) && has_word(&text, name),
                        None => has_word(&text, thing) && names_item(&text, thing),
                    },
                };
                if found {
                    complaints.push(format!("{file}:{line}: {thing} does not belong here"));
                }
            }
        }
    }
    nothing_wrong("things out of place", &complaints);
}

/// Whether a word is used as a crate or type and not as the name of a variable or field.
fn names_item(line: &str, word: &str) -> bool {
    line.trim_start().starts_with("use ")
        || line.contains(&format!("{word}::"))
        || line.contains(&format!("::{word}"))
}

#[test]
fn unsafe_code_stands_in_two_files_that_say_why() {
    let mut complaints = Vec::new();
    let mut in_heap = BTreeSet::new();
    for file in files_ending("src", ".rs") {
        let whole = text(&file);
        for (line, text) in code(&whole) {
            if !has_word(&text, "unsafe") || file == "src/input/mmap.rs" {
                continue;
            }
            if room_of(&file) == "heap" {
                in_heap.insert(file.clone());
                let head: String = whole.lines().take_while(|l| l.starts_with("//!")).collect();
                if head.to_lowercase().contains("unsafe") || head.to_lowercase().contains("safety")
                {
                    continue;
                }
            }
            complaints.push(format!(
                "{file}:{line}: unsafe code outside its documented home"
            ));
        }
    }
    if in_heap.len() > 1 {
        complaints.push(format!(
            "unsafe code in several files of the heap: {in_heap:?}"
        ));
    }
    nothing_wrong("unsafe code", &complaints);
}

#[test]
fn files_are_short() {
    let mut complaints = Vec::new();
    let folders = ["src", "tests", "benches", "fuzz/fuzz_targets"];
    for file in folders
        .iter()
        .flat_map(|folder| files_ending(folder, ".rs"))
    {
        let lines = text(&file).lines().count();
        let limit = match LONG.iter().any(|(long, _)| *long == file) {
            true => 800,
            false => 500,
        };
        if lines > limit {
            complaints.push(format!(
                "{file}:{limit}: {lines} lines, more than {limit}; is there a second purpose in it?"
            ));
        }
    }
    for (long, reason) in LONG {
        let lines = match root().join(long).is_file() {
            true => text(long).lines().count(),
            false => 0,
        };
        if lines <= 500 || reason.is_empty() {
            complaints.push(format!("{long}: {lines} lines, needs no place in LONG"));
        }
    }
    let main = text("src/main.rs").lines().count();
    if main > 40 {
        complaints.push(format!("src/main.rs:40: {main} lines, more than 40"));
    }
    nothing_wrong("long files", &complaints);
}

#[test]
fn every_module_says_what_it_is() {
    let complaints: Vec<_> = sources()
        .into_iter()
        .filter(|file| !text(file).starts_with("//! "))
        .map(|file| format!("{file}:1: no module documentation"))
        .collect();
    nothing_wrong("silent modules", &complaints);
}

#[test]
fn no_file_names_a_machine() {
    // Put together here so that this file does not name one itself.
    let places = [
        ["/work", "/"].concat(),
        ["/ro", "ot/"].concat(),
        ["/home", "/"].concat(),
        ["/Us", "ers/"].concat(),
    ];
    let mut complaints = Vec::new();
    for file in files(".") {
        let whole = text(&file);
        if whole.contains('\0') || file == "Cargo.lock" {
            continue;
        }
        let evidence = file.starts_with("fixtures/") || file.starts_with("testdata/");
        // People's logs name people's homes; only the machine that made a fixture must not show.
        let places = if evidence { &places[..1] } else { &places[..] };
        for (index, line) in whole.lines().enumerate() {
            let named = places.iter().find(|place| machine_path(line, place));
            if let Some(place) = named {
                let at = index + 1;
                complaints.push(format!("{file}:{at}: names {place} of a machine"));
            }
        }
    }
    nothing_wrong("machine paths", &complaints);
}

/// Whether `place` begins a path in `line`: at its start or behind something that is not part of a path.
fn machine_path(line: &str, place: &str) -> bool {
    line.match_indices(place).any(|(index, _)| {
        let before = line[..index].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '}' | '/'))
    })
}

/// The rules of each room, under the prefix their identifiers must have.
fn rules_by_room() -> Vec<(&'static str, Vec<&'static RuleMeta>)> {
    vec![
        ("heap", diag::heap::rules()),
        ("threads", diag::threads::rules()),
        ("gc", diag::gc::rules()),
        ("access", diag::access::rules()),
        ("events", diag::events::rules()),
        ("host", diag::host::rules()),
        ("incident", diag::incident::rules()),
    ]
}

#[test]
fn every_rule_is_complete_documented_and_has_its_two_fixtures() {
    let mut complaints = Vec::new();
    let mut seen = BTreeSet::new();
    let page = text("docs/rules.md");
    let mut rooms_hold = 0;
    for (room, rules) in rules_by_room() {
        rooms_hold += rules.len();
        for rule in rules {
            let id = rule.id;
            let mut wrong = |problem: &str| complaints.push(format!("{id}: {problem}"));
            if !seen.insert(id) {
                wrong("two rules have this identifier");
            }
            let name = id.strip_prefix(room).and_then(|id| id.strip_prefix('/'));
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            if !name.is_some_and(|name| !name.is_empty() && name.chars().all(plain)) {
                wrong(&format!("an identifier of this room is {room}/some-name"));
            }
            let texts = [
                ("title", rule.title),
                ("means", rule.means),
                ("detected", rule.detected),
                ("advice", rule.advice),
                ("false_positives", rule.false_positives),
                ("sources", rule.sources.first().copied().unwrap_or_default()),
            ];
            for (field, text) in texts {
                if text.trim().len() < 4 {
                    wrong(&format!("its {field} is empty"));
                }
            }
            if !page.contains(&format!("## {id}\n")) {
                wrong(
                    "no section in docs/rules.md; run: cargo run -- rules --markdown > docs/rules.md",
                );
            }
            for side in ["fires", "near-miss"] {
                if !has_fixture(&format!("fixtures/rules/{id}/{side}")) {
                    wrong(&format!("no fixtures/rules/{id}/{side} (nor {side}.ref)"));
                }
            }
        }
    }
    let offered = diag::cli::rules().len();
    if offered != rooms_hold {
        complaints.push(format!(
            "`diag rules` offers {offered} rules, the rooms hold {rooms_hold}"
        ));
    }
    nothing_wrong("rules", &complaints);
}

/// A folder with something in it, or a `.ref` to another fixture.
fn has_fixture(relative: &str) -> bool {
    let reference = root().join(format!("{relative}.ref"));
    match std::fs::read_to_string(reference) {
        Ok(target) => {
            // Behind a `!` stands the name of one source in it.
            let path = target.trim().split('!').next().unwrap_or_default();
            root().join("fixtures").join(path).exists()
        }
        Err(_) => !files(relative).is_empty(),
    }
}

#[test]
fn every_rule_that_is_written_is_registered() {
    let known: BTreeSet<_> = diag::cli::rules().into_iter().map(|rule| rule.id).collect();
    let mut complaints = Vec::new();
    for file in sources() {
        let of_rules = file.contains("/rules/") || file.contains("/hypotheses/");
        if !of_rules {
            continue;
        }
        for (index, line) in text(&file).lines().enumerate() {
            let id = line.trim().strip_prefix("id: \"");
            let Some((id, _)) = id.and_then(|rest| rest.split_once('"')) else {
                continue;
            };
            if !known.contains(id) {
                complaints.push(format!("{file}:{}: {id} is not registered", index + 1));
            }
        }
    }
    nothing_wrong("rules left out of the registry", &complaints);
}

#[test]
fn every_fixture_of_a_rule_has_its_rule() {
    let known: BTreeSet<_> = diag::cli::rules().into_iter().map(|rule| rule.id).collect();
    let mut orphans = BTreeSet::new();
    for file in files("fixtures/rules") {
        let id: Vec<_> = file.split('/').skip(2).take(2).collect();
        let id = id.join("/");
        if Path::new(&file).components().count() > 4 && !known.contains(id.as_str()) {
            orphans.insert(format!("fixtures/rules/{id}: no such rule"));
        }
    }
    nothing_wrong(
        "orphaned fixtures",
        &orphans.into_iter().collect::<Vec<_>>(),
    );
}

#[test]
fn the_search_sees_code_and_nothing_else() {
    let text = r##"//! crate::heap in a comment
use crate::{gc, text::{self, bytes}, finding::Finding as Found};
/* crate::access */ fn f<'a>(x: &'a str) -> char { "crate::threads \" nom::"; r#"regex::"#; '"' }
fn g() { let _ = crate::events::Kind; b'\''; '\u{41}'; crate::t!("x") }
#[cfg(test)]
mod tests { use crate::render; }
"##;
    let code = code(text);
    let named: Vec<_> = rooms_named(&code)
        .into_iter()
        .map(|(line, room)| format!("{line} {room}"))
        .collect();
    assert_eq!(named, ["2 gc", "2 text", "2 finding", "4 events", "4 t"]);
    let all: String = code.iter().map(|(_, line)| line.as_str()).collect();
    assert!(!all.contains("nom::") && !all.contains("regex::") && !all.contains("access"));
    assert!(has_word("an unsafe fn", "unsafe") && !has_word("not_unsafe", "unsafe"));
}
