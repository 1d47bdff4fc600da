//! What collections spend their time on: the phases that the log names, and the processing of references.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::event::Place;
use super::life::locator;
use super::run::Run;
use crate::finding::Locator;

/// Names kept; a log of a real JVM has a few dozen.
const NAMES: usize = 256;

/// All times of one phase. Durations in microseconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Phase {
    /// Its name as the log has it: `Evacuate Collection Set`.
    pub name: String,
    /// Whether the application ran meanwhile.
    pub concurrent: bool,
    /// How often.
    pub count: u64,
    /// Sum.
    pub total: i64,
    /// Longest.
    pub max: i64,
    /// Where the longest is.
    pub longest: Locator,
}

/// The processing of soft, weak, final and phantom references.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReferenceSummary {
    /// Collections that logged its time.
    pub count: u64,
    /// Sum of its times in microseconds.
    pub total: i64,
    /// Longest in microseconds.
    pub max: i64,
    /// Where the longest is.
    pub longest: Option<Locator>,
    /// Soft references found (HotSpot: discovered), summed over all collections that logged them.
    pub soft: u64,
    /// Weak references found.
    pub weak: u64,
    /// Objects with a finalizer found.
    pub finals: u64,
    /// Phantom references found, cleaners among them.
    pub phantom: u64,
}

/// Sum, longest and place of durations in nanoseconds.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sum {
    count: u64,
    total: i64,
    max: i64,
    place: Place,
}

impl Sum {
    fn add(&mut self, nanos: i64, place: Place) {
        self.count += 1;
        self.total = self.total.saturating_add(nanos);
        if self.count == 1 || nanos > self.max {
            self.max = nanos;
            self.place = place;
        }
    }
}

/// A strength of reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Strength {
    Soft,
    Weak,
    Final,
    Phantom,
}

impl Strength {
    /// By the beginning of a word: `Soft`, `WeakReference`, `FinalRef`.
    pub(super) fn of(word: &[u8]) -> Option<Self> {
        [
            (b"Soft".as_slice(), Self::Soft),
            (b"Weak", Self::Weak),
            (b"Final", Self::Final),
            (b"Phantom", Self::Phantom),
        ]
        .into_iter()
        .find_map(|(name, strength)| word.starts_with(name).then_some(strength))
    }
}

/// What a run has said about phases and references so far.
#[derive(Debug, Clone, Default)]
pub(super) struct RawPhases {
    phases: BTreeMap<Vec<u8>, Sum>,
    references: Sum,
    found: [u64; 4],
}

impl RawPhases {
    /// Adds a phase.
    pub(super) fn phase(&mut self, name: &[u8], nanos: i64, place: Place) {
        if let Some(sum) = self.phases.get_mut(name) {
            sum.add(nanos, place);
        } else if self.phases.len() < NAMES {
            let sum = self.phases.entry(name.to_vec()).or_default();
            sum.add(nanos, place);
        }
    }

    /// Adds the time that a collection took for its references.
    pub(super) fn references(&mut self, nanos: i64, place: Place) {
        self.references.add(nanos, place);
    }

    /// Adds references found.
    pub(super) fn found(&mut self, strength: Strength, count: u64) {
        let slot = &mut self.found[strength as usize];
        *slot = slot.saturating_add(count);
    }
}

/// The phases of a run, by total time.
pub(super) fn phases(run: &Run, sources: &[String]) -> Vec<Phase> {
    let phase = |(name, sum): (&Vec<u8>, &Sum)| Phase {
        concurrent: name.starts_with(b"Concurrent ") || name.starts_with(b"CMS-concurrent"),
        name: String::from_utf8_lossy(name).into_owned(),
        count: sum.count,
        total: sum.total / 1000,
        max: sum.max / 1000,
        longest: locator(sources, sum.place),
    };
    let mut phases: Vec<Phase> = run.phases.phases.iter().map(phase).collect();
    phases.sort_by(|left, right| (right.total, &left.name).cmp(&(left.total, &right.name)));
    phases
}

/// The processing of references of a run; `None` when the log says nothing about it.
pub(super) fn references(run: &Run, sources: &[String]) -> Option<ReferenceSummary> {
    let RawPhases {
        references, found, ..
    } = &run.phases;
    let [soft, weak, finals, phantom] = *found;
    (references.count > 0 || found.iter().any(|&count| count > 0)).then(|| ReferenceSummary {
        count: references.count,
        total: references.total / 1000,
        max: references.max / 1000,
        longest: (references.count > 0).then(|| locator(sources, references.place)),
        soft,
        weak,
        finals,
        phantom,
    })
}
