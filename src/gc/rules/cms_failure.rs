//! CMS: the concurrent collection lost the race, or the old generation is in pieces.

use super::{subject, when};
use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::gc::report::{GcLife, IncidentKind};
use crate::t;
use crate::text;

/// See [`META`].
pub(super) struct CmsFailure;

const META: RuleMeta = RuleMeta {
    id: "gc/cms-failure",
    title: "Concurrent mode failure or promotion failure",
    severity: Severity::High,
    means: "The old generation was full, or too fragmented, before the concurrent collection ended. One thread then compacts the whole heap with the world stopped.",
    detected: "Any `concurrent mode failure` or `promotion failed`.",
    advice: "Start CMS earlier, or leave it: it was removed in JDK 14.",
    false_positives: "None known.",
    sources: &[
        "JEP 363 (removal of CMS)",
        "HotSpot concurrentMarkSweepGeneration.cpp",
    ],
};

impl Rule<GcLife> for CmsFailure {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, life: &GcLife) -> Vec<Finding> {
        let kinds = [
            IncidentKind::ConcurrentModeFailure,
            IncidentKind::PromotionFailed,
        ];
        let found: Vec<_> = kinds
            .iter()
            .filter_map(|kind| life.incident(*kind))
            .collect();
        let Some(first) = found.first() else {
            return Vec::new();
        };
        let log = subject(life);
        let count = text::count(found.iter().map(|incident| incident.count).sum());
        let mut finding = Finding::new(
            &META,
            t!(
                "{log}: the old generation had no room {count} times (concurrent mode failure, promotion failed)",
                log,
                count
            ),
        );
        finding.when = when(life, first.first_at, first.last_at);
        finding.summary = t!(
            "Promotions met an old generation that was full or in pieces, so the whole heap was compacted by one thread with the world stopped."
        );
        for incident in &found {
            let statement = match incident.kind {
                IncidentKind::PromotionFailed => {
                    t!("promotion failed, {count} times", count = incident.count)
                }
                _ => t!(
                    "concurrent mode failure, {count} times",
                    count = incident.count
                ),
            };
            finding
                .evidence
                .push(Evidence::new(statement, incident.first.clone()));
        }
        finding.advice.push(t!("Start earlier: -XX:CMSInitiatingOccupancyFraction=60 with -XX:+UseCMSInitiatingOccupancyOnly. Better: move to G1, which compacts while it collects."));
        vec![finding]
    }
}
