//! Connections that get no answer.

use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::host::report::HostReport;
use crate::t;

pub(super) struct RemoteUnreachable;

const META: RuleMeta = RuleMeta {
    id: "host/remote-unreachable",
    title: "Remote does not answer",
    severity: Severity::Medium,
    means: "Connection attempts to one remote stay unanswered: it is down, or packets are dropped on the way.",
    detected: "At least 5 sockets in SYN-SENT to one remote in one snapshot.",
    advice: "Check the remote and what is between; shorten connect timeouts.",
    false_positives: "A remote that restarts at that moment.",
    sources: &["RFC 9293: SYN-SENT"],
};

impl Rule<HostReport> for RemoteUnreachable {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, report: &HostReport) -> Vec<Finding> {
        let remotes = report
            .sockets
            .iter()
            .flat_map(|sockets| sockets.remotes.iter().map(move |remote| (sockets, remote)));
        remotes
            .filter(|(_, remote)| remote.state == "SYN-SENT" && remote.count >= 5)
            .map(|(sockets, remote)| {
                let (address, count) = (&remote.address, remote.count);
                Finding {
                    summary: t!("{count} attempts to connect to {address} wait for a first answer. Threads that make them wait as long as their connect timeout.", count, address),
                    evidence: vec![Evidence::new(t!("{count} sockets in SYN-SENT to {address}", count, address), sockets.locator.clone())],
                    advice: vec![t!("Check whether {address} is up and whether a firewall drops the packets; set a connect timeout of a few seconds.", address)],
                    ..Finding::new(&META, t!("{address} does not answer: {count} connection attempts wait", address, count))
                }
            })
            .collect()
    }
}
