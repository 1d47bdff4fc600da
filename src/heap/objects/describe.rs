//! The last reading: class, place in the file and size of each object.

use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, Ordering::Relaxed};

use super::{Objects, Reading, atomics, settled};
use crate::heap::graph::tree::DomTree;
use crate::heap::graph::weights::Scales;
use crate::heap::hprof::Type;
use crate::heap::hprof::class_dump::ClassDump;
use crate::heap::hprof::sub::Visit;
use crate::heap::layout::Sizes;
use crate::input::Progress;

/// What is written of every object.
struct Written {
    class: (Vec<AtomicU16>, Vec<AtomicU16>),
    offset: (Vec<AtomicU32>, Vec<AtomicU8>),
    bytes: Scales,
}

impl Reading<'_> {
    /// Reads what each object is, and gives every object in the tree its bytes.
    pub(in crate::heap) fn describe(
        &self,
        sizes: &Sizes,
        class_object_sizes: &[u64],
        tree: &mut DomTree,
        progress: &dyn Progress,
    ) -> Objects {
        let count = self.ids.len();
        let only_if = |needed: bool| if needed { count } else { 0 };
        let written = Written {
            class: (
                atomics(count, || AtomicU16::new(0)),
                atomics(only_if(self.classes.len() > 1 << 16), || AtomicU16::new(0)),
            ),
            offset: (
                atomics(count, || AtomicU32::new(0)),
                atomics(only_if(self.bytes.len() as u64 > 1 << 32), || {
                    AtomicU8::new(0)
                }),
            ),
            bytes: Scales::new(count + 1),
        };
        let visitor = || Describe {
            reading: self,
            sizes,
            class_object_sizes,
            taker: Writer {
                tree,
                written: &written,
            },
        };
        self.visit(progress, visitor, |left, _| left);
        let narrow = |atomics: Vec<AtomicU16>| -> Vec<u16> {
            atomics.into_iter().map(AtomicU16::into_inner).collect()
        };
        let objects = Objects {
            class: (narrow(written.class.0), narrow(written.class.1)),
            offset: (
                settled(written.offset.0),
                written
                    .offset
                    .1
                    .into_iter()
                    .map(AtomicU8::into_inner)
                    .collect(),
            ),
        };
        tree.weigh(written.bytes.settle());
        objects
    }

    /// Objects and bytes of every class, whether reachable or not.
    pub(in crate::heap) fn tally(
        &self,
        sizes: &Sizes,
        class_object_sizes: &[u64],
        progress: &dyn Progress,
    ) -> Vec<(u64, u64)> {
        let visitor = || Describe {
            reading: self,
            sizes,
            class_object_sizes,
            taker: Tally(vec![(0, 0); self.classes.len()]),
        };
        self.visit(progress, visitor, Describe::and).taker.0
    }
}

/// Takes what the records say an object is: where, index, class, bytes.
trait Take {
    fn take(&mut self, at: usize, index: u32, class: u32, bytes: u64);
}

/// Works out what each record says.
struct Describe<'a, T> {
    reading: &'a Reading<'a>,
    sizes: &'a Sizes,
    class_object_sizes: &'a [u64],
    taker: T,
}

impl<T: Take> Describe<'_, T> {
    #[inline]
    fn plain(&mut self, at: usize, index: u32, class: u32, length: u32) {
        let shape = self.reading.classes.get(class).shape;
        let bytes = self.sizes.of(class, shape, length);
        self.taker.take(at, index, class, bytes);
    }
}

impl<T: Take> Visit for Describe<'_, T> {
    #[inline]
    fn instance(&mut self, at: usize, id: u64, class: u64, fields: &[u8]) {
        let reading = self.reading;
        if let Some((index, number)) = reading.object(at, id).zip(reading.classes.number(class)) {
            let words = reading.classes.words_behind(number, fields);
            self.plain(at, index, number, words);
        }
    }

    #[inline]
    fn objects(&mut self, at: usize, id: u64, class: u64, elements: &[u8]) {
        let reading = self.reading;
        if let Some((index, number)) = reading.object(at, id).zip(reading.classes.number(class)) {
            self.plain(at, index, number, (elements.len() / reading.id_size) as u32);
        }
    }

    #[inline]
    fn primitives(&mut self, at: usize, id: u64, element: Type, length: u32) {
        if let Some(index) = self.reading.object(at, id) {
            self.plain(
                at,
                index,
                self.reading.classes.primitive_array(element),
                length,
            );
        }
    }

    fn class(&mut self, at: usize, class: ClassDump) {
        let reading = self.reading;
        let number = reading.classes.number(class.id);
        if let Some((index, number)) = reading.object(at, class.id).zip(number) {
            let bytes = self.class_object_sizes[number as usize];
            let class = reading.classes.class_class();
            self.taker.take(at, index, class, bytes);
        }
    }
}

struct Writer<'a> {
    tree: &'a DomTree,
    written: &'a Written,
}

impl Take for Writer<'_> {
    #[inline]
    fn take(&mut self, at: usize, index: u32, class: u32, bytes: u64) {
        let slot = index as usize;
        let written = self.written;
        written.class.0[slot].store(class as u16, Relaxed);
        if let Some(high) = written.class.1.get(slot) {
            high.store((class >> 16) as u16, Relaxed);
        }
        written.offset.0[slot].store(at as u32, Relaxed);
        if let Some(high) = written.offset.1.get(slot) {
            high.store((at as u64 >> 32) as u8, Relaxed);
        }
        written.bytes.put(self.tree.place(index), bytes);
    }
}

/// Objects and bytes by class.
struct Tally(Vec<(u64, u64)>);

impl Take for Tally {
    #[inline]
    fn take(&mut self, _: usize, _: u32, class: u32, bytes: u64) {
        let (instances, sum) = &mut self.0[class as usize];
        *instances += 1;
        *sum += bytes;
    }
}

impl Describe<'_, Tally> {
    fn and(mut self, other: Self) -> Self {
        for (own, other) in self.taker.0.iter_mut().zip(other.taker.0) {
            *own = (own.0 + other.0, own.1 + other.1);
        }
        self
    }
}
