//! The lives of containers and supervised processes, from states, starts and ends.

use std::collections::BTreeSet;

use super::event::{Event, Subject, What};
use super::kinds::KillReason;
use super::outputs;
use super::state::{ContainerState, Life, Output, RunState, Terminated, Unobserved};
use crate::time::{Moment, SECOND, Stamp};

/// Two stamps of one start or end, written by two components, lie at most this far apart.
const SAME: i64 = 2 * SECOND;
/// An end follows its order within the grace period (30 s unless written) and this much more.
const SLACK: i64 = 60 * SECOND;
const GRACE: i64 = 30 * SECOND;

/// All lives that the states and events tell of, in the order of time.
pub(super) fn lives(
    containers: &[ContainerState],
    events: &[Event],
    outputs: &[Output],
) -> Vec<Life> {
    let mut lives: Vec<Life> = Vec::new();
    for container in containers.iter().filter(|container| !container.init) {
        for life in of_state(container) {
            add(&mut lives, life);
        }
    }
    of_events(events, &mut lives);
    for life in &mut lives {
        life.kill_order = order_before(life, events, containers);
    }
    lives.sort_by_key(|life| {
        let at = life.started.or(life.ended).and_then(known);
        (at.is_none(), at.map(|moment| moment.lo), life.number)
    });
    number_first(&mut lives, containers, events);
    outputs::number(&mut lives, outputs);
    bound_ends(&mut lives, events);
    lives
}

/// The first start that a series of events names is life 0 if the series counts all starts.
fn number_first(lives: &mut [Life], containers: &[ContainerState], events: &[Event]) {
    for container in containers.iter().filter(|container| !container.init) {
        let all = container.restart_count.map(|restarts| restarts + 1);
        let starts = |event: &&Event| {
            event.what == What::ContainerStarted && event.subject.agrees(&container.subject)
        };
        let counted: u64 = events.iter().filter(starts).map(|event| event.count).sum();
        if Some(counted) == all
            && let Some(life) = lives
                .iter_mut()
                .find(|life| life.subject.agrees(&container.subject))
            && life.started.is_some()
        {
            life.number = life.number.or(Some(0));
        }
    }
}

/// A life whose end was not written ended between the order to end it (or its own start) and the start of the next life,
/// if that was the very next one.
fn bound_ends(lives: &mut [Life], events: &[Event]) {
    for index in 0..lives.len() {
        let life = &lives[index];
        if life.ended.is_some() || life.running || life.number.is_none() {
            continue;
        }
        let next = lives[index + 1..].iter().find(|next| {
            next.subject.agrees(&life.subject)
                && next.number == life.number.map(|number| number + 1)
        });
        let (Some(Stamp::Zoned(start)), Some(Stamp::Zoned(end))) =
            (life.started, next.and_then(|next| next.started))
        else {
            continue;
        };
        let mut from = start.lo;
        let mut order = None;
        for (position, event) in events.iter().enumerate() {
            let kill = matches!(event.what, What::KillOrdered { .. });
            if !kill || !life.subject.agrees(&event.subject) {
                continue;
            }
            for at in [event.at, event.until]
                .into_iter()
                .flatten()
                .filter_map(Stamp::zoned)
            {
                if at.lo > from && at.lo <= end.hi {
                    from = at.lo;
                    order = Some(position);
                }
            }
        }
        let ended = Moment {
            lo: from,
            hi: end.hi,
        };
        lives[index].ended = Some(Stamp::Zoned(ended));
        lives[index].kill_order = lives[index].kill_order.or(order);
    }
}

/// How many lives of each container left no trace but the restart count.
pub(super) fn unobserved(
    containers: &[ContainerState],
    outputs: &[Output],
    lives: &[Life],
) -> Vec<Unobserved> {
    let of_states = containers.iter().filter(|container| !container.init);
    let of_states = of_states.filter_map(|container| {
        let began = match container.state {
            RunState::Running { .. } | RunState::Terminated(_) => true,
            RunState::Waiting { .. } | RunState::Unknown => container.last_state.is_some(),
        };
        let total = container.restart_count? + u64::from(began);
        Some((&container.subject, total, None, &container.locator))
    });
    let of_outputs = outputs.iter().map(|output| {
        let total = output.number.saturating_add(1);
        (&output.subject, total, output.begun, &output.locator)
    });
    let mut result: Vec<Unobserved> = Vec::new();
    for (subject, total, until, locator) in of_states.chain(of_outputs) {
        // An output is a trace of its life.
        let own = lives.iter().filter(|life| {
            let later = life
                .started
                .and_then(known)
                .zip(until.and_then(known))
                .is_some_and(|(start, until)| start.lo > until.lo);
            life.subject.agrees(subject) && !later
        });
        let mut seen = own.clone().count() as u64;
        let numbers: BTreeSet<u64> = own.filter_map(|life| life.number).collect();
        let of_outputs: BTreeSet<u64> = outputs
            .iter()
            .filter(|output| output.subject.agrees(subject))
            .map(|output| output.number)
            .collect();
        let unnumbered = seen - numbers.len().min(seen as usize) as u64;
        let only_output = of_outputs.difference(&numbers).count() as u64;
        seen += only_output.saturating_sub(unnumbered);
        let missing = total.saturating_sub(seen);
        let again = result
            .iter_mut()
            .find(|known| known.subject.agrees(subject));
        match again {
            Some(known) => known.lives = known.lives.max(missing),
            None if missing > 0 => result.push(Unobserved {
                subject: subject.clone(),
                lives: missing,
                locator: locator.clone(),
            }),
            None => {}
        }
    }
    result.retain(|unobserved| unobserved.lives > 0);
    result
}

fn of_state(container: &ContainerState) -> Vec<Life> {
    // The id belongs to the newest life alone.
    let anonymous = Subject {
        container_id: None,
        ..container.subject.clone()
    };
    let ended = |end: &Terminated, number: Option<u64>, subject: &Subject| Life {
        subject: subject.clone(),
        number,
        started: end.started.map(Stamp::Zoned),
        ended: end.finished.map(Stamp::Zoned),
        running: false,
        end: Some(end.clone()),
        kill_order: None,
        locators: vec![container.locator.clone()],
    };
    let restarts = container.restart_count;
    let mut lives = Vec::new();
    let newest_began = match &container.state {
        RunState::Running { started } => {
            lives.push(Life {
                subject: container.subject.clone(),
                number: restarts,
                started: started.map(Stamp::Zoned),
                ended: None,
                running: true,
                end: None,
                kill_order: None,
                locators: vec![container.locator.clone()],
            });
            true
        }
        RunState::Terminated(end) => {
            lives.push(ended(end, restarts, &container.subject));
            true
        }
        RunState::Waiting { .. } | RunState::Unknown => false,
    };
    if let Some(RunState::Terminated(end)) = &container.last_state {
        let (number, subject) = match newest_began {
            true => (
                restarts.and_then(|restarts| restarts.checked_sub(1)),
                &anonymous,
            ),
            false => (restarts, &container.subject),
        };
        lives.push(ended(end, number, subject));
    }
    lives
}

/// Starts and ends that events tell of. A counted series tells of its first and last.
fn of_events(events: &[Event], lives: &mut Vec<Life>) {
    for event in events {
        match &event.what {
            What::ContainerStarted if bystander(event, events) => {}
            What::ContainerStarted => {
                for at in [event.at, event.until].into_iter().flatten() {
                    add(lives, begun(event, at));
                }
            }
            What::ContainerTerminated {
                exit_code,
                signal,
                reason,
            } => {
                let end = Terminated {
                    reason: reason.clone(),
                    exit_code: *exit_code,
                    signal: *signal,
                    finished: event.at.and_then(Stamp::zoned),
                    ..Terminated::default()
                };
                close(lives, event, end);
            }
            _ => {}
        }
    }
}

/// A unit of which a journal of many units tells nothing but that it was started.
fn bystander(start: &Event, events: &[Event]) -> bool {
    let Some(unit) = &start.subject.unit else {
        return false;
    };
    let mut others = false;
    for event in events {
        match (&event.subject.unit, &event.what) {
            (Some(other), What::ContainerStarted) => others |= other != unit,
            (Some(other), _) if other == unit => return false,
            _ => {}
        }
    }
    others
}

fn begun(event: &Event, at: Stamp) -> Life {
    Life {
        subject: event.subject.clone(),
        number: None,
        started: Some(at),
        ended: None,
        running: false,
        end: None,
        kill_order: None,
        locators: vec![event.locator.clone()],
    }
}

/// Ends the newest open life of the subject that began before, or adds one of which only the end is known.
fn close(lives: &mut Vec<Life>, event: &Event, end: Terminated) {
    let at = event.at;
    let already = lives
        .iter_mut()
        .find(|life| life.subject.agrees(&event.subject) && near(life.ended, at));
    if let Some(life) = already {
        life.locators.push(event.locator.clone());
        let known = life.end.get_or_insert_with(Terminated::default);
        known.exit_code = known.exit_code.or(end.exit_code);
        known.signal = known.signal.or(end.signal);
        known.reason = known.reason.take().or(end.reason);
        return;
    }
    let open = lives.iter_mut().rev().find(|life| {
        life.subject.agrees(&event.subject)
            && life.end.is_none()
            && !life.running
            && after(at, life.started)
    });
    match open {
        Some(life) => {
            life.ended = at;
            life.end = Some(end);
            life.locators.push(event.locator.clone());
        }
        None => lives.push(Life {
            subject: event.subject.clone(),
            number: None,
            started: None,
            ended: at,
            running: false,
            end: Some(end),
            kill_order: None,
            locators: vec![event.locator.clone()],
        }),
    }
}

/// Adds a life, or completes the one that is already known by its start or end.
fn add(lives: &mut Vec<Life>, new: Life) {
    let same = |old: &&mut Life| {
        old.subject.agrees(&new.subject)
            && (near(old.started, new.started) || near(old.ended, new.ended))
            && (old.number.is_none() || new.number.is_none() || old.number == new.number)
    };
    match lives.iter_mut().find(same) {
        Some(old) => {
            old.number = old.number.or(new.number);
            old.started = sharper(old.started, new.started);
            old.ended = sharper(old.ended, new.ended);
            old.running |= new.running;
            old.end = old.end.take().or(new.end);
            old.subject.container_id = old.subject.container_id.take().or(new.subject.container_id);
            old.subject.uid = old.subject.uid.take().or(new.subject.uid);
            old.locators.extend(new.locators);
        }
        None => lives.push(new),
    }
}

/// The last order to end before a life ended, close enough to be its cause.
fn order_before(life: &Life, events: &[Event], containers: &[ContainerState]) -> Option<usize> {
    let order = |event: &Event| {
        matches!(event.what, What::KillOrdered { .. }) && life.subject.agrees(&event.subject)
    };
    let Some(ended) = life.ended.and_then(known) else {
        // Where neither tells its time, the order is the only one there can be.
        return events
            .iter()
            .position(|event| event.at.is_none() && order(event));
    };
    let grace = containers
        .iter()
        .find(|container| container.subject.agrees(&life.subject))
        .and_then(|container| container.grace)
        .unwrap_or(GRACE);
    let mut best: Option<(i64, usize)> = None;
    for (index, event) in events.iter().enumerate() {
        if !order(event) {
            continue;
        }
        for at in [event.at, event.until]
            .into_iter()
            .flatten()
            .filter_map(known)
        {
            // Both times are intervals: what counts is whether some order of them fits.
            let gap = ended.lo.since(at.hi);
            let fits = ended.hi >= at.lo && gap <= grace.saturating_add(SLACK);
            // A runtime hands on the order of someone who knows why, a moment later.
            let reason = KillReason::Other;
            let handed_on = event.what == What::KillOrdered { reason };
            let gap = gap + i64::from(handed_on) * SAME;
            if fits && best.is_none_or(|(smallest, _)| gap < smallest) {
                best = Some((gap, index));
            }
        }
    }
    best.map(|(_, index)| index)
}

fn known(stamp: Stamp) -> Option<Moment> {
    match stamp {
        Stamp::Zoned(moment) | Stamp::Local(moment) => Some(moment),
        Stamp::Uptime(_) => None,
    }
}

fn near(left: Option<Stamp>, right: Option<Stamp>) -> bool {
    match (left, right) {
        (Some(Stamp::Zoned(left)), Some(Stamp::Zoned(right)))
        | (Some(Stamp::Local(left)), Some(Stamp::Local(right))) => {
            let wide = left.width().max(right.width());
            left.lo.0.abs_diff(right.lo.0) <= (SAME + wide).unsigned_abs()
        }
        _ => false,
    }
}

fn after(end: Option<Stamp>, start: Option<Stamp>) -> bool {
    match (end.and_then(known), start.and_then(known)) {
        (Some(end), Some(start)) => end.hi >= start.lo,
        _ => true,
    }
}

fn sharper(left: Option<Stamp>, right: Option<Stamp>) -> Option<Stamp> {
    match (left.and_then(Stamp::zoned), right.and_then(Stamp::zoned)) {
        (Some(one), Some(two)) if two.width() < one.width() => right,
        (Some(_), _) => left,
        (None, Some(_)) => right,
        (None, None) => left.or(right),
    }
}
