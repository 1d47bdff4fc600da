//! What a person asks of a heap through the command line: inspect, compare, class histograms.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod common;

use std::path::Path;
use std::process::{Command, Stdio};

use common::root;
use diag::heap::HistogramReport;
use diag::heap::inspection::{Inspection, Subject};
use diag::input::{Kind, Source};
use diag::report::{Envelope, Report};

const WASTE: &str = "fixtures/lab/heap/captured/waste.hprof.xz";

/// Runs the program in the root of the project: exit status, output, messages.
fn diag(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_diag"))
        .args(arguments)
        .args(["--quiet", "--no-pager"])
        .current_dir(root())
        .env("COLUMNS", "100")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    (
        output.status.code().unwrap(),
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

fn report(arguments: &[&str]) -> Report {
    let (status, out, errors) = diag(&[arguments, &["--format", "json"]].concat());
    assert_eq!(status, 0, "{errors}");
    serde_json::from_str::<Envelope>(&out).unwrap().report
}

fn inspect(arguments: &[&str]) -> Inspection {
    match report(&[&["heap", "inspect", WASTE], arguments].concat()) {
        Report::HeapInspection(look) => *look,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_class_shows_its_instances_page_by_page() {
    let view = |arguments: &[&str]| match inspect(arguments).subject {
        Subject::Class(view) => view,
        other => panic!("{other:?}"),
    };
    let first = view(&["--class", "Waste$Order", "--limit", "3"]);
    assert_eq!(first.versions[0].instances, 2000);
    // Header of 12 bytes, two references of 4.
    assert_eq!(first.versions[0].shallow_bytes, 2000 * 24);
    assert_eq!(first.instances.total, 2000);
    assert_eq!(first.instances.rows.len(), 3);
    // Each keeps a string of 24 bytes, its array of 24 and a number of 24.
    assert_eq!(first.retained_bytes, 2000 * (24 + 24 + 24 + 24));
    assert_eq!(first.holders.rows[0], ("Waste$Order[]".to_owned(), 2000));
    assert_eq!(first.superclasses, ["java.lang.Object"]);
    let second = view(&["--class", "Waste$Order", "--limit", "2", "--offset", "1"]);
    assert_eq!(second.instances.rows, first.instances.rows[1..]);
    let plugins = view(&["--class", "Plugin"]);
    assert_eq!(plugins.versions.len(), 3);
    assert!(
        plugins
            .versions
            .iter()
            .all(|version| version.instances == 1)
    );
}

#[test]
fn an_object_shows_what_it_holds_and_who_holds_it() {
    let class = match inspect(&["--class", "Waste$Order", "--limit", "1"]).subject {
        Subject::Class(view) => view,
        other => panic!("{other:?}"),
    };
    let id = class.instances.rows[0].object_id.clone();
    let order = match inspect(&["--object", &id]).subject {
        Subject::Object(view) => view,
        other => panic!("{other:?}"),
    };
    // A dump has the fields of a class in any order.
    let mut fields: Vec<_> = order
        .fields
        .rows
        .iter()
        .map(|field| {
            (
                field.name.as_str(),
                &field.object.as_ref().unwrap().class[..],
            )
        })
        .collect();
    fields.sort_unstable();
    assert_eq!(
        fields,
        [
            ("amount", "java.lang.Long"),
            ("currency", "java.lang.String")
        ]
    );
    assert!(order.fields.rows.iter().all(|field| field.value.is_none()));
    assert_eq!(order.retained_objects, 4);
    assert_eq!(order.object.retained_bytes, 96);
    assert_eq!(order.dominator.unwrap().class, "Waste$Order[]");
    assert_eq!(order.referrers.total, 1);
    let by = order.referrers.rows[0].by.as_str();
    assert!(by.starts_with('[') && by.ends_with(']'), "{by}");
    let path: Vec<&str> = order.path.iter().map(|step| step.by.as_str()).collect();
    assert_eq!(path[path.len() - 2], "static ORDERS");
    let sum: u64 = order
        .retained_classes
        .rows
        .iter()
        .map(|row| row.shallow_bytes)
        .sum();
    assert_eq!(sum, order.object.retained_bytes);
    // The number behind the identifier is the same in decimal.
    let decimal = u64::from_str_radix(&id[2..], 16).unwrap().to_string();
    match inspect(&["--path", &decimal]).subject {
        Subject::Paths(view) => {
            assert_eq!(view.paths.total, 1);
            assert_eq!(view.paths.rows[0].last().unwrap().object_id, id);
            assert_eq!(view.inside, 0);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn texts_are_shown_on_request_alone() {
    let class = match inspect(&["--class", "Waste$Order", "--limit", "1"]).subject {
        Subject::Class(view) => view,
        other => panic!("{other:?}"),
    };
    let id = &class.instances.rows[0].object_id;
    let codes = ["EUR", "KRW", "USD", "JPY"];
    let (_, without, _) = diag(&["heap", "inspect", WASTE, "--object", id]);
    assert!(
        !codes.iter().any(|code| without.contains(code)),
        "{without}"
    );
    let (_, with, _) = diag(&["heap", "inspect", WASTE, "--object", id, "--show-strings"]);
    assert!(codes.iter().any(|code| with.contains(code)), "{with}");
}

#[test]
fn what_does_not_exist_is_said_with_what_comes_near() {
    let (status, _, message) = diag(&["heap", "inspect", WASTE, "--class", "order"]);
    assert_eq!(status, 2);
    assert!(message.contains("did you mean Waste$Order"), "{message}");
    let (status, _, message) = diag(&["heap", "inspect", WASTE, "--object", "0x10"]);
    assert_eq!(status, 2);
    assert!(
        message.contains("no object 0x10; the nearest is 0x"),
        "{message}"
    );
    let class = match inspect(&["--class", "Waste$Order", "--limit", "1"]).subject {
        Subject::Class(view) => view,
        other => panic!("{other:?}"),
    };
    let id = &class.instances.rows[0].object_id;
    let inside = u64::from_str_radix(&id[2..], 16).unwrap() + 4;
    let (status, _, message) = diag(&["heap", "inspect", WASTE, "--path", &format!("{inside:#x}")]);
    assert_eq!(status, 2);
    assert!(
        message.contains(&format!("lies inside of {id} (Waste$Order)")),
        "{message}"
    );
    let (status, _, message) = diag(&["heap", "inspect", WASTE, "--object", "Order"]);
    assert_eq!(status, 2);
    assert!(message.contains("expected an identifier"), "{message}");
    let (status, ..) = diag(&["heap", "inspect", WASTE]);
    assert_eq!(status, 2);
}

#[test]
fn growth_is_told_by_class_static_field_and_signature() {
    let (old, new) = (
        "fixtures/lab/heap/captured/healthy.hprof.xz",
        "fixtures/lab/heap/captured/leaky.hprof.xz",
    );
    let comparison = |old: &str, new: &str| match report(&["heap", old, "--compare", new]) {
        Report::Heap(mut reports) => (reports[0].comparison.take().unwrap(), reports.remove(0)),
        other => panic!("{other:?}"),
    };
    let (grown, newer) = comparison(old, new);
    let cache = grown
        .statics
        .iter()
        .find(|row| row.name == "lab.HeapLab.CACHE")
        .unwrap();
    // 2,950 entries of 1,000 bytes more.
    assert!(cache.bytes > 2950 * 1016, "{cache:?}");
    let rows = grown
        .classes
        .iter()
        .find(|row| row.name == "lab.HeapLab$Row")
        .unwrap();
    assert_eq!(rows.count, 5950);
    let suspect = newer
        .suspects
        .iter()
        .find(|suspect| suspect.field.as_deref() == Some("lab.HeapLab.CACHE"));
    let key = format!("lab.HeapLab.CACHE {}", suspect.unwrap().signature);
    assert!(
        grown.suspects.iter().any(|row| row.name == key),
        "{:?}",
        grown.suspects
    );
    // The same against a saved report.
    let folder = tempfile::tempdir().unwrap();
    let saved = folder.path().join("old.json");
    let (status, ..) = diag(&[
        "heap",
        old,
        "-o",
        saved.to_str().unwrap(),
        "--redact",
        "off",
    ]);
    assert_eq!(status, 0);
    let (again, _) = comparison(saved.to_str().unwrap(), new);
    assert_eq!(again, grown);
    let (same, _) = comparison(new, new);
    assert!(same.classes.is_empty() && same.statics.is_empty() && same.suspects.is_empty());
    assert_eq!(same.reachable_bytes, 0);
    let (status, text, _) = diag(&["heap", old, "--compare", new]);
    assert_eq!(status, 0);
    assert!(text.contains("What grew since healthy.hprof"), "{text}");
}

#[test]
fn histograms_of_real_jvms_are_a_series() {
    for version in ["17", "25"] {
        let folder = format!("fixtures/lab/heap/captured/histograms/leak-{version}");
        let series = match report(&["heap", &folder]) {
            Report::HeapHistograms(series) => series,
            other => panic!("{other:?}"),
        };
        assert_eq!(series.snapshots.len(), 3);
        assert!(series.snapshots.iter().all(|snapshot| snapshot.complete));
        let order = series
            .classes
            .iter()
            .find(|row| row.class == "Grow$Order")
            .unwrap();
        assert_eq!(order.instances, [1000, 2000, 3000], "{version}");
        assert!(order.every_time);
        assert_eq!(
            series
                .coverage
                .iter()
                .map(|part| part.not_understood)
                .sum::<u64>(),
            0
        );
        let (_, text, _) = diag(&["heap", &folder]);
        assert!(text.contains("Grow$Order grew every time"), "{text}");
        let healthy = format!("fixtures/lab/heap/captured/histograms/healthy-{version}");
        let (_, text, _) = diag(&["heap", &healthy]);
        assert!(
            text.contains("No class of the program grew every time"),
            "{text}"
        );
    }
}

#[test]
fn a_folder_without_dumps_or_histograms_is_said_to_have_none() {
    let (status, _, message) = diag(&["heap", Path::new("Cargo.toml").to_str().unwrap()]);
    assert_eq!(status, 3);
    assert!(message.contains("no heap dump"), "{message}");
}

#[test]
fn the_seeds_of_the_fuzzer_and_all_their_beginnings_are_harmless() {
    for name in common::files("fuzz/corpus/histograms") {
        let bytes = std::fs::read(root().join(name)).unwrap();
        for end in 0..=bytes.len() {
            let source = Source::of("seed", bytes[..end].to_vec(), Kind::HostSnapshot);
            if let Some(series) = diag::heap::compare_histograms(&[&source, &source]) {
                assert!(!series.document().blocks.is_empty());
                let json = serde_json::to_string(&series).unwrap();
                assert_eq!(
                    serde_json::from_str::<HistogramReport>(&json).unwrap(),
                    series
                );
            }
        }
    }
}
