//! The three reasons that Azure App Service gives for a restart, each answered: no answer to its health pings, the memory
//! of the JVM, the mount of the storage. What the evidence does not tell is said, too.

use super::case::{Case, quote};
use super::hypotheses::Opinion;
use super::ledger::Judged;
use super::report::Answer;
use crate::events::What;
use crate::t;

/// Hypotheses that blame memory.
const MEMORY: [&str; 6] = [
    "incident/gradual-leak",
    "incident/sudden-exhaustion",
    "incident/heap-too-small",
    "incident/limit-misfit",
    "incident/native-leak",
    "incident/direct-memory",
];

/// The three answers, where an App Service tells of this life.
pub(super) fn answers(case: &Case<'_>, opinions: &[Opinion]) -> Vec<Answer> {
    let site = |placed: &super::placed::Placed<'_>| placed.event.subject.site.is_some();
    if case.life.subject.site.is_none() && !case.events.iter().any(site) {
        return Vec::new();
    }
    let judged: Vec<&Judged> = opinions.iter().map(|opinion| &opinion.judged).collect();
    vec![pings(case, &judged), memory(&judged), storage(&judged)]
}

fn pings(case: &Case<'_>, judged: &[&Judged]) -> Answer {
    let failed: Vec<_> = case
        .events_where(|what| matches!(what, What::ProbeFailed { .. }))
        .collect();
    let count: u64 = failed.iter().map(|placed| placed.count).sum();
    let mechanism = judged.iter().find(|judged| judged.holds());
    let answer = match (count, mechanism) {
        (0, _) => t!("No failed ping is in the platform's log."),
        (_, Some(why)) => t!(
            "Yes: {count} pings failed. The reason lies in the process: {title} ({word}).",
            count,
            title = why.title,
            word = why.confidence.word()
        ),
        (_, None) => t!(
            "Yes: {count} pings failed; why the process did not answer, the evidence does not tell.",
            count
        ),
    };
    Answer {
        question: t!("No answer to health pings"),
        answer,
        evidence: failed
            .last()
            .map(|last| quote(last.event))
            .into_iter()
            .collect(),
    }
}

fn memory(judged: &[&Judged]) -> Answer {
    let mut own = judged
        .iter()
        .filter(|judged| MEMORY.contains(&judged.hypothesis.as_str()));
    let (answer, evidence) = match own.clone().find(|judged| judged.holds()) {
        Some(why) => (
            t!(
                "Yes ({word}): {statement}",
                word = why.confidence.word(),
                statement = why.statement
            ),
            why.speaking_for()
                .flat_map(|clue| clue.evidence.clone())
                .take(1)
                .collect(),
        ),
        None => match own.find_map(|judged| judged.speaking_against().next()) {
            Some(clue) => (
                t!("No: {clue}.", clue = clue.statement),
                clue.evidence.iter().take(1).cloned().collect(),
            ),
            None => (
                t!("The evidence does not tell: a GC log or a heap dump would."),
                Vec::new(),
            ),
        },
    };
    Answer {
        question: t!("Memory of the JVM"),
        answer,
        evidence,
    }
}

fn storage(judged: &[&Judged]) -> Answer {
    let own = |judged: &&&Judged| judged.hypothesis == "incident/storage-failure";
    let found = judged.iter().find(own).filter(|judged| judged.holds());
    Answer {
        question: t!("Mount of the storage"),
        answer: match found {
            Some(why) => t!(
                "Yes ({word}): {statement}",
                word = why.confidence.word(),
                statement = why.statement
            ),
            None => t!("No failed mount is in the platform's log."),
        },
        evidence: found
            .map(|why| {
                why.speaking_for()
                    .flat_map(|clue| clue.evidence.clone())
                    .take(1)
                    .collect()
            })
            .unwrap_or_default(),
    }
}
