//! Responses so large that they weigh on the heap.

use crate::access::model::Model;
use crate::access::{RouteClass, RouteRow};
use crate::finding::{Confidence, Evidence, Finding, Locator, Rule, RuleMeta, Severity};
use crate::t;
use crate::text::{bytes, count};

pub(super) struct LargePayloads;

static META: RuleMeta = RuleMeta {
    id: "access/large-payloads",
    title: "Very large responses",
    severity: Severity::Low,
    means: "Single responses of tens of megabytes are usually built in memory before they are sent: result set, objects, JSON or \
            spreadsheet, byte array. Several at once can fill a heap.",
    detected: "Routes of transactions with a response of at least 16 MiB, or at least three requests that average 4 MiB.",
    advice: "Stream them, page them, or make them in the background. Compare their times with allocation and humongous objects \
             in the GC log and with big byte[] in a heap dump.",
    false_positives: "Downloads that are streamed from disk or object storage without passing through the heap.",
    sources: &["JEP 248 and G1: objects from half a region on are humongous"],
};

const MIB: u64 = 1 << 20;

impl Rule<Model> for LargePayloads {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, model: &Model) -> Vec<Finding> {
        let large = |row: &&RouteRow| {
            row.class == RouteClass::Transaction
                && (row.max_bytes >= 16 * MIB || row.count >= 3 && row.bytes / row.count >= 4 * MIB)
        };
        let mut rows: Vec<&RouteRow> = model.report.routes.iter().filter(large).collect();
        rows.sort_by(|a, b| {
            b.max_bytes
                .cmp(&a.max_bytes)
                .then_with(|| a.route.cmp(&b.route))
        });
        let Some(first) = rows.first() else {
            return Vec::new();
        };
        let mut finding = Finding::new(
            &META,
            t!(
                "{route} answers with up to {size}",
                route = first.route,
                size = bytes(first.max_bytes)
            ),
        );
        finding.confidence = Confidence::Possible;
        finding.summary = t!(
            "In all, {route} sent {sum}; requests: {times}.",
            route = first.route,
            times = count(first.count),
            sum = bytes(first.bytes)
        );
        if rows.len() > 1 {
            finding.summary += &t!(
                " {routes} routes have responses of this kind.",
                routes = count(rows.len() as u64)
            );
        }
        let source = model
            .fold
            .sources
            .first()
            .map_or("-", |known| known.name.as_str());
        for row in rows.iter().take(3) {
            finding.evidence.push(Evidence::new(
                t!(
                    "{route}: largest {max}, {count} requests",
                    route = row.route,
                    max = bytes(row.max_bytes),
                    count = count(row.count)
                ),
                Locator::whole(source),
            ));
        }
        finding.advice = vec![t!(
            "Stream or page {route}; check in a heap dump whether its byte arrays and rows are what fills the heap.",
            route = first.route
        )];
        vec![finding]
    }
}
