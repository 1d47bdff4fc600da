//! Depth-first search from the roots: numbers the objects and turns the references around.
//!
//! Objects without references of their own cannot dominate anything. Those that at most one reference points to are
//! left out of the search and hung below the object that refers to them; they are a third of a heap and more.

use std::ops::Range;
use std::sync::atomic::Ordering::Relaxed;

use rayon::prelude::*;

use super::rows::Rows;
use super::{LAST, NONE};
use crate::heap::columns;

/// Marks the number of an object that takes no part in the search; the rest is the preorder of the object that refers
/// to it, 0 when none that is reachable does.
pub(super) const LEAF: u32 = 1 << 31;

/// The part of the graph that the roots reach. Preorder 0 is a virtual object that refers to all roots.
#[derive(Debug)]
pub(in crate::heap) struct Search {
    /// Where each object stands, by index.
    pub(in crate::heap) numbers: Numbers,
    /// By which object each preorder was first reached.
    pub(in crate::heap) parent: Vec<u32>,
    /// Where the referrers of each preorder begin in `referrers`; one more entry.
    pub(in crate::heap) start: Vec<u32>,
    /// Preorders of the objects that refer to each, without its parent.
    pub(in crate::heap) referrers: Vec<u32>,
}

/// The preorder of every object, by index.
#[derive(Debug)]
pub(in crate::heap) struct Numbers(pub(super) Vec<u32>);

/// What the search knows of an object, side by side for one load: where its row begins (`NONE` for an empty one), and
/// its number (0 until it is reached).
type Node = (u32, u32);

/// Where an object stands after the search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::heap) enum Standing {
    Unreachable,
    /// It has this preorder.
    Searched(u32),
    /// It was left out; the object of this preorder alone refers to it.
    LeafOf(u32),
}

impl Numbers {
    /// Where the object of this index stands.
    #[inline]
    pub(in crate::heap) fn standing(&self, index: usize) -> Standing {
        Standing::of(self.0[index])
    }
}

/// To which of two halves an object belongs, so that two threads never write to the same place. Each half is spread over
/// all, as some objects take more time than others; neighbours stay together, as they share lines of the processor's
/// cache.
#[inline]
pub(super) fn half_of(preorder: u32) -> bool {
    preorder >> 10 & 1 != 0
}

/// Does the work for both halves side by side.
pub(super) fn in_halves(work: impl Fn(bool) + Sync) {
    rayon::join(|| work(false), || work(true));
}

impl Standing {
    #[inline]
    pub(super) fn of(number: u32) -> Self {
        match number {
            0 | LEAF => Self::Unreachable,
            leaf if leaf & LEAF != 0 => Self::LeafOf(leaf & !LEAF),
            preorder => Self::Searched(preorder),
        }
    }
}

/// The graph before the search.
#[derive(Debug)]
pub(in crate::heap) struct Unsearched<'r> {
    nodes: Vec<Node>,
    /// Which objects have a row; the rows lie one behind the other.
    occupied: Vec<u64>,
    targets: Vec<u32>,
    roots: &'r [u32],
}

impl<'r> Unsearched<'r> {
    /// Finds the leaves, with all threads. `roots` must be sorted and without repetition.
    pub(in crate::heap) fn new(rows: Rows, roots: &'r [u32]) -> Self {
        let (nodes, occupied) = nodes(&rows, roots);
        Self {
            nodes,
            occupied,
            targets: rows.targets,
            roots,
        }
    }

    /// Searches from the roots, which is the work of one thread.
    pub(in crate::heap) fn search(self) -> Search {
        let Self {
            mut nodes,
            occupied,
            mut targets,
            roots,
        } = self;
        // Room for all: memory that is never touched costs nothing, growing step by step would need twice as much.
        let mut parent = Vec::with_capacity(nodes.len() + 1);
        parent.push(0);
        // The next reference of objects that have some left. Those at their last need not be come back to. Whose it is
        // stands in the row, at the reference before.
        let mut stack: Vec<u32> = Vec::new();
        let first = |row: u32| (row != NONE).then_some(row);
        for root in roots {
            let (row, number) = &mut nodes[*root as usize];
            if *number != 0 {
                continue;
            }
            let mut enter = |number: &mut u32, from: u32| {
                *number = parent.len() as u32;
                parent.push(from);
                *number
            };
            let mut from = enter(number, 0);
            let mut next = first(*row);
            loop {
                let left = next.map(|edge| (from, edge));
                let back = || stack.pop().map(|edge| (targets[edge as usize - 1], edge));
                let Some((at, edge)) = left.or_else(back) else {
                    break;
                };
                let entry = &mut targets[edge as usize];
                let last = *entry & LAST;
                let rest = (last == 0).then_some(edge + 1);
                let (row, known) = &mut nodes[(*entry & !LAST) as usize];
                from = at;
                next = rest;
                // From here on the row holds preorders, so that turning it around needs no look-up. What needs no
                // turning around, because it is the way by which the search went or leads nowhere, becomes a reference
                // of the object to itself.
                if *known == 0 {
                    *entry = at | last;
                    from = enter(known, at);
                    next = first(*row);
                    stack.extend(rest);
                } else if *known & LEAF != 0 {
                    *entry = at | last;
                    *known = LEAF | at;
                } else {
                    *entry = *known | last;
                }
            }
        }
        drop(stack);
        let mut number: Vec<u32> = nodes.into_iter().map(|(_, number)| number).collect();
        // They took the place of the nodes, which was twice as large.
        number.shrink_to_fit();
        let searched = Searched {
            targets,
            occupied,
            roots,
            number: &number,
            parent: &parent,
        };
        let (start, referrers) = searched.turn_around();
        Search {
            numbers: Numbers(number),
            parent,
            start,
            referrers,
        }
    }
}

/// What is known before the search, and a bit for every object that has references.
fn nodes(rows: &Rows, roots: &[u32]) -> (Vec<Node>, Vec<u64>) {
    let words = rows.len() / 64 + 1;
    // Which objects are referred to at least once, and more than once.
    let refer = |indices: Range<u32>| {
        let (mut once, mut more) = (vec![0_u64; words], vec![0_u64; words]);
        for index in indices {
            for target in &rows.targets[rows.row(index)] {
                let target = target & !LAST;
                if target != index {
                    let (word, bit) = (target as usize / 64, 1 << (target % 64));
                    more[word] |= once[word] & bit;
                    once[word] |= bit;
                }
            }
        }
        (once, more)
    };
    let (middle, end) = (rows.len() as u32 / 2, rows.len() as u32);
    let ((once, mut more), (also_once, also_more)) =
        rayon::join(|| refer(0..middle), || refer(middle..end));
    let also = once.iter().zip(&also_once).zip(&also_more);
    for (more, ((once, also_once), also_more)) in more.iter_mut().zip(also) {
        *more |= also_more | once & also_once;
    }
    drop((once, also_once, also_more));
    for root in roots {
        more[*root as usize / 64] |= 1 << (root % 64);
    }
    let node = |index: u32| match rows.first(index) {
        Some(row) => (row, 0),
        None if more[index as usize / 64] >> (index % 64) & 1 == 0 => (NONE, LEAF),
        None => (NONE, 0),
    };
    let nodes: Vec<Node> = (0..end).into_par_iter().map(node).collect();
    let word = |nodes: &[Node]| {
        let occupied = (0..).zip(nodes).filter(|(_, (row, _))| *row != NONE);
        occupied.fold(0, |word, (bit, _)| word | 1_u64 << bit)
    };
    let occupied = nodes.par_chunks(64).map(word).collect();
    (nodes, occupied)
}

/// The rows after the search: they hold preorders.
struct Searched<'a> {
    targets: Vec<u32>,
    /// Which objects have a row; the rows lie one behind the other.
    occupied: Vec<u64>,
    roots: &'a [u32],
    number: &'a [u32],
    parent: &'a [u32],
}

impl Searched<'_> {
    /// Referrers of every preorder but its parent, and where they begin. Two threads read all references, and each turns
    /// around those that lead to its half of the objects.
    fn turn_around(self) -> (Vec<u32>, Vec<u32>) {
        // Counted two places further on, summed up one place further on: when all referrers are put, each sum stands where
        // it belongs.
        let mut start = vec![0_u32; self.parent.len() + 2];
        let counts = columns::shared(&mut start[2..]);
        let count = |half| {
            self.each(half, |to, _| {
                columns::next(&counts[to as usize]);
            });
        };
        in_halves(count);
        let mut sum = 0;
        for entry in &mut start {
            sum += *entry;
            *entry = sum;
        }
        let mut referrers = vec![0_u32; sum as usize];
        let next = columns::shared(&mut start[1..]);
        let shared = columns::shared(&mut referrers);
        let put = |half| {
            self.each(half, |to, referrer| {
                let place = columns::next(&next[to as usize]);
                shared[place as usize].store(referrer, Relaxed);
            });
        };
        in_halves(put);
        start.pop();
        (start, referrers)
    }

    /// Calls `refer` with both ends of every reference that is to be turned around and leads to one half of the objects.
    fn each(&self, half: bool, mut refer: impl FnMut(u32, u32)) {
        for root in self.roots {
            let preorder = self.number[*root as usize];
            // A root that was not reached before has the virtual object for its parent.
            if half_of(preorder) == half && self.parent[preorder as usize] != 0 {
                refer(preorder, 0);
            }
        }
        let mut targets = self.targets.iter();
        for (word, bits) in self.occupied.iter().enumerate() {
            let mut bits = *bits;
            while bits != 0 {
                let from = self.number[word * 64 + bits.trailing_zeros() as usize];
                bits &= bits - 1;
                for entry in targets.by_ref() {
                    let to = entry & !LAST;
                    // Rows that were not reached still hold indices.
                    if half_of(to) == half && from != 0 && to != from {
                        refer(to, from);
                    }
                    if entry & LAST != 0 {
                        break;
                    }
                }
            }
        }
    }
}
