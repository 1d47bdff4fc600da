//! Everybody waits for the log to be written.

use super::root_blocker::RootBlockerRule;
use crate::finding::{RuleMeta, Severity};
use crate::threads::activity::Activity;

pub(super) const LOGGING: RootBlockerRule = RootBlockerRule {
    meta: &META,
    covers: |doing| doing == Activity::Logging,
};

static META: RuleMeta = RuleMeta {
    id: "threads/logging-blocker",
    title: "Everybody waits for the log to be written",
    severity: Severity::High,
    means: "All threads that log stand behind one that writes. The work itself may be fast: what stops it is the disk, the volume, or whoever should read the pipe on the other side.",
    detected: "A root blocker as in threads/root-blocker whose call is that of a logging library (Logback, Log4j 1 and 2, java.util.logging, JBoss LogManager, Tomcat JULI).",
    advice: "Make what takes the log keep up; log asynchronously and drop rather than wait.",
    false_positives: "One dump at the moment of a rotation or of a flush.",
    sources: &[
        "ch.qos.logback.core.OutputStreamAppender: streamWriteLock",
        "org.apache.logging.log4j.core.appender.OutputStreamManager",
        "pipe(7): a write blocks when the pipe is full",
    ],
};
