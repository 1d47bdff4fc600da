//! Time that the application lost, as disjoint intervals, and everything that is measured on them.

use super::event::{Event, PauseKind};
use super::report::{LossWindows, MmuPoint};
use crate::time::SECOND;

/// A stretch of lost time on the raw clock, in nanoseconds, end excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Interval {
    pub(super) from: i64,
    pub(super) to: i64,
}

/// Disjoint intervals in order of time with prefix sums, so that any window is two binary searches.
#[derive(Debug, Clone, Default)]
pub(super) struct Loss {
    intervals: Vec<Interval>,
    /// Nanoseconds lost before interval `i`.
    before: Vec<i64>,
}

/// Window lengths of the MMU curve in microseconds.
const MMU_WINDOWS: [i64; 9] = [
    SECOND / 10,
    SECOND / 5,
    SECOND / 2,
    SECOND,
    2 * SECOND,
    5 * SECOND,
    10 * SECOND,
    30 * SECOND,
    60 * SECOND,
];

/// Windows of the loss chart: at most this many.
const WINDOWS: i64 = 600;

impl Loss {
    /// The union of all pauses and stalls. Pauses cannot overlap in truth: where rounded stamps make them, the later one
    /// is moved behind the earlier, so that the sum stays exact. Stalls of several threads at once count once.
    pub(super) fn of(events: &[Event]) -> Self {
        let mut pauses: Vec<Interval> = events
            .iter()
            .filter(|event| event.counts() && event.nanos > 0)
            .map(interval)
            .collect();
        pauses.sort_by_key(|interval| interval.from);
        let mut free = i64::MIN;
        for pause in &mut pauses {
            let length = pause.to - pause.from;
            pause.from = pause.from.max(free);
            pause.to = pause.from.saturating_add(length);
            free = pause.to;
        }
        let stalls = events.iter().filter(|event| event.kind == PauseKind::Stall);
        pauses.extend(stalls.map(interval));
        pauses.sort_by_key(|interval| interval.from);
        let mut intervals: Vec<Interval> = Vec::with_capacity(pauses.len());
        for next in pauses {
            match intervals.last_mut() {
                Some(last) if next.from <= last.to => last.to = last.to.max(next.to),
                _ => intervals.push(next),
            }
        }
        let mut lost = 0_i64;
        let before = intervals
            .iter()
            .map(|interval| {
                let so_far = lost;
                lost = lost.saturating_add(interval.to - interval.from);
                so_far
            })
            .collect();
        Self { intervals, before }
    }

    pub(super) fn intervals(&self) -> &[Interval] {
        &self.intervals
    }

    /// All lost time in nanoseconds.
    pub(super) fn total(&self) -> i64 {
        match (self.intervals.last(), self.before.last()) {
            (Some(last), Some(before)) => before.saturating_add(last.to - last.from),
            _ => 0,
        }
    }

    /// Nanoseconds lost before `time` (nanoseconds).
    fn lost_before(&self, time: i64) -> i64 {
        let index = self
            .intervals
            .partition_point(|interval| interval.from < time);
        match index.checked_sub(1) {
            Some(last) => self.before[last]
                .saturating_add(time.min(self.intervals[last].to) - self.intervals[last].from),
            None => 0,
        }
    }

    /// Share of `from..to` (microseconds) that was lost, 0 to 1.
    pub(super) fn share(&self, from: i64, to: i64) -> f64 {
        if to <= from {
            return 0.0;
        }
        let (from, to) = (from.saturating_mul(1000), to.saturating_mul(1000));
        (self.lost_before(to) - self.lost_before(from)) as f64 / (to - from) as f64
    }

    /// Microseconds lost in `from..to` (microseconds).
    pub(super) fn micros(&self, from: i64, to: i64) -> i64 {
        let lost =
            self.lost_before(to.saturating_mul(1000)) - self.lost_before(from.saturating_mul(1000));
        lost / 1000
    }

    /// Minimum mutator utilisation for each window length that fits into `begin..end` (microseconds). Exact: the worst
    /// window begins where a loss begins or ends where one ends (Cheng and Blelloch, PLDI 2001).
    pub(super) fn mmu(&self, begin: i64, end: i64) -> Vec<MmuPoint> {
        let (begin, end) = (begin.saturating_mul(1000), end.saturating_mul(1000));
        MMU_WINDOWS
            .iter()
            .filter(|&&window| window.saturating_mul(1000) <= end.saturating_sub(begin))
            .map(|&micros| self.mmu_of(micros, begin, end))
            .collect()
    }

    fn mmu_of(&self, micros: i64, begin: i64, end: i64) -> MmuPoint {
        let window = micros * 1000;
        let (mut worst, mut at) = (0, begin);
        for interval in &self.intervals {
            for from in [interval.from, interval.to - window] {
                let from = from.clamp(begin, end - window);
                let lost = self.lost_before(from + window) - self.lost_before(from);
                if lost > worst {
                    (worst, at) = (lost, from);
                }
            }
        }
        MmuPoint {
            window: micros,
            utilisation: 1.0 - worst as f64 / window as f64,
            at: at / 1000,
        }
    }

    /// Lost time per window of a round length over `begin..end` (microseconds).
    pub(super) fn windows(&self, begin: i64, end: i64) -> LossWindows {
        let width = round_width(end.saturating_sub(begin));
        let count = (end.saturating_sub(begin) / width).clamp(0, WINDOWS) + 1;
        let lost = (0..count)
            .map(|index| self.micros(begin + index * width, begin + (index + 1) * width))
            .collect();
        LossWindows {
            from: begin,
            width,
            lost,
        }
    }
}

fn interval(event: &Event) -> Interval {
    let from = event.begin.saturating_mul(1000);
    Interval {
        from,
        to: from.saturating_add(event.nanos),
    }
}

/// The smallest of 1, 2, 5, 10, 20, 50 … seconds that cuts `span` microseconds into at most [`WINDOWS`] pieces.
fn round_width(span: i64) -> i64 {
    let mut width = SECOND;
    let mut steps = [2, 5, 10].into_iter().cycle();
    let mut base = SECOND;
    while span / width > WINDOWS {
        let step = steps.next().unwrap_or(10);
        width = base.saturating_mul(step);
        if step == 10 {
            base = width;
        }
    }
    width
}

#[cfg(test)]
mod tests {
    use super::super::event::Place;
    use super::*;
    use proptest::prelude::*;

    fn event(begin: i64, micros: i64, kind: PauseKind) -> Event {
        Event::new(begin, micros * 1000, kind, 0, Place::default())
    }

    #[test]
    fn pauses_keep_their_sum_and_stalls_join() {
        let events = [
            event(0, 100, PauseKind::Young),
            event(90, 100, PauseKind::Full),
            event(50, 400, PauseKind::Stall),
            event(60, 400, PauseKind::Stall),
            event(0, 1, PauseKind::Cycle),
        ];
        let loss = Loss::of(&events);
        assert_eq!(loss.total(), 460_000);
        assert_eq!(loss.intervals().len(), 1);
    }

    #[test]
    fn widths_are_round() {
        assert_eq!(round_width(0), SECOND);
        assert_eq!(round_width(900 * SECOND), 2 * SECOND);
        assert_eq!(round_width(5000 * SECOND), 10 * SECOND);
        assert_eq!(round_width(i64::MAX) % SECOND, 0);
    }

    proptest! {
        /// The MMU against every window start on a fine grid.
        #[test]
        fn mmu_is_the_minimum_over_all_windows(
            pauses in proptest::collection::vec((0_i64..2_000_000, 1_i64..300_000), 0..12)
        ) {
            let events: Vec<Event> = pauses
                .iter()
                .map(|(begin, micros)| event(*begin, *micros, PauseKind::Stall))
                .collect();
            let loss = Loss::of(&events);
            let (begin, end) = (0, 2_500_000);
            for point in loss.mmu(begin, end) {
                let mut naive = f64::INFINITY;
                let mut from = begin;
                while from + point.window <= end {
                    let busy: i64 = (0..point.window / 1000)
                        .map(|step| from + step * 1000)
                        .filter(|at| pauses.iter().any(|(b, d)| b <= at && *at < b + d))
                        .count() as i64 * 1000;
                    naive = naive.min(1.0 - busy as f64 / point.window as f64);
                    from += 10_000;
                }
                prop_assert!(point.utilisation <= naive + 0.03, "{point:?} {naive}");
                let there = 1.0 - loss.share(point.at, point.at + point.window);
                prop_assert!((there - point.utilisation).abs() < 1e-4);
            }
        }
    }
}
