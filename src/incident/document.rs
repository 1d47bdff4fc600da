//! The incident report as blocks: verdict, impact, timeline, chain, what was ruled out, lives, actions, sources.

use super::charts;
use super::life_table::time_of;
use super::report::{End, Entry, IncidentReport, Link};
use crate::document::{Block, Document, Section, Table, Verdict, Words};
use crate::finding::{Evidence, Finding, Severity};
use crate::t;
use crate::text::{count, duration};
use crate::time::SECOND;

/// Entries of the timeline shown before the rest is left to the detail.
const TIMELINE: usize = 6;

impl IncidentReport {
    /// The report as blocks.
    pub fn document(&self) -> Document {
        let first = self.first_step().map(|step| t!("Do first: {step}", step));
        let explanation = self.verdict.explanation.iter().cloned().chain(first);
        let mut blocks = vec![self.impact_block()];
        blocks.extend(self.picture());
        blocks.push(self.timeline_block());
        blocks.push(self.chain_block());
        blocks.push(self.considered_block());
        blocks.push(self.lives_block());
        blocks.extend(self.actions_block());
        blocks.extend(self.platform_block());
        blocks.extend(self.side_by_side_block());
        blocks.push(self.sources_block());
        blocks.extend(self.meetings_block());
        blocks.extend(self.formulas_block());
        blocks.extend(self.missing_block());
        blocks.push(self.findings_block());
        blocks.push(self.ledgers_block());
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

    /// The step that the verdict names.
    fn first_step(&self) -> Option<&String> {
        self.verdict.now.first().or(self.verdict.actions.first())
    }

    /// What to do after the step that the verdict names: now, to change, and what to capture next time.
    fn actions_block(&self) -> Option<Block> {
        let verdict = &self.verdict;
        let now = verdict.now.iter().map(|step| (t!("Now:"), step));
        let change = verdict.actions.iter().map(|step| (t!("Change:"), step));
        let steps = now
            .chain(change)
            .skip(1)
            .map(|(when, step)| Words::strong(when).and(" ").and(Words::sentence(step)));
        let steps: Vec<Words> = steps.collect();
        let mut blocks = Vec::new();
        if self.first_step().is_none() {
            let nothing = match self.ended_in_order() {
                true => {
                    t!("It ended in order: nothing in this evidence calls for a change.")
                }
                false => {
                    t!("Nothing can be advised on this evidence but to collect more next time.")
                }
            };
            blocks.push(Block::Paragraph(nothing.into()));
        }
        if !steps.is_empty() {
            blocks.push(Block::Steps(steps));
        }
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
        let title = match self.first_step() {
            Some(_) => t!("What to do after that"),
            None => t!("What to do"),
        };
        (!blocks.is_empty()).then(|| Section::main(title, blocks))
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

    /// What stands out in the life of the verdict, without what the chain below it tells; everything is in the detail.
    fn timeline_block(&self) -> Block {
        let chained = |entry: &Entry| {
            let same = |link: &Link| {
                let place = |evidence: &Evidence| evidence.locator == entry.evidence.locator;
                link.statement == entry.statement
                    || (link.at == Some(entry.at) && link.evidence.iter().any(place))
            };
            self.chain.iter().any(same)
        };
        let own = |index: &usize| {
            let entry = &self.timeline[*index];
            (entry.life.is_none() || entry.life == self.verdict.life) && !chained(entry)
        };
        // What is seen again and again stands once, from the first time to the last.
        let mut kept: Vec<(usize, usize, usize)> = Vec::new();
        for index in (0..self.timeline.len()).filter(own) {
            let statement = &self.timeline[index].statement;
            let known = kept
                .iter_mut()
                .find(|(first, ..)| self.timeline[*first].statement == *statement);
            match known {
                Some((_, last, times)) => {
                    *last = index;
                    *times += 1;
                }
                None => kept.push((index, index, 1)),
            }
        }
        kept.sort_by_key(|(first, ..)| (std::cmp::Reverse(self.timeline[*first].severity), *first));
        kept.truncate(TIMELINE);
        kept.sort_unstable();
        let mut day = String::new();
        let line = |(first, last, times): (usize, usize, usize)| {
            let (entry, last) = (&self.timeline[first], &self.timeline[last]);
            let words = entry.statement.clone();
            let (until, statement) = match times {
                1 => (entry.until, words),
                count => (
                    last.until.or(Some(last.at)),
                    t!("{words} ({count} times)", words, count),
                ),
            };
            Words::strong(time_of(entry.at, until, &mut day))
                .and("  ")
                .and(statement)
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

    /// The reports of the rooms, for those who want to see the evidence itself, without the findings, which stand above
    /// them all.
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
        let told = |finding: &Finding| self.findings.contains(finding);
        heap.chain(others.into_iter().flatten())
            .map(|document| {
                let Verdict {
                    headline,
                    explanation,
                    ..
                } = document.verdict;
                let summary = |words: &Words| {
                    let plain = words.plain();
                    self.findings.iter().any(|known| known.summary == plain)
                };
                let explanation = explanation.into_iter().filter(|words| !summary(words));
                let said = std::iter::once(headline).chain(explanation);
                let blocks = said
                    .map(Block::Paragraph)
                    .chain(without_findings(document.blocks, &told));
                Section::apart(document.title, blocks.collect())
            })
            .collect()
    }
}

/// The blocks without the findings that are `told` elsewhere, and without sections that held nothing else.
fn without_findings(blocks: Vec<Block>, told: &impl Fn(&Finding) -> bool) -> Vec<Block> {
    let kept = blocks.into_iter().filter_map(|block| match block {
        Block::Finding(finding) if told(&finding) => None,
        Block::Section(mut section) if !section.blocks.is_empty() => {
            section.blocks = without_findings(section.blocks, told);
            (!section.blocks.is_empty()).then_some(Block::Section(section))
        }
        other => Some(other),
    });
    kept.collect()
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
