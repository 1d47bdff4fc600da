//! The JVM crashed.

use super::{by_subject, finding};
use crate::events::event::What;
use crate::events::report::EventsReport;
use crate::events::state::Crash;
use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::t;
use crate::text;

pub(super) struct JvmCrash;

const META: RuleMeta = RuleMeta {
    id: "events/jvm-crash",
    title: "JVM crashed",
    severity: Severity::Critical,
    means: "The JVM met an error it cannot survive: a bad access in native code, an internal error, or no native memory.",
    detected: "An hs_err file, or its headline in standard output. With core dumps off the exit code of a crash is 1, so a missing 134 or 139 does not rule it out.",
    advice: "Read the problematic frame: a library outside the JDK points to its JNI code; compiled Java code to a compiler fault.",
    false_positives: "A crash on purpose by CrashOnOutOfMemoryError is a shortage of heap.",
    sources: &["HotSpot: src/hotspot/share/utilities/vmError.cpp"],
};

impl Rule<EventsReport> for JvmCrash {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, report: &EventsReport) -> Vec<Finding> {
        if report.crashes.is_empty() {
            return by_subject(report, |what| matches!(what, What::JvmCrash { .. }))
                .into_iter()
                .map(|(name, events)| Finding {
                    summary: t!("The JVM wrote the headline of a crash. The hs_err file beside it names the frame and the reason."),
                    advice: vec![t!("Collect hs_err_pid*.log from the working directory, or set `-XX:ErrorFile=…` to a volume that survives.")],
                    ..finding(&META, t!("{name}: the JVM crashed", name), &events)
                })
                .collect();
        }
        report.crashes.iter().map(of_crash).collect()
    }
}

fn of_crash(crash: &Crash) -> Finding {
    let error = &crash.error;
    let title = match crash.uptime {
        Some(uptime) => t!(
            "The JVM crashed after {uptime}: {error}",
            uptime = text::duration(uptime),
            error
        ),
        None => t!("The JVM crashed: {error}", error),
    };
    let on_purpose =
        error.contains("OutOfMemory encountered") || error.starts_with("fatal error: OutOfMemory");
    let native =
        error.contains("Native memory allocation") || error.starts_with("Out of Memory Error");
    let frame = crash.frame.clone().unwrap_or_else(|| t!("not written"));
    let foreign = frame.starts_with("C ") && !frame.contains("[libc") && !frame.contains("[libjvm");
    let summary = if error.contains("sent by kill") {
        t!(
            "Another process sent the signal with kill: the JVM did not crash by itself. Find out who sent it before looking for a fault in the JVM."
        )
    } else if on_purpose {
        t!(
            "`CrashOnOutOfMemoryError` ended the JVM on purpose because the heap was full. The heap is the matter, not the crash."
        )
    } else if native {
        t!(
            "The operating system gave the JVM no more memory outside the heap. The machine or the container is too small for heap and native memory together, or something native grows."
        )
    } else if foreign {
        t!(
            "The JVM died in native code that is not its own: {frame}.",
            frame
        )
    } else {
        t!(
            "The JVM died in its own code: {frame}. A fault of the JVM, damaged memory, or hardware.",
            frame
        )
    };
    let advice = if native || on_purpose {
        vec![t!(
            "Compare the memory limit with heap, metaspace, threads and direct memory together; run with `-XX:NativeMemoryTracking=summary`."
        )]
    } else if foreign {
        vec![t!(
            "Update or remove the library in the frame; run with `-Xcheck:jni` to catch it earlier."
        )]
    } else {
        vec![t!(
            "Search the bug database of the vendor for the frame; update the JDK to the newest release of its line."
        )]
    };
    let mut evidence = vec![Evidence::new(t!("{error}", error), crash.locator.clone())];
    if let Some(frame) = &crash.frame {
        evidence.push(Evidence::new(
            t!("problematic frame: {frame}", frame),
            crash.locator.clone(),
        ));
    }
    if let Some(thread) = &crash.thread {
        evidence.push(Evidence::new(
            t!("current thread: {thread}", thread),
            crash.locator.clone(),
        ));
    }
    for errors in &crash.memory_errors {
        let statement = t!("errors of memory before the crash: {errors}", errors);
        evidence.push(Evidence::new(statement, crash.locator.clone()));
    }
    let at = crash.at.and_then(crate::time::Stamp::zoned);
    Finding {
        when: at.map(|at| (at, at)),
        summary,
        evidence,
        advice,
        ..Finding::new(&META, title)
    }
}
