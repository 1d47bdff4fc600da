//! The pictures: the top of the dominator tree, and what the largest holders retain.

use super::parts::held_by;
use crate::document::{Bar, Bars, Block, Chart, Flame, Section, Unit};
use crate::heap::report::{DominatorRow, HeapReport, StandsFor};
use crate::t;
use crate::text;

impl HeapReport {
    /// For a page: a terminal has the table of the suspects and their paths.
    pub(super) fn pictures(&self) -> Option<Block> {
        let pictures = [self.icicle(), self.bars()];
        let pictures: Vec<Block> = pictures.into_iter().flatten().map(Block::Chart).collect();
        (!pictures.is_empty()).then(|| Section::detail(t!("Who keeps what alive"), pictures))
    }

    fn icicle(&self) -> Option<Chart> {
        (!self.dominators.is_empty()).then_some(())?;
        let frame = |name: String, bytes: u64| Flame {
            title: t!("Dominator tree: each box would be freed without the one above it"),
            unit: Unit::Bytes,
            name,
            value: bytes as f64,
            children: Vec::new(),
        };
        let whole = frame(t!("reachable from the roots"), self.reachable_bytes);
        let rows = self.dominators.iter();
        let inside = rows.map(|row| {
            let depth = row.depth as usize + 1;
            (depth, frame(name(row), row.retained_bytes))
        });
        Flame::nested(std::iter::once((0, whole)).chain(inside)).map(Chart::Flame)
    }

    /// The suspects hold different parts of the heap, so they add up with what is left.
    fn bars(&self) -> Option<Chart> {
        (!self.suspects.is_empty()).then_some(())?;
        let bar = |label: String, bytes: u64| Bar {
            label,
            parts: vec![(t!("retained"), bytes as f64)],
        };
        let mut bars: Vec<Bar> = self
            .suspects
            .iter()
            .map(|suspect| bar(held_by(suspect), suspect.retained_bytes))
            .collect();
        let held = self.suspects.iter().map(|suspect| suspect.retained_bytes);
        let rest = self.reachable_bytes.saturating_sub(held.sum());
        bars.push(bar(t!("everything else"), rest));
        if self.unreachable_bytes > 0 {
            bars.push(bar(t!("garbage not yet collected"), self.unreachable_bytes));
        }
        Some(Chart::Bars(Bars {
            title: t!("Retained bytes by holder"),
            unit: Unit::Bytes,
            bars,
        }))
    }
}

/// The class first: a picture shortens names at their end, and colours them by class.
fn name(row: &DominatorRow) -> String {
    let class = &row.class;
    let by = row.by.iter().map(|by| format!(" ({by})"));
    let thread = row.thread.iter().map(|name| format!(" \"{name}\""));
    let count = match row.stands_for {
        StandsFor::Object => None,
        StandsFor::Chain => Some(t!(" × {count}, a chain", count = text::count(row.objects))),
        StandsFor::Class => Some(format!(" × {}", text::count(row.objects))),
    };
    let parts = thread.chain(count).chain(by);
    format!("{class}{}", parts.collect::<String>())
}
