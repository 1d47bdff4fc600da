//! One fact told by two sources is one event.
//!
//! `kubectl describe` and `kubectl get events` show the same series; a syslog file and the text of one program taken out
//! of it hold the same lines.

use std::collections::BTreeMap;

use super::event::{Event, Subject, What};
use crate::finding::Place;
use crate::time::{Moment, Stamp};

/// Joins events that are the same fact. The sharper time, the higher count and every known part of the subject stay.
pub(super) fn merge(events: Vec<Event>) -> Vec<Event> {
    let mut kept: Vec<Event> = Vec::with_capacity(events.len());
    let mut by_series: BTreeMap<(String, String), Vec<usize>> = BTreeMap::new();
    let mut by_line: BTreeMap<(String, u64), Vec<usize>> = BTreeMap::new();
    for event in events {
        let line_key = line_key(&event);
        if let Some(key) = &line_key
            && let Some(same) = by_line.get(key)
            && let Some(&index) = same.iter().find(|&&index| {
                kept[index].what == event.what && kept[index].locator.source != event.locator.source
            })
        {
            let old = &mut kept[index];
            if old.at.is_none() && event.at.is_some() {
                old.at = event.at;
                old.until = event.until;
                old.rough = None;
                old.rough_until = None;
            }
            complete(&mut old.subject, event.subject);
            continue;
        }
        let series_key = event
            .subject
            .pod
            .clone()
            .map(|pod| (pod, event.detail.clone()));
        if let Some(key) = &series_key {
            let same = by_series.get(key).into_iter().flatten();
            let found = same
                .copied()
                .find(|&index| one_series(&kept[index], &event));
            if let Some(index) = found {
                join(&mut kept[index], event);
                continue;
            }
        }
        let index = kept.len();
        if let Some(key) = series_key {
            by_series.entry(key).or_default().push(index);
        }
        if let Some(key) = line_key {
            by_line.entry(key).or_default().push(index);
        }
        kept.push(event);
    }
    kept
}

/// The file and line behind an event, for sources that are one file seen twice: `syslog` and `syslog[java]`.
fn line_key(event: &Event) -> Option<(String, u64)> {
    let Place::Line(line) = event.locator.place else {
        return None;
    };
    let source = &event.locator.source;
    let file = match source
        .strip_suffix(']')
        .and_then(|name| name.rsplit_once('['))
    {
        Some((file, _)) => file,
        None => source,
    };
    Some((file.to_owned(), line))
}

/// Two sources saw one series: the same message about the same pod, begun at what can be the same moment.
fn one_series(left: &Event, right: &Event) -> bool {
    let whole = |moment: Moment| Moment {
        // A stamp with micro-seconds and one in whole seconds are the same within that second.
        lo: moment.lo,
        hi: moment.hi.max(moment.lo.plus(999_999)),
    };
    match (left.at, right.at) {
        (Some(Stamp::Zoned(one)), Some(Stamp::Zoned(two))) => {
            left.locator.source != right.locator.source
                && left.what == right.what
                && whole(one).order(whole(two)).is_none()
        }
        _ => false,
    }
}

fn join(old: &mut Event, new: Event) {
    let sharper = |old: Option<Stamp>, new: Option<Stamp>| match (old, new) {
        (Some(Stamp::Zoned(one)), Some(Stamp::Zoned(two))) if two.width() < one.width() => new,
        (None, new) => new,
        (old, _) => old,
    };
    let narrower = sharper(old.at, new.at) != old.at;
    old.at = sharper(old.at, new.at);
    // The later capture has the higher count and the later end.
    old.until = match old.count.cmp(&new.count) {
        std::cmp::Ordering::Less => new.until,
        std::cmp::Ordering::Equal => sharper(old.until, new.until),
        std::cmp::Ordering::Greater => old.until,
    };
    old.count = old.count.max(new.count);
    if narrower {
        old.locator = new.locator;
    }
    complete(&mut old.subject, new.subject);
    if let (What::Other { .. }, what) = (&old.what, new.what) {
        old.what = what;
    }
}

fn complete(old: &mut Subject, new: Subject) {
    let Subject {
        node,
        namespace,
        pod,
        uid,
        container,
        container_id,
        unit,
        site,
        pid,
    } = new;
    let fill = |old: &mut Option<String>, new: Option<String>| {
        if old.is_none() {
            *old = new;
        }
    };
    fill(&mut old.node, node);
    fill(&mut old.namespace, namespace);
    fill(&mut old.pod, pod);
    fill(&mut old.uid, uid);
    fill(&mut old.container, container);
    fill(&mut old.container_id, container_id);
    fill(&mut old.unit, unit);
    fill(&mut old.site, site);
    old.pid = old.pid.or(pid);
}
