//! The incident report as blocks: verdict, impact, timeline, chain, what was ruled out, lives, actions, sources.

use super::charts;
use super::report::{End, IncidentReport, Link};
use crate::document::{Block, Document, Section, Table, Verdict, Words};
use crate::finding::{Evidence, Severity};
use crate::t;
use crate::text::{count, duration, percent};
use crate::time::{Instant, Moment, SECOND};

/// Entries of the timeline shown before the rest is left to the detail.
const TIMELINE: usize = 6;
/// Lives shown before the rest is left to the detail: the one of the verdict and its neighbours in time.
const LIVES: usize = 6;

impl IncidentReport {
    /// The report as blocks.
    pub fn document(&self) -> Document {
        let first = self.verdict.now.first().or(self.verdict.actions.first());
        let first = first.map(|step| t!("Do first: {step}", step));
        let explanation = self.verdict.explanation.iter().cloned().chain(first);
        let mut blocks = vec![self.impact_block()];
        blocks.extend(self.picture());
        blocks.push(self.timeline_block());
        blocks.push(self.chain_block());
        blocks.push(self.considered_block());
        blocks.push(self.lives_block());
        blocks.extend(self.side_by_side_block());
        blocks.extend(self.platform_block());
        blocks.push(self.actions_block());
        blocks.push(self.sources_block());
        blocks.extend(self.meetings_block());
        blocks.extend(self.formulas_block());
        blocks.extend(self.missing_block());
        blocks.push(self.ledgers_block());
        blocks.push(self.findings_block());
        blocks.extend(self.room_blocks());
        Document {
            title: t!("Incident report"),
            verdict: Verdict {
                severity: self.verdict.severity,
                headline: self.verdict.headline.as_str().into(),
                explanation: explanation.map(Words::from).collect(),
            },
            blocks,
        }
    }

    fn impact_block(&self) -> Block {
        let impact = &self.impact;
        let mut facts: Vec<(String, Words)> = Vec::new();
        let mut fact = |name: String, value: String| facts.push((name, value.into()));
        fact(t!("Deaths"), self.deaths());
        if let Some(down) = impact.down.filter(|down| *down > 0) {
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
        let deaths = self.impact.deaths;
        match all {
            1 => t!(
                "{deaths} in 1 observed life{unobserved}",
                deaths,
                unobserved
            ),
            _ => t!(
                "{deaths} in {all} observed lives{unobserved}",
                deaths,
                all,
                unobserved
            ),
        }
    }

    /// What to do now, what to change, and what to capture next time.
    fn actions_block(&self) -> Block {
        let verdict = &self.verdict;
        let now = verdict.now.iter().map(|step| (t!("Now:"), step));
        let change = verdict.actions.iter().map(|step| (t!("Change:"), step));
        let steps = now
            .chain(change)
            .map(|(when, step)| Words::strong(when).and(" ").and(Words::sentence(step)));
        let steps: Vec<Words> = steps.collect();
        let mut blocks = match steps.is_empty() {
            true if self.ended_in_order() => vec![Block::Paragraph(
                t!("It ended in order: nothing in this evidence calls for a change.").into(),
            )],
            true => vec![Block::Paragraph(
                t!("Nothing can be advised on this evidence but to collect more next time.").into(),
            )],
            false => vec![Block::Steps(steps)],
        };
        if !self.missing.is_empty() {
            let what = self.missing.iter().map(|missing| missing.what.as_str());
            let what: Vec<&str> = what.collect();
            blocks.push(Block::Paragraph(
                t!(
                    "Capture next time, most telling first: {list}.",
                    list = what.join(", ")
                )
                .into(),
            ));
        }
        Section::main(t!("What to do"), blocks)
    }

    /// Whether the life of the verdict was stopped or had done its work.
    fn ended_in_order(&self) -> bool {
        let number = self.verdict.life;
        let mut lives = self.lives.iter();
        let life = lives.find(|life| Some(life.number) == number);
        life.is_some_and(|life| matches!(life.terminator.kind, End::OrderedStop | End::NormalExit))
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

    /// The pictures: too tall for a terminal that is read in a hurry.
    fn picture(&self) -> Vec<Block> {
        let charts = [charts::timeline(self), charts::lives(self)];
        let charts: Vec<Block> = charts.into_iter().flatten().map(Block::Chart).collect();
        let map = charts::map(self).map(|map| vec![Block::Chart(map)]);
        let titled = [
            (
                t!("One clock"),
                Some(charts).filter(|charts| !charts.is_empty()),
            ),
            (t!("Response times of transactions by their end"), map),
        ];
        let sections = titled
            .into_iter()
            .filter_map(|(title, charts)| Some((title, charts?)));
        sections
            .map(|(title, charts)| Section::detail(title, charts))
            .collect()
    }

    /// What stands out in the life of the verdict; everything is in the detail.
    fn timeline_block(&self) -> Block {
        let own = |index: &usize| {
            let life = self.timeline[*index].life;
            life.is_none() || life == self.verdict.life
        };
        let mut kept: Vec<usize> = (0..self.timeline.len()).filter(own).collect();
        kept.sort_by_key(|index| (std::cmp::Reverse(self.timeline[*index].severity), *index));
        kept.truncate(TIMELINE);
        kept.sort_unstable();
        let mut day = String::new();
        let line = |index: usize| {
            let entry = &self.timeline[index];
            Words::strong(time_of(entry.at, entry.until, &mut day))
                .and("  ")
                .and(entry.statement.as_str())
                .and("  ")
                .and(Words::code(entry.evidence.locator.to_string()))
        };
        let lines: Vec<Words> = kept.into_iter().map(line).collect();
        let all = t!("All of the timeline ({count})", count = self.timeline.len());
        let all = Section::detail(all, vec![Block::Table(self.timeline_table())]);
        Section::main(t!("Timeline"), vec![Block::List(lines), all])
    }

    fn timeline_table(&self) -> Table {
        let mut table = Table::new(&[&t!("Time"), &t!("#Life"), &t!("What"), &t!("Where")]);
        let mut day = String::new();
        for entry in &self.timeline {
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
        let note = t!(
            "Heap and collector: the minute before it ended or was told to. Busy threads: the request pool in the last thread dump."
        );
        let all = vec![
            Block::Table(self.lives_table(usize::MAX)),
            Block::Paragraph(note.into()),
        ];
        let blocks = vec![
            Block::Table(self.lives_table(LIVES)),
            Section::detail(t!("All lives ({count})", count = self.lives.len()), all),
        ];
        Section::main(t!("Lives"), blocks)
    }

    /// The life of the verdict and those around it.
    fn lives_table(&self, most: usize) -> Table {
        let subject = self
            .verdict
            .life
            .map_or(0, |number| number.saturating_sub(1) as usize);
        let latest = self.lives.len().saturating_sub(most);
        let from = subject.saturating_sub(most / 2).min(latest);
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
        table.more = self.lives.len().saturating_sub(most) as u64;
        for life in self.lives.iter().skip(from).take(most) {
            let second = |at: Moment| Moment::exact(Instant(at.lo.0 - at.lo.0.rem_euclid(SECOND)));
            let started = life.started.map(|at| time_of(second(at), None, &mut day));
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
        table
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
        (!list.is_empty()).then(|| Section::detail(title, vec![Block::List(list)]))
    }

    /// What tells the JVMs of the bundle apart, and what could be of any of them.
    fn side_by_side_block(&self) -> Option<Block> {
        let list: Vec<Words> = self.side_by_side.iter().map(stated).collect();
        let title = t!("JVMs side by side");
        (!list.is_empty()).then(|| Section::main(title, vec![Block::List(list)]))
    }

    /// What heap dumps and thread dumps say about the same locks.
    fn meetings_block(&self) -> Option<Block> {
        let told = self
            .meetings
            .iter()
            .flat_map(|meeting| meeting.disagreements.iter().chain(&meeting.statements));
        let list: Vec<Words> = told.map(stated).collect();
        let title = t!("Heap dump and thread dumps together");
        (!list.is_empty()).then(|| Section::detail(title, vec![Block::List(list)]))
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
        Some(Section::detail(
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

fn stated(evidence: &Evidence) -> Words {
    Words::from(evidence.statement.as_str())
        .and("  ")
        .and(Words::code(evidence.locator.to_string()))
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
