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
               fewer succeed per second than before. Or at least 100 of its transactions failed, at least 20 %, and every \
               client that failed on a route did so at least three times within the minute, on average (failures divided by \
               distinct pairs of client and route, estimated within 5 %).",
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
        let failing = all_before > 0 && failed * 5 >= all;
        let grows = episode.rate_during_per_hour * 2 >= episode.rate_before_per_hour * 3;
        let tries = tries(model, episode.from.lo.0, episode.to.hi.0);
        let repeated = failed >= 100 && tries.is_some_and(|tries| tries >= 3.0);
        if !failing || !(grows && now < then || repeated) {
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
        finding.confidence = match tries {
            Some(2.0..) => Confidence::Likely,
            _ => Confidence::Possible,
        };
        finding.when = Some((episode.from, episode.to));
        finding.summary = t!(
            "Successful answers went from {then} to {now} an hour.",
            then = count(then as u64),
            now = count(now as u64)
        );
        finding.summary += &match tries {
            Some(tries @ 1.5..) => t!(
                " A client that failed on a route failed there {tries} times within the minute, on average: the same requests come \
                 again.",
                tries = format!("{tries:.1}")
            ),
            Some(_) => t!(
                " Clients that fail rarely come back with the same request within the minute, so new demand is as likely as \
                 repeated attempts."
            ),
            None => t!(" Repeated attempts are the usual reason."),
        };
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

/// How often a client that failed on a route did so within a minute, on average; `None` when nothing failed or the log is so
/// long that only coarser times are known.
fn tries(model: &Model, from: i64, to: i64) -> Option<f64> {
    let tries = &model.fold.summary.tries;
    let step = tries.step();
    if step > 60 * crate::time::SECOND {
        return None;
    }
    let cells = tries.cells();
    let inside = cells
        .iter()
        .filter(|(number, _)| (number + 1) * step > from && number * step <= to);
    let (mut failed, mut callers) = (0, 0);
    for (_, cell) in inside {
        failed += cell.failed;
        callers += cell
            .callers
            .as_ref()
            .map_or(0, |callers| callers.estimate());
    }
    (callers > 0).then(|| failed as f64 / callers as f64)
}
