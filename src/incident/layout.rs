//! Bundles of known collectors, recognised by their file names: what the collector writes down about itself says which
//! process it looked at and in which zone the stamps without one are meant.

use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::input::{Bundle, Source};
use crate::time::{Instant, SECOND, Stamp, iso8601, syslog};

/// The collector of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Layout {
    /// `yCrash` or `IBM linperf`.
    pub collector: String,
    /// The host it ran on, where written.
    pub host: Option<String>,
    /// The process it looked at, where written.
    pub process: Option<u64>,
    /// The name of the application, where written.
    pub application: Option<String>,
    /// The zone of the host (IANA), where written.
    pub zone: Option<String>,
    /// What that zone is east of UTC at the time of the collection, in microseconds.
    pub east_of_utc: Option<i64>,
    /// Files that only the collector itself has a use for: its own log, kernel settings, pings.
    pub own_files: Vec<String>,
}

/// Files of yCrash (`yc-360-script`, `yc-data-script`) without evidence about the process.
const YCRASH_OWN: [&str; 9] = [
    "meta-info.txt",
    "yc360Logs.out",
    "agentlog.out",
    "script_execution.log",
    "kernel.out",
    "ping.out",
    "lp.out",
    "boomi.out",
    "gcstats.out",
];
/// Files of `linperf.sh` (2013 to 2025) without evidence about the process.
const LINPERF_OWN: [&str; 5] = [
    "screen.out",
    "whoami.out",
    "uptime.out",
    "ifconfig.out",
    "linperf.sh",
];

/// The collector of `bundle`, if its files are named as one of them names its own.
pub(super) fn find(bundle: &Bundle) -> Option<Layout> {
    let named = |name: &str| bundle.sources.iter().find(|source| file(source) == name);
    let has = |test: &dyn Fn(&str) -> bool| bundle.sources.iter().any(|source| test(file(source)));
    let top = has(&|name| name.starts_with("topdashH.") && name.ends_with(".out"));
    if let Some(meta) = named("meta-info.txt").filter(|meta| property(meta, "processid").is_some())
    {
        return Some(ycrash(bundle, meta));
    }
    let screen = named("screen.out")?;
    (top && has(&|name| name == "ps.out")).then(|| linperf(bundle, screen))
}

/// `screen.out` says since 2025 on which host the script ran, and always for which processes.
fn linperf(bundle: &Bundle, screen: &Source) -> Layout {
    let told = |before: &str, after: &[char]| {
        screen.lines().take(200).find_map(|line| {
            let text = std::str::from_utf8(line.text).ok()?;
            let (_, rest) = text.split_once(before)?;
            let value = rest.trim().trim_end_matches(after);
            (!value.is_empty() && value.len() <= 200).then(|| value.to_owned())
        })
    };
    let pid = told("PROBLEMATIC_PID is:", &[]).or_else(|| told("Provided PID:", &[]));
    Layout {
        collector: "IBM linperf".to_owned(),
        host: told(" created on ", &['.']),
        process: pid
            .and_then(|pid| pid.parse().ok())
            .or_else(|| process_of_top(bundle)),
        application: None,
        zone: None,
        east_of_utc: zone_of_dates(screen).or_else(|| zone_of_archive(screen)),
        own_files: own_files(bundle, &LINPERF_OWN),
    }
}

/// Whether a dump of yCrash stands in its `threaddump.out`, too, which is made of all `javacore.N.out`: one dump would be
/// taken for two.
pub(super) fn repeated(dump: &Source, all: &[&Source]) -> bool {
    let name = file(dump);
    let single = name.starts_with("javacore.") && name.ends_with(".out");
    let bytes = dump.bytes.trim_ascii();
    single
        && !bytes.is_empty()
        && all.iter().any(|other| {
            file(other) == "threaddump.out" && memchr::memmem::find(&other.bytes, bytes).is_some()
        })
}

fn ycrash(bundle: &Bundle, meta: &Source) -> Layout {
    let zone = property(meta, "timezoneid").filter(|name| name.contains('/') || name == "UTC");
    let stamp = property(meta, "timestamp");
    let at = stamp.as_deref().and_then(instant);
    let east_of_utc = zone
        .as_deref()
        .zip(at)
        .and_then(|(zone, at)| east(zone, at));
    Layout {
        collector: "yCrash".to_owned(),
        host: property(meta, "hostname"),
        process: property(meta, "processid").and_then(|pid| pid.parse().ok()),
        application: property(meta, "appname").filter(|name| !name.is_empty()),
        zone,
        east_of_utc,
        own_files: own_files(bundle, &YCRASH_OWN),
    }
}

fn file(source: &Source) -> &str {
    let name = source.name.as_str();
    name.rsplit(['/', '!']).next().unwrap_or(name)
}

fn own_files(bundle: &Bundle, names: &[&str]) -> Vec<String> {
    let own = bundle.sources.iter().filter(|source| {
        names.contains(&file(source)) && source.kind() == crate::input::Kind::Unknown
    });
    own.map(|source| source.name.clone()).collect()
}

/// The value of `key=value`, the key in any case: it has changed between versions.
fn property(source: &Source, key: &str) -> Option<String> {
    source.lines().take(200).find_map(|line| {
        let text = std::str::from_utf8(line.text).ok()?;
        let (name, value) = text.split_once('=')?;
        let value = value.trim();
        (name.trim().eq_ignore_ascii_case(key) && value.len() <= 200).then(|| value.to_owned())
    })
}

/// `2026-11-22T01-02-03`, a time of the host's zone.
fn instant(stamp: &str) -> Option<Instant> {
    let part = |from: usize, to: usize| stamp.get(from..to)?.parse::<u32>().ok();
    let date = (stamp.get(..4)?.parse().ok()?, part(5, 7)?, part(8, 10)?);
    Instant::from_civil(date, (part(11, 13)?, part(14, 16)?, part(17, 19)?), 0)
}

/// What `zone` is east of UTC when its clocks show `local`.
fn east(zone: &str, local: Instant) -> Option<i64> {
    let zone = TimeZone::get(zone).ok()?;
    // A zone is at most 14 hours off: close enough to find which side of a change of clocks it is.
    let near = jiff::Timestamp::from_microsecond(local.0).ok()?;
    let first = zone.to_offset(near).seconds();
    let exact = near.checked_sub(jiff::SignedDuration::from_secs(first.into()));
    let offset = exact.map_or(first, |at| zone.to_offset(at).seconds());
    Some(i64::from(offset) * SECOND)
}

/// The process in `topdashH.<pid>.out`.
fn process_of_top(bundle: &Bundle) -> Option<u64> {
    bundle.sources.iter().find_map(|source| {
        let name = file(source).strip_prefix("topdashH.")?;
        name.strip_suffix(".out")?.parse().ok()
    })
}

/// The zone of the dates that `linperf.sh` prints, where it is UTC: other abbreviations are not unique.
fn zone_of_dates(screen: &Source) -> Option<i64> {
    let mut lines = screen.lines().take(200);
    let utc = |text: &[u8]| {
        let text = String::from_utf8_lossy(text);
        let abbreviation = text.split_once("Timezone: ").map(|(_, zone)| zone.trim());
        matches!(abbreviation, Some("UTC" | "GMT"))
            || text.contains(" UTC 20")
            || text.contains(" GMT 20")
    };
    lines.any(|line| utc(line.text)).then_some(0)
}

/// Zones are multiples of a quarter of an hour from UTC, at most 14 hours.
const QUARTER: i64 = 15 * 60 * SECOND;
const FARTHEST: i64 = 14 * 3600 * SECOND;
/// Between the last line of `screen.out` and its packing lies nothing.
const AT_ONCE: i64 = 60 * SECOND;

/// What the last stamp in `screen.out` is ahead of the moment at which the tar says that it was written.
fn zone_of_archive(screen: &Source) -> Option<i64> {
    let last = screen.lines().filter_map(|line| stamp(line.text)).last()?;
    let ahead = last.since(screen.modified?);
    let zone = (ahead + QUARTER / 2).div_euclid(QUARTER) * QUARTER;
    (zone.abs() <= FARTHEST && (ahead - zone).abs() <= AT_ONCE).then_some(zone)
}

/// The time that a line of `screen.out` begins with, as if it were UTC: `2026-11-22 22:24:42<tab>…`, before 2025 as
/// `date` prints it.
fn stamp(line: &[u8]) -> Option<Instant> {
    if let Some((Stamp::Local(moment), _)) = iso8601(line) {
        return Some(moment.lo);
    }
    let text = std::str::from_utf8(line.get(..line.len().min(40))?).ok()?;
    let words: Vec<&str> = text.split_whitespace().take(6).collect();
    let year = words.iter().skip(4).find_map(|word| word.parse().ok())?;
    match syslog(text.get(4..)?.as_bytes(), year)? {
        (Stamp::Local(moment), _) => Some(moment.lo),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_before_and_after_its_change_of_clocks() {
        let summer = instant("2026-07-01T12-00-00").and_then(|at| east("Europe/Berlin", at));
        let winter = instant("2026-11-22T12-00-00").and_then(|at| east("Europe/Berlin", at));
        assert_eq!((summer, winter), (Some(7200 * SECOND), Some(3600 * SECOND)));
        assert_eq!(instant("2026-13-01T12-00-00"), None);
        assert_eq!(instant("é026-11-22T12-00-00"), None);
    }
}
