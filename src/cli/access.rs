//! `diag access`.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::{Args as ClapArgs, ValueEnum};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::exit::{Status, UsageError};
use super::rooms;
use super::session::Session;
use crate::access::{self, DurationUnit, Limit, Options, StampMeaning, Thresholds};
use crate::input::{Bundle, Kind, Sniffer, Source};
use crate::report::Report;
use crate::text::Locale;
use crate::time::{Instant, Moment, SECOND, Stamp};

/// Find what the requests felt: silence, errors, latency, saturation
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:
  diag access localhost_access_log.txt
  diag access access.log.1.gz access.log -o access.html
  diag access --pattern-from server.xml --unit us logs/
  diag access --partial node-1.dgp /var/log/nginx   and later   diag merge *.dgp")]
pub(super) struct Args {
    /// Files, folders or archives, or - for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Format of the lines in the server's own words: LogFormat, log_format or Valve pattern. May be given several times
    #[arg(long, value_name = "PATTERN", help_heading = "Format")]
    pattern: Vec<String>,

    /// Take the formats from httpd.conf, nginx.conf, server.xml or application.properties
    #[arg(long, value_name = "FILE", help_heading = "Format")]
    pattern_from: Vec<PathBuf>,

    /// Keys of JSON lines or LTSV that nobody would guess: time=KEY,status=KEY,path=KEY,duration=KEY:ms
    #[arg(long, value_name = "FIELD=KEY,…", help_heading = "Format")]
    mapping: Vec<String>,

    /// Unit of the duration, if the choice made is wrong
    #[arg(long, value_enum, value_name = "UNIT", help_heading = "Format")]
    unit: Option<Unit>,

    /// Whether stamps are the start or the end of requests, if the choice made is wrong
    #[arg(long, value_enum, value_name = "MEANING", help_heading = "Format")]
    stamp: Option<Meaning>,

    /// Leave out requests that ended before this time, as 2026-11-22T01:02:03Z; without a zone it is in the one of --tz
    #[arg(long, value_name = "TIME", help_heading = "Analysis")]
    since: Option<String>,

    /// Leave out requests that began after this time
    #[arg(long, value_name = "TIME", help_heading = "Analysis")]
    until: Option<String>,

    /// Threshold of the Apdex in seconds, 0.5 if not given; ROUTE=SECONDS for one route or, ending in *, several. May be given
    /// several times
    #[arg(long, value_name = "[ROUTE=]SECONDS", help_heading = "Analysis")]
    apdex: Vec<String>,

    /// Write the mergeable summary to FILE instead of a report
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    partial: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Unit {
    /// Seconds
    S,
    /// Milliseconds
    Ms,
    /// Microseconds
    Us,
    /// Nanoseconds
    Ns,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Meaning {
    /// When the request arrived
    Start,
    /// When the response was finished
    End,
}

pub(super) fn run(args: &Args, session: &Session) -> anyhow::Result<Status> {
    let options = options(args)?;
    // Whether an access log also holds a thread dump does not matter here; searching the whole of it would cost as much as
    // half of the analysis.
    let plain = rooms::sniffers().into_iter().map(|sniffer| Sniffer {
        telltales: &[],
        ..sniffer
    });
    let bundle = session.open_as(&args.files, &plain.collect::<Vec<_>>())?;
    let sources = sources(&bundle, args, session)?;
    match &args.partial {
        None => session.analyse(|session| {
            let report = access::analyse(&sources, &options, session.progress());
            Ok(Report::Access(Box::new(report)))
        }),
        Some(path) => {
            let partial = access::summarise(&sources, &options, session.progress());
            fs::write(path, partial.to_bytes())
                .with_context(|| format!("cannot write {}", path.display()))?;
            Ok(Status::Analysed)
        }
    }
}

/// What is analysed: all access logs, or with a pattern whatever text was given.
fn sources<'a>(
    bundle: &'a Bundle,
    args: &Args,
    session: &Session,
) -> anyhow::Result<Vec<&'a Source>> {
    let told =
        !(args.pattern.is_empty() && args.pattern_from.is_empty() && args.mapping.is_empty());
    let sources = match told {
        true => bundle
            .sources
            .iter()
            .filter(|source| !source.holds(Kind::HeapDump))
            .collect(),
        false => bundle.holding(Kind::AccessLog),
    };
    if sources.is_empty() {
        bail!("{}", session.nothing_of(bundle, Kind::AccessLog));
    }
    Ok(sources)
}

fn options(args: &Args) -> anyhow::Result<Options> {
    let mut options = Options {
        unit: args.unit.map(|unit| match unit {
            Unit::S => DurationUnit::Seconds,
            Unit::Ms => DurationUnit::Millis,
            Unit::Us => DurationUnit::Micros,
            Unit::Ns => DurationUnit::Nanos,
        }),
        stamp: args.stamp.map(|meaning| match meaning {
            Meaning::Start => StampMeaning::Start,
            Meaning::End => StampMeaning::End,
        }),
        since: limit(args.since.as_deref(), "--since")?.map(|(since, _)| since),
        until: limit(args.until.as_deref(), "--until")?.map(|(_, until)| until),
        apdex: thresholds(&args.apdex)?,
        ..Options::default()
    };
    for mapping in &args.mapping {
        options
            .add_mapping(mapping)
            .map_err(|error| UsageError(format!("--mapping: {error}")))?;
    }
    for pattern in &args.pattern {
        options
            .add_pattern(pattern)
            .map_err(|error| UsageError(format!("--pattern: {error}")))?;
    }
    for path in &args.pattern_from {
        let text =
            fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let mut used = 0;
        for found in access::patterns_in(&text) {
            // A configuration also holds formats that are no requests (referer, agent).
            used += usize::from(options.add_found(&found).is_ok());
        }
        if used == 0 {
            let problem = "holds no LogFormat, log_format or access log pattern";
            return Err(UsageError(format!("--pattern-from {}: {problem}", path.display())).into());
        }
    }
    Ok(options)
}

fn thresholds(given: &[String]) -> anyhow::Result<Thresholds> {
    let mut thresholds = Thresholds::default();
    for text in given {
        let (route, seconds) = match text.rsplit_once('=') {
            Some((route, seconds)) => (Some(route), seconds),
            None => (None, text.as_str()),
        };
        let seconds: f64 = seconds.parse().unwrap_or(0.0);
        if !(0.000_001..=86_400.0).contains(&seconds) {
            return Err(UsageError(format!("--apdex {text}: seconds above zero")).into());
        }
        let micros = (seconds * SECOND as f64) as i64;
        match route {
            Some(route) => thresholds.routes.push((route.trim().to_owned(), micros)),
            None => thresholds.all_us = micros,
        }
    }
    Ok(thresholds)
}

/// The moment that an option names, as the first and as the last instant of it. Without a zone of its own it is in the one of
/// `--tz`; stamps without a zone are compared with the clock of that zone.
fn limit(text: Option<&str>, option: &str) -> anyhow::Result<Option<(Limit, Limit)>> {
    let Some(text) = text else {
        return Ok(None);
    };
    let zone = &Locale::current().zone;
    let found = match crate::time::iso8601(text.as_bytes()) {
        Some((Stamp::Zoned(moment), used)) if used == text.len() => {
            Some((on_the_wall(moment.lo, zone), on_the_wall(moment.hi, zone)))
        }
        Some((Stamp::Local(moment), used)) if used == text.len() => in_zone(moment, zone),
        _ => None,
    };
    match found {
        Some(limits) => Ok(Some(limits)),
        None => {
            let example = "not a time such as 2026-11-22T01:02:03Z";
            Err(UsageError(format!("{option} {text}: {example}")).into())
        }
    }
}

fn on_the_wall(instant: Instant, zone: &TimeZone) -> Limit {
    let offset = Timestamp::from_microsecond(instant.0)
        .map_or(0, |at| i64::from(zone.to_offset(at).seconds()) * SECOND);
    Limit {
        instant,
        wall: Instant(instant.0 + offset),
    }
}

/// A time on the wall that a clock shows twice begins at the first and ends at the second of them.
fn in_zone(local: Moment, zone: &TimeZone) -> Option<(Limit, Limit)> {
    let civil = Timestamp::from_microsecond(local.lo.0).ok()?;
    let zoned = zone.to_ambiguous_zoned(TimeZone::UTC.to_datetime(civil));
    let first = zoned.clone().compatible().ok()?.timestamp();
    let last = zoned.later().ok()?.timestamp().as_microsecond();
    let since = Limit {
        instant: Instant(first.as_microsecond()),
        wall: local.lo,
    };
    let until = Limit {
        instant: Instant(last + local.hi.since(local.lo)),
        wall: local.hi,
    };
    Some((since, until))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(text: &str, zone: &str) -> [String; 4] {
        let zone = TimeZone::get(zone).unwrap();
        let (since, until) = match crate::time::iso8601(text.as_bytes()) {
            Some((Stamp::Local(moment), _)) => in_zone(moment, &zone).unwrap(),
            Some((Stamp::Zoned(moment), _)) => {
                (on_the_wall(moment.lo, &zone), on_the_wall(moment.hi, &zone))
            }
            _ => panic!("{text}"),
        };
        [since.instant, since.wall, until.instant, until.wall].map(|at| at.rfc3339())
    }

    #[test]
    fn a_limit_is_an_instant_and_a_time_on_the_wall() {
        for (text, zone, since, wall) in [
            (
                "2026-11-22T10:00:00",
                "Asia/Seoul",
                "2026-11-22T01:00:00",
                "2026-11-22T10:00:00",
            ),
            (
                "2026-11-22T10:00:00Z",
                "Asia/Seoul",
                "2026-11-22T10:00:00",
                "2026-11-22T19:00:00",
            ),
            (
                "2026-11-22T10:00:00+09:00",
                "UTC",
                "2026-11-22T01:00:00",
                "2026-11-22T01:00:00",
            ),
            (
                "2026-11-22T10:00:00",
                "UTC",
                "2026-11-22T10:00:00",
                "2026-11-22T10:00:00",
            ),
        ] {
            let limits = limits(text, zone);
            assert!(limits[0].starts_with(since), "{text} {zone}: {limits:?}");
            assert!(limits[1].starts_with(wall), "{text} {zone}: {limits:?}");
        }
    }

    #[test]
    fn an_hour_that_comes_twice_is_taken_whole() {
        let [since, _, until, _] = limits("2026-11-01T01:30:00", "America/New_York");
        assert!(since.starts_with("2026-11-01T05:30:00"), "{since}");
        assert!(until.starts_with("2026-11-01T06:30:00"), "{until}");
        // An hour that no clock shows is that after the jump.
        let [since, _, until, _] = limits("2026-03-08T02:30:00", "America/New_York");
        assert!(since.starts_with("2026-03-08T07:30:00"), "{since}");
        assert!(until.starts_with("2026-03-08T07:30:00"), "{until}");
    }
}
