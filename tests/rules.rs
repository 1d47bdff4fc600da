//! Every rule against its two fixtures: `fires` must make it speak, `near-miss` must not.
//!
//! A fixture is a folder `fixtures/rules/<id>/fires` that is opened as a person would give it, or a file `fires.ref`
//! with the path of another folder or file, relative to `fixtures/`. Behind a `!` stands the name of one source in it.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on says so"
)]

mod common;
#[path = "common/reader.rs"]
mod reader;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use common::{nothing_wrong, root};
use diag::input::{Bundle, Kind, Silent};
use diag::report::Report;
use diag::{access, cli, events, gc, heap, host, incident, threads};

/// What a room says of some evidence.
struct Heard {
    /// The rules that speak.
    rules: Vec<String>,
    /// What is wrong with the report as a text.
    unreadable: Vec<String>,
}

/// What a room says of `evidence`, or of one source of it.
fn listen(room: &str, evidence: &Fixture) -> Heard {
    let mut bundle = Bundle::open(std::slice::from_ref(&evidence.path), &cli::sniffers());
    if let Some(only) = &evidence.source {
        bundle.sources.retain(|source| source.name.ends_with(only));
        assert_eq!(bundle.sources.len(), 1, "{only}: one source");
    }
    let reports = match room {
        "heap" => {
            let series = heap::compare_histograms(&bundle.holding(Kind::HostSnapshot));
            let analyse = |dump| heap::analyse(dump, &heap::Options::default(), &Silent);
            let dumps = bundle.holding(Kind::HeapDump).into_iter().map(analyse);
            let series = series.map(Report::HeapHistograms).into_iter();
            series.chain([Report::Heap(dumps.collect())]).collect()
        }
        "threads" => {
            let sources = bundle.holding(Kind::ThreadDump);
            let options = threads::Options::default();
            vec![Report::Threads(threads::analyse(
                &sources, &options, &Silent,
            ))]
        }
        "gc" => {
            let sources = bundle.holding(Kind::GcLog);
            let options = gc::Options::default();
            vec![Report::Gc(gc::analyse(&sources, &options, &Silent))]
        }
        "access" => {
            let sources = bundle.holding(Kind::AccessLog);
            let options = access::Options::default();
            let report = access::analyse(&sources, &options, &Silent);
            vec![Report::Access(Box::new(report))]
        }
        "events" => {
            let sources = bundle.holding(Kind::Events);
            let options = events::Options::default();
            vec![Report::Events(events::analyse(&sources, &options, &Silent))]
        }
        "host" => {
            let sources = bundle.holding(Kind::HostSnapshot);
            let options = host::Options::default();
            let report = host::analyse(&sources, &options, &Silent);
            vec![Report::Host(Box::new(report))]
        }
        "incident" => {
            let report = incident::analyse(&bundle, &Silent);
            vec![Report::Incident(Box::new(report))]
        }
        other => panic!("no such room: {other}"),
    };
    let mut unreadable = Vec::new();
    let name = evidence.path.strip_prefix(root()).unwrap_or(&evidence.path);
    for document in reports.iter().flat_map(Report::documents) {
        let name = format!("{room} {}", name.display());
        reader::readable(&name, &document, &mut unreadable);
    }
    let rules = match &reports[..] {
        [Report::Incident(report)] => hypotheses(report),
        reports => {
            let findings = reports.iter().flat_map(Report::findings);
            findings.map(|finding| finding.rule.clone()).collect()
        }
    };
    Heard { rules, unreadable }
}

/// The hypotheses that a report holds possible for some life, read from the JSON as any reader of it would, and the
/// findings of the incident room itself.
fn hypotheses(report: &incident::IncidentReport) -> Vec<String> {
    let found = report.findings.iter().map(|finding| finding.rule.clone());
    let found: Vec<String> = found.filter(|rule| rule.starts_with("incident/")).collect();
    let report = serde_json::to_value(report).unwrap();
    let lives = report["lives"].as_array().into_iter().flatten();
    let judged = lives.flat_map(|life| ["mechanisms", "causes"].map(|part| &life[part]));
    judged
        .filter_map(|judged| judged.as_array())
        .flatten()
        .filter(|judged| {
            let word = judged["confidence"].as_str().unwrap_or_default();
            ["possible", "likely", "confirmed"].contains(&word)
        })
        .filter_map(|judged| judged["hypothesis"].as_str().map(str::to_owned))
        .chain(found)
        .collect()
}

/// Evidence for a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Fixture {
    path: PathBuf,
    /// The end of the name of the only source that counts.
    source: Option<String>,
}

/// The folder or file of a fixture; `None` when there is none.
fn fixture(id: &str, side: &str) -> Option<Fixture> {
    let place = root().join("fixtures/rules").join(id);
    let reference = place.join(format!("{side}.ref"));
    let (path, source) = match std::fs::read_to_string(&reference) {
        Ok(target) => {
            let (path, source) = match target.trim().split_once('!') {
                Some((path, source)) => (path, Some(source.to_owned())),
                None => (target.trim(), None),
            };
            (root().join("fixtures").join(path), source)
        }
        Err(_) => (place.join(side), None),
    };
    path.exists().then_some(Fixture { path, source })
}

#[test]
fn every_rule_fires_where_it_should_and_only_there() {
    let mut complaints = Vec::new();
    // Several rules share one large capture; a room reads it once.
    let mut heard: BTreeMap<(String, Fixture), Result<Heard, String>> = BTreeMap::new();
    for rule in cli::rules() {
        let id = rule.id;
        let room = id.split('/').next().unwrap_or_default().to_owned();
        for (side, should_fire) in [("fires", true), ("near-miss", false)] {
            // tests/architecture.rs lists the fixtures that are missing.
            let Some(evidence) = fixture(id, side) else {
                continue;
            };
            let key = (room.clone(), evidence.clone());
            let result = heard.entry(key).or_insert_with(|| {
                let work = AssertUnwindSafe(|| listen(&room, &evidence));
                catch_unwind(work).map_err(|_| "panicked".to_owned())
            });
            let shown = evidence.path.strip_prefix(root()).unwrap_or(&evidence.path);
            let shown = shown.join(evidence.source.as_deref().unwrap_or_default());
            let shown = shown.display();
            match result {
                Err(problem) => complaints.push(format!("{id}: {problem} on {shown}")),
                Ok(heard) if heard.rules.iter().any(|rule| rule == id) == should_fire => {}
                Ok(heard) => {
                    let word = if should_fire { "is silent" } else { "fires" };
                    heard.rules.dedup();
                    let found = &heard.rules;
                    complaints.push(format!("{id}: {word} on {shown}; found there: {found:?}"));
                }
            }
        }
    }
    let heard = heard.into_values().flatten();
    complaints.extend(heard.flat_map(|heard| heard.unreadable));
    nothing_wrong("rules against their fixtures", &complaints);
}
