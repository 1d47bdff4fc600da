//! Routes: requests of the same class, method and shape of path, in a prefix tree of bounded size.
//!
//! A node with more than [`FANOUT`] different children (a directory of names that no shape tells from fixed words) joins
//! them into one `{*}`. Whether it does depends only on the set of names, so trees merge exactly in any order. Against
//! hostile logs the depth is limited by the number of different shapes seen, counted in a bitmap that also only grows.

use std::collections::BTreeMap;

use super::bounded::hash;
use super::histogram::Histogram;
use super::wire::{Reader, Wire, wire};

/// Children of a node before they become one.
const FANOUT: usize = 120;
/// Bits of the bitmap of shapes.
const BITS: usize = 1 << 16;
/// Bits set, and the depth that is kept from then on. 30,000 bits are about 40,000 shapes, 45,000 bits 76,000.
const DEPTHS: [(u32, usize); 4] = [(30_000, 5), (45_000, 4), (55_000, 3), (62_000, 2)];

/// What is counted for a route.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct RouteStats {
    pub(super) count: u64,
    pub(super) timed: u64,
    pub(super) busy: i64,
    pub(super) errors: u64,
    pub(super) rejected: u64,
    pub(super) aborted: u64,
    pub(super) bytes: u64,
    pub(super) max_bytes: u64,
    pub(super) max: i64,
    pub(super) satisfied: u64,
    pub(super) tolerating: u64,
    pub(super) durations: Histogram,
    pub(super) slots: Slots,
}

wire!(RouteStats {
    count,
    timed,
    busy,
    errors,
    rejected,
    aborted,
    bytes,
    max_bytes,
    max,
    satisfied,
    tolerating,
    durations,
    slots
});

impl RouteStats {
    /// Adds another.
    pub(super) fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.timed += other.timed;
        self.busy = self.busy.saturating_add(other.busy);
        self.errors += other.errors;
        self.rejected += other.rejected;
        self.aborted += other.aborted;
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.max_bytes = self.max_bytes.max(other.max_bytes);
        self.max = self.max.max(other.max);
        self.satisfied += other.satisfied;
        self.tolerating += other.tolerating;
        self.durations.merge(&other.durations);
        self.slots.merge(&other.slots);
    }
}

/// A stretch of a route's life.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) count: u64,
    pub(super) busy: i64,
    pub(super) errors: u64,
}

wire!(Slot {
    count,
    busy,
    errors
});

/// Stretches with requests, in order. At most [`Slots::LIMIT`]; beyond, they get ten times as long.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Slots {
    level: u8,
    list: Vec<(i64, Slot)>,
}

wire!(Slots { level, list });

impl Slots {
    const LIMIT: usize = 1600;
    const MINUTE: i64 = 60_000_000;

    /// Width in microseconds.
    pub(super) fn step(&self) -> i64 {
        Self::MINUTE * 10_i64.pow(u32::from(self.level.min(6)))
    }

    /// Adds to the stretch that holds `micros`.
    pub(super) fn add(&mut self, micros: i64, slot: Slot) {
        let number = micros.div_euclid(self.step());
        self.put_in(number, slot);
        self.shrink();
    }

    fn put_in(&mut self, number: i64, slot: Slot) {
        let index = match self.list.last() {
            Some(last) if last.0 == number => Ok(self.list.len() - 1),
            Some(last) if last.0 < number => Err(self.list.len()),
            _ => self.list.binary_search_by_key(&number, |entry| entry.0),
        };
        match index {
            Ok(index) => {
                let mine = &mut self.list[index].1;
                mine.count += slot.count;
                mine.busy = mine.busy.saturating_add(slot.busy);
                mine.errors += slot.errors;
            }
            Err(index) => self.list.insert(index, (number, slot)),
        }
    }

    fn raise(&mut self) {
        self.level += 1;
        for (number, slot) in std::mem::take(&mut self.list) {
            self.put_in(number.div_euclid(10), slot);
        }
    }

    fn shrink(&mut self) {
        while self.list.len() > Self::LIMIT && self.level < 6 {
            self.raise();
        }
    }

    fn merge(&mut self, other: &Self) {
        let mut other = other.clone();
        while other.level < self.level {
            other.raise();
        }
        while self.level < other.level {
            self.raise();
        }
        if self.list.is_empty() {
            self.list = other.list;
        } else {
            for (number, slot) in other.list {
                self.put_in(number, slot);
            }
        }
        self.shrink();
    }

    /// Beginning of each stretch in microseconds and what happened in it.
    pub(super) fn iter(&self) -> impl Iterator<Item = (i64, Slot)> {
        let step = self.step();
        self.list
            .iter()
            .map(move |(number, slot)| (number * step, *slot))
    }
}

/// A node of the tree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Node {
    /// Its children are joined.
    joined: bool,
    children: BTreeMap<Vec<u8>, Self>,
    stats: Option<Box<RouteStats>>,
}

/// All routes.
#[derive(Debug, Clone, Default)]
pub(super) struct Routes {
    root: Node,
    /// Bitmap of the hashes of all shapes; empty until the first one.
    shapes: Vec<u64>,
    /// Bits set in it.
    set: u32,
}

const JOINED: &[u8] = b"{*}";
const DEEPER: &[u8] = b"{**}";

impl Routes {
    /// Adds what was counted for a route. Its name is `class method /shape/of/path`.
    pub(super) fn add(&mut self, name: &[u8], stats: &RouteStats) {
        let before = self.depth();
        self.note(hash(name));
        let depth = self.depth();
        if depth < before {
            self.root.cut(depth);
        }
        let mut node = &mut self.root;
        for (index, part) in parts(name).enumerate() {
            if index >= depth {
                node = node.child(DEEPER);
                break;
            }
            node = node.child(part);
        }
        node.stats.get_or_insert_default().merge(stats);
    }

    fn note(&mut self, hash: u64) {
        if self.shapes.is_empty() {
            self.shapes = vec![0; BITS / 64];
        }
        let bit = hash as usize % BITS;
        let word = &mut self.shapes[bit / 64];
        self.set += u32::from(*word >> (bit % 64) & 1 == 0);
        *word |= 1 << (bit % 64);
    }

    /// Levels kept: class, method, separator and this many segments.
    fn depth(&self) -> usize {
        let limit = DEPTHS.iter().rev().find(|(bits, _)| self.set >= *bits);
        limit.map_or(usize::MAX, |(_, depth)| depth + 3)
    }

    /// Adds another tree.
    pub(super) fn merge(&mut self, other: Self) {
        if self.shapes.is_empty() {
            *self = other;
            return;
        }
        if other.shapes.is_empty() {
            return;
        }
        for (mine, theirs) in self.shapes.iter_mut().zip(&other.shapes) {
            *mine |= theirs;
        }
        self.set = self.shapes.iter().map(|word| word.count_ones()).sum();
        self.root.merge(other.root);
        let depth = self.depth();
        if depth != usize::MAX {
            self.root.cut(depth);
        }
    }

    /// Name and counts of all routes, in the order of names.
    pub(super) fn rows(&self) -> Vec<(String, &RouteStats)> {
        let mut out = Vec::new();
        self.root.collect(&mut Vec::new(), &mut out);
        out
    }
}

/// Class, method and the segments with their slashes.
fn parts(name: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = name;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let from = rest.len().min(1);
        let end = rest[from..]
            .iter()
            .position(|byte| matches!(byte, b' ' | b'/'));
        let end = end.map_or(rest.len(), |at| from + at);
        let (part, tail) = rest.split_at(end);
        rest = tail;
        Some(part)
    })
}

impl Node {
    /// The child of that name; joins the children when they become too many.
    fn child(&mut self, name: &[u8]) -> &mut Self {
        if !self.joined && !self.children.contains_key(name) && self.children.len() >= FANOUT {
            self.join();
        }
        let name = match (self.joined, name.first()) {
            (false, _) => name.to_vec(),
            (true, first) => joined_name(first),
        };
        self.children.entry(name).or_default()
    }

    fn join(&mut self) {
        self.joined = true;
        for (name, child) in std::mem::take(&mut self.children) {
            let name = joined_name(name.first());
            match self.children.get_mut(&name) {
                Some(known) => known.merge(child),
                None => {
                    self.children.insert(name, child);
                }
            }
        }
    }

    fn merge(&mut self, mut other: Self) {
        if let Some(stats) = other.stats.take() {
            self.stats.get_or_insert_default().merge(&stats);
        }
        if other.joined && !self.joined {
            self.join();
        }
        for (name, child) in std::mem::take(&mut other.children) {
            self.child(&name).merge(child);
        }
    }

    /// Joins everything below `depth` levels.
    fn cut(&mut self, depth: usize) {
        if depth > 0 {
            self.children
                .values_mut()
                .for_each(|child| child.cut(depth - 1));
            return;
        }
        if self.children.keys().all(|name| name == DEEPER) {
            return;
        }
        let mut below = RouteStats::default();
        for child in self.children.values() {
            child.sum(&mut below);
        }
        self.joined = false;
        self.children.clear();
        self.child(DEEPER).stats = Some(Box::new(below));
    }

    fn sum(&self, into: &mut RouteStats) {
        self.stats.iter().for_each(|stats| into.merge(stats));
        self.children.values().for_each(|child| child.sum(into));
    }

    fn collect<'a>(&'a self, path: &mut Vec<u8>, out: &mut Vec<(String, &'a RouteStats)>) {
        if let Some(stats) = &self.stats {
            out.push((String::from_utf8_lossy(path).into_owned(), stats));
        }
        for (name, child) in &self.children {
            let length = path.len();
            path.extend_from_slice(name);
            child.collect(path, out);
            path.truncate(length);
        }
    }
}

/// `{*}` with the separator that the names began with.
fn joined_name(first: Option<&u8>) -> Vec<u8> {
    match first {
        Some(separator @ (b'/' | b' ')) => [&[*separator], JOINED].concat(),
        _ => JOINED.to_vec(),
    }
}

impl Wire for Node {
    fn put(&self, out: &mut Vec<u8>) {
        self.joined.put(out);
        self.stats.as_deref().is_some().put(out);
        self.stats.iter().for_each(|stats| stats.put(out));
        self.children.len().put(out);
        for (name, child) in &self.children {
            name.put(out);
            child.put(out);
        }
    }

    fn take(from: &mut Reader<'_>) -> Option<Self> {
        take_node(from, 0)
    }
}

fn take_node(from: &mut Reader<'_>, depth: usize) -> Option<Node> {
    // Shapes have at most twelve segments; a deeper tree is damage.
    if depth > 32 {
        return None;
    }
    let joined = bool::take(from)?;
    let stats = match bool::take(from)? {
        true => Some(Box::new(RouteStats::take(from)?)),
        false => None,
    };
    let mut children = BTreeMap::new();
    for _ in 0..usize::take(from)? {
        children.insert(Vec::take(from)?, take_node(from, depth + 1)?);
    }
    Some(Node {
        joined,
        children,
        stats,
    })
}

impl Wire for Routes {
    fn put(&self, out: &mut Vec<u8>) {
        self.root.put(out);
        self.shapes.put(out);
    }

    fn take(from: &mut Reader<'_>) -> Option<Self> {
        let root = Node::take(from)?;
        let shapes: Vec<u64> = Vec::take(from)?;
        let set = shapes.iter().map(|word| word.count_ones()).sum();
        let whole = shapes.is_empty() || shapes.len() == BITS / 64;
        whole.then_some(Self { root, shapes, set })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(names: &[String]) -> Routes {
        let one = RouteStats {
            count: 1,
            ..RouteStats::default()
        };
        let mut routes = Routes::default();
        names
            .iter()
            .for_each(|name| routes.add(name.as_bytes(), &one));
        routes
    }

    fn counts(routes: &Routes) -> Vec<(String, u64)> {
        routes
            .rows()
            .into_iter()
            .map(|(name, stats)| (name, stats.count))
            .collect()
    }

    #[test]
    fn a_directory_of_many_names_becomes_one_route() {
        let names: Vec<String> = (0..500)
            .map(|n| {
                format!(
                    "t GET /wiki/{}",
                    std::iter::repeat_n('a', n % 26 + 1).collect::<String>() + &"b".repeat(n / 26)
                )
            })
            .chain(["t GET /login".to_owned()])
            .collect();
        let rows = counts(&of(&names));
        assert_eq!(
            rows,
            [
                ("t GET /login".to_owned(), 1),
                ("t GET /wiki/{*}".to_owned(), 500)
            ]
        );
    }

    proptest! {
        #[test]
        fn any_split_gives_the_same_tree(seeds in prop::collection::vec((0_u32..3, 0_u32..300, 0_u32..4), 0..400), cut in 0_usize..400) {
            let names: Vec<String> = seeds.iter().map(|(a, b, c)| format!("t GET /d{a}/x{b}/y{c}")).collect();
            let (left, right) = names.split_at(cut.min(names.len()));
            let whole = counts(&of(&names));
            let (mut forth, mut back) = (of(left), of(right));
            forth.merge(of(right));
            back.merge(of(left));
            prop_assert_eq!(&counts(&forth), &whole);
            prop_assert_eq!(&counts(&back), &whole);
        }
    }
}
