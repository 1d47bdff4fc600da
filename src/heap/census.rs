//! The first reading of a dump: which objects, classes and roots there are.

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use super::classes::Shape;
use super::graph::id_list::IdList;
use super::hprof::class_dump::ClassDump;
use super::hprof::resync::resync;
use super::hprof::sub::{self, Fault, Root, Visit};
use super::hprof::{Span, Type};
use crate::input::Progress;

/// Pieces for parallel work are at least this large, in bytes.
const PIECE: usize = 4 << 20;
/// Classes that are remembered outside of the set of all.
const RECENT: usize = 32;

/// What the first reading found.
#[derive(Debug, Default)]
pub(super) struct Census {
    /// Identifiers of the objects of each piece, classes included.
    pub(super) ids: Vec<IdList>,
    pub(super) classes: Vec<ClassDump>,
    pub(super) roots: Vec<Root>,
    /// Classes that objects claim to be of, sorted.
    pub(super) used: Vec<(u64, Shape)>,
    /// Where a record could not be read, and where reading went on.
    pub(super) faults: Vec<(Fault, usize)>,
    /// Objects with the identifier 0.
    pub(super) nameless: u64,
    /// The pieces read, to be read again.
    pub(super) pieces: Vec<Span>,
}

/// Cuts segments into pieces of about the same size: small ones together, large ones apart.
fn pieces(bytes: &[u8], id_size: usize, segments: &[Span]) -> Vec<Vec<Span>> {
    let mut groups: Vec<Vec<Span>> = Vec::new();
    let mut open = 0;
    for segment in segments {
        for piece in sub::cut(bytes, id_size, segment, PIECE) {
            if open == 0 || open >= PIECE {
                groups.push(Vec::new());
                open = 0;
            }
            open += piece.len().max(1);
            if let Some(group) = groups.last_mut() {
                group.push(piece);
            }
        }
    }
    groups
}

#[derive(Default)]
struct Counter {
    ids: IdList,
    classes: Vec<ClassDump>,
    roots: Vec<Root>,
    used: Used,
    used_by_arrays: Used,
    nameless: u64,
}

/// Identifiers of classes.
#[derive(Default)]
struct Used {
    all: FxHashSet<u64>,
    /// Those seen lately, by a hash: most need not be looked for in the set.
    recent: [Option<u64>; RECENT],
}

impl Used {
    #[inline]
    fn insert(&mut self, class: u64) {
        // Classes lie far apart: the lowest bits of their addresses are mostly the same.
        let recent = &mut self.recent[(class >> 3 ^ class >> 9) as usize % RECENT];
        if *recent != Some(class) {
            *recent = Some(class);
            self.all.insert(class);
        }
    }
}

impl Counter {
    #[inline]
    fn object(&mut self, id: u64) {
        match id {
            0 => self.nameless += 1,
            id => self.ids.push(id),
        }
    }
}

impl Visit for Counter {
    #[inline]
    fn instance(&mut self, _: usize, id: u64, class: u64, _: &[u8]) {
        self.object(id);
        self.used.insert(class);
    }

    #[inline]
    fn objects(&mut self, _: usize, id: u64, class: u64, _: &[u8]) {
        self.object(id);
        self.used_by_arrays.insert(class);
    }

    #[inline]
    fn primitives(&mut self, _: usize, id: u64, _: Type, _: u32) {
        self.object(id);
    }

    fn class(&mut self, _: usize, class: ClassDump) {
        self.object(class.id);
        self.classes.push(class);
    }

    fn root(&mut self, root: Root) {
        self.roots.push(root);
    }
}

impl Census {
    /// Reads all `segments` in parallel. The result does not depend on the number of threads.
    pub(super) fn take(
        bytes: &[u8],
        id_size: usize,
        segments: &[Span],
        is_class: impl Fn(u64) -> bool + Sync,
        progress: &dyn Progress,
    ) -> Self {
        let groups = pieces(bytes, id_size, segments);
        let counted: Vec<_> = groups
            .par_iter()
            .map(|group| {
                let mut counter = Counter::default();
                let (mut faults, mut read) = (Vec::new(), Vec::new());
                for piece in group {
                    let mut rest = piece.clone();
                    while let Err(fault) = sub::walk(bytes, id_size, &rest, &mut counter) {
                        let next = resync(bytes, id_size, fault.at, rest.end, &is_class);
                        let damaged_end = next.unwrap_or(rest.end);
                        read.push(rest.start..fault.at);
                        rest.start = damaged_end;
                        faults.push((fault, damaged_end));
                    }
                    read.push(rest);
                    progress.advance(piece.len() as u64);
                }
                counter.ids.shrink();
                (counter, faults, read)
            })
            .collect();
        let mut census = Self::default();
        let mut used = FxHashSet::default();
        for (counter, faults, read) in counted {
            census.ids.push(counter.ids);
            census.classes.extend(counter.classes);
            census.roots.extend(counter.roots);
            census.faults.extend(faults);
            census.pieces.extend(read);
            census.nameless += counter.nameless;
            used.extend(counter.used.all.into_iter().map(|id| (id, false)));
            used.extend(counter.used_by_arrays.all.into_iter().map(|id| (id, true)));
        }
        let shape = |array| match array {
            true => Shape::ObjectArray,
            false => Shape::Instance,
        };
        let mut used: Vec<(u64, bool)> = used.into_iter().collect();
        used.sort_unstable();
        census.used = used
            .into_iter()
            .map(|(id, array)| (id, shape(array)))
            .collect();
        census
    }
}
