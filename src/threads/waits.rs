//! Who waits for whom: the wait-for graph of one dump, its circles and its roots.
//!
//! A thread waits for at most one lock and a lock has at most one visible owner, so every thread has at most one edge.
//! Waiting in `Object.wait`, for a condition, latch, semaphore, queue or future is no edge: nobody owns those.

use petgraph::algo::tarjan_scc;
use petgraph::graph::DiGraph;
use rustc_hash::{FxHashMap, FxHashSet};

use super::dump::{Dump, LockLine, LockUse, Owner, State, Thread, ThreadKind};
use super::frames::Frames;
use super::library::{Op, Tag};
use super::report::LockKind;

/// What a thread wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Want {
    pub(crate) lock: u32,
    pub(crate) kind: LockKind,
    /// Concluded, not written in the dump.
    pub(crate) inferred: bool,
}

/// The wait-for graph of a dump. Indices are positions in [`Dump::threads`] and identifiers of [`Dump::locks`].
#[derive(Debug, Default)]
pub(crate) struct Waits {
    pub(crate) wants: Vec<Option<Want>>,
    /// Locks that a thread holds, monitors given up in `Object.wait` excluded.
    pub(crate) holds: Vec<Vec<u32>>,
    /// Owner of each lock.
    pub(crate) owner: Vec<Option<u32>>,
    /// More than one thread claims the lock: the dump contradicts itself.
    pub(crate) disputed: Vec<bool>,
    /// The thread that a thread waits for.
    pub(crate) behind: Vec<Option<u32>>,
    /// How many threads wait for a thread, directly or through others.
    pub(crate) held_up: Vec<u64>,
    /// Threads that wait for each other, each circle in the order of waiting.
    pub(crate) circles: Vec<Vec<u32>>,
    pub(crate) in_circle: Vec<bool>,
}

impl Waits {
    /// Builds the graph. Adds locks to the dump where a wait for a class can only be concluded.
    pub(crate) fn new(dump: &mut Dump, frames: &Frames) -> Self {
        let listed: FxHashSet<u32> = dump
            .threads
            .iter()
            .flat_map(|t| &t.synchronizers)
            .copied()
            .collect();
        let mut wants: Vec<_> = dump
            .threads
            .iter()
            .map(|t| wanted(t, dump, frames, &listed))
            .collect();
        conclude_class_waits(dump, frames, &mut wants);
        let mut waits = Self {
            wants,
            ..Self::default()
        };
        waits.find_holders(dump, frames);
        waits.hear_the_vm(dump);
        waits.find_class_owners(dump, frames);
        waits.connect();
        waits
    }

    /// Follows the waiting from `thread` to its end; a circle ends where it closes.
    pub(crate) fn root_of(&self, thread: u32) -> u32 {
        let mut at = thread;
        for _ in 0..self.behind.len() {
            match self.behind[at as usize] {
                Some(next) if !self.in_circle[at as usize] => at = next,
                _ => break,
            }
        }
        at
    }

    fn find_holders(&mut self, dump: &Dump, frames: &Frames) {
        let mut claims: Vec<Vec<u32>> = vec![Vec::new(); dump.locks.len()];
        self.holds = vec![Vec::new(); dump.threads.len()];
        for (index, thread) in dump.threads.iter().enumerate() {
            let given_up = given_up(thread, frames);
            let wanted = self.wants[index].map(|want| want.lock);
            let locked = thread
                .locks
                .iter()
                .filter(|line| line.what == LockUse::Locked);
            let locked = locked
                .filter_map(|line| line.lock)
                .chain(thread.synchronizers.iter().copied());
            for lock in locked {
                if !given_up.contains(&lock)
                    && wanted != Some(lock)
                    && !self.holds[index].contains(&lock)
                {
                    self.holds[index].push(lock);
                    claims[lock as usize].push(index as u32);
                }
            }
        }
        self.disputed = claims.iter().map(|threads| threads.len() > 1).collect();
        self.owner = claims
            .iter()
            .map(|threads| {
                let waits = |thread: &&u32| self.wants[**thread as usize].is_some();
                threads
                    .iter()
                    .find(|thread| !waits(thread))
                    .or(threads.first())
                    .copied()
            })
            .collect();
        for (index, thread) in dump.threads.iter().enumerate() {
            if let (Some(want), Some(owner)) = (self.wants[index], &thread.owner)
                && let Some(owner) = find_owner(dump, owner)
            {
                self.own(owner, want.lock);
            }
        }
    }

    /// What the VM's own section says about owners: without `-l` it is the only witness for `java.util.concurrent`.
    fn hear_the_vm(&mut self, dump: &Dump) {
        let mut by_name: FxHashMap<&str, u32> = FxHashMap::default();
        let members = dump
            .vm_deadlocks
            .iter()
            .flat_map(|deadlock| &deadlock.members);
        let names: FxHashSet<&str> = members.clone().map(|member| member.name.as_str()).collect();
        for (index, thread) in dump.threads.iter().enumerate() {
            if names.contains(thread.name.as_str()) {
                let known = by_name.entry(&thread.name).or_insert(index as u32);
                if self.wants[*known as usize].is_none() {
                    *known = index as u32;
                }
            }
        }
        for member in members {
            let (Some(&thread), Some(lock)) = (by_name.get(member.name.as_str()), member.wants)
            else {
                continue;
            };
            if self.wants[thread as usize].is_none() {
                let kind = match dump.locks.get(lock).exclusive_class() {
                    true => LockKind::Synchronizer,
                    false => LockKind::Monitor,
                };
                self.wants[thread as usize] = Some(Want {
                    lock,
                    kind,
                    inferred: false,
                });
            }
            if let Some(&holder) = member.holder.as_deref().and_then(|name| by_name.get(name)) {
                self.own(holder, lock);
            }
        }
    }

    fn find_class_owners(&mut self, dump: &Dump, frames: &Frames) {
        let class_waits = self
            .wants
            .iter()
            .flatten()
            .filter(|want| want.kind == LockKind::ClassInit);
        let mut classes: Vec<u32> = class_waits.map(|want| want.lock).collect();
        classes.sort_unstable();
        classes.dedup();
        for lock in classes {
            let class = dump.locks.get(lock).class.clone();
            let initialises = |(index, thread): &(usize, &Thread)| {
                self.wants[*index].is_none_or(|want| want.lock != lock)
                    && runs_initialiser(thread, frames, &class)
            };
            if let Some((index, _)) = dump.threads.iter().enumerate().find(initialises) {
                self.own(index as u32, lock);
            }
        }
    }

    fn own(&mut self, thread: u32, lock: u32) {
        let owner = &mut self.owner[lock as usize];
        if owner.is_none() {
            *owner = Some(thread);
            self.holds[thread as usize].push(lock);
        }
    }

    fn connect(&mut self) {
        let count = self.wants.len();
        self.behind = (0..count)
            .map(|index| {
                let owner = self.owner[self.wants[index]?.lock as usize]?;
                (owner as usize != index).then_some(owner)
            })
            .collect();
        let mut graph = DiGraph::<(), (), u32>::with_capacity(count, count);
        for _ in 0..count {
            graph.add_node(());
        }
        for (index, owner) in self.behind.iter().enumerate() {
            if let Some(owner) = owner {
                graph.add_edge((index as u32).into(), (*owner).into(), ());
            }
        }
        self.in_circle = vec![false; count];
        for component in tarjan_scc(&graph) {
            if component.len() > 1 {
                let mut at = component
                    .iter()
                    .map(|node| node.index() as u32)
                    .min()
                    .unwrap_or(0);
                let mut circle = Vec::with_capacity(component.len());
                while !self.in_circle[at as usize] {
                    self.in_circle[at as usize] = true;
                    circle.push(at);
                    at = self.behind[at as usize].unwrap_or(at);
                }
                self.circles.push(circle);
            }
        }
        self.circles.sort_unstable();
        self.count_held_up();
    }

    /// Adds up from the leaves: a thread hands what waits for it, and itself, to the one it waits for.
    fn count_held_up(&mut self) {
        let count = self.behind.len();
        let mut pending = vec![0_u32; count];
        for owner in self.behind.iter().flatten() {
            pending[*owner as usize] += 1;
        }
        self.held_up = vec![0; count];
        let mut ready: Vec<usize> = (0..count).filter(|index| pending[*index] == 0).collect();
        while let Some(index) = ready.pop() {
            let Some(owner) = self.behind[index] else {
                continue;
            };
            let owner = owner as usize;
            self.held_up[owner] += self.held_up[index] + 1;
            pending[owner] -= 1;
            if pending[owner] == 0 {
                ready.push(owner);
            }
        }
    }
}

fn find_owner(dump: &Dump, owner: &Owner) -> Option<u32> {
    let matches = |thread: &Thread| match owner {
        Owner::Number(number) => thread.number == Some(*number),
        Owner::Address(address) => thread.tid == Some(*address),
    };
    dump.threads
        .iter()
        .position(matches)
        .map(|index| index as u32)
}

fn top_is_object_wait(thread: &Thread, frames: &Frames) -> bool {
    let top = thread
        .frames
        .iter()
        .take(2)
        .map(|frame| frames.get(*frame).tag);
    top.into_iter().any(|tag| tag == Tag::Op(Op::ObjectWait))
}

fn first_locked(thread: &Thread) -> Option<u32> {
    let locked = thread
        .locks
        .iter()
        .find(|line| line.what == LockUse::Locked);
    locked.and_then(|line| line.lock)
}

fn wanted(thread: &Thread, dump: &Dump, frames: &Frames, listed: &FxHashSet<u32>) -> Option<Want> {
    let want = |lock, kind| {
        Some(Want {
            lock,
            kind,
            inferred: false,
        })
    };
    for line in &thread.locks {
        let lock = match (line.lock, line.what) {
            (Some(lock), _) => lock,
            // The target is not printed: it is the monitor that the next frames hold.
            (None, LockUse::Relock) => return want(first_locked(thread)?, LockKind::Monitor),
            (None, _) => continue,
        };
        match line.what {
            LockUse::WaitingToLock | LockUse::Relock => return want(lock, LockKind::Monitor),
            LockUse::ClassInit => return want(lock, LockKind::ClassInit),
            LockUse::Parking | LockUse::WaitingOn => {
                let class = dump.locks.get(lock);
                if class.exclusive_class() || class.shared_class() || listed.contains(&lock) {
                    return want(lock, LockKind::Synchronizer);
                }
            }
            LockUse::Locked | LockUse::Eliminated => {}
        }
    }
    // JDK 6 and 7 print a thread that re-enters its monitor after `Object.wait` as holding it.
    if thread.state == State::Blocked && top_is_object_wait(thread, frames) {
        let waits = |line: &LockLine| line.what == LockUse::WaitingOn;
        let lock = thread
            .locks
            .iter()
            .find(|line| waits(line))
            .and_then(|line| line.lock);
        return want(lock.or_else(|| first_locked(thread))?, LockKind::Monitor);
    }
    None
}

/// Monitors that a thread in `Object.wait` has given up although its frames say `locked`.
fn given_up(thread: &Thread, frames: &Frames) -> Vec<u32> {
    let gives_up = |line: &&LockLine| {
        matches!(
            line.what,
            LockUse::WaitingOn | LockUse::Relock | LockUse::WaitingToLock
        )
    };
    let mut given: Vec<u32> = thread
        .locks
        .iter()
        .filter(gives_up)
        .filter_map(|line| line.lock)
        .collect();
    if given.is_empty() && top_is_object_wait(thread, frames) {
        given.extend(first_locked(thread));
    }
    given
}

fn runs_initialiser(thread: &Thread, frames: &Frames, class: &str) -> bool {
    thread.frames.iter().any(|frame| {
        let frame = frames.get(*frame);
        frame.name() == "<clinit>" && frame.class() == class
    })
}

/// JDK 8 does not say that a thread waits for the initialisation of a class: the thread is RUNNABLE "in Object.wait()"
/// without a frame of `Object.wait`. When exactly one class is being initialised by others, it waits for that.
fn conclude_class_waits(dump: &mut Dump, frames: &Frames, wants: &mut [Option<Want>]) {
    let waits = |thread: &Thread| {
        thread.kind != ThreadKind::Vm
            && thread.state == State::Runnable
            && thread.in_object_wait
            && !thread.frames.is_empty()
            && !top_is_object_wait(thread, frames)
    };
    let silent: Vec<usize> = (0..dump.threads.len())
        .filter(|index| wants[*index].is_none() && waits(&dump.threads[*index]))
        .collect();
    if silent.is_empty() {
        return;
    }
    let mut initialised: Vec<(usize, String)> = Vec::new();
    for (index, thread) in dump.threads.iter().enumerate() {
        for frame in &thread.frames {
            let frame = frames.get(*frame);
            if frame.name() == "<clinit>" {
                initialised.push((index, frame.class().to_owned()));
            }
        }
    }
    for index in silent {
        let own = |class: &str| {
            initialised
                .iter()
                .any(|(thread, known)| *thread == index && known == class)
        };
        let mut others: Vec<&str> = initialised
            .iter()
            .map(|(_, class)| class.as_str())
            .filter(|class| !own(class))
            .collect();
        others.sort_unstable();
        others.dedup();
        if let [class] = others[..] {
            let lock = dump.locks.class_init(class.as_bytes());
            wants[index] = Some(Want {
                lock,
                kind: LockKind::ClassInit,
                inferred: true,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A dump where thread `i` holds lock `i` and wants the lock of `edges[i]`.
    fn dump(edges: &[Option<usize>]) -> Dump {
        let mut dump = Dump::new("test", 1, "HotSpot");
        let locks: Vec<u32> = (0..edges.len())
            .map(|i| dump.locks.object(format!("{i:x}").as_bytes(), b"a.B"))
            .collect();
        for (index, edge) in edges.iter().enumerate() {
            let mut thread = Thread::new(format!("t{index}"), index as u64, ThreadKind::Java);
            let mut line = |what, lock: usize| {
                thread.locks.push(LockLine {
                    frame: 0,
                    what,
                    lock: Some(locks[lock]),
                })
            };
            if let Some(wanted) = edge {
                line(LockUse::WaitingToLock, *wanted);
            }
            line(LockUse::Locked, index);
            dump.threads.push(thread);
        }
        dump
    }

    fn waits(edges: &[Option<usize>]) -> Waits {
        Waits::new(&mut dump(edges), &Frames::default())
    }

    #[test]
    fn a_chain_that_ends_in_a_running_thread_is_no_deadlock() {
        let found = waits(&[None, Some(0), Some(1), Some(1)]);
        assert!(found.circles.is_empty());
        assert_eq!(found.held_up, [3, 2, 0, 0]);
        assert_eq!(found.root_of(3), 0);
    }

    #[test]
    fn a_circle_and_what_waits_for_it() {
        let found = waits(&[Some(1), Some(2), Some(0), Some(1)]);
        assert_eq!(found.circles, [[0, 1, 2]]);
        assert_eq!(found.held_up[1], 1);
        assert_eq!(found.root_of(3), 1);
    }

    proptest! {
        #[test]
        fn counting_agrees_with_walking(edges in prop::collection::vec(prop::option::of(0_usize..12), 12)) {
            let found = waits(&edges);
            // A thread that wants the lock it says it holds does not hold it, so nobody waits for that thread.
            let holds = |owner: usize| edges[owner] != Some(owner);
            let next = |at: usize| edges[at].filter(|owner| *owner != at && holds(*owner));
            for (index, held_up) in found.held_up.iter().enumerate() {
                // Naive: walk from every other thread until it repeats.
                let reaches = (0..edges.len()).filter(|start| *start != index && {
                    let (mut at, mut steps) = (*start, 0);
                    while let Some(owner) = next(at) {
                        at = owner;
                        steps += 1;
                        if at == index || steps > edges.len() { break; }
                    }
                    at == index
                });
                let circular = {
                    let (mut at, mut steps) = (index, 0);
                    loop {
                        match next(at) {
                            Some(owner) if steps <= edges.len() => { at = owner; steps += 1; if at == index { break true; } }
                            _ => break false,
                        }
                    }
                };
                prop_assert_eq!(found.in_circle[index], circular);
                if !circular {
                    prop_assert_eq!(*held_up, reaches.count() as u64);
                }
            }
        }
    }
}
