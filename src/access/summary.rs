//! The summary of a log: everything the report is made from, in bounded memory, adding up exactly. Integers are summed,
//! maxima taken, tables keep a form that depends on the set of keys alone. Whatever way a log is cut, and in whatever
//! order the parts are joined, the summary is the same.

use super::bounded::Table;
use super::cells::{Column, Mark, Tick};
use super::distinct::Distinct;
use super::routes::Routes;
use super::series::Series;
use super::tallies::{
    ProbeLog, Server, Visits, coarser_agent, coarser_client, coarser_probe, coarser_server,
};
use super::tries::Tries;
use super::wire::wire;

/// Slow requests kept.
pub(super) const SLOWEST: usize = 20;

/// A slow request. The order of fields is the order of the list: slowest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Slow {
    pub(super) duration: i64,
    pub(super) at: i64,
    pub(super) resolution: i64,
    pub(super) line: u64,
    pub(super) status: u16,
    pub(super) route: String,
}

wire!(Slow {
    duration,
    at,
    resolution,
    line,
    status,
    route
});

/// Where a line is, in one number: source and line. While a source is read the upper part is the number of the piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) source: u64,
    pub(super) line: u64,
}

impl Place {
    const SHIFT: u32 = 40;

    pub(super) fn pack(self) -> u64 {
        self.source << Self::SHIFT | self.line & ((1 << Self::SHIFT) - 1)
    }

    pub(super) fn unpack(packed: u64) -> Self {
        Self {
            source: packed >> Self::SHIFT,
            line: packed & ((1 << Self::SHIFT) - 1),
        }
    }
}

/// The sum of requests.
#[derive(Debug, Clone)]
pub(super) struct Summary {
    pub(super) requests: u64,
    pub(super) timed: u64,
    pub(super) malformed: u64,
    pub(super) bytes: u64,
    pub(super) zoned: bool,
    pub(super) local: bool,
    /// Lower end of the first start and upper end of the last end.
    pub(super) first: i64,
    pub(super) last: i64,
    /// Coarsest resolution of a stamp.
    pub(super) resolution: i64,
    pub(super) statuses: Vec<u64>,
    pub(super) clients: Table<Visits, 131_072>,
    pub(super) distinct: Distinct<14>,
    pub(super) agents: Table<Visits, 2048>,
    pub(super) servers: Table<Server, 256>,
    pub(super) probes: Table<ProbeLog, 48>,
    pub(super) ticks: Series<Tick, 1800>,
    pub(super) columns: Series<Column, 200>,
    pub(super) routes: Routes,
    /// What was asked in which minute, of transactions: tells whether two logs hold the same requests.
    pub(super) asked: Distinct<12>,
    pub(super) slowest: Vec<Slow>,
    /// Lines by ten seconds.
    pub(super) lines: Series<Mark, 400>,
    /// Failed transactions and who made them, by minutes.
    pub(super) tries: Series<Tries, 40>,
}

wire!(Summary {
    requests,
    timed,
    malformed,
    bytes,
    zoned,
    local,
    first,
    last,
    resolution,
    statuses,
    clients,
    distinct,
    agents,
    servers,
    probes,
    ticks,
    columns,
    routes,
    asked,
    slowest,
    lines,
    tries
});

impl Default for Summary {
    fn default() -> Self {
        Self {
            requests: 0,
            timed: 0,
            malformed: 0,
            bytes: 0,
            zoned: false,
            local: false,
            first: i64::MAX,
            last: i64::MIN,
            resolution: 0,
            statuses: vec![0; 600],
            clients: Table::default(),
            distinct: Distinct::default(),
            agents: Table::default(),
            servers: Table::default(),
            probes: Table::default(),
            ticks: Series::new(0),
            columns: Series::new(1),
            routes: Routes::default(),
            asked: Distinct::default(),
            slowest: Vec::new(),
            lines: Series::new(1),
            tries: Series::new(2),
        }
    }
}

impl Summary {
    /// Adds another summary.
    pub(super) fn merge(&mut self, other: Self) {
        self.requests += other.requests;
        self.timed += other.timed;
        self.malformed += other.malformed;
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.zoned |= other.zoned;
        self.local |= other.local;
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.resolution = self.resolution.max(other.resolution);
        for (mine, theirs) in self.statuses.iter_mut().zip(&other.statuses) {
            *mine += theirs;
        }
        self.clients.merge(other.clients, coarser_client);
        self.distinct.merge(&other.distinct);
        self.agents.merge(other.agents, coarser_agent);
        self.servers.merge(other.servers, coarser_server);
        self.probes.merge(other.probes, coarser_probe);
        self.ticks.merge(other.ticks);
        self.columns.merge(other.columns);
        self.routes.merge(other.routes);
        self.asked.merge(&other.asked);
        self.slowest.extend(other.slowest);
        self.rank();
        self.lines.merge(other.lines);
        self.tries.merge(other.tries);
    }

    /// Keeps the slowest requests, in order.
    pub(super) fn rank(&mut self) {
        self.slowest
            .sort_by(|a, b| (b.duration, a.at, a.line).cmp(&(a.duration, b.at, b.line)));
        self.slowest.truncate(SLOWEST);
    }

    /// Rewrites every line number.
    pub(super) fn renumber(&mut self, line: impl Fn(u64) -> u64) {
        self.slowest
            .iter_mut()
            .for_each(|slow| slow.line = line(slow.line));
        for probe in self.probes.values_mut() {
            let failures = probe.first.iter_mut().chain(&mut probe.last);
            failures.for_each(|failure| failure.line = line(failure.line));
            probe.lines.each_mut().for_each(|mark| mark.renumber(&line));
        }
        self.lines.each_mut().for_each(|mark| mark.renumber(&line));
    }
}
