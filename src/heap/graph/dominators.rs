//! Immediate dominators by Semi-NCA, with the second half of Lengauer–Tarjan as the way out.
//!
//! Semi-NCA (Georgiadis, Princeton TR-737-05, 2005) is the fastest on ordinary heaps, but the walk to the nearest
//! common ancestor is quadratic for a long linked list whose elements are also in an array, which is what a leak looks
//! like. So the walk has a budget of steps; when it is spent, the dominators are computed again from the semidominators
//! already known, with the buckets of Lengauer and Tarjan (TOPLAS 1979) in O(m log n). Both work on preorders alone.

/// Steps of the walk per object before the way out is taken. Ordinary heaps need about one.
const STEPS_PER_OBJECT: u64 = 16;
/// Referrers that are used up before their memory is given back.
const SPARE: usize = 1 << 20;

/// The immediate dominator of every preorder. `parent` are the edges of the search tree, `referrers[start[v]..start[v +
/// 1]]` the other objects that refer to `v`. Preorder 0 is the root; its entry is 0.
pub(in crate::heap) fn immediate(
    parent: Vec<u32>,
    start: Vec<u32>,
    referrers: Vec<u32>,
) -> Vec<u32> {
    immediate_within(parent, start, referrers, STEPS_PER_OBJECT).0
}

/// Also returns how many steps were taken along paths: all work besides that is one look at every object and reference.
fn immediate_within(
    parent: Vec<u32>,
    start: Vec<u32>,
    referrers: Vec<u32>,
    budget: u64,
) -> (Vec<u32>, u64) {
    let (semi, forest) = semidominators(&parent, start, referrers);
    let steps = forest.steps;
    let budget = budget * parent.len() as u64;
    // In the place of the forest, which is twice as large.
    let nodes = forest.nodes.into_iter().zip(&parent);
    let mut dominator: Vec<u32> = nodes.map(|(_, parent)| *parent).collect();
    dominator.shrink_to_fit();
    match walk(dominator, &semi[1..], budget) {
        Ok((dominators, left)) => (dominators, steps + budget - left),
        Err(Spent) => {
            let (dominators, more) = buckets(parent, &semi[1..]);
            (dominators, steps + budget + more)
        }
    }
}

/// The walk to the nearest common ancestors took as many steps as it may.
struct Spent;

/// The forest of Lengauer and Tarjan: link and evaluate with path compression.
struct Forest {
    /// Ancestor and smallest semidominator on the way to it, in one pair for one load. Only those are looked at that have
    /// an ancestor.
    nodes: Vec<(u32, u32)>,
    path: Vec<u32>,
    steps: u64,
}

impl Forest {
    fn new(size: usize) -> Self {
        Self {
            nodes: vec![(0, 0); size],
            path: Vec::new(),
            steps: 0,
        }
    }

    /// The smallest label on the path from `v` to the root of its tree, the root left out. `linked` is the smallest
    /// preorder that has an ancestor; `v` is none before it.
    #[inline]
    fn evaluate(&mut self, v: u32, linked: u32) -> u32 {
        let (mut ancestor, label) = self.nodes[v as usize];
        if ancestor < linked {
            return label;
        }
        self.path.clear();
        self.path.push(v);
        while ancestor >= linked {
            self.path.push(ancestor);
            ancestor = self.nodes[ancestor as usize].0;
        }
        self.steps += self.path.len() as u64;
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
fn semidominators(
    parent: &[u32],
    mut start: Vec<u32>,
    mut referrers: Vec<u32>,
) -> (Vec<u32>, Forest) {
    let size = parent.len();
    let mut forest = Forest::new(size);
    for w in (1..size as u32).rev() {
        let mut best = parent[w as usize];
        let end = start[w as usize + 1] as usize;
        if referrers.len() - end > SPARE {
            // The forest grows as the referrers are used up: it takes the memory that they give back.
            referrers.truncate(end);
            referrers.shrink_to_fit();
        }
        for v in &referrers[start[w as usize] as usize..end] {
            // An object before `w` has no ancestor yet: it is its own label.
            let candidate = match *v <= w {
                true => *v,
                false => forest.evaluate(*v, w + 1),
            };
            best = best.min(candidate);
            // None is before the root.
            if best == 0 {
                break;
            }
        }
        start[w as usize + 1] = best;
        forest.nodes[w as usize] = (parent[w as usize], best);
    }
    start[1] = 0;
    (start, forest)
}

/// Nearest common ancestors in the tree built so far, which takes the place of the `dominator`s that are parents yet, and
/// what is left of a `budget` of steps.
fn walk(mut dominator: Vec<u32>, semi: &[u32], mut budget: u64) -> Result<(Vec<u32>, u64), Spent> {
    for w in 1..dominator.len() {
        let mut candidate = dominator[w];
        while candidate > semi[w] {
            candidate = dominator[candidate as usize];
            budget = budget.checked_sub(1).ok_or(Spent)?;
        }
        dominator[w] = candidate;
    }
    Ok((dominator, budget))
}

/// The second half of Lengauer–Tarjan from known semidominators, and how many steps it took.
fn buckets(parent: Vec<u32>, semi: &[u32]) -> (Vec<u32>, u64) {
    let size = parent.len();
    // Of an object whose turn has not come: the first in its bucket, which is empty again when it comes. Of one in a
    // bucket: the next in there. From then on: its dominator.
    let mut dominator = vec![0; size];
    // Whoever has had its turn hangs below its parent; only such paths are followed, and shortened.
    let mut ancestor = parent;
    let mut label: Vec<u32> = (0..size as u32).collect();
    let mut path = Vec::new();
    let mut steps = 0;
    for w in (1..size as u32).rev() {
        let owner = semi[w as usize] as usize;
        dominator[w as usize] = std::mem::replace(&mut dominator[owner], w);
        let above = ancestor[w as usize];
        let mut v = std::mem::take(&mut dominator[above as usize]);
        while v != 0 {
            follow(v, w, &ancestor, &mut path);
            steps += path.len() as u64;
            let u = lowest(&mut ancestor, &mut label, semi, &mut path);
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
    (dominator, steps)
}

/// The path from `v` up to what hangs directly below the root of its tree. `linked` is the smallest preorder that has
/// an ancestor.
fn follow(v: u32, linked: u32, ancestor: &[u32], path: &mut Vec<u32>) {
    path.clear();
    let mut node = v;
    while ancestor[node as usize] >= linked {
        path.push(node);
        node = ancestor[node as usize];
    }
    path.push(node);
}

/// The object with the smallest semidominator on a path, which is shortened: all on it hang below its end then.
fn lowest(ancestor: &mut [u32], label: &mut [u32], semi: &[u32], path: &mut Vec<u32>) -> u32 {
    let Some(node) = path.pop() else { return 0 };
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
    use super::super::search::{Search, Standing, Unsearched};
    use super::*;
    use petgraph::algo::dominators::simple_fast;
    use petgraph::graph::{DiGraph, NodeIndex};
    use proptest::prelude::*;

    /// Immediate dominators by index (`None` unreachable, `Some(None)` the virtual root), with a budget of steps.
    fn solve(lists: &[Vec<u32>], roots: &[u32], budget: u64) -> Vec<Option<Option<u32>>> {
        let search = Unsearched::new(Rows::of(lists), roots).search();
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
        let (idom, _) = immediate_within(parent, start, referrers, budget);
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

    /// A linked list whose elements are also in an array behind it: node i refers to node i + 1 and to element i.
    fn list_beside_array(length: u32) -> (Vec<Vec<u32>>, Vec<u32>) {
        let node = |at| match at + 1 < length {
            true => vec![at + 1, length + at],
            false => vec![length + at],
        };
        let mut lists: Vec<Vec<u32>> = (0..length).map(node).collect();
        lists.resize(2 * length as usize, Vec::new());
        lists.push((length..2 * length).collect());
        (lists, vec![0, 2 * length])
    }

    #[test]
    fn elements_shared_by_a_list_and_an_array_belong_to_neither() {
        let (lists, roots) = list_beside_array(300);
        let expected = oracle(&lists, &roots);
        assert_eq!(solve(&lists, &roots, STEPS_PER_OBJECT), expected);
        assert_eq!(solve(&lists, &roots, u64::MAX >> 32), expected);
    }

    /// How many steps the dominators of a graph take.
    fn steps(lists: &[Vec<u32>], roots: &[u32], budget: u64) -> u64 {
        let search = Unsearched::new(Rows::of(lists), roots).search();
        immediate_within(search.parent, search.start, search.referrers, budget).1
    }

    #[test]
    fn the_work_for_a_list_grows_with_its_length_and_no_faster() {
        let work = |length: u32, budget: u64| {
            let (lists, roots) = list_beside_array(length);
            steps(&lists, &roots, budget)
        };
        for length in [1_000, 10_000, 100_000, 300_000] {
            let objects = 2 * u64::from(length) + 2;
            // The budget of the walk, and for the rest a step or two an object.
            assert!(work(length, STEPS_PER_OBJECT) <= (STEPS_PER_OBJECT + 2) * objects);
            assert!(work(length, 0) <= 2 * objects);
        }
        // Without a budget the walk is quadratic, which is what the budget is for.
        assert!(work(10_000, u64::MAX >> 32) > 3 * work(5_000, u64::MAX >> 32));
    }
}
