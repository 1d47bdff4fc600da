//! What an analysis needs in memory, said before it is taken, and what is left of it when that is too much.
//!
//! Only arrays with an entry for every object or reference count; names, classes and the report are small beside them.
//! The file itself is mapped: its pages can be taken back at any time and are not counted.

use super::classes::Classes;
use super::layout::Sizes;
use super::objects::Reading;
use super::report::ClassRow;
use crate::input::Progress;
use crate::t;
use crate::text;

/// Bytes an object of the identifiers, as lists while the map is made and then as the map itself. A byte or two are
/// usual; a map over addresses that lie far apart needs up to eight.
const IDENTIFIERS: u64 = 8;
/// Bytes an object of the finished tree: four columns, its weights, and once more those in the order of the addresses.
const TREE: u64 = 4 * 4 + 3 + 2;
/// Bytes a string or primitive array of which copies are looked for: its hash, and where it is found to be one.
const VALUE: u64 = 8 + 8;
/// Bytes a collection or array of references that may be too large.
const COLLECTION: u64 = 16;
/// Bytes an object that is wasted: its row, by part and in all.
const WASTED: u64 = 2 * 12;

/// Bytes an object that the allocator keeps of columns that were given back, and the most of it: larger columns go back to
/// the system (glibc's `M_MMAP_THRESHOLD`, which grows to 32 MiB).
const SPARE: (u64, u64) = (16, 64 << 20);

/// What decides how much memory an analysis takes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Demand {
    pub(super) objects: u64,
    pub(super) references: u64,
    /// Bytes that are kept of each object: its class and its place in the file.
    pub(super) kept: u64,
    /// Strings and primitive arrays.
    pub(super) values: u64,
    /// Collections and arrays of references.
    pub(super) collections: u64,
}

impl Demand {
    /// Bytes at the highest point.
    fn bytes(self) -> u64 {
        let Self {
            objects,
            references,
            ..
        } = self;
        // Numbers, where rows begin and parents, and the stack of a list without end, while the search goes through the
        // rows; numbers, parents and counts while they are turned around.
        let search = (objects * (3 * 4 + 4) + references * 4).max(objects * 3 * 4 + references * 8);
        // Numbers, parents and semidominators, a path through all, counts of leaves, sizes, and referrers that give way to a
        // forest of pairs.
        let dominators = objects * (3 * 4 + 4 + 4 + 2) + (references * 4).max(objects * 8);
        let graph = search.max(dominators) + self.values * VALUE + self.collections * COLLECTION;
        let wasted = self.values + self.collections;
        let analyses = objects * TREE + wasted * (WASTED + COLLECTION);
        let spare = (objects * SPARE.0).min(SPARE.1);
        objects * (IDENTIFIERS + self.kept) + graph.max(analyses) + spare
    }
}

/// An analysis that needs more memory than it may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooLittle {
    needed: u64,
    limit: u64,
}

/// How much memory may be taken, in bytes; all there is when not given.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limit(pub(super) Option<u64>);

impl Limit {
    fn allows(self, needed: u64) -> Result<(), TooLittle> {
        match self.0 {
            Some(limit) if needed > limit => Err(TooLittle { needed, limit }),
            _ => Ok(()),
        }
    }

    /// Whether the identifiers of so many objects fit, without which there is not even a histogram.
    pub(super) fn for_identifiers(self, objects: usize) -> Result<(), TooLittle> {
        self.allows(objects as u64 * IDENTIFIERS)
    }

    /// Whether an analysis fits.
    pub(super) fn for_analysis(self, demand: Demand) -> Result<(), TooLittle> {
        self.allows(demand.bytes())
    }
}

impl std::fmt::Display for TooLittle {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sentence = t!(
            "the analysis needs about {needed} of memory, --memory allows {limit}",
            needed = text::bytes(self.needed),
            limit = text::bytes(self.limit)
        );
        formatter.write_str(&sentence)
    }
}

impl TooLittle {
    /// What the report says in place of an analysis.
    pub(super) fn left_out(&self) -> String {
        t!(
            "Objects are counted by class only: {problem}. Reachability, retained sizes, suspects, threads, locks and findings are left out",
            problem = self
        )
    }
}

/// A class histogram of all objects, reachable or not: what needs no graph. Most bytes first.
pub(super) fn histogram(
    reading: &Reading<'_>,
    classes: &Classes,
    sizes: &Sizes,
    class_object_sizes: &[u64],
    progress: &dyn Progress,
) -> Vec<ClassRow> {
    let sums = reading.tally(sizes, class_object_sizes, progress);
    let mut rows: Vec<ClassRow> = classes
        .iter()
        .zip(sums)
        .filter(|(_, (instances, _))| *instances > 0)
        .map(|((_, class), (instances, bytes))| ClassRow {
            class: class.name.clone(),
            instances,
            shallow_bytes: bytes,
            retained_bytes: bytes,
            loader: (class.loader != 0).then(|| format!("{:#x}", class.loader)),
        })
        .collect();
    super::histogram::sort_rows(&mut rows);
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_held_against_every_phase() {
        let limit = Limit(Some(1 << 20));
        assert!(limit.for_identifiers(100_000).is_ok());
        let objects = |objects, references| Demand {
            objects,
            references,
            kept: 6,
            ..Demand::default()
        };
        assert!(limit.for_analysis(objects(15_000, 0)).is_ok());
        let problem = limit.for_analysis(objects(30_000, 0)).unwrap_err();
        assert_eq!(
            problem.to_string(),
            "the analysis needs about 1.7 MiB of memory, --memory allows 1.0 MiB"
        );
        assert!(limit.for_analysis(objects(15_000, 10_000)).is_ok());
        assert!(limit.for_analysis(objects(15_000, 60_000)).is_err());
        let with_strings = Demand {
            values: 10_000,
            ..objects(15_000, 10_000)
        };
        assert!(limit.for_analysis(with_strings).is_err());
        let much = objects(u64::MAX >> 8, 1 << 40);
        assert!(Limit(None).for_analysis(much).is_ok());
    }
}
