//! Depth-first search from the roots: numbers the objects and turns the references around.
//!
//! Objects without references of their own cannot dominate anything. Those that at most one reference points to are
//! left out of the search and hung below the object that refers to them; they are a third of a heap and more.

use super::rows::Rows;

/// Marks the number of an object that takes no part in the search; the rest is the preorder of the object that refers
/// to it, 0 when none that is reachable does.
const LEAF: u32 = 1 << 31;

/// The part of the graph that the roots reach. Preorder 0 is a virtual object that refers to all roots.
#[derive(Debug)]
pub(in crate::heap) struct Search {
    /// Index of each preorder; the entry of 0 means nothing.
    pub(in crate::heap) vertex: Vec<u32>,
    /// By which object each was first reached.
    pub(in crate::heap) parent: Vec<u32>,
    /// Where the referrers of each preorder begin in `referrers`; one more entry.
    pub(in crate::heap) start: Vec<u32>,
    /// Preorders of the objects that refer to it.
    pub(in crate::heap) referrers: Vec<u32>,
    number: Vec<u32>,
}

/// Where an object stands after the search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::heap) enum Standing {
    Unreachable,
    /// It has this preorder.
    Searched(u32),
    /// It was left out; the object of this preorder alone refers to it.
    LeafOf(u32),
}

impl Search {
    /// Searches from `roots`, which must be sorted and without repetition.
    pub(in crate::heap) fn run(mut rows: Rows, roots: &[u32]) -> Self {
        let mut number = leaves(&rows, roots);
        // Room for all: memory that is never touched costs nothing, growing step by step would need twice as much.
        let room = rows.len() + 2;
        let [mut vertex, mut parent, mut count] = [(); 3].map(|()| Vec::with_capacity(room));
        vertex.push(super::NONE);
        parent.push(0);
        count.push(0_u32);
        let mut stack: Vec<(u32, u32, u32)> = Vec::new();
        // A macro, because a closure would hold all four borrows for the length of the loop.
        macro_rules! enter {
            ($index:expr, $from:expr) => {{
                let preorder = vertex.len() as u32;
                number[$index as usize] = preorder;
                vertex.push($index);
                parent.push($from);
                count.push(1);
                let row = rows.row($index);
                (preorder, row.start as u32, row.end as u32)
            }};
        }
        for root in roots {
            if number[*root as usize] != 0 {
                // Reached already: the virtual object is one more referrer.
                count[number[*root as usize] as usize] += 1;
                continue;
            }
            stack.push(enter!(*root, 0));
            while let Some(top) = stack.last_mut() {
                let (from, edge, end) = *top;
                if edge == end {
                    stack.pop();
                    continue;
                }
                top.1 += 1;
                let target = rows.targets[edge as usize];
                let known = number[target as usize];
                let to = if known == 0 {
                    let entered = enter!(target, from);
                    stack.push(entered);
                    entered.0
                } else if known & LEAF != 0 {
                    number[target as usize] = LEAF | from;
                    from
                } else {
                    if known != from {
                        count[known as usize] += 1;
                    }
                    known
                };
                // From here on the row holds preorders, so that turning it around needs no look-up. A reference to
                // itself is skipped there.
                rows.targets[edge as usize] = to;
            }
        }
        let (start, referrers) = turn_around(&rows, &vertex, roots, &number, count);
        Self {
            vertex,
            parent,
            start,
            referrers,
            number,
        }
    }

    /// Where the object of this index stands.
    pub(in crate::heap) fn standing(&self, index: u32) -> Standing {
        match self.number[index as usize] {
            0 | LEAF => Standing::Unreachable,
            leaf if leaf & LEAF != 0 => Standing::LeafOf(leaf & !LEAF),
            preorder => Standing::Searched(preorder),
        }
    }

    /// Gives the memory of the referrers back: they are needed for dominators only.
    pub(in crate::heap) fn drop_referrers(&mut self) {
        self.start = Vec::new();
        self.referrers = Vec::new();
    }
}

/// `LEAF` for every object to leave out of the search, 0 for the others.
fn leaves(rows: &Rows, roots: &[u32]) -> Vec<u32> {
    let objects = rows.len();
    let mut once = vec![0_u64; objects / 64 + 1];
    let mut more = vec![0_u64; objects / 64 + 1];
    for index in 0..objects as u32 {
        for target in &rows.targets[rows.row(index)] {
            if *target != index {
                let (word, bit) = (*target as usize / 64, 1 << (target % 64));
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

/// Referrers of every preorder, ascending, from rows that already hold preorders.
fn turn_around(
    rows: &Rows,
    vertex: &[u32],
    roots: &[u32],
    number: &[u32],
    mut count: Vec<u32>,
) -> (Vec<u32>, Vec<u32>) {
    count.push(0);
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
        put(number[*root as usize], 0);
    }
    for (preorder, index) in vertex.iter().enumerate().skip(1) {
        for to in &rows.targets[rows.row(*index)] {
            if *to as usize != preorder {
                put(*to, preorder as u32);
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
