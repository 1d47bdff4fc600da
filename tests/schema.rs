//! The contract of saved reports: the committed schema is current, says what every field means, and real reports keep it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]

mod common;

use std::fs;
use std::process::Command;

use common::{nothing_wrong, root, text};
use jsonschema::Validator;
use serde_json::Value;

const SCHEMA: &str = "docs/schema/report.schema.json";

fn diag(arguments: &[&str]) -> String {
    let made = Command::new(env!("CARGO_BIN_EXE_diag"))
        .current_dir(root())
        .env("LC_ALL", "C")
        .args(arguments)
        .output()
        .unwrap();
    assert!(made.status.success(), "{arguments:?}: {made:?}");
    String::from_utf8(made.stdout).unwrap()
}

/// Regenerate with `cargo run -- schema > docs/schema/report.schema.json`.
#[test]
fn the_committed_schema_is_current() {
    let current = diag(&["schema"]);
    assert!(
        text(SCHEMA) == current,
        "run: cargo run -- schema > {SCHEMA}"
    );
}

#[test]
fn every_field_says_what_it_means() {
    let schema: Value = serde_json::from_str(&text(SCHEMA)).unwrap();
    let mut complaints = Vec::new();
    let types = schema["$defs"].as_object().unwrap();
    for (name, definition) in types.iter().map(|(name, one)| (name.as_str(), one)) {
        undocumented(name, definition, &mut complaints);
    }
    undocumented("Envelope", &schema, &mut complaints);
    nothing_wrong(SCHEMA, &complaints);
}

/// What is absent is null: a reader finds every field in every report.
#[test]
fn every_field_is_always_there() {
    let schema: Value = serde_json::from_str(&text(SCHEMA)).unwrap();
    let mut complaints = Vec::new();
    for (name, definition) in schema["$defs"].as_object().unwrap() {
        let required = definition["required"].as_array();
        let required: Vec<&Value> = required.into_iter().flatten().collect();
        for (field, _) in definition["properties"].as_object().into_iter().flatten() {
            if !required.iter().any(|name| *name == field) {
                complaints.push(format!("{name}.{field}"));
            }
        }
    }
    nothing_wrong(SCHEMA, &complaints);
}

/// The fields of a type, of its variants and of what is written out in place, that have no description.
fn undocumented(name: &str, definition: &Value, complaints: &mut Vec<String>) {
    let properties = definition["properties"].as_object();
    for (field, value) in properties.into_iter().flatten() {
        // The tag of a variant is told by the variant.
        let tag = value.get("const").is_some();
        if value.get("description").is_none() && !tag && definition.get("description").is_none() {
            complaints.push(format!("{name}.{field}"));
        }
        undocumented(&format!("{name}.{field}"), value, complaints);
    }
    for list in ["oneOf", "anyOf", "allOf"] {
        for variant in definition[list].as_array().into_iter().flatten() {
            undocumented(name, variant, complaints);
        }
    }
}

#[test]
fn real_reports_keep_the_schema() {
    let schema: Value = serde_json::from_str(&text(SCHEMA)).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut complaints = Vec::new();
    let rooms = ["heap", "threads", "gc", "access", "events", "host"];
    for incident in ["deadlock-probe-kill", "leak-probe-kill"] {
        let folder = format!("fixtures/incidents/{incident}/evidence");
        check(&validator, &["incident", &folder], &mut complaints);
    }
    for room in rooms {
        let rules = fs::read_dir(root().join("fixtures/rules").join(room)).unwrap();
        let mut folders: Vec<String> = rules
            .map(|entry| entry.unwrap().path().join("fires"))
            .filter(|path| path.is_dir())
            .map(|path| path.to_string_lossy().into_owned())
            .collect();
        folders.sort();
        for folder in folders {
            check(&validator, &[room, &folder], &mut complaints);
        }
    }
    nothing_wrong("reports against the schema", &complaints);
}

fn check(validator: &Validator, command: &[&str], complaints: &mut Vec<String>) {
    let report = diag(&[command, &["--format", "json", "--quiet"]].concat());
    let report: Value = serde_json::from_str(&report).unwrap();
    let errors = validator.iter_errors(&report).take(3);
    complaints.extend(errors.map(|error| {
        format!(
            "{}: {}: {error:.200}",
            command.join(" "),
            error.instance_path()
        )
    }));
}
