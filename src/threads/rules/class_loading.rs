//! Everybody waits for a class to be loaded.

use super::root_blocker::RootBlockerRule;
use crate::finding::{RuleMeta, Severity};
use crate::threads::activity::Activity;

pub(super) const CLASS_LOADING: RootBlockerRule = RootBlockerRule {
    meta: &META,
    covers: |doing| doing == Activity::ClassLoading,
};

static META: RuleMeta = RuleMeta {
    id: "threads/class-loading-blocker",
    title: "Everybody waits for a class to be loaded",
    severity: Severity::High,
    means: "One thread loads a class and holds the lock of its loader or more, all who need a class of that loader stand behind it.",
    detected: "A root blocker as in threads/root-blocker whose call is that of a class loader: the JDK, Tomcat, Spring Boot, JBoss Modules.",
    advice: "Make the class path fast and the loader parallel capable; load what is needed at start-up.",
    false_positives: "The first requests after a start.",
    sources: &[
        "java.lang.ClassLoader.getClassLoadingLock",
        "java.lang.ClassLoader.registerAsParallelCapable",
    ],
};
