//! Server errors far above what is normal for the log.

use crate::access::model::Model;
use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::t;
use crate::text::{count, percent};
use crate::time::{Instant, Moment};

pub(super) struct ErrorBurst;

static META: RuleMeta = RuleMeta {
    id: "access/error-burst",
    title: "Burst of server errors",
    severity: Severity::High,
    means: "For some minutes the server failed a share of its requests that it does not fail otherwise.",
    detected: "Minutes with at least 5 responses 500-599 that are at least 5 % of the transactions and ten times the share of \
               an ordinary minute (30th percentile). Minutes at most three apart are one burst; the one with most errors is \
               reported.",
    advice: "Read which status leads: 500 is the application, 502 and 504 are a proxy that lost or timed out its backend, 503 \
             is a pool or breaker that refuses. Then follow the routes with the most errors into the application log.",
    false_positives: "A single client that sends what the server cannot parse, a planned maintenance page with 503.",
    sources: &["RFC 9110, 15.6 Server Error 5xx"],
};

impl Rule<Model> for ErrorBurst {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, model: &Model) -> Vec<Finding> {
        let step = model.report.minute_us;
        let share = |errors: u64, requests: u64| errors as f64 / requests.max(1) as f64;
        let bad = |minute: &&crate::access::latency::Minute| {
            minute.errors >= 5
                && share(minute.errors, minute.requests)
                    >= (10.0 * model.normal.error_share).max(0.05)
        };
        // First and last minute, errors, requests.
        let mut bursts: Vec<(i64, i64, u64, u64)> = Vec::new();
        for minute in model.minutes.iter().filter(bad) {
            match bursts.last_mut() {
                Some(burst) if minute.at - burst.1 <= 4 * step => {
                    burst.1 = minute.at;
                    burst.2 += minute.errors;
                    burst.3 += minute.requests;
                }
                _ => bursts.push((minute.at, minute.at, minute.errors, minute.requests)),
            }
        }
        let worst = bursts.iter().max_by_key(|burst| (burst.2, -burst.0));
        let Some((from, last, errors, requests)) = worst.copied() else {
            return Vec::new();
        };
        let to = last + step;
        let mut finding = Finding::new(
            &META,
            t!(
                "{errors} server errors, {share} of the transactions in their minutes",
                errors = count(errors),
                share = percent(errors as f64, requests as f64)
            ),
        );
        let when = (
            Moment::truncated(Instant(from), step),
            Moment::truncated(Instant(last), step),
        );
        finding.when = Some(when);
        finding.summary = t!(
            "From {from} to {to} the server failed {errors} of {requests} transactions; an ordinary minute has {normal}.",
            from = Instant(from),
            to = Instant(to),
            errors = count(errors),
            requests = count(requests),
            normal = percent(model.normal.error_share, 1.0)
        );
        for locator in model.fold.lines_between(from, to - 1).into_iter().take(4) {
            finding
                .evidence
                .push(Evidence::new(t!("lines of these minutes"), locator));
        }
        let failed = model
            .report
            .statuses
            .iter()
            .filter(|(status, _)| *status >= 500);
        let list: Vec<String> = failed
            .map(|(status, times)| format!("{status} × {}", count(*times)))
            .collect();
        finding.summary += &t!(" In the whole log: {list}.", list = list.join(", "));
        let mut routes: Vec<_> = model
            .report
            .routes
            .iter()
            .filter(|route| route.errors > 0)
            .collect();
        routes.sort_by(|a, b| b.errors.cmp(&a.errors).then_with(|| a.route.cmp(&b.route)));
        let top: Vec<String> = routes
            .iter()
            .take(3)
            .map(|route| format!("{} ({})", route.route, count(route.errors)))
            .collect();
        finding.advice = vec![
            t!(
                "Begin with the routes that fail most: {routes}.",
                routes = top.join(", ")
            ),
            t!(
                "Look up the first failing minute in the application log; the first error names the cause, later ones its effects."
            ),
        ];
        vec![finding]
    }
}
