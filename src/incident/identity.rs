//! Whose JVM a piece of evidence is about, as far as the piece itself tells.
//!
//! Two pieces that contradict each other in one respect are of two JVMs. Two that do not contradict each other may still
//! be of two: agreement is no proof.

use std::collections::BTreeSet;

use super::rooms::Rooms;
use crate::gc::{Collector, GcLife};
use crate::heap::HeapReport;
use crate::t;
use crate::text::bytes;
use crate::threads::DumpSummary;

/// `Runtime.maxMemory` in a heap dump leaves out a survivor space, so limits within an eighth are the same.
const SAME_LIMIT: u64 = 8;
/// The first process of a container: every container has one.
const INIT: u64 = 1;

/// What is known of a JVM.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Identity {
    /// Process identifier, unless it is that of a container's first process.
    pid: Option<u64>,
    /// 8, 17, 25.
    release: Option<u32>,
    /// Limit of the heap in bytes.
    limit: Option<u64>,
    collector: Option<&'static str>,
    /// Words of file names, which people choose to tell programs apart.
    words: BTreeSet<String>,
}

impl Identity {
    /// What a life in a GC log says of its JVM.
    pub(super) fn of_gc(life: &GcLife) -> Self {
        Self {
            pid: process(life.pid),
            release: life.jvm_version.as_deref().and_then(release),
            limit: life.heap_max,
            collector: family(life.collector),
            words: words(&life.first.source),
        }
    }

    /// What a thread dump says of its JVM.
    pub(super) fn of_dump(dump: &DumpSummary) -> Self {
        let spaces = || dump.heap.iter().map(|space| space.name.as_str());
        let collector = COLLECTORS
            .iter()
            .find(|(space, _)| spaces().any(|name| name.starts_with(space)));
        Self {
            pid: process(dump.pid),
            release: dump.java_release,
            limit: None,
            collector: collector.map(|(_, name)| *name),
            words: words(&dump.source),
        }
    }

    /// What a heap dump says of its JVM.
    pub(super) fn of_heap(heap: &HeapReport) -> Self {
        let jvm = heap.jvm.as_ref();
        Self {
            pid: process(pid_in_name(&heap.source)),
            release: jvm.and_then(|jvm| release(jvm.java_version.as_deref()?)),
            limit: heap.max_heap,
            collector: None,
            words: words(&heap.source),
        }
    }

    /// What an event says of its JVM.
    pub(super) fn of_event(pid: Option<u64>, source: &str) -> Self {
        Self {
            pid: process(pid),
            words: words(source),
            ..Self::default()
        }
    }

    /// All that evidence of one JVM says together.
    pub(super) fn joined(all: impl Iterator<Item = Self>) -> Self {
        all.fold(Self::default(), |mut known, next| {
            known.pid = known.pid.or(next.pid);
            known.release = known.release.or(next.release);
            known.limit = known.limit.or(next.limit);
            known.collector = known.collector.or(next.collector);
            known.words.extend(next.words);
            known
        })
    }

    /// Whether the two cannot be of one JVM: another process, release, limit of the heap or collector.
    pub(super) fn apart(&self, other: &Self) -> bool {
        fn differ<T: PartialEq>(one: Option<T>, two: Option<T>) -> bool {
            one.zip(two).is_some_and(|(one, two)| one != two)
        }
        let limits = self.limit.zip(other.limit);
        differ(self.pid, other.pid)
            || differ(self.release, other.release)
            || differ(self.collector, other.collector)
            || limits.is_some_and(|(one, two)| one.abs_diff(two) > one / SAME_LIMIT)
    }

    /// Whether both say the same process, or are named with a word of `own` that no other program has.
    pub(super) fn agrees(&self, other: &Self, own: &BTreeSet<&String>) -> bool {
        let same = self.pid.is_some() && self.pid == other.pid;
        same || self.words.iter().any(|word| own.contains(word))
    }

    /// The words of its files.
    pub(super) fn words(&self) -> &BTreeSet<String> {
        &self.words
    }

    /// What is known, in words.
    pub(super) fn describe(&self) -> String {
        let known = [
            self.pid.map(|process| t!("process {process}", process)),
            self.release.map(|release| t!("JDK {release}", release)),
            self.limit
                .map(|limit| t!("a heap of up to {limit}", limit = bytes(limit))),
            self.collector.map(str::to_owned),
        ];
        let known: Vec<String> = known.into_iter().flatten().collect();
        known.join(", ")
    }
}

/// The first space of each collector's heap in the footer of a thread dump, and the collector's name.
const COLLECTORS: [(&str, &str); 6] = [
    ("def new generation", "Serial"),
    ("PSYoungGen", "Parallel"),
    ("par new generation", "CMS"),
    ("garbage-first heap", "G1"),
    ("ZHeap", "ZGC"),
    ("Shenandoah Heap", "Shenandoah"),
];

/// The name that a collector has in common with its other generations.
fn family(collector: Collector) -> Option<&'static str> {
    match collector {
        Collector::Serial => Some("Serial"),
        Collector::Parallel => Some("Parallel"),
        Collector::Cms => Some("CMS"),
        Collector::G1 => Some("G1"),
        Collector::Z | Collector::GenerationalZ => Some("ZGC"),
        Collector::Shenandoah | Collector::GenerationalShenandoah => Some("Shenandoah"),
        Collector::Unknown | Collector::Epsilon | Collector::OpenJ9 => None,
    }
}

fn process(pid: Option<u64>) -> Option<u64> {
    pid.filter(|pid| *pid != INIT)
}

/// `17.0.15+6` is 17; `1.8.0_402` and `25.402-b08` (the VM's own version then) are 8.
fn release(version: &str) -> Option<u32> {
    if version.starts_with("1.8") || version.contains("-b") {
        return Some(8);
    }
    let digits = version.find(|c: char| !c.is_ascii_digit());
    version[..digits.unwrap_or(version.len())].parse().ok()
}

/// `java_pid4711.hprof`, `hs_err_pid4711.log`.
fn pid_in_name(source: &str) -> Option<u64> {
    let (_, rest) = source.rsplit_once("pid")?;
    let digits = rest.find(|c: char| !c.is_ascii_digit());
    rest[..digits.unwrap_or(rest.len())].parse().ok()
}

/// The words of a file's own name, without folders and endings.
fn words(source: &str) -> BTreeSet<String> {
    let name = source.rsplit(['/', '!']).next().unwrap_or(source);
    let parts = name.split(|c: char| !c.is_ascii_alphanumeric());
    parts
        .filter(|part| part.len() >= 2)
        .map(str::to_ascii_lowercase)
        .collect()
}

/// What all evidence of a life says of its JVM together.
pub(super) fn of_life(life: &super::incarnations::Incarnation, rooms: &Rooms) -> Identity {
    let gc = life.gc.map(|index| Identity::of_gc(&rooms.gc.lives[index]));
    let dumps = life
        .dumps
        .iter()
        .map(|(index, _)| Identity::of_dump(&rooms.threads.dumps[*index]));
    let heaps = life
        .heaps
        .iter()
        .map(|index| Identity::of_heap(&rooms.heap[*index]));
    let subject = life
        .subject
        .pid
        .map(|pid| Identity::of_event(Some(pid), ""));
    Identity::joined(gc.into_iter().chain(dumps).chain(heaps).chain(subject))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_all_ages() {
        let found = ["17.0.15+6", "1.8.0_402", "25.402-b08", "25+36", ""].map(release);
        assert_eq!(found, [Some(17), Some(8), Some(8), Some(25), None]);
    }

    #[test]
    fn one_contradiction_is_enough_and_the_first_process_of_a_container_is_none() {
        let of = |pid, source| Identity::of_event(Some(pid), source);
        assert!(of(7, "a.log").apart(&of(8, "a.log")));
        assert!(!of(7, "a.log").apart(&of(1, "a.log")));
        let limit = |limit| Identity {
            limit: Some(limit),
            ..Identity::default()
        };
        assert!(!limit(64 << 20).apart(&limit(61 << 20)));
        assert!(limit(64 << 20).apart(&limit(96 << 20)));
    }

    #[test]
    fn names() {
        assert_eq!(pid_in_name("d/java_pid4711.hprof"), Some(4711));
        assert!(words("x/billing-gc.2.log").contains("billing"));
    }
}
