//! More requests because the answers failed.

use crate::access::model::Model;
use crate::finding::{Confidence, Evidence, Finding, Rule, RuleMeta, Severity};
use crate::t;
use crate::text::{count, percent};

pub(super) struct RetryStorm;

static META: RuleMeta = RuleMeta {
    id: "access/retry-storm",
    title: "Arrivals grow while answers fail",
    severity: Severity::Medium,
    means: "Clients, proxies or a service mesh repeat what failed, so the load grows exactly when the server can do least.",
    detected: "In the worst episode the rate of transactions is at least 1.5 times that before, at least 20 % of them fail, and \
               fewer succeed per second than before.",
    advice: "Limit attempts at every layer (one layer only), back off with jitter, use a retry budget of 10 %, and answer 429 or \
             503 with Retry-After early.",
    false_positives: "A real spike of demand that the server cannot serve looks alike; the clients tell the difference.",
    sources: &[
        "Google SRE book, 22 Addressing cascading failures",
        "AWS Builders' Library, Timeouts, retries and backoff with jitter",
    ],
};

impl Rule<Model> for RetryStorm {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, model: &Model) -> Vec<Finding> {
        let Some(episode) = &model.report.episode else {
            return Vec::new();
        };
        let (failed, all) = episode.errors_during;
        let (failed_before, all_before) = episode.errors_before;
        let success = |rate: u64, failed: u64, all: u64| {
            rate as f64 * (1.0 - failed as f64 / all.max(1) as f64)
        };
        let now = success(episode.rate_during_per_hour, failed, all);
        let then = success(episode.rate_before_per_hour, failed_before, all_before);
        let fires = all_before > 0
            && episode.rate_during_per_hour * 2 >= episode.rate_before_per_hour * 3
            && failed * 5 >= all
            && now < then;
        if !fires {
            return Vec::new();
        }
        let mut finding = Finding::new(
            &META,
            t!(
                "{rate} transactions an hour instead of {before}, {share} of them failing",
                rate = count(episode.rate_during_per_hour),
                before = count(episode.rate_before_per_hour),
                share = percent(failed as f64, all as f64)
            ),
        );
        finding.confidence = Confidence::Possible;
        finding.when = Some((episode.from, episode.to));
        finding.summary = t!(
            "Arrivals grew while successful answers fell from {then} to {now} an hour. Repeated attempts are the usual reason.",
            then = count(then as u64),
            now = count(now as u64)
        );
        for locator in episode.locators.iter().take(3) {
            finding
                .evidence
                .push(Evidence::new(t!("lines of the episode"), locator.clone()));
        }
        finding.advice = vec![
            t!(
                "Compare request identifiers or client and route of failed lines with the lines after them."
            ),
            t!(
                "Let one layer retry, at most twice, with jitter and a budget; refuse early with 429 and Retry-After."
            ),
        ];
        vec![finding]
    }
}
