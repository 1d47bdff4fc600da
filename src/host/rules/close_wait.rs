//! Connections that the other side closed and the application did not.

use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::host::report::HostReport;
use crate::t;

/// Sockets in CLOSE-WAIT below which nothing is said.
const LEAST: u64 = 20;

pub(super) struct CloseWait;

const META: RuleMeta = RuleMeta {
    id: "host/close-wait",
    title: "Connections not closed",
    severity: Severity::High,
    means: "The other side has closed these connections; the application still holds them. Each costs a descriptor, and often a place in a connection pool.",
    detected: "At least 20 sockets in CLOSE-WAIT in one snapshot.",
    advice: "Find who opens connections to the remote named and does not close them, in particular on the error path.",
    false_positives: "A short pile right after the other side restarted.",
    sources: &["RFC 9293: CLOSE-WAIT"],
};

impl Rule<HostReport> for CloseWait {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, report: &HostReport) -> Vec<Finding> {
        let mut findings = Vec::new();
        for sockets in &report.sockets {
            let count = sockets.states.get("CLOSE-WAIT").copied().unwrap_or(0);
            if count < LEAST {
                continue;
            }
            let most = sockets
                .remotes
                .iter()
                .find(|remote| remote.state == "CLOSE-WAIT");
            let (address, to) =
                most.map_or(("?", 0), |remote| (remote.address.as_str(), remote.count));
            findings.push(Finding {
                summary: t!("The other side closed {count} connections that this process still holds, {to} of them to {address}. The code that uses them does not close them; no timeout of the system ever will.", count, to, address),
                evidence: vec![Evidence::new(t!("{count} sockets in CLOSE-WAIT", count), sockets.locator.clone())],
                advice: vec![
                    t!("Look at the client for {address}: responses must be closed on every path, errors included.", address),
                    t!("Take a second snapshot a minute later: a growing number is a leak, a steady one an old accident."),
                ],
                ..Finding::new(&META, t!("{count} connections closed by the other side and still held, most to {address}", count, address))
            });
        }
        findings
    }
}
