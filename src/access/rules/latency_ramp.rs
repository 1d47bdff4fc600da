//! Latency left its normal range and stayed out of it.

use crate::access::model::Model;
use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::t;
use crate::text::{count, duration};

pub(super) struct LatencyRamp;

static META: RuleMeta = RuleMeta {
    id: "access/latency-ramp",
    title: "Requests became slow",
    severity: Severity::High,
    means: "Requests took several times longer than is normal for this log, for minutes. Work queued up behind something: a \
            pool, a lock, a backend, or a collector that takes the CPU.",
    detected: "The worst episode of the log whose p95 is at least three times that before it and at least 100 ms, over at least \
               two intervals. Normal is the 30th percentile of the p95 of all intervals.",
    advice: "Find what grew first: requests in progress with a flat rate means each one became slower (lock, backend, GC); a \
             growing rate means load. The routes whose share of time grew most are the suspects.",
    false_positives: "A change of the mix: a nightly report that is always slow.",
    sources: &["Little, A proof for the queuing formula L = lambda W, 1961"],
};

impl Rule<Model> for LatencyRamp {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, model: &Model) -> Vec<Finding> {
        let Some(episode) = &model.report.episode else {
            return Vec::new();
        };
        let normal = match episode.before.p95_us {
            0 => model.normal.p95,
            before => before,
        };
        let long = episode.to.lo.since(episode.from.lo) >= model.report.minute_us;
        if normal == 0
            || episode.during.p95_us < 3 * normal
            || episode.during.p95_us < 100_000
            || !long
        {
            return Vec::new();
        }
        let mut finding = Finding::new(
            &META,
            t!(
                "p95 rose from {before} to {during}",
                before = duration(normal),
                during = duration(episode.during.p95_us)
            ),
        );
        finding.when = Some((episode.from, episode.to));
        finding.summary = t!(
            "From {from} to {to} half of the transactions took {p50} or more (before: {p50_before}). Requests in progress \
             rose from {before} to {peak} at the highest interval.",
            from = episode.from,
            to = episode.to,
            p50 = duration(episode.during.p50_us),
            p50_before = duration(episode.before.p50_us),
            before = milli(episode.in_progress_before_milli),
            peak = milli(episode.in_progress_peak_milli)
        );
        for locator in episode.locators.iter().take(4) {
            finding
                .evidence
                .push(Evidence::new(t!("lines of the episode"), locator.clone()));
        }
        for slow in model.report.slowest.iter().take(2) {
            finding.evidence.push(Evidence::new(
                t!(
                    "{route} took {took}",
                    route = slow.route,
                    took = duration(slow.duration_us)
                ),
                slow.locator.clone(),
            ));
        }
        let suspects = suspects(model);
        if let Some(first) = suspects.first() {
            finding.advice.push(t!(
                "Begin with {route}: its share of the time spent grew most, from {before} to {during}.",
                route = first.0,
                before = first.1,
                during = first.2
            ));
        }
        finding.advice.push(t!(
            "Compare with thread dumps of these minutes: the stack most threads share is what they wait for. Compare with the \
             GC log: pauses of this size are felt by every request."
        ));
        vec![finding]
    }
}

fn milli(value: u64) -> String {
    match value {
        0..10_000 => format!("{:.1}", value as f64 / 1000.0),
        _ => count(value / 1000),
    }
}

/// Routes by how much their share of the time grew, with both shares as text.
fn suspects(model: &Model) -> Vec<(String, String, String)> {
    let mixes = || {
        model
            .report
            .routes
            .iter()
            .filter_map(|row| Some((row, row.mix?)))
    };
    let before: i64 = mixes().map(|(_, mix)| mix.busy_before_us).sum();
    let during: i64 = mixes().map(|(_, mix)| mix.busy_during_us).sum();
    let share = |part: i64, whole: i64| part as f64 / whole.max(1) as f64;
    let mut rows: Vec<_> = mixes()
        .map(|(row, mix)| {
            (
                row,
                share(mix.busy_before_us, before),
                share(mix.busy_during_us, during),
            )
        })
        .collect();
    rows.sort_by(|a, b| {
        (b.2 - b.1)
            .total_cmp(&(a.2 - a.1))
            .then_with(|| a.0.route.cmp(&b.0.route))
    });
    let percent = |share: f64| crate::text::percent(share, 1.0);
    rows.into_iter()
        .map(|(row, a, b)| (row.route.clone(), percent(a), percent(b)))
        .collect()
}
