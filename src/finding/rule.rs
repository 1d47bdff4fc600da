//! What a rule is: a check over a room's model, with the text that `diag explain` prints.

use super::{Finding, Severity};

/// The description of a rule. `diag explain`, `diag rules` and `docs/rules.md` are made from it.
#[derive(Debug, Clone, Copy)]
pub struct RuleMeta {
    /// `room/name`, stable for ever: tickets and CI refer to it.
    pub id: &'static str,
    /// A short name.
    pub title: &'static str,
    /// Severity of its findings unless the rule says otherwise for one.
    pub severity: Severity,
    /// What it means for the process when this fires.
    pub means: &'static str,
    /// How it is detected, with every threshold.
    pub detected: &'static str,
    /// What to do about it.
    pub advice: &'static str,
    /// When it fires although nothing is wrong.
    pub false_positives: &'static str,
    /// Where the knowledge comes from: a JEP, a specification, a paper, a JVM source file.
    pub sources: &'static [&'static str],
}

/// A check over the model `M` of a room.
pub trait Rule<M: ?Sized>: Sync {
    /// The rule's description.
    fn meta(&self) -> &'static RuleMeta;

    /// The findings in `model`; empty when the rule does not fire.
    fn check(&self, model: &M) -> Vec<Finding>;
}
