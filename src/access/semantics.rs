//! What a stamp and a number mean, decided from the log itself where the format does not say.
//!
//! A server writes a line when a request ends. If the stamps are ends, they never go back; if they are starts, they go
//! back by the duration of long requests, and stamp plus duration does not. The latter holds only in the right unit, so a
//! log with starts decides both questions. Without a long request the order proves nothing, and the report says so. The unit of a log with ends is decided by Little's law (time spent divided by
//! time is the number of requests in progress) and by what no server can do.

use super::pattern::Layout;
use super::request::Request;
use super::scalar::Clock;
use super::{DurationUnit, StampMeaning};
use crate::input::split_at_lines;
use crate::t;
use crate::time::SECOND;

/// Unit and stamp with the reason for each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Semantics {
    pub(super) unit: DurationUnit,
    pub(super) unit_reason: String,
    pub(super) stamp: StampMeaning,
    pub(super) stamp_reason: String,
    pub(super) stamp_assumed: bool,
}

/// What the person at the keyboard demands.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Demand {
    pub(super) unit: Option<DurationUnit>,
    pub(super) stamp: Option<StampMeaning>,
}

/// Bytes of each of the three stretches that are looked at: beginning, middle and end.
const STRETCH: usize = 1 << 20;

/// Requests of a stretch: stamp, resolution, duration read as nanoseconds per unit of one.
struct Observed {
    stretches: Vec<Vec<(i64, i64, i64)>>,
    /// All durations, sorted, in units of the log.
    durations: Vec<i64>,
}

/// Decides for one layout over the lines of `text`.
pub(super) fn decide(layout: &Layout, text: &[u8], name: &str, demand: Demand) -> Semantics {
    let observed = observe(layout, text);
    let scales: &[i64] = match layout.unit {
        Some(_) => &[1],
        None => &[1, 1000, SECOND],
    };
    let starts = starts(&observed, scales);
    let (unit, unit_reason) = unit(layout, demand, starts, &observed);
    let scale = match (layout.unit, unit) {
        (None, DurationUnit::Millis) => 1000,
        (None, DurationUnit::Seconds) => SECOND,
        _ => 1,
    };
    let order = match starts {
        Some(_) => Some(StampMeaning::Start),
        None => ends(&observed, scale).then_some(StampMeaning::End),
    };
    let (stamp, stamp_reason, stamp_assumed) = stamp(layout, name, demand, order, unit);
    Semantics {
        unit,
        unit_reason,
        stamp,
        stamp_reason,
        stamp_assumed,
    }
}

fn observe(layout: &Layout, text: &[u8]) -> Observed {
    // Read as nanoseconds: fractions of seconds keep nine digits, whole numbers come out as they stand divided by 1000,
    // so whole numbers are read as microseconds instead.
    let mut plain = layout.clone();
    plain.unit = layout.unit.or(Some(DurationUnit::Micros));
    let pieces = split_at_lines(text, STRETCH);
    let middle = pieces.len() / 2;
    let mut wanted = vec![0, middle, pieces.len().saturating_sub(1)];
    wanted.dedup();
    let mut stretches = Vec::new();
    let mut durations = Vec::new();
    for index in wanted {
        let Some(piece) = pieces.get(index) else {
            continue;
        };
        let mut clock = Clock::default();
        let mut rows = Vec::new();
        for line in crate::input::Lines::new(&text[piece.clone()]) {
            let mut request = Request::NONE;
            if plain.read(line.text, &mut clock, &mut request).is_ok() {
                let took = request.duration.unwrap_or(0);
                if request.duration.is_some() {
                    durations.push(took);
                }
                rows.push((request.at, request.resolution, took));
            }
        }
        stretches.push(rows);
    }
    durations.sort_unstable();
    Observed {
        stretches,
        durations,
    }
}

/// Share of lines, in ten-thousandths, whose instant lies more than two resolutions before an earlier line's.
fn disorder(observed: &Observed, scale: i64) -> (u64, u64) {
    let (mut back, mut all) = (0_u64, 0_u64);
    for rows in &observed.stretches {
        let mut latest = i64::MIN;
        for (at, resolution, took) in rows {
            let end = at.saturating_add(took.saturating_mul(scale));
            all += 1;
            if latest != i64::MIN && end < latest - 2 * (*resolution).max(SECOND / 1000) {
                back += 1;
            }
            latest = latest.max(end);
        }
    }
    (back, all)
}

/// Whether the order of lines proves that stamps are starts, and in which unit: as microseconds per unit of the number read.
fn starts(observed: &Observed, scales: &[i64]) -> Option<i64> {
    let (stamps_back, all) = disorder(observed, 0);
    if all < 100 || observed.durations.is_empty() {
        return None;
    }
    let ends = |scale: &i64| (disorder(observed, *scale).0, *scale);
    let (ends_back, scale) = scales.iter().map(ends).min()?;
    if stamps_back >= 5 && ends_back * 10 <= stamps_back {
        return Some(scale);
    }
    // Even when no request is long enough for that: those of two seconds go back by one, and no other.
    let by_long = |scale: &&i64| {
        let order = Order::of(observed, **scale);
        order.long >= 5
            && order.long_back * 5 >= order.long * 4
            && order.short_back * 20 <= order.short
    };
    scales.iter().find(by_long).copied()
}

/// Whether the order of lines proves that stamps are ends: had they been starts, the long requests would have gone back.
fn ends(observed: &Observed, scale: i64) -> bool {
    let order = Order::of(observed, scale);
    order.long >= 5 && order.long_back * 10 <= order.long && order.short_back * 20 <= order.short
}

/// How often the stamp of a line lies before that of an earlier one, for long requests and for all others.
#[derive(Debug, Default)]
struct Order {
    long: u64,
    long_back: u64,
    short: u64,
    short_back: u64,
}

impl Order {
    /// A request is long when it took at least two units of its stamp, and so long that three others ended meanwhile.
    fn of(observed: &Observed, scale: i64) -> Self {
        let mut order = Self::default();
        for rows in &observed.stretches {
            let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
                continue;
            };
            let apart = (last.0 - first.0).max(SECOND) / rows.len() as i64;
            let mut latest = i64::MIN;
            for (at, resolution, took) in rows {
                let took = took.saturating_mul(scale);
                let back = u64::from(*at < latest);
                if took >= 2 * *resolution && took / 3 >= apart {
                    order.long += 1;
                    order.long_back += back;
                } else {
                    order.short += 1;
                    order.short_back += back;
                }
                latest = latest.max(*at);
            }
        }
        order
    }
}

/// What stamps mean, why, and whether that is only assumed.
fn stamp(
    layout: &Layout,
    name: &str,
    demand: Demand,
    order: Option<StampMeaning>,
    unit: DurationUnit,
) -> (StampMeaning, String, bool) {
    let known = match (demand.stamp, layout.stamp, order) {
        (Some(demanded), ..) => Some((demanded, t!("as demanded"))),
        (None, Some(known), Some(seen)) if known != seen => Some((
            known,
            t!(
                "the format says {known}, although the order of the lines looks like {seen}",
                known = known.word(),
                seen = seen.word()
            ),
        )),
        (None, Some(known), _) => Some((known, t!("the format says so"))),
        (None, None, Some(StampMeaning::Start)) => Some((
            StampMeaning::Start,
            t!("stamps go back where requests were long"),
        )),
        (None, None, Some(StampMeaning::End)) => Some((
            StampMeaning::End,
            t!("stamps do not go back, although requests were long"),
        )),
        (None, None, None) => None,
    };
    if let Some((stamp, reason)) = known {
        return (stamp, reason, false);
    }
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let (stamp, reason) = if file.contains("localhost_access_log") {
        (
            StampMeaning::End,
            t!("assumed: the name of the file is that of Tomcat, which writes the end"),
        )
    } else if layout.timed() && unit == DurationUnit::Millis {
        (
            StampMeaning::End,
            t!(
                "assumed: Tomcat up to 9 and Undertow write milliseconds and the end, httpd would write microseconds"
            ),
        )
    } else if of_httpd(file) {
        (
            StampMeaning::Start,
            t!("assumed: the name of the file is that of httpd, which writes the start"),
        )
    } else {
        (StampMeaning::End, t!("assumed: the lines do not tell"))
    };
    (stamp, reason, true)
}

/// `access_log`, `ssl_access_log-20261122`, `other_vhosts_access.log`: names of the packages of httpd. Tomcat in Spring Boot has
/// an ending: `access_log.2026-11-22.log`.
fn of_httpd(file: &str) -> bool {
    let file = file.strip_suffix(".gz").unwrap_or(file);
    let plain = file.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '-' | '.'));
    plain == "access_log"
        || plain == "ssl_access_log"
        || plain == "ssl_request_log"
        || file.starts_with("other_vhosts_access.log")
}

fn unit(
    layout: &Layout,
    demand: Demand,
    order: Option<i64>,
    observed: &Observed,
) -> (DurationUnit, String) {
    if let Some(unit) = demand.unit {
        return (unit, t!("as demanded"));
    }
    if let Some(unit) = layout.unit {
        return (unit, t!("the format says so"));
    }
    let durations = &observed.durations;
    let Some((&shortest, &longest)) = durations.first().zip(durations.last()) else {
        return (DurationUnit::Millis, t!("no durations"));
    };
    if let Some(scale) = order {
        let unit = match scale {
            1 => DurationUnit::Micros,
            1000 => DurationUnit::Millis,
            _ => DurationUnit::Seconds,
        };
        return (
            unit,
            t!(
                "only in {unit} is stamp plus duration in the order of the lines",
                unit = unit.word()
            ),
        );
    }
    let count = durations.len();
    let median = durations[count / 2];
    let tiny = durations.partition_point(|took| *took <= 20);
    let in_progress = in_progress_if_millis(observed);
    if tiny * 50 >= count {
        return (
            DurationUnit::Millis,
            t!(
                "{share} of the numbers are 20 or less; no server answers within 20 µs",
                share = crate::text::percent(tiny as f64, count as f64)
            ),
        );
    }
    if in_progress > 2000 {
        return (
            DurationUnit::Micros,
            t!(
                "in ms there would have been {count} requests in progress on average (Little's law)",
                count = crate::text::count(in_progress)
            ),
        );
    }
    if longest > 1_800_000 && median > 300 || median > 20_000 {
        return (
            DurationUnit::Micros,
            t!(
                "in ms half of the requests would have taken {median} and the longest {longest}",
                median = crate::text::duration(median.saturating_mul(1000)),
                longest = crate::text::duration(longest.saturating_mul(1000))
            ),
        );
    }
    if shortest >= 100 && count >= 20 {
        return (
            DurationUnit::Micros,
            t!(
                "in ms not one request would have been faster than {shortest} ms",
                shortest
            ),
        );
    }
    (
        DurationUnit::Millis,
        t!("assumed: in ms the numbers are ordinary"),
    )
}

/// Mean number of requests in progress if the durations were milliseconds.
fn in_progress_if_millis(observed: &Observed) -> u64 {
    let (mut busy, mut time) = (0_i128, 0_i128);
    for rows in &observed.stretches {
        busy += rows
            .iter()
            .map(|row| i128::from(row.2) * 1000)
            .sum::<i128>();
        let first = rows.iter().map(|row| row.0).min();
        let last = rows.iter().map(|row| row.0).max();
        if let (Some(first), Some(last)) = (first, last) {
            time += i128::from(last - first) + i128::from(SECOND);
        }
    }
    match time {
        0 => 0,
        _ => u64::try_from(busy / time).unwrap_or(u64::MAX),
    }
}
