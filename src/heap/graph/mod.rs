//! The object graph: dense numbers for objects, rows of references, dominators.
//!
//! Objects are numbered in the order of their addresses. Everything is a flat array of `u32`; the numbers of the
//! different orders are never mixed in one array:
//!
//! * **index** – position in address order ([`ids::IdMap`]), all objects;
//! * **preorder** – position in the depth-first search from the roots, objects that take part in it ([`search`]);
//! * **position** – place in the dominator tree laid out depth first ([`tree::DomTree`]), all reachable objects.

pub(super) mod dominators;
pub(super) mod id_list;
pub(super) mod ids;
pub(super) mod rows;
pub(super) mod search;
pub(super) mod tree;
pub(super) mod weights;

/// Marks the last reference of a row; an index needs 31 bits.
pub(super) const LAST: u32 = 1 << 31;

/// No object.
pub(super) const NONE: u32 = u32::MAX;
