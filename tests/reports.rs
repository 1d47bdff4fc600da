//! The reports of the committed incidents and scenarios as those get them who did not run the tool.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]

mod common;
#[path = "common/program.rs"]
#[allow(dead_code, reason = "this file uses its part")]
mod program;
#[path = "common/reader.rs"]
mod reader;

use std::fs;
use std::path::{Path, PathBuf};

use common::{nothing_wrong, root};
use diag::cli;
use diag::document::redact::Profile;
use diag::incident;
use diag::input::{Bundle, Silent};
use diag::report::{Envelope, Report};
use unicode_width::UnicodeWidthStr;

/// The evidence of all incidents and scenarios, each once.
fn evidence() -> Vec<PathBuf> {
    let mut places = Vec::new();
    for folder in ["fixtures/incidents", "fixtures/scenarios"] {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let place = entry.unwrap().path().join("evidence");
            places.extend(place.is_dir().then_some(place));
        }
    }
    places.sort();
    places
}

fn incidents() -> impl Iterator<Item = PathBuf> {
    evidence()
        .into_iter()
        .filter(|place| place.starts_with(root().join("fixtures/incidents")))
}

#[test]
fn an_incident_is_told_within_what_a_reader_takes() {
    let mut complaints = Vec::new();
    for place in evidence() {
        let bundle = Bundle::open_unsearched(std::slice::from_ref(&place), &cli::sniffers());
        let report = Report::Incident(Box::new(incident::analyse(&bundle, &Silent)));
        // What the access room spares the others, they would not have found.
        let all = Bundle::open(std::slice::from_ref(&place), &cli::sniffers());
        for (source, searched) in bundle.sources.iter().zip(&all.sources) {
            assert_eq!(source.name, searched.name);
            assert!(source.kinds().eq(searched.kinds()), "{}", source.name);
        }
        let (envelope, _) = Envelope::seal(report, "UTC", Profile::Ticket).unwrap();
        let name = place.strip_prefix(root()).unwrap().display().to_string();
        for document in envelope.report.documents() {
            reader::readable(&name, &document, &mut complaints);
        }
    }
    nothing_wrong("reports of incidents", &complaints);
}

/// Every format made by the first run, and again from the saved report.
#[test]
fn a_saved_incident_renders_to_the_same_bytes() {
    let endings = ["html", "md", "txt", "sarif", "json"];
    for place in incidents() {
        for language in ["en", "ko"] {
            let folder = tempfile::tempdir().unwrap();
            let write = |command: &[&str], name: &str| {
                let names = endings.map(|ending| format!("{name}.{ending}"));
                let outputs = names.iter().flat_map(|name| ["-o", name.as_str()]);
                let arguments: Vec<&str> = command.iter().copied().chain(outputs).collect();
                let made = program::diag(folder.path(), &arguments);
                assert!(made.status.success(), "{}", program::stderr(&made));
                names.map(|name| fs::read(folder.path().join(name)).unwrap())
            };
            let place = place.to_str().unwrap();
            let first = write(&["incident", place, "--quiet", "--lang", language], "a");
            let again = write(&["render", "a.json", "--quiet"], "b");
            for (ending, (first, again)) in endings.iter().zip(first.iter().zip(&again)) {
                assert!(first == again, "{place}, {language}: {ending} differs");
            }
        }
    }
}

#[test]
fn the_brief_text_tells_chain_evidence_and_actions() {
    for place in incidents() {
        let brief = shown(&place, &["--brief"]);
        for wanted in [
            "**CRITICAL**",
            "Do first: ",
            "**What led to what**",
            "\n1. ",
            "gc/gc.log",
        ] {
            assert!(brief.contains(wanted), "{wanted}: {brief}");
        }
    }
}

#[test]
fn the_findings_of_an_incident_are_sarif() {
    for place in incidents() {
        let log = shown(&place, &["--format", "sarif"]);
        assert_eq!(reader::sarif_errors(&log), [""; 0], "{}", place.display());
        assert!(log.matches("\"ruleId\"").count() > 2, "{log}");
    }
}

/// A Korean letter takes two columns.
#[test]
fn korean_text_keeps_the_width_of_the_terminal() {
    let mut complaints = Vec::new();
    for place in incidents() {
        for line in shown(&place, &["--lang", "ko", "--details"]).lines() {
            // Names and quoted lines are never broken.
            let longest = line.split(' ').map(UnicodeWidthStr::width).max();
            if line.width() > 100 && longest.unwrap_or(0) < 30 && !line.starts_with("    ") {
                complaints.push(line.to_owned());
            }
        }
    }
    nothing_wrong("lines wider than 100 columns", &complaints);
}

fn shown(place: &Path, options: &[&str]) -> String {
    let place = place.to_str().unwrap();
    let arguments = [&["incident", place, "--quiet"], options].concat();
    let made = program::diag(root(), &arguments);
    String::from_utf8(made.stdout).unwrap()
}

/// What a page of an incident must draw.
#[test]
fn every_picture_is_on_the_page_that_should_have_it() {
    let page = |incident: &str| {
        let place = root().join("fixtures/incidents").join(incident);
        shown(&place.join("evidence"), &["--format", "html"])
    };
    let leak = page("leak-probe-kill");
    for wanted in [
        "Heap, pauses, requests and latency on one clock",
        "Heap after GC",
        "GC pauses",
        "Time lost to GC",
        "Requests per second",
        "Latency",
        "Threads",
        "heap dump",
        "start 2",
        "Response times of transactions by their end",
        "Lives of the JVM",
        "Minimum mutator utilisation",
        "Dominator tree: each box would be freed without the one above it",
        "class com.acme.shop.catalog.PriceCache: 82.4 MiB, 88.1 %",
        "Retained bytes by holder",
        "Threads by state",
        "Threads by call",
    ] {
        assert!(leak.contains(wanted), "{wanted}");
    }
    let deadlock = page("deadlock-probe-kill");
    assert!(
        deadlock.contains("<figure class=\"graph\">"),
        "the lock graph"
    );
}
