//! A closer look at one object, one class, or the ways to an object.

mod class;
mod document;
mod fields;
mod object;
pub mod report;

use super::Options;
use super::hprof::names;
use super::load::{self, Loaded};
use super::model::Heap;
use crate::input::{Coverage, Progress, Source};
use crate::t;
pub use report::Inspection;
use report::{ObjectRow, Page, Subject};

/// Names suggested for a class that does not exist.
const SUGGESTIONS: usize = 5;

/// What to look at.
#[derive(Debug, Clone)]
pub enum Query {
    /// An object by its identifier.
    Object(u64),
    /// All classes of a name.
    Class(String),
    /// The ways from the roots to an object.
    Path(u64),
}

/// What to look at, and how much of it to show.
#[derive(Debug, Clone)]
pub struct Request {
    /// What to look at.
    pub query: Query,
    /// Rows to skip at the beginning of every list.
    pub offset: usize,
    /// Most rows of every list.
    pub limit: usize,
    /// Whether the texts of strings may be shown; they are secret otherwise.
    pub show_strings: bool,
}

/// Why there is nothing to show.
#[derive(Debug, thiserror::Error)]
pub enum InspectError {
    /// The dump could not be read.
    #[error("{0}")]
    Unreadable(String),
    /// The dump has no such object or class. Says what comes near.
    #[error("{0}")]
    Unknown(String),
}

/// Looks at one thing in a dump.
pub fn inspect(
    source: &Source,
    options: &Options,
    request: &Request,
    progress: &dyn Progress,
) -> Result<Inspection, InspectError> {
    let mut coverage = Coverage::new(&source.name, "HPROF", source.bytes.len() as u64);
    let mut loaded = Loaded::default();
    let (heap, ()) = load::load(
        source,
        options,
        progress,
        &mut coverage,
        &mut loaded,
        |_| (),
        |_, ()| (),
    )
    .map_err(|error| InspectError::Unreadable(error.to_string()))?;
    let look = Look {
        heap: &heap,
        request,
    };
    let subject = match &request.query {
        Query::Object(id) => Subject::Object(Box::new(look.object(look.known(*id)?))),
        Query::Path(id) => Subject::Paths(Box::new(look.paths(look.known(*id)?))),
        Query::Class(name) => Subject::Class(Box::new(look.class(name)?)),
    };
    Ok(Inspection {
        source: source.name.clone(),
        reachable_bytes: heap.total(),
        offset: request.offset as u64,
        limit: request.limit as u64,
        subject,
    })
}

/// A heap and what is asked of it.
struct Look<'h, 'a> {
    heap: &'h Heap<'a>,
    request: &'h Request,
}

impl Look<'_, '_> {
    /// The index of an identifier, or what is near it.
    fn known(&self, id: u64) -> Result<u32, InspectError> {
        let heap = self.heap;
        if let Some(index) = heap.ids.index(id) {
            return Ok(index);
        }
        // Identifiers rise with the index.
        let (mut low, mut high) = (0, heap.len());
        while low < high {
            let middle = low + (high - low) / 2;
            match heap.ids.id(middle) < id {
                true => low = middle + 1,
                false => high = middle,
            }
        }
        let name = |index: u32| format!("{} ({})", heap.hex(index), heap.name_of(index));
        let below = low.checked_sub(1);
        let inside = below.filter(|index| {
            let end = heap.ids.id(*index).checked_add(heap.shallow(*index));
            end.is_some_and(|end| id < end)
        });
        let id = format!("{id:#x}");
        Err(InspectError::Unknown(
            match (inside, below, (low < heap.len()).then_some(low)) {
                (Some(index), ..) => t!(
                    "{id} is no object, but lies inside of {object}",
                    id,
                    object = name(index)
                ),
                (None, Some(below), Some(above)) => t!(
                    "the dump has no object {id}; the nearest are {below} and {above}",
                    id,
                    below = name(below),
                    above = name(above)
                ),
                (None, Some(near), None) | (None, None, Some(near)) => {
                    t!(
                        "the dump has no object {id}; the nearest is {near}",
                        id,
                        near = name(near)
                    )
                }
                (None, None, None) => t!("the dump has no objects"),
            },
        ))
    }

    /// The numbers of all classes of a name, or what the name is near to.
    fn classes_named(&self, name: &str) -> Result<&[u32], InspectError> {
        let numbers = self.heap.classes.named(name);
        if !numbers.is_empty() {
            return Ok(numbers);
        }
        let wanted = name.to_lowercase();
        let mut near: Vec<(u8, usize, &str)> = Vec::new();
        for (_, class) in self.heap.classes.iter() {
            let lower = class.name.to_lowercase();
            let rank = match () {
                () if lower == wanted => 0,
                () if names::simple(&lower) == wanted => 1,
                () if lower.ends_with(&wanted) => 2,
                () if lower.contains(&wanted) => 3,
                () => continue,
            };
            near.push((rank, class.name.len(), &class.name));
        }
        near.sort_unstable();
        near.dedup();
        near.truncate(SUGGESTIONS);
        let near: Vec<&str> = near.into_iter().map(|(_, _, name)| name).collect();
        Err(InspectError::Unknown(match near.is_empty() {
            true => t!("the dump has no class {name}", name),
            false => t!(
                "the dump has no class {name}; did you mean {near}?",
                name,
                near = near.join(", ")
            ),
        }))
    }

    fn row(&self, index: u32) -> ObjectRow {
        ObjectRow {
            object_id: self.heap.hex(index),
            class: self.heap.name_of(index),
            shallow_bytes: self.heap.shallow(index),
            retained_bytes: self.heap.retained(index),
        }
    }

    /// The wanted part of a list.
    fn page<T, R>(&self, list: Vec<T>, row: impl FnMut(T) -> R) -> Page<R> {
        Page {
            total: list.len() as u64,
            rows: list
                .into_iter()
                .skip(self.request.offset)
                .take(self.request.limit)
                .map(row)
                .collect(),
        }
    }
}
