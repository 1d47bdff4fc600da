//! One thread that holds up others.

use super::{Facts, convoy, in_dumps, over_dumps, pool_busy, severity_by, threads, when};
use crate::finding::{Confidence, Evidence, Finding, Rule, RuleMeta, Severity};
use crate::t;
use crate::threads::activity::Activity;
use crate::threads::report::{DumpSummary, PoolUse, RootBlocker};

/// Fewer waiters are everyday contention.
const FEW: u64 = 3;
const MANY: u64 = 10;

/// A rule on threads that hold up others while they do one kind of thing.
pub(super) struct RootBlockerRule {
    pub(super) meta: &'static RuleMeta,
    pub(super) covers: fn(Activity) -> bool,
}

/// All that have no rule of their own.
pub(super) const ROOT_BLOCKER: RootBlockerRule = RootBlockerRule {
    meta: &META,
    covers: |doing| {
        !matches!(
            doing,
            Activity::Logging | Activity::ClassLoading | Activity::ExplicitGc
        )
    },
};

static META: RuleMeta = RuleMeta {
    id: "threads/root-blocker",
    title: "One thread holds up many",
    severity: Severity::High,
    means: "Threads wait, directly or through each other, for a lock that one thread keeps while it does something slow. What that thread does is the reason why all of them stand still.",
    detected: "The end of a chain in the wait-for graph with at least 3 threads behind it (Medium; High from 10, or when a pool without an idle thread waits for it). The graph has monitors, owned java.util.concurrent locks and class initialisations; the chain ends in a thread that waits for no lock. Confirmed when it is the same thread in at least two dumps. Owners that write a log, load classes or ask for a collection have rules of their own, and so have locks that change hands (threads/lock-convoy).",
    advice: "Do the slow work outside the lock, or give it a timeout. Find the lock in the frames of the waiting threads.",
    false_positives: "A single dump shows one moment: a lock that is handed on quickly looks the same. Several dumps a few seconds apart tell.",
    sources: &["src/hotspot/share/runtime/vframe.cpp: javaVFrame::print_lock_info_on"],
};

impl Rule<Facts<'_>> for RootBlockerRule {
    fn meta(&self) -> &'static RuleMeta {
        self.meta
    }

    fn check(&self, facts: &Facts<'_>) -> Vec<Finding> {
        let report = facts.report;
        let changing = convoy::covered(report);
        let groups = over_dumps(
            report,
            |dump| {
                let many = dump.blockers.iter().filter(|b| b.held_up >= FEW);
                many.filter(|b| {
                    (self.covers)(b.doing) && !changing.contains(&convoy::queue(dump, b))
                })
                .collect()
            },
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
            .filter_map(|seen| finding(self.meta, &seen, report.dumps.len()))
            .collect()
    }
}

fn finding(
    meta: &'static RuleMeta,
    seen: &[(&DumpSummary, &RootBlocker)],
    all: usize,
) -> Option<Finding> {
    let (_, blocker) = *seen.iter().max_by_key(|(_, blocker)| blocker.held_up)?;
    let name = &blocker.thread.name;
    let count = blocker.held_up;
    let mut finding = Finding::new(
        meta,
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
    if seen
        .iter()
        .any(|(dump, blocker)| stops_a_pool(dump, blocker))
    {
        finding.severity = Severity::High;
    }
    finding.when = when(seen.iter().map(|(dump, _)| *dump));
    finding.summary = t!("It holds {lock}.", lock = blocker.lock);
    if blocker.directly < count {
        finding.summary += &t!(
            " {directly} {threads} wait for it directly, {more} behind those.",
            directly = blocker.directly,
            threads = threads(blocker.directly),
            more = count - blocker.directly
        );
    }
    if let Some(at) = &blocker.waiters_at {
        finding.summary += &t!(" It is wanted at {at}.", at);
    }
    if seen.len() > 1 {
        finding.confidence = Confidence::Confirmed;
        finding.summary += &t!(
            " It is the same owner in {dumps} dumps: it does not let go.",
            dumps = seen.len()
        );
    }
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

/// Whether most of the busy threads of a pool without an idle one wait for `blocker`.
fn stops_a_pool(dump: &DumpSummary, blocker: &RootBlocker) -> bool {
    let waits = |pool: &&PoolUse| pool.busy_waits_for.as_ref() == Some(&blocker.thread.name);
    let mut pools = dump.pools.iter().filter(waits);
    pools
        .any(|pool| pool.idle == 0 && pool.total >= pool_busy::SMALLEST && pool_busy::is_pool(pool))
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
            "See whether what reads the log keeps up: a full disk, a slow volume, or a pipe that nobody reads stops every thread that logs. Then let the log be written asynchronously, and drop events rather than wait."
        ),
        Activity::ClassLoading => t!(
            "See why the loader needs so long for one class: a slow or remote class path, or a class that is looked up again and again and never found. Use a parallel capable loader, and load it before the traffic comes."
        ),
        Activity::ExplicitGc => t!(
            "Find who calls System.gc() and take the call out of {lock}; -XX:+ExplicitGCInvokesConcurrent makes it shorter, -XX:+DisableExplicitGC ignores it (direct memory then is freed later).",
            lock
        ),
        Activity::File => t!(
            "Do not hold {lock} during file access, and look at the volume: a network mount, a full disk, a pipe that nobody serves.",
            lock
        ),
        Activity::PoolWait => t!(
            "Do not hold {lock} while waiting for a connection; see who keeps the connections.",
            lock
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
