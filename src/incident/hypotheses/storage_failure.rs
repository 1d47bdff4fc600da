//! A volume or disk failed.

use super::{Hypothesis, Ledger};
use crate::finding::{RuleMeta, Severity};
use crate::incident::case::Case;
use crate::incident::facts::{events, host};
use crate::incident::ledger::{DECISIVE, Question, STRONG};
use crate::t;

const META: RuleMeta = RuleMeta {
    id: "incident/storage-failure",
    title: "Storage failure",
    severity: Severity::High,
    means: "A volume could not be mounted, a disk is full, or a file system stopped answering: the process cannot start, or stands still in file I/O.",
    detected: "A failed mount, a full device or storage that stopped answering is reported (+20); a file system is full or a disk cannot keep up (+10).",
    advice: "Look at the volume: does it exist, is it attached elsewhere, is it full?",
    false_positives: "A failed mount of another pod on the same node.",
    sources: &["Kubernetes kubelet, volume manager events"],
};

pub(super) const HYPOTHESIS: Hypothesis = Hypothesis {
    meta: &META,
    question: Question::Cause,
    weigh,
};

fn weigh(case: &Case<'_>) -> Ledger {
    let mut ledger = Ledger::new(match case.see(events::storage_failed).fact() {
        Some(fact) => t!("Storage failed: {what}.", what = fact.statement),
        None => t!("Storage failed."),
    });
    let failed = case.see(events::storage_failed);
    ledger.weigh(
        "failed",
        DECISIVE,
        t!("a failed mount, a full device, or storage that stopped answering"),
        &failed,
    );
    let disk = case.see(host::disk_in_trouble);
    ledger.weigh(
        "disk",
        STRONG,
        t!("a file system that is full, or a disk that cannot keep up"),
        &disk,
    );
    ledger.link(&disk);
    ledger.link(&failed);
    ledger.advise(t!(
        "Look at the volume: whether it exists, where it is attached, how full it is."
    ));
    ledger
}
