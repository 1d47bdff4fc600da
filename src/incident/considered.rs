//! The section on what was considered: what was ruled out and why, what comes next, and the ledgers behind it.

use super::ledger::{Clue, Judged, Seen};
use super::report::{IncidentReport, Life};
use crate::document::{Block, Section, Table, Words};
use crate::finding::{Confidence, Evidence};
use crate::t;

/// Judgements shown with their reason before the rest is left to the detail.
const SHOWN: usize = 4;

impl IncidentReport {
    /// The life that the verdict is about.
    fn subject(&self) -> Option<&Life> {
        let subject = |life: &&Life| Some(life.number) == self.verdict.life;
        self.lives.iter().find(subject)
    }

    /// Its judgements, most convincing first.
    fn judged(&self) -> Vec<&Judged> {
        let life = self.subject().into_iter();
        let mut rows: Vec<&Judged> = life
            .flat_map(|life| life.mechanisms.iter().chain(&life.causes))
            .collect();
        rows.sort_by_key(|judged| std::cmp::Reverse((judged.confidence, judged.decibans)));
        rows
    }

    /// What else is possible, what was ruled out and why, and what the evidence leaves open.
    pub(super) fn considered_block(&self) -> Block {
        let rows = self.judged();
        let best = |judged: &[Judged]| judged.first().map(|first| first.hypothesis.clone());
        let named: Vec<String> = self
            .subject()
            .into_iter()
            .flat_map(|life| [best(&life.mechanisms), best(&life.causes)])
            .flatten()
            .collect();
        let other = |judged: &&&Judged| !(judged.holds() && named.contains(&judged.hypothesis));
        let reasoned = rows
            .iter()
            .filter(other)
            .filter(|judged| judged.holds() || judged.confidence == Confidence::RuledOut);
        let list: Vec<Words> = reasoned
            .take(SHOWN)
            .map(|judged| {
                let words = Words::strong(judged.confidence.word());
                let words = words.and("  ").and(judged.title.as_str());
                words.and(": ").and(main_clue(judged))
            })
            .collect();
        let mut blocks = Vec::new();
        if !list.is_empty() {
            blocks.push(Block::List(list));
        }
        if let Some(runner_up) = &self.verdict.runner_up {
            blocks.push(Block::Paragraph(runner_up.as_str().into()));
        }
        let titles = |word: Confidence| titles(&rows, word);
        let unlikely = titles(Confidence::Unlikely);
        let mut rest = Vec::new();
        if !unlikely.is_empty() {
            rest.push(t!("Unlikely: {list}.", list = unlikely.join(", ")));
        }
        match titles(Confidence::Undetermined).len() {
            0 => {}
            1 => rest.push(t!("One more is undetermined, for want of evidence.")),
            count => rest.push(t!(
                "{count} more are undetermined, for want of evidence.",
                count
            )),
        }
        if !rest.is_empty() {
            blocks.push(Block::Paragraph(rest.join(" ").into()));
        }
        let title = t!("What was considered, and ruled out");
        match blocks.is_empty() {
            true => Section::detail(title, blocks),
            false => Section::main(title, blocks),
        }
    }

    /// Every judgement with its ledger.
    pub(super) fn ledgers_block(&self) -> Block {
        let rows = self.judged();
        let decided = rows
            .iter()
            .filter(|judged| judged.confidence != Confidence::Undetermined);
        let mut table = Table::new(&[&t!("Hypothesis"), &t!("Judged"), &t!("Mainly because")]);
        for judged in decided.clone() {
            table.row([
                judged.title.as_str().into(),
                Words::strong(judged.confidence.word()),
                main_clue(judged).into(),
            ]);
        }
        let open = titles(&rows, Confidence::Undetermined).join(", ");
        let open = (!open.is_empty())
            .then(|| t!("Undetermined, for want of evidence: {list}.", list = open));
        let ledgers = decided.map(|judged| ledger(judged));
        let blocks = std::iter::once(Block::Table(table))
            .chain(open.map(|open| Block::Paragraph(open.into())))
            .chain(ledgers)
            .collect();
        Section::apart(t!("The ledgers"), blocks)
    }
}

/// The titles of what was judged with `word`.
fn titles<'a>(rows: &[&'a Judged], word: Confidence) -> Vec<&'a str> {
    let own = rows.iter().filter(|judged| judged.confidence == word);
    own.map(|judged| judged.title.as_str()).collect()
}

/// The weightiest seen clue in the direction of the judgement.
fn main_clue(judged: &Judged) -> String {
    let mut clues: Vec<&Clue> = match judged.holds() {
        true => judged.speaking_for().collect(),
        false => judged.speaking_against().collect(),
    };
    clues.sort_by_key(|clue| std::cmp::Reverse(clue.weight.abs()));
    clues
        .first()
        .map_or(String::new(), |clue| clue.statement.clone())
}

/// The ledger of one hypothesis with its evidence.
fn ledger(judged: &Judged) -> Block {
    let mut table = Table::new(&[&t!("#Weight"), &t!("Seen"), &t!("Clue"), &t!("Where")]);
    let mut clues: Vec<&Clue> = judged.clues.iter().collect();
    clues.sort_by_key(|clue| clue.seen != Seen::Yes);
    for clue in clues {
        let seen = match clue.seen {
            Seen::Yes => t!("yes"),
            Seen::No => t!("no"),
            Seen::NotObservable => t!("not observable here"),
        };
        let places = clue
            .evidence
            .iter()
            .map(|Evidence { locator, .. }| locator.to_string());
        let places: Vec<String> = places.collect();
        let weight = match clue.seen {
            Seen::Yes => format!("{:+}", clue.weight),
            Seen::No | Seen::NotObservable => format!("({:+})", clue.weight),
        };
        table.row([
            weight.into(),
            seen.into(),
            clue.statement.as_str().into(),
            Words::code(places.join(" ")),
        ]);
    }
    let title = t!(
        "{title}: {word}",
        title = judged.title,
        word = judged.confidence.word()
    );
    Section::detail(
        title,
        vec![
            Block::Paragraph(judged.statement.as_str().into()),
            Block::Table(table),
        ],
    )
}
