//! Single long pauses.

use super::{at, subject, when};
use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::gc::event::Collector;
use crate::gc::report::GcLife;
use crate::t;
use crate::text;

/// See [`META`].
pub(super) struct LongPause;

const META: RuleMeta = RuleMeta {
    id: "gc/long-pause",
    title: "Pauses of a second or more",
    severity: Severity::Medium,
    means: "The whole process stood still. Callers time out, leases expire, probes fail.",
    detected: "Any stop-the-world pause of at least 1 s that is not part of a death spiral; high from 5 s.",
    advice: "Look at the kind and cause of the pause, and whether the CPU or the disk was the problem.",
    false_positives: "Pauses outside service hours, requested heap dumps.",
    sources: &["HotSpot GC tuning guide"],
};

const SEVERE: i64 = 5 * crate::time::SECOND;

impl Rule<GcLife> for LongPause {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, life: &GcLife) -> Vec<Finding> {
        let spiral = life.spiral.as_ref();
        let since = spiral.and_then(|spiral| spiral.onset).unwrap_or(i64::MAX);
        let until = spiral
            .and_then(|spiral| spiral.recovered)
            .unwrap_or(i64::MAX);
        let outside: Vec<_> = life
            .long_pauses
            .iter()
            .filter(|pause| !(since..=until).contains(&(pause.at + pause.pause)))
            .collect();
        let Some(longest) = outside.first() else {
            return Vec::new();
        };
        let log = subject(life);
        let count = text::count(outside.len() as u64);
        let duration = text::duration(longest.pause);
        let time = at(life, longest.at);
        let title = match outside.len() {
            1 => t!(
                "{log}: a pause of {duration} at {time}",
                log,
                duration,
                time
            ),
            _ => t!(
                "{log}: {count} pauses of a second or more, the longest {duration} at {time}",
                log,
                count,
                duration,
                time
            ),
        };
        let mut finding = Finding::new(&META, title);
        if longest.pause >= SEVERE {
            finding.severity = Severity::High;
        }
        finding.when = when(life, longest.at, longest.at + longest.pause);
        finding.summary = t!(
            "The process stood still for {duration}. Timeouts of callers and probes are usually shorter than that.",
            duration
        );
        for pause in outside.iter().take(3) {
            let kind = pause.kind.word();
            let duration = text::duration(pause.pause);
            let cause = match pause.cause.is_empty() {
                true => String::new(),
                false => t!(" ({cause})", cause = pause.cause),
            };
            let statement = t!("{kind} pause of {duration}{cause}", kind, duration, cause);
            finding
                .evidence
                .push(Evidence::new(statement, pause.locator.clone()));
        }
        if let (Some(user), Some(sys)) = (longest.user, longest.sys)
            && (user + sys) * 4 < longest.pause
        {
            let cpu = text::duration(user + sys);
            let statement = t!(
                "the longest used only {cpu} of CPU time: it waited for a processor, for swap or for the disk",
                cpu
            );
            finding
                .evidence
                .push(Evidence::new(statement, longest.locator.clone()));
        }
        finding.advice.push(match (life.collector, life.collector.is_concurrent()) {
            (Collector::OpenJ9, _) => t!("See which kind and cause it was. Shorter pauses: -Xgc:concurrentScavenge for scavenges, -Xgcpolicy:balanced for large heaps; compaction inside a global collection is what takes longest."),
            (_, true) => t!("See which kind and cause it was: full collections ask for more heap or an earlier start of marking, long young pauses for fewer survivors or a lower -XX:MaxGCPauseMillis."),
            (_, false) => t!("Serial and Parallel stop the world for the whole heap. If such pauses hurt, use G1 (-XX:+UseG1GC) or ZGC (-XX:+UseZGC)."),
        });
        vec![finding]
    }
}
