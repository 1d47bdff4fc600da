//! Class metadata did not fit.

use super::of_variants;
use crate::events::kinds::OomVariant;
use crate::events::report::EventsReport;
use crate::finding::{Finding, Rule, RuleMeta, Severity};
use crate::t;

pub(super) struct MetaspaceOom;

const META: RuleMeta = RuleMeta {
    id: "events/metaspace-oom",
    title: "No room for classes",
    severity: Severity::Critical,
    means: "The JVM could not load another class.",
    detected: "OutOfMemoryError: Metaspace, PermGen space or Compressed class space.",
    advice: "Find the class loaders that stay; raise the limit only when the number of classes is legitimate.",
    false_positives: "A limit that was always too small fails at start-up, which is no leak.",
    sources: &["HotSpot: src/hotspot/share/memory/metaspace.cpp report_metadata_oome"],
};

const VARIANTS: &[OomVariant] = &[OomVariant::Metaspace, OomVariant::CompressedClassSpace];

impl Rule<EventsReport> for MetaspaceOom {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, report: &EventsReport) -> Vec<Finding> {
        let title = |name: &str, times: u64, first: &str| match times {
            1 => t!("{name}: no room for classes, first {first}", name, first),
            _ => t!(
                "{name}: no room for classes, {times} OutOfMemoryErrors, first {first}",
                name,
                times,
                first
            ),
        };
        let summary = t!(
            "Metaspace or the compressed class space reached its limit. Usual reasons are class loaders that are kept after a redeployment, classes generated at run time without end, or a MaxMetaspaceSize below what the application needs."
        );
        let advice = vec![
            t!(
                "In a heap dump look for several loaders of one web application and for the path that keeps the old ones."
            ),
            t!(
                "Compare `-XX:MaxMetaspaceSize` with the use after a full collection; `jcmd PID VM.classloader_stats` names the loaders."
            ),
        ];
        of_variants(report, &META, VARIANTS, title, (summary, advice))
    }
}
