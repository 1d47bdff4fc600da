//! Findings as SARIF 2.1.0 (OASIS), for code-scanning views and viewers of editors.

use serde_json::{Value, json};

use crate::finding::{Confidence, Evidence, Finding, Place, RuleMeta, Severity};
use crate::text::{Locale, said};

/// The log, with the rules that fired.
pub fn sarif(findings: &[&Finding], rules: &[&RuleMeta], version: &str) -> String {
    let mut fired: Vec<&RuleMeta> = Vec::new();
    for finding in findings {
        let known = fired.iter().any(|rule| rule.id == finding.rule);
        if let Some(rule) = rules.iter().find(|rule| rule.id == finding.rule && !known) {
            fired.push(rule);
        }
    }
    let log = json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "language": Locale::current().language.tag(),
            "tool": {"driver": {
                "name": "diag",
                "version": version,
                "rules": fired.iter().map(|rule| described(rule)).collect::<Vec<_>>(),
            }},
            "results": findings.iter().map(|finding| result(finding)).collect::<Vec<_>>(),
        }],
    });
    format!("{log:#}\n")
}

fn described(rule: &RuleMeta) -> Value {
    json!({
        "id": rule.id,
        "shortDescription": {"text": said(rule.title)},
        "fullDescription": {"text": said(rule.means)},
        "help": {"text": format!("{}\n\n{}", said(rule.detected), said(rule.advice))},
        "defaultConfiguration": {"level": level(rule.severity)},
    })
}

fn result(finding: &Finding) -> Value {
    let advice = finding.advice.iter().map(|advice| format!("\n- {advice}"));
    let message = format!(
        "{}\n{}{}",
        finding.title,
        finding.summary,
        advice.collect::<String>()
    );
    // What was ruled out is a check that passed.
    let (kind, level) = match finding.confidence {
        Confidence::RuledOut => ("pass", "none"),
        _ => ("fail", level(finding.severity)),
    };
    let locations: Vec<Value> = finding.evidence.iter().map(location).collect();
    json!({
        "ruleId": finding.rule,
        "kind": kind,
        "level": level,
        "message": {"text": message},
        "locations": locations.first().into_iter().collect::<Vec<_>>(),
        "relatedLocations": locations.iter().skip(1).collect::<Vec<_>>(),
        "properties": {"severity": finding.severity.name(), "confidence": finding.confidence.word()},
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

fn location(evidence: &Evidence) -> Value {
    let region = match &evidence.locator.place {
        Place::Whole | Place::Object(_) => Value::Null,
        Place::Line(line) => json!({"startLine": line}),
        Place::Lines(first, last) => json!({"startLine": first, "endLine": last}),
        Place::Bytes(from, to) => {
            json!({"byteOffset": from, "byteLength": to.saturating_sub(*from)})
        }
    };
    let mut place = json!({"artifactLocation": {"uri": uri(&evidence.locator.source)}});
    if !region.is_null() {
        place["region"] = region;
    }
    json!({
        "physicalLocation": place,
        "message": {"text": format!("{} ({})", evidence.statement, evidence.locator)},
    })
}

/// A relative reference (RFC 3986): what is not allowed in a path is percent-encoded.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(char::from(byte));
            }
            byte => out += &format!("%{byte:02X}"),
        }
    }
    out
}
