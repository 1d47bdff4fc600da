//! Safepoints: every stop of the world, for the collector or for anything else, and how long the threads took to arrive.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::life::locator;
use super::run::Run;
use crate::finding::Locator;

/// All safepoints of a life. Durations in microseconds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SafepointSummary {
    /// How many.
    pub count: u64,
    /// Sum of whole stops, arrival included.
    pub total: i64,
    /// Sum of the time that threads took to arrive.
    pub reaching_total: i64,
    /// Longest arrival.
    pub reaching_max: i64,
    /// Where the longest arrival is.
    pub reaching_longest: Option<Locator>,
    /// Stops that were not for the collector: count.
    pub other_count: u64,
    /// Sum of the stops that were not for the collector.
    pub other_total: i64,
    /// Longest stop that was not for the collector.
    pub other_max: i64,
    /// Operation and place of the longest stop that was not for the collector.
    pub other_longest: Option<(String, Locator)>,
    /// Operation, count, sum and longest, by sum.
    pub operations: Vec<Operation>,
}

/// Safepoints of one VM operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Operation {
    /// Name in HotSpot: `G1CollectForAllocation`.
    pub name: String,
    /// How often.
    pub count: u64,
    /// Sum in microseconds.
    pub total: i64,
    /// Longest in microseconds.
    pub max: i64,
    /// Sum of arrival times in microseconds.
    pub reaching: i64,
}

/// VM operations of the collectors: the rest stops the world for something else.
fn is_collection(name: &str) -> bool {
    const PARTS: [&str; 12] = [
        "GC",
        "Collect",
        "XMark",
        "ZMark",
        "ZRelocate",
        "XRelocate",
        "ZOperation",
        "Shenandoah",
        "CGC_Operation",
        "CMS",
        "G1Pause",
        "G1Try",
    ];
    PARTS.iter().any(|part| name.contains(part)) && !name.contains("ICBuffer")
}

/// Sums up the safepoints of a run; `None` when none were logged.
pub(super) fn summary(run: &Run, sources: &[String]) -> Option<SafepointSummary> {
    if run.safepoints.is_empty() {
        return None;
    }
    let mut summary = SafepointSummary::default();
    let (mut reaching_place, mut other) = (None, None);
    for (name, raw) in &run.safepoints {
        let name = String::from_utf8_lossy(name).into_owned();
        summary.count += raw.count;
        summary.total = summary.total.saturating_add(raw.total);
        summary.reaching_total = summary.reaching_total.saturating_add(raw.reaching);
        if raw.reaching_max > summary.reaching_max {
            summary.reaching_max = raw.reaching_max;
            reaching_place = Some(raw.reaching_place);
        }
        // Without a name the reason is not known; it is no evidence of another reason.
        if !name.is_empty() && !is_collection(&name) {
            summary.other_count += raw.count;
            summary.other_total = summary.other_total.saturating_add(raw.total);
            if raw.max > summary.other_max {
                summary.other_max = raw.max;
                other = Some((name.clone(), raw.max_place));
            }
        }
        summary.operations.push(Operation {
            name,
            count: raw.count,
            total: raw.total / 1000,
            max: raw.max / 1000,
            reaching: raw.reaching / 1000,
        });
    }
    for nanos in [
        &mut summary.total,
        &mut summary.reaching_total,
        &mut summary.reaching_max,
        &mut summary.other_total,
        &mut summary.other_max,
    ] {
        *nanos /= 1000;
    }
    summary.reaching_longest = reaching_place.map(|place| locator(sources, place));
    summary.other_longest = other.map(|(name, place)| (name, locator(sources, place)));
    summary.operations.sort_by(|left, right| {
        right
            .total
            .cmp(&left.total)
            .then_with(|| left.name.cmp(&right.name))
    });
    Some(summary)
}
