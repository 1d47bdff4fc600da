//! The JVM itself crashed.

use super::{Hypothesis, Ledger};
use crate::finding::{RuleMeta, Severity};
use crate::incident::case::Case;
use crate::incident::facts::events;
use crate::incident::ledger::{DECISIVE, Question, STRONG};
use crate::t;

const META: RuleMeta = RuleMeta {
    id: "incident/jvm-crash",
    title: "JVM crash",
    severity: Severity::Critical,
    means: "Native code ended the JVM: the VM itself, its compiler, or a library that was loaded into it.",
    detected: "An hs_err file tells of the crash (+20). An orderly shutdown is decisive against it (-20).",
    advice: "Look at the problematic frame: a library outside the JDK is the first suspect. Update the JDK and the library.",
    false_positives: "A crash on purpose (-XX:+CrashOnOutOfMemoryError) is an OutOfMemoryError.",
    sources: &["HotSpot vmError.cpp"],
};

pub(super) const HYPOTHESIS: Hypothesis = Hypothesis {
    meta: &META,
    question: Question::Cause,
    weigh,
};

fn weigh(case: &Case<'_>) -> Ledger {
    let mut ledger = Ledger::new(match case.see(events::crashed).fact() {
        Some(fact) => t!("{what}.", what = fact.statement),
        None => t!("The JVM crashed."),
    });
    let crashed = case.see(events::crashed);
    ledger.weigh("crash", DECISIVE, t!("an hs_err file"), &crashed);
    if crashed.fact().is_some() {
        ledger.weigh("frame", STRONG, t!("the problematic frame"), &crashed);
    }
    ledger.weigh(
        "orderly",
        -DECISIVE,
        t!("an orderly shutdown"),
        &case.see(events::shut_down_in_order),
    );
    ledger.link(&crashed);
    ledger.advise(t!("Update the JDK; if the problematic frame is in a library outside the JDK, update or remove that library first."));
    ledger
}
