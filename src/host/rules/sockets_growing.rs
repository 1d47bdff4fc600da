//! Sockets of one state to one remote pile up.

use super::growth::{grew, in_time};
use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::host::report::HostReport;
use crate::host::snapshot::Sockets;
use crate::t;

const LEAST: u64 = 20;

pub(super) struct SocketsGrowing;

const META: RuleMeta = RuleMeta {
    id: "host/sockets-growing",
    title: "Sockets pile up",
    severity: Severity::Medium,
    means: "Between two tables many more sockets of one state came than went: connections that the application does not close (CLOSE-WAIT), that nobody answers (SYN-SENT), or that are held open (ESTABLISHED).",
    detected: "Of two tables of ss or netstat one after the other, a state other than TIME-WAIT and LISTEN has at least 20 sockets and a quarter more in the second.",
    advice: "CLOSE-WAIT: close responses and connections on every path. SYN-SENT: look at the remote and the network. ESTABLISHED: bound the pool and its idle time.",
    false_positives: "Load that just rose opens connections, too.",
    sources: &["ss(8), RFC 9293 (states of a connection)"],
};

impl Rule<HostReport> for SocketsGrowing {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, report: &HostReport) -> Vec<Finding> {
        let mut findings = Vec::new();
        for pair in report.sockets.windows(2) {
            let [before, now] = pair else { continue };
            for (state, count) in &now.states {
                let had = before.states.get(state).copied().unwrap_or(0);
                let ordinary = ["TIME-WAIT", "LISTEN"].contains(&state.as_str());
                if ordinary || !grew(had, *count, LEAST) {
                    continue;
                }
                let time = in_time(report, &before.locator, &now.locator);
                let remote = most_to(now, state);
                findings.push(Finding {
                    summary: t!("There were {had} sockets in {state}, then {count}{remote}.", had, state, count, remote),
                    evidence: vec![
                        Evidence::new(t!("{had} in {state}", had, state), before.locator.clone()),
                        Evidence::new(t!("{count} in {state}", count, state), now.locator.clone()),
                    ],
                    advice: vec![match state.as_str() {
                        "CLOSE-WAIT" => t!("The other side has closed; this application must close, too: close every response and connection on every path."),
                        "SYN-SENT" => t!("Nobody answers: look at the remote and the way to it, and set a connect timeout."),
                        _ => t!("See who opens them: `ss -tanp` names the process; bound the pool that holds them."),
                    }],
                    ..Finding::new(&META, t!("{state} sockets grow from {had} to {count}{time}", state, had, count, time))
                });
            }
        }
        findings
    }
}

fn most_to(sockets: &Sockets, state: &str) -> String {
    let most = sockets.remotes.iter().find(|remote| remote.state == state);
    most.filter(|remote| remote.count >= LEAST)
        .map_or(String::new(), |remote| {
            t!(
                ", {count} of them to {address}",
                count = remote.count,
                address = remote.address
            )
        })
}
