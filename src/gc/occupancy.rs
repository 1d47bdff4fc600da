//! How full the heap is: which area is the ceiling, the rates, and the points of the chart.

use super::event::{Collector, Event, PauseKind, UNKNOWN};
use super::report::Rates;
use super::run::Run;
use crate::key;
use crate::text::said;
use crate::time::SECOND;

/// The area whose exhaustion ends the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ceiling {
    /// The whole heap: its limit in bytes.
    Heap(u64),
    /// The old generation of Serial, Parallel and CMS: its largest capacity in bytes.
    Old(u64),
}

impl Ceiling {
    /// The ceiling of a run; `None` when the log does not say how large anything may become.
    pub(super) fn of(run: &Run) -> Option<Self> {
        let old = largest(&run.events, |event| event.old.capacity);
        let generational = matches!(
            run.collector,
            Collector::Serial | Collector::Parallel | Collector::Cms
        );
        if let Some(old) = old
            && generational
        {
            return Some(Self::Old(old));
        }
        heap_max(run).map(Self::Heap)
    }

    pub(super) fn bytes(self) -> u64 {
        match self {
            Self::Heap(bytes) | Self::Old(bytes) => bytes,
        }
    }

    pub(super) fn name(self) -> &'static str {
        said(match self {
            Self::Heap(_) => key!("heap"),
            Self::Old(_) => key!("old generation"),
        })
    }

    /// Bytes in the area after a collection, if logged.
    pub(super) fn after(self, event: &Event) -> Option<u64> {
        let area = match self {
            Self::Heap(_) => event.heap,
            Self::Old(_) => event.old,
        };
        area.is_known().then_some(area.after)
    }
}

/// The limit of the heap: what the header says, else the largest capacity seen.
pub(super) fn heap_max(run: &Run) -> Option<u64> {
    run.heap_max
        .or_else(|| largest(&run.events, |event| event.heap.capacity))
}

fn largest(events: &[Event], of: impl Fn(&Event) -> u64) -> Option<u64> {
    events
        .iter()
        .map(of)
        .filter(|&bytes| bytes != UNKNOWN && bytes > 0)
        .max()
}

/// Rates over `span` microseconds.
pub(super) fn rates(run: &Run, span: i64) -> Rates {
    let (mut allocated, mut promoted, mut freed) = (0_u64, 0_u64, 0_u64);
    let (mut knows_promotion, mut collections) = (false, 0_u64);
    let mut last_after: Option<u64> = None;
    for event in run
        .events
        .iter()
        .filter(|event| !event.nested && event.heap.is_known())
    {
        let before = event.heap.before;
        if before == UNKNOWN {
            last_after = Some(event.heap.after);
            continue;
        }
        collections += 1;
        allocated = allocated.saturating_add(match last_after {
            Some(after) => before.saturating_sub(after),
            None => 0,
        });
        freed = freed.saturating_add(event.heap.freed());
        if matches!(event.kind, PauseKind::Young | PauseKind::Mixed)
            && let Some(bytes) = promotion(event)
        {
            knows_promotion = true;
            promoted = promoted.saturating_add(bytes);
        }
        last_after = Some(event.heap.after);
    }
    let per_second = |bytes: u64| (span > 0).then(|| bytes as f64 * SECOND as f64 / span as f64);
    Rates {
        allocation: per_second(allocated).filter(|_| collections > 1),
        promotion: per_second(promoted).filter(|_| knows_promotion),
        reclaim: per_second(freed).filter(|_| collections > 0),
        allocated,
    }
}

/// Bytes that a young collection moved to the old generation, if the log tells.
fn promotion(event: &Event) -> Option<u64> {
    if event.old.is_known() && event.old.before != UNKNOWN {
        return Some(event.old.after.saturating_sub(event.old.before));
    }
    if event.young.is_known() && event.young.before != UNKNOWN {
        // What left the young generation but not the heap.
        return Some(event.young.freed().saturating_sub(event.heap.freed()));
    }
    None
}

/// Positions of the events to show: all up to `limit`. Beyond that, equal slices of time keep their first event, their
/// longest, their highest occupancy before and their lowest after, so that no extreme is lost; the order stays.
pub(super) fn thin(events: &[Event], limit: usize) -> Vec<usize> {
    if events.len() <= limit {
        return (0..events.len()).collect();
    }
    let begin = events.iter().map(|event| event.begin).min().unwrap_or(0);
    let end = events.iter().map(|event| event.begin).max().unwrap_or(0);
    let slices = (limit / 4).max(1) as i64;
    let width = ((end - begin) / slices + 1).max(1);
    let mut kept: Vec<[usize; 4]> = vec![[usize::MAX; 4]; slices as usize + 1];
    let better = |slot: &mut usize, index: usize, wins: &dyn Fn(&Event, &Event) -> bool| {
        if *slot == usize::MAX || wins(&events[index], &events[*slot]) {
            *slot = index;
        }
    };
    for (index, event) in events.iter().enumerate() {
        let slice = ((event.begin - begin) / width) as usize;
        let Some(slots) = kept.get_mut(slice) else {
            continue;
        };
        better(&mut slots[0], index, &|_, _| false);
        better(&mut slots[1], index, &|new, old| new.nanos > old.nanos);
        let high = |event: &Event| {
            if event.heap.before == UNKNOWN {
                0
            } else {
                event.heap.before
            }
        };
        better(&mut slots[2], index, &|new, old| high(new) > high(old));
        better(&mut slots[3], index, &|new, old| {
            new.heap.after < old.heap.after
        });
    }
    let mut indices: Vec<usize> = kept
        .into_iter()
        .flatten()
        .filter(|&index| index != usize::MAX)
        .collect();
    indices.sort_unstable();
    indices.dedup();
    indices.truncate(limit);
    indices
}

#[cfg(test)]
mod tests {
    use super::super::event::Place;
    use super::*;

    #[test]
    fn thinning_keeps_the_longest_pause() {
        let mut events: Vec<Event> = (0..10_000)
            .map(|at| Event::new(at * 1000, 5, PauseKind::Young, 0, Place::default()))
            .collect();
        events[7777].nanos = 99;
        let kept = thin(&events, 400);
        assert!(kept.len() <= 400 && kept.contains(&7777) && kept.contains(&0));
        assert_eq!(thin(&events, 20_000).len(), 10_000);
    }
}
