//! The incident report as blocks: verdict, impact, timeline, chain, what was ruled out, lives, actions, sources.

use super::charts;
use super::ledger::{Clue, Judged, Seen};
use super::report::{IncidentReport, Life, Link};
use crate::document::{Block, Document, Section, Table, Verdict, Words};
use crate::finding::{Confidence, Evidence, Severity};
use crate::t;
use crate::text::{count, duration, percent};
use crate::time::{Moment, SECOND};

/// Rows of the timeline shown before the rest is left to the detail.
const TIMELINE: usize = 10;

impl IncidentReport {
    /// The report as blocks.
    pub fn document(&self) -> Document {
        let explanation = self.verdict.explanation.iter();
        let mut blocks = vec![
            self.impact_block(),
            self.actions_block(),
            self.chain_block(),
        ];
        blocks.extend(self.picture());
        blocks.push(self.timeline_block());
        blocks.push(self.lives_block());
        blocks.extend(self.platform_block());
        blocks.extend(self.formulas_block());
        blocks.extend(self.meetings_block());
        blocks.push(self.hypotheses_block());
        blocks.extend(self.missing_block());
        blocks.push(self.findings_block());
        blocks.push(self.sources_block());
        blocks.extend(self.room_blocks());
        Document {
            title: t!("Incident report"),
            verdict: Verdict {
                severity: self.verdict.severity,
                headline: self.verdict.headline.as_str().into(),
                explanation: explanation.map(|text| text.as_str().into()).collect(),
            },
            blocks,
        }
    }

    fn impact_block(&self) -> Block {
        let impact = &self.impact;
        let mut facts: Vec<(String, Words)> = Vec::new();
        let mut fact = |name: String, value: String| facts.push((name, value.into()));
        fact(t!("Deaths"), self.deaths());
        if let Some(down) = impact.down {
            fact(t!("Without service"), duration(down));
        }
        if let (Some(requests), Some(failed)) = (impact.requests, impact.failed) {
            let failed = t!(
                "{failed} of {requests} logged requests answered with a server error",
                failed = count(failed),
                requests = count(requests)
            );
            fact(t!("Requests"), failed);
        }
        if let Some((from, to)) = impact
            .silences
            .iter()
            .max_by_key(|(from, to)| to.lo.since(from.hi))
        {
            let longest = t!(
                "{length}, from {from} to {to}",
                length = duration(to.lo.since(from.lo)),
                from = from.lo.time_of_day(),
                to = to.lo.time_of_day()
            );
            fact(t!("Longest silence of the access log"), longest);
        }
        if let Some(recurrence) = &self.recurrence {
            fact(t!("It comes back"), recurrence.statement.clone());
        }
        if let Some(forecast) = &self.forecast {
            fact(t!("Forecast"), forecast.statement.clone());
        }
        facts.push((t!("Signature"), Words::code(self.verdict.signature.clone())));
        Section::main(t!("Impact"), vec![Block::Facts(facts)])
    }

    fn deaths(&self) -> String {
        let all = self.lives.len();
        let unobserved = match self.unobserved_lives {
            0 => String::new(),
            more => t!(
                "; {more} more restarts were counted but left no evidence",
                more
            ),
        };
        t!(
            "{deaths} in {all} observed lives{unobserved}",
            deaths = self.impact.deaths,
            all,
            unobserved
        )
    }

    fn actions_block(&self) -> Block {
        let steps = self.verdict.actions.iter();
        let steps: Vec<Words> = steps.map(|text| Words::sentence(text)).collect();
        let blocks = match steps.is_empty() {
            true => vec![Block::Paragraph(
                t!("Nothing can be advised on this evidence but to collect more next time.").into(),
            )],
            false => vec![Block::Steps(steps)],
        };
        Section::main(t!("What to do"), blocks)
    }

    fn chain_block(&self) -> Block {
        let steps: Vec<Words> = self.chain.iter().map(link).collect();
        let blocks = match steps.is_empty() {
            true => vec![Block::Paragraph(
                t!("The evidence does not show what led to what.").into(),
            )],
            false => vec![Block::Steps(steps)],
        };
        Section::main(t!("What led to what"), blocks)
    }

    fn picture(&self) -> Vec<Block> {
        let charts = [charts::timeline(self), charts::lives(self)];
        let mut charts: Vec<Block> = charts.into_iter().flatten().map(Block::Chart).collect();
        if let Some(map) = charts::map(self) {
            let title = t!("Response times of transactions by their end");
            charts.push(Section::detail(title, vec![Block::Chart(map)]));
        }
        match charts.is_empty() {
            true => Vec::new(),
            false => vec![Section::main(t!("One clock"), charts)],
        }
    }

    fn timeline_block(&self) -> Block {
        let title = t!("Timeline");
        let table = |most| Block::Table(self.timeline_table(most));
        if self.timeline.len() <= TIMELINE {
            return Section::main(title, vec![table(usize::MAX)]);
        }
        let all = Section::detail(t!("All of the timeline"), vec![table(usize::MAX)]);
        Section::main(title, vec![table(TIMELINE), all])
    }

    /// The most severe entries, in order of time.
    fn timeline_table(&self, most: usize) -> Table {
        let mut kept: Vec<usize> = (0..self.timeline.len()).collect();
        kept.sort_by_key(|index| (std::cmp::Reverse(self.timeline[*index].severity), *index));
        kept.truncate(most);
        kept.sort_unstable();
        let mut table = Table::new(&[&t!("Time"), &t!("#Life"), &t!("What"), &t!("Where")]);
        table.more = (self.timeline.len() - kept.len()) as u64;
        let mut day = String::new();
        for entry in kept.into_iter().map(|index| &self.timeline[index]) {
            let what = match entry.severity {
                Severity::Critical => Words::strong(entry.statement.clone()),
                _ => entry.statement.as_str().into(),
            };
            let life = entry.life.map_or(String::new(), |life| life.to_string());
            table.row([
                time_of(entry.at, entry.until, &mut day).into(),
                life.into(),
                what,
                Words::code(entry.evidence.locator.to_string()),
            ]);
        }
        table
    }

    fn lives_block(&self) -> Block {
        let mut table = Table::new(&[
            &t!("#Life"),
            &t!("Started"),
            &t!("#Uptime"),
            &t!("Ended by"),
            &t!("#Exit"),
            &t!("#Heap after GC"),
            &t!("#Lost to GC"),
            &t!("#Busy threads"),
            &t!("#Kinds of evidence"),
        ]);
        let dash = || "–".to_owned();
        let share = |value: Option<f64>| value.map_or_else(dash, |value| percent(value, 1.0));
        let mut day = String::new();
        for life in &self.lives {
            let started = life.started.map(|at| time_of(at, None, &mut day));
            let exit = life.terminator.exit_code;
            let busy = life.busy.map(|(busy, all)| format!("{busy}/{all}"));
            table.row([
                life.number.to_string().into(),
                started.unwrap_or_else(dash).into(),
                life.uptime().map_or_else(dash, duration).into(),
                life.terminator.kind.words().into(),
                exit.map_or_else(dash, |code| code.to_string()).into(),
                share(life.occupancy_at_end).into(),
                share(life.gc_loss_at_end).into(),
                busy.unwrap_or_else(dash).into(),
                t!("{known} of 6", known = life.covered_by.len()).into(),
            ]);
        }
        let note = t!(
            "Heap and collector: the minute before it ended or was told to. Busy threads: the request pool in the last thread dump."
        );
        Section::main(
            t!("Lives"),
            vec![Block::Table(table), Block::Paragraph(note.into())],
        )
    }

    /// What was considered and how it was judged, in the life that the verdict is about.
    fn hypotheses_block(&self) -> Block {
        let title = t!("What was considered, and ruled out");
        let subject = |life: &&Life| Some(life.number) == self.verdict.life;
        let Some(life) = self.lives.iter().find(subject) else {
            return Section::detail(title, Vec::new());
        };
        let judged = || life.mechanisms.iter().chain(&life.causes);
        let decided = |judged: &&Judged| judged.confidence != Confidence::Undetermined;
        let mut table = Table::new(&[&t!("Hypothesis"), &t!("Judged"), &t!("Mainly because")]);
        let mut rows: Vec<&Judged> = judged().filter(decided).collect();
        rows.sort_by_key(|judged| std::cmp::Reverse((judged.confidence, judged.decibans)));
        for judged in &rows {
            table.row([
                judged.title.as_str().into(),
                Words::strong(judged.confidence.word()),
                main_clue(judged).into(),
            ]);
        }
        let open: Vec<&str> = judged()
            .filter(|judged| !decided(judged))
            .map(|judged| judged.title.as_str())
            .collect();
        let mut blocks = vec![Block::Table(table)];
        if !open.is_empty() {
            let open = t!(
                "Undetermined, for want of evidence either way: {list}.",
                list = open.join(", ")
            );
            blocks.push(Block::Paragraph(open.into()));
        }
        let ledgers = rows.into_iter().map(ledger).collect();
        blocks.push(Section::detail(t!("The ledgers"), ledgers));
        Section::main(title, blocks)
    }

    /// The hosting platform's own reasons, each answered.
    fn platform_block(&self) -> Option<Block> {
        let facts = self.platform.iter().map(|answer| {
            let words = Words::from(answer.answer.as_str());
            let words = match answer.evidence.first() {
                Some(evidence) => words
                    .and("  ")
                    .and(Words::code(evidence.locator.to_string())),
                None => words,
            };
            (answer.question.clone(), words)
        });
        let facts: Vec<(String, Words)> = facts.collect();
        let title = t!("The three causes that App Service names");
        (!facts.is_empty()).then(|| Section::main(title, vec![Block::Facts(facts)]))
    }

    fn formulas_block(&self) -> Option<Block> {
        let formulas = self.formulas.iter();
        let list: Vec<Words> = formulas
            .map(|formula| formula.statement.as_str().into())
            .collect();
        let title = t!("Load and capacity");
        (!list.is_empty()).then(|| Section::main(title, vec![Block::List(list)]))
    }

    /// What heap dumps and thread dumps say about the same locks.
    fn meetings_block(&self) -> Option<Block> {
        let told = self
            .meetings
            .iter()
            .flat_map(|meeting| meeting.disagreements.iter().chain(&meeting.statements));
        let list: Vec<Words> = told
            .map(|evidence| {
                Words::from(evidence.statement.as_str())
                    .and("  ")
                    .and(Words::code(evidence.locator.to_string()))
            })
            .collect();
        let title = t!("Heap dump and thread dumps together");
        (!list.is_empty()).then(|| Section::main(title, vec![Block::List(list)]))
    }

    fn missing_block(&self) -> Option<Block> {
        if self.missing.is_empty() {
            return None;
        }
        let mut table = Table::new(&[
            &t!("Not there"),
            &t!("Would tell"),
            &t!("Capture it next time"),
        ]);
        for missing in &self.missing {
            table.row([
                missing.what.as_str().into(),
                missing.tells.as_str().into(),
                Words::code(missing.capture.clone()),
            ]);
        }
        Some(Section::main(
            t!("Missing evidence"),
            vec![Block::Table(table)],
        ))
    }

    fn findings_block(&self) -> Block {
        let cards = self.findings.iter().cloned();
        let cards: Vec<Block> = cards.map(|card| Block::Finding(Box::new(card))).collect();
        Section::detail(t!("All findings ({count})", count = cards.len()), cards)
    }

    /// The reports of the rooms, for those who want to see the evidence itself.
    fn room_blocks(&self) -> Vec<Block> {
        let rooms = &self.rooms;
        let read = |coverage: &[crate::input::Coverage]| !coverage.is_empty();
        let heap = rooms.heap.iter().map(|report| report.document());
        let others = [
            read(&rooms.gc.coverage).then(|| rooms.gc.document()),
            read(&rooms.threads.coverage).then(|| rooms.threads.document()),
            read(&rooms.access.coverage).then(|| rooms.access.document()),
            read(&rooms.events.coverage).then(|| rooms.events.document()),
            read(&rooms.host.coverage).then(|| rooms.host.document()),
        ];
        heap.chain(others.into_iter().flatten())
            .map(|document| {
                let headline = Block::Paragraph(document.verdict.headline);
                let explanation = document
                    .verdict
                    .explanation
                    .into_iter()
                    .map(Block::Paragraph);
                let blocks = std::iter::once(headline)
                    .chain(explanation)
                    .chain(document.blocks);
                Section::detail(document.title, blocks.collect())
            })
            .collect()
    }
}

fn link(link: &Link) -> Words {
    let words = match link.at {
        // An interval wider than a breath: all that is known is that it was so by its end.
        Some(at) if at.width() > 3 * SECOND => {
            Words::strong(t!("by {time}", time = at.hi.time_of_day())).and("  ")
        }
        Some(at) => Words::strong(at.lo.time_of_day()).and("  "),
        None => Words::default(),
    };
    let words = words.and(link.statement.as_str());
    match link.evidence.first() {
        Some(evidence) => words
            .and("  ")
            .and(Words::code(evidence.locator.to_string())),
        None => words,
    }
}

/// The time of an entry; the day is written where it changes.
fn time_of(at: Moment, until: Option<Moment>, day: &mut String) -> String {
    let full = at.lo.display();
    let (date, _) = full.split_once(' ').unwrap_or((&full, ""));
    let mut text = String::new();
    if date != day.as_str() {
        text.push_str(date);
        text.push(' ');
        date.clone_into(day);
    }
    text.push_str(&at.lo.time_of_day());
    let end = match until {
        Some(until) => Some(until.lo),
        None => (at.width() > SECOND).then_some(at.hi),
    };
    if let Some(end) = end {
        text.push_str(" – ");
        text.push_str(&end.time_of_day());
    }
    text
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
    for clue in &judged.clues {
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
        table.row([
            format!("{:+}", clue.weight).into(),
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
