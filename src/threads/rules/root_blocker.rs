//! One thread that holds up others.

use super::{Facts, in_dumps, over_dumps, severity_by, threads, when};
use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::t;
use crate::threads::activity::Activity;
use crate::threads::report::{DumpSummary, RootBlocker};

/// Fewer waiters are everyday contention.
const FEW: u64 = 3;
const MANY: u64 = 10;

pub(super) struct RootBlockerRule;
pub(super) const ROOT_BLOCKER: RootBlockerRule = RootBlockerRule;

static META: RuleMeta = RuleMeta {
    id: "threads/root-blocker",
    title: "One thread holds up many",
    severity: Severity::High,
    means: "Threads wait, directly or through each other, for a lock that one thread keeps while it does something slow. What that thread does is the reason why all of them stand still.",
    detected: "The end of a chain in the wait-for graph with at least 3 threads behind it (Medium; High from 10). The graph has monitors, owned java.util.concurrent locks and class initialisations; the chain ends in a thread that waits for no lock.",
    advice: "Do the slow work outside the lock, or give it a timeout. Find the lock in the frames of the waiting threads.",
    false_positives: "A single dump shows one moment: a lock that is handed on quickly looks the same. Several dumps a few seconds apart tell.",
    sources: &["src/hotspot/share/runtime/vframe.cpp: javaVFrame::print_lock_info_on"],
};

impl Rule<Facts<'_>> for RootBlockerRule {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, facts: &Facts<'_>) -> Vec<Finding> {
        let report = facts.report;
        let many =
            |dump: &'_ DumpSummary| -> bool { dump.blockers.iter().any(|b| b.held_up >= FEW) };
        if !report.dumps.iter().any(many) {
            return Vec::new();
        }
        let groups = over_dumps(
            report,
            |dump| dump.blockers.iter().filter(|b| b.held_up >= FEW).collect(),
            |blocker: &RootBlocker| {
                (
                    blocker.thread.name.clone(),
                    blocker.thread.number,
                    blocker.lock_class.clone(),
                )
            },
        );
        groups
            .into_values()
            .filter_map(|seen| finding(&seen, report.dumps.len()))
            .collect()
    }
}

fn finding(seen: &[(&DumpSummary, &RootBlocker)], all: usize) -> Option<Finding> {
    let (_, blocker) = *seen.iter().max_by_key(|(_, blocker)| blocker.held_up)?;
    let name = &blocker.thread.name;
    let count = blocker.held_up;
    let mut finding = Finding::new(
        &META,
        t!(
            "{name} holds up {count} {threads} while it {doing}{dumps}",
            name,
            count,
            threads = threads(count),
            doing = blocker.doing.words(),
            dumps = in_dumps(seen.len(), all)
        ),
    );
    finding.severity = severity_by(count, FEW, MANY);
    finding.when = when(seen.iter().map(|(dump, _)| *dump));
    finding.summary = t!(
        "It holds {lock}. Directly behind it: {directly} {threads}; with those behind them {count}.",
        lock = blocker.lock,
        directly = blocker.directly,
        threads = threads(blocker.directly),
        count
    );
    if let Some(request) = &blocker.request {
        finding.summary += &t!(" It serves {request}.", request);
    }
    let frame = blocker.frame.as_deref().unwrap_or("no frame");
    let via = match &blocker.call {
        Some(call) if Some(call) != blocker.frame.as_ref() => t!(", in {call}", call),
        _ => String::new(),
    };
    finding.evidence.push(Evidence::new(
        t!(
            "{name} ({state}) is at {frame}{via} and holds {lock}",
            name,
            state = blocker.state,
            frame,
            via,
            lock = blocker.lock
        ),
        blocker.thread.at.clone(),
    ));
    for waiter in blocker.waiters.iter().take(3) {
        finding.evidence.push(Evidence::new(
            t!("{name} waits behind it", name = waiter.name),
            waiter.at.clone(),
        ));
    }
    finding.advice.push(advice(blocker));
    if all < 2 {
        finding.advice.push(t!("Take two more dumps a few seconds apart: the same holder in all of them proves that it does not let go."));
    }
    Some(finding)
}

fn advice(blocker: &RootBlocker) -> String {
    let lock = &blocker.lock_class;
    match blocker.doing {
        Activity::Database => t!(
            "Do not hold {lock} across a database call; set a socket and a query timeout on the driver.",
            lock
        ),
        Activity::HttpClient
        | Activity::Socket
        | Activity::Redis
        | Activity::Messaging
        | Activity::Directory => {
            t!(
                "Do not hold {lock} across a network call; set a read timeout, so that a silent peer cannot hold it for ever.",
                lock
            )
        }
        Activity::Connect | Activity::Dns => t!(
            "Do not hold {lock} while connecting; set a connect timeout.",
            lock
        ),
        Activity::Logging => t!(
            "Let the log be written asynchronously and without caller data; the appender is the bottleneck."
        ),
        Activity::Sleep => t!("Do not sleep while holding {lock}.", lock),
        Activity::Run => t!(
            "Shorten what is computed under {lock}; take more dumps to see whether it moves.",
            lock
        ),
        _ => t!(
            "Find out why the holder of {lock} does not continue: it waits for something else.",
            lock
        ),
    }
}
