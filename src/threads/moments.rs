//! Puts dumps in order of time although only some of them say in which zone their time is: HotSpot writes local time
//! without a zone, `Thread.dump_to_file` writes UTC.

use super::dump::Dump;
use super::process::processes;
use crate::time::{SECOND, Stamp};

const MINUTE: i64 = 60 * SECOND;
/// Dumps of both kinds that were taken together are no further apart than this, in microseconds.
const TOGETHER: i64 = 2 * MINUTE;
/// Offsets of zones from UTC that are not whole hours, in minutes.
const ODD_ZONES: [i64; 13] = [
    -570, -210, -150, 210, 270, 330, 345, 390, 525, 570, 630, 765, 825,
];

/// Sorts `dumps` by time, then source and line. Dumps without a time come first: nothing says that they are later.
pub(crate) fn put_in_order(dumps: &mut [Dump]) {
    dumps.sort_by(|left, right| order(left).cmp(&order(right)));
    conclude_zones(dumps);
    dumps.sort_by(|left, right| order(left).cmp(&order(right)));
}

fn order(dump: &Dump) -> (i64, &str, u64) {
    (
        utc(dump).unwrap_or(i64::MIN),
        dump.source.as_str(),
        dump.line,
    )
}

/// When it was taken in microseconds of UTC; a local time without a concluded zone is taken as it stands.
pub(crate) fn utc(dump: &Dump) -> Option<i64> {
    match dump.taken? {
        Stamp::Zoned(moment) => Some(moment.lo.0),
        Stamp::Local(moment) => {
            Some(moment.lo.0 - i64::from(dump.utc_offset_minutes.unwrap_or(0)) * MINUTE)
        }
        Stamp::Uptime(_) => None,
    }
}

/// A process of which there are dumps of both kinds shows the zone of its machine: the one in which two of them were taken
/// together.
fn conclude_zones(dumps: &mut [Dump]) {
    let is_local = |dump: &Dump| matches!(dump.taken, Some(Stamp::Local(_)));
    let is_zoned = |dump: &Dump| matches!(dump.taken, Some(Stamp::Zoned(_)));
    if !dumps.iter().any(is_local) || !dumps.iter().any(is_zoned) {
        return;
    }
    let all: Vec<&Dump> = dumps.iter().collect();
    for process in processes(&all) {
        let times = |kind: fn(&Dump) -> bool| -> Vec<i64> {
            let own = process.iter().map(|index| &dumps[*index]);
            own.filter(|dump| kind(dump)).filter_map(utc).collect()
        };
        let Some(offset) = offset(&times(is_local), &times(is_zoned)) else {
            continue;
        };
        for index in process {
            if is_local(&dumps[index]) {
                dumps[index].utc_offset_minutes = i16::try_from(offset).ok();
            }
        }
    }
}

/// The one offset from UTC, in minutes, that brings a local time together with a time in UTC. Both are sorted.
fn offset(local: &[i64], zoned: &[i64]) -> Option<i64> {
    let offsets = (-12..=14).map(|hour| hour * 60).chain(ODD_ZONES);
    let apart = |minutes: i64| {
        let nearest = local.iter().filter_map(|time| {
            let time = time - minutes * MINUTE;
            let after = zoned.partition_point(|other| *other < time);
            let around = [after.checked_sub(1), Some(after)];
            let around = around.into_iter().flatten().filter_map(|at| zoned.get(at));
            around.map(|other| (other - time).abs()).min()
        });
        nearest.min()
    };
    let mut fitting = offsets.filter(|minutes| apart(*minutes).is_some_and(|us| us <= TOGETHER));
    // When local times lie an hour apart, more than one zone fits, and none can be concluded.
    let only = fitting.next()?;
    fitting.next().is_none().then_some(only)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_zone_is_the_one_that_brings_two_dumps_together() {
        let at = |hour: i64, minute: i64| (hour * 60 + minute) * MINUTE;
        // Taken at 10:00 and 10:30 in Seoul, with a file at 01:30 UTC.
        assert_eq!(offset(&[at(10, 0), at(10, 30)], &[at(1, 30)]), Some(540));
        assert_eq!(offset(&[at(5, 30)], &[at(0, 0)]), Some(330));
        assert_eq!(offset(&[at(10, 0)], &[at(10, 1)]), Some(0));
        // Taken 20 minutes apart: no zone can be concluded.
        assert_eq!(offset(&[at(10, 0)], &[at(1, 20)]), None);
        assert_eq!(offset(&[], &[at(1, 20)]), None);
        // Taken at 9:30 and 10:30: the file belongs to one of them.
        assert_eq!(offset(&[at(9, 30), at(10, 30)], &[at(1, 30)]), None);
    }
}
