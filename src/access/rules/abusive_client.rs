//! One client among many sends a large share of all requests.

use crate::access::model::Model;
use crate::finding::{Confidence, Evidence, Finding, Locator, Rule, RuleMeta, Severity};
use crate::t;
use crate::text::{count, duration, percent};

pub(super) struct AbusiveClient;

static META: RuleMeta = RuleMeta {
    id: "access/abusive-client",
    title: "One client dominates",
    severity: Severity::Medium,
    means: "One of many clients sends so many requests that it alone decides how busy the server is: a crawler, a script, a \
            partner without a limit, or a retry loop.",
    detected: "A client with at least 500 requests and 20 % of all requests that are no probes, ten times as many as the second, \
               where at least 20 clients are seen.",
    advice: "Limit it by address or key (429 with Retry-After), and find out who it is before blocking it.",
    false_positives: "A proxy or load balancer whose own address is logged for everybody behind it: log X-Forwarded-For then.",
    sources: &["RFC 6585, 429 Too Many Requests"],
};

impl Rule<Model> for AbusiveClient {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, model: &Model) -> Vec<Finding> {
        let report = &model.report;
        let all = report.requests - report.probe_requests;
        let mut clients = report.clients.iter();
        let Some(first) = clients.next() else {
            return Vec::new();
        };
        let second = clients.next().map_or(0, |client| client.requests);
        let dominates = first.requests >= 500
            && first.requests * 5 >= all
            && first.requests >= 10 * second
            && first.requests > report.probe_requests * 2;
        // With the logs of two layers, the proxy in front is the client of everything in the log behind it.
        let sources = &model.fold.sources;
        let proxy = sources.len() > 1
            && sources.iter().any(|known| {
                known.coverage.records.abs_diff(first.requests) * 20 <= first.requests
            });
        if !dominates || proxy || report.distinct_clients < 20 {
            return Vec::new();
        }
        let mut finding = Finding::new(
            &META,
            t!(
                "{client} sent {share} of all requests",
                client = first.name,
                share = percent(first.requests as f64, all as f64)
            ),
        );
        finding.confidence = Confidence::Likely;
        finding.summary = t!(
            "{requests} requests of {client}, {errors} of them with status 400 or more; the next client sent {second}. They cost \
             {busy} of work.",
            requests = count(first.requests),
            client = first.name,
            errors = count(first.errors),
            second = count(second),
            busy = duration(first.busy_us)
        );
        for known in model.fold.sources.iter().take(2) {
            finding.evidence.push(Evidence::new(
                t!(
                    "{requests} lines of {client} over all logs",
                    requests = count(first.requests),
                    client = first.name
                ),
                Locator::whole(&known.name),
            ));
        }
        finding.advice = vec![
            t!(
                "Find out who this is; limit it with 429 and Retry-After rather than letting it slow down everybody."
            ),
            t!(
                "If this is the address of your own proxy, log the address of the real client (X-Forwarded-For)."
            ),
        ];
        vec![finding]
    }
}
