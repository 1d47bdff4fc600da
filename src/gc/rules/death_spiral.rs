//! The collector takes more time than it gives back, until the end.

use super::{at, line_at, subject, when};
use crate::finding::{Confidence, Evidence, Finding, Rule, RuleMeta, Severity};
use crate::gc::report::GcLife;
use crate::t;
use crate::text;

/// See [`META`].
pub(super) struct DeathSpiral;

const META: RuleMeta = RuleMeta {
    id: "gc/death-spiral",
    title: "Death spiral of the garbage collector",
    severity: Severity::Critical,
    means: "Each collection frees too little to pay for the next one. The process lives but cannot work; probes time out and somebody kills it.",
    detected: "GC debt (lost time minus five times the time the application ran, never below zero) above 1 s, and in the same episode three futile full collections in a row (less than 5 % of the heap freed, not asked for by the application), three allocation stalls or three degenerated cycles.",
    advice: "Find what holds the memory (heap dump), bound it, or give it room. End the process at the first OutOfMemoryError instead of keeping it half alive.",
    false_positives: "A batch job that is allowed to run at the edge of its heap. The thresholds were measured on heaps up to 160 MB and checked on real logs of larger ones.",
    sources: &[
        "Netflix jvmquake (GC debt as a token bucket)",
        "HotSpot GCTimeLimit / GCHeapFreeLimit (gcOverheadChecker.cpp)",
    ],
};

impl Rule<GcLife> for DeathSpiral {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, life: &GcLife) -> Vec<Finding> {
        let Some(spiral) = &life.spiral else {
            return Vec::new();
        };
        let onset = spiral.onset.unwrap_or(life.begin);
        let end = spiral.recovered.unwrap_or(life.end);
        let share = text::percent(spiral.gc_share, 1.0);
        let lasted = text::duration(end - onset);
        let log = subject(life);
        let title = match spiral.recovered {
            None => t!(
                "{log}: death spiral, {share} of the last {lasted} lost to collections",
                log,
                share,
                lasted
            ),
            Some(_) => t!(
                "{log}: death spiral survived, {share} of {lasted} lost to collections",
                log,
                share,
                lasted
            ),
        };
        let mut finding = Finding::new(&META, title);
        if spiral.recovered.is_some() {
            finding.severity = Severity::High;
        }
        finding.when = when(life, onset, end);
        finding.summary = summary(life, onset);
        let mut stages = [
            (
                spiral.pressure,
                t!("pressure: from here every collection left the ceiling at least 85 % full"),
            ),
            (
                spiral.onset,
                t!("onset: a window lost a quarter of its time, and it never got better"),
            ),
            (
                spiral.acceleration,
                t!("acceleration: a window lost half of its time"),
            ),
            (
                spiral.point_of_no_return,
                t!(
                    "point of no return: more than a second of GC debt, and collections no longer help"
                ),
            ),
            (
                spiral.collapse,
                t!("collapse: a window lost 95 % of its time"),
            ),
        ];
        // Windows are dated at their end, so a stage that needs one may come after one that does not.
        stages.sort_by_key(|(time, _)| *time);
        for (time, text) in stages {
            if let Some(time) = time {
                let clock = at(life, time);
                let statement = t!("{clock}: {text}", clock, text);
                finding
                    .evidence
                    .push(Evidence::new(statement, line_at(life, time)));
            }
        }
        if let Some(death) = spiral.death {
            let clock = at(life, death);
            let statement = t!("{clock}: last sign of life", clock);
            finding
                .evidence
                .push(Evidence::new(statement, life.last.clone()));
        }
        // The cause has a finding of its own, with its evidence and what helps against it.
        finding.advice.push(match &life.cause {
            Some(_) => t!("Set -XX:+ExitOnOutOfMemoryError: it ends the process at the first OutOfMemoryError instead of keeping a dead one alive. What helps against the cause stands with it below."),
            None => t!("Take a heap dump of the next one before it dies: -XX:+HeapDumpOnOutOfMemoryError with -XX:HeapDumpPath, and -XX:+ExitOnOutOfMemoryError."),
        });
        vec![finding]
    }
}

fn summary(life: &GcLife, onset: i64) -> String {
    let mut sentences = Vec::new();
    if let Some(spiral) = &life.spiral {
        let mut summary = spiral.summary.clone();
        if let Some(first) = summary.get_mut(0..1) {
            first.make_ascii_uppercase();
        }
        sentences.push(summary + ".");
    }
    if let Some(verdict) = &life.cause {
        let word = match verdict.confidence {
            Confidence::Confirmed => t!("The log shows the cause"),
            Confidence::Likely => t!("The likely cause"),
            _ => t!("A possible cause"),
        };
        let cause = verdict.cause.word();
        sentences.push(t!("{word}: {cause}.", word, cause));
    }
    if let Some(forecast) = &life.forecast {
        let full = at(life, forecast.full_at);
        let area = &forecast.ceiling_name;
        let onset = at(life, onset);
        sentences.push(t!("What was known before the onset ({onset}) said that the {area} would be full at {full}.", onset, area, full));
    }
    sentences.join(" ")
}
