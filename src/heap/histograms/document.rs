//! The series as a person reads it.

use super::growing::is_general;
use super::report::{ClassSeries, HistogramReport};
use crate::document::{Block, Document, Section, Table, Verdict, Words};
use crate::finding::Severity;
use crate::heap::document::parts::signed;
use crate::t;
use crate::text;

/// Rows everybody sees.
const ROWS: usize = 20;

impl HistogramReport {
    /// The series as blocks.
    pub fn document(&self) -> Document {
        let findings = self.findings.iter().cloned();
        let mut blocks: Vec<Block> = findings.map(|f| Block::Finding(Box::new(f))).collect();
        let several = self.snapshots.len() > 1;
        let title = match several {
            true => t!("Growth from the first to the last histogram"),
            false => t!("Largest classes"),
        };
        let table = |rows: &[ClassSeries]| vec![self.table(rows, several)];
        blocks.push(Section::main(
            title,
            table(&self.classes[..self.classes.len().min(ROWS)]),
        ));
        if self.classes.len() > ROWS {
            blocks.push(Section::detail(
                t!("All classes listed"),
                table(&self.classes),
            ));
        }
        blocks.push(Section::detail(
            t!("Histograms"),
            vec![self.snapshot_table()],
        ));
        Document {
            title: t!(
                "{count} class histograms",
                count = text::count(self.snapshots.len() as u64)
            ),
            verdict: self.verdict(),
            blocks,
        }
    }

    fn verdict(&self) -> Verdict {
        let most = self
            .classes
            .iter()
            .find(|row| row.every_time && row.grown_bytes > 0 && !is_general(&row.class));
        let headline = match (most, self.classes.first()) {
            _ if self.snapshots.len() < 2 => {
                t!("One histogram shows no growth: take another one later")
            }
            (Some(row), _) => t!(
                "{class} grew every time, by {count} objects and {bytes}",
                class = row.class,
                count = text::count(row.grown_instances.unsigned_abs()),
                bytes = text::bytes(row.grown_bytes.unsigned_abs())
            ),
            (None, Some(row)) if row.grown_bytes > 0 => t!(
                "No class of the program grew every time; the most growth is {class}, {bytes}",
                class = row.class,
                bytes = signed(row.grown_bytes, text::bytes)
            ),
            (None, _) => t!("No class grew"),
        };
        let mut explanation = Vec::new();
        if let (Some(first), Some(last)) = (self.snapshots.first(), self.snapshots.last())
            && first.complete
            && last.complete
        {
            let sentence = t!(
                "All objects together: {from} in the first histogram, {to} in the last.",
                from = text::bytes(first.bytes),
                to = text::bytes(last.bytes)
            );
            explanation.push(sentence.into());
        }
        let cut = self
            .snapshots
            .iter()
            .filter(|snapshot| !snapshot.complete)
            .count();
        if cut > 0 {
            let sentence = t!(
                "{count} histograms were cut off before their total: classes that one of them does not list are left out.",
                count = text::count(cut as u64)
            );
            explanation.push(sentence.into());
        }
        let severity = self.findings.iter().map(|finding| finding.severity).max();
        Verdict {
            severity: severity.unwrap_or(Severity::Info),
            headline: Words::strong(headline),
            explanation,
        }
    }

    fn table(&self, rows: &[ClassSeries], several: bool) -> Block {
        let mut table = match several {
            true => Table::new(&[
                &t!("Class"),
                &t!("#Growth"),
                &t!("#Before"),
                &t!("#Now"),
                &t!("#Bytes now"),
                &t!("Grew"),
            ]),
            false => Table::new(&[&t!("Class"), &t!("#Objects"), &t!("#Own bytes")]),
        };
        for row in rows {
            let class = Words::code(row.class.clone());
            let count = |value: Option<&u64>| text::count(value.copied().unwrap_or(0)).into();
            let bytes = text::bytes(row.bytes.last().copied().unwrap_or(0)).into();
            if !several {
                table.row([class, count(row.instances.last()), bytes]);
                continue;
            }
            let grew = match row.every_time {
                true => t!("every time"),
                false if row.grown_instances > 0 => t!("not every time"),
                false => String::new(),
            };
            table.row([
                class,
                signed(row.grown_bytes, text::bytes).into(),
                count(row.instances.first()),
                count(row.instances.last()),
                bytes,
                grew.into(),
            ]);
        }
        table.more = (self.classes.len() - rows.len()) as u64;
        Block::Table(table)
    }

    fn snapshot_table(&self) -> Block {
        let mut table = Table::new(&[&t!("Source"), &t!("#Line"), &t!("#Objects"), &t!("#Bytes")]);
        for snapshot in &self.snapshots {
            table.row([
                Words::code(snapshot.source.clone()),
                text::count(snapshot.line).into(),
                text::count(snapshot.instances).into(),
                text::bytes(snapshot.bytes).into(),
            ]);
        }
        Block::Table(table)
    }
}
