//! Objects by class, package and class loader, with what they retain.

use std::collections::BTreeMap;

use super::classes::Class;
use super::graph::tree::DomTree;
use super::model::Heap;
use super::report::{ClassRow, Consumer, Consumers};
use crate::t;

/// Rows kept of each table of consumers.
const CONSUMERS: usize = 20;

/// Sums over a group of objects.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    instances: u64,
    shallow: u64,
    retained: u64,
    /// Where the subtree of the last outermost member ends.
    end: u32,
}

impl Sums {
    /// Counts the object at `position`. Positions must come in ascending order: then a member that begins before `end`
    /// lies below another member, which retains it already.
    #[inline]
    fn add(&mut self, member: &mut Member<'_>) {
        self.instances += 1;
        self.shallow += member.shallow;
        if member.position >= self.end {
            self.end = member.tree.subtree(member.position).end;
            self.retained += member.retained();
        }
    }
}

/// An object that is counted in several groups.
struct Member<'t> {
    tree: &'t DomTree,
    position: u32,
    shallow: u64,
    retained: Option<u64>,
}

impl<'t> Member<'t> {
    #[inline]
    fn at(tree: &'t DomTree, position: u32) -> Self {
        Self {
            tree,
            position,
            shallow: tree.shallow(position),
            retained: None,
        }
    }

    /// What it retains, summed up only when it is asked for, and once.
    #[inline]
    fn retained(&mut self) -> u64 {
        let sum = || self.tree.retained(self.position);
        *self.retained.get_or_insert_with(sum)
    }
}

/// Sums by number of the class.
#[derive(Debug)]
pub(super) struct Histogram {
    classes: Vec<Sums>,
    packages: BTreeMap<String, Sums>,
    loaders: BTreeMap<u64, Sums>,
}

impl Histogram {
    /// Counts all reachable objects.
    pub(super) fn of(heap: &Heap<'_>) -> Self {
        let tree = &heap.tree;
        let mut classes = vec![Sums::default(); heap.classes.len()];
        let mut names = BTreeMap::new();
        let mut loader_ids = BTreeMap::new();
        let mut group = Vec::with_capacity(heap.classes.len());
        for (_, class) in heap.classes.iter() {
            let next = names.len();
            let package = *names.entry(package(&class.name)).or_insert(next);
            let next = loader_ids.len();
            let loader = *loader_ids.entry(class.loader).or_insert(next);
            group.push((package, loader));
        }
        let mut packages = vec![Sums::default(); names.len()];
        let mut loaders = vec![Sums::default(); loader_ids.len()];
        heap.each_class(1..tree.len(), |position, number| {
            let mut member = Member::at(tree, position);
            classes[number as usize].add(&mut member);
            // A class belongs to the package and loader of its own, not to those of java.lang.Class.
            let stands_for = match number == heap.classes.class_class() {
                true => heap.class_objects.get(&tree.object(position)).copied(),
                false => None,
            };
            let (package, loader) = group[stands_for.unwrap_or(number) as usize];
            packages[package].add(&mut member);
            loaders[loader].add(&mut member);
        });
        Self {
            classes,
            packages: names
                .into_iter()
                .map(|(name, at)| (name.to_owned(), packages[at]))
                .collect(),
            loaders: loader_ids
                .into_iter()
                .map(|(id, at)| (id, loaders[at]))
                .collect(),
        }
    }

    /// The rows with most shallow bytes.
    pub(super) fn rows(&self, heap: &Heap<'_>, most: usize) -> Vec<ClassRow> {
        let mut rows: Vec<ClassRow> = heap
            .classes
            .iter()
            .map(|(number, class)| (class, self.classes[number as usize]))
            .filter(|(_, sums)| sums.instances > 0)
            .map(|(class, sums)| class_row(class, sums))
            .collect();
        sort_rows(&mut rows);
        rows.truncate(most);
        rows
    }

    /// How many reachable instances of a class there are.
    pub(super) fn instances(&self, class: u32) -> u64 {
        self.classes[class as usize].instances
    }

    /// The largest packages, class loaders and static fields.
    pub(super) fn consumers(&self, heap: &Heap<'_>) -> Consumers {
        let packages = self
            .packages
            .iter()
            .map(|(name, sums)| Consumer {
                name: match name.as_str() {
                    "" => t!("(no package)"),
                    name => name.to_owned(),
                },
                object_id: None,
                count: sums.instances,
                retained_bytes: sums.retained,
            })
            .collect();
        let loaders = self
            .loaders
            .iter()
            .map(|(id, sums)| Consumer {
                name: match heap.ids.index(*id) {
                    None if *id == 0 => t!("(boot loader)"),
                    None => t!("(not in the dump)"),
                    Some(index) => heap.name_of(index),
                },
                object_id: (*id != 0).then(|| format!("{id:#x}")),
                count: sums.instances,
                retained_bytes: sums.retained,
            })
            .collect();
        let classes = heap
            .classes
            .iter()
            .map(|(number, class)| {
                let sums = self.classes[number as usize];
                Consumer {
                    name: class.name.clone(),
                    object_id: (class.id != 0).then(|| format!("{:#x}", class.id)),
                    count: sums.instances,
                    retained_bytes: sums.retained,
                }
            })
            .collect();
        Consumers {
            classes: top(classes),
            statics: top(statics(heap)),
            packages: top(packages),
            loaders: top(loaders),
        }
    }
}

/// Every static reference field with what its value retains.
fn statics(heap: &Heap<'_>) -> Vec<Consumer> {
    let mut found = Vec::new();
    for (_, class) in heap.classes.iter() {
        for field in &class.statics {
            let target = match field.kind {
                super::hprof::Type::Object => heap.ids.index(field.value),
                _ => None,
            };
            if let Some(target) = target {
                let name = heap.records.name(heap.bytes, field.name);
                found.push(Consumer {
                    name: format!("{}.{name}", class.name),
                    object_id: Some(heap.hex(target)),
                    count: 1,
                    retained_bytes: heap.retained(target),
                });
            }
        }
    }
    found
}

fn top(mut consumers: Vec<Consumer>) -> Vec<Consumer> {
    consumers.retain(|consumer| consumer.retained_bytes > 0);
    consumers.sort_by(|left, right| {
        right
            .retained_bytes
            .cmp(&left.retained_bytes)
            .then_with(|| (&left.name, &left.object_id).cmp(&(&right.name, &right.object_id)))
    });
    consumers.truncate(CONSUMERS);
    consumers
}

fn package(class: &str) -> &str {
    let element = class.trim_end_matches("[]");
    // The address of a hidden class may hold no dot, but its name before does.
    let end = element.find('/').unwrap_or(element.len());
    element[..end].rfind('.').map_or("", |dot| &element[..dot])
}

/// Brings rows in the order of a report: most bytes first.
pub(super) fn sort_rows(rows: &mut [ClassRow]) {
    rows.sort_by(|left, right| {
        let size = right.shallow_bytes.cmp(&left.shallow_bytes);
        let count = size.then(right.instances.cmp(&left.instances));
        count.then_with(|| (&left.class, &left.loader).cmp(&(&right.class, &right.loader)))
    });
}

/// The objects that nothing reaches, by class, with their number and bytes.
pub(super) fn of_unreachable(heap: &Heap<'_>, most: usize) -> (u64, u64, Vec<ClassRow>) {
    let garbage = (heap.tree.unreachable()).map(|place| heap.tree.object(place));
    let rows = of_list(heap, garbage, usize::MAX);
    let objects = rows.iter().map(|row| row.instances).sum();
    let bytes = rows.iter().map(|row| row.shallow_bytes).sum();
    (objects, bytes, rows.into_iter().take(most).collect())
}

/// Objects by class, most bytes first. What they retain is not looked at: their own bytes stand there.
pub(super) fn of_list(
    heap: &Heap<'_>,
    objects: impl Iterator<Item = u32>,
    most: usize,
) -> Vec<ClassRow> {
    let mut sums = vec![Sums::default(); heap.classes.len()];
    for index in objects {
        let bytes = heap.shallow(index);
        let sum = &mut sums[heap.class_number(index) as usize];
        sum.instances += 1;
        sum.shallow += bytes;
        sum.retained += bytes;
    }
    let mut rows = rows_of(heap, sums);
    rows.truncate(most);
    rows
}

/// What an object retains, by class, most first.
pub(super) fn of_subtree(heap: &Heap<'_>, position: u32, most: usize) -> Vec<ClassRow> {
    let (_, mut rows) = of_subtrees(heap, &[position]);
    rows.truncate(most);
    rows
}

/// What objects retain, each byte counted once although some of them retain others: the sum, and by class, most first.
/// `positions` must be sorted.
pub(super) fn of_subtrees(heap: &Heap<'_>, positions: &[u32]) -> (u64, Vec<ClassRow>) {
    let mut sums = vec![Sums::default(); heap.classes.len()];
    let (mut end, mut bytes) = (0, 0);
    for position in positions {
        if *position < end {
            continue;
        }
        let subtree = heap.tree.subtree(*position);
        end = subtree.end;
        bytes += heap.tree.retained(*position);
        heap.each_class(subtree, |position, number| {
            sums[number as usize].add(&mut Member::at(&heap.tree, position));
        });
    }
    (bytes, rows_of(heap, sums))
}

/// The classes that have instances, most bytes first; `sums` are by number of class.
fn rows_of(heap: &Heap<'_>, sums: Vec<Sums>) -> Vec<ClassRow> {
    let mut rows: Vec<ClassRow> = (0..)
        .zip(sums)
        .filter(|(_, sums)| sums.instances > 0)
        .map(|(number, sums)| class_row(heap.classes.get(number), sums))
        .collect();
    sort_rows(&mut rows);
    rows
}

fn class_row(class: &Class, sums: Sums) -> ClassRow {
    ClassRow {
        class: class.name.clone(),
        instances: sums.instances,
        shallow_bytes: sums.shallow,
        retained_bytes: sums.retained,
        loader: (class.loader != 0).then(|| format!("{:#x}", class.loader)),
    }
}
