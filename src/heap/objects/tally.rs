//! What there is without a graph: objects and bytes by class.

use super::Reading;
use crate::heap::hprof::Type;
use crate::heap::hprof::class_dump::ClassDump;
use crate::heap::hprof::sub::Visit;
use crate::heap::layout::Sizes;
use crate::input::Progress;

impl Reading<'_> {
    /// Objects and bytes of every class, whether reachable or not.
    pub(in crate::heap) fn tally(
        &self,
        sizes: &Sizes,
        class_object_sizes: &[u64],
        progress: &dyn Progress,
    ) -> Vec<(u64, u64)> {
        let visitor = || Tally {
            reading: self,
            sizes,
            class_object_sizes,
            sums: vec![(0, 0); self.classes.len()],
        };
        self.visit(progress, visitor, Tally::and).sums
    }
}

struct Tally<'a> {
    reading: &'a Reading<'a>,
    sizes: &'a Sizes,
    class_object_sizes: &'a [u64],
    /// Objects and bytes by class.
    sums: Vec<(u64, u64)>,
}

impl Tally<'_> {
    fn and(mut self, other: Self) -> Self {
        for (own, other) in self.sums.iter_mut().zip(other.sums) {
            *own = (own.0 + other.0, own.1 + other.1);
        }
        self
    }

    #[inline]
    fn add(&mut self, class: u32, bytes: u64) {
        let (instances, sum) = &mut self.sums[class as usize];
        *instances += 1;
        *sum += bytes;
    }

    #[inline]
    fn plain(&mut self, class: u32, length: u32) {
        let shape = self.reading.classes.get(class).shape;
        self.add(class, self.sizes.of(class, shape, length));
    }
}

impl Visit for Tally<'_> {
    #[inline]
    fn instance(&mut self, at: usize, id: u64, class: u64, fields: &[u8]) {
        let reading = self.reading;
        if let Some((_, number)) = reading.object(at, id).zip(reading.classes.number(class)) {
            self.plain(number, reading.classes.words_behind(number, fields));
        }
    }

    #[inline]
    fn objects(&mut self, at: usize, id: u64, class: u64, elements: &[u8]) {
        let reading = self.reading;
        if let Some((_, number)) = reading.object(at, id).zip(reading.classes.number(class)) {
            self.plain(number, (elements.len() / reading.id_size) as u32);
        }
    }

    #[inline]
    fn primitives(&mut self, at: usize, id: u64, element: Type, length: u32) {
        if self.reading.object(at, id).is_some() {
            self.plain(self.reading.classes.primitive_array(element), length);
        }
    }

    fn class(&mut self, at: usize, class: ClassDump) {
        let reading = self.reading;
        let number = reading.classes.number(class.id);
        if let Some((_, number)) = reading.object(at, class.id).zip(number) {
            let bytes = self.class_object_sizes[number as usize];
            self.add(reading.classes.class_class(), bytes);
        }
    }
}
