//! What fills the heap: from the top of the dominator tree down to the objects that a person can act on.
//!
//! A class loader dominates its classes and so every static field, a registry dominates every bean in it. Such hubs hold
//! everything and explain nothing, so the search goes through them to what they hold. Below a hub it follows the
//! largest child as long as that keeps most of the bytes, and stops at a collection, at a chain, or where the bytes
//! spread out.

mod describe;
mod groups;

use std::collections::BTreeMap;

use super::containers::{self, Container};
use super::graph::tree::DomTree;
use super::model::Heap;
use super::report::{HeapReport, OwnerKind, Suspect};

/// Smallest share of the reachable bytes that makes a suspect.
const SHARE: f64 = 0.03;
/// Fewest bytes that make a suspect: below, a heap is nearly empty and shares mean nothing.
const LEAST: u64 = 128 << 10;
/// A child that keeps this share of its parent carries on the search (MAT's rule).
const MOST: f64 = 0.7;
/// Objects of one class that dominate each other in a row make a chain.
const CHAIN: u32 = 24;
/// Most hubs inside each other.
const DEPTH: u32 = 200;

/// Where the search ended.
#[derive(Debug)]
struct Place {
    /// The object whose retained bytes count: a hub holds it.
    head: u32,
    /// The object that has the many parts.
    end: u32,
    what: What,
}

/// What the many parts are.
#[derive(Debug)]
enum What {
    Container(Container),
    Chain { length: u64 },
    Object,
}

/// Finds the suspects, largest first.
pub(super) fn find(heap: &Heap<'_>) -> Vec<Suspect> {
    let least = ((heap.total() as f64 * SHARE) as u64).max(LEAST);
    let mut search = Search {
        heap,
        least,
        loaders: heap.classes.all_that_are(&["java.lang.ClassLoader"]),
        places: Vec::new(),
        hubs: Vec::new(),
    };
    search.through(DomTree::ROOT, 0);
    let suspects: Vec<Suspect> = search
        .places
        .iter()
        .map(|place| describe::suspect(heap, place))
        .collect();
    let mut suspects = alike(suspects);
    suspects.extend(groups::find(heap, &search.hubs, least));
    suspects.sort_by(|left, right| {
        let most = right.retained_bytes.cmp(&left.retained_bytes);
        most.then_with(|| (&left.title, &left.object_id).cmp(&(&right.title, &right.object_id)))
    });
    suspects.truncate(HeapReport::SUSPECTS);
    suspects
}

/// Objects of one class that the same field holds, as one suspect: the buffers in a list, each of which is large. So with
/// what the threads of one pool hold, whose names differ by a number.
fn alike(suspects: Vec<Suspect>) -> Vec<Suspect> {
    let mut groups: BTreeMap<(String, Option<String>), Vec<Suspect>> = BTreeMap::new();
    for suspect in suspects {
        let of_thread = matches!(
            suspect.owner_kind,
            OwnerKind::Thread | OwnerKind::ThreadLocal | OwnerKind::ThreadLocalVariable
        );
        let field = suspect.field.clone().filter(|_| !of_thread);
        let key = (suspect.signature.clone(), field);
        groups.entry(key).or_default().push(suspect);
    }
    groups
        .into_values()
        .filter_map(describe::together)
        .collect()
}

struct Search<'h, 'a> {
    heap: &'h Heap<'a>,
    least: u64,
    loaders: Vec<bool>,
    places: Vec<Place>,
    /// Objects whose children were looked at one by one.
    hubs: Vec<u32>,
}

impl Search<'_, '_> {
    /// The children that are large enough, largest first.
    fn large_children(&self, position: u32) -> Vec<u32> {
        let tree = &self.heap.tree;
        let large = |child: &u32| tree.retained(*child) >= self.least;
        let mut children: Vec<u32> = tree.children(position).filter(large).collect();
        children.sort_by_key(|child| (std::cmp::Reverse(tree.retained(*child)), *child));
        children
    }

    /// Looks at everything large that a hub holds.
    fn through(&mut self, hub: u32, depth: u32) {
        if depth > DEPTH {
            return;
        }
        self.hubs.push(hub);
        for child in self.large_children(hub) {
            if self.is_hub(child) {
                let places = self.places.len();
                let hubs = self.hubs.len();
                self.through(child, depth + 1);
                // A class or thread with many small parts is itself the answer.
                let named = self.is_class(child) || self.is_thread(child);
                if named && self.places.len() == places {
                    self.hubs.truncate(hubs);
                    self.places.push(Place {
                        head: child,
                        end: child,
                        what: What::Object,
                    });
                }
            } else {
                self.into(child, depth);
            }
        }
    }

    /// Follows a large object to where its bytes spread out.
    fn into(&mut self, head: u32, depth: u32) {
        let tree = &self.heap.tree;
        let mut at = head;
        let mut classes: [Option<u32>; 2] = [None, None];
        let mut run = 0;
        let mut run_start = head;
        loop {
            let class = self.heap.class_number(tree.object(at));
            // The same class as the last or the one before: a list of nodes, or of nodes in wrappers.
            if classes.contains(&Some(class)) {
                run += 1;
            } else {
                run = 0;
                run_start = at;
            }
            classes = [Some(class), classes[0]];
            if run >= CHAIN {
                let length = self.chain_length(run_start, tree.object(run_start));
                self.place(head, run_start, What::Chain { length });
                return;
            }
            let carries =
                |child: u32| tree.retained(child) as f64 >= MOST * tree.retained(at) as f64;
            if let Some(container) = self.container(at) {
                // What a collection holds lies below its table or nodes.
                let elements = container.elements.iter();
                let mut big: Vec<u32> = elements
                    .filter_map(|element| tree.position(*element))
                    .filter(|element| {
                        tree.retained(*element) >= self.least && tree.dominates(at, *element)
                    })
                    .collect();
                big.sort_unstable();
                big.dedup();
                big.sort_by_key(|element| (std::cmp::Reverse(tree.retained(*element)), *element));
                let sum: u64 = big.iter().map(|element| tree.retained(*element)).sum();
                if let [only] = big[..]
                    && carries(only)
                    && only != at
                {
                    at = only;
                    continue;
                }
                if sum * 2 >= tree.retained(at) && !big.is_empty() {
                    self.split(at, &big, depth);
                } else {
                    self.place(head, at, What::Container(container));
                }
                return;
            }
            let heaviest = tree
                .children(at)
                .max_by_key(|child| (tree.retained(*child), std::cmp::Reverse(*child)));
            match heaviest {
                Some(child) if carries(child) && !self.is_hub(child) => at = child,
                _ => {
                    let large = self.large_children(at);
                    let sum: u64 = large.iter().map(|child| tree.retained(*child)).sum();
                    let alike = large
                        .iter()
                        .any(|child| self.heap.class_number(tree.object(*child)) == class);
                    // Several large parts of other classes: each is an answer of its own.
                    if large.len() > 1 && sum * 2 >= tree.retained(at) && !alike {
                        self.split(at, &large, depth);
                    } else {
                        self.place(head, at, What::Object);
                    }
                    return;
                }
            }
        }
    }

    fn split(&mut self, hub: u32, children: &[u32], depth: u32) {
        self.hubs.push(hub);
        for child in children {
            match self.is_hub(*child) {
                true => self.through(*child, depth + 1),
                false if depth < DEPTH => self.into(*child, depth + 1),
                false => {}
            }
        }
    }

    fn place(&mut self, head: u32, end: u32, what: What) {
        self.places.push(Place { head, end, what });
    }

    fn container(&self, position: u32) -> Option<Container> {
        let index = self.heap.tree.object(position);
        containers::describe(self.heap, index).filter(|container| container.count > 0)
    }

    /// How many objects of the class of `first` follow each other down the tree.
    fn chain_length(&self, from: u32, first: u32) -> u64 {
        let tree = &self.heap.tree;
        let class = self.heap.class_number(first);
        let mut length = 0;
        let mut misses = 0;
        let mut at = Some(from);
        while let Some(position) = at {
            match self.heap.class_number(tree.object(position)) == class {
                true => {
                    length += 1;
                    misses = 0;
                }
                false => misses += 1,
            }
            if misses > 2 {
                break;
            }
            at = tree
                .children(position)
                .max_by_key(|child| (tree.retained(*child), std::cmp::Reverse(*child)));
        }
        length
    }

    fn is_class(&self, position: u32) -> bool {
        let index = self.heap.tree.object(position);
        self.heap.class_objects.contains_key(&index)
    }

    fn is_thread(&self, position: u32) -> bool {
        let number = self.heap.class_number(self.heap.tree.object(position));
        self.heap.classes.is_a(number, "java.lang.Thread")
    }

    /// Whether an object holds many unrelated things by its nature: a class loader and its list of classes, a class, a
    /// thread and its map of thread locals.
    fn is_hub(&self, position: u32) -> bool {
        let tree = &self.heap.tree;
        let number = self.heap.class_number(tree.object(position));
        if self.loaders[number as usize] || self.is_class(position) || self.is_thread(position) {
            return true;
        }
        let name = self.heap.classes.get(number).name.as_str();
        if name.starts_with("java.lang.ThreadLocal$ThreadLocalMap") {
            return true;
        }
        // The list of classes of a loader: most of what it holds are classes.
        let classes: u64 = tree
            .children(position)
            .filter(|child| self.is_class(*child))
            .map(|child| tree.retained(child))
            .sum();
        let heaviest = tree
            .children(position)
            .max_by_key(|child| tree.retained(*child));
        let list = heaviest.is_some_and(|child| {
            tree.retained(child) * 2 > tree.retained(position) && self.is_list_of_classes(child)
        });
        list || classes * 2 > tree.retained(position)
    }

    fn is_list_of_classes(&self, position: u32) -> bool {
        let tree = &self.heap.tree;
        let mut children = 0_u64;
        let mut classes = 0_u64;
        for child in tree.children(position).take(1000) {
            children += 1;
            classes += u64::from(self.is_class(child));
        }
        classes > 0 && classes * 2 > children
    }
}
