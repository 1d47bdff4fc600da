//! Connections that the other side closed and the application did not.

use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::host::report::HostReport;
use crate::host::snapshot::{Remote, Sockets};
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
        let held = |sockets: &Sockets| sockets.states.get("CLOSE-WAIT").copied().unwrap_or(0);
        // Of several tables of one collector the worst tells it all; their growth is a finding of its own.
        let same = |one: &Sockets, two: &Sockets| one.locator.source == two.locator.source;
        let runs = report.sockets.chunk_by(same);
        for sockets in runs.filter_map(|run| run.iter().max_by_key(|sockets| held(sockets))) {
            let count = held(sockets);
            if count < LEAST {
                continue;
            }
            // Clients that closed have a port of their own each: then no remote tells more than another.
            let most = sockets.remotes.iter().find(|remote| {
                remote.state == "CLOSE-WAIT" && remote.count.saturating_mul(4) >= count
            });
            let (title, which, look) = match most {
                Some(Remote {
                    address, count: to, ..
                }) => (
                    t!(
                        "{count} connections closed by the other side and still held, most to {address}",
                        count,
                        address
                    ),
                    t!(", {to} of them to {address}", to, address),
                    t!(
                        "Look at the client for {address}: responses must be closed on every path, errors included.",
                        address
                    ),
                ),
                None => (
                    t!(
                        "{count} connections closed by the other side and still held",
                        count
                    ),
                    String::new(),
                    t!(
                        "Where they are connections of clients to an own port, the server must close them when it reads their end."
                    ),
                ),
            };
            findings.push(Finding {
                summary: t!("The other side closed {count} connections that this process still holds{which}. The code that uses them does not close them; no timeout of the system ever will.", count, which),
                evidence: vec![Evidence::new(t!("{count} sockets in CLOSE-WAIT", count), sockets.locator.clone())],
                advice: vec![
                    look,
                    t!("Take a second snapshot a minute later: a growing number is a leak, a steady one an old accident."),
                ],
                ..Finding::new(&META, title)
            });
        }
        findings
    }
}
