//! The summary evaluated: everything the rules look at, and the report without its findings.

use super::episode::{self, Normal};
use super::fold::Fold;
use super::latency::{self, Minute};
use super::routes::RouteStats;
use super::tallies::Visits;
use super::{
    AccessReport, FormatChoice, InstanceRow, Leader, Mix, Options, RouteClass, RouteRow,
    SlowRequest, StampMeaning, concurrency, gaps, probes,
};
use crate::finding::{Confidence, Finding};
use crate::t;
use crate::time::{Instant, Moment};

/// What rules see.
pub(super) struct Model {
    pub(super) report: AccessReport,
    pub(super) fold: Fold,
    pub(super) minutes: Vec<Minute>,
    pub(super) normal: Normal,
}

/// Routes, leaders and servers listed in a report.
const ROUTES: usize = 100;
const LEADERS: usize = 10;

impl Model {
    /// Evaluates a summary.
    pub(super) fn of(mut fold: Fold, options: &Options) -> Self {
        fold.join();
        let summary = &fold.summary;
        let busy = concurrency::busy(&fold);
        let (step_us, seconds) = concurrency::seconds(&fold);
        let (minute_us, minutes) = latency::minutes(&fold, &busy);
        let (tracks, regular) = probes::find(&fold);
        let gaps = gaps::find(&fold, &regular);
        let episode = episode::find(&fold, &minutes, minute_us, &gaps);
        let named = summary.routes.rows();
        let rows: Vec<(RouteClass, &str, &RouteStats)> = named
            .iter()
            .map(|(name, stats)| (class_of(name), name.get(2..).unwrap_or(name), *stats))
            .collect();
        let of_class = |wanted: RouteClass| {
            rows.iter()
                .filter(move |row| row.0 == wanted)
                .map(|row| row.2)
        };
        let count = |class| of_class(class).map(|stats| stats.count).sum();
        let span = (summary.requests > 0).then(|| {
            let resolution = summary.resolution.max(1);
            let first = Moment::truncated(Instant(summary.first), resolution);
            let last = Moment {
                lo: Instant(summary.last - resolution + 1),
                hi: Instant(summary.last),
            };
            (first, last)
        });
        let spent: i128 = rows.iter().map(|row| i128::from(row.2.busy)).sum();
        let window = episode
            .as_ref()
            .map(|episode| (episode.from.lo.0, episode.to.hi.0));
        let mut routes: Vec<RouteRow> = rows
            .iter()
            .map(|row| RouteRow {
                apdex_threshold_us: options.apdex.of(row.1),
                ..route_row(row, window)
            })
            .collect();
        let own = |row: &&RouteRow| row.apdex_threshold_us != options.apdex.all_us;
        let own_thresholds = routes.iter().filter(own).count() as u64;
        routes.sort_by(|a, b| (b.busy_us, b.count, &a.route).cmp(&(a.busy_us, a.count, &b.route)));
        let routes_more = routes.len().saturating_sub(ROUTES) as u64;
        routes.truncate(ROUTES);
        let statuses = summary
            .statuses
            .iter()
            .enumerate()
            .filter(|(_, count)| **count > 0);
        let report = AccessReport {
            formats: fold
                .sources
                .iter()
                .flat_map(|known| known.formats.clone())
                .collect(),
            span,
            zoned: summary.zoned && !summary.local,
            requests: summary.requests,
            transactions: count(RouteClass::Transaction),
            statics: count(RouteClass::Static),
            probe_requests: count(RouteClass::Probe),
            timed: summary.timed,
            statuses: statuses
                .map(|(status, count)| (status as u16, *count))
                .collect(),
            bytes: summary.bytes,
            distinct_clients: summary.distinct.estimate(),
            latency: latency::of_routes(of_class(RouteClass::Transaction)),
            apdex: latency::apdex(
                of_class(RouteClass::Transaction),
                options.apdex.all_us,
                own_thresholds,
            ),
            step_us,
            seconds,
            minute_us,
            minutes: minutes
                .iter()
                .map(|minute| minute.interval(minute_us))
                .collect(),
            gaps,
            probes: tracks,
            routes,
            routes_more,
            heat_map: latency::heat(&fold),
            clients: leaders(summary.clients.iter()),
            agents: leaders(summary.agents.iter()),
            instances: instances(&fold),
            concurrency: concurrency::of(&fold, &busy, spent),
            episode,
            slowest: slowest(&fold),
            log_starts: fold
                .sources
                .iter()
                .flat_map(|known| known.log_starts.clone())
                .collect(),
            layers: fold.layers.clone(),
            duplicates: fold.duplicates.clone(),
            findings: Vec::new(),
            coverage: fold
                .sources
                .iter()
                .map(|known| known.coverage.clone())
                .collect(),
        };
        drop(rows);
        drop(named);
        let normal = episode::normal(&minutes);
        Self {
            report,
            fold,
            minutes,
            normal,
        }
    }
}

impl Model {
    /// Lowers what is concluded from when requests began and ended, where a log does not tell which of the two its stamps are
    /// and its requests took longer than a unit of them.
    pub(super) fn weaken_where_stamps_are_assumed(&self, finding: &mut Finding) {
        let report = &self.report;
        let longest = report.slowest.first().map_or(0, |slow| slow.duration_us);
        let assumed = |choice: &&FormatChoice| choice.unit.is_some() && choice.stamp_assumed;
        let Some(choice) = report.formats.iter().find(assumed) else {
            return;
        };
        if longest <= self.fold.summary.resolution {
            return;
        }
        finding.confidence = match finding.confidence {
            Confidence::Confirmed => Confidence::Likely,
            Confidence::Likely => Confidence::Possible,
            weaker => weaker,
        };
        finding.summary += &match choice.stamp {
            StampMeaning::End => t!(
                " That stamps are the ends of requests is assumed; if the server writes their starts, say --stamp start."
            ),
            StampMeaning::Start => t!(
                " That stamps are the starts of requests is assumed; if the server writes their ends, say --stamp end."
            ),
        };
    }
}

fn class_of(name: &str) -> RouteClass {
    match name.as_bytes().first() {
        Some(b's') => RouteClass::Static,
        Some(b'p') => RouteClass::Probe,
        _ => RouteClass::Transaction,
    }
}

fn route_row(
    (class, route, stats): &(RouteClass, &str, &RouteStats),
    window: Option<(i64, i64)>,
) -> RouteRow {
    let at = |thousandths| stats.durations.quantile(thousandths).min(stats.max);
    let mix = window.map(|(from, to)| {
        let mut mix = Mix::default();
        let step = stats.slots.step();
        for (begin, slot) in stats.slots.iter() {
            if begin + step <= from {
                mix.count_before += slot.count;
                mix.busy_before_us += slot.busy;
            } else if begin <= to {
                mix.count_during += slot.count;
                mix.busy_during_us += slot.busy;
                mix.errors_during += slot.errors;
            }
        }
        mix
    });
    RouteRow {
        route: (*route).to_owned(),
        class: *class,
        count: stats.count,
        busy_us: stats.busy,
        p50_us: at(500),
        p95_us: at(950),
        p99_us: at(990),
        max_us: stats.max,
        errors: stats.errors,
        rejected: stats.rejected,
        bytes: stats.bytes,
        max_bytes: stats.max_bytes,
        apdex_milli: (stats.timed > 0)
            .then(|| (stats.satisfied * 1000 + stats.tolerating * 500) / stats.timed),
        apdex_threshold_us: 0,
        mix,
    }
}

fn leaders<'a>(rows: impl Iterator<Item = (&'a [u8], &'a Visits)>) -> Vec<Leader> {
    let mut rows: Vec<_> = rows.collect();
    let most_first =
        |a: &(&[u8], &Visits), b: &(&[u8], &Visits)| (b.1.requests, a.0).cmp(&(a.1.requests, b.0));
    if rows.len() > LEADERS {
        rows.select_nth_unstable_by(LEADERS, most_first);
        rows.truncate(LEADERS);
    }
    rows.sort_by(most_first);
    let leader = |(name, visits): (&[u8], &Visits)| Leader {
        name: String::from_utf8_lossy(name).into_owned(),
        requests: visits.requests,
        errors: visits.errors,
        bytes: visits.bytes,
        busy_us: visits.busy,
    };
    rows.into_iter().map(leader).collect()
}

fn instances(fold: &Fold) -> Vec<InstanceRow> {
    let row = |(name, server): (&[u8], &super::tallies::Server)| {
        let moments = server.activity.moments();
        let step = server.activity.step();
        let moment = |at: &i64| Moment::truncated(Instant(*at), step);
        InstanceRow {
            name: String::from_utf8_lossy(name).into_owned(),
            requests: server.visits.requests,
            errors: server.failed,
            busy_us: server.visits.busy,
            clients: server.clients.estimate(),
            span: moments.first().map(moment).zip(moments.last().map(moment)),
        }
    };
    fold.summary.servers.rows().into_iter().map(row).collect()
}

fn slowest(fold: &Fold) -> Vec<SlowRequest> {
    let row = |slow: &super::summary::Slow| SlowRequest {
        end: Moment::truncated(Instant(slow.at), slow.resolution),
        duration_us: slow.duration,
        status: slow.status,
        route: slow.route.clone(),
        locator: fold.locator(slow.line),
    };
    fold.summary.slowest.iter().map(row).collect()
}
