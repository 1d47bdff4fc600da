//! The live set grows: when will it be full?

use super::{at, line_at, subject, when};
use crate::finding::{Confidence, Evidence, Finding, Rule, RuleMeta, Severity};
use crate::gc::cause::Cause;
use crate::gc::report::GcLife;
use crate::t;
use crate::text;
use crate::time::SECOND;

/// See [`META`].
pub(super) struct RisingLiveSet;

const META: RuleMeta = RuleMeta {
    id: "gc/rising-live-set",
    title: "The live set grows towards the limit",
    severity: Severity::Medium,
    means: "What survives collections grows steadily. If nothing changes, the heap will be full at the forecast time.",
    detected: "Theil–Sen slope of the lower envelope of occupancy after collection (eight buckets, at least four filled) with a positive 10 % quantile, a rise of at least 5 % of the ceiling, and a forecast no further away than ten times the time observed. No death spiral, log of at least two minutes.",
    advice: "Take two heap dumps some time apart and compare them; restart before the forecast time.",
    false_positives: "Caches that are still filling up, lazily loaded data: they flatten out.",
    sources: &["Theil–Sen estimator (Sen 1968)"],
};

/// A shorter log shows the warm-up.
const OBSERVED: i64 = 120 * SECOND;

impl Rule<GcLife> for RisingLiveSet {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, life: &GcLife) -> Vec<Finding> {
        let (Some(floor), Some(forecast)) = (&life.floor, &life.forecast) else {
            return Vec::new();
        };
        let is_metaspace = life
            .cause
            .as_ref()
            .is_some_and(|verdict| verdict.cause == Cause::Metaspace);
        if life.spiral.is_some() || is_metaspace || floor.to - floor.from < OBSERVED {
            return Vec::new();
        }
        let log = subject(life);
        let area = &forecast.ceiling_name;
        let full = at(life, forecast.full_at);
        let rate = text::bytes(floor.slope as u64);
        let title = t!(
            "{log}: the live set grows by {rate} per second, the {area} would be full at {full}",
            log,
            rate,
            area,
            full
        );
        let mut finding = Finding::new(&META, title);
        finding.confidence = Confidence::Possible;
        finding.when = when(life, floor.from, floor.to);
        let earliest = at(life, forecast.earliest);
        let latest = match forecast.latest {
            Some(latest) => at(life, latest),
            None => t!("never"),
        };
        finding.summary = t!(
            "What survives collections rises steadily. With the steepest likely slope the {area} is full at {earliest}, with the flattest at {latest}.",
            area,
            earliest,
            latest
        );
        let from = text::bytes(floor.start_level);
        let to = text::bytes(floor.level);
        let of = text::bytes(forecast.ceiling);
        let statement = t!("the floor rose from {from} to {to} of {of}", from, to, of);
        finding
            .evidence
            .push(Evidence::new(statement, line_at(life, floor.from)));
        finding.advice.push(t!("Take two heap dumps an hour apart (`jcmd <pid> GC.heap_dump`) and compare them with `diag heap before.hprof --baseline after.hprof`: what grew is the leak or the cache."));
        vec![finding]
    }
}
