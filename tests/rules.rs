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

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use common::{nothing_wrong, root};
use diag::finding::Finding;
use diag::input::{Bundle, Kind, Silent};
use diag::{access, cli, events, gc, heap, host, incident, threads};

/// The rules of a room that speak on `evidence`, or on one source of it.
fn speaking(room: &str, evidence: &Fixture) -> Vec<String> {
    let mut bundle = Bundle::open(std::slice::from_ref(&evidence.path), &cli::sniffers());
    if let Some(only) = &evidence.source {
        bundle.sources.retain(|source| source.name.ends_with(only));
        assert_eq!(bundle.sources.len(), 1, "{only}: one source");
    }
    let findings: Vec<Finding> = match room {
        "heap" => {
            let dumps = bundle.holding(Kind::HeapDump).into_iter();
            let analyse = |dump| heap::analyse(dump, &heap::Options::default(), &Silent).findings;
            let series = heap::compare_histograms(&bundle.holding(Kind::HostSnapshot));
            let growing = series.into_iter().flat_map(|series| series.findings);
            dumps.flat_map(analyse).chain(growing).collect()
        }
        "threads" => {
            let sources = bundle.holding(Kind::ThreadDump);
            threads::analyse(&sources, &threads::Options::default(), &Silent).findings
        }
        "gc" => {
            let sources = bundle.holding(Kind::GcLog);
            gc::analyse(&sources, &gc::Options::default(), &Silent).findings
        }
        "access" => {
            let sources = bundle.holding(Kind::AccessLog);
            access::analyse(&sources, &access::Options::default(), &Silent).findings
        }
        "events" => {
            let sources = bundle.holding(Kind::Events);
            events::analyse(&sources, &events::Options::default(), &Silent).findings
        }
        "host" => {
            let sources = bundle.holding(Kind::HostSnapshot);
            host::analyse(&sources, &host::Options::default(), &Silent).findings
        }
        "incident" => return hypotheses(&incident::analyse(&bundle, &Silent)),
        other => panic!("no such room: {other}"),
    };
    findings.into_iter().map(|finding| finding.rule).collect()
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
    let mut heard: BTreeMap<(String, Fixture), Result<Vec<String>, String>> = BTreeMap::new();
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
                let work = AssertUnwindSafe(|| speaking(&room, &evidence));
                catch_unwind(work).map_err(|_| "panicked".to_owned())
            });
            let shown = evidence.path.strip_prefix(root()).unwrap_or(&evidence.path);
            let shown = shown.join(evidence.source.as_deref().unwrap_or_default());
            let shown = shown.display();
            match result {
                Err(problem) => complaints.push(format!("{id}: {problem} on {shown}")),
                Ok(found) if found.iter().any(|rule| rule == id) == should_fire => {}
                Ok(found) => {
                    let word = if should_fire { "is silent" } else { "fires" };
                    found.dedup();
                    complaints.push(format!("{id}: {word} on {shown}; found there: {found:?}"));
                }
            }
        }
    }
    nothing_wrong("rules against their fixtures", &complaints);
}
