//! Output of `jstat -gc` and `jstat -gc -t`: samples of occupancy and of the counters of collections.
//!
//! Between two samples only the number and the sum of the pauses are known: counts and totals are exact, each single
//! pause is their average, and the occupancy is that of the sample.

use super::number;
use super::unified::Outcome;
use crate::gc::event::{Area, Event, PauseKind, Place};
use crate::gc::report::LifeEnd;
use crate::gc::run::{Clocks, Run};
use crate::input::Line;

/// Pauses made from one pair of samples; more is damage.
const MOST: u64 = 10_000;

/// A row, in the units of its column: KB, counts, and microseconds for times.
type Row = Vec<i64>;

/// Reads the lines of a set of files into runs.
#[derive(Debug)]
pub(in crate::gc) struct Reader {
    runs: Vec<Run>,
    run: Run,
    columns: Vec<String>,
    last: Option<Row>,
    file: u32,
}

impl Reader {
    pub(in crate::gc) fn new() -> Self {
        Self {
            runs: Vec::new(),
            run: Run::new("jstat"),
            columns: Vec::new(),
            last: None,
            file: 0,
        }
    }

    /// The fields of a row; `-` stands for a counter that the collector does not have.
    fn row(&self, text: &[u8]) -> Option<Row> {
        let fields = text
            .split(|byte| byte.is_ascii_whitespace())
            .filter(|field| !field.is_empty());
        let row: Option<Row> = fields
            .map(|field| match field {
                b"-" => Some(0),
                _ => number::decimal(field, 6)
                    .filter(|(_, used)| *used == field.len())
                    .map(|(value, _)| value),
            })
            .collect();
        row.filter(|row| row.len() == self.columns.len())
    }

    fn sample(&mut self, row: Row, place: Place) {
        let value = |row: &Row, name: &str| {
            let index = self.columns.iter().position(|column| column == name)?;
            row.get(index).copied()
        };
        let time = value(&row, "Timestamp");
        let fell = self
            .last
            .as_ref()
            .is_some_and(|last| value(last, "GCT") > value(&row, "GCT"));
        if fell {
            let run = std::mem::replace(&mut self.run, Run::new("jstat"));
            self.keep(run, LifeEnd::NextLife);
            self.last = None;
        }
        let value = |row: &Row, name: &str| {
            let index = self.columns.iter().position(|column| column == name)?;
            row.get(index).copied()
        };
        let sum = |row: &Row, names: &[&str]| -> u64 {
            let kilobytes = names.iter().filter_map(|name| value(row, name));
            kilobytes.map(|value| value as u64 / 1_000_000 * 1024).sum()
        };
        let used = |row: &Row| sum(row, &["S0U", "S1U", "EU", "OU"]);
        let clocks = Clocks {
            uptime: time,
            wall: None,
        };
        let now = self.run.tick(clocks, place);
        let capacity = sum(&row, &["S0C", "S1C", "EC", "OC"]);
        let mut events = Vec::new();
        if let Some(last) = &self.last {
            let counters = [
                ("YGC", "YGCT", PauseKind::Young),
                ("CGC", "CGCT", PauseKind::Other),
                ("FGC", "FGCT", PauseKind::Full),
            ];
            for (count, total, kind) in counters {
                let delta = |name: &str| Some(value(&row, name)? - value(last, name)?);
                let (Some(count), Some(total)) = (delta(count), delta(total)) else {
                    continue;
                };
                let count = (count.max(0) / 1_000_000) as u64;
                if count > MOST {
                    continue;
                }
                for index in 0..count {
                    // The rest of the division goes to the last one, so that the sum is exact.
                    let share = total.max(0) * 1000 / count as i64;
                    let rest = if index + 1 == count {
                        total.max(0) * 1000 - share * count as i64
                    } else {
                        0
                    };
                    let begin = now
                        .saturating_sub(total.max(0))
                        .saturating_add(share / 1000 * index as i64);
                    let mut event = Event::new(begin, share + rest, kind, 0, place);
                    if index + 1 == count {
                        event.heap = Area {
                            before: used(last),
                            after: used(&row),
                            capacity,
                        };
                    }
                    events.push(event);
                }
            }
        }
        let old = Area {
            before: sum(&row, &["OU"]),
            after: sum(&row, &["OU"]),
            capacity: sum(&row, &["OC"]),
        };
        let cause = self.run.name(b"jstat sample");
        let mut sample = Event::new(now, 0, PauseKind::Cycle, cause, place);
        sample.heap = Area {
            before: used(&row),
            after: used(&row),
            capacity,
        };
        sample.old = old;
        events.push(sample);
        for event in events {
            self.run.push(event);
        }
        self.last = Some(row);
    }

    fn keep(&mut self, mut run: Run, ended: LifeEnd) {
        run.ended = Some(ended);
        if !run.is_empty() {
            self.runs.push(run);
        }
    }
}

impl super::Reader for Reader {
    fn begin_file(&mut self, file: u32) {
        self.file = file;
    }

    fn line(&mut self, line: &Line<'_>) -> Outcome {
        let place = Place {
            file: self.file,
            line: line.number,
        };
        if is_gc_line(line.text) {
            let text = String::from_utf8_lossy(line.text);
            self.columns = text.split_ascii_whitespace().map(str::to_owned).collect();
            return Outcome::Quiet;
        }
        if line.text.trim_ascii().is_empty() || self.columns.is_empty() {
            return Outcome::Quiet;
        }
        let Some(row) = self.row(line.text) else {
            return Outcome::Unknown;
        };
        self.sample(row, place);
        Outcome::Used
    }

    fn finish(mut self) -> Vec<Run> {
        let run = std::mem::take(&mut self.run);
        self.keep(run, LifeEnd::LogEnds);
        self.runs
    }
}

/// Whether a line is the header of the table.
pub(in crate::gc) fn is_gc_line(line: &[u8]) -> bool {
    let has = |name: &[u8]| memchr::memmem::find(line, name).is_some();
    has(b" OU ") && has(b" YGC ") && has(b" FGC ") && has(b" EU ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gc::formats::Reader as _;
    use crate::gc::pauses::PauseSummary;
    use crate::input::Lines;

    #[test]
    fn counts_and_sums_between_samples_are_exact() {
        let log = "Timestamp  S0C  S1C  S0U  S1U  EC  EU  OC  OU  MC  MU  YGC  YGCT  FGC  FGCT  CGC  CGCT  GCT\n\
                   1.0 10.0 10.0 0.0 5.0 100.0 50.0 200.0 20.0 9.0 8.0 3 0.030 0 0.000 - - 0.030\n\
                   2.0 10.0 10.0 0.0 5.0 100.0 10.0 200.0 40.0 9.0 8.0 6 0.070 1 0.500 - - 0.570\n";
        let mut reader = Reader::new();
        for line in Lines::new(log.as_bytes()) {
            assert_ne!(reader.line(&line), Outcome::Unknown);
        }
        let runs = reader.finish();
        let summary = PauseSummary::of(&runs[0].events);
        assert_eq!(
            (summary.count, summary.full_count, summary.total),
            (4, 1, 540_000)
        );
    }
}
