//! The answer: which life it is about, what the three questions come to, and what to do.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::case::Case;
use super::facts::{Fact, access, events, heap, threads};
use super::hypotheses::Opinion;
use super::impact::died;
use super::ledger::{Judged, Question};
use super::needs::Need;
use super::report::{End, Life, Link, Missing, Verdict};
use crate::finding::{Confidence, Evidence, Severity};
use crate::t;
use crate::text::{duration, signature};

/// Missing evidence beyond this many is not worth a tired reader's time.
const MOST_MISSING: usize = 5;

/// The life the verdict is about: the best explained death, the first among equals.
pub(super) fn subject(lives: &[Life]) -> Option<usize> {
    let strength = |life: &Life| {
        let best = |judged: &[Judged]| judged.first().map_or(0, |first| first.decibans);
        (died(life), best(&life.mechanisms) + best(&life.causes))
    };
    (0..lives.len()).min_by_key(|index| (Reverse(strength(&lives[*index])), *index))
}

/// The verdict and the chain behind it.
pub(super) fn reach(
    lives: &[Life],
    subject: Option<usize>,
    cases: &[Case<'_>],
    opinions: &[Vec<Opinion>],
) -> (Verdict, Vec<Link>) {
    let Some(index) = subject else {
        return (Verdict::default(), Vec::new());
    };
    let (life, case, opinions) = (&lives[index], &cases[index], &opinions[index]);
    let answer = |question| {
        opinions
            .iter()
            .find(|opinion| opinion.judged.question == question)
            .filter(|opinion| opinion.judged.holds())
    };
    let mechanism = answer(Question::Mechanism);
    let cause = answer(Question::Cause);
    let deaths = lives
        .iter()
        .filter(|other| died(other) && other.terminator.kind == life.terminator.kind)
        .count();
    let parts = [mechanism, cause].into_iter().flatten();
    let confidence = parts.map(|part| part.judged.confidence).min();
    let confidence = confidence.unwrap_or(Confidence::Undetermined);
    let mut explanation = vec![t!(
        "What ended it: {statement}",
        statement = life.terminator.statement
    )];
    explanation.push(match mechanism {
        Some(opinion) => t!(
            "What made it unable to work ({word}): {statement}",
            word = opinion.judged.confidence.word(),
            statement = opinion.judged.statement
        ),
        None => t!("What made it unable to work: the evidence does not tell."),
    });
    explanation.push(match (cause, mechanism) {
        (Some(opinion), _) => t!(
            "What caused that ({word}): {statement}",
            word = opinion.judged.confidence.word(),
            statement = opinion.judged.statement
        ),
        (None, Some(opinion)) if is_deadlock(opinion) => t!(
            "What caused that: the code takes these locks in different orders; neither load nor memory was needed."
        ),
        (None, _) => t!("What caused that: the evidence does not tell."),
    });
    let mut actions: Vec<String> = Vec::new();
    for opinion in [cause, mechanism].into_iter().flatten() {
        for advice in &opinion.judged.advice {
            if !actions.contains(advice) {
                actions.push(advice.clone());
            }
        }
    }
    let verdict = Verdict {
        severity: severity(life, mechanism.or(cause)),
        confidence,
        headline: headline(life, deaths, mechanism, cause),
        explanation,
        now: at_once(lives, index, mechanism, cause),
        actions,
        runner_up: [(cause, Question::Cause), (mechanism, Question::Mechanism)]
            .into_iter()
            .find_map(|(best, question)| runner_up(best?, question, opinions)),
        life: Some(life.number),
        signature: sign(life, case, mechanism, cause),
    };
    (verdict, chain(life, case, mechanism, cause))
}

/// Mechanisms from which no process recovers by itself.
const FINAL: [&str; 3] = [
    "incident/deadlock",
    "incident/death-spiral",
    "incident/oom-zombie",
];

/// What cannot wait for a change: a process that does not recover, and one that is on the way there.
fn at_once(
    lives: &[Life],
    subject: usize,
    mechanism: Option<&Opinion>,
    cause: Option<&Opinion>,
) -> Vec<String> {
    let running = |life: &&Life| life.running || life.terminator.kind == End::StillRunning;
    let stuck = mechanism.filter(|found| FINAL.contains(&found.judged.hypothesis.as_str()));
    let mut steps = Vec::new();
    let subject = &lives[subject];
    if running(&subject) && stuck.is_some() {
        steps.push(t!(
            "Restart it: it does not recover by itself. Take thread dumps and a heap dump first."
        ));
    }
    let fills = cause.is_some_and(|cause| FILLING.contains(&cause.judged.hypothesis.as_str()));
    let next = lives
        .iter()
        .rfind(|life| running(life) && life.number != subject.number);
    if let (Some(next), true) = (next, fills && died(subject)) {
        let number = next.number;
        steps.push(match subject.uptime().map(duration) {
            Some(lived) => t!(
                "Life {number} runs and fills up the same way: restart it at a quiet time before it is {lived} old, until the change is out.",
                number,
                lived
            ),
            None => t!(
                "Life {number} runs and fills up the same way: restart it at a quiet time, until the change is out.",
                number
            ),
        });
    }
    steps
}

/// Further behind than this, the second answer is none.
const FAR_BEHIND: i32 = 20;

/// The answer to the same question that comes next, and what would tell the two apart.
fn runner_up(best: &Opinion, question: Question, opinions: &[Opinion]) -> Option<String> {
    let mut others = opinions
        .iter()
        .filter(|other| other.judged.question == question)
        .filter(|other| other.judged.hypothesis != best.judged.hypothesis);
    let next = others.next()?;
    let behind = best.judged.decibans - next.judged.decibans;
    if behind > FAR_BEHIND || next.judged.confidence < Confidence::Undetermined {
        return None;
    }
    let weighs = |(_, weight): &&(Need, i32)| *weight;
    let needs = next.needs.iter().chain(&best.needs);
    let apart = needs.max_by_key(weighs).map(|(need, _)| need.describe());
    let (title, word) = (lower(&next.judged.title), next.judged.confidence.word());
    let best = lower(&best.judged.title);
    Some(match apart {
        Some(Missing { what, capture, .. }) => t!(
            "Next to {best} stands {title} ({word}); {what} would tell them apart: {capture}",
            best,
            title,
            word,
            what,
            capture
        ),
        None => t!("Next to {best} stands {title} ({word}).", best, title, word),
    })
}

fn is_deadlock(opinion: &Opinion) -> bool {
    opinion.judged.hypothesis == "incident/deadlock"
}

fn severity(life: &Life, explained: Option<&Opinion>) -> Severity {
    match (died(life), explained) {
        (true, _) => Severity::Critical,
        (false, Some(_)) => Severity::High,
        (false, None) => Severity::Info,
    }
}

fn headline(
    life: &Life,
    deaths: usize,
    mechanism: Option<&Opinion>,
    cause: Option<&Opinion>,
) -> String {
    let who = match life.subject.is_empty() {
        true => t!("The JVM"),
        false => life.subject.clone(),
    };
    let times = match deaths {
        0 | 1 => String::new(),
        2 => t!(" twice"),
        _ => t!(" {deaths} times", deaths),
    };
    let end = ended(life.terminator.kind);
    let why = match (mechanism, cause) {
        (Some(mechanism), Some(cause)) => t!(
            "{cause} → {mechanism}",
            cause = named(cause),
            mechanism = named(mechanism)
        ),
        (Some(only), None) | (None, Some(only)) => named(only),
        (None, None) => t!("the evidence does not tell why"),
    };
    t!("{who} {end}{times}: {why}.", who, end, times, why)
}

/// The title inside a sentence, with what it points at.
fn named(opinion: &Opinion) -> String {
    let title = lower(&opinion.judged.title);
    match &opinion.points_at {
        Some(what) => t!("{title} ({what})", title, what),
        None => title,
    }
}

/// A title inside a sentence. Abbreviations (`GC`, `JVM`, `CPU`) stay.
fn lower(title: &str) -> String {
    let mut letters = title.chars();
    match (letters.next(), letters.next()) {
        (Some(first), Some(second)) if second.is_lowercase() => first
            .to_lowercase()
            .chain([second])
            .chain(letters)
            .collect(),
        _ => title.to_owned(),
    }
}

fn ended(kind: End) -> String {
    match kind {
        End::StillRunning => t!("was still running but in trouble"),
        End::NeverStarted => t!("never started"),
        End::ProbeKill => t!("was killed by its liveness probe"),
        End::ContainerOomKill => t!("was killed at its container's memory limit"),
        End::NodeOomKill => t!("was killed because its node had no memory left"),
        End::Evicted => t!("was evicted"),
        End::ExitOnOutOfMemory => t!("ended itself on an OutOfMemoryError"),
        End::Crash => t!("crashed"),
        End::StartFailure => t!("failed to start"),
        End::StartTimeout => t!("was stopped because it did not come up in time"),
        End::OrderedStop => t!("was stopped"),
        End::NormalExit => t!("ended by itself"),
        End::KilledByUnknown => t!("was killed by an unknown sender"),
        End::ErrorExit => t!("ended with an error"),
        End::Unknown => t!("left no evidence of its end"),
    }
}

/// The links of cause, mechanism and end, in order of time; what has no time stands where its hypothesis put it.
fn chain(
    life: &Life,
    case: &Case<'_>,
    mechanism: Option<&Opinion>,
    cause: Option<&Opinion>,
) -> Vec<Link> {
    let mut links: Vec<Link> = Vec::new();
    let mut add = |link: &Link| {
        if links.iter().all(|known| known.statement != link.statement) {
            links.push(link.clone());
        }
    };
    let explained = [cause, mechanism].into_iter().flatten();
    explained
        .flat_map(|opinion| &opinion.links)
        .for_each(&mut add);
    // Between what went wrong inside and the kill stands what the outside saw of it.
    if life.terminator.kind == End::ProbeKill {
        let seen = [
            case.see(access::service_stopped),
            case.see(events::probes_timed_out),
        ];
        let facts = seen.iter().filter_map(|observed| observed.fact());
        facts.map(Fact::as_link).for_each(|link| add(&link));
    }
    let open = [End::StillRunning, End::NeverStarted, End::Unknown];
    if !open.contains(&life.terminator.kind) {
        let end = ended(life.terminator.kind);
        links.push(Link {
            at: life.ended,
            statement: match life.terminator.exit_code {
                Some(code) => t!("it {end} (exit code {code})", end, code),
                None => t!("it {end}", end),
            },
            evidence: life.terminator.evidence.clone(),
        });
    }
    let next = case.lives.iter().skip(life.number as usize);
    let next = next
        .zip(life.number + 1..)
        .find(|(next, _)| next.program == case.life.program);
    if let Some((next, number)) = next {
        let statement = t!("life {number} begins", number);
        let logged = next
            .gc
            .map(|index| case.rooms.gc.lives[index].first.clone());
        let recorded = next
            .container
            .map(|index| &case.rooms.events.lives[index].locators);
        let place = logged.or_else(|| recorded?.first().cloned());
        links.extend(place.map(|place| Link {
            at: next.started,
            statement: statement.clone(),
            evidence: vec![Evidence::new(statement, place)],
        }));
    }
    in_order(links)
}

/// Moves a link before another only where the times prove it; what overlaps stays as cause and effect have it.
fn in_order(links: Vec<Link>) -> Vec<Link> {
    let mut ordered: Vec<Link> = Vec::with_capacity(links.len());
    for link in links {
        let later = |other: &Link| {
            let order = other.at.zip(link.at).map(|(other, own)| other.order(own));
            order == Some(Some(std::cmp::Ordering::Greater))
        };
        let place = ordered.iter().position(later).unwrap_or(ordered.len());
        ordered.insert(place, link);
    }
    ordered
}

/// Causes that fill something up with use, so that the next date can be told.
const FILLING: [&str; 4] = [
    "incident/gradual-leak",
    "incident/native-leak",
    "incident/connection-leak",
    "incident/thread-limit",
];

/// Whether the cause is something that fills up with use, so that its date can be told.
pub(super) fn fills_up(lives: &[Life], subject: Option<usize>) -> bool {
    cause(lives, subject).is_some_and(|cause| FILLING.contains(&cause))
}

/// Whether it names what fills the heap: the forecast is one of the heap.
pub(super) fn heap_fills_up(lives: &[Life], subject: Option<usize>) -> bool {
    cause(lives, subject) == Some(FILLING[0])
}

/// The cause that the verdict names.
fn cause(lives: &[Life], subject: Option<usize>) -> Option<&str> {
    let best = lives[subject?].causes.first()?;
    best.holds().then_some(best.hypothesis.as_str())
}

fn sign(
    life: &Life,
    case: &Case<'_>,
    mechanism: Option<&Opinion>,
    cause: Option<&Opinion>,
) -> String {
    let mut parts = vec![format!("{:?}", life.terminator.kind)];
    for opinion in [mechanism, cause].into_iter().flatten() {
        parts.push(opinion.judged.hypothesis.clone());
    }
    if let Some((_, suspect)) = heap::holder(case) {
        parts.push(suspect.signature.clone());
    }
    if let Some((_, deadlock)) = threads::worst_deadlock(case) {
        parts.extend(
            deadlock
                .threads
                .iter()
                .map(|member| member.lock_class.clone()),
        );
    }
    signature(&parts)
}

/// Evidence that could have changed the answer, the weightiest first. Only hypotheses still in play are asked: all that
/// are not refuted, or, once the answer is confirmed, those that share it.
pub(super) fn missing(
    opinions: Option<&Vec<Opinion>>,
    answer: Confidence,
    never_started: bool,
) -> Vec<Missing> {
    let enough = match answer {
        Confidence::Confirmed => Confidence::Possible,
        _ => Confidence::Undetermined,
    };
    let mut weights: BTreeMap<Need, i32> = BTreeMap::new();
    // A JVM that never began has no log and no threads.
    let asked = |need: Need| !never_started || need == Need::RestartEvidence;
    let in_play = opinions
        .into_iter()
        .flatten()
        .filter(|opinion| opinion.judged.confidence >= enough);
    let needs = in_play.flat_map(|opinion| &opinion.needs);
    for (need, weight) in needs.filter(|(need, _)| asked(*need)) {
        *weights.entry(*need).or_default() += weight;
    }
    let mut needs: Vec<_> = weights.into_iter().collect();
    needs.sort_by_key(|(need, weight)| (Reverse(*weight), *need));
    let describe = |(need, _): (Need, i32)| need.describe();
    needs.into_iter().take(MOST_MISSING).map(describe).collect()
}
