//! The server gave no sign of life for a while.

use crate::access::model::Model;
use crate::access::{Gap, GapBasis};
use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::t;
use crate::text::{count, duration};
use crate::time::SECOND;

pub(super) struct Silence;

static META: RuleMeta = RuleMeta {
    id: "access/silence",
    title: "Silence",
    severity: Severity::High,
    means: "For a stretch of time not one request ended, although requests or probes were due. The process was dead, \
            restarting, stopped by a pause, or cut off from its callers.",
    detected: "Per server, by seconds with and without a finished request. A silence of at least 5 s counts when its chance \
               under the activity around it (one hour on either side, the quieter side) is below 1e-9 and it is four times \
               longer than 99 % of the other pauses, or when a regular probe missed more than two ticks. Bounds are the \
               last line before and the first line after.",
    advice: "Put the GC log, the restart evidence and thread dumps of the same minute next to it: a stop-the-world pause ends \
             with a burst of old requests, a restart with slow first requests and probes.",
    false_positives: "A log that was rotated away or truncated, a planned stop, traffic that is switched off at a fixed hour.",
    sources: &["Kubernetes, configure liveness, readiness and startup probes (periodSeconds)"],
};

/// Silences described one by one; more are counted.
const SHOWN: usize = 3;

impl Rule<Model> for Silence {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, model: &Model) -> Vec<Finding> {
        let mut gaps: Vec<&Gap> = model.report.gaps.iter().collect();
        gaps.sort_by_key(|gap| (-length(gap), gap.from.lo));
        let Some(longest) = gaps.first() else {
            return Vec::new();
        };
        let mut finding = Finding::new(
            &META,
            t!(
                "{instance} was silent for {length}",
                instance = longest.instance,
                length = duration(length(longest))
            ),
        );
        finding.severity = match length(longest) {
            0..30_000_000 => Severity::Medium,
            _ => Severity::High,
        };
        finding.when = Some((longest.from, longest.to));
        finding.summary = t!(
            "The last request before it ended at {from}, the first one after it at {to}. {basis}",
            from = longest.from,
            to = longest.to,
            basis = basis(&longest.basis)
        );
        if gaps.len() > 1 {
            finding.summary += &t!(
                " There are {count} silences in all.",
                count = count(gaps.len() as u64)
            );
        }
        for gap in gaps.iter().take(SHOWN) {
            if let Some(before) = &gap.before {
                finding.evidence.push(Evidence::new(
                    t!(
                        "last line before {length} of silence: {at}",
                        length = duration(length(gap)),
                        at = gap.from
                    ),
                    before.clone(),
                ));
            }
            if let Some(after) = &gap.after {
                finding.evidence.push(Evidence::new(
                    t!("first line after it: {at}", at = gap.to),
                    after.clone(),
                ));
            }
        }
        finding.advice = vec![
            t!("Look for a restart, a kill or a pause in the GC log between these two moments."),
            t!(
                "Requests in progress when a process is killed never reach its own access log; ask the proxy in front of it for \
                 499, 502 and 504 in these seconds."
            ),
        ];
        model.weaken_where_stamps_are_assumed(&mut finding);
        vec![finding]
    }
}

fn length(gap: &Gap) -> i64 {
    gap.to.lo.since(gap.from.lo)
}

fn basis(basis: &GapBasis) -> String {
    match basis {
        GapBasis::Rate { per_hour, log10_p } => t!(
            "Around it {active} of 3,600 seconds an hour have requests, so its chance is 10^{log10_p}.",
            active = count((*per_hour).min(3600)),
            log10_p
        ),
        GapBasis::Probe { period_us, missed } => t!(
            "A probe that comes every {period} s missed {missed} times.",
            period = (period_us + SECOND / 2) / SECOND,
            missed
        ),
    }
}
