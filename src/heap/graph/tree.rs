//! The dominator tree, laid out depth first: what an object retains is one contiguous stretch of positions.

use super::NONE;
use super::search::{Search, Standing};

/// The dominator tree over all reachable objects. Position 0 is the virtual root.
#[derive(Debug)]
pub(in crate::heap) struct DomTree {
    /// Index of the object at each position.
    object: Vec<u32>,
    /// Position of each object by index; `NONE` for unreachable ones.
    position: Vec<u32>,
    /// Position of the dominator of each position.
    parent: Vec<u32>,
    /// How many positions belong to each subtree, its root included.
    span: Vec<u32>,
    /// Sum of the sizes of all positions before each; one more entry.
    before: Vec<u64>,
}

impl DomTree {
    /// Lays out the tree. `dominator` is by preorder, `objects` the number of all objects, `size` the bytes of an object by index.
    pub(in crate::heap) fn build(
        mut search: Search,
        dominator: Vec<u32>,
        objects: usize,
        size: impl Fn(u32) -> u64,
    ) -> Self {
        search.drop_referrers();
        let searched = search.vertex.len();
        let mut span = vec![1_u32; searched];
        let mut reachable = searched;
        for index in 0..objects as u32 {
            if let Standing::LeafOf(preorder) = search.standing(index) {
                span[preorder as usize] += 1;
                reachable += 1;
            }
        }
        // A dominator has a smaller preorder than what it dominates.
        for preorder in (1..searched).rev() {
            span[dominator[preorder] as usize] += span[preorder];
        }
        let mut tree = Self {
            object: vec![NONE; reachable],
            position: vec![NONE; objects],
            parent: vec![0; reachable],
            span: vec![1; reachable],
            before: Vec::new(),
        };
        // Where the next child of each goes, and where each itself went.
        let mut free = vec![1_u32; searched];
        let mut place = vec![0_u32; searched];
        tree.span[0] = span[0];
        for preorder in 1..searched {
            let above = dominator[preorder] as usize;
            let position = free[above];
            free[above] += span[preorder];
            free[preorder] = position + 1;
            place[preorder] = position;
            let index = search.vertex[preorder];
            tree.put(position, index, place[above], span[preorder]);
        }
        for index in 0..objects as u32 {
            if let Standing::LeafOf(preorder) = search.standing(index) {
                let position = free[preorder as usize];
                free[preorder as usize] += 1;
                tree.put(position, index, place[preorder as usize], 1);
            }
        }
        drop((free, place, span, search, dominator));
        tree.before = Vec::with_capacity(reachable + 1);
        let mut sum = 0;
        for index in &tree.object {
            tree.before.push(sum);
            sum += if *index == NONE { 0 } else { size(*index) };
        }
        tree.before.push(sum);
        tree
    }

    fn put(&mut self, position: u32, index: u32, parent: u32, span: u32) {
        self.object[position as usize] = index;
        self.position[index as usize] = position;
        self.parent[position as usize] = parent;
        self.span[position as usize] = span;
    }

    /// The virtual root.
    pub(in crate::heap) const ROOT: u32 = 0;

    /// How many positions there are, the virtual root included.
    pub(in crate::heap) fn len(&self) -> u32 {
        self.object.len() as u32
    }

    /// The position of an object, if it is reachable.
    #[inline]
    pub(in crate::heap) fn position(&self, index: u32) -> Option<u32> {
        match self.position[index as usize] {
            NONE => None,
            position => Some(position),
        }
    }

    /// The index of the object at a position, `NONE` at the root.
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

    /// Bytes of the object at `position` itself.
    #[inline]
    pub(in crate::heap) fn shallow(&self, position: u32) -> u64 {
        self.before[position as usize + 1] - self.before[position as usize]
    }

    /// How many bytes would be freed without the one at `position`.
    #[inline]
    pub(in crate::heap) fn retained(&self, position: u32) -> u64 {
        let end = position as usize + self.span[position as usize] as usize;
        self.before[end] - self.before[position as usize]
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
        u64::from(index % 5) + 1
    }

    /// Removes every object in turn and counts what can no longer be reached.
    fn check(lists: &[Vec<u32>], roots: &[u32]) {
        let search = Search::run(Rows::of(lists), roots);
        let idom = dominators::immediate(&search.parent, &search.start, &search.referrers);
        let tree = DomTree::build(search, idom, lists.len(), size);
        let all = reachable(lists, roots, None);
        for index in 0..lists.len() as u32 {
            let Some(position) = tree.position(index) else {
                assert!(!all[index as usize]);
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
