//! Memory that nobody uses: waste, what only soft and weak references keep, garbage.

use super::ROWS;
use crate::document::{Block, Section, Table, Words};
use crate::heap::report::{ClassRow, HeapReport, ReferenceRow, Waste};
use crate::t;
use crate::text;

/// Share of the reachable bytes from which waste is worth a line at the top.
const NOTABLE: f64 = 0.05;
/// Fewest such bytes.
const LEAST: u64 = 1 << 20;

impl HeapReport {
    /// The largest kind of waste, when it is worth a person's while.
    pub(super) fn notable_waste(&self) -> Option<String> {
        let waste = self.waste.first()?;
        let least = (NOTABLE * self.reachable_bytes as f64) as u64;
        if waste.bytes < least.max(LEAST) {
            return None;
        }
        let bytes = text::bytes(waste.bytes);
        let share = text::percent(waste.bytes as f64, self.reachable_bytes as f64);
        Some(match waste.owners.first() {
            Some((owner, _)) => t!(
                "{bytes} in {kind}, {share} of the heap, most of them in {owner}",
                bytes,
                kind = text::said(&waste.kind),
                share,
                owner
            ),
            None => t!(
                "{bytes} in {kind}, {share} of the heap",
                bytes,
                kind = text::said(&waste.kind),
                share
            ),
        })
    }

    /// The sections about it.
    pub(super) fn idle(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        if !self.waste.is_empty() {
            let parts = vec![kinds(&self.waste), owners(&self.waste)];
            blocks.push(Section::detail(t!("Memory without use"), parts));
        }
        if !self.references.is_empty() {
            let title = t!("Soft, weak and phantom references");
            blocks.push(Section::detail(title, references(&self.references)));
        }
        if !self.finalizer_classes.is_empty() {
            let title = t!("Waiting for the finalizer");
            blocks.push(Section::detail(title, vec![own(&self.finalizer_classes)]));
        }
        if !self.unreachable.is_empty() {
            let title = t!("Unreachable objects");
            blocks.push(Section::detail(title, vec![own(&self.unreachable)]));
        }
        blocks
    }
}

fn kinds(waste: &[Waste]) -> Block {
    let mut table = Table::new(&[
        &t!("Kind"),
        &t!("#Objects"),
        &t!("#Bytes"),
        &t!("#Different values"),
        &t!("Mostly of class"),
    ]);
    for waste in waste {
        let class = waste.classes.first().map(|part| part.class.clone());
        table.row([
            text::said(&waste.kind).into(),
            text::count(waste.objects).into(),
            text::bytes(waste.bytes).into(),
            waste.distinct.map_or_else(String::new, text::count).into(),
            Words::code(class.unwrap_or_default()),
        ]);
    }
    Block::Table(table)
}

fn owners(waste: &[Waste]) -> Block {
    let mut rows: Vec<(&str, &str, u64)> = Vec::new();
    for waste in waste {
        let own = waste.owners.iter();
        rows.extend(own.map(|(owner, bytes)| (owner.as_str(), waste.kind.as_str(), *bytes)));
    }
    rows.sort_by(|left, right| right.2.cmp(&left.2).then_with(|| left.cmp(right)));
    let mut table = Table::new(&[&t!("Held by"), &t!("Kind"), &t!("#Bytes")]);
    for (owner, kind, bytes) in rows.into_iter().take(2 * ROWS) {
        table.row([
            Words::code(owner.to_owned()),
            text::said(kind).into(),
            text::bytes(bytes).into(),
        ]);
    }
    Block::Table(table)
}

fn references(rows: &[ReferenceRow]) -> Vec<Block> {
    let mut table = Table::new(&[
        &t!("Kind"),
        &t!("#References"),
        &t!("#Cleared"),
        &t!("#Referent is held otherwise too"),
        &t!("#Objects only these keep"),
        &t!("#Bytes"),
        &t!("Mostly of class"),
    ]);
    for row in rows {
        let class = row.classes.first().map(|class| class.class.clone());
        table.row([
            text::said(&row.kind).into(),
            text::count(row.references).into(),
            text::count(row.cleared).into(),
            text::count(row.strong).into(),
            text::count(row.objects).into(),
            text::bytes(row.bytes).into(),
            Words::code(class.unwrap_or_default()),
        ]);
    }
    let note = t!(
        "What only references keep counts as unreachable. The collector frees what is weakly reachable at once and what is softly reachable when memory runs short."
    );
    vec![Block::Table(table), Block::Paragraph(note.into())]
}

fn own(rows: &[ClassRow]) -> Block {
    let mut table = Table::new(&[&t!("Class"), &t!("#Objects"), &t!("#Own bytes")]);
    for row in rows {
        table.row([
            Words::code(row.class.clone()),
            text::count(row.instances).into(),
            text::bytes(row.shallow_bytes).into(),
        ]);
    }
    Block::Table(table)
}
