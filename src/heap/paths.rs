//! Shortest paths from the roots, found through the dominator tree.
//!
//! Every path to an object passes its dominators in order, and between two of them it stays below the upper one. So the
//! shortest path is made of shortest pieces, and most pieces are a single reference.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use super::graph::tree::DomTree;
use super::hprof::sub::RootKind;
use super::model::{Edge, Heap};
use super::report::PathStep;
use crate::t;

/// Most dominators between the root and the object that are walked; deeper objects get the end of their path.
const DEPTH: usize = 64;
/// Most objects that are looked at for one piece of a path.
const EFFORT: usize = 2_000_000;

/// One object on a path: how the previous one refers to it, and its position.
pub(super) type Hop = (String, u32);

/// The path from a root to the object at `position`, which is its last hop.
pub(super) fn to(heap: &Heap<'_>, position: u32) -> Vec<Hop> {
    let tree = &heap.tree;
    let mut dominators = vec![position];
    let mut above = tree.parent(position);
    while above != DomTree::ROOT && dominators.len() < DEPTH {
        dominators.push(above);
        above = tree.parent(above);
    }
    let mut path = Vec::new();
    let mut from = above;
    for target in dominators.into_iter().rev() {
        path.extend(piece(heap, from, target));
        from = target;
    }
    path
}

/// The shortest way from `from` to what it dominates; the target alone when it is too far.
pub(super) fn piece(heap: &Heap<'_>, from: u32, target: u32) -> Vec<Hop> {
    let tree = &heap.tree;
    if from == DomTree::ROOT {
        if let Some(kind) = heap.root_kind(tree.object(target)) {
            return vec![(kind.word().to_owned(), target)];
        }
        // What a static field and a running method both hold is better explained by the field.
        let lasting = search(heap, from, target, false);
        return lasting
            .or_else(|| search(heap, from, target, true))
            .unwrap_or_else(|| vec![(t!("(a long way)"), target)]);
    }
    if let Some(name) = direct(heap, from, target) {
        return vec![(name, target)];
    }
    search(heap, from, target, true).unwrap_or_else(|| vec![(t!("(a long way)"), target)])
}

/// Breadth first, in the order of roots and fields: the same path every time. Leaves out what only leads through
/// threads unless `threads`.
fn search(heap: &Heap<'_>, from: u32, target: u32, threads: bool) -> Option<Vec<Hop>> {
    let tree = &heap.tree;
    let is_thread = |index: u32| heap.locals.contains_key(&index);
    let mut came: FxHashMap<u32, (u32, Way)> = FxHashMap::default();
    let mut queue = VecDeque::new();
    if from == DomTree::ROOT {
        for (root, index) in &heap.roots {
            if let Some(position) = tree.position(*index)
                && !came.contains_key(&position)
                && (threads || !root.kind.is_on_stack() && !is_thread(*index))
            {
                came.insert(position, (DomTree::ROOT, Way::Root(root.kind)));
                queue.push_back(position);
            }
        }
    } else {
        queue.push_back(from);
    }
    while let Some(at) = queue.pop_front() {
        if came.len() > EFFORT {
            break;
        }
        let mut found = false;
        heap.references(tree.object(at), |edge, index| {
            let Some(position) = tree.position(index) else {
                return;
            };
            let inside = from == DomTree::ROOT || tree.dominates(from, position);
            let known = position == from || came.contains_key(&position);
            if found || known || !inside || !threads && is_thread(index) {
                return;
            }
            came.insert(position, (at, Way::Edge(edge)));
            found = position == target;
            queue.push_back(position);
        });
        if found {
            return Some(unwind(heap, &came, from, target));
        }
    }
    None
}

/// How a search came to an object.
#[derive(Debug, Clone, Copy)]
enum Way {
    Root(RootKind),
    Edge(Edge),
}

fn unwind(heap: &Heap<'_>, came: &FxHashMap<u32, (u32, Way)>, from: u32, target: u32) -> Vec<Hop> {
    let mut path = Vec::new();
    let mut at = target;
    while let Some((before, way)) = came.get(&at) {
        let name = match way {
            Way::Root(kind) => kind.word().to_owned(),
            Way::Edge(edge) => heap.edge_name(heap.tree.object(*before), *edge),
        };
        path.push((name, at));
        at = *before;
        if at == from {
            break;
        }
    }
    path.reverse();
    path
}

/// The name of a reference from one object to another, if there is one.
fn direct(heap: &Heap<'_>, from: u32, target: u32) -> Option<String> {
    let index = heap.tree.object(target);
    let from = heap.tree.object(from);
    let mut first = None;
    heap.references(from, |edge, to| {
        if to == index && first.is_none() {
            first = Some(edge);
        }
    });
    first.map(|edge| heap.edge_name(from, edge))
}

/// The hops as the report has them.
pub(super) fn steps(heap: &Heap<'_>, path: &[Hop]) -> Vec<PathStep> {
    let step = |(by, position): &Hop| PathStep {
        by: by.clone(),
        class: heap.name_of(heap.tree.object(*position)),
        object_id: heap.hex(heap.tree.object(*position)),
        retained_bytes: heap.tree.retained(*position),
    };
    path.iter().map(step).collect()
}

/// The last steps to an object in words: `static com.acme.Caches.USERS.delegate`.
pub(super) fn holder(heap: &Heap<'_>, index: u32) -> String {
    let Some(position) = heap.tree.position(index) else {
        return t!("nothing");
    };
    let path = to(heap, position);
    let class_at = path
        .iter()
        .rposition(|(_, at)| heap.class_objects.contains_key(&heap.tree.object(*at)));
    let start = class_at.unwrap_or(path.len().saturating_sub(3));
    let mut words = String::new();
    for (at, (by, position)) in path.iter().enumerate().skip(start) {
        if at == start {
            let index = heap.tree.object(*position);
            words = match heap.class_objects.get(&index) {
                Some(number) => heap.classes.get(*number).name.clone(),
                None => heap.name_of(index),
            };
        } else {
            words += &by.replace("static ", ".");
        }
    }
    words
}
