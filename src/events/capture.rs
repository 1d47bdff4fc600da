//! When a table or description was captured, and so when its aged events happened.
//!
//! `kubectl` prints ages, truncated downwards, of stamps that are whole seconds. A description also prints absolute
//! times of the same things, which makes it an equation for the moment of capture; a bare table borrows the absolute
//! times of the same pods from other sources.

use super::event::{Event, Rough, Subject, What};
use super::reading::Reading;
use super::state::{Capture, ContainerState, RunState};
use crate::t;
use crate::time::{Instant, Moment, SECOND, Stamp};

/// The kubelet accepts a pod at most this long after the scheduler placed it, for the solver's purpose.
const ACCEPTED_WITHIN: i64 = 2 * SECOND;
/// The kubelet reports a start at most this long after the runtime's own stamp.
const REPORTED_WITHIN: i64 = SECOND;

/// Solves the moment of capture of every reading that has ages, and turns the ages into moments.
pub(super) fn solve(readings: &mut [Reading<'_>]) {
    let known = absolute(readings);
    for reading in readings.iter_mut() {
        let aged = reading
            .events
            .iter()
            .any(|event| matches!(event.rough, Some(Rough::Age(..))));
        if aged || !reading.pods.is_empty() {
            let own = anchors(reading, &starts_of(reading));
            let solved = intersect(own, &lower_bounds(reading))
                .or_else(|| intersect(anchors(reading, &known), &[]));
            if let Some((captured, how)) = solved {
                apply(reading, captured, how);
            }
        }
    }
}

/// A pod and when the kubelet accepted it, as absolute time.
type Start = (Subject, Moment);

fn starts_of(reading: &Reading<'_>) -> Vec<Start> {
    let pods = reading.pods.iter();
    pods.filter_map(|pod| Some((pod.subject.clone(), pod.started?)))
        .collect()
}

/// All pods of all sources with an absolute start; where no state gives one, the event `Scheduled` does.
fn absolute(readings: &[Reading<'_>]) -> Vec<Start> {
    let mut starts: Vec<Start> = readings.iter().flat_map(starts_of).collect();
    for event in readings.iter().flat_map(|reading| &reading.events) {
        if let (What::Scheduled, Some(Stamp::Zoned(at))) = (&event.what, event.at)
            && event.subject.pod.is_some()
            && event.rough.is_none()
        {
            starts.push((event.subject.clone(), at));
        }
    }
    starts
}

/// Intervals for the moment of capture, each with what it was solved from, the surest first.
fn anchors(reading: &Reading<'_>, starts: &[Start]) -> Vec<(Moment, String)> {
    let mut anchors = Vec::new();
    for event in &reading.events {
        let Some(Rough::Age(least, most)) = event.rough else {
            continue;
        };
        if event.what != What::Scheduled || event.count > 1 {
            continue;
        }
        let Some((_, start)) = starts.iter().find(|(pod, _)| same_pod(pod, &event.subject)) else {
            continue;
        };
        let earliest = start.lo.plus(least).plus(-ACCEPTED_WITHIN);
        anchors.push((
            Moment {
                lo: earliest,
                hi: start.lo.plus(most),
            },
            t!("the start time of the pod and the age of Scheduled"),
        ));
    }
    for container in &reading.containers {
        let Some(start) = newest_start(container) else {
            continue;
        };
        let Some((least, most)) = newest_started_event(reading, container) else {
            continue;
        };
        anchors.push((
            Moment {
                lo: start.lo.plus(least),
                hi: start.lo.plus(most).plus(REPORTED_WITHIN),
            },
            t!("the start of the container and the age of Started"),
        ));
    }
    anchors
}

fn same_pod(left: &Subject, right: &Subject) -> bool {
    left.pod.is_some()
        && left.pod == right.pod
        && (left.namespace == right.namespace
            || left.namespace.is_none()
            || right.namespace.is_none())
}

/// When the newest life of a container began, as the runtime says.
fn newest_start(container: &ContainerState) -> Option<Moment> {
    match (&container.state, &container.last_state) {
        (RunState::Running { started }, _) => *started,
        (RunState::Terminated(end), _) => end.started,
        (RunState::Waiting { .. }, Some(RunState::Terminated(end))) => end.started,
        _ => None,
    }
}

/// The age of the newest event `Started` of a container, if the events tell of all its starts: the kubelet drops events
/// of a pod that has many, and then the newest event is not the newest start.
fn newest_started_event(reading: &Reading<'_>, container: &ContainerState) -> Option<(i64, i64)> {
    let of_container = |event: &&Event| {
        event.what == What::ContainerStarted
            && event.subject.pod == container.subject.pod
            && event.subject.container == container.subject.container
    };
    let starts = reading.events.iter().filter(of_container);
    let counted: u64 = starts.clone().map(|event| event.count).sum();
    if Some(counted)
        != container
            .restart_count
            .map(|restarts| restarts.saturating_add(1))
    {
        return None;
    }
    starts
        .filter_map(|event| match event.rough_until.or(event.rough)? {
            Rough::Age(least, most) => Some((least, most)),
            _ => None,
        })
        .min()
}

/// Absolute times in the source: it was captured after all of them.
fn lower_bounds(reading: &Reading<'_>) -> Vec<Instant> {
    let mut bounds = Vec::new();
    let mut add = |moment: Option<Moment>| bounds.extend(moment.map(|moment| moment.lo));
    for container in &reading.containers {
        for state in [Some(&container.state), container.last_state.as_ref()]
            .into_iter()
            .flatten()
        {
            match state {
                RunState::Running { started } => add(*started),
                RunState::Terminated(end) => {
                    add(end.started);
                    add(end.finished);
                }
                RunState::Waiting { .. } | RunState::Unknown => {}
            }
        }
    }
    reading.pods.iter().for_each(|pod| add(pod.started));
    bounds
}

/// The moments that all anchors allow; an anchor that contradicts those before it is left out.
fn intersect(anchors: Vec<(Moment, String)>, bounds: &[Instant]) -> Option<(Moment, String)> {
    let mut solved: Option<(Moment, String)> = None;
    for (moment, how) in anchors {
        solved = match solved {
            None => Some((moment, how)),
            Some((known, said)) => {
                let lo = known.lo.max(moment.lo);
                let hi = known.hi.min(moment.hi);
                match lo <= hi {
                    true if said.contains(&how) => Some((Moment { lo, hi }, said)),
                    true => Some((Moment { lo, hi }, t!("{said}; {how}", said, how))),
                    false => Some((known, said)),
                }
            }
        };
    }
    let (mut moment, how) = solved?;
    for bound in bounds {
        if *bound <= moment.hi {
            moment.lo = moment.lo.max(*bound);
        }
    }
    Some((moment, how))
}

fn apply(reading: &mut Reading<'_>, captured: Moment, how: String) {
    let at = |rough: Option<Rough>| match rough {
        Some(Rough::Age(least, most)) => {
            // The age is that of a stamp without its fraction, so the event lies up to a second later.
            let lo = captured.lo.plus(-most);
            let hi = captured.hi.plus(-least).plus(SECOND - 1);
            Some(Stamp::Zoned(Moment { lo, hi }))
        }
        _ => None,
    };
    for event in &mut reading.events {
        if event.at.is_none() {
            event.at = at(event.rough);
            event.until = at(event.rough_until);
            if event.at.is_some() {
                event.rough = None;
                event.rough_until = None;
            }
        }
    }
    for pod in &mut reading.pods {
        pod.captured = Some(captured);
    }
    for container in &mut reading.containers {
        container.captured = Some(captured);
    }
    sharpen(reading);
    reading.capture = Some(Capture {
        source: reading.source.name.clone(),
        captured,
        how,
    });
}

/// The newest `Started` of a container and the runtime's own stamp are one fact: the event takes the sharper time.
fn sharpen(reading: &mut Reading<'_>) {
    for container in &reading.containers {
        let Some(start) = newest_start(container) else {
            continue;
        };
        let reported = Moment {
            lo: start.lo,
            hi: start.hi.plus(REPORTED_WITHIN),
        };
        for event in &mut reading.events {
            let same = event.what == What::ContainerStarted
                && event.subject.pod == container.subject.pod
                && event.subject.container == container.subject.container;
            let slot = match event.until {
                Some(_) => &mut event.until,
                None => &mut event.at,
            };
            if let (true, Some(Stamp::Zoned(at))) = (same, *slot)
                && at.order(reported).is_none()
            {
                *slot = Some(Stamp::Zoned(Moment {
                    lo: at.lo.max(reported.lo),
                    hi: at.hi.min(reported.hi),
                }));
            }
        }
    }
}
