//! What users and operators felt, as facts. How bad that is depends on who they are, so no level is given.

use super::clocks::Clocks;
use super::report::{End, Impact, Life};
use super::rooms::Rooms;
use crate::time::{Instant, Moment};

/// Counts requests, deaths and silences.
pub(super) fn assess(rooms: &Rooms, clocks: &Clocks, lives: &[Life]) -> Impact {
    let access = &rooms.access;
    let logged = access.requests > 0;
    let failed: u64 = access
        .statuses
        .iter()
        .filter(|(status, _)| (500..600).contains(status))
        .map(|(_, count)| count)
        .sum();
    let silences = access.gaps.iter().filter_map(|gap| {
        let from = clocks.place_access(&rooms.access, gap.from)?;
        Some((from, clocks.place_access(&rooms.access, gap.to)?))
    });
    Impact {
        requests: logged.then_some(access.requests),
        failed: logged.then_some(failed),
        deaths: lives.iter().filter(|life| died(life)).count() as u64,
        down: down(rooms, clocks, lives),
        silences: silences.collect(),
    }
}

/// Whether a life ended against the will of its operator.
pub(super) fn died(life: &Life) -> bool {
    !matches!(
        life.terminator.kind,
        End::StillRunning | End::NeverStarted | End::OrderedStop | End::NormalExit
    ) && (life.ended.is_some() || life.terminator.kind != End::Unknown)
}

/// From the last request that finished before each death (or the death itself) to the next that finished, or to the
/// next life that is up, whichever is known first.
fn down(rooms: &Rooms, clocks: &Clocks, lives: &[Life]) -> Option<i64> {
    let finished: Vec<Instant> = rooms
        .access
        .seconds
        .iter()
        .filter(|second| second.finished > 0)
        .filter_map(|second| {
            Some(
                clocks
                    .place_access(&rooms.access, Moment::exact(second.at))?
                    .lo,
            )
        })
        .collect();
    let mut total = None;
    for pair in lives.windows(2) {
        let (Some(started), Some(ended), Some(next)) =
            (pair[0].started, pair[0].ended, pair[1].started)
        else {
            continue;
        };
        let before = finished.iter().rfind(|at| **at <= ended.lo);
        let gone = match before {
            Some(last) if *last > started.lo => last.plus(rooms.access.step_us),
            _ => ended.lo,
        };
        let served = finished.iter().find(|at| **at > next.lo).copied();
        let back = [pair[1].ready.map(|ready| ready.lo), served];
        if let Some(back) = back.into_iter().flatten().min() {
            *total.get_or_insert(0) += back.since(gone).max(0);
        }
    }
    total
}
