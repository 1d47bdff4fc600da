//! The section on sources: what was given, how much of it was understood, and how each clock was placed.

use super::report::{IncidentReport, SourceRow};
use crate::document::{Block, Section, Table, Words};
use crate::input::Kind;
use crate::t;
use crate::text::count;

impl IncidentReport {
    pub(super) fn sources_block(&self) -> Block {
        let mut table = Table::new(&[
            &t!("File"),
            &t!("Read as"),
            &t!("#Bytes"),
            &t!("#Records"),
            &t!("#Not understood"),
        ]);
        for source in &self.sources {
            let reads = self
                .coverage
                .iter()
                .filter(|read| read.source == source.name);
            let (records, lost) = reads.fold((0, 0), |(records, lost), read| {
                (records + read.records, lost + read.not_understood)
            });
            table.row([
                Words::code(source.name.clone()),
                source.format.as_str().into(),
                count(source.bytes).into(),
                count(records).into(),
                count(lost).into(),
            ]);
        }
        let own_files = self
            .rooms
            .layout
            .iter()
            .flat_map(|layout| &layout.own_files);
        let own_files: Vec<&String> = own_files.collect();
        let unknown = |source: &&SourceRow| {
            source.kinds == [Kind::Unknown] && !own_files.contains(&&source.name)
        };
        let unknown: Vec<&str> = self
            .sources
            .iter()
            .filter(unknown)
            .map(|source| source.name.as_str())
            .collect();
        let lost: u64 = self.coverage.iter().map(|read| read.not_understood).sum();
        let mut summary = t!(
            "Files read: {files}; lines or bytes of the recognised ones not understood: {lost}.",
            files = self.sources.len(),
            lost = count(lost)
        );
        if !unknown.is_empty() {
            let names = unknown.join(", ");
            summary.push(' ');
            summary.push_str(&t!("Not recognised: {names}.", names));
        }
        let mut blocks = self.collector();
        blocks.push(Block::Paragraph(summary.into()));
        let issues = self
            .coverage
            .iter()
            .flat_map(|read| &read.issues)
            .chain(&self.issues);
        let issues: Vec<Words> = issues.map(|issue| issue.to_string().into()).collect();
        if !issues.is_empty() {
            blocks.push(Block::Paragraph(
                t!("Not understood or not readable:").into(),
            ));
            blocks.push(Block::List(issues));
        }
        blocks.push(Section::detail(
            t!("All sources"),
            vec![Block::Table(table)],
        ));
        // Clocks that were placed alike are one point.
        let mut placed: Vec<(&str, Words)> = Vec::new();
        for clock in &self.clocks {
            let source = Words::code(clock.source.clone());
            match placed.iter_mut().find(|(basis, _)| *basis == clock.basis) {
                Some((_, sources)) => {
                    let known = std::mem::take(sources);
                    *sources = known.and(", ").and(source);
                }
                None => placed.push((&clock.basis, source)),
            }
        }
        let clocks = placed
            .into_iter()
            .map(|(basis, sources)| sources.and(": ").and(basis));
        let clocks: Vec<Words> = clocks.collect();
        blocks.push(Section::detail(t!("Clocks"), vec![Block::List(clocks)]));
        Section::main(t!("Sources"), blocks)
    }

    /// Who collected the bundle.
    fn collector(&self) -> Vec<Block> {
        let Some(layout) = &self.rooms.layout else {
            return Vec::new();
        };
        let told = [
            layout.host.clone(),
            layout
                .process
                .map(|process| t!("process {process}", process)),
            layout.application.clone(),
            layout.zone.clone(),
        ];
        let told: Vec<String> = told.into_iter().flatten().collect();
        let words = t!(
            "A bundle of {collector}: {told}.",
            collector = layout.collector,
            told = told.join(", ")
        );
        vec![Block::Paragraph(words.into())]
    }
}
