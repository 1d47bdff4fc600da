//! Whose output a source is, and of which of its lives, where its name says so.

use super::event::Subject;
use super::state::{Life, Output};
use crate::finding::Locator;
use crate::input::Source;
use crate::time::{SECOND, Stamp};

/// `…/<namespace>_<pod>_<uid>/<container>/<restarts>.log` of a node (kubelet `BuildPodLogsDirectory`),
/// `…[<pod>/<container>]` of a file that held several.
pub(super) fn owner(name: &str) -> Option<Subject> {
    let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    if let Some((_, inner)) = name
        .strip_suffix(']')
        .and_then(|name| name.rsplit_once('['))
    {
        let (pod, container) = inner.split_once('/')?;
        return Some(Subject {
            pod: text(pod),
            container: text(container),
            ..Subject::default()
        });
    }
    let mut parts = name.rsplit('/');
    let (_, container, folder) = (parts.next()?, parts.next()?, parts.next()?);
    let mut names = folder.splitn(3, '_');
    let (namespace, pod, uid) = (names.next()?, names.next()?, names.next()?);
    (uid.len() >= 32).then(|| Subject {
        namespace: text(namespace),
        pod: text(pod),
        uid: text(uid),
        container: text(container),
        ..Subject::default()
    })
}

/// The output of a life whose number its path tells: `3.log`, rotated `3.log.20261122-010203.gz`.
pub(super) fn of_source(source: &Source) -> Option<Output> {
    let subject = owner(&source.name)?;
    let (_, file) = source.name.rsplit_once('/')?;
    let (number, _) = file.split_once(".log")?;
    Some(Output {
        subject,
        number: number.parse().ok()?,
        begun: source.envelope_time(1),
        locator: Locator::line(source.name.clone(), 1),
    })
}

/// Gives lives the number of the output that began in their time.
pub(super) fn number(lives: &mut [Life], outputs: &[Output]) {
    for output in outputs {
        let known = |life: &Life| {
            life.subject.agrees(&output.subject) && life.number == Some(output.number)
        };
        let Some(begun) = output.begun.and_then(Stamp::zoned) else {
            continue;
        };
        let during = |life: &&mut Life| {
            let started = life.started.and_then(Stamp::zoned);
            let ended = life.ended.and_then(Stamp::zoned);
            life.number.is_none()
                && life.subject.agrees(&output.subject)
                && started.is_some_and(|at| at.lo.plus(-SECOND) <= begun.lo)
                && ended.is_none_or(|at| begun.lo <= at.hi)
        };
        if lives.iter().any(known) {
            continue;
        }
        // Of several that began before, the last.
        if let Some(life) = lives.iter_mut().rev().find(during) {
            life.number = Some(output.number);
            life.locators.push(output.locator.clone());
        }
    }
}
