//! The kernel killed a process for memory.

use super::{by_subject, finding, statement};
use crate::events::event::What;
use crate::events::kinds::{KernelOomKill, OomScope};
use crate::events::report::EventsReport;
use crate::events::words;
use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::t;
use crate::text;

pub(super) struct KernelOom;

const META: RuleMeta = RuleMeta {
    id: "events/kernel-oom",
    title: "Killed by the kernel for memory",
    severity: Severity::Critical,
    means: "The kernel ended a process with SIGKILL because a limit or the machine was out of memory. The Java heap may have been mostly empty.",
    detected: "The lines of the kernel's OOM killer. CONSTRAINT_MEMCG means the limit of the container, CONSTRAINT_NONE the whole machine. The task table is not used: its columns are pages.",
    advice: "For a container limit compare it with heap plus native memory; for the machine look at its other processes.",
    false_positives: "The victim may be a helper process and not the JVM; its name may be that of a thread.",
    sources: &["Linux: mm/oom_kill.c, mm/memcontrol.c"],
};

impl Rule<EventsReport> for KernelOom {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, report: &EventsReport) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (name, events) in by_subject(report, |what| matches!(what, What::KernelOomKill(_))) {
            let Some(What::KernelOomKill(kill)) = events.first().map(|event| &event.what) else {
                continue;
            };
            let victim = kill.victim.clone().unwrap_or_else(|| "?".to_owned());
            let held = kill.resident().unwrap_or(0);
            let scope = words::scope(kill.scope);
            let title = match held {
                0 => t!(
                    "{name}: the kernel killed {victim}: {scope}",
                    name,
                    victim,
                    scope
                ),
                held => t!(
                    "{name}: the kernel killed {victim} at {held}: {scope}",
                    name,
                    victim,
                    held = text::bytes(held),
                    scope
                ),
            };
            let mut evidence: Vec<Evidence> = events
                .iter()
                .take(6)
                .map(|event| statement(event))
                .collect();
            evidence
                .extend(figures(kill).map(|text| Evidence::new(text, events[0].locator.clone())));
            findings.push(Finding {
                summary: summary(kill),
                advice: advice(kill),
                evidence,
                ..finding(&META, title, &events)
            });
        }
        findings
    }
}

fn figures(kill: &KernelOomKill) -> Option<String> {
    let resident = text::bytes(kill.resident()?);
    Some(match kill.limit {
        Some(limit) => t!(
            "resident memory {resident}, limit {limit}",
            resident,
            limit = text::bytes(limit)
        ),
        None => t!("resident memory {resident}", resident),
    })
}

fn summary(kill: &KernelOomKill) -> String {
    match kill.scope {
        OomScope::Memcg => t!(
            "The memory limit of the container or unit was reached, and the kernel ended the process with SIGKILL. The JVM had no chance to write anything: no OutOfMemoryError, no heap dump. Whether the heap or memory outside it grew, this line does not say."
        ),
        OomScope::Global => t!(
            "The whole machine was out of memory, and this process was chosen. Another process may have used the memory; the limit of this container is not the point."
        ),
        OomScope::Partial => {
            t!("A NUMA node or cpuset ran out of memory although the machine had some.")
        }
        OomScope::Unknown => t!(
            "The kernel ended the process for memory; the lines that say whose limit it was are missing."
        ),
    }
}

fn advice(kill: &KernelOomKill) -> Vec<String> {
    match kill.scope {
        OomScope::Global => vec![
            t!(
                "Look at the task table above the kill (columns in pages of 4 KiB) for the process that grew."
            ),
            t!(
                "Give pods memory requests that match their use, so that the scheduler does not fill the node."
            ),
        ],
        _ => vec![
            t!(
                "Add up `-Xmx`, metaspace, code cache, direct memory and thread stacks and compare with the limit; leave a quarter for what is outside the heap."
            ),
            t!(
                "Take the heap after GC from the GC log: far below the maximum means that memory outside the heap filled the container."
            ),
            t!(
                "Run with `-XX:NativeMemoryTracking=summary` and compare two `jcmd PID VM.native_memory summary.diff`."
            ),
        ],
    }
}
