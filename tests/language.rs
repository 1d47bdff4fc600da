//! The second language: nothing missing, nothing stale, nothing lost on the way.
//!
//! A failure of a room prints what is missing as entries for `src/text/ko/<room>.po`:
//! `cargo test --test language gc`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on says so"
)]

mod common;
#[path = "common/words.rs"]
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::process::Command;

use common::{files_ending, nothing_wrong, root, text};
use diag::text::{Entry, entries};
use words::{ROOMS, Words, fixed};

/// Everything that the program can say.
fn all_words() -> Words {
    let mut words = Words::default();
    for name in files_ending("src", ".rs") {
        if !name.ends_with("/tests.rs") {
            words.read(&name, &text(&name));
        }
    }
    for rule in diag::cli::rules() {
        let room = rule.id.split('/').next().unwrap_or_default();
        assert!(ROOMS.contains(&room), "{}: no such room", rule.id);
        let texts = [
            rule.title,
            rule.means,
            rule.detected,
            rule.advice,
            rule.false_positives,
        ];
        for text in texts {
            words.say(room, text, rule.id.to_owned());
        }
    }
    words
}

fn file_of(room: &str) -> String {
    format!("src/text/ko/{room}.po")
}

/// Checks the file of a room.
fn complete(room: &str) {
    let words = all_words();
    let file = file_of(room);
    let text = text(&file);
    let entries = entries(&text);
    let mut complaints: Vec<String> = Vec::new();
    let bare = words.bare.iter().filter(|(at, _)| at == room);
    complaints.extend(bare.map(|(_, complaint)| complaint.clone()));
    if text.contains("#, fuzzy") {
        complaints.push(format!("{file}: an entry is marked fuzzy"));
    }
    let mut known = BTreeSet::new();
    for entry in &entries {
        let at = format!("{file}:{}", entry.line);
        if !known.insert(entry.key.as_str()) {
            complaints.push(format!("{at}: the entry is there twice"));
        }
        match words.home(&entry.key) {
            None => complaints.push(format!("{at}: nobody says {:?}", entry.key)),
            Some(home) if home != room => {
                complaints.push(format!("{at}: belongs in {}", file_of(home)));
            }
            Some(_) => complaints.extend(
                unfit(entry)
                    .into_iter()
                    .map(|problem| format!("{at}: {problem}")),
            ),
        }
    }
    let mut missing: Vec<(&str, &str)> = words
        .keys
        .iter()
        .filter(|(key, _)| words.home(key) == Some(room) && !known.contains(key.as_str()))
        .map(|(key, (_, place))| (place.as_str(), key.as_str()))
        .collect();
    missing.sort_unstable();
    let mut stubs = String::new();
    for (place, key) in &missing {
        let _ = write!(stubs, "\n#: {place}\nmsgid {}\nmsgstr \"\"\n", quoted(key));
    }
    if !missing.is_empty() {
        complaints.push(format!("{file}: {} are missing:\n{stubs}", missing.len()));
    }
    nothing_wrong(&file, &complaints);
}

/// A string as the files write it.
fn quoted(text: &str) -> String {
    let escaped = text
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
        .replace('\t', "\\t");
    format!("\"{escaped}\"")
}

/// What a translation gets wrong that a program can see.
fn unfit(entry: &Entry) -> Vec<String> {
    let mut out = Vec::new();
    let (wanted, found) = (holes(&entry.key), holes(&entry.translation));
    if wanted != found {
        out.push(format!("holes {wanted:?} became {found:?}"));
    }
    if entry.key.starts_with('#') != entry.translation.starts_with('#') {
        out.push("the sign # of a column of numbers is lost".to_owned());
    }
    if let Some(particle) = dangling(&entry.translation) {
        let advice = "build the sentence so that it needs none, or write 을(를)";
        out.push(format!(
            "the particle {particle:?} depends on what fills the hole before it; {advice}"
        ));
    }
    out
}

/// The names of the holes.
fn holes(template: &str) -> BTreeSet<&str> {
    let parts = template.split('{').skip(1);
    let names = parts.filter_map(|part| part.split_once('}').map(|(name, _)| name));
    names.filter(|name| is_name(name)).collect()
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// A particle right after a hole whose form depends on the last sound of what fills it.
fn dangling(text: &str) -> Option<&'static str> {
    let particles = ["은", "는", "이", "가", "을", "를", "과", "와", "로", "으로"];
    text.split('}').skip(1).find_map(|rest| {
        particles.into_iter().find(|particle| {
            let after = rest.strip_prefix(particle).map(|rest| rest.chars().next());
            after.is_some_and(|next| next.is_none_or(|c| !is_hangul(c) && c != '('))
        })
    })
}

fn is_hangul(c: char) -> bool {
    ('가'..='힣').contains(&c)
}

#[test]
fn every_file_belongs_to_a_room() {
    let expected: BTreeSet<String> = ROOMS
        .iter()
        .copied()
        .chain(["shared"])
        .map(file_of)
        .collect();
    let found: BTreeSet<String> = files_ending("src/text/ko", "").into_iter().collect();
    assert_eq!(found, expected);
}

#[test]
fn words_are_found_where_they_stand() {
    let mut words = Words::default();
    words.read(
        "src/gc/a.rs",
        r##"
        fn a() { let x = vec![t!("one {n}", n = t!("two"))]; Table::new(&[&t!("#three"), "four"]); }
        const B: &str = key!("fi\"ve");
        const C: RuleMeta = RuleMeta { title: "six" };
        fn d() -> Lane { Lane { title: "seven".to_owned(), name: String::new() } }
        #[cfg(test)]
        mod tests { fn e() { t!("eight"); } }
        "##,
    );
    words.read("src/heap/a.rs", "fn a() { t!(\"two\") }");
    let keys: Vec<&str> = words.keys.keys().map(String::as_str).collect();
    assert_eq!(keys, ["#three", "fi\"ve", "one {n}", "two"]);
    assert_eq!(words.home("two"), Some("shared"));
    assert_eq!(words.home("#three"), Some("gc"));
    let bare: Vec<&str> = words.bare.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(
        bare,
        [
            "src/gc/a.rs:2: \"four\" is not for the catalogue",
            "src/gc/a.rs:5: \"seven\" is not for the catalogue"
        ]
    );
}

#[test]
fn particles_that_depend_on_the_hole_are_seen() {
    for good in [
        "{n}개가",
        "{a}을(를) 기다린다",
        "{a}의 {b}",
        "{a}에서",
        "가 {a}이다",
        "{a}: 이",
    ] {
        assert_eq!(dangling(good), None, "{good}");
    }
    assert_eq!(dangling("{a}가 죽었다"), Some("가"));
    assert_eq!(dangling("{a}로"), Some("로"));
}

#[test]
fn access() {
    complete("access");
}

#[test]
fn events() {
    complete("events");
}

#[test]
fn gc() {
    complete("gc");
}

#[test]
fn heap() {
    complete("heap");
}

#[test]
fn host() {
    complete("host");
}

#[test]
fn incident() {
    complete("incident");
}

#[test]
fn shared() {
    complete("shared");
}

#[test]
fn threads() {
    complete("threads");
}

/// What the program writes about a committed incident.
fn korean(folder: &str, format: &str) -> String {
    let made = Command::new(env!("CARGO_BIN_EXE_diag"))
        .current_dir(root())
        .args(["incident", folder, "--lang", "ko", "--quiet", "--no-pager"])
        .args(["--details", "--format", format])
        .output()
        .unwrap();
    assert!(made.status.success());
    String::from_utf8(made.stdout).unwrap()
}

/// Four words in a row of a template, as they stand there, are a sentence that was not translated.
#[test]
fn korean_reports_hold_no_english_sentence() {
    let words = all_words();
    let mut complaints = Vec::new();
    for incident in ["deadlock-probe-kill", "leak-probe-kill"] {
        let folder = format!("fixtures/incidents/{incident}/evidence");
        let outputs: BTreeMap<&str, String> = ["terminal", "markdown", "html"]
            .map(|format| (format, korean(&folder, format)))
            .into();
        for (key, (_, place)) in &words.keys {
            for part in fixed(key).filter(|part| part.split(' ').count() >= 4) {
                for (format, output) in &outputs {
                    if output.contains(part) {
                        complaints.push(format!("{incident}, {format}: {part:?} ({place})"));
                    }
                }
            }
        }
    }
    nothing_wrong("Korean reports", &complaints);
}
