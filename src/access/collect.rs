//! Filling a summary while a log is read: what is touched by every request is kept dense, and moved to its place in the
//! summary when something else needs the room.

use super::bounded::{ByHash, hash, word};
use super::cells::Column;
use super::histogram::{Dense, bucket};
use super::layers::asked_at;
use super::request::Request;
use super::routes::{RouteStats, Slot};
use super::servers::Servers;
use super::shape;
use super::shapes::Shapes;
use super::summary::{SLOWEST, Slow, Summary};
use super::tallies::{Failure, coarser_probe};
use super::visitors::Visitors;
use super::{RouteClass, StampMeaning, Thresholds};

/// How a request of a line is to be understood.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading<'a> {
    pub(super) stamp: StampMeaning,
    /// Name of the server where the line names none.
    pub(super) server: &'a [u8],
    /// Thresholds of the Apdex.
    pub(super) apdex: &'a Thresholds,
    /// Requests that end before or begin after are left out: limits for stamps without a zone and with one.
    pub(super) since: [i64; 2],
    pub(super) until: [i64; 2],
}

/// A route while the log is read.
struct Row {
    name: Box<[u8]>,
    class: RouteClass,
    /// Its threshold of the Apdex in microseconds.
    apdex: i64,
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
/// Targets remembered.
const LATELY: usize = 2048;
/// No target: nothing has this row.
const NOWHERE: (u64, u32) = (0, u32::MAX);
/// Columns open at the same time: requests end out of order by a little.
const OPEN: i64 = 4;

/// Fills a summary.
pub(super) struct Collector {
    pub(super) summary: Summary,
    visitors: Visitors,
    rows: Vec<Row>,
    by_name: ByHash<u32>,
    /// Rows of targets seen lately, by the low bits of their hash; a target asked for again needs no shape.
    lately: Vec<(u64, u32)>,
    shapes: Shapes,
    open: Vec<Open>,
    name: Vec<u8>,
    servers: Servers,
}

impl Default for Collector {
    fn default() -> Self {
        Self {
            summary: Summary::default(),
            visitors: Visitors::default(),
            rows: Vec::new(),
            by_name: ByHash::default(),
            lately: vec![NOWHERE; LATELY],
            shapes: Shapes::default(),
            open: Vec::new(),
            name: Vec::with_capacity(256),
            servers: Servers::default(),
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
    /// How much later than the unit of its lower end it may have ended: a truncated start leaves the end open by as much.
    blur: i64,
}

impl Collector {
    /// Adds a request that stands on `line`.
    #[inline]
    pub(super) fn add(&mut self, request: &Request<'_>, reading: Reading<'_>, line: u64) {
        let took = request.duration.unwrap_or(0);
        // A truncated stamp lies anywhere in its unit; the middle is the fairest point.
        let middle = request.at + request.resolution / 2;
        let (start, end, end_low, blur) = match reading.stamp {
            StampMeaning::End => (middle - took, middle, request.at, 0),
            StampMeaning::Start => (
                middle,
                middle + took,
                request.at + took,
                request.resolution - 1,
            ),
        };
        let zoned = usize::from(request.zoned);
        if end < reading.since[zoned] || start > reading.until[zoned] {
            return;
        }
        let placed = Placed {
            start,
            end,
            end_low,
            blur,
        };
        let summary = &mut self.summary;
        summary.requests += 1;
        summary.timed += u64::from(request.duration.is_some());
        summary.malformed += u64::from(request.target.is_empty() && request.method.is_empty());
        summary.bytes = summary.bytes.saturating_add(request.bytes);
        summary.zoned |= request.zoned;
        summary.local |= !request.zoned;
        summary.resolution = summary.resolution.max(request.resolution);
        summary.first = summary.first.min(end_low - took);
        summary.last = summary.last.max(end_low + request.resolution - 1);
        summary.statuses[usize::from(request.status.min(599))] += 1;
        let client = hash(request.client);
        let probe_agent = self.visitors.count(summary, request, client);
        let (row, class, asked) = self.route(request, probe_agent, reading.apdex);
        self.count_route(row, request, placed);
        self.count_ticks(request, took, placed);
        self.count_server(request, reading, placed, class, client);
        self.summary.lines.at(end).cover(line);
        match class {
            RouteClass::Transaction => {
                self.summary.asked.add(asked_at(asked, end));
                self.count_column(request, placed);
            }
            RouteClass::Probe => self.count_probe(request, reading, placed, line),
            RouteClass::Static => {}
        }
        if class == RouteClass::Transaction
            && request.went_wrong()
            && (request.failed() || request.client_gone() || request.status == 429)
        {
            let what = hash(&self.rows[row].name);
            self.summary
                .tries
                .at(end)
                .add(client ^ what.rotate_left(32));
        }
        if class == RouteClass::Transaction && took > 0 {
            self.count_slow(request, row, placed, line);
        }
    }

    /// The row of a request, its class, and a hash of what was asked.
    #[inline]
    fn route(
        &mut self,
        request: &Request<'_>,
        probe_agent: bool,
        apdex: &Thresholds,
    ) -> (usize, RouteClass, u64) {
        let path = shape::path(request.target);
        let mut target = hash(path) ^ word(request.method).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        if probe_agent {
            target = !target;
        }
        let place = target as usize % LATELY;
        let (known, row) = self.lately[place];
        if known == target
            && let Some(found) = self.rows.get(row as usize)
        {
            return (row as usize, found.class, target);
        }
        let (row, class) = self.shaped_route(request, probe_agent, apdex);
        self.lately[place] = (target, row as u32);
        (row, class, target)
    }

    fn shaped_route(
        &mut self,
        request: &Request<'_>,
        probe_agent: bool,
        apdex: &Thresholds,
    ) -> (usize, RouteClass) {
        self.name.clear();
        if request.target.is_empty() && request.method.is_empty() {
            self.name.extend_from_slice(b" (no valid request)");
        } else {
            self.name.push(b' ');
            self.name.extend_from_slice(request.method);
            self.name.push(b' ');
            self.shapes.append(request.target, &mut self.name);
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
            apdex: apdex.of(String::from_utf8_lossy(&self.name).trim_start()),
            stats: RouteStats::default(),
            durations: Dense::default(),
            minute: i64::MIN,
            slot: Slot::default(),
        });
        (self.rows.len() - 1, class)
    }

    fn count_route(&mut self, row: usize, request: &Request<'_>, placed: Placed) {
        let row = &mut self.rows[row];
        let apdex = row.apdex;
        let stats = &mut row.stats;
        let took = request.duration.unwrap_or(0);
        let failed = request.failed();
        stats.count += 1;
        if request.went_wrong() {
            stats.errors += u64::from(failed);
            stats.rejected += u64::from((400..500).contains(&request.status));
            stats.aborted += u64::from(request.client_gone());
        }
        stats.bytes = stats.bytes.saturating_add(request.bytes);
        stats.max_bytes = stats.max_bytes.max(request.bytes);
        if request.duration.is_some() {
            stats.timed += 1;
            stats.busy = stats.busy.saturating_add(took);
            stats.max = stats.max.max(took);
            stats.satisfied += u64::from(!failed && took <= apdex);
            stats.tolerating += u64::from(!failed && took > apdex && took <= 4 * apdex);
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
        let (tick, from) = ticks.at_with_start(placed.end);
        tick.finished += 1;
        if request.went_wrong() {
            tick.errors_5xx += u64::from(request.failed());
            tick.errors_4xx += u64::from((400..500).contains(&request.status));
            tick.aborted += u64::from(request.client_gone());
            tick.throttled += u64::from(request.status == 429);
        }
        tick.max = tick.max.max(took);
        tick.bytes = tick.bytes.saturating_add(request.bytes);
        if placed.start >= from {
            tick.started += 1;
            tick.partial += took;
            return;
        }
        // Making room for the start may change the step, so everything that depends on it comes after.
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
        client: u64,
    ) {
        let name = match request.upstream {
            b"" => reading.server,
            name => name,
        };
        let server = self.servers.of(name, &mut self.summary);
        server.visits.requests += 1;
        server.visits.errors += u64::from(request.status >= 400);
        server.visits.bytes = server.visits.bytes.saturating_add(request.bytes);
        let took = request.duration.unwrap_or(0);
        server.visits.busy = server.visits.busy.saturating_add(took);
        server.transactions += u64::from(class == RouteClass::Transaction);
        server.failed += u64::from(request.failed());
        if !request.client.is_empty() {
            server.clients.add(client);
        }
        server.activity.record(placed.end_low);
        server.blur = server.blur.max(placed.blur);
        if matches!(request.status, 0 | 499 | 502..=504) {
            server.gateway.at(placed.end).times += 1;
        }
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
        probe.blur = probe.blur.max(placed.blur);
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
        self.lately.fill(NOWHERE);
    }

    /// The summary of everything added.
    pub(super) fn finish(mut self) -> Summary {
        self.close_rows();
        self.close_columns();
        self.servers.close(&mut self.summary);
        self.visitors.finish(&mut self.summary);
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
