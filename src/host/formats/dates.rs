//! The dates that collectors print between snapshots: `date`, and ISO 8601.

use crate::time::{Moment, Stamp, iso8601, syslog};

/// Half a day in microseconds.
const HALF_DAY: i64 = 12 * 3600 * crate::time::SECOND;

/// `Sun Nov 22 01:02:03 UTC 2026`, `Sun Nov 22 01:02:03 PM KST 2026`, a line that is nothing but an ISO 8601 time, or what
/// `linperf.sh` writes above `top -H` since 2025: `2026-11-22 01:02:03<tab>Collecting against PID 711.`
/// Other zone names than UTC are not unique, so such a stamp stays without a zone.
pub(super) fn date(text: &str) -> Option<Stamp> {
    if let Some((stamp, end)) = iso8601(text.as_bytes()) {
        return text
            .get(end..)
            .is_some_and(|rest| {
                rest.trim().is_empty() || rest.starts_with("\tCollecting against PID ")
            })
            .then_some(stamp);
    }
    const WEEKDAYS: [&str; 7] = ["Sun ", "Mon ", "Tue ", "Wed ", "Thu ", "Fri ", "Sat "];
    let rest = text.get(4..)?;
    WEEKDAYS
        .iter()
        .any(|day| text.starts_with(day))
        .then_some(())?;
    let words: Vec<&str> = rest.split_whitespace().collect();
    let (year, half, zone) = match words.as_slice() {
        [_, _, _, half @ ("AM" | "PM"), zone, year] => (*year, Some(*half), *zone),
        [_, _, _, zone, year] => (*year, None, *zone),
        _ => return None,
    };
    let (stamp, _) = syslog(rest.as_bytes(), year.parse().ok()?)?;
    let Stamp::Local(moment) = stamp else {
        return None;
    };
    let noon = words.get(2).is_some_and(|time| time.starts_with("12"));
    let moment = match (half, noon) {
        (Some("PM"), false) => moment.plus(HALF_DAY),
        (Some("AM"), true) => moment.plus(-HALF_DAY),
        _ => moment,
    };
    Some(match zone {
        "UTC" | "GMT" => Stamp::Zoned(moment),
        _ => Stamp::Local(moment),
    })
}

/// `Sun Nov 22 01:02:03 2026 UTC`, as the JVM prints it: the year before the zone.
pub(super) fn with_zone_last(text: &str) -> Option<Stamp> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [weekday, month, day, time, year, zone] = words.as_slice() else {
        return None;
    };
    date(&format!("{weekday} {month} {day} {time} {zone} {year}"))
}

/// When of two snapshots is known: how far apart they are, in microseconds.
pub(in crate::host) fn apart(before: Option<Stamp>, after: Option<Stamp>) -> Option<i64> {
    let gap = |before: Moment, after: Moment| after.lo.since(before.lo);
    match (before?, after?) {
        (Stamp::Zoned(before), Stamp::Zoned(after))
        | (Stamp::Local(before), Stamp::Local(after)) => Some(gap(before, after)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hour(text: &str) -> Option<String> {
        let (Stamp::Zoned(moment) | Stamp::Local(moment)) = date(text)? else {
            return None;
        };
        Some(moment.lo.rfc3339())
    }

    #[test]
    fn what_date_prints() {
        let noon = Some("2026-11-22T12:02:03Z".to_owned());
        assert_eq!(hour("Sun Nov 22 12:02:03 UTC 2026"), noon);
        assert_eq!(hour("Sun Nov 22 12:02:03 PM UTC 2026"), noon);
        assert_eq!(hour("2026-11-22T12:02:03Z"), noon);
        assert_eq!(
            hour("2026-11-22 12:02:03\tCollecting against PID 711."),
            noon
        );
        let night = Some("2026-11-22T00:02:03Z".to_owned());
        assert_eq!(hour("Sun Nov 22 12:02:03 AM UTC 2026"), night);
        assert!(matches!(
            date("Sun Nov 22 12:02:03 KST 2026"),
            Some(Stamp::Local(_))
        ));
        let last = with_zone_last("Sun Nov 22 12:02:03 2026 UTC");
        assert_eq!(last, date("Sun Nov 22 12:02:03 UTC 2026"));
        assert_eq!(with_zone_last("Sun Nov 22 12:02:03 2026"), None);
        assert_eq!(date("Sunday is no date"), None);
        assert_eq!(date("Sun Nov 22 é 12:02:03"), None);
        assert_eq!(date("2026-11-22 12:02:03 something happened"), None);
    }
}
