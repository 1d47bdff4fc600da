//! One clock for all sources. Stamps with a zone are true; stamps without one are shifted by the offset that makes
//! shared events coincide; uptimes hang on the start of their JVM.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::t;
use crate::time::{Moment, SECOND, Stamp};

/// Offsets are multiples of a quarter of an hour (IANA zones in use), from −12 to +14 hours.
const STEP: i64 = 15 * 60 * SECOND;
const STEPS: std::ops::RangeInclusive<i64> = -48..=56;

/// How the clock of a source relates to UTC.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Clock {
    /// Name of the source.
    pub source: String,
    /// What has to be subtracted from its stamps to get UTC, in microseconds. Absent when undecided.
    pub east_of_utc: Option<i64>,
    /// How that is known, in words.
    pub basis: String,
}

/// Something that two sources can both have seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signal {
    /// The JVM was started.
    JvmStart,
    /// The application server reported that it is up.
    ServerUp,
    /// The heap ran out, or was dumped because of that.
    HeapExhausted,
    /// Anything else with a stamp: it must lie within the time that other sources cover.
    Activity,
}

impl Signal {
    /// How far apart two views of the same event may lie: before and after the true one, in microseconds.
    fn tolerance(self) -> (i64, i64) {
        match self {
            Self::JvmStart => (3 * SECOND, 3 * SECOND),
            Self::ServerUp => (5 * SECOND, 5 * SECOND),
            Self::HeapExhausted => (5 * SECOND, 5 * SECOND),
            Self::Activity => (0, 0),
        }
    }
}

/// What other sources know in UTC.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) signals: Vec<(Signal, Moment)>,
    /// First and last moment of all zoned evidence.
    pub(super) span: Option<(Moment, Moment)>,
    /// The zone of the host, as the collector of the bundle wrote it down.
    pub(super) told: Option<i64>,
    /// Offsets proven for other sources of the bundle, best first.
    pub(super) offsets: Vec<i64>,
}

impl Clock {
    /// The moment a stamp of this source means. Uptime needs the start of its JVM.
    pub(super) fn place(&self, stamp: Stamp, jvm_start: Option<Moment>) -> Option<Moment> {
        match stamp {
            Stamp::Zoned(moment) => Some(moment),
            Stamp::Local(moment) => self.east_of_utc.map(|offset| moment.plus(-offset)),
            Stamp::Uptime(micros) => jvm_start.map(|start| start.plus(micros)),
        }
    }

    /// A source whose stamps carry their zone.
    pub(super) fn zoned(source: &str) -> Self {
        Self {
            source: source.to_owned(),
            east_of_utc: Some(0),
            basis: t!("its stamps carry their zone"),
        }
    }

    /// Solves the clock of a source whose stamps carry no zone, from the events it shares with others. `local` holds
    /// its stamps as if they were UTC.
    pub(super) fn solve(source: &str, local: &[(Signal, Moment)], known: &Known) -> Self {
        let mut best: Vec<(i64, i64)> = Vec::new();
        let mut highest = 0;
        for step in STEPS {
            let offset = step * STEP;
            let score = score(local, offset, known);
            if score > highest {
                highest = score;
                best.clear();
            }
            if score == highest && score > 0 {
                best.push((offset, score));
            }
        }
        let shared = highest / SHARED;
        let (east_of_utc, basis) = match best.as_slice() {
            [(offset, _)] if shared == 1 => (
                Some(*offset),
                t!(
                    "{offset} from UTC: the only zone in which an event coincides with other sources",
                    offset = hours(*offset)
                ),
            ),
            [(offset, _)] if shared > 1 => (
                Some(*offset),
                t!(
                    "{offset} from UTC: the only zone in which {count} events coincide with other sources",
                    offset = hours(*offset),
                    count = shared
                ),
            ),
            [(offset, _)] => (
                Some(*offset),
                t!(
                    "{offset} from UTC: the only zone in which it falls into the time of the other sources",
                    offset = hours(*offset)
                ),
            ),
            _ if known.told.is_some() => (
                known.told,
                t!(
                    "{offset} from UTC, the zone that the collector of the bundle wrote down",
                    offset = hours(known.told.unwrap_or(0))
                ),
            ),
            [] => (
                None,
                t!("no zone, and nothing in common with other sources"),
            ),
            several => match known
                .offsets
                .iter()
                .find(|known| several.iter().any(|(offset, _)| offset == *known))
            {
                Some(offset) => (
                    Some(*offset),
                    t!(
                        "{offset} from UTC, as proven for other sources; {count} zones fit",
                        offset = hours(*offset),
                        count = several.len()
                    ),
                ),
                None => (
                    None,
                    t!(
                        "no zone; {count} zones fit equally well",
                        count = several.len()
                    ),
                ),
            },
        };
        Self {
            source: source.to_owned(),
            east_of_utc,
            basis,
        }
    }
}

/// Weight of a coinciding event against mere presence in the covered time.
const SHARED: i64 = 1_000_000;

fn score(local: &[(Signal, Moment)], offset: i64, known: &Known) -> i64 {
    let mut score = 0;
    for (signal, moment) in local {
        let at = moment.plus(-offset);
        let (before, after) = signal.tolerance();
        let coincides = *signal != Signal::Activity
            && known.signals.iter().any(|(other, seen)| {
                other == signal && at.hi >= seen.lo.plus(-before) && at.lo <= seen.hi.plus(after)
            });
        if coincides {
            score += SHARED;
        }
        let covered = known
            .span
            .is_some_and(|(first, last)| at.hi >= first.lo && at.lo <= last.hi);
        score += i64::from(covered);
    }
    score
}

fn hours(offset: i64) -> String {
    let minutes = offset / 60 / SECOND;
    let sign = if minutes < 0 { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Instant;

    fn at(seconds: i64) -> Moment {
        Moment::truncated(Instant(seconds * SECOND), SECOND)
    }

    #[test]
    fn a_shared_event_gives_the_zone() {
        let known = Known {
            signals: vec![(Signal::JvmStart, at(1_000_000))],
            span: Some((at(900_000), at(1_100_000))),
            ..Known::default()
        };
        let seoul = 9 * 3600;
        let local = [(Signal::JvmStart, at(1_000_001 + seoul))];
        let clock = Clock::solve("dump.txt", &local, &known);
        assert_eq!(clock.east_of_utc, Some(seoul * SECOND));
        assert!(clock.basis.starts_with("+09:00"), "{}", clock.basis);
        let placed = clock.place(Stamp::Local(at(1_000_011 + seoul)), None);
        assert_eq!(placed, Some(at(1_000_011)));
    }

    #[test]
    fn what_fits_everywhere_is_not_decided() {
        let known = Known {
            span: Some((at(0), at(10_000_000))),
            ..Known::default()
        };
        let local = [(Signal::Activity, at(5_000_000))];
        assert_eq!(Clock::solve("a", &local, &known).east_of_utc, None);
        let proven = Known {
            offsets: vec![STEP * 4],
            ..known
        };
        assert_eq!(
            Clock::solve("a", &local, &proven).east_of_utc,
            Some(STEP * 4)
        );
    }

    #[test]
    fn nothing_in_common_is_said() {
        let clock = Clock::solve("a", &[(Signal::Activity, at(5))], &Known::default());
        assert_eq!(clock.east_of_utc, None);
    }
}
