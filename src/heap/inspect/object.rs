//! One object: what it holds, who holds it, what goes with it.

use std::cmp::Reverse;

use super::Look;
use super::report::{ObjectView, PathsView, ReferrerRow};
use crate::heap::graph::tree::DomTree;
use crate::heap::model::Content;
use crate::heap::{columns, containers, histogram, paths};

/// Most referrers whose paths are compared.
const WAYS: usize = 1000;

/// An object that refers to another, and how.
type Referrer = (u32, String);

impl Look<'_, '_> {
    /// Everything about one object.
    pub(super) fn object(&self, index: u32) -> ObjectView {
        let heap = self.heap;
        let tree = &heap.tree;
        let position = tree.position(index);
        let class = heap.classes.get(match heap.content(index) {
            Content::Class(number) => number,
            _ => heap.class_number(index),
        });
        let mut roots: Vec<String> = heap
            .roots
            .iter()
            .filter(|(_, target)| *target == index)
            .map(|(root, _)| root.kind.word().to_owned())
            .collect();
        roots.sort_unstable();
        roots.dedup();
        let is_array = matches!(
            heap.content(index),
            Content::References(_) | Content::Primitives(..)
        );
        let mut dominated: Vec<u32> =
            position.map_or_else(Vec::new, |at| tree.children(at).collect());
        dominated.sort_by_key(|child| (Reverse(tree.retained(*child)), *child));
        let dominator = position
            .map(|at| tree.parent(at))
            .filter(|above| *above != DomTree::ROOT)
            .map(|above| self.row(tree.object(above)));
        let classes =
            position.map_or_else(Vec::new, |at| histogram::of_subtree(heap, at, usize::MAX));
        let path = position.map_or_else(Vec::new, |at| paths::to(heap, at));
        let referrers = self.referrers(index);
        ObjectView {
            object: self.row(index),
            reachable: position.is_some(),
            retained_objects: position.map_or(0, |at| u64::from(tree.retained_objects(at))),
            loader: heap.ids.index(class.loader).map(|loader| self.row(loader)),
            roots,
            length: is_array.then(|| u64::from(heap.array_length(index))),
            elements: containers::describe(heap, index)
                .filter(|_| !is_array)
                .map(|container| {
                    let class = container.main_class(heap).map(|(class, _)| class);
                    (container.count, class)
                }),
            text: self.text(index),
            fields: self.fields(index),
            referrers: self.page(referrers, |(from, by)| ReferrerRow {
                by,
                object: self.row(from),
            }),
            dominator,
            dominated: self.page(dominated, |child| self.row(tree.object(child))),
            retained_classes: self.page(classes, |row| row),
            path: paths::steps(heap, &path),
        }
    }

    /// All objects that refer to `target`, most retained bytes first; weak references too, and named as such.
    fn referrers(&self, target: u32) -> Vec<Referrer> {
        let heap = self.heap;
        let id = heap.ids.id(target);
        let mut found: Vec<Referrer> = columns::gather(heap.len(), |indices| {
            let mut found = Vec::new();
            for index in indices {
                let mut strong = None;
                heap.references(index, |edge, to| {
                    if to == target && strong.is_none() {
                        strong = Some(edge);
                    }
                });
                if let Some(edge) = strong {
                    found.push((index, heap.edge_name(index, edge)));
                } else if let Some((referent, _)) = heap.class_of(index).weak
                    && let Content::Instance(bytes) = heap.content(index)
                    && heap.id_in(bytes, referent as usize) == id
                {
                    found.push((index, ".referent (weak)".to_owned()));
                }
            }
            found
        });
        found.sort_by_key(|(index, _)| (Reverse(heap.retained(*index)), *index));
        found
    }

    /// The ways from the roots.
    pub(super) fn paths(&self, index: u32) -> PathsView {
        let heap = self.heap;
        let tree = &heap.tree;
        let mut found = Vec::new();
        let mut inside = 0;
        if let Some(target) = tree.position(index) {
            if let Some(kind) = heap.root_kind(index) {
                found.push(vec![(kind.word().to_owned(), target)]);
            }
            for (from, by) in self.referrers(index) {
                match tree
                    .position(from)
                    .filter(|from| !tree.dominates(target, *from))
                {
                    Some(from) if found.len() < WAYS && !by.ends_with(" (weak)") => {
                        let mut path = paths::to(heap, from);
                        path.push((by, target));
                        found.push(path);
                    }
                    _ => inside += 1,
                }
            }
        }
        found.sort_by(|left, right| left.len().cmp(&right.len()).then_with(|| left.cmp(right)));
        PathsView {
            object: self.row(index),
            paths: self.page(found, |path| paths::steps(heap, &path)),
            inside,
        }
    }
}
