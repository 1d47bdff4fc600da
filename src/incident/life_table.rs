//! The table of lives, and times as tables and lists write them.

use super::report::IncidentReport;
use crate::document::{Block, Section, Table};
use crate::t;
use crate::text::{duration, percent};
use crate::time::{Instant, Moment, SECOND};

/// Lives shown before the rest is left to the detail: the one of the verdict and its neighbours in time.
const LIVES: usize = 6;

impl IncidentReport {
    pub(super) fn lives_block(&self) -> Block {
        let note = t!(
            "Heap and collector: the minute before it ended or was told to. Busy threads: the request pool in the last thread dump."
        );
        let mut blocks = vec![
            Block::Table(self.lives_table(LIVES)),
            Block::Paragraph(note.into()),
        ];
        if self.lives.len() > LIVES {
            blocks.push(Section::detail(
                t!("All lives ({count})", count = self.lives.len()),
                vec![Block::Table(self.lives_table(usize::MAX))],
            ));
        }
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
        let shown = || self.lives.iter().skip(from).take(most);
        // Where all began on one day, the day stands above them.
        let mut days: Vec<String> = shown()
            .filter_map(|life| Some(day_of(life.started?)))
            .collect();
        days.dedup();
        let started = match days.as_slice() {
            [day] => t!("Started {day}", day),
            _ => t!("Started"),
        };
        let mut table = Table::new(&[
            &t!("#Life"),
            &started,
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
        let mut day = match days.len() {
            1 => days.remove(0),
            _ => String::new(),
        };
        table.more = self.lives.len().saturating_sub(most) as u64;
        for life in shown() {
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
}

/// The day on which a moment begins.
fn day_of(at: Moment) -> String {
    let full = at.lo.display();
    let date = full.split_once(' ').map(|(date, _)| date.to_owned());
    date.unwrap_or(full)
}

/// The time of an entry; the day is written where it changes.
pub(super) fn time_of(at: Moment, until: Option<Moment>, day: &mut String) -> String {
    let date = day_of(at);
    let mut text = String::new();
    if date != *day {
        text.push_str(&date);
        text.push(' ');
        *day = date;
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
