//! Requests pile up while no more get done: a rising fan on the response-time map.

use crate::access::model::Model;
use crate::finding::{Confidence, Evidence, Finding, Rule, RuleMeta, Severity};
use crate::t;
use crate::text::{count, duration};

pub(super) struct Saturation;

static META: RuleMeta = RuleMeta {
    id: "access/saturation",
    title: "Saturated: more in progress, no more done",
    severity: Severity::High,
    means: "The number of requests in progress multiplied while the number completed per second did not grow: the process was \
            at the end of some capacity, and every further request only waited longer.",
    detected: "In the worst episode: p50 and p99 are at least three times those before, requests in progress reach at least \
               three times the mean before and at least 5, and the rate of completed transactions is at most 1.25 times that \
               before.",
    advice: "Name the capacity: CPU (GC threads and top), a pool (thread dump), a backend (its own latency). More threads do \
             not help against any of them; a limit on concurrent requests does.",
    false_positives: "A few very long requests, such as downloads, among little traffic.",
    sources: &["Little 1961", "Gunther, Universal Scalability Law"],
};

impl Rule<Model> for Saturation {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, model: &Model) -> Vec<Finding> {
        let Some(episode) = &model.report.episode else {
            return Vec::new();
        };
        let before = episode.in_progress_before_milli.max(1);
        let peak = episode.in_progress_peak_milli;
        let slower = |now: i64, then: i64| then > 0 && now >= 3 * then;
        let fires = slower(episode.during.p50_us, episode.before.p50_us)
            && slower(episode.during.p99_us, episode.before.p99_us)
            && peak >= 3 * before
            && peak >= 5_000
            && episode.rate_during_per_hour * 4 <= episode.rate_before_per_hour * 5;
        if !fires {
            return Vec::new();
        }
        let mut finding = Finding::new(
            &META,
            t!(
                "{peak} requests in progress instead of {before}, with no more done",
                peak = count(peak / 1000),
                before = format!("{:.1}", before as f64 / 1000.0)
            ),
        );
        finding.confidence = Confidence::Likely;
        finding.when = Some((episode.from, episode.to));
        finding.summary = t!(
            "Before, {rate_before} transactions an hour took {p50_before} (p50); in the episode {rate_during} took {p50_during}. The \
             whole distribution moved, not only its tail, so the cause is shared by all requests.",
            rate_before = count(episode.rate_before_per_hour),
            rate_during = count(episode.rate_during_per_hour),
            p50_before = duration(episode.before.p50_us),
            p50_during = duration(episode.during.p50_us)
        );
        for locator in episode.locators.iter().take(3) {
            finding
                .evidence
                .push(Evidence::new(t!("lines of the episode"), locator.clone()));
        }
        finding.advice = vec![
            t!(
                "Take the stack that most threads share in a thread dump of these minutes; that is the capacity."
            ),
            t!(
                "If it is the collector, the GC log shows the share of time it took in the same minutes."
            ),
        ];
        model.weaken_where_stamps_are_assumed(&mut finding);
        vec![finding]
    }
}
