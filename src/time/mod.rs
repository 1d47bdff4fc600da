//! Instants with their uncertainty, and the stamps that logs really write.
//!
//! A time in evidence is rarely a point: a `kubectl` age is rounded, an access log has whole seconds, a thread dump has
//! no zone. [`Moment`] keeps the interval, [`Stamp`] keeps what is not yet known about the clock.

mod parse;

pub use parse::{clf, iso8601, rfc2822, syslog};

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

use jiff::tz::TimeZone;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::text::Locale;

/// Microseconds in a second; durations in this project are `i64` microseconds unless a name says otherwise.
pub const SECOND: i64 = 1_000_000;

/// A point in time: microseconds since 1970-01-01T00:00:00Z. In JSON an RFC 3339 string in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Instant(pub i64);

impl Instant {
    /// From a civil date and time read as UTC; `None` for a date that does not exist or has no year of four digits.
    pub fn from_civil(date: (i32, u32, u32), time: (u32, u32, u32), micros: u32) -> Option<Self> {
        let (year, month, day) = date;
        let (hour, minute, second) = time;
        let last = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
            2 => 28,
            _ => return None,
        };
        let is_date = (0..=9999).contains(&year) && (1..=last).contains(&day);
        if !is_date || hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        let seconds = i64::from(hour * 3600 + minute * 60 + second);
        let days = days_from_civil(i64::from(year), i64::from(month), i64::from(day));
        Some(Self((days * 86_400 + seconds) * SECOND + i64::from(micros)))
    }

    /// This instant moved by `micros`, saturating at the ends of the range.
    #[must_use]
    pub fn plus(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }

    /// Microseconds from `earlier` to this instant, saturating.
    pub fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// RFC 3339 in UTC, with as many fractional digits (0, 3 or 6) as the value has.
    pub fn rfc3339(self) -> String {
        self.in_zone(&TimeZone::UTC)
    }

    /// Date, time and zone as the report shows them: `2026-11-22 01:02:03.456 UTC`.
    pub fn display(self) -> String {
        let zone = &Locale::current().zone;
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(stamp) => {
                let zoned = stamp.to_zoned(zone.clone());
                let name = match zoned.offset().seconds() {
                    0 => "UTC".to_owned(),
                    _ => zoned.strftime("%:z").to_string(),
                };
                let text = zoned.strftime("%Y-%m-%d %H:%M:%S").to_string();
                format!("{text}{} {name}", millis(self.0))
            }
            Err(_) => format!("{} µs", self.0),
        }
    }

    /// Only the time of day, in the zone of the report: `01:02:03.456`.
    pub fn time_of_day(self) -> String {
        let zone = &Locale::current().zone;
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(stamp) => {
                let zoned = stamp.to_zoned(zone.clone());
                format!("{}{}", zoned.strftime("%H:%M:%S"), millis(self.0))
            }
            Err(_) => format!("{} µs", self.0),
        }
    }

    fn in_zone(self, zone: &TimeZone) -> String {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(stamp) => {
                let zoned = stamp.to_zoned(zone.clone());
                let text = zoned.strftime("%Y-%m-%dT%H:%M:%S").to_string();
                format!("{text}{}Z", fraction(self.0))
            }
            Err(_) => format!("{}us", self.0),
        }
    }
}

/// `.123` or nothing: people read milliseconds.
fn millis(micros: i64) -> String {
    match micros.rem_euclid(SECOND) / 1000 {
        0 => String::new(),
        millis => format!(".{millis:03}"),
    }
}

/// `.123`, `.123456` or nothing: the sub-second digits a value really has.
fn fraction(micros: i64) -> String {
    let part = micros.rem_euclid(SECOND);
    if part == 0 {
        String::new()
    } else if part % 1000 == 0 {
        format!(".{:03}", part / 1000)
    } else {
        format!(".{part:06}")
    }
}

/// Days since 1970-01-01 of a proleptic Gregorian date (Hinnant, "chrono-compatible low-level date algorithms").
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

impl fmt::Display for Instant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.display())
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.rfc3339())
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if let Some(micros) = text.strip_suffix("us").and_then(|t| t.parse().ok()) {
            return Ok(Self(micros));
        }
        match iso8601(text.as_bytes()) {
            Some((Stamp::Zoned(moment), used)) if used == text.len() => Ok(moment.lo),
            _ => Err(D::Error::custom(format!(
                "expected an RFC 3339 time, found {text:?}"
            ))),
        }
    }
}

impl JsonSchema for Instant {
    fn schema_name() -> Cow<'static, str> {
        "Instant".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "RFC 3339, UTC, microseconds where the evidence has them: `2026-11-22T01:02:03.456Z`; \
                            beyond year 9999 microseconds since 1970 as `…us`",
        })
    }
}

/// An instant known to lie in `[lo, hi]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Moment {
    /// Not before this.
    pub lo: Instant,
    /// Not after this.
    pub hi: Instant,
}

impl Moment {
    /// A time known to the microsecond.
    pub fn exact(at: Instant) -> Self {
        Self { lo: at, hi: at }
    }

    /// A time written in units of `resolution` microseconds, truncated downwards: `[at, at + resolution)`.
    pub fn truncated(at: Instant, resolution: i64) -> Self {
        let hi = at.plus((resolution - 1).max(0));
        Self { lo: at, hi }
    }

    /// Width of the interval in microseconds.
    pub fn width(self) -> i64 {
        self.hi.since(self.lo)
    }

    /// The middle of the interval, for drawing.
    pub fn middle(self) -> Instant {
        self.lo.plus(self.width() / 2)
    }

    /// Both ends moved by `micros`.
    #[must_use]
    pub fn plus(self, micros: i64) -> Self {
        Self {
            lo: self.lo.plus(micros),
            hi: self.hi.plus(micros),
        }
    }

    /// The order of two moments, or `None` when their intervals overlap: overlapping intervals are never ordered.
    pub fn order(self, other: Self) -> Option<Ordering> {
        if self.lo == self.hi && self == other {
            Some(Ordering::Equal)
        } else if self.hi < other.lo {
            Some(Ordering::Less)
        } else if self.lo > other.hi {
            Some(Ordering::Greater)
        } else {
            None
        }
    }
}

impl fmt::Display for Moment {
    /// The lower end, with the width when a reader should know it (over a second): `… UTC (+0…60.0 s)`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.lo)?;
        if self.width() > SECOND {
            write!(formatter, " (+0…{})", crate::text::duration(self.width()))?;
        }
        Ok(())
    }
}

/// What a line of a log says about time, before its clock is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Stamp {
    /// Date, time and zone: a real moment.
    Zoned(Moment),
    /// Date and time without a zone, held as if it were UTC.
    Local(Moment),
    /// Microseconds since the start of the JVM.
    Uptime(i64),
}

impl Stamp {
    /// The moment, when the zone is known.
    pub fn zoned(self) -> Option<Moment> {
        match self {
            Self::Zoned(moment) => Some(moment),
            Self::Local(_) | Self::Uptime(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn civil_dates_map_to_the_epoch() {
        assert_eq!(
            Instant::from_civil((1970, 1, 1), (0, 0, 0), 0),
            Some(Instant(0))
        );
        let leap = Instant::from_civil((2024, 2, 29), (23, 59, 59), 999_999);
        assert_eq!(leap, Some(Instant(1_709_251_199_999_999)));
        assert_eq!(Instant::from_civil((2023, 2, 29), (0, 0, 0), 0), None);
        assert_eq!(Instant::from_civil((2023, 13, 1), (0, 0, 0), 0), None);
        assert_eq!(Instant::from_civil((2_630_811, 1, 1), (0, 0, 0), 0), None);
    }

    #[test]
    fn overlapping_moments_have_no_order() {
        let second = Moment::truncated(Instant(5 * SECOND), SECOND);
        let inside = Moment::exact(Instant(5 * SECOND + 3));
        assert_eq!(second.order(inside), None);
        assert_eq!(inside.order(inside), Some(Ordering::Equal));
        assert_eq!(second.order(second.plus(SECOND)), Some(Ordering::Less));
    }

    #[test]
    fn instants_survive_json() {
        for micros in [0, 1_709_251_199_999_999, -1, 1_000] {
            let json = serde_json::to_string(&Instant(micros)).unwrap();
            assert_eq!(
                serde_json::from_str::<Instant>(&json).unwrap(),
                Instant(micros)
            );
        }
    }
}
