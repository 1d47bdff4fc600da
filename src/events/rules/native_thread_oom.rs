//! The system refused another thread.

use super::{by_subject, finding, first_time, total};
use crate::events::event::What;
use crate::events::kinds::OomVariant;
use crate::events::report::EventsReport;
use crate::finding::{Finding, Rule, RuleMeta, Severity};
use crate::t;

pub(super) struct NativeThreadOom;

const META: RuleMeta = RuleMeta {
    id: "events/native-thread-oom",
    title: "No new thread",
    severity: Severity::Critical,
    means: "The operating system refused the JVM another thread. The heap has nothing to do with it, and no heap dump or exit flag reacts.",
    detected: "OutOfMemoryError: unable to create native thread, or the warning pthread_create failed.",
    advice: "Count threads by name in a thread dump; compare with pids.max, ulimit -u and threads-max; look for pools made per request.",
    false_positives: "None known.",
    sources: &[
        "HotSpot: src/hotspot/share/prims/jvm.cpp JVM_StartThread",
        "pthread_create(3): EAGAIN",
    ],
};

impl Rule<EventsReport> for NativeThreadOom {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, report: &EventsReport) -> Vec<Finding> {
        let refused = |what: &What| {
            let variant = OomVariant::NativeThread;
            matches!(what, What::OutOfMemoryError { variant: v, .. } if *v == variant)
                || *what == What::NativeThreadFailed
        };
        by_subject(report, refused)
            .into_iter()
            .map(|(name, events)| {
                let times = total(&events);
                let first = first_time(&events);
                let title = t!("{name}: no new thread could be created, {times} lines, first {first}", name, times, first);
                Finding {
                    summary: t!("The operating system refused another thread: a limit on processes or threads, or no memory for its stack. It is not a shortage of heap; a bigger heap makes it worse. The process lives on without the threads it asked for."),
                    advice: vec![
                        t!("Group the threads of a thread dump by name (`diag threads`): the family that grows is the leak."),
                        t!("Compare the count with `pids.max` of the container, `ulimit -u` and /proc/sys/kernel/threads-max."),
                    ],
                    ..finding(&META, title, &events)
                }
            })
            .collect()
    }
}
