//! The ledger of a hypothesis: clues for and against, each fact counted once, added up in decibans.
//!
//! A deciban is `10·log10` of the odds. Priors are even. Within a group of clues that speak of the same fact (exit code
//! 137, reason `OOMKilled`, the kernel's own line) only the strongest for and the strongest against count. A clue that
//! no source could show weighs nothing and becomes advice on what to capture next time.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::{Confidence, Evidence};

/// Weight of a clue that settles the matter by itself.
pub(super) const DECISIVE: i32 = 20;
/// Weight of a strong clue.
pub(super) const STRONG: i32 = 10;
/// Weight of a moderate clue.
pub(super) const MODERATE: i32 = 5;
/// Bonus for each pair of links of the causal chain whose order in time is proven.
const IN_ORDER: i32 = 5;
/// Penalty when the order of a pair is proven to be the reverse.
const REVERSED: i32 = -10;

/// Which of the three questions a hypothesis answers.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Question {
    /// Why the process could not do its work.
    Mechanism,
    /// What made that happen.
    Cause,
}

/// One clue about a hypothesis.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Clue {
    /// Clues of one group speak of the same fact.
    pub group: String,
    /// Positive speaks for the hypothesis, negative against it.
    pub weight: i32,
    /// What was seen, was not seen, or could not be seen.
    pub seen: Seen,
    /// The clue in words. For one that could not be seen: what would show it and how to capture it.
    pub statement: String,
    /// Where to check it; empty unless seen.
    pub evidence: Vec<Evidence>,
}

/// Whether a clue is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Seen {
    /// The evidence shows it.
    Yes,
    /// A source able to show it covers the time, and does not.
    No,
    /// No source given could show it.
    NotObservable,
}

/// A hypothesis judged on one life.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Judged {
    /// Identifier, `incident/…`.
    pub hypothesis: String,
    /// Its title.
    pub title: String,
    /// Which question it answers.
    pub question: Question,
    /// The word.
    pub confidence: Confidence,
    /// The sum of the ledger in decibans.
    pub decibans: i32,
    /// What it says about this life, as one sentence.
    pub statement: String,
    /// Seen clues for, seen clues against, and clues that could not be seen.
    pub clues: Vec<Clue>,
    /// What to do if it is so.
    pub advice: Vec<String>,
}

impl Judged {
    /// Whether it may be named as an answer.
    pub fn holds(&self) -> bool {
        self.confidence >= Confidence::Possible
    }

    /// Seen clues that speak for it.
    pub fn speaking_for(&self) -> impl Iterator<Item = &Clue> {
        self.seen().filter(|clue| clue.weight > 0)
    }

    /// Seen clues that speak against it.
    pub fn speaking_against(&self) -> impl Iterator<Item = &Clue> {
        self.seen().filter(|clue| clue.weight < 0)
    }

    fn seen(&self) -> impl Iterator<Item = &Clue> {
        self.clues.iter().filter(|clue| clue.seen == Seen::Yes)
    }
}

/// A pair of neighbouring links of a chain, compared in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// The cause is proven to come first.
    Proven,
    /// The intervals overlap or a time is unknown.
    Open,
    /// The effect is proven to come first.
    Reversed,
}

/// Adds up `clues` and the order of the chain, and finds the word for it.
pub(super) fn judge(clues: &[Clue], chain: &[Order]) -> (i32, Confidence) {
    let mut groups: Vec<&str> = clues.iter().map(|clue| clue.group.as_str()).collect();
    groups.sort_unstable();
    groups.dedup();
    let weights = |group: &str| {
        let seen = clues
            .iter()
            .filter(|clue| clue.seen == Seen::Yes && clue.group == group);
        let best = seen.clone().map(|clue| clue.weight).max().unwrap_or(0);
        let worst = seen.map(|clue| clue.weight).min().unwrap_or(0);
        best.max(0) + worst.min(0)
    };
    let ledger: i32 = groups.into_iter().map(weights).sum();
    let seen = |test: fn(i32) -> bool| {
        let mut clues = clues.iter().filter(|clue| clue.seen == Seen::Yes);
        clues.any(|clue| test(clue.weight))
    };
    let decisive = seen(|weight| weight >= DECISIVE);
    let refuted = seen(|weight| weight <= -DECISIVE);
    // Order in time confirms a case that stands on evidence; it cannot make one.
    let bonus: i32 = match ledger > 0 {
        true => chain.iter().map(|order| order.weight()).sum(),
        false => 0,
    };
    let sum = ledger + bonus;
    let word = match sum {
        30.. if decisive && !refuted => Confidence::Confirmed,
        15.. => Confidence::Likely,
        5.. => Confidence::Possible,
        _ if refuted => Confidence::RuledOut,
        -4.. => Confidence::Undetermined,
        _ => Confidence::Unlikely,
    };
    (sum, word)
}

impl Order {
    fn weight(self) -> i32 {
        match self {
            Self::Proven => IN_ORDER,
            Self::Open => 0,
            Self::Reversed => REVERSED,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clue(group: &str, weight: i32, seen: Seen) -> Clue {
        Clue {
            group: group.to_owned(),
            weight,
            seen,
            statement: String::new(),
            evidence: Vec::new(),
        }
    }

    #[test]
    fn one_fact_counts_once() {
        let clues = [
            clue("kill", DECISIVE, Seen::Yes),
            clue("kill", STRONG, Seen::Yes),
            clue("flat", STRONG, Seen::Yes),
        ];
        assert_eq!(judge(&clues, &[]), (30, Confidence::Confirmed));
    }

    #[test]
    fn what_nobody_could_see_weighs_nothing() {
        let clues = [
            clue("a", DECISIVE, Seen::NotObservable),
            clue("b", -DECISIVE, Seen::No),
        ];
        assert_eq!(judge(&clues, &[]), (0, Confidence::Undetermined));
    }

    #[test]
    fn a_decisive_contradiction_rules_out_and_order_alone_proves_nothing() {
        let against = [clue("flat", -DECISIVE, Seen::Yes)];
        assert_eq!(judge(&against, &[Order::Proven]).1, Confidence::RuledOut);
        assert_eq!(judge(&[], &[Order::Proven; 9]).1, Confidence::Undetermined);
    }

    #[test]
    fn a_reversed_chain_weakens() {
        let clues = [clue("a", DECISIVE, Seen::Yes), clue("b", STRONG, Seen::Yes)];
        assert_eq!(judge(&clues, &[Order::Reversed]).1, Confidence::Likely);
    }
}
