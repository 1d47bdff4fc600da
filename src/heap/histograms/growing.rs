//! The rule about classes that only grow.

use super::report::{ClassSeries, HistogramReport};
use crate::finding::{Confidence, Evidence, Finding, Locator, RuleMeta, Severity};
use crate::t;
use crate::text;

/// Fewest histograms: between two, everything that changes grows or shrinks.
const HISTOGRAMS: usize = 3;
/// Fewest instances more.
const INSTANCES: i64 = 100;
/// Least growth of the class, as a factor.
const FACTOR: f64 = 1.2;
/// Least growth of the whole heap, as a factor.
const HEAP: f64 = 1.05;
/// Classes named as evidence.
const NAMED: usize = 5;

/// The rule, for the catalogue.
pub(in crate::heap) const META: RuleMeta = RuleMeta {
    id: "heap/growing-classes",
    title: "A class has more instances in every histogram",
    severity: Severity::Medium,
    means: "The number of objects of a class grew from each class histogram to the next, and the heap with it. Objects that are only ever added are the sign of a leak, long before the heap is full.",
    detected: "At least 3 histograms; a class with more instances in each than in the one before, at least 100 and 20 % more in the end, while all objects together grew by 5 %.",
    advice: "Take a heap dump and look for who holds the class: diag heap inspect DUMP --class NAME.",
    false_positives: "A program that is still warming up, rising load, and histograms taken without a collection before (jmap -histo without :live counts garbage).",
    sources: &["jcmd GC.class_histogram, jmap -histo:live"],
};

/// Applies the rule to a series.
pub(super) fn check(report: &HistogramReport) -> Vec<Finding> {
    let (Some(first), Some(last)) = (report.snapshots.first(), report.snapshots.last()) else {
        return Vec::new();
    };
    let all = |factor: f64| last.bytes as f64 >= first.bytes as f64 * factor;
    if report.snapshots.len() < HISTOGRAMS || !all(HEAP) {
        return Vec::new();
    }
    let mut growing: Vec<&ClassSeries> = report.classes.iter().filter(|row| grows(row)).collect();
    growing.sort_by_key(|row| is_general(&row.class));
    let Some(most) = growing.first() else {
        return Vec::new();
    };
    let (from, to) = ends(most);
    let steps = text::count(report.snapshots.len() as u64);
    let mut finding = Finding::new(
        &META,
        t!(
            "{class} grew in each of {steps} histograms, from {from} to {to} objects",
            class = most.class,
            steps,
            from,
            to
        ),
    );
    finding.confidence = Confidence::Likely;
    finding.summary = t!(
        "All objects together grew from {from} to {to}; {count} classes have more instances in each histogram than in the one before.",
        from = text::bytes(first.bytes),
        to = text::bytes(last.bytes),
        count = text::count(growing.len() as u64)
    );
    for row in growing.iter().take(NAMED) {
        let (from, to) = ends(row);
        let statement = t!(
            "{class}: {from} to {to} objects",
            class = row.class,
            from,
            to
        );
        let locator = Locator::line(&last.source, last.line);
        finding.evidence.push(Evidence::new(statement, locator));
    }
    finding.advice = vec![
        t!(
            "Take a heap dump (jcmd PID GC.heap_dump FILE) and ask who holds them: diag heap inspect FILE --class {class}.",
            class = most.class
        ),
        t!(
            "If the histograms were taken without a collection, repeat them with jcmd PID GC.class_histogram: it leaves garbage out."
        ),
    ];
    vec![finding]
}

fn grows(row: &ClassSeries) -> bool {
    let (first, last) = (row.instances.first(), row.instances.last());
    row.every_time
        && row.grown_instances >= INSTANCES
        && last.copied().unwrap_or(0) as f64 >= first.copied().unwrap_or(0) as f64 * FACTOR
}

fn ends(row: &ClassSeries) -> (String, String) {
    let count = |value: Option<&u64>| text::count(value.copied().unwrap_or(0));
    (count(row.instances.first()), count(row.instances.last()))
}

/// Classes that every program has: they grow along with those that explain it.
pub(super) fn is_general(class: &str) -> bool {
    let packages = ["java.", "javax.", "jdk.", "sun.", "com.sun."];
    let of_jdk = packages.iter().any(|package| class.starts_with(package));
    of_jdk || class.ends_with("[]") && !class.contains('.')
}
