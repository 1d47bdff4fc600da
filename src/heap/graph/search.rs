//! Depth-first search from the roots: numbers the objects and turns the references around.
//!
//! Objects without references of their own cannot dominate anything. Those that at most one reference points to are
//! left out of the search and hung below the object that refers to them; they are a third of a heap and more.

use super::LAST;
use super::rows::Rows;

/// Marks the number of an object that takes no part in the search; the rest is the preorder of the object that refers
/// to it, 0 when none that is reachable does.
const LEAF: u32 = 1 << 31;

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
        match self.0[index] {
            0 | LEAF => Standing::Unreachable,
            leaf if leaf & LEAF != 0 => Standing::LeafOf(leaf & !LEAF),
            preorder => Standing::Searched(preorder),
        }
    }
}

impl Search {
    /// Searches from `roots`, which must be sorted and without repetition.
    pub(in crate::heap) fn run(mut rows: Rows, roots: &[u32]) -> Self {
        let mut number = leaves(&rows, roots);
        // Room for all: memory that is never touched costs nothing, growing step by step would need twice as much.
        let room = rows.len() + 2;
        let mut parent = Vec::with_capacity(room);
        parent.push(0);
        let mut count = vec![0_u32; room];
        // Objects with references left, and the next of these. Those at their last reference need not be come back to.
        let mut stack: Vec<(u32, u32)> = Vec::new();
        for root in roots {
            if number[*root as usize] != 0 {
                // Reached already: the virtual object is one more referrer.
                count[number[*root as usize] as usize] += 1;
                continue;
            }
            let mut enter = |number: &mut u32, from: u32| {
                *number = parent.len() as u32;
                parent.push(from);
                *number
            };
            let mut from = enter(&mut number[*root as usize], 0);
            let mut next = rows.first(*root);
            while let Some((at, edge)) = next.map(|edge| (from, edge)).or_else(|| stack.pop()) {
                let entry = &mut rows.targets[edge as usize];
                let target = *entry & !LAST;
                let rest = (*entry & LAST == 0).then_some(edge + 1);
                let known = &mut number[target as usize];
                from = at;
                next = rest;
                // From here on the row holds preorders, so that turning it around needs no look-up. What needs no
                // turning around, because it is the way by which the search went or leads nowhere, becomes a reference
                // of the object to itself.
                if *known == 0 {
                    *entry = at;
                    from = enter(known, at);
                    next = rows.first(target);
                    stack.extend(rest.map(|rest| (at, rest)));
                } else if *known & LEAF != 0 {
                    *entry = at;
                    *known = LEAF | at;
                } else {
                    *entry = *known;
                    if *known != at {
                        count[*known as usize] += 1;
                    }
                }
            }
        }
        drop(stack);
        count.truncate(parent.len() + 1);
        let (start, referrers) = turn_around(&rows, roots, &number, &parent, count);
        Self {
            numbers: Numbers(number),
            parent,
            start,
            referrers,
        }
    }
}

/// `LEAF` for every object to leave out of the search, 0 for the others.
fn leaves(rows: &Rows, roots: &[u32]) -> Vec<u32> {
    let objects = rows.len();
    let mut once = vec![0_u64; objects / 64 + 1];
    let mut more = vec![0_u64; objects / 64 + 1];
    for index in 0..objects as u32 {
        for target in &rows.targets[rows.row(index)] {
            let target = target & !LAST;
            if target != index {
                let (word, bit) = (target as usize / 64, 1 << (target % 64));
                more[word] |= once[word] & bit;
                once[word] |= bit;
            }
        }
    }
    for root in roots {
        more[*root as usize / 64] |= 1 << (root % 64);
    }
    let leaf = |index: usize| {
        rows.start[index] == rows.start[index + 1] && more[index / 64] >> (index % 64) & 1 == 0
    };
    (0..objects)
        .map(|index| if leaf(index) { LEAF } else { 0 })
        .collect()
}

/// Referrers of every preorder but its parent, from rows that already hold preorders.
fn turn_around(
    rows: &Rows,
    roots: &[u32],
    number: &[u32],
    parent: &[u32],
    mut count: Vec<u32>,
) -> (Vec<u32>, Vec<u32>) {
    let mut sum = 0;
    for entry in &mut count {
        let start = sum;
        sum += *entry;
        *entry = start;
    }
    let mut referrers = vec![0_u32; sum as usize];
    let mut put = |to: u32, from: u32| {
        let slot = &mut count[to as usize];
        referrers[*slot as usize] = from;
        *slot += 1;
    };
    for root in roots {
        let preorder = number[*root as usize];
        // A root that was not reached before has the virtual object for its parent.
        if parent[preorder as usize] != 0 {
            put(preorder, 0);
        }
    }
    for (index, from) in (0..).zip(number) {
        if *from != 0 && from & LEAF == 0 {
            for to in &rows.targets[rows.row(index)] {
                if to != from {
                    put(*to, *from);
                }
            }
        }
    }
    // Every entry now stands where its successor began.
    count.rotate_right(1);
    if let Some(first) = count.first_mut() {
        *first = 0;
    }
    (count, referrers)
}
