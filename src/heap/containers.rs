//! Collections: what they hold and how much of it, read from the fields of the known implementations.

mod fields;
mod forms;

pub(super) use fields::Fields;
pub(super) use forms::{Form, form_of};

use super::hprof::names;
use super::model::{Content, Heap};
use crate::t;

/// A collection, map or array of references.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Container {
    /// How many elements or entries it says it has.
    pub(super) count: u64,
    /// The elements; for maps the values.
    pub(super) elements: Vec<u32>,
    /// The keys of a map.
    pub(super) keys: Vec<u32>,
    pub(super) is_map: bool,
    /// The most elements it takes, where it says so.
    pub(super) bound: Option<u64>,
    /// Places for elements in its array, where it has one.
    pub(super) capacity: Option<u64>,
}

impl Container {
    fn list(count: i64, elements: Vec<u32>) -> Self {
        Self {
            count: count.max(0) as u64,
            elements,
            ..Self::default()
        }
    }

    /// The class that most elements have and how many have it; the first name in alphabetical order among equals.
    pub(super) fn main_class(&self, heap: &Heap<'_>) -> Option<(String, u64)> {
        let mut counts = vec![0_u64; heap.classes.len()];
        for element in &self.elements {
            counts[heap.class_number(*element) as usize] += 1;
        }
        let counts = (0..).zip(counts).filter(|(_, count)| *count > 0);
        let named = counts.map(|(number, count)| (heap.classes.get(number).name.clone(), count));
        named.min_by_key(|(name, count)| (std::cmp::Reverse(*count), name.clone()))
    }

    /// What the elements are, in words: their class, or that they are of several.
    pub(super) fn element_words(&self, heap: &Heap<'_>) -> Option<String> {
        let (name, count) = self.main_class(heap)?;
        let short = names::simple(&name);
        Some(match count == self.elements.len() as u64 {
            true => short.to_owned(),
            false => t!("{class} and others", class = short),
        })
    }
}

/// Nodes that are looked up together.
const BATCH: usize = 256;
/// Most wrappers that are looked through.
const WRAPPERS: usize = 4;

/// What a collection, map or array of references holds; `None` for other objects.
pub(super) fn describe(heap: &Heap<'_>, index: u32) -> Option<Container> {
    inside(heap, index, WRAPPERS)
}

fn inside(heap: &Heap<'_>, index: u32, wrappers: usize) -> Option<Container> {
    if heap.class_objects.contains_key(&index) {
        return None;
    }
    if let Content::References(_) = heap.content(index) {
        let elements: Vec<u32> = heap.elements(index).flatten().collect();
        let mut array = Container::list(elements.len() as i64, elements);
        array.capacity = Some(u64::from(heap.array_length(index)));
        return Some(array);
    }
    let form = form_of(&heap.classes, heap.class_number(index))?;
    let reader = Reader {
        heap,
        fields: Fields::of(heap),
    };
    match form {
        // Properties since JDK 9 keep everything in a map inside.
        Form::HashTable { .. } if heap.reference(index, "map").is_some() && wrappers > 0 => {
            inside(heap, heap.reference(index, "map")?, wrappers - 1)
        }
        Form::HashTable { table, count } => Some(reader.hash_table(index, table, count)),
        Form::ConcurrentHashMap => Some(reader.concurrent(index)),
        Form::TreeMap => Some(reader.tree(index)),
        Form::Alternating { table, count } => Some(reader.alternating(index, table, count)),
        Form::ArrayList { array, count } => Some(reader.array_list(index, array, count)),
        Form::Ring => Some(reader.ring(index)),
        Form::WholeArray { array } => {
            let array = heap.reference(index, array)?;
            let elements: Vec<u32> = heap.elements(array).flatten().collect();
            Some(Container::list(elements.len() as i64, elements))
        }
        Form::Bounded { array, count } => {
            let array = heap.reference(index, array)?;
            let elements: Vec<u32> = heap.elements(array).flatten().collect();
            let mut queue = Container::list(heap.int(index, count).unwrap_or(0), elements);
            queue.capacity = Some(u64::from(heap.array_length(array)));
            queue.bound = queue.capacity;
            Some(queue)
        }
        Form::Linked { first, item, bound } => Some(reader.linked(index, first, item, bound)),
        Form::Inside(field) if wrappers > 0 => {
            let target = heap.reference(index, field)?;
            let mut container = inside(heap, target, wrappers - 1)?;
            if heap
                .classes
                .is_a(heap.class_number(index), "java.util.AbstractSet")
            {
                // The elements of a set are the keys of the map inside.
                container.elements = std::mem::take(&mut container.keys);
                container.is_map = false;
            }
            Some(container)
        }
        Form::Inside(_) => None,
        Form::GuavaCache => Some(reader.guava(index)),
    }
}

/// Where the nodes of a hash table have their fields, those of one class.
#[derive(Default)]
struct Node {
    number: Option<u32>,
    key: Option<u32>,
    /// The value by the names that it has; those of Guava sit behind a reference.
    values: [Option<u32>; 3],
    next: Option<u32>,
    /// `ConcurrentHashMap$TreeBin` has this instead: its nodes are also a list.
    first: Option<u32>,
}

impl Node {
    fn of(fields: &Fields<'_, '_>, number: u32) -> Self {
        let offset = |name| fields.reference_at(number, name);
        Self {
            number: Some(number),
            key: offset("key"),
            values: ["val", "value", "valueReference"].map(offset),
            next: offset("next"),
            first: offset("first"),
        }
    }
}

struct Reader<'h, 'a> {
    heap: &'h Heap<'a>,
    fields: Fields<'h, 'a>,
}

impl Reader<'_, '_> {
    /// Entries of bucket chains. Stops after as many steps as the heap has objects: a damaged map may be a cycle.
    fn buckets(&self, table: u32, container: &mut Container) {
        let mut steps = self.heap.len();
        let mut class = Node::default();
        let buckets: Vec<u32> = self.heap.elements(table).flatten().collect();
        for buckets in buckets.chunks(BATCH) {
            for (bucket, content) in buckets.iter().zip(self.heap.contents(buckets)) {
                let mut entry = Some((*bucket, content));
                while let Some((node, content)) = entry {
                    if steps == 0 {
                        return;
                    }
                    steps -= 1;
                    let number = self.heap.class_number(node);
                    if class.number != Some(number) {
                        class = Node::of(&self.fields, number);
                    }
                    let Content::Instance(bytes) = content else {
                        break;
                    };
                    let reference = |offset: Option<u32>| {
                        let id = self.heap.id_in(bytes, offset? as usize);
                        self.heap.ids.index(id)
                    };
                    let next = match reference(class.first) {
                        Some(root) => Some(root),
                        None => {
                            container.keys.extend(reference(class.key));
                            let value = class.values.iter().find_map(|value| reference(*value));
                            container.elements.extend(value);
                            reference(class.next).filter(|next| *next != node)
                        }
                    };
                    entry = next.map(|next| (next, self.heap.content(next)));
                }
            }
        }
    }

    fn hash_table(&self, index: u32, table: &str, count: &str) -> Container {
        let mut container = Container {
            count: self.heap.int(index, count).unwrap_or(0).max(0) as u64,
            is_map: true,
            ..Container::default()
        };
        if let Some(table) = self.heap.reference(index, table) {
            container.capacity = Some(u64::from(self.heap.array_length(table)));
            self.buckets(table, &mut container);
        }
        container
    }

    fn concurrent(&self, index: u32) -> Container {
        let mut container = self.hash_table(index, "table", "baseCount");
        if let Some(cells) = self.heap.reference(index, "counterCells") {
            let cells = self.heap.elements(cells).flatten();
            let sum: i64 = cells.filter_map(|cell| self.heap.int(cell, "value")).sum();
            container.count = (container.count as i64).saturating_add(sum).max(0) as u64;
        }
        // Until JDK 7 the entries were in segments.
        if let Some(segments) = self.heap.reference(index, "segments")
            && container.count == 0
        {
            for segment in self.heap.elements(segments).flatten() {
                let part = self.hash_table(segment, "table", "count");
                container.count += part.count;
                container.keys.extend(part.keys);
                container.elements.extend(part.elements);
            }
        }
        container
    }

    fn tree(&self, index: u32) -> Container {
        let mut container = Container {
            count: self.heap.int(index, "size").unwrap_or(0).max(0) as u64,
            is_map: true,
            ..Container::default()
        };
        let mut todo: Vec<u32> = self.heap.reference(index, "root").into_iter().collect();
        let mut steps = container.count.min(u64::from(self.heap.len()));
        while let Some(entry) = todo.pop() {
            if steps == 0 {
                break;
            }
            steps -= 1;
            container.keys.extend(self.fields.reference(entry, "key"));
            container
                .elements
                .extend(self.fields.reference(entry, "value"));
            todo.extend(self.fields.reference(entry, "right"));
            todo.extend(self.fields.reference(entry, "left"));
        }
        container
    }

    fn alternating(&self, index: u32, table: &str, count: &str) -> Container {
        let mut container = Container {
            count: self.heap.int(index, count).unwrap_or(0).max(0) as u64,
            is_map: true,
            ..Container::default()
        };
        if let Some(table) = self.heap.reference(index, table) {
            for (at, element) in self.heap.elements(table).enumerate() {
                let side = match at % 2 {
                    0 => &mut container.keys,
                    _ => &mut container.elements,
                };
                side.extend(element);
            }
        }
        container
    }

    fn array_list(&self, index: u32, array: &str, count: &str) -> Container {
        let count = self.heap.int(index, count).unwrap_or(0).max(0);
        let Some(array) = self.heap.reference(index, array) else {
            return Container::list(count, Vec::new());
        };
        let elements = self.heap.elements(array).take(count as usize).flatten();
        let mut container = Container::list(count, elements.collect());
        container.capacity = Some(u64::from(self.heap.array_length(array)));
        container
    }

    fn ring(&self, index: u32) -> Container {
        let Some(array) = self.heap.reference(index, "elements") else {
            return Container::default();
        };
        let elements: Vec<u32> = self.heap.elements(array).flatten().collect();
        let mut container = Container::list(elements.len() as i64, elements);
        container.capacity = Some(u64::from(self.heap.array_length(array)));
        container
    }

    fn linked(
        &self,
        index: u32,
        first: &str,
        item: &'static str,
        bound: Option<&str>,
    ) -> Container {
        let mut container = Container {
            bound: bound
                .and_then(|bound| self.heap.int(index, bound))
                .filter(|bound| *bound < i64::from(i32::MAX))
                .map(|bound| bound.max(0) as u64),
            ..Container::default()
        };
        let mut node = self.heap.reference(index, first);
        let mut steps = self.heap.len();
        while let Some(at) = node {
            if steps == 0 {
                break;
            }
            steps -= 1;
            container.elements.extend(self.fields.reference(at, item));
            node = self.fields.reference(at, "next").filter(|next| *next != at);
        }
        let said = match self.heap.reference(index, "count") {
            Some(counter) => self.heap.int(counter, "value"),
            None => self
                .heap
                .int(index, "size")
                .or_else(|| self.heap.int(index, "count")),
        };
        let found = container.elements.len() as u64;
        container.count = said.map_or(found, |said| said.max(0) as u64);
        container
    }

    fn guava(&self, index: u32) -> Container {
        let mut container = Container {
            is_map: true,
            bound: self
                .heap
                .int(index, "maxWeight")
                .filter(|weight| *weight >= 0)
                .map(|weight| weight as u64),
            ..Container::default()
        };
        if let Some(segments) = self.heap.reference(index, "segments") {
            for segment in self.heap.elements(segments).flatten() {
                container.count += self.heap.int(segment, "count").unwrap_or(0).max(0) as u64;
                let Some(table) = self
                    .heap
                    .reference(segment, "table")
                    .and_then(|table| self.heap.reference(table, "array"))
                else {
                    continue;
                };
                let mut part = Container::default();
                self.buckets(table, &mut part);
                // The value sits behind a ValueReference.
                let values = part.elements.into_iter();
                let values = values.filter_map(|value| self.fields.reference(value, "referent"));
                container.elements.extend(values);
                container.keys.extend(part.keys);
            }
        }
        container
    }
}
