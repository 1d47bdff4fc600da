//! A large result that a running method holds in a local variable.

use super::Model;
use crate::finding::{Confidence, Evidence, Finding, Locator, Place, Rule, RuleMeta, Severity};
use crate::heap::report::{HeapThread, ThreadLocalVariable};
use crate::t;
use crate::text;

/// Fewest elements of one class.
const ELEMENTS: u64 = 5_000;
/// Smallest share of the reachable bytes.
const SHARE: f64 = 0.05;

/// Packages whose frames say nothing about the application.
const LIBRARIES: [&str; 14] = [
    "java.",
    "javax.",
    "jdk.",
    "sun.",
    "com.sun.",
    "jakarta.",
    "org.springframework.",
    "org.hibernate.",
    "org.apache.",
    "com.zaxxer.",
    "com.mysql.",
    "org.postgresql.",
    "oracle.",
    "io.netty.",
];

pub(super) struct LocalResult;

const META: RuleMeta = RuleMeta {
    id: "heap/unbounded-result",
    title: "A running method holds a large result",
    severity: Severity::High,
    means: "A thread is busy with a list of thousands of objects that only its stack keeps alive: typically the result of a query without a limit, read into memory as a whole. A few such requests at the same time fill any heap.",
    detected: "A local variable of a thread is a collection or array of at least 5,000 elements that retains at least 5 % of the reachable bytes.",
    advice: "Read in pages or as a stream (fetch size, keyset pagination, Stream results), and limit what a request may ask for.",
    false_positives: "A batch job that is meant to hold its working set; main() holding the whole application state in a local.",
    sources: &["PostgreSQL JDBC: Getting results based on a cursor"],
};

impl Rule<Model<'_>> for LocalResult {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, model: &Model<'_>) -> Vec<Finding> {
        let mut findings = Vec::new();
        for thread in &model.report.threads {
            let large = thread.locals.iter().find(|local| {
                let many = local
                    .elements
                    .as_ref()
                    .is_some_and(|(count, _)| *count >= ELEMENTS);
                many && model.share(local.retained_bytes) >= SHARE
            });
            findings.extend(large.map(|local| finding(model, thread, local)));
        }
        findings
    }
}

fn finding(model: &Model<'_>, thread: &HeapThread, local: &ThreadLocalVariable) -> Finding {
    let (count, element) = local.elements.clone().unwrap_or_default();
    let name = &thread.name;
    let mut finding = Finding::new(
        &META,
        t!(
            "Thread \"{name}\" holds {count} {element} in a local variable: {bytes}, {share} of the heap",
            name,
            count = text::count(count),
            element,
            bytes = text::bytes(local.retained_bytes),
            share = text::percent(model.share(local.retained_bytes), 1.0)
        ),
    );
    finding.confidence = Confidence::Likely;
    let own = thread
        .frames
        .iter()
        .find(|frame| !LIBRARIES.iter().any(|library| frame.starts_with(library)));
    finding.summary = t!(
        "The {class} is alive only because a running method refers to it. It is freed when that method returns; until then every further request of this kind adds as much.",
        class = local.class
    );
    let locator = Locator {
        source: model.heap.source.to_owned(),
        place: Place::Object(local.object_id.clone()),
    };
    let statement = t!(
        "{class} with {count} elements, local of thread \"{name}\"",
        class = local.class,
        count = text::count(count),
        name
    );
    finding.evidence.push(Evidence::new(statement, locator));
    if let Some(frame) = own {
        let locator = Locator {
            source: model.heap.source.to_owned(),
            place: Place::Object(thread.id.clone()),
        };
        let statement = t!("the first frame of the application is {frame}", frame);
        finding.evidence.push(Evidence::new(statement, locator));
        finding.advice.push(t!(
            "Look at {frame}: read the {element} objects in pages or as a stream instead of all at once.",
            frame,
            element
        ));
    } else {
        finding.advice.push(t!(
            "Read the {element} objects in pages or as a stream instead of all at once.",
            element
        ));
    }
    finding
}
