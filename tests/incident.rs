//! The committed incidents against what their supervisor really observed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use diag::finding::{Confidence, Evidence, Place};
use diag::incident::{self, End, IncidentReport, Life};
use diag::input::{Bundle, Silent};
use diag::time::{Instant, Moment, SECOND, Stamp, iso8601};

fn incidents() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/incidents")
}

fn evidence(name: &str) -> Bundle {
    Bundle::open(
        &[incidents().join(name).join("evidence")],
        &diag::cli::sniffers(),
    )
}

fn analyse(name: &str) -> IncidentReport {
    incident::analyse(&evidence(name), &Silent)
}

/// What `truth/truth.toml` says of each life: `start`, `end` and `exit_code` where they are known.
fn truth(name: &str) -> Vec<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(incidents().join(name).join("truth/truth.toml")).unwrap();
    let mut lives = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        if line.starts_with('[') {
            inside = line == "[[lives]]";
            if inside {
                lives.push(BTreeMap::new());
            }
        } else if let (true, Some((key, value))) = (inside, line.split_once(" = ")) {
            let life: &mut BTreeMap<_, _> = lives.last_mut().unwrap();
            life.insert(key.to_owned(), value.to_owned());
        }
    }
    assert!(!lives.is_empty(), "{name}: no lives in the truth");
    lives
}

fn instant(text: &str) -> Instant {
    match iso8601(text.as_bytes()) {
        Some((Stamp::Zoned(moment), _)) => moment.lo,
        other => panic!("{text}: {other:?}"),
    }
}

/// The interval holds the true instant, with a second of grace for truncating clocks, and is at most `width` wide.
fn assert_time(what: &str, found: Option<Moment>, truth: &str, width: i64) {
    let found = found.unwrap_or_else(|| panic!("{what}: no time, truth {truth}"));
    let truth = instant(truth);
    assert!(
        found.lo.plus(-SECOND) <= truth && truth <= found.hi.plus(SECOND),
        "{what}: found {found}, truth {truth}"
    );
    assert!(found.width() <= width, "{what}: {found} is too vague");
}

fn assert_lives(name: &str, report: &IncidentReport) {
    let truth = truth(name);
    assert_eq!(report.lives.len(), truth.len(), "{name}: lives");
    assert_eq!(report.unobserved_lives, 0, "{name}");
    for (life, truth) in report.lives.iter().zip(&truth) {
        let number = life.number;
        assert_time(
            &format!("{name}: start of life {number}"),
            life.started,
            &truth["start"],
            3 * SECOND,
        );
        if let Some(ready) = truth.get("ready") {
            assert_time(
                &format!("{name}: ready of life {number}"),
                life.ready,
                ready,
                3 * SECOND,
            );
        }
        match truth.get("end") {
            Some(end) => {
                let what = format!("{name}: end of life {number}");
                assert_time(&what, life.ended, end, 3 * SECOND);
                assert_eq!(life.terminator.kind, End::ProbeKill, "{what}");
                assert!(!life.running);
            }
            None => {
                assert!(life.running, "{name}: life {number} still runs");
                assert_eq!(life.terminator.kind, End::StillRunning);
            }
        }
    }
}

/// The exit code is known for the last death only: a pod description remembers one.
fn assert_exit_code(name: &str, report: &IncidentReport) {
    let truth = truth(name);
    let last = truth
        .iter()
        .rposition(|life| life.contains_key("end"))
        .unwrap();
    let code: i32 = truth[last]["exit_code"].parse().unwrap();
    assert_eq!(
        report.lives[last].terminator.exit_code,
        Some(code),
        "{name}"
    );
}

fn best(life: &Life) -> (&str, Confidence, &str, Confidence) {
    let mechanism = &life.mechanisms[0];
    let cause = &life.causes[0];
    (
        &mechanism.hypothesis,
        mechanism.confidence,
        &cause.hypothesis,
        cause.confidence,
    )
}

fn judged(life: &Life, id: &str) -> Confidence {
    let all = life.mechanisms.iter().chain(&life.causes);
    let found = all.into_iter().find(|judged| judged.hypothesis == id);
    found
        .unwrap_or_else(|| panic!("{id} was not judged"))
        .confidence
}

fn assert_below_possible(life: &Life, trap: &str) {
    assert!(
        judged(life, trap) < Confidence::Possible,
        "{trap} in life {}",
        life.number
    );
}

fn in_words(report: &IncidentReport) -> String {
    format!(
        "{} {}",
        report.verdict.headline,
        report.verdict.explanation.join(" ")
    )
}

/// Every statement can be checked: its source was given, its lines are there.
fn assert_locators(bundle: &Bundle, report: &IncidentReport) {
    let lives = report.lives.iter();
    let judged = lives
        .clone()
        .flat_map(|life| life.mechanisms.iter().chain(&life.causes));
    let all: Vec<&Evidence> = judged
        .flat_map(|judged| judged.clues.iter().flat_map(|clue| &clue.evidence))
        .chain(lives.flat_map(|life| &life.terminator.evidence))
        .chain(report.chain.iter().flat_map(|link| &link.evidence))
        .chain(report.timeline.iter().map(|entry| &entry.evidence))
        .chain(report.findings.iter().flat_map(|finding| &finding.evidence))
        .collect();
    assert!(all.len() > 20, "only {} pieces of evidence", all.len());
    for evidence in all {
        let name = &evidence.locator.source;
        let source = bundle.sources.iter().find(|source| source.name == *name);
        let source = source.unwrap_or_else(|| panic!("no source {name:?}: {}", evidence.statement));
        let lines = || source.lines().count() as u64;
        match &evidence.locator.place {
            Place::Line(line) => assert!(*line >= 1 && *line <= lines(), "{}", evidence.locator),
            Place::Lines(first, last) => {
                assert!(
                    *first >= 1 && first <= last && *last <= lines(),
                    "{}",
                    evidence.locator
                );
            }
            Place::Bytes(from, to) => {
                assert!(
                    from <= to && *to <= source.bytes.len() as u64,
                    "{}",
                    evidence.locator
                );
            }
            Place::Whole | Place::Object(_) => {}
        }
    }
    for link in &report.chain {
        assert!(
            !link.evidence.is_empty(),
            "no evidence for {:?}",
            link.statement
        );
    }
}

#[test]
fn the_leak_is_named_and_not_its_traps() {
    let name = "leak-probe-kill";
    let bundle = evidence(name);
    let report = incident::analyse(&bundle, &Silent);
    assert_lives(name, &report);
    assert_exit_code(name, &report);
    assert_locators(&bundle, &report);
    for life in report.lives.iter().filter(|life| !life.running) {
        let (mechanism, sure, cause, cause_sure) = best(life);
        assert_eq!(mechanism, "incident/death-spiral", "life {}", life.number);
        assert_eq!(sure, Confidence::Confirmed);
        assert_eq!(cause, "incident/gradual-leak", "life {}", life.number);
        assert!(
            cause_sure >= Confidence::Likely,
            "life {}: {cause_sure:?}",
            life.number
        );
        for trap in [
            "incident/limit-misfit",
            "incident/load-spike",
            "incident/deadlock",
        ] {
            assert_below_possible(life, trap);
        }
    }
    let verdict = in_words(&report);
    assert!(verdict.contains("PriceCache.CACHE"), "{verdict}");
    assert!(
        !verdict.contains("OOMKilled") && !verdict.contains("memory limit"),
        "{verdict}"
    );
    assert_eq!(report.impact.deaths, 2);
    assert_eq!(
        report.recurrence.as_ref().map(|again| again.deaths),
        Some(2)
    );
}

#[test]
fn the_deadlock_is_named_and_the_collector_is_not_blamed() {
    let name = "deadlock-probe-kill";
    let bundle = evidence(name);
    let report = incident::analyse(&bundle, &Silent);
    assert_lives(name, &report);
    assert_exit_code(name, &report);
    assert_locators(&bundle, &report);
    let dead: Vec<&Life> = report
        .lives
        .iter()
        .filter(|life| !life.running && life.covered_by.contains(&diag::input::Kind::ThreadDump))
        .collect();
    assert!(!dead.is_empty());
    for life in dead {
        assert_eq!(
            life.mechanisms[0].hypothesis, "incident/deadlock",
            "life {}",
            life.number
        );
        assert_eq!(life.mechanisms[0].confidence, Confidence::Confirmed);
        for trap in [
            "incident/death-spiral",
            "incident/gradual-leak",
            "incident/load-spike",
            "incident/limit-misfit",
            "incident/slow-dependency",
        ] {
            assert_below_possible(life, trap);
        }
    }
    let verdict = in_words(&report);
    assert!(verdict.to_lowercase().contains("deadlock"), "{verdict}");
    assert!(
        !verdict.contains("GC") && !verdict.contains("collector"),
        "{verdict}"
    );
}

#[test]
fn a_report_survives_its_own_json() {
    let report = analyse("deadlock-probe-kill");
    let json = serde_json::to_string(&report).unwrap();
    let again: IncidentReport = serde_json::from_str(&json).unwrap();
    assert_eq!(again, report);
}
