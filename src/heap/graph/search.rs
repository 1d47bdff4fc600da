//! Depth-first search from the roots: numbers the objects and turns the references around.
//!
//! Objects without references of their own cannot dominate anything. Those that at most one reference points to are
//! left out of the search and hung below the object that refers to them; they are a third of a heap and more.

use rayon::prelude::*;

use super::rows::Rows;
use super::{LAST, NONE};

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
    let (mut once, mut more) = (vec![0_u64; words], vec![0_u64; words]);
    let middle = words / 2;
    let (low_once, high_once) = once.split_at_mut(middle);
    let (low_more, high_more) = more.split_at_mut(middle);
    // Two threads read all references, and each notes those that lead to its half of the objects.
    let refer = |from: usize, once: &mut [u64], more: &mut [u64]| {
        for index in 0..rows.len() as u32 {
            for target in &rows.targets[rows.row(index)] {
                let target = target & !LAST;
                let word = (target as usize / 64).wrapping_sub(from);
                if target != index
                    && let Some(once) = once.get_mut(word)
                {
                    let bit = 1 << (target % 64);
                    more[word] |= *once & bit;
                    *once |= bit;
                }
            }
        }
    };
    rayon::join(
        || refer(0, low_once, low_more),
        || refer(middle, high_once, high_more),
    );
    drop(once);
    for root in roots {
        more[*root as usize / 64] |= 1 << (root % 64);
    }
    let node = |index: u32| match rows.first(index) {
        Some(row) => (row, 0),
        None if more[index as usize / 64] >> (index % 64) & 1 == 0 => (NONE, LEAF),
        None => (NONE, 0),
    };
    let objects = 0..rows.len() as u32;
    let nodes: Vec<Node> = objects.clone().into_par_iter().map(node).collect();
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
        let mut count = vec![0_u32; self.parent.len() + 1];
        let middle = count.len() / 2;
        let (low, high) = count.split_at_mut(middle);
        let count_to = |from: usize, count: &mut [u32]| {
            self.each(|to, _| {
                if let Some(count) = count.get_mut((to as usize).wrapping_sub(from)) {
                    *count += 1;
                }
            });
        };
        rayon::join(|| count_to(0, low), || count_to(middle, high));
        let mut sum = 0;
        for entry in &mut count {
            let start = sum;
            sum += *entry;
            *entry = start;
        }
        let mut referrers = vec![0_u32; sum as usize];
        let first = count[middle] as usize;
        let (low, high) = count.split_at_mut(middle);
        let (to_low, to_high) = referrers.split_at_mut(first);
        let put = |from: usize, next: &mut [u32], first: usize, referrers: &mut [u32]| {
            self.each(|to, referrer| {
                if let Some(next) = next.get_mut((to as usize).wrapping_sub(from)) {
                    referrers[*next as usize - first] = referrer;
                    *next += 1;
                }
            });
        };
        rayon::join(
            || put(0, low, 0, to_low),
            || put(middle, high, first, to_high),
        );
        // Every entry now stands where its successor began.
        count.rotate_right(1);
        if let Some(first) = count.first_mut() {
            *first = 0;
        }
        (count, referrers)
    }

    /// Calls `refer` with both ends of every reference that is to be turned around.
    fn each(&self, mut refer: impl FnMut(u32, u32)) {
        for root in self.roots {
            let preorder = self.number[*root as usize];
            // A root that was not reached before has the virtual object for its parent.
            if self.parent[preorder as usize] != 0 {
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
                    if from != 0 && to != from {
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
