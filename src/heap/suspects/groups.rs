//! Objects that several others share float up to a hub and lose their owner. Together they may fill a heap: they are
//! taken together by class and given back to the field that most of them are referred to from.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::describe;
use crate::heap::graph::tree::DomTree;
use crate::heap::histogram;
use crate::heap::hprof::names;
use crate::heap::model::{Edge, Heap};
use crate::heap::paths;
use crate::heap::report::{OwnerKind, Suspect};
use crate::heap::waste::owners::{self, Owner};
use crate::t;
use crate::text;

/// Classes listed of what a group retains.
const CLASSES: usize = 10;

/// Groups of at least `least` bytes among the immediate children of `hubs` that are smaller than that each.
pub(super) fn find(heap: &Heap<'_>, hubs: &[u32], least: u64) -> Vec<Suspect> {
    let tree = &heap.tree;
    // These hold many things by their nature; each that is large was looked at by itself.
    let hub_classes = heap.classes.all_that_are(&[
        "java.lang.Thread",
        "java.lang.ClassLoader",
        "java.lang.Class",
    ]);
    // There may be millions of members: what is known of a group is summed up, the members are walked twice.
    let members = || {
        let children = hubs.iter().flat_map(|hub| tree.children(*hub));
        children.filter_map(|child| {
            let class = heap.class_number(tree.object(child));
            let small = tree.retained(child) < least && !hub_classes[class as usize];
            small.then_some((class, child))
        })
    };
    let mut groups: BTreeMap<u32, Group> = BTreeMap::new();
    for (class, child) in members() {
        groups.entry(class).or_default().add(tree, child);
    }
    groups.retain(|_, group| group.members > 1 && group.retained >= least);
    let grouped = members().filter(|(class, _)| groups.contains_key(class));
    let owners = owners(heap, grouped.map(|(_, child)| child));
    let suspect = |(class, group): (&u32, &Group)| suspect(heap, *class, group, owners.get(class));
    let constants = owners::constants();
    groups
        .iter()
        // They belong to the code as its classes do.
        .filter(|(class, _)| owners.get(class) != Some(&constants))
        .map(suspect)
        .collect()
}

/// Small objects of one class that hubs hold.
#[derive(Debug, Default)]
struct Group {
    members: u64,
    /// Bytes and objects that they retain together.
    retained: u64,
    objects: u64,
    /// What the largest retains, and its position; of several the first.
    largest: (u64, Reverse<u32>),
}

impl Group {
    fn add(&mut self, tree: &DomTree, position: u32) {
        let retained = tree.retained(position);
        self.members += 1;
        self.retained += retained;
        self.objects += u64::from(tree.retained_objects(position));
        self.largest = self.largest.max((retained, Reverse(position)));
    }
}

/// For each group, that is each class among the objects at `positions`, the field that refers to most of its members.
fn owners(heap: &Heap<'_>, positions: impl Iterator<Item = u32>) -> FxHashMap<u32, String> {
    // One bit for every object: there may be millions of members.
    let mut members = vec![0_u64; heap.len() as usize / 64 + 1];
    let mut any = false;
    for position in positions {
        let index = heap.tree.object(position);
        members[index as usize / 64] |= 1 << (index % 64);
        any = true;
    }
    if !any {
        return FxHashMap::default();
    }
    let chunk = 1 << 16;
    let chunks: Vec<u32> = (0..heap.len()).step_by(chunk).collect();
    let counts = chunks
        .par_iter()
        .map(|start| {
            let mut counts: FxHashMap<(u32, Owner), u64> = FxHashMap::default();
            for index in *start..heap.len().min(start + chunk as u32) {
                if heap.tree.position(index).is_none() || !heap.has_references(index) {
                    continue;
                }
                let mut last = None;
                let mut above = None;
                heap.references(index, |edge, target| {
                    if members[target as usize / 64] >> (target % 64) & 1 == 0 {
                        return;
                    }
                    if last.replace(target) == Some(target) {
                        return;
                    }
                    // Of the entries of one table the owner is the same.
                    let owner = match above {
                        Some(owner) => owner,
                        None => owners::of_referrer(heap, index, edge),
                    };
                    if matches!(edge, Edge::Element(_)) {
                        above = Some(owner);
                    }
                    *counts
                        .entry((heap.class_number(target), owner))
                        .or_insert(0) += 1;
                });
            }
            let mut named: BTreeMap<(u32, String), u64> = BTreeMap::new();
            for ((class, owner), count) in counts {
                *named.entry((class, owners::name(heap, owner))).or_insert(0) += count;
            }
            named
        })
        .reduce(BTreeMap::new, |mut left, right| {
            for (key, count) in right {
                *left.entry(key).or_insert(0) += count;
            }
            left
        });
    let mut best: FxHashMap<u32, (String, u64)> = FxHashMap::default();
    for ((class, field), count) in counts {
        let most = best.entry(class).or_insert_with(|| (field.clone(), 0));
        if count > most.1 {
            *most = (field, count);
        }
    }
    let named = best.into_iter().map(|(class, (field, _))| (class, field));
    named.collect()
}

fn suspect(heap: &Heap<'_>, class: u32, group: &Group, owner: Option<&String>) -> Suspect {
    let tree = &heap.tree;
    let name = heap.classes.get(class).name.clone();
    let retained = group.retained;
    let share = retained as f64 / heap.total().max(1) as f64;
    let count = text::count(group.members);
    let amount = t!(
        "{size}, {share} of the heap",
        size = text::bytes(retained),
        share = text::percent(share, 1.0)
    );
    let short = names::simple(&name);
    let title = t!(
        "{count} {short} objects together retain {amount}",
        count,
        short,
        amount
    );
    let reason = match owner {
        Some(field) => t!(
            "Several objects share each of them; most references come from {field}.",
            field
        ),
        None => t!("Several objects share each of them."),
    };
    let Reverse(first) = group.largest.1;
    let stable = names::stable_class_name(&name);
    let owner_name = owner.cloned();
    let owner_stable = owner_name.as_deref().map(names::stable_class_name);
    Suspect {
        title,
        reason,
        owner_kind: OwnerKind::Group,
        class: name.clone(),
        field: owner_name,
        object_id: heap.hex(tree.object(first)),
        retained_bytes: retained,
        share,
        retained_objects: group.objects,
        element_class: Some(name),
        element_count: Some(group.members),
        accumulation: None,
        path: paths::steps(heap, &paths::to(heap, first)),
        retained_classes: histogram::of_subtree(heap, first, CLASSES),
        signature: describe::signature(&["Group", &stable, owner_stable.as_deref().unwrap_or("")]),
    }
}
