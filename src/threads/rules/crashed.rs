//! A thread crashed the VM.

use super::Facts;
use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::t;
use crate::threads::report::CrashedThread;

/// Frames shown as evidence.
const SHOWN: usize = 4;

pub(super) struct CrashedRule;
pub(super) const CRASHED: CrashedRule = CrashedRule;

static META: RuleMeta = RuleMeta {
    id: "threads/crashed",
    title: "A thread crashed the VM",
    severity: Severity::Critical,
    means: "The process ended in this thread: by a bad access in native code, in code that the compiler made, or in the VM itself. The stack names the call that led there.",
    detected: "The error line of an hs_err file, with the thread marked => in its list and the stack below \"Native frames\".",
    advice: "Look whose native code stands at the top: a library called through JNI or Unsafe, the compiler, or the collector.",
    false_positives: "A signal that somebody sent (\"sent by kill\"): then the stack is that of whichever thread received it.",
    sources: &[
        "src/hotspot/share/utilities/vmError.cpp: VMError::report",
        "Java SE Troubleshooting Guide: Fatal Error Log",
    ],
};

impl Rule<Facts<'_>> for CrashedRule {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, facts: &Facts<'_>) -> Vec<Finding> {
        let dumps = facts.report.dumps.iter();
        dumps
            .filter_map(|dump| dump.crash.as_ref())
            .map(finding)
            .collect()
    }
}

fn finding(crash: &CrashedThread) -> Finding {
    let error = &crash.error;
    let mut finding = Finding::new(
        &META,
        match &crash.thread {
            Some(thread) => t!(
                "{name} crashed the VM with {error}",
                name = thread.name,
                error
            ),
            None => t!("The VM crashed with {error} outside its own threads", error),
        },
    );
    finding.summary = match (crash.frames.first(), &crash.frame) {
        (Some(top), Some(own)) if top != own => {
            t!("It was in {top}, called from {own}.", top, own)
        }
        (Some(top), _) => t!("It was in {top}.", top),
        (None, _) => t!("The file does not show the stack of a Java thread."),
    };
    finding.evidence.push(Evidence::new(
        t!("the error: {error}", error),
        crash.at.clone(),
    ));
    if let Some(thread) = &crash.thread {
        let frames: Vec<&str> = crash
            .frames
            .iter()
            .take(SHOWN)
            .map(String::as_str)
            .collect();
        finding.evidence.push(Evidence::new(
            t!(
                "{name} stood in {frames}",
                name = thread.name,
                frames = frames.join(" ← ")
            ),
            thread.at.clone(),
        ));
    }
    finding.advice.push(match &crash.frame {
        Some(own) => t!("Look at the native call below {own}: which library it belongs to, its version, and whether it is known to crash.", own),
        None => t!("Look whose library the topmost frame belongs to; with a frame of the VM, update the JDK."),
    });
    finding
}
