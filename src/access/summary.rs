//! The summary of a log: everything the report is made from, in bounded memory, adding up exactly. Integers are summed,
//! maxima taken, tables keep a form that depends on the set of keys alone. Whatever way a log is cut, and in whatever
//! order the parts are joined, the summary is the same.

use super::bounded::{ByHash, Table, hash};
use super::cells::{Column, Mark, Tick};
use super::distinct::Distinct;
use super::histogram::{Dense, bucket};
use super::request::Request;
use super::routes::{RouteStats, Routes, Slot};
use super::series::Series;
use super::shape;
use super::tallies::{
    Failure, ProbeLog, Server, Visits, coarser_agent, coarser_client, coarser_probe, coarser_server,
};
use super::wire::wire;
use super::{RouteClass, StampMeaning};

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
    pub(super) slowest: Vec<Slow>,
    /// Lines of a minute.
    pub(super) lines: Series<Mark, 400>,
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
    slowest,
    lines
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
            slowest: Vec::new(),
            lines: Series::new(2),
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
        self.slowest.extend(other.slowest);
        self.rank();
        self.lines.merge(other.lines);
    }

    fn rank(&mut self) {
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

/// How a request of a line is to be understood.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading<'a> {
    pub(super) stamp: StampMeaning,
    /// Name of the server where the line names none.
    pub(super) server: &'a [u8],
    /// Threshold of the Apdex in microseconds.
    pub(super) apdex: i64,
    /// Requests that end before or begin after are left out.
    pub(super) since: i64,
    pub(super) until: i64,
}

/// A route while the log is read.
struct Row {
    name: Box<[u8]>,
    class: RouteClass,
    stats: RouteStats,
    durations: Dense,
    minute: i64,
    slot: Slot,
}

/// Columns are filled densely and moved to the series when another takes their place.
struct Open {
    number: i64,
    requests: u64,
    errors: u64,
    durations: Dense,
    failed: Dense,
}

/// Routes counted densely at the same time; when there are more, all go to the tree.
const ROWS: usize = 512;
/// Columns open at the same time: requests end out of order by a little.
const OPEN: i64 = 4;

/// Fills a summary.
pub(super) struct Collector {
    pub(super) summary: Summary,
    rows: Vec<Row>,
    by_name: ByHash<u32>,
    open: Vec<Open>,
    name: Vec<u8>,
}

impl Default for Collector {
    fn default() -> Self {
        Self {
            summary: Summary::default(),
            rows: Vec::new(),
            by_name: ByHash::default(),
            open: Vec::new(),
            name: Vec::with_capacity(256),
        }
    }
}

/// A request, placed in time.
#[derive(Clone, Copy)]
struct Placed {
    start: i64,
    end: i64,
    /// Lower end of the end.
    end_low: i64,
}

impl Collector {
    /// Adds a request that stands on `line`.
    #[inline]
    pub(super) fn add(&mut self, request: &Request<'_>, reading: Reading<'_>, line: u64) {
        let took = request.duration.unwrap_or(0);
        // A truncated stamp lies anywhere in its unit; the middle is the fairest point.
        let middle = request.at + request.resolution / 2;
        let (start, end, end_low) = match reading.stamp {
            StampMeaning::End => (middle - took, middle, request.at),
            StampMeaning::Start => (middle, middle + took, request.at + took),
        };
        if end < reading.since || start > reading.until {
            return;
        }
        let placed = Placed {
            start,
            end,
            end_low,
        };
        let summary = &mut self.summary;
        summary.requests += 1;
        summary.timed += u64::from(request.duration.is_some());
        summary.bytes = summary.bytes.saturating_add(request.bytes);
        summary.zoned |= request.zoned;
        summary.local |= !request.zoned;
        summary.resolution = summary.resolution.max(request.resolution);
        summary.first = summary.first.min(end_low - took);
        summary.last = summary.last.max(end_low + request.resolution - 1);
        summary.statuses[usize::from(request.status.min(599))] += 1;
        let probe_agent = self.count_visitors(request, took);
        let (row, class) = self.route(request, probe_agent);
        self.count_route(row, request, reading, placed);
        self.count_ticks(request, took, placed);
        self.count_server(request, reading, placed, class, took);
        self.summary.lines.at(end).cover(line);
        match class {
            RouteClass::Transaction => self.count_column(request, placed),
            RouteClass::Probe => self.count_probe(request, reading, placed, line),
            RouteClass::Static => {}
        }
        if class == RouteClass::Transaction && took > 0 {
            self.count_slow(request, row, placed, line);
        }
    }

    /// Gives whether the agent is that of a probe.
    fn count_visitors(&mut self, request: &Request<'_>, took: i64) -> bool {
        let summary = &mut self.summary;
        let error = u64::from(request.status >= 400);
        let visit = |visits: &mut Visits| {
            visits.requests += 1;
            visits.errors += error;
            visits.bytes = visits.bytes.saturating_add(request.bytes);
            visits.busy = visits.busy.saturating_add(took);
        };
        let hashed = hash(request.client);
        if !request.client.is_empty() {
            summary.distinct.add(hashed);
            visit(
                summary
                    .clients
                    .tally(request.client, hashed, coarser_client),
            );
        }
        if request.agent.is_empty() {
            return false;
        }
        visit(
            summary
                .agents
                .tally(request.agent, hash(request.agent), coarser_agent),
        );
        shape::is_probe_agent(request.agent)
    }

    fn route(&mut self, request: &Request<'_>, probe_agent: bool) -> (usize, RouteClass) {
        self.name.clear();
        if request.target.is_empty() && request.method.is_empty() {
            self.summary.malformed += 1;
            self.name.extend_from_slice(b" (no valid request)");
        } else {
            self.name.push(b' ');
            self.name.extend_from_slice(request.method);
            self.name.push(b' ');
            shape::shape(request.target, &mut self.name);
        }
        let mut hashed = hash(&self.name);
        if probe_agent {
            hashed = !hashed;
        }
        if let Some(row) = self.by_name.get(&hashed) {
            let row = *row as usize;
            return (row, self.rows[row].class);
        }
        if self.rows.len() == ROWS {
            self.close_rows();
        }
        let path = self
            .name
            .splitn(3, |byte| *byte == b' ')
            .nth(2)
            .unwrap_or_default();
        let (class, letter) = if probe_agent || shape::is_probe(path) {
            (RouteClass::Probe, b"p")
        } else if shape::is_static(path) {
            (RouteClass::Static, b"s")
        } else {
            (RouteClass::Transaction, b"t")
        };
        self.by_name.insert(hashed, self.rows.len() as u32);
        self.rows.push(Row {
            name: [letter.as_slice(), &self.name].concat().into(),
            class,
            stats: RouteStats::default(),
            durations: Dense::default(),
            minute: i64::MIN,
            slot: Slot::default(),
        });
        (self.rows.len() - 1, class)
    }

    fn count_route(
        &mut self,
        row: usize,
        request: &Request<'_>,
        reading: Reading<'_>,
        placed: Placed,
    ) {
        let row = &mut self.rows[row];
        let stats = &mut row.stats;
        let took = request.duration.unwrap_or(0);
        let failed = request.failed();
        stats.count += 1;
        stats.errors += u64::from(failed);
        stats.rejected += u64::from((400..500).contains(&request.status));
        stats.aborted += u64::from(request.client_gone());
        stats.bytes = stats.bytes.saturating_add(request.bytes);
        stats.max_bytes = stats.max_bytes.max(request.bytes);
        if request.duration.is_some() {
            stats.timed += 1;
            stats.busy = stats.busy.saturating_add(took);
            stats.max = stats.max.max(took);
            stats.satisfied += u64::from(!failed && took <= reading.apdex);
            stats.tolerating +=
                u64::from(!failed && took > reading.apdex && took <= 4 * reading.apdex);
            if !row.durations.add(bucket(took)) {
                row.durations.empty_into(&mut stats.durations);
            }
        }
        let minute = placed.end.div_euclid(60_000_000);
        if minute != row.minute {
            row.close_slot();
            row.minute = minute;
        }
        row.slot.count += 1;
        row.slot.busy += took;
        row.slot.errors += u64::from(failed);
    }

    fn count_ticks(&mut self, request: &Request<'_>, took: i64, placed: Placed) {
        let ticks = &mut self.summary.ticks;
        let tick = ticks.at(placed.end);
        tick.finished += 1;
        tick.errors_5xx += u64::from(request.failed());
        tick.errors_4xx += u64::from((400..500).contains(&request.status));
        tick.aborted += u64::from(request.client_gone());
        tick.throttled += u64::from(request.status == 429);
        tick.max = tick.max.max(took);
        tick.bytes = tick.bytes.saturating_add(request.bytes);
        // Making room for the start may change the step, so the numbers are taken after it.
        ticks.at(placed.start).started += 1;
        let step = ticks.step();
        let (first, last) = (ticks.number(placed.start), ticks.number(placed.end));
        if first == last {
            ticks.at(placed.start).partial += took;
            return;
        }
        let tick = ticks.at(placed.start);
        tick.partial += (first + 1) * step - placed.start;
        tick.through += 1;
        ticks.at(placed.end).partial += placed.end - last * step;
        ticks.at(placed.end - step).through -= 1;
    }

    fn count_server(
        &mut self,
        request: &Request<'_>,
        reading: Reading<'_>,
        placed: Placed,
        class: RouteClass,
        took: i64,
    ) {
        let name = match request.upstream {
            b"" => reading.server,
            name => name,
        };
        let server = self.summary.servers.tally(name, hash(name), coarser_server);
        server.visits.requests += 1;
        server.visits.errors += u64::from(request.status >= 400);
        server.visits.bytes = server.visits.bytes.saturating_add(request.bytes);
        server.visits.busy = server.visits.busy.saturating_add(took);
        server.transactions += u64::from(class == RouteClass::Transaction);
        server.failed += u64::from(request.failed());
        if !request.client.is_empty() {
            server.clients.add(hash(request.client));
        }
        server.activity.record(placed.end_low);
    }

    fn count_column(&mut self, request: &Request<'_>, placed: Placed) {
        let number = self.summary.columns.number(placed.end);
        let index = number.rem_euclid(OPEN) as usize;
        while self.open.len() <= index {
            self.open.push(Open {
                number: i64::MIN,
                requests: 0,
                errors: 0,
                durations: Dense::default(),
                failed: Dense::default(),
            });
        }
        if self.open[index].number != number {
            self.close_column(index);
            // Closing may have changed the step; then the number is another one.
            if self.summary.columns.number(placed.end) != number {
                self.close_columns();
                return self.count_column(request, placed);
            }
            self.open[index].number = number;
        }
        let open = &mut self.open[index];
        open.requests += 1;
        open.errors += u64::from(request.failed());
        if let Some(took) = request.duration {
            let bucket = bucket(took);
            let mut room = open.durations.add(bucket);
            if request.failed() {
                room &= open.failed.add(bucket);
            }
            if !room {
                self.close_column(index);
                self.open[index].number = number;
            }
        }
    }

    fn close_column(&mut self, index: usize) {
        let open = &mut self.open[index];
        if open.requests == 0 {
            return;
        }
        let mut column = Column {
            requests: std::mem::take(&mut open.requests),
            errors: std::mem::take(&mut open.errors),
            ..Column::default()
        };
        open.durations.empty_into(&mut column.durations);
        if column.errors > 0 {
            open.failed.empty_into(&mut column.failed);
        }
        let number = std::mem::replace(&mut open.number, i64::MIN);
        let at = number * self.summary.columns.step();
        super::series::Cell::merge(self.summary.columns.at(at), &column);
    }

    fn close_columns(&mut self) {
        // All open columns were numbered under one step; the first that is closed may change it.
        let step = self.summary.columns.step();
        for index in 0..self.open.len() {
            let now = self.summary.columns.step();
            if self.open[index].requests > 0 {
                self.open[index].number = self.open[index].number * step / now;
            }
            self.close_column(index);
        }
    }

    fn count_probe(
        &mut self,
        request: &Request<'_>,
        reading: Reading<'_>,
        placed: Placed,
        line: u64,
    ) {
        let server = match request.upstream {
            b"" => reading.server,
            name => name,
        };
        let path = shape::path(request.target);
        let key = [
            &path[..path.len().min(200)],
            b"\0",
            request.agent,
            b"\0",
            server,
        ]
        .concat();
        let probe = self.summary.probes.tally(&key, hash(&key), coarser_probe);
        probe.count += 1;
        probe.ticks.record(placed.end_low);
        // The default timeout of a Kubernetes probe is one second.
        let slow = request
            .duration
            .is_some_and(|took| took > crate::time::SECOND);
        if (200..400).contains(&request.status) && !slow {
            probe.good.record(placed.end_low);
            probe.lines.at(placed.end_low).cover(line);
        } else {
            probe.fail(Failure {
                at: placed.end_low,
                resolution: request.resolution,
                line,
                status: request.status,
                duration: request.duration,
            });
        }
    }

    fn count_slow(&mut self, request: &Request<'_>, row: usize, placed: Placed, line: u64) {
        let took = request.duration.unwrap_or(0);
        let slowest = &mut self.summary.slowest;
        let full = slowest.len() >= SLOWEST;
        if full && slowest.last().is_some_and(|last| last.duration > took) {
            return;
        }
        slowest.push(Slow {
            duration: took,
            at: placed.end_low,
            resolution: request.resolution,
            line,
            status: request.status,
            route: String::from_utf8_lossy(&self.rows[row].name[2..]).into_owned(),
        });
        self.summary.rank();
    }

    fn close_rows(&mut self) {
        for mut row in self.rows.drain(..) {
            row.close_slot();
            row.durations.empty_into(&mut row.stats.durations);
            self.summary.routes.add(&row.name, &row.stats);
        }
        self.by_name.clear();
    }

    /// The summary of everything added.
    pub(super) fn finish(mut self) -> Summary {
        self.close_rows();
        self.close_columns();
        self.summary
    }
}

impl Row {
    fn close_slot(&mut self) {
        if self.slot.count > 0 {
            let slot = std::mem::take(&mut self.slot);
            self.stats.slots.add(self.minute * 60_000_000, slot);
        }
    }
}
