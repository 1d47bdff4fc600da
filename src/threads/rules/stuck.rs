//! Threads that did not move over several dumps.

use std::collections::BTreeMap;

use super::{Facts, plural, severity_by, threads};
use crate::finding::{Confidence, Evidence, Finding, Rule, RuleMeta, Severity};
use crate::t;
use crate::text::duration;
use crate::threads::activity::Activity;
use crate::threads::report::{DumpSummary, StuckThread, Unseen};

const FEW: u64 = 3;
const MANY: u64 = 10;
/// Of a core, from which a thread that does not move is called busy.
const BUSY: f64 = 0.5;

pub(super) struct StuckRule;
pub(super) const STUCK: StuckRule = StuckRule;

static META: RuleMeta = RuleMeta {
    id: "threads/stuck",
    title: "Threads did not move",
    severity: Severity::Medium,
    means: "The same thread stood on exactly the same stack in dump after dump while it was doing work: it waits for something that does not come, or turns in a loop.",
    detected: "At least 3 dumps in a row up to the last, same thread (native address, number), identical stack with line numbers, and not idle, sleeping, waiting for a condition, or waiting for a lock or holding one that others want (the rules on locks report those). Threads are grouped by what they do and where. High from 10 threads.",
    advice: "Look at the call they stand in and at its timeout; use the processor time used meanwhile to tell a loop from a wait.",
    false_positives: "Dumps taken within a second of each other. Threads that wait for work by a shape that is not known.",
    sources: &[
        "IBM WebSphere Application Server: hang detection policy, WSVR0605W",
        "Oracle WebLogic Server: StuckThreadMaxTime, BEA-000337",
        "org.apache.catalina.valves.StuckThreadDetectionValve",
    ],
};

impl Rule<Facts<'_>> for StuckRule {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, facts: &Facts<'_>) -> Vec<Finding> {
        let mut groups: BTreeMap<(Activity, &str), Vec<&StuckThread>> = BTreeMap::new();
        for stuck in &facts.report.stuck {
            // What waits for a visible owner is the matter of that owner; so is a lock that has a finding.
            let quiet = matches!(stuck.doing, Activity::Sleep | Activity::Wait)
                || stuck.owner.is_some()
                || facts
                    .report
                    .last()
                    .is_some_and(|dump| reported(dump, stuck));
            if !quiet && !turns(stuck) {
                groups
                    .entry((stuck.doing, stuck.frame.as_deref().unwrap_or("")))
                    .or_default()
                    .push(stuck);
            } else if turns(stuck) {
                groups
                    .entry((Activity::Run, stuck.frame.as_deref().unwrap_or("")))
                    .or_default()
                    .push(stuck);
            }
        }
        groups
            .into_iter()
            .filter_map(|((doing, frame), stuck)| finding(doing, frame, &stuck))
            .collect()
    }
}

/// Whether a rule on locks speaks of it: it holds up others, or waits for a lock whose owner is not visible.
fn reported(dump: &DumpSummary, stuck: &StuckThread) -> bool {
    let mut blockers = dump.blockers.iter().filter(|b| b.held_up >= FEW);
    let mut locks = dump.ownerless.iter();
    blockers.any(|blocker| blocker.thread == stuck.thread)
        || locks.any(|lock| {
            let reported = lock.held_up >= FEW || lock.reason == Unseen::Shared;
            reported && stuck.waits_for.as_ref() == Some(&lock.lock)
        })
}

/// Whether it used a good part of a core without moving.
fn turns(stuck: &StuckThread) -> bool {
    match (stuck.cpu, stuck.span) {
        (Some(cpu), Some(span)) if span > 0 => cpu as f64 / span as f64 >= BUSY,
        _ => false,
    }
}

fn finding(doing: Activity, frame: &str, stuck: &[&StuckThread]) -> Option<Finding> {
    let first = stuck.first()?;
    let count = stuck.len() as u64;
    let dumps = stuck.iter().map(|stuck| stuck.dumps).max()?;
    let who = match count {
        1 => first.thread.name.clone(),
        _ => t!("{count} threads", count),
    };
    let words = match count {
        1 => doing.words().to_owned(),
        _ => plural(doing.words()),
    };
    let mut finding = Finding::new(
        &META,
        t!(
            "{who} did not move in {dumps} dumps: {doing} at {frame}",
            who,
            dumps,
            doing = words,
            frame
        ),
    );
    finding.severity = severity_by(count, 1, MANY);
    if count < FEW && matches!(doing, Activity::Socket | Activity::File | Activity::Process) {
        finding.severity = Severity::Low;
    }
    let span = stuck.iter().filter_map(|stuck| stuck.span).max();
    finding.confidence = match span {
        Some(span) if span < 2_000_000 => Confidence::Possible,
        _ => Confidence::Likely,
    };
    let over = span.map_or_else(
        || t!("in all of them"),
        |span| t!("for at least {span}", span = duration(span)),
    );
    finding.summary = t!(
        "{count} {threads} stood on the same stack {over}.",
        count,
        threads = threads(count),
        over
    );
    for stuck in stuck.iter().take(5) {
        let cpu = stuck.cpu.map_or_else(String::new, |cpu| {
            t!(", {cpu} of processor time meanwhile", cpu = duration(cpu))
        });
        finding.evidence.push(Evidence::new(
            t!(
                "{name} stood at {frame}{cpu}",
                name = stuck.thread.name,
                frame,
                cpu
            ),
            stuck.thread.at.clone(),
        ));
    }
    finding.advice.push(match doing {
        Activity::Run => t!("It uses the processor and does not leave this method: look for a loop there, such as a map that is shared without a lock."),
        _ if doing.waits() => t!("See who holds what they wait for; that thread is where to look."),
        _ => t!("Set a timeout on this call."),
    });
    Some(finding)
}
