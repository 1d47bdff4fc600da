//! Finds the next sub-record behind damaged bytes.
//!
//! A sub-record has no mark to search for. But objects follow each other, and nearly all of them name a class that the
//! file knows: several such records in a row do not come about by chance.

use super::sub::{Visit, walk};

/// Objects of known classes in a row that are believed.
const RUN: usize = 8;
/// Bytes in which such a run must end: longer objects are skipped rather than believed.
const WINDOW: usize = 4 << 10;

/// Where records go on after the one at `from`, which cannot be read; `None` when nothing before `end` looks like it.
/// `known` tells the identifiers of classes.
pub(in crate::heap) fn resync(
    bytes: &[u8],
    id_size: usize,
    from: usize,
    end: usize,
    known: &impl Fn(u64) -> bool,
) -> Option<usize> {
    (from + 1..end).find(|at| {
        // Instances and arrays of references name a class.
        matches!(bytes[*at], 0x21 | 0x22) && {
            let class = match bytes[*at] {
                0x21 => *at + 1 + id_size + 4,
                _ => *at + 1 + id_size + 8,
            };
            let id = super::number_at(bytes, class, id_size);
            id.is_some_and(known) && {
                let mut run = Run {
                    known,
                    good: 0,
                    bad: 0,
                };
                let window = *at..end.min(*at + WINDOW);
                let walked = walk(bytes, id_size, &window, &mut run);
                let whole = walked.is_ok() && window.end == end;
                run.bad == 0 && (run.good >= RUN || whole)
            }
        }
    })
}

struct Run<'a, K> {
    known: &'a K,
    good: usize,
    bad: usize,
}

impl<K: Fn(u64) -> bool> Run<'_, K> {
    fn see(&mut self, class: u64) {
        // What comes after a run is for the reader of the file to judge.
        if self.good < RUN {
            match (self.known)(class) {
                true => self.good += 1,
                false => self.bad += 1,
            }
        }
    }
}

impl<K: Fn(u64) -> bool> Visit for Run<'_, K> {
    fn instance(&mut self, _: usize, _: u64, class: u64, _: &[u8]) {
        self.see(class);
    }
    fn objects(&mut self, _: usize, _: u64, class: u64, _: &[u8]) {
        self.see(class);
    }
}
