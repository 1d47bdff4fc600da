//! All classes of one name and their instances.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::report::{ClassVersion, ClassView};
use super::{InspectError, Look};
use crate::heap::graph::tree::DomTree;
use crate::heap::histogram;
use crate::t;

impl Look<'_, '_> {
    /// Everything about the classes of a name.
    pub(super) fn class(&self, name: &str) -> Result<ClassView, InspectError> {
        let heap = self.heap;
        let tree = &heap.tree;
        let numbers = self.classes_named(name)?;
        let mut versions: BTreeMap<u32, ClassVersion> = BTreeMap::new();
        for number in numbers {
            let class = heap.classes.get(*number);
            let loader = heap.ids.index(class.loader);
            let loader =
                loader.map(|loader| format!("{} {}", heap.name_of(loader), heap.hex(loader)));
            let version = ClassVersion {
                object_id: format!("{:#x}", class.id),
                loader,
                instances: 0,
                unreachable: 0,
                shallow_bytes: 0,
            };
            versions.insert(*number, version);
        }
        let mut instances = Vec::new();
        for index in 0..heap.len() {
            let Some(version) = versions.get_mut(&heap.class_number(index)) else {
                continue;
            };
            match tree.position(index) {
                Some(position) => {
                    version.instances += 1;
                    version.shallow_bytes += heap.shallow(index);
                    instances.push(position);
                }
                None => version.unreachable += 1,
            }
        }
        instances.sort_unstable();
        let (retained_bytes, classes) = histogram::of_subtrees(heap, &instances);
        let mut holders: BTreeMap<String, u64> = BTreeMap::new();
        for position in &instances {
            let above = tree.parent(*position);
            let holder = match above {
                DomTree::ROOT => t!("(several ways, or a root)"),
                above => heap.name_of(tree.object(above)),
            };
            *holders.entry(holder).or_insert(0) += 1;
        }
        let mut holders: Vec<(String, u64)> = holders.into_iter().collect();
        holders.sort_by(|left, right| right.1.cmp(&left.1).then_with(|| left.0.cmp(&right.0)));
        instances.sort_by_key(|position| (Reverse(tree.retained(*position)), *position));
        let first = numbers.first().copied().unwrap_or_default();
        let above = heap.classes.ancestry(first).skip(1);
        Ok(ClassView {
            class: name.to_owned(),
            versions: versions.into_values().collect(),
            superclasses: above
                .map(|number| heap.classes.get(number).name.clone())
                .collect(),
            statics: self.statics(first),
            instances: self.page(instances, |position| self.row(tree.object(position))),
            holders: self.page(holders, |row| row),
            retained_bytes,
            retained_classes: self.page(classes, |row| row),
        })
    }
}
