//! Immediate dominators by Semi-NCA, with the second half of Lengauer–Tarjan as the way out.
//!
//! Semi-NCA (Georgiadis, Princeton TR-737-05, 2005) is the fastest on ordinary heaps, but the walk to the nearest
//! common ancestor is quadratic for a long linked list whose elements are also in an array, which is what a leak looks
//! like. So the walk has a budget of steps; when it is spent, the dominators are computed again from the semidominators
//! already known, with the buckets of Lengauer and Tarjan (TOPLAS 1979) in O(m log n). Both work on preorders alone.

/// Steps of the walk per object before the way out is taken. Ordinary heaps need about one.
const STEPS_PER_OBJECT: u64 = 16;

/// The immediate dominator of every preorder. `parent` are the edges of the search tree, `referrers[start[v]..start[v +
/// 1]]` the other objects that refer to `v`. Preorder 0 is the root; its entry is 0.
pub(in crate::heap) fn immediate(
    parent: Vec<u32>,
    start: Vec<u32>,
    referrers: Vec<u32>,
) -> Vec<u32> {
    immediate_within(parent, start, referrers, STEPS_PER_OBJECT)
}

fn immediate_within(
    parent: Vec<u32>,
    start: Vec<u32>,
    referrers: Vec<u32>,
    budget: u64,
) -> Vec<u32> {
    let semi = semidominators(&parent, start, referrers);
    match walk(&parent, &semi[1..], budget * parent.len() as u64) {
        Some(dominators) => dominators,
        None => buckets(parent, &semi[1..]),
    }
}

/// The forest of Lengauer and Tarjan: link and evaluate with path compression.
struct Forest {
    /// Ancestor (itself when it has none) and smallest semidominator on the way to it, in one pair for one load.
    nodes: Vec<(u32, u32)>,
    path: Vec<u32>,
}

impl Forest {
    fn new(size: usize) -> Self {
        Self {
            nodes: (0..size as u32).map(|v| (v, v)).collect(),
            path: Vec::new(),
        }
    }

    /// The smallest label on the path from `v` to the root of its tree, the root left out. `linked` is the smallest
    /// preorder that has an ancestor.
    #[inline]
    fn evaluate(&mut self, v: u32, linked: u32) -> u32 {
        let (mut ancestor, label) = self.nodes[v as usize];
        if v < linked || ancestor < linked {
            return label;
        }
        self.path.clear();
        self.path.push(v);
        while ancestor >= linked {
            self.path.push(ancestor);
            ancestor = self.nodes[ancestor as usize].0;
        }
        let mut best = u32::MAX;
        while let Some(node) = self.path.pop() {
            let entry = &mut self.nodes[node as usize];
            best = best.min(entry.1);
            *entry = (ancestor, best);
        }
        best
    }
}

/// The semidominator of every preorder, shifted by one: where the referrers of `w + 1` begin is not needed any more when
/// `w` is done, so its place takes the semidominator of `w`.
fn semidominators(parent: &[u32], mut start: Vec<u32>, referrers: Vec<u32>) -> Vec<u32> {
    let size = parent.len();
    let mut forest = Forest::new(size);
    for w in (1..size as u32).rev() {
        let mut best = parent[w as usize];
        for v in &referrers[start[w as usize] as usize..start[w as usize + 1] as usize] {
            // An object before `w` has no ancestor yet: it is its own label.
            let candidate = match *v <= w {
                true => *v,
                false => forest.evaluate(*v, w + 1),
            };
            best = best.min(candidate);
        }
        start[w as usize + 1] = best;
        forest.nodes[w as usize] = (parent[w as usize], best);
    }
    start[1] = 0;
    start
}

/// Nearest common ancestors in the tree built so far; `None` when `budget` steps are not enough.
fn walk(parent: &[u32], semi: &[u32], mut budget: u64) -> Option<Vec<u32>> {
    let mut dominator = parent.to_vec();
    for w in 1..parent.len() {
        let mut candidate = dominator[w];
        while candidate > semi[w] {
            candidate = dominator[candidate as usize];
            budget = budget.checked_sub(1)?;
        }
        dominator[w] = candidate;
    }
    Some(dominator)
}

/// The second half of Lengauer–Tarjan from known semidominators.
fn buckets(parent: Vec<u32>, semi: &[u32]) -> Vec<u32> {
    let size = parent.len();
    // While an object is in a bucket, its entry is the next one in there; a dominator it has from then on.
    let mut dominator = vec![0; size];
    let mut first = vec![0_u32; size];
    let mut ancestor: Vec<u32> = (0..size as u32).collect();
    let mut label: Vec<u32> = (0..size as u32).collect();
    let mut path = Vec::new();
    for w in (1..size as u32).rev() {
        let owner = semi[w as usize] as usize;
        dominator[w as usize] = first[owner];
        first[owner] = w;
        let above = parent[w as usize];
        ancestor[w as usize] = above;
        let mut v = std::mem::take(&mut first[above as usize]);
        while v != 0 {
            let u = lowest(v, w, &mut ancestor, &mut label, semi, &mut path);
            let smaller = semi[u as usize] < semi[v as usize];
            let next = dominator[v as usize];
            dominator[v as usize] = if smaller { u } else { above };
            v = next;
        }
    }
    for w in 1..size {
        if dominator[w] != semi[w] {
            dominator[w] = dominator[dominator[w] as usize];
        }
    }
    dominator
}

/// The object with the smallest semidominator on the path from `v` to the root of its tree, the root left out.
fn lowest(
    v: u32,
    linked: u32,
    ancestor: &mut [u32],
    label: &mut [u32],
    semi: &[u32],
    path: &mut Vec<u32>,
) -> u32 {
    let mut node = v;
    path.clear();
    while ancestor[node as usize] >= linked {
        path.push(node);
        node = ancestor[node as usize];
    }
    // `node` hangs directly below the root of the tree.
    let top = ancestor[node as usize];
    let mut best = label[node as usize];
    while let Some(node) = path.pop() {
        let own = label[node as usize];
        if semi[own as usize] < semi[best as usize] {
            best = own;
        }
        label[node as usize] = best;
        ancestor[node as usize] = top;
    }
    best
}

#[cfg(test)]
mod tests {
    use super::super::rows::Rows;
    use super::super::search::{Search, Standing};
    use super::*;
    use petgraph::algo::dominators::simple_fast;
    use petgraph::graph::{DiGraph, NodeIndex};
    use proptest::prelude::*;

    /// Immediate dominators by index (`None` unreachable, `Some(None)` the virtual root), with a budget of steps.
    fn solve(lists: &[Vec<u32>], roots: &[u32], budget: u64) -> Vec<Option<Option<u32>>> {
        let search = Search::run(Rows::of(lists), roots);
        let Search {
            numbers,
            parent,
            start,
            referrers,
        } = search;
        let mut vertex = vec![0; parent.len()];
        for index in 0..lists.len() {
            if let Standing::Searched(preorder) = numbers.standing(index) {
                vertex[preorder as usize] = index as u32;
            }
        }
        let idom = immediate_within(parent, start, referrers, budget);
        let object = |preorder: u32| (preorder > 0).then(|| vertex[preorder as usize]);
        let of = |index| match numbers.standing(index) {
            Standing::Unreachable => None,
            Standing::Searched(preorder) => Some(object(idom[preorder as usize])),
            Standing::LeafOf(preorder) => Some(object(preorder)),
        };
        (0..lists.len()).map(of).collect()
    }

    fn oracle(lists: &[Vec<u32>], roots: &[u32]) -> Vec<Option<Option<u32>>> {
        let mut graph = DiGraph::<(), ()>::new();
        let root = graph.add_node(());
        let nodes: Vec<NodeIndex> = lists.iter().map(|_| graph.add_node(())).collect();
        for index in roots {
            graph.add_edge(root, nodes[*index as usize], ());
        }
        for (from, list) in lists.iter().enumerate() {
            for to in list {
                graph.add_edge(nodes[from], nodes[*to as usize], ());
            }
        }
        let dominators = simple_fast(&graph, root);
        let of = |node: &NodeIndex| {
            let above = dominators.immediate_dominator(*node)?;
            Some((above != root).then(|| above.index() as u32 - 1))
        };
        nodes.iter().map(of).collect()
    }

    fn graphs() -> impl Strategy<Value = (Vec<Vec<u32>>, Vec<u32>)> {
        (1_u32..40).prop_flat_map(|size| {
            let lists =
                proptest::collection::vec(proptest::collection::vec(0..size, 0..4), size as usize);
            let roots = proptest::collection::btree_set(0..size, 0..4)
                .prop_map(|roots| roots.into_iter().collect());
            (lists, roots)
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(600))]
        #[test]
        fn both_ways_agree_with_petgraph((lists, roots) in graphs()) {
            let expected = oracle(&lists, &roots);
            prop_assert_eq!(&solve(&lists, &roots, STEPS_PER_OBJECT), &expected);
            prop_assert_eq!(&solve(&lists, &roots, 0), &expected);
        }
    }

    /// A linked list whose elements are also in an array: node i refers to node i + 1 and to element i.
    fn list_beside_array(length: u32) -> (Vec<Vec<u32>>, Vec<u32>) {
        let mut lists = vec![(length + 1..2 * length + 1).collect::<Vec<u32>>()];
        for node in 1..=length {
            let next = if node < length { node + 1 } else { node };
            lists.push(vec![next, length + node]);
        }
        lists.resize(2 * length as usize + 1, Vec::new());
        (lists, vec![0, 1])
    }

    #[test]
    fn elements_shared_by_a_list_and_an_array_belong_to_neither() {
        let (lists, roots) = list_beside_array(300);
        let expected = oracle(&lists, &roots);
        assert_eq!(solve(&lists, &roots, STEPS_PER_OBJECT), expected);
        assert_eq!(solve(&lists, &roots, u64::MAX >> 32), expected);
        // Quadratic for Semi-NCA alone: a million nodes would take minutes.
        let (lists, roots) = list_beside_array(500_000);
        let dominators = solve(&lists, &roots, STEPS_PER_OBJECT);
        assert_eq!(dominators[1_000_000], Some(None));
        assert_eq!(dominators[500_000], Some(Some(499_999)));
    }
}
