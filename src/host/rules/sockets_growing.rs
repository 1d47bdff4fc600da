//! Sockets of one state to one remote pile up.

use std::collections::BTreeSet;

use super::growth::{Figure, ends, grew, in_time};
use crate::finding::{Evidence, Finding, Locator, Rule, RuleMeta, Severity};
use crate::host::report::HostReport;
use crate::t;

const LEAST: u64 = 20;

pub(super) struct SocketsGrowing;

const META: RuleMeta = RuleMeta {
    id: "host/sockets-growing",
    title: "Sockets pile up",
    severity: Severity::Medium,
    means: "Between two tables many more sockets of one state came than went: connections that the application does not close (CLOSE-WAIT), that nobody answers (SYN-SENT), or that are held open (ESTABLISHED).",
    detected: "Of the first and the last of several tables of ss or netstat, a state other than TIME-WAIT and LISTEN has at least 20 sockets and a quarter more in the last.",
    advice: "CLOSE-WAIT: close responses and connections on every path. SYN-SENT: look at the remote and the network. ESTABLISHED: bound the pool and its idle time.",
    false_positives: "Load that just rose opens connections, too.",
    sources: &["ss(8), RFC 9293 (states of a connection)"],
};

impl Rule<HostReport> for SocketsGrowing {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, report: &HostReport) -> Vec<Finding> {
        let tables = report.sockets.iter();
        let states: BTreeSet<&str> = tables
            .flat_map(|table| table.states.keys().map(String::as_str))
            .filter(|state| !["TIME-WAIT", "LISTEN"].contains(state))
            .collect();
        // A state that a table does not show has no socket there.
        let figures = report.sockets.iter().flat_map(|table| {
            let at = &table.locator;
            states.iter().map(move |&of| Figure {
                of,
                value: table.states.get(of).copied().unwrap_or(0),
                at,
            })
        });
        ends(figures)
            .into_iter()
            .filter(|(first, last)| grew(first.value, last.value, LEAST))
            .map(|(first, last)| {
                let (state, had, count) = (first.of, first.value, last.value);
                let time = in_time(report, first.at, last.at);
                let remote = most_to(report, state, last.at);
                Finding {
                    summary: t!("There were {had} sockets in {state}, then {count}{remote}.", had, state, count, remote),
                    evidence: vec![
                        Evidence::new(t!("{had} in {state}", had, state), first.at.clone()),
                        Evidence::new(t!("{count} in {state}", count, state), last.at.clone()),
                    ],
                    advice: vec![match state {
                        "CLOSE-WAIT" => t!("The other side has closed; this application must close, too: close every response and connection on every path."),
                        "SYN-SENT" => t!("Nobody answers: look at the remote and the way to it, and set a connect timeout."),
                        _ => t!("See who opens them: `ss -tanp` names the process; bound the pool that holds them."),
                    }],
                    ..Finding::new(&META, t!("{state} sockets grow from {had} to {count}{time}", state, had, count, time))
                }
            })
            .collect()
    }
}

fn most_to(report: &HostReport, state: &str, at: &Locator) -> String {
    let tables = report.sockets.iter().filter(|table| table.locator == *at);
    let mut remotes = tables.flat_map(|table| &table.remotes);
    let most = remotes.find(|remote| remote.state == state);
    most.filter(|remote| remote.count >= LEAST)
        .map_or(String::new(), |remote| {
            t!(
                ", {count} of them to {address}",
                count = remote.count,
                address = remote.address
            )
        })
}
