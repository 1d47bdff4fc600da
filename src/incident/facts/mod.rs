//! Facts: what the evidence about one life shows, does not show, or cannot show. Hypotheses weigh them; nothing here
//! knows a hypothesis.

pub(super) mod access;
pub(super) mod capacity;
pub(super) mod events;
pub(super) mod filling;
pub(super) mod gc;
pub(super) mod heap;
pub(super) mod host;
pub(super) mod memory;
pub(super) mod threads;

use super::needs::Need;
use super::report::Link;
use crate::finding::Evidence;
use crate::time::Moment;

/// The answer of a fact.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Observed {
    /// It is so.
    Yes(Fact),
    /// A source able to show it covers the time, and shows the opposite or nothing.
    No,
    /// No source could show it; this one would.
    Unknown(Need),
}

/// Something that is so.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fact {
    /// When it began, if known.
    pub(super) at: Option<Moment>,
    /// In words, with its numbers.
    pub(super) statement: String,
    /// Where to check it.
    pub(super) evidence: Vec<Evidence>,
}

impl Observed {
    /// `Yes` with the fact, or `No`.
    pub(super) fn when(fact: Option<Fact>) -> Self {
        fact.map_or(Self::No, Self::Yes)
    }

    /// The fact, if it is so.
    pub(super) fn fact(&self) -> Option<&Fact> {
        match self {
            Self::Yes(fact) => Some(fact),
            Self::No | Self::Unknown(_) => None,
        }
    }
}

impl Fact {
    /// The fact as a link of a chain.
    pub(super) fn as_link(&self) -> Link {
        Link {
            at: self.at,
            statement: self.statement.clone(),
            evidence: self.evidence.clone(),
        }
    }

    /// A fact that one place shows.
    pub(super) fn new(at: Option<Moment>, statement: String, evidence: Evidence) -> Self {
        Self {
            at,
            statement,
            evidence: vec![evidence],
        }
    }
}
