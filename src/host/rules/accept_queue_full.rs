//! Connections wait to be accepted, and no more fit.

use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::host::report::HostReport;
use crate::t;

pub(super) struct AcceptQueueFull;

const META: RuleMeta = RuleMeta {
    id: "host/accept-queue-full",
    title: "Accept queue full",
    severity: Severity::High,
    means: "The kernel completes connections for a port, but the process does not accept them. New ones are dropped or refused although the process lives: probes fail.",
    detected: "A listening socket in ss whose Recv-Q has reached its Send-Q, the backlog.",
    advice: "Find why the acceptor or the workers stand still; a longer backlog only hides it.",
    false_positives: "A burst of connections in the very moment of the snapshot.",
    sources: &["ss(8); Linux: net/ipv4/tcp_diag.c"],
};

impl Rule<HostReport> for AcceptQueueFull {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, report: &HostReport) -> Vec<Finding> {
        let listeners = report.sockets.iter().flat_map(|sockets| &sockets.listeners);
        listeners
            .filter(|listener| listener.backlog.is_some_and(|backlog| backlog > 0 && listener.queued >= backlog))
            .map(|listener| {
                let (local, queued, backlog) = (&listener.local, listener.queued, listener.backlog.unwrap_or(0));
                Finding {
                    summary: t!("{queued} established connections wait on {local} to be accepted and the queue holds no more. The process does not come to accept them: it is frozen, or its acceptor waits for a free worker.", queued, local),
                    evidence: vec![Evidence::new(t!("Recv-Q {queued}, backlog {backlog}", queued, backlog), listener.locator.clone())],
                    advice: vec![t!("Take thread dumps: look at the acceptor thread and at what the workers wait for.")],
                    ..Finding::new(&META, t!("The accept queue of {local} is full: {queued} connections wait", local, queued))
                }
            })
            .collect()
    }
}
