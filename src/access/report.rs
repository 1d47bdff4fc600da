//! The result of the access room: plain data, serialisable, the contract with the incident room.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Layer;
use crate::finding::{Finding, Locator};
use crate::input::Coverage;
use crate::time::{Instant, Moment};

/// What the requests felt.
///
/// Times are UTC when [`zoned`](Self::zoned); otherwise they are the log's own wall clock held as if it were UTC.
/// Durations are microseconds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AccessReport {
    /// How each source was read: format, unit of the duration, meaning of the time stamp.
    pub formats: Vec<FormatChoice>,
    /// The first start and the last end of a request; `None` without requests.
    pub span: Option<(Moment, Moment)>,
    /// Whether the stamps carry a zone. When some sources do and others do not, `false`.
    pub zoned: bool,
    /// Requests understood, probes and static resources included.
    pub requests: u64,
    /// Requests that are neither probes nor static resources.
    pub transactions: u64,
    /// Requests for static resources.
    pub statics: u64,
    /// Requests of health probes.
    pub probe_requests: u64,
    /// Requests whose line has a duration.
    pub timed: u64,
    /// Requests by status code, ascending; 0 stands for a connection that ended before an answer.
    pub statuses: Vec<(u16, u64)>,
    /// Bytes sent to clients.
    pub bytes: u64,
    /// Distinct clients, estimated; standard error 1.04 / √16,384 = 0.81 %, so 99.7 % of all estimates lie
    /// within 2.4 %; far less below a few thousand.
    pub distinct_clients: u64,
    /// Latency of all transactions.
    pub latency: Option<Latency>,
    /// Satisfaction of transactions against a threshold.
    pub apdex: Option<Apdex>,
    /// Width of a cell of [`seconds`](Self::seconds) in microseconds: one second up to about a day, coarser beyond.
    pub step_us: i64,
    /// The rate of requests, errors and work over time, in order; cells without any activity are absent.
    pub seconds: Vec<Second>,
    /// Width of an interval of [`minutes`](Self::minutes) in microseconds: one minute up to a few days.
    pub minute_us: i64,
    /// Latency over time, in order; intervals without requests are absent.
    pub minutes: Vec<Interval>,
    /// Silences that chance does not explain, in order of time.
    pub gaps: Vec<Gap>,
    /// Health probes by path and agent.
    pub probes: Vec<ProbeTrack>,
    /// Routes by time spent in them.
    pub routes: Vec<RouteRow>,
    /// Routes beyond those listed.
    pub routes_more: u64,
    /// Time and duration of every request that has one: the response-time map.
    pub heat_map: HeatData,
    /// Clients with the most requests.
    pub clients: Vec<Leader>,
    /// User agents with the most requests.
    pub agents: Vec<Leader>,
    /// The servers that answered, by name.
    pub instances: Vec<InstanceRow>,
    /// Requests in progress at the same time.
    pub concurrency: Option<Concurrency>,
    /// The stretch in which things went wrong, with what was normal before it.
    pub episode: Option<Episode>,
    /// The slowest requests, slowest first.
    pub slowest: Vec<SlowRequest>,
    /// Where W3C logs begin anew in the middle of a file.
    pub log_starts: Vec<LogStart>,
    /// Layers of logs that hold the same requests; empty when there is one.
    #[serde(default)]
    pub layers: Vec<Layer>,
    /// Shards that were given more than once and counted once.
    pub duplicates: Vec<String>,
    /// Most severe first.
    pub findings: Vec<Finding>,
    /// What was read.
    pub coverage: Vec<Coverage>,
}

/// A log that begins anew in the middle of its file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LogStart {
    /// When, if the block of directives says so.
    pub at: Option<Instant>,
    /// Its first line.
    pub locator: Locator,
}

/// What the time stamp of a line means.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum StampMeaning {
    /// When the request arrived.
    Start,
    /// When the response was finished.
    End,
}

/// The unit of the duration field.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum DurationUnit {
    /// Seconds, usually with three decimals.
    Seconds,
    /// Milliseconds.
    Millis,
    /// Microseconds.
    Micros,
    /// Nanoseconds.
    Nanos,
}

/// How one source was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FormatChoice {
    /// Name of the source.
    pub source: String,
    /// Name of the format: `Tomcat combined with duration`.
    pub format: String,
    /// The pattern in the server's own words, where there is one.
    pub pattern: Option<String>,
    /// Unit of the duration; `None` when the lines have no duration.
    pub unit: Option<DurationUnit>,
    /// How the unit was decided, as a sentence.
    pub unit_reason: String,
    /// What the stamp means.
    pub stamp: StampMeaning,
    /// How the meaning of the stamp was decided, as a sentence.
    pub stamp_reason: String,
    /// Whether that meaning is only assumed.
    #[serde(default)]
    pub stamp_assumed: bool,
    /// Whether its lines name the server that answered, as those of a proxy do.
    #[serde(default)]
    pub names_server: bool,
    /// Name of the server instance the source belongs to.
    pub instance: String,
    /// Lines that this format read.
    pub lines: u64,
}

/// Percentiles of a set of durations. Each is at most 0.8 % away from the exact value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Latency {
    /// Requests with a duration.
    pub count: u64,
    /// Mean, exact.
    pub mean_us: i64,
    /// Half are faster.
    pub p50_us: i64,
    /// 90 % are faster.
    pub p90_us: i64,
    /// 95 % are faster.
    pub p95_us: i64,
    /// 99 % are faster.
    pub p99_us: i64,
    /// 99.9 % are faster.
    pub p999_us: i64,
    /// The slowest, exact.
    pub max_us: i64,
}

/// Apdex: (satisfied + tolerating / 2) / all. Satisfied up to the threshold, tolerating up to four times of it; server
/// errors are frustrated whatever they took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Apdex {
    /// The threshold T, for routes without one of their own.
    pub threshold_us: i64,
    /// Routes that were measured by a threshold of their own.
    pub own_thresholds: u64,
    /// Requests within T.
    pub satisfied: u64,
    /// Requests within 4 T.
    pub tolerating: u64,
    /// All other requests, server errors included.
    pub frustrated: u64,
}

impl Apdex {
    /// The score, 0 to 1; `None` without requests.
    pub fn score(&self) -> Option<f64> {
        let all = self.satisfied + self.tolerating + self.frustrated;
        (all > 0).then(|| (self.satisfied as f64 + self.tolerating as f64 / 2.0) / all as f64)
    }
}

/// One cell of the time axis, [`AccessReport::step_us`] wide.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Second {
    /// Its beginning.
    pub at: Instant,
    /// Requests that arrived in it.
    pub started: u64,
    /// Requests that ended in it.
    pub finished: u64,
    /// Of those that ended, the ones with status 500–599.
    pub errors_5xx: u64,
    /// Of those that ended, the ones with status 400–499.
    pub errors_4xx: u64,
    /// Of those that ended, the ones whose client had gone (499, 460, aborted).
    pub aborted: u64,
    /// Time spent in requests inside this cell, summed over all requests in progress; divided by the width it is the
    /// mean number of requests in progress (those that never logged are missing).
    pub busy_us: i64,
    /// The longest request that ended in it.
    pub max_us: i64,
    /// Bytes sent by requests that ended in it.
    pub bytes: u64,
}

/// Latency in one interval, [`AccessReport::minute_us`] wide, by the end of requests. Probes and static resources do not
/// count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Interval {
    /// Its beginning.
    pub at: Instant,
    /// Transactions that ended in it.
    pub requests: u64,
    /// Of those, the ones with status 500–599.
    pub errors: u64,
    /// Half are faster; 0 when no line has a duration.
    pub p50_us: i64,
    /// 95 % are faster.
    pub p95_us: i64,
    /// 99 % are faster.
    pub p99_us: i64,
    /// Mean number of requests in progress, in thousandths.
    pub in_progress_milli: u64,
}

/// Why a silence counts as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GapBasis {
    /// The rate before it makes it impossible by chance; `log10_p` is the decimal logarithm of that chance.
    Rate {
        /// Requests per hour before the gap.
        per_hour: u64,
        /// Decimal logarithm of the chance of such a silence, at least −1000.
        log10_p: i64,
    },
    /// A regular probe missed ticks.
    Probe {
        /// The period of the probe.
        period_us: i64,
        /// Ticks missed.
        missed: u64,
    },
}

/// A silence of one server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Gap {
    /// The server that was silent.
    pub instance: String,
    /// The last sign of life before it.
    pub from: Moment,
    /// The first sign of life after it.
    pub to: Moment,
    /// Why it counts.
    pub basis: GapBasis,
    /// Where the last lines before it are.
    pub before: Option<Locator>,
    /// Where the first lines after it are.
    pub after: Option<Locator>,
}

/// One probe that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProbeFailure {
    /// When it ended.
    pub at: Moment,
    /// Its status; a probe can also fail by its duration.
    pub status: u16,
    /// How long it took, when known.
    pub duration_us: Option<i64>,
    /// The line.
    pub locator: Locator,
}

/// A health probe followed through the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProbeTrack {
    /// The path asked for.
    pub path: String,
    /// Who asked: `kube-probe/1.33`.
    pub agent: String,
    /// The server asked.
    pub instance: String,
    /// Probes seen.
    pub count: u64,
    /// The usual distance between two, when regular.
    pub period_us: Option<i64>,
    /// Failures: status outside 200–399, or longer than a second.
    pub failed: u64,
    /// The last success before the first failure of the longest series of failures or before the longest silence.
    pub last_good: Option<(Moment, Locator)>,
    /// The failures, first and last ones, in order of time.
    pub failures: Vec<ProbeFailure>,
    /// The first success after them.
    pub first_good_after: Option<(Moment, Locator)>,
}

/// One route: requests of the same method and shape of path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RouteRow {
    /// Method and path with its variable parts replaced: `GET /api/users/{n}/orders`.
    pub route: String,
    /// What the route serves.
    pub class: RouteClass,
    /// Requests.
    pub count: u64,
    /// Time spent in them.
    pub busy_us: i64,
    /// Half are faster; 0 when no line has a duration.
    pub p50_us: i64,
    /// 95 % are faster.
    pub p95_us: i64,
    /// 99 % are faster.
    pub p99_us: i64,
    /// The slowest.
    pub max_us: i64,
    /// Requests with status 500–599.
    pub errors: u64,
    /// Requests with status 400–499.
    pub rejected: u64,
    /// Bytes sent.
    pub bytes: u64,
    /// The largest response.
    pub max_bytes: u64,
    /// Apdex in thousandths; `None` without durations.
    pub apdex_milli: Option<u64>,
    /// Its threshold.
    pub apdex_threshold_us: i64,
    /// Requests and time spent before the episode, then inside of it; `None` without an episode.
    pub mix: Option<Mix>,
}

/// What a route serves.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum RouteClass {
    /// Work of the application.
    Transaction,
    /// Files.
    Static,
    /// Health checks.
    Probe,
}

/// A route before and inside the episode.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Mix {
    /// Requests before.
    pub count_before: u64,
    /// Time spent before.
    pub busy_before_us: i64,
    /// Requests inside.
    pub count_during: u64,
    /// Time spent inside.
    pub busy_during_us: i64,
    /// Server errors inside.
    pub errors_during: u64,
}

/// The response-time map as data.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HeatData {
    /// Left end.
    pub from: Instant,
    /// Width of a column in microseconds.
    pub column_us: i64,
    /// Lower edges of the rows in microseconds, ascending.
    pub rows: Vec<i64>,
    /// Column, row, requests, of which failed.
    pub cells: Vec<(u32, u32, u64, u64)>,
}

/// Somebody who asked much.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Leader {
    /// Address, network or agent.
    pub name: String,
    /// Requests.
    pub requests: u64,
    /// Requests with status 400–599.
    pub errors: u64,
    /// Bytes sent to it.
    pub bytes: u64,
    /// Time spent on it.
    pub busy_us: i64,
}

/// One server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InstanceRow {
    /// Its name: from the line, or from the name of the file.
    pub name: String,
    /// Requests it answered.
    pub requests: u64,
    /// Of those, the ones with status 500–599.
    pub errors: u64,
    /// Time spent.
    pub busy_us: i64,
    /// Distinct clients, estimated.
    pub clients: u64,
    /// First and last end of a request.
    pub span: Option<(Moment, Moment)>,
}

/// Requests in progress at the same time, from the start and the end of every request that was logged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Concurrency {
    /// Mean over the span in thousandths: Little's law, time spent divided by time.
    pub mean_milli: u64,
    /// Largest number in progress at the end of a cell of the time axis.
    pub peak: u64,
    /// When.
    pub peak_at: Moment,
    /// Median over the cells with activity, in thousandths.
    pub median_milli: u64,
    /// Little's law from the other side: requests per second, in thousandths, …
    pub rate_milli: u64,
    /// … times their mean duration is the mean number in progress, which checks unit and stamps.
    pub mean_duration_us: i64,
}

/// The stretch in which things went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Episode {
    /// When it began.
    pub from: Moment,
    /// When it ended: silence, recovery, or the end of the log.
    pub to: Moment,
    /// What first left its normal range, as a phrase: `latency (p95)`.
    pub first_sign: String,
    /// Latency before.
    pub before: Latency,
    /// Latency inside.
    pub during: Latency,
    /// Requests per hour before.
    pub rate_before_per_hour: u64,
    /// Requests per hour inside.
    pub rate_during_per_hour: u64,
    /// Server errors before and all requests before.
    pub errors_before: (u64, u64),
    /// Server errors inside and all requests inside.
    pub errors_during: (u64, u64),
    /// Mean requests in progress before, in thousandths.
    pub in_progress_before_milli: u64,
    /// Highest mean of an interval inside, in thousandths.
    pub in_progress_peak_milli: u64,
    /// Where its lines are.
    pub locators: Vec<Locator>,
}

/// One slow request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SlowRequest {
    /// When it ended.
    pub end: Moment,
    /// How long it took.
    pub duration_us: i64,
    /// Its status.
    pub status: u16,
    /// Method and route.
    pub route: String,
    /// The line.
    pub locator: Locator,
}
