//! A static field whose collection fills the heap.

use super::Model;
use crate::finding::{Confidence, Evidence, Finding, Locator, Place, Rule, RuleMeta, Severity};
use crate::heap::report::{OwnerKind, Suspect};
use crate::t;
use crate::text;

/// Smallest share of the reachable bytes.
const SHARE: f64 = 0.1;
/// From this share on it alone explains a full heap.
const LARGE: f64 = 0.3;
/// Fewest elements: fewer are settings, not a cache.
const ELEMENTS: u64 = 100;

pub(super) struct StaticCollection;

const META: RuleMeta = RuleMeta {
    id: "heap/static-collection",
    title: "A static collection fills the heap",
    severity: Severity::High,
    means: "A collection that a static field holds, directly or through a singleton, keeps a large part of the heap alive. The collector can free nothing of it as long as the class is loaded; if it only ever grows, the heap ends in an OutOfMemoryError.",
    detected: "A suspect whose path from the roots passes a class object, with at least 100 elements or links, that retains at least 10 % of the reachable bytes (medium below 30 %).",
    advice: "Bound it (a cache with a maximum size or expiry such as Caffeine), remove entries when their owner ends, or hold it in an object with a shorter life.",
    false_positives: "A cache or table that is meant to be this large. Compare with an earlier dump, or with the heap after Full GC over time: a leak grows.",
    sources: &["JLS 12.7 Unloading of Classes and Interfaces"],
};

impl Rule<Model<'_>> for StaticCollection {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, model: &Model<'_>) -> Vec<Finding> {
        let suspects = model.report.suspects.iter();
        let large: Vec<&Suspect> = suspects
            .filter(|suspect| {
                suspect.owner_kind == OwnerKind::StaticField
                    && suspect.share >= SHARE
                    && suspect.element_count >= Some(ELEMENTS)
            })
            .collect();
        match large[..] {
            [] => Vec::new(),
            [largest, ref others @ ..] => vec![finding(model, largest, others)],
        }
    }
}

/// One finding for all: a person looks at the largest first.
fn finding(model: &Model<'_>, largest: &Suspect, others: &[&Suspect]) -> Finding {
    let field = largest.field.clone().unwrap_or_default();
    let count = largest.element_count.unwrap_or(0);
    let element = largest.element_class.as_deref().unwrap_or(&largest.class);
    let each = largest.retained_bytes / count.max(1);
    let mut finding = Finding::new(
        &META,
        t!(
            "{field} keeps {count} objects and {share} of the heap",
            field,
            count = text::count(count),
            share = text::percent(largest.share, 1.0)
        ),
    );
    // One dump shows what is there, not that it grows.
    finding.confidence = Confidence::Likely;
    if largest.share < LARGE {
        finding.severity = Severity::Medium;
    }
    finding.summary = t!(
        "What static field {field} holds: {count} elements ({element}), {each} each, together {bytes}. Static fields live as long as their class: nothing in it is freed unless the program removes it.",
        field,
        count = text::count(count),
        element,
        each = text::bytes(each),
        bytes = text::bytes(largest.retained_bytes)
    );
    finding.evidence.push(evidence(
        model,
        largest,
        t!(
            "{class} retains {bytes} in {objects} objects",
            class = largest.class,
            bytes = text::bytes(largest.retained_bytes),
            objects = text::count(largest.retained_objects)
        ),
    ));
    for other in others {
        let statement = t!(
            "{field} keeps {count} objects and {share} of the heap",
            field = other.field.clone().unwrap_or_default(),
            count = text::count(other.element_count.unwrap_or(0)),
            share = text::percent(other.share, 1.0)
        );
        finding.evidence.push(evidence(model, other, statement));
    }
    finding.advice = vec![t!(
        "Look where {field} is added to and where it is removed from; give it a maximum size or an expiry.",
        field
    )];
    finding
}

fn evidence(model: &Model<'_>, suspect: &Suspect, statement: String) -> Evidence {
    let locator = Locator {
        source: model.heap.source.to_owned(),
        place: Place::Object(suspect.object_id.clone()),
    };
    Evidence::new(statement, locator)
}
