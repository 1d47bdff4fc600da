//! `ss -tan[p]` and `netstat -an[p]`.

use std::collections::BTreeMap;

use super::{Place, Section, titles};
use crate::finding::Locator;
use crate::host::report::HostReport;
use crate::host::snapshot::{Listener, Remote, Sockets};

/// Remotes kept.
const REMOTES: usize = 200;

struct Table {
    netstat: bool,
    /// `ss` without `-t` begins with the kind of socket.
    shift: usize,
    states: BTreeMap<String, u64>,
    remotes: BTreeMap<(String, String), u64>,
    listeners: Vec<Listener>,
    locator: Locator,
}

/// The header `State Recv-Q Send-Q Local Address:Port …` or `Proto Recv-Q Send-Q Local Address …`.
pub(super) fn begin(text: &str, at: &Place<'_>) -> Option<Box<dyn Section>> {
    let titles = titles(text);
    let find = |name: &str| titles.iter().position(|title| title == name);
    let received = find("Recv-Q")?;
    find("Local")?;
    let netstat = find("Proto") == Some(0) && find("State").is_some();
    let plain = find("State")? < received;
    (netstat || plain).then(|| {
        Box::new(Table {
            netstat,
            shift: find("Netid").map_or(0, |_| 1),
            states: BTreeMap::new(),
            remotes: BTreeMap::new(),
            listeners: Vec::new(),
            locator: at.locator(),
        }) as Box<dyn Section>
    })
}

impl Section for Table {
    fn line(&mut self, text: &str, at: &Place<'_>) -> bool {
        let words: Vec<&str> = text.split_whitespace().collect();
        let row = match self.netstat {
            true => netstat(&words),
            false => ss(words.get(self.shift..).unwrap_or(&[])),
        };
        let Some((state, received, sent, local, remote)) = row else {
            // UDP and UNIX sockets have no state.
            return words.first().is_some_and(|kind| {
                [
                    "udp", "udp6", "unix", "u_str", "u_dgr", "nl", "raw", "UNCONN",
                ]
                .contains(kind)
            });
        };
        *self.states.entry(state.clone()).or_default() += 1;
        if state == "LISTEN" {
            self.listeners.push(Listener {
                local: local.to_owned(),
                queued: received,
                backlog: (!self.netstat).then_some(sent),
                locator: at.locator(),
            });
        } else {
            *self.remotes.entry((state, remote.to_owned())).or_default() += 1;
        }
        true
    }

    fn finish(self: Box<Self>, report: &mut HostReport, _process: Option<u64>) -> u64 {
        let records = self.states.values().sum();
        let mut remotes: Vec<Remote> = self
            .remotes
            .into_iter()
            .map(|((state, address), count)| Remote {
                state,
                address,
                count,
            })
            .collect();
        remotes.sort_by(|one, two| {
            two.count
                .cmp(&one.count)
                .then_with(|| one.address.cmp(&two.address))
        });
        remotes.truncate(REMOTES);
        report.sockets.push(Sockets {
            states: self.states,
            remotes,
            listeners: self.listeners,
            locator: self.locator,
        });
        records
    }
}

type Row<'t> = (String, u64, u64, &'t str, &'t str);

fn ss<'t>(words: &[&'t str]) -> Option<Row<'t>> {
    let &[state, received, sent, local, remote, ..] = words else {
        return None;
    };
    let upper = state
        .chars()
        .all(|c| c.is_ascii_uppercase() || c == '-' || c.is_ascii_digit());
    let state = if state == "ESTAB" {
        "ESTABLISHED"
    } else {
        state
    };
    upper.then_some(())?;
    Some((
        state.to_owned(),
        received.parse().ok()?,
        sent.parse().ok()?,
        local,
        remote,
    ))
}

fn netstat<'t>(words: &[&'t str]) -> Option<Row<'t>> {
    let &[protocol, received, sent, local, remote, state, ..] = words else {
        return None;
    };
    protocol.starts_with("tcp").then_some(())?;
    // `CLOSE_WAIT`, `SYN_SENT`, `FIN_WAIT1` in the spelling of ss.
    let state = match state {
        "FIN_WAIT1" => "FIN-WAIT-1".to_owned(),
        "FIN_WAIT2" => "FIN-WAIT-2".to_owned(),
        other => other.replace('_', "-"),
    };
    Some((
        state,
        received.parse().ok()?,
        sent.parse().ok()?,
        local,
        remote,
    ))
}
