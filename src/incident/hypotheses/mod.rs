//! The hypotheses: one file each, judged on every life. To add one: a file, a line in [`ALL`], two fixtures.

mod connection_leak;
mod cpu_starvation;
mod deadlock;
mod death_spiral;
mod direct_memory;
mod gradual_leak;
mod heap_too_small;
mod jvm_crash;
mod limit_misfit;
mod load_spike;
mod lock_convoy;
mod native_leak;
mod oom_zombie;
mod platform_action;
mod pool_saturation;
mod probe_too_strict;
mod slow_dependency;
mod start_failure;
mod storage_failure;
mod sudden_exhaustion;
mod swapping;
mod thread_limit;

use super::case::Case;
use super::facts::{Fact, Observed};
use super::ledger::{Clue, Judged, Order, Question, Seen, judge};
use super::needs::Need;
use super::report::Link;
use crate::finding::RuleMeta;
use crate::text::said;

/// A claim about why a process could not work, or what made that happen.
pub(super) struct Hypothesis {
    pub(super) meta: &'static RuleMeta,
    pub(super) question: Question,
    /// Weighs the facts of a life.
    weigh: fn(&Case<'_>) -> Ledger,
}

/// All hypotheses, mechanisms first.
pub(super) const ALL: &[&Hypothesis] = &[
    &death_spiral::HYPOTHESIS,
    &deadlock::HYPOTHESIS,
    &lock_convoy::HYPOTHESIS,
    &pool_saturation::HYPOTHESIS,
    &cpu_starvation::HYPOTHESIS,
    &swapping::HYPOTHESIS,
    &oom_zombie::HYPOTHESIS,
    &gradual_leak::HYPOTHESIS,
    &sudden_exhaustion::HYPOTHESIS,
    &heap_too_small::HYPOTHESIS,
    &limit_misfit::HYPOTHESIS,
    &native_leak::HYPOTHESIS,
    &direct_memory::HYPOTHESIS,
    &thread_limit::HYPOTHESIS,
    &slow_dependency::HYPOTHESIS,
    &connection_leak::HYPOTHESIS,
    &load_spike::HYPOTHESIS,
    &probe_too_strict::HYPOTHESIS,
    &storage_failure::HYPOTHESIS,
    &platform_action::HYPOTHESIS,
    &start_failure::HYPOTHESIS,
    &jvm_crash::HYPOTHESIS,
];

/// A hypothesis judged, with what the verdict needs of it.
pub(super) struct Opinion {
    pub(super) judged: Judged,
    /// The class, field, lock or service it is about, for the headline.
    pub(super) points_at: Option<String>,
    /// What led to what, if it is so.
    pub(super) links: Vec<Link>,
    /// Evidence that was not there, with the weight it could have had.
    pub(super) needs: Vec<(Need, i32)>,
}

/// Facts weighed by one hypothesis.
pub(super) struct Ledger {
    statement: String,
    points_at: Option<String>,
    clues: Vec<Clue>,
    links: Vec<Link>,
    advice: Vec<String>,
    needs: Vec<(Need, i32)>,
}

impl Ledger {
    /// An empty ledger of a hypothesis that says `statement`.
    fn new(statement: String) -> Self {
        Self {
            statement,
            points_at: None,
            clues: Vec::new(),
            links: Vec::new(),
            advice: Vec::new(),
            needs: Vec::new(),
        }
    }

    /// Enters a fact with its weight. `looked_for` names it where it was not seen.
    fn weigh(&mut self, group: &str, weight: i32, looked_for: String, observed: &Observed) {
        let (seen, statement, evidence) = match observed {
            Observed::Yes(fact) => (Seen::Yes, fact.statement.clone(), fact.evidence.clone()),
            Observed::No => (Seen::No, looked_for, Vec::new()),
            Observed::Unknown(need) => {
                self.needs.push((*need, weight.abs()));
                (Seen::NotObservable, looked_for, Vec::new())
            }
        };
        self.clues.push(Clue {
            group: group.to_owned(),
            weight,
            seen,
            statement,
            evidence,
        });
    }

    /// Makes a fact a link of the chain, if it is so. Links are given in the order of cause and effect.
    fn link(&mut self, observed: &Observed) {
        self.links.extend(observed.fact().map(Fact::as_link));
    }

    fn point_at(&mut self, what: String) {
        self.points_at = Some(what);
    }

    fn advise(&mut self, advice: String) {
        self.advice.push(advice);
    }
}

/// Judges every hypothesis on one life: best first, by question.
pub(super) fn judge_all(case: &Case<'_>) -> Vec<Opinion> {
    let mut opinions: Vec<Opinion> = ALL
        .iter()
        .map(|hypothesis| {
            let ledger = (hypothesis.weigh)(case);
            let order = order(&ledger.links);
            let (decibans, confidence) = judge(&ledger.clues, &order);
            Opinion {
                judged: Judged {
                    hypothesis: hypothesis.meta.id.to_owned(),
                    title: said(hypothesis.meta.title).to_owned(),
                    question: hypothesis.question,
                    confidence,
                    decibans,
                    statement: ledger.statement,
                    clues: ledger.clues,
                    advice: ledger.advice,
                },
                points_at: ledger.points_at,
                links: ledger.links,
                needs: ledger.needs,
            }
        })
        .collect();
    opinions.sort_by_key(|opinion| {
        let judged = &opinion.judged;
        (
            judged.question,
            std::cmp::Reverse((judged.confidence, judged.decibans)),
        )
    });
    opinions
}

fn order(links: &[Link]) -> Vec<Order> {
    links
        .windows(2)
        .map(|pair| match (pair[0].at, pair[1].at) {
            (Some(cause), Some(effect)) => match cause.order(effect) {
                Some(std::cmp::Ordering::Less | std::cmp::Ordering::Equal) => Order::Proven,
                Some(std::cmp::Ordering::Greater) => Order::Reversed,
                None => Order::Open,
            },
            _ => Order::Open,
        })
        .collect()
}
