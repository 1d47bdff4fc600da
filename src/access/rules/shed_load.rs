//! Where refusing requests would have saved the rest.

use crate::access::model::Model;
use crate::finding::{Confidence, Evidence, Finding, Rule, RuleMeta, Severity};
use crate::t;
use crate::text::{count, percent};
use crate::time::{Instant, Moment};

pub(super) struct ShedLoad;

static META: RuleMeta = RuleMeta {
    id: "access/shed-load",
    title: "Load was not shed",
    severity: Severity::Info,
    means: "The number of requests in progress climbed for minutes before the requests began to fail. A limit on it would have \
            refused a few with 429 and kept the others fast.",
    detected: "In the worst episode requests in progress reach at least four times the mean before and at least 10; less than 1 % \
               of its requests got 429; and the mean of some interval passed 85 % of the highest mean at least one interval \
               before the end. 85 % of the threads busy is the usual point to refuse at, because waiting time grows as \
               1/(1 - utilisation).",
    advice: "Limit concurrent requests (a semaphore, Tomcat maxThreads with a small acceptCount, adaptive concurrency in Envoy) \
             and answer 429 with Retry-After above 85 % of the pool.",
    false_positives: "When the cause is a pause or a lock, refusing helps the callers but not the server.",
    sources: &[
        "Kleinrock, Queueing systems 1, M/M/1 waiting time",
        "RFC 6585, 429",
    ],
};

impl Rule<Model> for ShedLoad {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, model: &Model) -> Vec<Finding> {
        let Some(episode) = &model.report.episode else {
            return Vec::new();
        };
        let peak = episode.in_progress_peak_milli;
        if peak < 10_000 || peak < 4 * episode.in_progress_before_milli.max(1) {
            return Vec::new();
        }
        let inside = |minute: &&crate::access::Interval| {
            minute.at >= episode.from.lo && minute.at <= episode.to.hi
        };
        let minutes: Vec<_> = model.report.minutes.iter().filter(inside).collect();
        let refused: u64 = model
            .report
            .statuses
            .iter()
            .filter(|(status, _)| *status == 429)
            .map(|(_, n)| n)
            .sum();
        let all: u64 = minutes.iter().map(|minute| minute.requests).sum();
        let limit = peak * 85 / 100;
        let passed = minutes
            .iter()
            .position(|minute| minute.in_progress_milli >= limit);
        let Some(passed) = passed.filter(|at| at + 1 < minutes.len() && refused * 100 < all) else {
            return Vec::new();
        };
        let after = &minutes[passed..];
        let failed: u64 = after.iter().map(|minute| minute.errors).sum();
        let requests: u64 = after.iter().map(|minute| minute.requests).sum();
        let at = minutes[passed].at;
        let mut finding = Finding::new(
            &META,
            t!(
                "From {at} on 429 would have helped: {limit} requests in progress",
                at,
                limit = count(limit / 1000)
            ),
        );
        finding.confidence = Confidence::Possible;
        let step = model.report.minute_us;
        finding.when = Some((Moment::truncated(at, step), episode.to));
        finding.summary = t!(
            "In progress rose from {before} to {peak}; 85 % of the highest were reached at {at}. After that {requests} transactions \
             ended, {share} of them with a server error; {refused} were refused with 429 in the whole log.",
            before = format!("{:.1}", episode.in_progress_before_milli as f64 / 1000.0),
            peak = count(peak / 1000),
            at,
            requests = count(requests),
            share = percent(failed as f64, requests as f64),
            refused = count(refused)
        );
        let end = Instant(episode.to.hi.0);
        for locator in model.fold.lines_between(at.0, end.0).into_iter().take(2) {
            finding.evidence.push(Evidence::new(
                t!("lines from that point to the end of the episode"),
                locator,
            ));
        }
        finding.advice = vec![t!(
            "Refuse with 429 and Retry-After when more than {limit} requests are in progress, or at 85 % of the thread pool if it is \
             smaller.",
            limit = count(limit / 1000)
        )];
        model.weaken_where_stamps_are_assumed(&mut finding);
        vec![finding]
    }
}
