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
/// Bytes an object of the dominator tree while it is laid out, when every object takes part in the search: numbers,
/// dominators, sizes of subtrees and free places, and the four columns of the tree.
const TREE: u64 = 4 * 8;
/// Bytes an object of a search: starts of rows, numbers, parents, counts, and the stack of a list without end.
const SEARCH: u64 = 4 * 4 + 8;
/// Bytes a reference of a search: in its row, and turned around.
const REFERENCE: u64 = 4 + 4;

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

    /// Whether the graph of so many objects fits, if they hardly refer to each other.
    pub(super) fn for_objects(self, objects: usize) -> Result<(), TooLittle> {
        self.allows(objects as u64 * (IDENTIFIERS + TREE))
    }

    /// Whether the graph fits, now that the references are counted.
    pub(super) fn for_graph(self, objects: usize, references: u64) -> Result<(), TooLittle> {
        let search = objects as u64 * (IDENTIFIERS + SEARCH) + references * REFERENCE;
        self.allows(search.max(objects as u64 * (IDENTIFIERS + TREE)))
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
        assert!(limit.for_objects(20_000).is_ok());
        let problem = limit.for_objects(30_000).unwrap_err();
        assert_eq!(
            problem.to_string(),
            "the analysis needs about 1.1 MiB of memory, --memory allows 1.0 MiB"
        );
        assert!(limit.for_graph(20_000, 50_000).is_ok());
        assert!(limit.for_graph(20_000, 60_000).is_err());
        assert!(Limit(None).for_graph(usize::MAX >> 8, 1 << 40).is_ok());
    }
}
