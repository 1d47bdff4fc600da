//! The dominator tree, laid out depth first: what an object retains is one contiguous stretch of positions.

use std::sync::atomic::Ordering::Relaxed;

use rayon::prelude::*;

use super::NONE;
use super::search::{LEAF, Numbers, Standing, half_of, in_halves};
use super::weights::{Units, Weights};
use crate::heap::columns;

/// Objects that one task places.
const CHUNK: usize = 1 << 16;
/// Objects whose leaves two threads place before either goes on.
const BLOCK: usize = 1 << 17;

/// The dominator tree over all reachable objects. Position 0 is the virtual root; behind the reachable objects stand
/// those that are not, in the order of their addresses.
#[derive(Debug, Default)]
pub(in crate::heap) struct DomTree {
    /// Index of the object at each position.
    object: Vec<u32>,
    /// Position of each object by index.
    position: Vec<u32>,
    /// Position of the dominator of each position in the tree.
    parent: Vec<u32>,
    /// How many positions belong to each subtree, its root included.
    span: Vec<u32>,
    /// Bytes of the object at each position.
    weights: Weights,
}

/// The leaves among objects with these `numbers` that hang below one half of the others, and the preorders of those.
fn leaves(numbers: &[u32], half: bool) -> impl Iterator<Item = (usize, u32)> + '_ {
    let leaves = numbers.iter().enumerate();
    leaves.filter_map(move |(at, number)| match Standing::of(*number) {
        Standing::LeafOf(preorder) if half_of(preorder) == half => Some((at, preorder)),
        _ => None,
    })
}

/// How many objects each preorder stands for, of which there are `searched`: itself and its leaves. Needs no dominators.
pub(in crate::heap) fn with_leaves(numbers: &Numbers, searched: usize) -> Vec<u32> {
    let mut spans: Vec<u32> = (0..searched).into_par_iter().map(|_| 1).collect();
    let shared = columns::shared(&mut spans);
    let count = |half| {
        leaves(&numbers.0, half).for_each(|(_, above)| {
            columns::next(&shared[above as usize]);
        });
    };
    in_halves(count);
    spans
}

impl DomTree {
    /// Lays out the tree, all objects without weight. By preorder: `spans` are those of [`with_leaves`], `dominator` the
    /// immediate dominators.
    pub(in crate::heap) fn build(
        numbers: Numbers,
        mut spans: Vec<u32>,
        dominator: Vec<u32>,
    ) -> Self {
        let objects = numbers.0.len();
        let searched = dominator.len();
        // Where the next child of each goes: the leaves come first. When all are placed, that is where the subtree ends.
        let mut place: Vec<u32> = spans.par_iter().copied().collect();
        // A dominator has a smaller preorder than what it dominates.
        for preorder in (1..searched).rev() {
            spans[dominator[preorder] as usize] += spans[preorder];
        }
        let reachable = spans[0] as usize;
        for preorder in 1..searched {
            let above = dominator[preorder] as usize;
            let position = place[above];
            place[above] += spans[preorder];
            place[preorder] += position;
        }
        // From here on where each is itself. What is not needed any more goes before the next column comes.
        let mut span: Vec<u32> = (0..reachable).into_par_iter().map(|_| 1).collect();
        let shared = columns::shared(&mut span);
        place.par_iter_mut().zip(&spans).for_each(|(place, own)| {
            *place -= own;
            shared[*place as usize].store(*own, Relaxed);
        });
        drop(spans);
        let mut parent = columns::zeros(reachable);
        let shared = columns::shared(&mut parent);
        place.par_iter().zip(&dominator).for_each(|(own, above)| {
            shared[*own as usize].store(place[*above as usize], Relaxed);
        });
        drop(dominator);
        let mut tree = Self {
            object: columns::zeros(objects + 1),
            position: numbers.0,
            parent,
            span,
            weights: Weights::default(),
        };
        tree.place_leaves(&place);
        tree.place_others(&place);
        tree
    }

    /// Puts the leaves behind what dominates them; their numbers become `LEAF` and their positions.
    fn place_leaves(&mut self, place: &[u32]) {
        let object = columns::shared(&mut self.object);
        let parent = columns::shared(&mut self.parent);
        // Until the others are placed, their entries say where the next leaf of each goes.
        let places = place.par_iter();
        places.for_each(|position| object[*position as usize].store(position + 1, Relaxed));
        let mut placed = vec![0; BLOCK.min(self.position.len())];
        for (block, numbers) in self.position.chunks_mut(BLOCK).enumerate() {
            let shared = columns::shared(&mut placed);
            let put = |half: bool| {
                for (at, preorder) in leaves(numbers, half) {
                    let above = place[preorder as usize];
                    let position = columns::next(&object[above as usize]);
                    object[position as usize].store((block * BLOCK + at) as u32, Relaxed);
                    parent[position as usize].store(above, Relaxed);
                    shared[at].store(LEAF | position, Relaxed);
                }
            };
            in_halves(put);
            for (number, placed) in numbers.iter_mut().zip(&placed) {
                if let Standing::LeafOf(_) = Standing::of(*number) {
                    *number = *placed;
                }
            }
        }
    }

    /// Puts the others where they belong, those that are not reachable behind all.
    fn place_others(&mut self, place: &[u32]) {
        let unreachable = |number: &&u32| Standing::of(**number) == Standing::Unreachable;
        let chunks = self.position.par_chunks(CHUNK);
        let counts = chunks.map(|chunk| chunk.iter().filter(unreachable).count() as u32);
        let mut firsts: Vec<u32> = counts.collect();
        let mut next = self.len();
        for first in &mut firsts {
            (*first, next) = (next, next + *first);
        }
        let object = columns::shared(&mut self.object);
        let chunks = self.position.par_chunks_mut(CHUNK).zip(firsts).enumerate();
        chunks.for_each(|(chunk, (numbers, mut next))| {
            for (index, number) in (chunk * CHUNK..).zip(numbers) {
                *number = match Standing::of(*number) {
                    Standing::LeafOf(position) => position,
                    Standing::Searched(preorder) => place[preorder as usize],
                    Standing::Unreachable => {
                        next += 1;
                        next - 1
                    }
                };
                object[*number as usize].store(index as u32, Relaxed);
            }
        });
        self.object[Self::ROOT as usize] = NONE;
    }

    /// Gives every object its size, which `sizes` says by index.
    pub(in crate::heap) fn weigh(&mut self, sizes: &Units) {
        self.weights = Weights::of_objects(&self.object, sizes);
    }

    /// The virtual root.
    pub(in crate::heap) const ROOT: u32 = 0;

    /// How many positions the tree has, the virtual root included.
    pub(in crate::heap) fn len(&self) -> u32 {
        self.span.len() as u32
    }

    /// The position of an object, if it is reachable.
    #[inline]
    pub(in crate::heap) fn position(&self, index: u32) -> Option<u32> {
        Some(self.position[index as usize]).filter(|position| *position < self.len())
    }

    /// The place of an object: its position, or for an unreachable one a number behind all positions.
    #[inline]
    pub(in crate::heap) fn place(&self, index: u32) -> u32 {
        self.position[index as usize]
    }

    /// Where the places of the unreachable objects are.
    pub(in crate::heap) fn unreachable(&self) -> std::ops::Range<u32> {
        self.len()..self.object.len() as u32
    }

    /// The index of the object at a place, `NONE` at the root.
    #[inline]
    pub(in crate::heap) fn object(&self, position: u32) -> u32 {
        self.object[position as usize]
    }

    /// The position of the immediate dominator; the root is its own.
    #[inline]
    pub(in crate::heap) fn parent(&self, position: u32) -> u32 {
        self.parent[position as usize]
    }

    /// How many objects would be freed without the one at `position`, itself included.
    #[inline]
    pub(in crate::heap) fn retained_objects(&self, position: u32) -> u32 {
        self.span[position as usize]
    }

    /// Bytes of the object at a place itself.
    #[inline]
    pub(in crate::heap) fn shallow(&self, place: u32) -> u64 {
        self.weights.of(place)
    }

    /// How many bytes would be freed without the one at `position`.
    #[inline]
    pub(in crate::heap) fn retained(&self, position: u32) -> u64 {
        self.weights.between(self.subtree(position))
    }

    /// The positions that the object at `position` dominates, itself first.
    pub(in crate::heap) fn subtree(&self, position: u32) -> std::ops::Range<u32> {
        position..position + self.span[position as usize]
    }

    /// Whether the object at `above` dominates the one at `below`; every object dominates itself.
    pub(in crate::heap) fn dominates(&self, above: u32, below: u32) -> bool {
        self.subtree(above).contains(&below)
    }

    /// What the object at `position` dominates immediately.
    pub(in crate::heap) fn children(&self, position: u32) -> impl Iterator<Item = u32> + '_ {
        let end = position + self.span[position as usize];
        let mut next = position + 1;
        std::iter::from_fn(move || {
            (next < end).then(|| {
                let child = next;
                next += self.span[child as usize];
                child
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::dominators;
    use super::super::rows::Rows;
    use super::super::search::Unsearched;
    use super::*;
    use proptest::prelude::*;

    fn reachable(lists: &[Vec<u32>], roots: &[u32], without: Option<u32>) -> Vec<bool> {
        let mut seen = vec![false; lists.len()];
        let mut todo: Vec<u32> = roots.to_vec();
        while let Some(index) = todo.pop() {
            if Some(index) != without && !seen[index as usize] {
                seen[index as usize] = true;
                todo.extend(&lists[index as usize]);
            }
        }
        seen
    }

    fn size(index: u32) -> u64 {
        8 * (u64::from(index % 5) + 1)
    }

    /// Removes every object in turn and counts what can no longer be reached.
    fn check(lists: &[Vec<u32>], roots: &[u32]) {
        let search = Unsearched::new(Rows::of(lists), roots).search();
        let idom = dominators::immediate(search.parent, search.start, search.referrers);
        let spans = with_leaves(&search.numbers, idom.len());
        let mut tree = DomTree::build(search.numbers, spans, idom);
        tree.weigh(&Units::measure(lists.len() as u32, size));
        let all = reachable(lists, roots, None);
        for index in 0..lists.len() as u32 {
            assert_eq!(tree.object(tree.place(index)), index);
            assert_eq!(tree.shallow(tree.place(index)), size(index));
            let Some(position) = tree.position(index) else {
                assert!(!all[index as usize]);
                assert!(tree.unreachable().contains(&tree.place(index)));
                continue;
            };
            assert!(all[index as usize]);
            assert_eq!(tree.object(position), index);
            let rest = reachable(lists, roots, Some(index));
            let lost: Vec<u32> = (0..lists.len() as u32)
                .filter(|other| all[*other as usize] && !rest[*other as usize])
                .collect();
            let bytes: u64 = lost.iter().map(|other| size(*other)).sum();
            assert_eq!(tree.retained(position), bytes);
            assert_eq!(tree.retained_objects(position) as usize, lost.len());
            let mut held: Vec<u32> = tree.subtree(position).map(|p| tree.object(p)).collect();
            held.sort_unstable();
            assert_eq!(held, lost);
            for child in tree.children(position) {
                assert_eq!(tree.parent(child), position);
            }
        }
        let total: u64 = (0..lists.len() as u32)
            .filter(|index| all[*index as usize])
            .map(size)
            .sum();
        assert_eq!(tree.retained(DomTree::ROOT), total);
    }

    fn graphs() -> impl Strategy<Value = (Vec<Vec<u32>>, Vec<u32>)> {
        (1_u32..30).prop_flat_map(|size| {
            let list = proptest::collection::vec(0..size, 0..4);
            let lists = proptest::collection::vec(list, size as usize);
            let roots = proptest::collection::btree_set(0..size, 0..4)
                .prop_map(|roots| roots.into_iter().collect());
            (lists, roots)
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]
        #[test]
        fn retained_is_what_becomes_unreachable((lists, roots) in graphs()) {
            check(&lists, &roots);
        }

        #[test]
        fn also_for_a_list_whose_elements_are_in_an_array(length in 1_u32..40, extra in 0_u32..3) {
            let mut lists = vec![(length + 1..2 * length + 1).collect::<Vec<u32>>()];
            for node in 1..=length {
                let next = if node < length { node + 1 } else { node };
                lists.push(vec![next, length + node]);
            }
            lists.resize(2 * length as usize + 1, vec![extra]);
            check(&lists, &[0, 1]);
        }
    }
}
