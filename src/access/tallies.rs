//! What is counted for a client, an agent, a server and a probe, and how their names get coarser when there are too many.

use super::activity::Activity;
use super::bounded::Tally;
use super::cells::Mark;
use super::distinct::Distinct;
use super::series::{Cell, Series};
use super::wire::wire;

/// A client or an agent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Visits {
    pub(super) requests: u64,
    pub(super) errors: u64,
    pub(super) bytes: u64,
    pub(super) busy: i64,
}

wire!(Visits {
    requests,
    errors,
    bytes,
    busy
});

impl Tally for Visits {
    fn merge(&mut self, other: &Self) {
        self.requests += other.requests;
        self.errors += other.errors;
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.busy = self.busy.saturating_add(other.busy);
    }
}

/// How often something happened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Times {
    pub(super) times: u64,
}

wire!(Times { times });

impl Cell for Times {
    fn merge(&mut self, other: &Self) {
        self.times += other.times;
    }

    fn is_empty(&self) -> bool {
        self.times == 0
    }
}

/// A server.
#[derive(Debug, Clone)]
pub(super) struct Server {
    pub(super) visits: Visits,
    /// Transactions, for comparing servers: probes go to each alike.
    pub(super) transactions: u64,
    pub(super) failed: u64,
    pub(super) clients: Distinct<10>,
    pub(super) activity: Activity,
    /// How much later than its second a sign of life may have been.
    pub(super) blur: i64,
    /// Answers that a proxy gives for a server that does not: 502, 503, 504, 499 and none at all.
    pub(super) gateway: Series<Times, 200>,
}

wire!(Server {
    visits,
    transactions,
    failed,
    clients,
    activity,
    blur,
    gateway
});

impl Default for Server {
    fn default() -> Self {
        Self {
            visits: Visits::default(),
            transactions: 0,
            failed: 0,
            clients: Distinct::default(),
            activity: Activity::default(),
            blur: 0,
            gateway: Series::new(0),
        }
    }
}

impl Tally for Server {
    fn merge(&mut self, other: &Self) {
        self.visits.merge(&other.visits);
        self.transactions += other.transactions;
        self.failed += other.failed;
        self.clients.merge(&other.clients);
        self.activity.merge(&other.activity);
        self.blur = self.blur.max(other.blur);
        self.gateway.merge(other.gateway.clone());
    }
}

/// A probe that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Failure {
    /// Lower end of its end.
    pub(super) at: i64,
    pub(super) resolution: i64,
    pub(super) line: u64,
    pub(super) status: u16,
    pub(super) duration: Option<i64>,
}

wire!(Failure {
    at,
    resolution,
    line,
    status,
    duration
});

/// A health probe.
#[derive(Debug, Clone)]
pub(super) struct ProbeLog {
    pub(super) count: u64,
    pub(super) failed: u64,
    pub(super) ticks: Activity,
    pub(super) good: Activity,
    /// Lines of successes by ten seconds; the source is that of the shard.
    pub(super) lines: Series<Mark, 200>,
    /// The earliest failures, in order.
    pub(super) first: Vec<Failure>,
    /// The latest failures, in order.
    pub(super) last: Vec<Failure>,
    /// How much later than its second a probe may have ended.
    pub(super) blur: i64,
}

wire!(ProbeLog {
    count,
    failed,
    ticks,
    good,
    lines,
    first,
    last,
    blur
});

/// Failures kept at either end.
const KEPT: usize = 40;

impl Default for ProbeLog {
    fn default() -> Self {
        Self {
            count: 0,
            failed: 0,
            ticks: Activity::default(),
            good: Activity::default(),
            lines: Series::new(1),
            first: Vec::new(),
            last: Vec::new(),
            blur: 0,
        }
    }
}

impl ProbeLog {
    /// Keeps a failure if it is among the first or last ones.
    pub(super) fn fail(&mut self, failure: Failure) {
        self.failed += 1;
        self.keep(&[failure], &[failure]);
    }

    fn keep(&mut self, first: &[Failure], last: &[Failure]) {
        self.first.extend_from_slice(first);
        self.first.sort_unstable();
        self.first.truncate(KEPT);
        self.last.extend_from_slice(last);
        self.last.sort_unstable();
        self.last.drain(..self.last.len().saturating_sub(KEPT));
    }
}

impl Tally for ProbeLog {
    fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.failed += other.failed;
        self.ticks.merge(&other.ticks);
        self.good.merge(&other.good);
        self.lines.merge(other.lines.clone());
        self.keep(&other.first, &other.last);
        self.blur = self.blur.max(other.blur);
    }
}

/// Addresses become networks (/24 and /56, then /16 and /32), then all one; names lose their first label.
pub(super) fn coarser_client(key: &[u8], level: u8) -> Vec<u8> {
    if level >= 3 || key.starts_with(b"(") {
        return b"(all clients)".to_vec();
    }
    let text = String::from_utf8_lossy(key);
    let plain = text.split(['/', '%']).next().unwrap_or(&text);
    match plain.parse::<std::net::IpAddr>() {
        Ok(std::net::IpAddr::V4(address)) => {
            let [a, b, c, _] = address.octets();
            match level {
                1 => format!("{a}.{b}.{c}.0/24").into_bytes(),
                _ => format!("{a}.{b}.0.0/16").into_bytes(),
            }
        }
        Ok(std::net::IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            match level {
                1 => format!("{a:x}:{b:x}:{c:x}:{:x}::/56", d & 0xff00).into_bytes(),
                _ => format!("{a:x}:{b:x}::/32").into_bytes(),
            }
        }
        Err(_) => b"(other names)".to_vec(),
    }
}

/// Agents lose everything after the first product, then all become one.
pub(super) fn coarser_agent(key: &[u8], level: u8) -> Vec<u8> {
    match level {
        1 => key
            .split(|byte| matches!(byte, b'/' | b' '))
            .next()
            .unwrap_or(key)
            .to_vec(),
        _ => b"(all agents)".to_vec(),
    }
}

/// Servers lose their port, then all become one.
pub(super) fn coarser_server(key: &[u8], level: u8) -> Vec<u8> {
    match (level, memchr::memrchr(b':', key)) {
        (1, Some(colon)) => key[..colon].to_vec(),
        (1, None) => key.to_vec(),
        _ => b"(all servers)".to_vec(),
    }
}

/// Probes lose their agent, then all become one. A key is path, agent and server separated by NUL.
pub(super) fn coarser_probe(key: &[u8], level: u8) -> Vec<u8> {
    let mut parts = key.split(|byte| *byte == 0);
    let (path, _, server) = (parts.next(), parts.next(), parts.next());
    match level {
        1 => [
            path.unwrap_or_default(),
            b"\0(any)\0",
            server.unwrap_or_default(),
        ]
        .concat(),
        _ => b"(all probes)\0\0".to_vec(),
    }
}
