//! The top of the dominator tree, small enough to draw: every object that keeps a notable part of the heap, below the
//! object without which it would be freed.
//!
//! A container of a million elements has no notable child, a linked list is a million levels deep, and both are what leaks
//! look like. So the children that are each too small are taken together by class, and what these keep again by class;
//! objects of one class that each keep the next make one box.

use rustc_hash::FxHashMap;

use super::graph::tree::DomTree;
use super::model::{Edge, Heap};
use super::report::{DominatorRow, HeapReport, StandsFor};
use super::threads;

/// Smallest share of the reachable bytes that is drawn.
const SHARE: u64 = 200;
/// Deepest box.
const DEPTH: u32 = 32;
/// Fewest objects that make a chain.
const CHAIN: usize = 24;
/// Most objects that a link of a chain keeps directly.
const LINKS: usize = 16;
/// Most objects of one class that are looked into: to visit each object of a large heap once more takes seconds.
const MEMBERS: usize = 1 << 17;
/// Objects that are looked up together.
const BATCH: usize = 256;

/// The boxes, every holder before what it holds, larger ones first.
pub(super) fn draw(heap: &Heap<'_>) -> Vec<DominatorRow> {
    let mut drawing = Drawing {
        heap,
        least: (heap.total() / SHARE).max(1),
        boxes: Vec::new(),
    };
    drawing.inside(&[DomTree::ROOT], 0, &[]);
    let mut boxes = drawing.boxes;
    if boxes.len() > HeapReport::DOMINATORS {
        // What holds a box is at least as large, so nothing loses its holder.
        let mut sizes: Vec<u64> = boxes.iter().map(|one| one.retained_bytes).collect();
        sizes.sort_unstable_by(|left, right| right.cmp(left));
        boxes.retain(|one| one.retained_bytes > sizes[HeapReport::DOMINATORS]);
    }
    boxes
}

struct Drawing<'h, 'a> {
    heap: &'h Heap<'a>,
    /// Bytes of the smallest box.
    least: u64,
    boxes: Vec<DominatorRow>,
}

/// Objects of one class that are each too small for a box.
#[derive(Default)]
struct Crowd {
    class: u32,
    count: u64,
    bytes: u64,
    /// Their positions, as long as there are not too many.
    members: Vec<u32>,
}

impl Drawing<'_, '_> {
    /// Draws what `holders` hold; `chain` are those among it that belong to the holders' own box.
    fn inside(&mut self, holders: &[u32], depth: u32, chain: &[u32]) {
        if depth > DEPTH {
            return;
        }
        let tree = &self.heap.tree;
        let mut large = Vec::new();
        let mut crowds: Vec<Crowd> = Vec::new();
        let mut places: FxHashMap<u32, usize> = FxHashMap::default();
        // Children in a row are mostly of one class.
        let mut last = (u32::MAX, 0);
        let mut children = holders.iter().enumerate().flat_map(|(number, holder)| {
            let linked = chain.get(number + 1);
            let children = tree.children(*holder);
            let others = children.filter(move |child| Some(child) != linked);
            others.map(|child| (child, *holder))
        });
        loop {
            let batch: Vec<(u32, u32)> = children.by_ref().take(BATCH).collect();
            if batch.is_empty() {
                break;
            }
            let classes = batch.iter();
            let classes = classes.map(|(child, _)| self.heap.class_number(tree.object(*child)));
            let classes: Vec<u32> = classes.collect();
            for ((child, holder), class) in batch.into_iter().zip(classes) {
                let bytes = tree.retained(child);
                if bytes >= self.least {
                    large.push((bytes, child, holder));
                    continue;
                }
                if class != last.0 {
                    let place = *places.entry(class).or_insert(crowds.len());
                    if place == crowds.len() {
                        crowds.push(Crowd {
                            class,
                            ..Crowd::default()
                        });
                    }
                    last = (class, place);
                }
                let crowd = &mut crowds[last.1];
                crowd.count += 1;
                crowd.bytes += bytes;
                if crowd.count as usize <= MEMBERS {
                    crowd.members.push(child);
                } else {
                    crowd.members = Vec::new();
                }
            }
        }
        crowds.retain(|crowd| crowd.bytes >= self.least);
        let mut order: Vec<(u64, u32, Part)> = Vec::new();
        let names = self.names(&large);
        order.extend(
            large
                .iter()
                .map(|(bytes, child, _)| (*bytes, *child, Part::One)),
        );
        order.extend(
            crowds
                .into_iter()
                .map(|crowd| (crowd.bytes, crowd.class, Part::Crowd(crowd))),
        );
        order.sort_by_key(|(bytes, which, part)| {
            (
                std::cmp::Reverse(*bytes),
                matches!(part, Part::Crowd(_)),
                *which,
            )
        });
        for (bytes, which, part) in order {
            match part {
                Part::One => self.one(which, names.get(&which), depth),
                Part::Crowd(crowd) => {
                    self.boxes.push(DominatorRow {
                        depth,
                        stands_for: StandsFor::Class,
                        class: self.heap.classes.get(which).name.clone(),
                        by: None,
                        thread: None,
                        object_id: None,
                        objects: crowd.count,
                        retained_bytes: bytes,
                    });
                    self.inside(&crowd.members, depth + 1, &[]);
                }
            }
        }
    }

    /// Draws the object at `position`, or the chain that begins with it, and what is inside.
    fn one(&mut self, position: u32, by: Option<&String>, depth: u32) {
        let heap = self.heap;
        let index = heap.tree.object(position);
        let chain = self.chain(position);
        let is_chain = chain.len() >= CHAIN;
        let is_thread = heap
            .classes
            .is_a(heap.class_number(index), "java.lang.Thread");
        self.boxes.push(DominatorRow {
            depth,
            stands_for: match is_chain {
                true => StandsFor::Chain,
                false => StandsFor::Object,
            },
            class: heap.name_of(index),
            by: by.cloned(),
            thread: is_thread.then(|| threads::name(heap, index)).flatten(),
            object_id: Some(heap.hex(index)),
            objects: if is_chain { chain.len() as u64 } else { 1 },
            retained_bytes: heap.tree.retained(position),
        });
        match is_chain {
            true => self.inside(&chain, depth + 1, &chain),
            false => self.inside(&[position], depth + 1, &[]),
        }
    }

    /// The objects from `position` on that each keep exactly one other object of their own class, and little else.
    fn chain(&self, position: u32) -> Vec<u32> {
        let tree = &self.heap.tree;
        let class_of = |position: u32| self.heap.class_number(tree.object(position));
        let class = class_of(position);
        let mut chain = vec![position];
        let mut at = position;
        loop {
            let mut children = tree.children(at);
            let near = children.by_ref().take(LINKS);
            let alike: Vec<u32> = near.filter(|child| class_of(*child) == class).collect();
            match (&alike[..], children.next()) {
                ([next], None) => at = *next,
                _ => return chain,
            }
            chain.push(at);
        }
    }

    /// How the holder of each large object refers to it: the first way, or by what kind of root.
    fn names(&self, large: &[(u64, u32, u32)]) -> FxHashMap<u32, String> {
        let heap = self.heap;
        let mut ways: FxHashMap<u32, Option<Edge>> = FxHashMap::default();
        let mut holders: Vec<u32> = large.iter().map(|(_, _, holder)| *holder).collect();
        holders.sort_unstable();
        holders.dedup();
        ways.extend(large.iter().map(|(_, child, _)| (*child, None)));
        for holder in holders.iter().filter(|holder| **holder != DomTree::ROOT) {
            heap.references(heap.tree.object(*holder), |edge, index| {
                if let Some(position) = heap.tree.position(index)
                    && let Some(way) = ways.get_mut(&position)
                    && heap.tree.parent(position) == *holder
                {
                    way.get_or_insert(edge);
                }
            });
        }
        let name = |(_, child, holder): &(u64, u32, u32)| {
            let name = match *holder {
                DomTree::ROOT => heap.root_kind(heap.tree.object(*child))?.word().to_owned(),
                holder => heap.edge_name(heap.tree.object(holder), ways.get(child).copied()??),
            };
            Some((*child, name))
        };
        large.iter().filter_map(name).collect()
    }
}

/// What a box is drawn for.
enum Part {
    One,
    Crowd(Crowd),
}
