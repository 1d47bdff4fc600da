//! What the reader of any report may rely on, whatever room it comes from.
#![allow(dead_code, reason = "each test file uses its part of this")]

use std::collections::BTreeSet;

use diag::document::Document;
use diag::render::{Style, brief, html, markdown, terminal};
use serde_json::Value;

/// Two screens of a terminal.
const SCREENS: usize = 100;
/// What a page should not exceed.
const PAGE: usize = 1_000_000;

/// Checks one report in every form; `name` says which.
pub(crate) fn readable(name: &str, document: &Document, complaints: &mut Vec<String>) {
    let documents = std::slice::from_ref(document);
    let mut complain = |what: String| complaints.push(format!("{name}: {what}"));
    let word = document.verdict.severity.word().to_uppercase();

    let style = Style {
        colour: false,
        width: 100,
        details: false,
    };
    let text = terminal(documents, style);
    let verdict = text.lines().nth(1).unwrap_or_default();
    if !text.starts_with("━━ ") || !verdict.contains(&word) {
        complain(format!("the terminal begins with {verdict:?}"));
    }
    if text.lines().count() > SCREENS {
        complain(format!("{} lines in the terminal", text.lines().count()));
    }

    for (form, text, limit) in [
        ("Markdown", markdown(documents, "footer"), 30_000),
        ("brief", brief(documents, "footer"), 3_500),
    ] {
        let size = text.encode_utf16().count();
        if size > limit {
            complain(format!("{form} has {size} characters"));
        }
        let verdict = text.lines().nth(2).unwrap_or_default();
        if !text.starts_with("# ") || !verdict.contains(&format!("**{word}**")) {
            complain(format!("{form} begins with {verdict:?}"));
        }
        if let Some(row) = uneven_rows(&text).first() {
            complain(format!("{form}: row {row}"));
        }
    }

    let page = html(documents, "footer");
    well_formed(&page);
    if page.len() > PAGE {
        complain(format!("a page of {} bytes", page.len()));
    }
}

/// What the schema of OASIS says against a SARIF log.
pub(crate) fn sarif_errors(log: &str) -> Vec<String> {
    let schema = include_str!("../../testdata/sarif/sarif-schema-2.1.0.json");
    // The pattern for `language` has a bracket too many, which is no regular expression here.
    let schema = schema.replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}$");
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let log: Value = serde_json::from_str(log).unwrap();
    let errors = validator.iter_errors(&log);
    errors.map(|error| error.to_string()).collect()
}

/// Rows of tables that have not as many cells as the row above.
pub(crate) fn uneven_rows(text: &str) -> Vec<&str> {
    let mut width = None;
    let mut fenced = false;
    let mut out = Vec::new();
    for line in text.lines() {
        fenced ^= line.starts_with("```");
        if fenced || !line.starts_with('|') {
            width = None;
            continue;
        }
        let bars = line
            .replace("\\\\", "")
            .replace("\\|", "")
            .matches('|')
            .count();
        if *width.get_or_insert(bars) != bars {
            out.push(line);
        }
    }
    out
}

/// A strict reading: every tag closed in order, void elements aside, no stray `<`, ids unique, references resolved.
pub(crate) fn well_formed(page: &str) {
    const VOID: &[&str] = &["meta", "wbr", "br", "input"];
    let mut open: Vec<&str> = Vec::new();
    let mut ids = BTreeSet::new();
    let mut wanted = BTreeSet::new();
    let mut rest = page.strip_prefix("<!DOCTYPE html>").unwrap();
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let end = rest.find('>').unwrap();
        let tag = &rest[..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "closing </{name}>");
            continue;
        }
        let name = tag.split([' ', '/']).next().unwrap();
        assert!(
            name.bytes().all(|byte| byte.is_ascii_alphanumeric()),
            "<{tag}>"
        );
        assert_eq!(tag.matches('"').count() % 2, 0, "<{tag}>");
        for (attribute, set) in [(" id=\"", &mut ids)] {
            if let Some((_, value)) = tag.split_once(attribute) {
                let id = value.split('"').next().unwrap();
                assert!(set.insert(id), "id {id} twice");
            }
        }
        for attribute in ["aria-labelledby=\"", "href=\"#"] {
            if let Some((_, value)) = tag.split_once(attribute) {
                wanted.extend(value.split('"').next().unwrap().split(' '));
            }
        }
        if name == "style" || name == "script" {
            let close = format!("</{name}>");
            rest = &rest[rest.find(&close).unwrap() + close.len()..];
        } else if !VOID.contains(&name) && !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert_eq!(open, Vec::<&str>::new());
    let missing: Vec<_> = wanted.difference(&ids).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
