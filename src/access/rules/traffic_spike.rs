//! Far more requests than usual.

use crate::access::model::Model;
use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::t;
use crate::text::{count, duration};
use crate::time::{Instant, Moment};

pub(super) struct TrafficSpike;

static META: RuleMeta = RuleMeta {
    id: "access/traffic-spike",
    title: "Traffic spike",
    severity: Severity::Medium,
    means: "For some minutes several times as many transactions arrived as in the hour around them.",
    detected: "Intervals with at least 100 transactions that are at least three times the median of the 60 intervals on either \
               side, and more than ten median absolute deviations above it. At least 20 other intervals are needed.",
    advice: "See whether the spike has one client, one agent or one route; a campaign looks different from a loop or a crawler.",
    false_positives: "The beginning of a busy day after an empty night, a load test.",
    sources: &["Hampel, The influence curve and its role in robust estimation, 1974"],
};

impl Rule<Model> for TrafficSpike {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, model: &Model) -> Vec<Finding> {
        let minutes = &model.minutes;
        let mut spikes: Vec<(usize, u64)> = Vec::new();
        for (index, minute) in minutes.iter().enumerate() {
            if minute.requests < 100 {
                continue;
            }
            let near = index.saturating_sub(60)..(index + 61).min(minutes.len());
            let mut others: Vec<u64> = near
                .filter(|other| *other != index)
                .map(|other| minutes[other].requests)
                .collect();
            if others.len() < 20 {
                continue;
            }
            others.sort_unstable();
            let median = others[others.len() / 2];
            let mut off: Vec<u64> = others
                .iter()
                .map(|requests| requests.abs_diff(median))
                .collect();
            off.sort_unstable();
            let deviation = off[off.len() / 2].max(1);
            if minute.requests >= 3 * median.max(1) && minute.requests > median + 10 * deviation {
                spikes.push((index, median));
            }
        }
        let worst = spikes
            .iter()
            .max_by_key(|(index, _)| (minutes[*index].requests, std::cmp::Reverse(*index)));
        let Some(&(worst, median)) = worst else {
            return Vec::new();
        };
        let step = model.report.minute_us;
        let (first, last) = (
            minutes[spikes[0].0].at,
            minutes[spikes[spikes.len() - 1].0].at,
        );
        let times = minutes[worst].requests as f64 / median.max(1) as f64;
        let mut finding = Finding::new(
            &META,
            t!(
                "{requests} transactions in {step}, {times} times the usual",
                requests = count(minutes[worst].requests),
                step = duration(step),
                times = format!("{times:.1}")
            ),
        );
        let moment = |at| Moment::truncated(Instant(at), step);
        finding.when = Some((moment(first), moment(last)));
        finding.summary = t!(
            "The highest interval began at {at}; the median of its neighbours is {median}.",
            at = Instant(minutes[worst].at),
            median = count(median)
        );
        if spikes.len() > 1 {
            finding.summary += &t!(
                " {spikes} intervals are as unusual.",
                spikes = count(spikes.len() as u64)
            );
        }
        for locator in model
            .fold
            .lines_between(minutes[worst].at, minutes[worst].at + step - 1)
            .into_iter()
            .take(3)
        {
            finding
                .evidence
                .push(Evidence::new(t!("lines of the highest interval"), locator));
        }
        finding.advice = vec![t!(
            "Look at the clients, agents and routes of exactly these minutes: --since and --until make a report of them alone."
        )];
        vec![finding]
    }
}
