//! Flags that contradict each other or the JVM.

use super::subject;
use crate::finding::{Finding, Rule, RuleMeta, Severity};
use crate::gc::flags;
use crate::gc::report::GcLife;
use crate::t;
use crate::text;

/// See [`META`].
pub(super) struct Flags;

const META: RuleMeta = RuleMeta {
    id: "gc/flags",
    title: "Flags contradict each other or the JVM",
    severity: Severity::Low,
    means: "Some flags do not do what they look like: they are repeated with another value, overruled by another flag, or ignored by this release. The JVM does not run the way its command line reads.",
    detected: "In `jvm_args` (unified logging, tag `arguments`), `CommandLine flags` or -XX:+PrintCommandLineFlags: the same flag with two values, several collectors, ExplicitGCInvokesConcurrent beside DisableExplicitGC, a fixed young generation with G1, CMSInitiatingOccupancyFraction without UseCMSInitiatingOccupancyOnly, flags that this release removed; and the JVM's own warnings about its options. Info when the only complaint is a heap that starts at half of its limit or less and was resized.",
    advice: "Remove what does nothing; keep one value of each flag.",
    false_positives: "A wrapper that appends overrides on purpose.",
    sources: &[
        "HotSpot arguments.cpp (special_jvm_flags)",
        "JEP 122, 363, 366, 374, 490",
        "G1 tuning guide: do not fix the young generation",
    ],
};

impl Rule<GcLife> for Flags {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, life: &GcLife) -> Vec<Finding> {
        let complaints = flags::complaints(life);
        let resizing = flags::resizing(life);
        let log = subject(life);
        let mut finding = match (complaints.len(), &resizing) {
            (0, None) => return Vec::new(),
            (0, Some(_)) => Finding::new(
                &META,
                t!(
                    "{log}: the heap was resized while it ran, -Xms is below -Xmx",
                    log
                ),
            ),
            (count, _) => Finding::new(
                &META,
                t!(
                    "{log}: {count} complaints about the JVM's flags",
                    log,
                    count = text::count(count as u64)
                ),
            ),
        };
        if complaints.is_empty() {
            finding.severity = Severity::Info;
            finding.summary = t!(
                "Growing and shrinking costs collections and pauses. A service that owns its memory usually runs steadier with both limits equal."
            );
            finding.advice.push(t!(
                "Set -Xms to the value of -Xmx (with -XX:+AlwaysPreTouch if the pages should be there from the start), unless the memory is shared with others."
            ));
        } else {
            finding.summary = t!(
                "These flags do not do what they look like; whoever tuned this JVM may believe in a setting that is not in force."
            );
            finding.advice.push(t!(
                "Remove flags that are ignored or overruled, then check what is in force with `jcmd <pid> VM.flags`."
            ));
        }
        finding.evidence = complaints;
        finding.evidence.extend(resizing);
        vec![finding]
    }
}
