//! Which dumps are of one process: those that have most of their threads in common.

use rustc_hash::FxHashSet;

use super::dump::{Dump, Thread, ThreadKind};
use super::pools::family;

/// Processes whose dumps may lie between two dumps of one; a log with more of them is none of a JVM.
const PROCESSES: usize = 64;

/// What a thread is known by from one dump of a process to the next: its number, or the address of its native thread
/// where the format has no numbers, and its family.
pub(crate) type Key = (u64, String);

/// The key of `thread`.
pub(crate) fn key(thread: &Thread) -> Key {
    let number = thread.number.or(thread.tid).unwrap_or(0);
    (number, family(&thread.name))
}

/// The threads of a dump by which its process is recognised.
#[derive(Debug)]
struct Identity {
    pid: Option<u64>,
    /// Keys with addresses, which no other process shares; empty where the format has none.
    addresses: FxHashSet<(u64, Key)>,
    keys: FxHashSet<Key>,
}

impl Identity {
    fn of(dump: &Dump) -> Self {
        let threads = || {
            dump.threads
                .iter()
                .filter(|t| t.kind == ThreadKind::Java && (t.tid.is_some() || t.number.is_some()))
        };
        Self {
            pid: dump.pid,
            addresses: threads().filter_map(|t| Some((t.tid?, key(t)))).collect(),
            keys: threads().map(key).collect(),
        }
    }

    /// Whether most threads of the smaller dump are in the other one.
    fn is(&self, other: &Self) -> bool {
        if let (Some(left), Some(right)) = (self.pid, other.pid)
            && left != right
        {
            return false;
        }
        let (shared, least) = if self.addresses.is_empty() || other.addresses.is_empty() {
            let least = self.keys.len().min(other.keys.len());
            (self.keys.intersection(&other.keys).count(), least)
        } else {
            let least = self.addresses.len().min(other.addresses.len());
            (self.addresses.intersection(&other.addresses).count(), least)
        };
        shared * 2 > least
    }
}

/// Splits dumps, which are in order of time, into those of one process each.
pub(crate) fn processes(dumps: &[&Dump]) -> Vec<Vec<usize>> {
    if dumps.len() == 1 {
        return vec![vec![0]];
    }
    let identities: Vec<Identity> = dumps.iter().map(|dump| Identity::of(dump)).collect();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (index, identity) in identities.iter().enumerate() {
        let same = |group: &&mut Vec<usize>| {
            group
                .last()
                .is_some_and(|last| identities[*last].is(identity))
        };
        match groups.iter_mut().rev().take(PROCESSES).find(same) {
            Some(group) => group.push(index),
            None => groups.push(vec![index]),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dump(pid: Option<u64>, addresses: bool, first: u64) -> Dump {
        let mut dump = Dump::new("f", 1, "HotSpot");
        dump.pid = pid;
        for number in 1..5 {
            let mut thread = Thread::new(format!("t-{number}"), number, ThreadKind::Java);
            thread.number = Some(number);
            thread.tid = addresses.then_some(first + number);
            dump.threads.push(thread);
        }
        dump
    }

    #[test]
    fn a_restart_has_other_addresses_and_another_format_has_none() {
        let first = dump(None, true, 0x100);
        let restarted = dump(None, true, 0x900);
        let file = dump(Some(7), false, 0);
        let other = dump(Some(8), false, 0);
        assert_eq!(processes(&[&first, &restarted]), [[0], [1]]);
        assert_eq!(processes(&[&first, &file]), [[0, 1]]);
        assert_eq!(processes(&[&file, &other]), [[0], [1]]);
    }
}
