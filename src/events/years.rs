//! The year that syslog lines do not write, taken from the other sources.

use super::event::Rough;
use super::reading::Reading;
use crate::time::{Moment, Stamp, iso8601};

const DAY: i64 = 86_400 * crate::time::SECOND;
/// Days from 2000-01-01 to the first day of each later year in a cycle of four.
const YEAR_STARTS: [i64; 4] = [0, 366, 731, 1096];

/// Bytes of a source in which a date is looked for.
const REACH: usize = 1 << 20;

/// Gives a year to every stamp without one: the year that brings it nearest to the middle of all times that other lines
/// and sources state, else to the first date in the text of its own source (the kubelet writes when a pod was made).
/// Without any such time the stamps stay as they are.
pub(super) fn complete(readings: &mut [Reading<'_>]) {
    let mut known: Vec<i64> = readings
        .iter()
        .flat_map(|reading| &reading.events)
        .filter_map(|event| match event.at? {
            Stamp::Zoned(moment) | Stamp::Local(moment) => Some(moment.lo.0),
            Stamp::Uptime(_) => None,
        })
        .chain(readings.iter().flat_map(|reading| {
            let captured = reading
                .capture
                .as_ref()
                .map(|capture| capture.captured.lo.0);
            let pods = reading
                .pods
                .iter()
                .filter_map(|pod| Some(pod.started?.lo.0));
            captured.into_iter().chain(pods)
        }))
        .collect();
    if known.is_empty() {
        let without = readings.iter().filter(|reading| {
            let mut events = reading.events.iter();
            events.any(|event| matches!(event.rough, Some(Rough::WithoutYear(_))))
        });
        known.extend(without.filter_map(|reading| first_date(&reading.source.bytes)));
    }
    known.sort_unstable();
    let Some(middle) = known.get(known.len() / 2).copied() else {
        return;
    };
    for event in readings.iter_mut().flat_map(|reading| &mut reading.events) {
        let complete = |rough: &mut Option<Rough>, stamp: &mut Option<Stamp>| {
            if let Some(Rough::WithoutYear(moment)) = *rough {
                *stamp = Some(Stamp::Local(nearest(moment, middle)));
                *rough = None;
            }
        };
        complete(&mut event.rough, &mut event.at);
        complete(&mut event.rough_until, &mut event.until);
    }
}

/// The first ISO 8601 date and time anywhere in the text, in microseconds.
fn first_date(bytes: &[u8]) -> Option<i64> {
    let head = &bytes[..bytes.len().min(REACH)];
    memchr::memmem::find_iter(head, b"20").find_map(|at| {
        let (stamp, _) = iso8601(&head[at..])?;
        match stamp {
            Stamp::Zoned(moment) | Stamp::Local(moment) => Some(moment.lo.0),
            Stamp::Uptime(_) => None,
        }
    })
}

/// `moment` of the year 2000 moved to the year that brings it nearest to `middle`.
fn nearest(moment: Moment, middle: i64) -> Moment {
    (0..=140)
        .map(|years| {
            let cycle = years / 4 * 1461;
            let within = YEAR_STARTS[(years % 4) as usize];
            // Behind 29 February a year without that day begins one day earlier.
            let behind = moment.lo.0 >= YEAR_2000 + 60 * DAY;
            let leap = years % 4 == 0;
            let correction = i64::from(behind && !leap);
            moment.plus((cycle + within - correction) * DAY)
        })
        .min_by_key(|candidate| candidate.lo.0.abs_diff(middle))
        .unwrap_or(moment)
}

/// 2000-01-01T00:00:00Z.
const YEAR_2000: i64 = 946_684_800 * crate::time::SECOND;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{Instant, syslog};

    #[test]
    fn the_year_is_the_nearest_one() {
        let around = Instant::from_civil((2026, 11, 22), (0, 0, 0), 0).unwrap().0;
        for (text, expected) in [
            ("Nov 22 01:02:03", "2026-11-22T01:02:03Z"),
            ("Jan  3 01:02:03", "2027-01-03T01:02:03Z"),
            ("Mar  1 00:00:00", "2027-03-01T00:00:00Z"),
            ("Jun 15 12:00:00", "2026-06-15T12:00:00Z"),
        ] {
            let Some((Stamp::Local(moment), _)) = syslog(text.as_bytes(), 2000) else {
                panic!("{text}");
            };
            assert_eq!(nearest(moment, around).lo.rfc3339(), expected, "{text}");
        }
        let around = Instant::from_civil((2024, 3, 10), (0, 0, 0), 0).unwrap().0;
        let Some((Stamp::Local(moment), _)) = syslog(b"Feb 29 01:02:03", 2000) else {
            panic!("leap day");
        };
        assert_eq!(nearest(moment, around).lo.rfc3339(), "2024-02-29T01:02:03Z");
    }
}
