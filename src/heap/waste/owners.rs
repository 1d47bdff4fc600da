//! Who owns wasted objects: the nearest object above them in the dominator tree that is no collection, with the field
//! through which it holds them.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::{BATCH, CHUNK, Placed};
use crate::heap::classes::Shape;
use crate::heap::graph::NONE;
use crate::heap::graph::tree::DomTree;
use crate::heap::model::{Content, Edge, Heap};
use crate::t;

/// Tasks that name owners at most: each goes down the tree by itself.
const TASKS: usize = 16;
/// A thread with more locals than this is not looked through for each of them.
const LOCALS: usize = 1000;

/// By class of the owner (of a class object the class itself) and field; `None` for what several owners share.
pub(in crate::heap) type Owner = Option<(u32, Option<Edge>)>;

/// Most tables, nodes and wrappers between a referrer and its owner: a long list is not walked for each of its nodes.
const BETWEEN: usize = 8;

/// An object above the current one.
struct Above {
    position: u32,
    end: u32,
    /// Which [`Held`] what hangs below it belongs to.
    held: Option<u32>,
    /// Whether it is part of a collection or an array, and so passes its owner on.
    passes: bool,
}

/// What hangs below an object, and the object above that by a field of which it is held.
struct Held {
    /// Index of the object above.
    from: u32,
    /// Index of the topmost object of it; `NONE` where the one above is a collection that nothing but a root holds.
    target: u32,
    bytes: u64,
}

/// The owners of most bytes, most first. `lost` must be sorted by position: then every object above is visited once by
/// each of a few tasks, however deep the tree is.
pub(super) fn heaviest(heap: &Heap<'_>, lost: &[Placed], most: usize) -> Vec<(String, u64)> {
    let passes: Vec<bool> = heap
        .classes
        .iter()
        .map(|(_, class)| class.shape != Shape::Instance || class.name.starts_with("java.util."))
        .collect();
    let parts = lost.par_chunks(lost.len().div_ceil(TASKS).max(CHUNK));
    let parts: Vec<_> = parts.map(|lost| sums(heap, &passes, lost)).collect();
    let mut named: BTreeMap<String, u64> = BTreeMap::new();
    for (owner, bytes) in parts.into_iter().flatten() {
        *named.entry(name(heap, owner)).or_insert(0) += bytes;
    }
    let mut named: Vec<(String, u64)> = named.into_iter().collect();
    named.sort_by(|left, right| right.1.cmp(&left.1).then_with(|| left.0.cmp(&right.0)));
    named.truncate(most);
    named
}

/// Bytes by owner; `passes` says of each class whether its objects are part of a collection or an array.
fn sums(heap: &Heap<'_>, passes: &[bool], lost: &[Placed]) -> FxHashMap<Owner, u64> {
    let tree = &heap.tree;
    let mut all: Vec<Held> = Vec::new();
    let mut shared = 0;
    let mut stack: Vec<Above> = Vec::new();
    let mut way = Vec::new();
    for object in lost {
        while stack
            .last()
            .is_some_and(|above| above.end <= object.position)
        {
            stack.pop();
        }
        let known = stack.last().map_or(DomTree::ROOT, |above| above.position);
        let mut at = object.position;
        way.clear();
        while at != known && at != DomTree::ROOT {
            way.push(at);
            at = tree.parent(at);
        }
        for position in way.drain(..).rev() {
            let held = stack.last().map(|above| match (above.passes, above.held) {
                (true, Some(held)) => held,
                (passes, _) => {
                    all.push(Held {
                        from: tree.object(above.position),
                        target: if passes { NONE } else { tree.object(position) },
                        bytes: 0,
                    });
                    all.len() as u32 - 1
                }
            });
            let number = heap.class_number(tree.object(position));
            stack.push(Above {
                position,
                end: tree.subtree(position).end,
                held,
                passes: passes[number as usize],
            });
        }
        match stack.last().and_then(|above| above.held) {
            Some(held) => all[held as usize].bytes += object.saved.bytes(),
            None => shared += object.saved.bytes(),
        }
    }
    // Which field it is takes a look at the object above, so only those are looked at that have lost bytes.
    all.retain(|held| held.bytes > 0);
    let mut sums: FxHashMap<Owner, u64> = FxHashMap::default();
    if shared > 0 {
        sums.insert(None, shared);
    }
    for batch in all.chunks(BATCH) {
        let from: Vec<u32> = batch.iter().map(|held| held.from).collect();
        for (held, content) in batch.iter().zip(heap.contents(&from)) {
            let edge = match held.target {
                NONE => None,
                target => direct(heap, held.from, content, target),
            };
            let number = match content {
                Content::Class(number) if held.target != NONE => number,
                _ => heap.class_number(held.from),
            };
            *sums.entry(Some((number, edge))).or_insert(0) += held.bytes;
        }
    }
    sums
}

/// Who refers to something by `edge` of the object `index`: that object, or when it is part of a collection or an array the
/// nearest object above it that is none.
pub(in crate::heap) fn of_referrer(heap: &Heap<'_>, index: u32, edge: Edge) -> Owner {
    let tree = &heap.tree;
    let mut at = tree.position(index)?;
    let mut below = None;
    for _ in 0..BETWEEN {
        let object = tree.object(at);
        let class = heap.class_of(object);
        if class.shape == Shape::Instance && !class.name.starts_with("java.util.") {
            let edge = match below {
                None => Some(edge),
                Some(below) => direct(heap, object, heap.content(object), below),
            };
            let number = heap.class_objects.get(&object);
            return Some((*number.unwrap_or(&heap.class_number(object)), edge));
        }
        below = Some(object);
        at = tree.parent(at);
        if at == DomTree::ROOT {
            break;
        }
    }
    let edge = match edge {
        Edge::Element(_) => Edge::Element(0),
        edge => edge,
    };
    Some((heap.class_number(index), Some(edge)))
}

/// The first reference from one object, which has this content, to another. A thread with many locals is not looked
/// through.
fn direct(heap: &Heap<'_>, from: u32, content: Content<'_>, target: u32) -> Option<Edge> {
    let locals = heap.locals.get(&from);
    if locals.is_some_and(|locals| locals.len() > LOCALS) {
        return Some(Edge::Local);
    }
    let mut found = None;
    let _ = heap.references_in(from, content, |edge, to| match to == target {
        true => {
            found = Some(edge);
            ControlFlow::Break(())
        }
        false => ControlFlow::Continue(()),
    });
    found
}

/// What HotSpot keeps for the code of the classes: the strings and method handles that it mentions.
pub(in crate::heap) fn constants() -> String {
    t!("the constants of loaded classes")
}

pub(in crate::heap) fn name(heap: &Heap<'_>, owner: Owner) -> String {
    let Some((number, edge)) = owner else {
        return t!("(several owners)");
    };
    let class = heap.classes.get(number);
    let field = match edge {
        Some(Edge::Static(at)) => class.statics.get(at as usize).map(|field| field.name),
        Some(Edge::Field(at)) => class.fields.get(at as usize).map(|field| field.name),
        Some(Edge::Local) => return t!("local variables of {class}", class = class.name),
        // It holds them on several ways.
        Some(Edge::Element(_) | Edge::Loader | Edge::Superclass) | None => None,
    };
    let field = field.map(|id| heap.records.name(heap.bytes, id));
    match field.as_deref() {
        Some("<resolved_references>") => constants(),
        Some(field) => format!("{}.{field}", class.name),
        None => class.name.clone(),
    }
}
