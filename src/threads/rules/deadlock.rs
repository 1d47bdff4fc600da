//! Threads that wait for each other in a circle.

use super::{Facts, in_dumps, over_dumps, threads, when};
use crate::finding::{Confidence, Evidence, Finding, Rule, RuleMeta, Severity};
use crate::t;
use crate::threads::document::stamp;
use crate::threads::report::{Deadlock, DumpSummary, LockKind};

pub(super) struct DeadlockRule;
pub(super) const DEADLOCK: DeadlockRule = DeadlockRule;

static META: RuleMeta = RuleMeta {
    id: "threads/deadlock",
    title: "Threads wait for each other",
    severity: Severity::Critical,
    means: "Each thread of a circle holds what the next one needs. None of them will ever continue, nor will any thread that needs one of their locks.",
    detected: "A circle in the wait-for graph of monitors, owned java.util.concurrent locks and class initialisations, or the VM's own \"Found one Java-level deadlock\" section. Both are reconciled by members and locks, so that each circle counts once. Waiting on conditions, latches, semaphores, queues and futures is never part of a circle. Where an earlier dump of the process is free of it, the report says between which two it appeared.",
    advice: "Take the locks in one fixed order everywhere, or hold only one at a time; use tryLock with a timeout where that cannot be had. Only a restart frees the threads.",
    false_positives: "A dump whose threads were not recorded at one moment (jhsdb, Thread.dump_to_file, a torn file) can show a circle that never existed; without the VM's confirmation the confidence is lower.",
    sources: &[
        "JLS 17.1",
        "JLS 12.4.2",
        "src/hotspot/share/services/threadService.cpp: ThreadService::find_deadlocks_at_safepoint",
    ],
};

impl Rule<Facts<'_>> for DeadlockRule {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, facts: &Facts<'_>) -> Vec<Finding> {
        let report = facts.report;
        let key = |deadlock: &Deadlock| {
            let mut names: Vec<(String, String)> = deadlock
                .threads
                .iter()
                .map(|t| (t.thread.name.clone(), t.lock_class.clone()))
                .collect();
            names.sort();
            names
        };
        let groups = over_dumps(report, |dump| dump.deadlocks.iter().collect(), key);
        groups
            .into_values()
            .filter_map(|seen| finding(&seen, &report.dumps))
            .collect()
    }
}

fn finding(seen: &[(&DumpSummary, &Deadlock)], dumps: &[DumpSummary]) -> Option<Finding> {
    let (dump, deadlock) = *seen
        .iter()
        .max_by_key(|(_, deadlock)| (deadlock.reported_by_vm, deadlock.victims))?;
    let names: Vec<&str> = deadlock
        .threads
        .iter()
        .map(|t| t.thread.name.as_str())
        .collect();
    let count = names.len() as u64;
    let mut finding = Finding::new(
        &META,
        t!(
            "{count} threads are deadlocked: {names}{dumps}",
            count,
            names = shown(&names),
            dumps = in_dumps(seen.len(), dumps.len())
        ),
    );
    finding.confidence = seen
        .iter()
        .map(|(_, deadlock)| deadlock.confidence)
        .max()
        .unwrap_or(Confidence::Possible);
    finding.when = when(seen.iter().map(|(dump, _)| *dump));
    let victims = deadlock.victims;
    finding.summary = t!("Each of them holds what the next one needs, so none will ever continue.");
    if victims > 0 {
        finding.summary += &t!(
            " {victims} more {threads} wait behind them.",
            victims,
            threads = threads(victims)
        );
    }
    finding.summary += &match deadlock.reported_by_vm {
        true => t!(" The VM reports the same."),
        false
            if deadlock
                .threads
                .iter()
                .any(|t| t.waits_for == LockKind::ClassInit) =>
        {
            t!(
                " The VM does not look for circles of class initialisations, so its dump is silent about this one."
            )
        }
        false if !matches!(dump.format.as_str(), "HotSpot" | "jhsdb") => {
            t!(" This kind of dump has no deadlock section of the VM to compare with.")
        }
        false => t!(
            " The VM does not report it: the dump may be cut, or its threads were recorded at different moments."
        ),
    };
    if let Some((before, first)) = appeared(seen, dumps) {
        finding.summary += &t!(
            " It appeared between {before} and {first}.",
            before = place(before),
            first = place(first)
        );
    }
    for member in &deadlock.threads {
        let held = match member.holds.is_empty() {
            true => String::new(),
            false => t!(" and holds {locks}", locks = member.holds.join(", ")),
        };
        let wanted = match member.waits_for {
            LockKind::ClassInit => t!("the initialisation of {class}", class = member.lock_class),
            _ if member.address.starts_with(&member.lock_class) => member.address.clone(),
            _ => t!(
                "{class} <{address}>",
                class = member.lock_class,
                address = member.address
            ),
        };
        let at = member
            .top_frame
            .as_deref()
            .map_or_else(String::new, |frame| t!(", at {frame}", frame));
        finding.evidence.push(Evidence::new(
            t!(
                "{name} waits for {wanted}{held}{at}",
                name = member.thread.name,
                wanted,
                held,
                at
            ),
            member.thread.at.clone(),
        ));
    }
    finding.advice.push(match deadlock.threads.iter().any(|t| t.waits_for == LockKind::ClassInit) {
        true => t!("Break the circle of static initialisers: let one class not touch the other while it is initialised, or initialise both from one thread at start-up."),
        false => t!("Take these locks in the same order in all the methods above, or use tryLock with a timeout."),
    });
    finding
        .advice
        .push(t!("Restart the process: nothing else frees these threads."));
    Some(finding)
}

/// The last dump of the process without the deadlock and the first with it.
fn appeared<'a>(
    seen: &[(&'a DumpSummary, &Deadlock)],
    dumps: &'a [DumpSummary],
) -> Option<(&'a DumpSummary, &'a DumpSummary)> {
    let first = seen.first()?.0;
    let position = dumps.iter().position(|dump| std::ptr::eq(dump, first))?;
    let earlier = dumps[..position].iter().rev();
    let before = earlier
        .into_iter()
        .find(|dump| dump.process == first.process)?;
    (before.complete && before.taken.is_some()).then_some((before, first))
}

fn place(dump: &DumpSummary) -> String {
    let at = dump.taken.map_or_else(String::new, stamp);
    t!(
        "{at} ({source}:{line})",
        at,
        source = dump.source,
        line = dump.line
    )
}

fn shown(names: &[&str]) -> String {
    const SHOWN: usize = 4;
    let first = names
        .iter()
        .take(SHOWN)
        .copied()
        .collect::<Vec<_>>()
        .join(", ");
    match names.len().checked_sub(SHOWN) {
        Some(more) if more > 0 => t!("{first} and {more} more", first, more),
        _ => first,
    }
}
