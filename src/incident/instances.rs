//! Evidence of several programs side by side in folders: what one folder holds is not about the JVM of another.
//!
//! Folders sort evidence either by instance (`pod-a/gc.log`, `pod-b/gc.log`) or by kind (`gc/…`, `threads/…`). In the
//! first case two folders hold the same kind of evidence that only a JVM writes, or none is called after a kind; in the
//! second they never do.

use std::collections::{BTreeMap, BTreeSet};

use super::rooms::Rooms;
use crate::input::Kind;

/// Folders that each hold the evidence of an instance of their own.
#[derive(Debug, Default)]
pub(super) struct Instances {
    /// Folders that all sources lie in.
    depth: usize,
    folders: BTreeSet<String>,
}

impl Instances {
    /// Looks at where the JVMs' own evidence lies.
    pub(super) fn find(rooms: &Rooms) -> Self {
        let gc = rooms
            .gc
            .lives
            .iter()
            .map(|life| (&life.first.source, Kind::GcLog));
        let dumps = rooms.threads.dumps.iter();
        let dumps = dumps.map(|dump| (&dump.source, Kind::ThreadDump));
        let heaps = rooms.heap.iter().map(|heap| (&heap.source, Kind::HeapDump));
        let owned: Vec<(&String, Kind)> = gc.chain(dumps).chain(heaps).collect();
        let depth = common_depth(owned.iter().map(|(source, _)| source.as_str()));
        let mut kinds: BTreeMap<&str, BTreeSet<Kind>> = BTreeMap::new();
        for (source, kind) in &owned {
            if let Some(folder) = folder(source, depth) {
                kinds.entry(folder).or_default().insert(*kind);
            }
        }
        let shares = |name: &str, own: &BTreeSet<Kind>| {
            let mut others = kinds.iter().filter(|(other, _)| **other != name);
            others.any(|(_, kinds)| !kinds.is_disjoint(own))
        };
        let by_kind = kinds.keys().any(|name| names_a_kind(name));
        let folders = kinds
            .iter()
            .filter(|(name, own)| shares(name, own) || (kinds.len() > 1 && !by_kind));
        Self {
            depth,
            folders: folders.map(|(name, _)| (*name).to_owned()).collect(),
        }
    }

    /// The folder of the instance that `source` is about, if it lies in one.
    pub(super) fn of(&self, source: &str) -> Option<&str> {
        let name = folder(source, self.depth)?;
        self.folders.get(name).map(String::as_str)
    }

    /// Whether `source` is about another instance than the one whose folder is `own`.
    pub(super) fn foreign(&self, own: Option<&str>, source: &str) -> bool {
        let other = self.of(source);
        own.zip(other).is_some_and(|(own, other)| own != other)
    }
}

/// Whether a folder is called after a kind of evidence: it sorts by kind, and says nothing about instances.
fn names_a_kind(folder: &str) -> bool {
    const KINDS: [&str; 10] = [
        "gc", "log", "thread", "dump", "heap", "stack", "access", "event", "host", "crash",
    ];
    let folder = folder.to_ascii_lowercase();
    KINDS.iter().any(|kind| folder.contains(kind))
}

/// How many folders all `sources` lie in.
fn common_depth<'s>(mut sources: impl Iterator<Item = &'s str>) -> usize {
    let folders = |source: &'s str| -> Vec<&'s str> {
        let mut parts: Vec<&str> = source.split('/').collect();
        parts.pop();
        parts
    };
    let Some(first) = sources.next().map(folders) else {
        return 0;
    };
    sources.fold(first.len(), |depth, source| {
        let same = first.iter().zip(folders(source));
        same.take_while(|(one, two)| **one == *two)
            .count()
            .min(depth)
    })
}

/// The folder of `source` below the first `depth`.
fn folder(source: &str, depth: usize) -> Option<&str> {
    let mut parts = source.split('/').skip(depth);
    let folder = parts.next()?;
    parts.next().map(|_| folder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heap::HeapReport;

    fn heaps(sources: &[&str]) -> Instances {
        let mut rooms = Rooms::default();
        for source in sources {
            rooms.heap.push(HeapReport {
                source: (*source).to_owned(),
                ..HeapReport::default()
            });
        }
        Instances::find(&rooms)
    }

    #[test]
    fn folders_with_the_same_kind_of_evidence_are_instances() {
        let found = heaps(&["all/pod-a/heap.hprof", "all/pod-b/heap.hprof"]);
        assert_eq!(found.of("all/pod-a/app.log"), Some("pod-a"));
        assert_eq!(found.of("all/events.json"), None);
        assert_eq!(found.of("all/common/events.json"), None);
    }

    #[test]
    fn folders_by_kind_are_none() {
        let found = heaps(&["heaps/one.hprof", "heaps/two.hprof"]);
        assert_eq!(found.of("heaps/one.hprof"), None);
    }
}
