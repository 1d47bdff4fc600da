//! Identifiers with several records: the last one counts.

use rustc_hash::FxHashMap;

use crate::heap::hprof::class_dump::ClassDump;
use crate::heap::hprof::sub::{self, Visit};
use crate::heap::hprof::{Span, Type};

/// The offset of the last record of every identifier in `repeated`.
pub(in crate::heap) fn last_records(
    bytes: &[u8],
    id_size: usize,
    pieces: &[Span],
    repeated: &[u64],
) -> FxHashMap<u64, usize> {
    struct Last(FxHashMap<u64, usize>);
    impl Last {
        fn see(&mut self, at: usize, id: u64) {
            if let Some(last) = self.0.get_mut(&id) {
                *last = at;
            }
        }
    }
    impl Visit for Last {
        fn instance(&mut self, at: usize, id: u64, _: u64, _: &[u8]) {
            self.see(at, id);
        }
        fn objects(&mut self, at: usize, id: u64, _: u64, _: &[u8]) {
            self.see(at, id);
        }
        fn primitives(&mut self, at: usize, id: u64, _: Type, _: u32) {
            self.see(at, id);
        }
        fn class(&mut self, at: usize, class: ClassDump) {
            self.see(at, class.id);
        }
    }
    let mut last = Last(repeated.iter().map(|id| (*id, 0)).collect());
    if !repeated.is_empty() {
        for piece in pieces {
            let _ = sub::walk(bytes, id_size, piece, &mut last);
        }
    }
    last.0
}
