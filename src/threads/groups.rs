//! Threads with identical stacks, and all stacks merged into a call tree.

use rustc_hash::FxHashMap;

use super::activity::Activity;
use super::classify::Doing;
use super::dump::{Dump, ThreadKind};
use super::frames::Frames;
use super::report::{CallNode, StackGroup};

/// Groups kept in a report.
const GROUPS: usize = 40;
/// Names kept of a group.
const NAMES: usize = 5;
/// Frames kept of a group.
const FRAMES: usize = 40;
/// Frames followed in the call tree, from the bottom.
const DEPTH: usize = 120;
/// Nodes kept in the call tree; the rest is counted in their callers.
const NODES: usize = 1500;

/// Distinct stacks of a dump: the positions of the threads that share one, in order of the first.
pub(crate) fn distinct(dump: &Dump, frames: &Frames) -> Vec<Vec<u32>> {
    let mut known: FxHashMap<Vec<u32>, usize> = FxHashMap::default();
    let mut stacks: Vec<Vec<u32>> = Vec::new();
    let mut key = Vec::new();
    for (index, thread) in dump.threads.iter().enumerate() {
        if thread.kind == ThreadKind::Vm || thread.frames.is_empty() {
            continue;
        }
        key.clear();
        key.extend(thread.frames.iter().map(|frame| frames.get(*frame).same));
        match known.get(&key) {
            Some(&stack) => stacks[stack].push(index as u32),
            None => {
                known.insert(key.clone(), stacks.len());
                stacks.push(vec![index as u32]);
            }
        }
    }
    stacks
}

/// The largest groups of threads with the same stack.
pub(crate) fn groups(
    dump: &Dump,
    frames: &Frames,
    doing: &[Doing],
    stacks: &[Vec<u32>],
) -> Vec<StackGroup> {
    let mut shared: Vec<&Vec<u32>> = stacks.iter().filter(|threads| threads.len() > 1).collect();
    shared.sort_by_key(|threads| (std::cmp::Reverse(threads.len()), threads[0]));
    let group = |threads: &&Vec<u32>| {
        let first = &dump.threads[threads[0] as usize];
        let name = |index: &u32| dump.threads[*index as usize].display();
        StackGroup {
            count: threads.len() as u64,
            doing: doing[threads[0] as usize].activity,
            names: threads.iter().take(NAMES).map(name).collect(),
            at: dump.locate(first),
            frames: first
                .frames
                .iter()
                .take(FRAMES)
                .map(|id| frames.get(*id).text.clone())
                .collect(),
        }
    };
    shared.iter().take(GROUPS).map(group).collect()
}

#[derive(Debug, Default)]
struct Node {
    frame: u32,
    count: u64,
    children: Vec<usize>,
}

/// The stacks of all threads that are not idle, merged from the bottom.
pub(crate) fn call_tree(
    dump: &Dump,
    frames: &Frames,
    doing: &[Doing],
    stacks: &[Vec<u32>],
) -> Vec<CallNode> {
    let mut nodes = vec![Node::default()];
    let mut child: FxHashMap<(usize, u32), usize> = FxHashMap::default();
    for threads in stacks {
        let busy = threads
            .iter()
            .filter(|index| {
                !matches!(
                    doing[**index as usize].activity,
                    Activity::Idle | Activity::Vm
                )
            })
            .count() as u64;
        if busy == 0 {
            continue;
        }
        nodes[0].count += busy;
        let mut at = 0;
        for id in dump.threads[threads[0] as usize]
            .frames
            .iter()
            .rev()
            .take(DEPTH)
        {
            let method = frames.get(*id).same_method;
            let next = *child.entry((at, method)).or_insert(nodes.len());
            if next == nodes.len() {
                nodes.push(Node {
                    frame: *id,
                    count: 0,
                    children: Vec::new(),
                });
                nodes[at].children.push(next);
            }
            nodes[next].count += busy;
            at = next;
        }
    }
    largest(&nodes, frames)
}

/// The `NODES` largest nodes in preorder. A child is never larger than its parent, so parents are always kept.
fn largest(nodes: &[Node], frames: &Frames) -> Vec<CallNode> {
    let mut order: Vec<usize> = (0..nodes.len()).collect();
    order.sort_by_key(|index| (std::cmp::Reverse(nodes[*index].count), *index));
    let mut keep = vec![false; nodes.len()];
    for index in order.into_iter().take(NODES) {
        keep[index] = true;
    }
    let mut tree = Vec::new();
    let mut pending = vec![(0, 0)];
    while let Some((index, depth)) = pending.pop() {
        let node = &nodes[index];
        let frame = match depth {
            0 => "all".to_owned(),
            _ => frames.get(node.frame).method.clone(),
        };
        tree.push(CallNode {
            depth,
            frame,
            count: node.count,
        });
        let mut children: Vec<usize> = node
            .children
            .iter()
            .copied()
            .filter(|child| keep[*child])
            .collect();
        // The largest is popped first.
        children.sort_by_key(|child| (nodes[*child].count, std::cmp::Reverse(*child)));
        pending.extend(children.into_iter().map(|child| (child, depth + 1)));
    }
    tree
}
