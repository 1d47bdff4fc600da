//! The scenario corpus against its truth: who ended it, what made it unable to work, what caused that, and what must not
//! be said. Then each scenario again with one source missing, with two missing, and with each clock without a zone set
//! wrong: the answer may become weaker, never wrong.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on says so"
)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use common::{nothing_wrong, root};
use diag::cli;
use diag::document::redact::Profile;
use diag::finding::Confidence;
use diag::incident::{self, IncidentReport, Judged, Life};
use diag::input::{Bundle, Silent};
use diag::report::{Envelope, Report};
use diag::time::{Instant, SECOND, iso8601};
use rayon::prelude::*;

/// Scenarios whose every part is right. May only rise.
const RIGHT: usize = 20;
/// Variants with a source missing or a clock shifted in which nothing wrong is said. May only rise.
const NOT_WRONG: usize = 465;
/// Cases of `fixtures/heldout` whose every part is right. May only rise.
const HELD_OUT_RIGHT: usize = 24;
/// What evidence that nothing was tuned on came to at first sight.
const HELD_OUT: &str = include_str!("../fixtures/lab/scenarios/held-out.md");
/// Pairs of missing sources tried for each scenario.
const PAIRS: usize = 16;
/// Clocks without a zone are set wrong by these.
const SHIFTS: [i64; 2] = [5 * 3600 * SECOND, -(3 * 3600 + 1800) * SECOND];

type Files = Vec<(String, Vec<u8>)>;

/// `truth.toml`: one `key = value` per line.
struct Truth {
    name: String,
    values: BTreeMap<String, String>,
}

impl Truth {
    fn text(&self, key: &str) -> &str {
        let value = self.values.get(key).map_or("", String::as_str);
        value.trim_matches('"')
    }

    fn list(&self, key: &str) -> Vec<&str> {
        let value = self.values.get(key).map_or("", String::as_str);
        let inner = value.trim_start_matches('[').trim_end_matches(']');
        let words = inner
            .split(',')
            .map(|word| word.trim().trim_matches('"'))
            .filter(|word| !word.is_empty());
        words.collect()
    }

    /// Hypotheses that may be held true.
    fn allowed(&self) -> BTreeSet<&str> {
        let main = [self.text("mechanism"), self.text("cause")];
        main.into_iter().chain(self.list("also")).collect()
    }
}

/// What a scenario came to.
struct Score {
    truth: Truth,
    /// What is wrong with the full evidence, in words.
    wrong: Vec<String>,
    one_missing: Tally,
    two_missing: Tally,
    shifted: Tally,
}

/// How many variants were tried, and what was wrong in them.
#[derive(Default)]
struct Tally {
    tried: usize,
    wrong: Vec<String>,
}

impl Tally {
    fn right(&self) -> usize {
        self.tried - self.wrong.len()
    }

    fn words(&self) -> String {
        format!("{} of {}", self.right(), self.tried)
    }
}

fn truths() -> Vec<(Truth, Files)> {
    below(&root().join("fixtures/scenarios"))
}

/// The scenarios in a folder.
fn below(folder: &Path) -> Vec<(Truth, Files)> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let open = |name: String| {
        let place = folder.join(&name);
        let text = std::fs::read_to_string(place.join("truth.toml")).unwrap();
        let values = text
            .lines()
            .filter_map(|line| line.split_once(" = "))
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect();
        let evidence = match std::fs::read_to_string(place.join("evidence.ref")) {
            Ok(path) => root().join("fixtures").join(path.trim()),
            Err(_) => place.join("evidence"),
        };
        (Truth { name, values }, files(&evidence))
    };
    names.into_iter().map(open).collect()
}

/// All files below a folder, by their names in it.
fn files(folder: &Path) -> Files {
    fn walk(folder: &Path, top: &Path, out: &mut Files) {
        let entries = std::fs::read_dir(folder).unwrap();
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        for path in paths {
            if path.is_dir() {
                walk(&path, top, out);
            } else {
                let name = path.strip_prefix(top).unwrap().to_string_lossy();
                out.push((name.into_owned(), std::fs::read(&path).unwrap()));
            }
        }
    }
    let mut out = Vec::new();
    walk(folder, folder, &mut out);
    out
}

fn analyse(files: &Files) -> IncidentReport {
    let bundle = Bundle::from_buffers(files.clone(), &cli::sniffers());
    incident::analyse(&bundle, &Silent)
}

/// The life that the verdict is about.
fn subject(report: &IncidentReport) -> Option<&Life> {
    let number = report.verdict.life?;
    report.lives.iter().find(|life| life.number == number)
}

fn end(life: &Life) -> String {
    let json = serde_json::to_value(life.terminator.kind).unwrap();
    json.as_str().unwrap().to_owned()
}

fn best(judged: &[Judged]) -> &str {
    let first = judged.first().filter(|first| first.holds());
    first.map_or("none", |first| &first.hypothesis)
}

/// What is wrong with a report on the full evidence.
fn judge(truth: &Truth, report: &IncidentReport) -> Vec<String> {
    let Some(life) = subject(report) else {
        return vec!["no life".to_owned()];
    };
    let mut wrong = Vec::new();
    let mut compare = |what: &str, found: &str, wanted: &str| {
        if found != wanted {
            wrong.push(format!("{what} {found}, truth {wanted}"));
        }
    };
    let ended = end(life);
    if !truth.list("terminator_or").contains(&ended.as_str()) {
        compare("terminator", &ended, truth.text("terminator"));
    }
    for (question, judged) in [("mechanism", &life.mechanisms), ("cause", &life.causes)] {
        let found = best(judged);
        if !truth.list(&format!("{question}_or")).contains(&found) {
            compare(question, found, truth.text(question));
        }
    }
    if let Some(lives) = truth.values.get("lives") {
        compare("lives", &report.lives.len().to_string(), lives);
    }
    let traps = truth.list("traps");
    for judged in life.mechanisms.iter().chain(&life.causes) {
        if traps.contains(&judged.hypothesis.as_str()) && judged.holds() {
            wrong.push(format!(
                "trap {} is {}",
                judged.hypothesis,
                judged.confidence.word()
            ));
        }
    }
    // What was so, though the evidence cannot show it.
    let hidden = truth.list("hidden");
    for judged in life.mechanisms.iter().chain(&life.causes) {
        let excluded = judged.confidence <= Confidence::Unlikely;
        if hidden.contains(&judged.hypothesis.as_str()) && excluded {
            wrong.push(format!("{} is ruled out", judged.hypothesis));
        }
    }
    let abstains = report.verdict.confidence == Confidence::Undetermined;
    if truth.text("abstain") == "true" && !abstains {
        wrong.push(format!("should abstain: {}", report.verdict.headline));
    }
    wrong
}

/// What is said that is not true. Less than the truth is not wrong.
fn lie(truth: &Truth, report: &IncidentReport) -> Option<String> {
    let life = subject(report)?;
    let allowed = truth.allowed();
    let sure = |judged: &&Judged| judged.confidence >= Confidence::Likely;
    let named = life.mechanisms.iter().chain(&life.causes).filter(sure);
    let false_names: Vec<&str> = named
        .map(|judged| judged.hypothesis.as_str())
        .filter(|name| !allowed.contains(name))
        .collect();
    let ended = end(life);
    let weaker = ["still-running", "unknown", "killed-by-unknown"];
    let false_end = life.terminator.confidence >= Confidence::Likely
        && ended != truth.text("terminator")
        && !truth.list("terminator_or").contains(&ended.as_str())
        && !truth.list("terminator_weaker").contains(&ended.as_str())
        && !weaker.contains(&ended.as_str());
    let mut parts: Vec<String> = false_names.into_iter().map(str::to_owned).collect();
    if false_end {
        parts.push(format!("terminator {ended}"));
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn tally(truth: &Truth, variants: Vec<(String, Files)>) -> Tally {
    let wrong: Vec<Option<String>> = variants
        .par_iter()
        .map(|(what, files)| Some(format!("{what}: {}", lie(truth, &analyse(files))?)))
        .collect();
    Tally {
        tried: variants.len(),
        wrong: wrong.into_iter().flatten().collect(),
    }
}

fn without(files: &Files, left_out: &[usize]) -> (String, Files) {
    let mut names = Vec::new();
    let mut rest = Vec::new();
    for (index, file) in files.iter().enumerate() {
        match left_out.contains(&index) {
            true => names.push(file.0.clone()),
            false => rest.push(file.clone()),
        }
    }
    (format!("without {}", names.join(" and ")), rest)
}

/// Pairs spread evenly over all there are.
fn pairs(count: usize) -> Vec<[usize; 2]> {
    let all: Vec<[usize; 2]> = (0..count)
        .flat_map(|first| (first + 1..count).map(move |second| [first, second]))
        .collect();
    let step = all.len().div_ceil(PAIRS).max(1);
    all.into_iter().step_by(step).collect()
}

/// The same evidence with the stamps without a zone of one source moved by `micros`.
fn with_shifted_clock(files: &Files, report: &IncidentReport) -> Vec<(String, Files)> {
    let bundle = Bundle::from_buffers(files.clone(), &cli::sniffers());
    let unzoned = |name: &str| {
        let clock = report.clocks.iter().find(|clock| clock.source == name);
        clock.is_some_and(|clock| clock.basis != ZONED)
    };
    let mut variants = Vec::new();
    for source in bundle.sources.iter().filter(|source| unzoned(&source.name)) {
        for micros in SHIFTS {
            let text = String::from_utf8_lossy(&source.bytes);
            let moved = shift(&text, micros);
            if moved == text {
                continue;
            }
            let inside =
                |name: &str| source.name == name || name.strip_suffix(".gz") == Some(&source.name);
            let mut files = files.clone();
            let found = files
                .iter_mut()
                .find(|(name, _)| inside(name) || source.name.starts_with(name.as_str()));
            let Some(file) = found else { continue };
            *file = (source.name.clone(), moved.into_bytes());
            let hours = micros / SECOND / 3600;
            variants.push((format!("{} {hours:+} h", source.name), files));
        }
    }
    variants
}

/// What the clock of a source says whose stamps carry their zone.
const ZONED: &str = "its stamps carry their zone";

/// Moves `2026-11-22 10:03:53` (thread dumps) and `22-Nov-2026 10:03:53` (java.util.logging).
fn shift(text: &str, micros: i64) -> String {
    let stamp = regex::Regex::new(
        r"(?m)^(?:(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)|(\d\d)-([A-Z][a-z]{2})-(\d{4}) (\d\d:\d\d:\d\d))",
    )
    .unwrap();
    const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let moved = |iso: &str| -> Option<Instant> {
        let (stamp, _) = iso8601(iso.as_bytes())?;
        match stamp {
            diag::time::Stamp::Local(moment) | diag::time::Stamp::Zoned(moment) => {
                Some(moment.lo.plus(micros))
            }
            diag::time::Stamp::Uptime(_) => None,
        }
    };
    let replace = |found: &regex::Captures<'_>| -> String {
        let whole = found[0].to_owned();
        if found.get(1).is_some() {
            return moved(&whole).map_or(whole, |at| at.rfc3339()[..19].replace('T', " "));
        }
        let month = MONTHS.find(&found[3]).unwrap_or(0) / 3 + 1;
        let iso = format!("{}-{month:02}-{} {}", &found[4], &found[2], &found[5]);
        moved(&iso).map_or(whole, |at| {
            let text = at.rfc3339();
            let month: usize = text[5..7].parse().unwrap();
            let name = &MONTHS[(month - 1) * 3..month * 3];
            format!("{}-{name}-{} {}", &text[8..10], &text[..4], &text[11..19])
        })
    };
    stamp.replace_all(text, replace).into_owned()
}

fn score(truth: Truth, files: &Files) -> Score {
    let report = analyse(files);
    let one = (0..files.len()).map(|index| without(files, &[index]));
    let two = pairs(files.len());
    let two = two.into_iter().map(|pair| without(files, &pair));
    Score {
        wrong: judge(&truth, &report),
        one_missing: tally(&truth, one.collect()),
        two_missing: tally(&truth, two.collect()),
        shifted: tally(&truth, with_shifted_clock(files, &report)),
        truth,
    }
}

/// The table of `docs/scenarios.md`.
fn table(scores: &[Score]) -> String {
    let mut out = String::from(
        "| scenario | evidence | ended by | mechanism | cause | answer | one missing | two missing | clock shifted |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    let short = |name: &str| name.trim_start_matches("incident/").to_owned();
    for score in scores {
        let truth = &score.truth;
        let answer = match score.wrong.is_empty() {
            true => "right".to_owned(),
            false => score.wrong.join("; "),
        };
        out += &format!(
            "| {} | {} | {} | {} | {} | {answer} | {} | {} | {} |\n",
            truth.name,
            truth.text("captured"),
            truth.text("terminator"),
            short(truth.text("mechanism")),
            short(truth.text("cause")),
            score.one_missing.words(),
            score.two_missing.words(),
            score.shifted.words(),
        );
    }
    out
}

fn page(scores: &[Score]) -> String {
    let right = scores.iter().filter(|score| score.wrong.is_empty()).count();
    let (tried, held) = variants(scores);
    let mut stories = String::new();
    for score in scores {
        stories += &format!(
            "- **{}**: {}\n",
            score.truth.name,
            score.truth.text("story")
        );
    }
    format!(
        "# Scenarios\n\n\
         What `diag incident` says about {count} incidents whose truth is known. Each is a folder in `fixtures/scenarios` with its\n\
         evidence, its `truth.toml` and a `README.md` that says what really happened, what was captured from a real run and what\n\
         was assembled. The runs can be repeated with `fixtures/lab/scenarios`.\n\n\
         An answer is right when the verdict's life has the true terminator, the true mechanism and the true cause (or none where\n\
         there is none), when none of the traps is held possible, and when the report abstains where it must. With sources missing\n\
         or with clocks set wrong the answer may be weaker; the last columns count the variants in which nothing false is held\n\
         likely or confirmed. Pairs of missing sources are spread evenly, at most {PAIRS} or so for each scenario.\n\n\
         Right: {right} of {count}. Nothing false: {held} of {tried} variants.\n\n\
         {table}\n\
         {HELD_OUT}\n\
         ## Stories\n\n{stories}\n\
         This page is written by `UPDATE=1 cargo test --test scenarios`.\n",
        count = scores.len(),
        table = table(scores),
    )
}

/// Variants tried, and those in which nothing wrong was said.
fn variants(scores: &[Score]) -> (usize, usize) {
    let all = || {
        let each = |score: &'_ Score| {
            [&score.one_missing, &score.two_missing, &score.shifted].map(|t| (t.tried, t.right()))
        };
        scores.iter().flat_map(each)
    };
    (
        all().map(|(tried, _)| tried).sum(),
        all().map(|(_, right)| right).sum(),
    )
}

#[test]
fn the_answers_are_right_and_less_evidence_makes_them_weaker_not_wrong() {
    let only = std::env::var("SCENARIO").unwrap_or_default();
    let scores: Vec<Score> = truths()
        .into_par_iter()
        .filter(|(truth, _)| truth.name.contains(&only))
        .map(|(truth, files)| score(truth, &files))
        .collect();
    println!("{}", table(&scores));
    for score in &scores {
        let parts = [&score.one_missing, &score.two_missing, &score.shifted];
        for wrong in parts.into_iter().flat_map(|tally| &tally.wrong) {
            println!("{}: {wrong}", score.truth.name);
        }
    }
    if !only.is_empty() {
        return;
    }
    let right = scores.iter().filter(|score| score.wrong.is_empty()).count();
    let (_, held) = variants(&scores);
    assert!(right >= RIGHT, "{right} scenarios right, {RIGHT} before");
    assert!(
        held >= NOT_WRONG,
        "{held} variants not wrong, {NOT_WRONG} before"
    );
    let place = root().join("docs/scenarios.md");
    let now = page(&scores);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&place, &now).unwrap();
    }
    let committed = std::fs::read_to_string(&place).unwrap_or_default();
    assert_eq!(
        committed, now,
        "docs/scenarios.md is old: run with UPDATE=1"
    );
}

/// Runs of a program and of ways to fail that no scenario has, by `fixtures/lab/heldout`; where `HELD_OUT` names a folder of
/// evidence captured anew, that is judged instead and only printed.
#[test]
fn held_out_scenarios() {
    let elsewhere = std::env::var_os("HELD_OUT").map(PathBuf::from);
    let folder = elsewhere
        .clone()
        .unwrap_or_else(|| root().join("fixtures/heldout"));
    let wrong: Vec<(String, Vec<String>)> = below(&folder)
        .into_par_iter()
        .map(|(truth, files)| {
            let wrong = judge(&truth, &analyse(&files));
            (truth.name, wrong)
        })
        .collect();
    for (name, wrong) in &wrong {
        println!("{name}: {}", wrong.join("; "));
    }
    let right = wrong.iter().filter(|(_, wrong)| wrong.is_empty()).count();
    println!("right: {right} of {}", wrong.len());
    assert!(
        elsewhere.is_some() || right >= HELD_OUT_RIGHT,
        "{right} right"
    );
}

#[test]
fn no_planted_secret_leaves_a_report() {
    let mut complaints = Vec::new();
    for (truth, files) in truths() {
        let canaries = truth.list("canaries");
        if canaries.is_empty() {
            continue;
        }
        let report = Report::Incident(Box::new(analyse(&files)));
        let (envelope, _) = Envelope::seal(report, "UTC", Profile::Ticket).unwrap();
        assert!(envelope.redacted > 0, "{}: nothing was removed", truth.name);
        let json = serde_json::to_string(&envelope).unwrap();
        for canary in canaries {
            if json.contains(canary) {
                let at = json.find(canary).unwrap_or(0);
                let around = &json[at.saturating_sub(60)..(at + canary.len() + 20).min(json.len())];
                complaints.push(format!("{}: {canary} in …{around}…", truth.name));
            }
        }
    }
    nothing_wrong("planted secrets in a report", &complaints);
}
