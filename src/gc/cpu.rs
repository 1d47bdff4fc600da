//! CPU time of collections: did the collector's threads get the processors?

use super::event::{Cpu, Event};
use super::life::locator;
use super::report::{CpuStretch, CpuSummary};
use super::run::Run;
use crate::time::SECOND;

/// Shorter pauses say nothing: the JVM rounds CPU times to 10 ms.
const SHORTEST: i64 = SECOND / 10;
/// A single pause may have waited for its own reason (a heap dump, the first touch of a page): a state shows in several.
const FEWEST: u64 = 3;

/// Sums the CPU time of pauses that are long enough; `None` when none is. An hour without processors drowns in the sum
/// of a day, so the worst stretch is looked for: the consecutive pauses whose excess over the limit is the largest sum.
pub(super) fn summary(run: &Run, zero: i64, sources: &[String]) -> Option<CpuSummary> {
    let judged: Vec<(&Event, Cpu)> = run
        .events
        .iter()
        .filter(|event| event.counts() && event.micros() >= SHORTEST)
        .filter_map(|event| Some((event, event.cpu?)))
        .collect();
    let waited = |event: &Event, cpu: Cpu| event.micros() - 2 * (cpu.user + cpu.sys);
    let in_kernel = |_: &Event, cpu: Cpu| cpu.sys - cpu.user;
    let long = |found: &CpuStretch| found.real >= SECOND && found.pauses >= FEWEST;
    let pauses = worst(&judged, &waited);
    // One of them must have waited for most of its time: rounding alone can make half of it out of two thirds.
    let waits = |(event, cpu): &(&Event, Cpu)| (cpu.user + cpu.sys) * 4 < event.micros();
    let starved = stretch(pauses, &waited, zero, sources).filter(|_| pauses.iter().any(waits));
    let in_system = stretch(worst(&judged, &in_kernel), &in_kernel, zero, sources);
    Some(CpuSummary {
        all: stretch(&judged, &waited, zero, sources)?,
        starved: starved.filter(long),
        in_system: in_system.filter(|found| long(found) && found.sys > SECOND / 5),
    })
}

/// The consecutive pauses with the largest sum of `excess` (Kadane's algorithm); none when no sum is above 0.
fn worst<'a, 'e>(
    pauses: &'a [(&'e Event, Cpu)],
    excess: &dyn Fn(&Event, Cpu) -> i64,
) -> &'a [(&'e Event, Cpu)] {
    let (mut sum, mut from, mut best) = (0_i64, 0, (0_i64, 0..0));
    for (index, (event, cpu)) in pauses.iter().enumerate() {
        if sum <= 0 {
            (sum, from) = (0, index);
        }
        sum = sum.saturating_add(excess(event, *cpu));
        if sum > best.0 {
            best = (sum, from..index + 1);
        }
    }
    &pauses[best.1]
}

fn stretch(
    pauses: &[(&Event, Cpu)],
    excess: &dyn Fn(&Event, Cpu) -> i64,
    zero: i64,
    sources: &[String],
) -> Option<CpuStretch> {
    let (first, last) = (pauses.first()?.0, pauses.last()?.0);
    let (worst, _) = pauses
        .iter()
        .max_by_key(|(event, cpu)| (excess(event, *cpu), std::cmp::Reverse(event.begin)))?;
    let sum = |of: &dyn Fn(&Event, Cpu) -> i64| {
        let values = pauses.iter().map(|(event, cpu)| of(event, *cpu));
        values.fold(0, i64::saturating_add)
    };
    Some(CpuStretch {
        from: first.begin - zero,
        to: last.end() - zero,
        pauses: pauses.len() as u64,
        user: sum(&|_, cpu| cpu.user),
        sys: sum(&|_, cpu| cpu.sys),
        real: sum(&|event, _| event.micros()),
        worst: locator(sources, worst.place()),
        worst_duration: worst.micros(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::event::{PauseKind, Place};
    use super::*;

    /// A log in which pauses of 200 ms compute for `used` milliseconds.
    fn run(used: &[i64]) -> Run {
        let mut run = Run::new("unified");
        for (index, millis) in used.iter().enumerate() {
            let begin = index as i64 * SECOND;
            let mut event = Event::new(begin, 200_000_000, PauseKind::Young, 0, Place::default());
            event.cpu = Some(Cpu {
                user: millis * 1000,
                sys: 0,
                real: 200_000,
            });
            run.push(event);
        }
        run
    }

    #[test]
    fn ten_starved_pauses_do_not_drown_in_a_good_day() {
        let mut used = vec![400; 500];
        used[100..110].fill(20);
        let summary = summary(&run(&used), 0, &[]).unwrap();
        assert_eq!(summary.all.pauses, 500);
        let starved = summary.starved.unwrap();
        assert_eq!((starved.pauses, starved.real), (10, 2 * SECOND));
        assert_eq!(starved.from, 100 * SECOND);
        assert_eq!(summary.in_system, None);
    }

    #[test]
    fn too_little_time_is_no_stretch() {
        let mut used = vec![400; 50];
        used[7..11].fill(20);
        assert_eq!(summary(&run(&used), 0, &[]).unwrap().starved, None);
        assert_eq!(summary(&run(&[]), 0, &[]), None);
    }
}
