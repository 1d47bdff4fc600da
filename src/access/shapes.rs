//! Shapes of many paths: what is remembered of the paths before.

use super::bounded::hash;
use super::shape::{DEPTH, Kinds, path, segment, shape};

/// Shapes of many paths, most of them in the same directories.
pub(super) struct Shapes {
    /// Directories lately seen that stay as they are, by the low bits of their hashes; the lowest four bits are the number of
    /// their segments.
    kept: Box<[u64; KEPT]>,
}

/// Directories remembered.
const KEPT: usize = 256;
const SEGMENTS: u64 = 15;

impl Default for Shapes {
    fn default() -> Self {
        Self {
            kept: Box::new([0; KEPT]),
        }
    }
}

impl Shapes {
    /// Appends the shape of `target`, a path or a URL, with or without a query: what [`shape`] gives for its path.
    pub(super) fn append(&mut self, target: &[u8], out: &mut Vec<u8>) {
        let path = path(target);
        let from = out.len();
        if path.first() != Some(&b'/') || self.directory(path, 0, out).is_none() {
            out.truncate(from);
            shape(path, out);
        }
    }

    /// Appends the shape of a directory or file that `below` segments of the path follow; gives the number of its segments,
    /// nothing when there are too many.
    fn directory(&mut self, path: &[u8], below: usize, out: &mut Vec<u8>) -> Option<usize> {
        if below == DEPTH {
            return None;
        }
        let slash = memchr::memrchr(b'/', path)?;
        let (parent, name) = (&path[..slash], &path[slash + 1..]);
        let above = match parent {
            b"" => 0,
            parent => self.parent(parent, below + 1, out)?,
        };
        let kinds = Kinds::of(name);
        out.push(b'/');
        segment(&name[..kinds.length], kinds, out);
        (above + below < DEPTH).then_some(above + 1)
    }

    fn parent(&mut self, path: &[u8], below: usize, out: &mut Vec<u8>) -> Option<usize> {
        let hashed = hash(path);
        let place = hashed as usize % KEPT;
        let (known, count) = (self.kept[place] & !SEGMENTS, self.kept[place] & SEGMENTS);
        if known == hashed & !SEGMENTS && count as usize + below <= DEPTH {
            out.extend_from_slice(path);
            return Some(count as usize);
        }
        let from = out.len();
        let count = self.directory(path, below, out)?;
        if out[from..] == *path {
            self.kept[place] = hashed & !SEGMENTS | count as u64;
        }
        Some(count)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn remembered_directories_change_nothing(targets in prop::collection::vec("(/(api|v1|[a-c]|12|;x=1|[0-9a-f]{8}|[a-z]{70}|)){0,16}(\\?q=1)?|[a-c*]{0,3}", 0..40)) {
            let mut shapes = Shapes::default();
            for target in &targets {
                let (mut one, mut other) = (Vec::new(), Vec::new());
                shape(path(target.as_bytes()), &mut one);
                shapes.append(target.as_bytes(), &mut other);
                prop_assert_eq!(&one, &other, "{}", target);
            }
        }
    }
}
