//! The second reading: what each object is, how many references it has, and how far it is to the next object.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use super::{Objects, Reading};
use crate::heap::columns;
use crate::heap::graph::NONE;
use crate::heap::hprof::Type;
use crate::heap::hprof::class_dump::ClassDump;
use crate::heap::hprof::sub::Visit;
use crate::heap::layout::{Candidates, Evidence};
use crate::input::Progress;

/// Bytes of the dump in which distances between objects choose a layout; more would not change the choice.
const VOTES: usize = 256 << 20;

/// What the second reading found.
pub(in crate::heap) struct Counts {
    pub(in crate::heap) objects: Objects,
    /// How many references each object has, by index, and one more entry.
    pub(in crate::heap) degrees: Vec<u32>,
    pub(in crate::heap) evidence: Evidence,
}

impl Reading<'_> {
    /// Reads what every object is and how many references it has if that is `wanted`, and holds the distances between
    /// objects against their layouts.
    pub(in crate::heap) fn count(
        &self,
        candidates: &Candidates<'_>,
        wanted: bool,
        progress: &dyn Progress,
    ) -> Counts {
        let (count, room) = match wanted {
            true => (self.ids.len(), self.ids.len() + 1),
            false => (0, 0),
        };
        let objects = Objects::new(count, self.classes.len(), self.bytes.len());
        let mut degrees = columns::zeros(room);
        let degree = columns::shared(&mut degrees);
        let start = self.pieces.first().map_or(0, |piece| piece.start);
        let visitor = || Count {
            reading: self,
            objects: &objects,
            degree,
            candidates,
            evidence: candidates.no_evidence(),
            voters_end: start.saturating_add(VOTES),
        };
        let counted = self.visit(progress, visitor, Count::and);
        let evidence = counted.evidence;
        Counts {
            degrees,
            objects,
            evidence,
        }
    }
}

struct Count<'a> {
    reading: &'a Reading<'a>,
    objects: &'a Objects,
    degree: &'a [AtomicU32],
    candidates: &'a Candidates<'a>,
    evidence: Evidence,
    /// Objects before this offset choose the layout.
    voters_end: usize,
}

/// An object as it is counted.
struct Counted {
    at: usize,
    id: u64,
    index: u32,
    class: u32,
    length: u32,
    references: u32,
}

impl Count<'_> {
    fn and(mut self, other: Self) -> Self {
        self.evidence = self.evidence.and(other.evidence);
        self
    }

    #[inline]
    fn object(&mut self, object: Counted) {
        let Counted {
            at,
            id,
            index,
            class,
            length,
            references,
        } = object;
        let reading = self.reading;
        let local = match reading.locals.is_empty() {
            true => 0,
            false => reading.locals.get(&index).map_or(0, Vec::len),
        };
        let kept = u32::from(reading.kept_classes[class as usize] != NONE);
        if let Some(degree) = self.degree.get(index as usize) {
            degree.store(references + kept + local as u32, Relaxed);
            self.objects.put(index, class, at);
        }
        if let Some(distance) = reading.ids.distance(id) {
            let evidence = &mut self.evidence;
            self.candidates
                .observe(evidence, class, length, distance, at < self.voters_end);
        }
    }
}

impl Visit for Count<'_> {
    #[inline]
    fn instance(&mut self, at: usize, id: u64, class: u64, fields: &[u8]) {
        let reading = self.reading;
        if let Some((index, number)) = reading.object(at, id).zip(reading.classes.number(class)) {
            let mut count = 0;
            reading.of_instance(reading.classes.get(number), fields, |_| count += 1);
            self.object(Counted {
                at,
                id,
                index,
                class: number,
                length: 0,
                references: count,
            });
        }
    }

    #[inline]
    fn objects(&mut self, at: usize, id: u64, class: u64, elements: &[u8]) {
        let reading = self.reading;
        if let Some((index, number)) = reading.object(at, id).zip(reading.classes.number(class)) {
            let mut count = 0;
            reading.of_array(elements, |_| count += 1);
            self.object(Counted {
                at,
                id,
                index,
                class: number,
                length: (elements.len() / reading.id_size) as u32,
                references: count,
            });
        }
    }

    #[inline]
    fn primitives(&mut self, at: usize, id: u64, element: Type, length: u32) {
        if let Some(index) = self.reading.object(at, id) {
            let class = self.reading.classes.primitive_array(element);
            self.object(Counted {
                at,
                id,
                index,
                class,
                length,
                references: 0,
            });
        }
    }

    fn class(&mut self, at: usize, class: ClassDump) {
        let reading = self.reading;
        let number = reading.classes.number(class.id);
        if let Some((index, number)) = reading.object(at, class.id).zip(number) {
            let mut count = 0;
            reading.of_class(number, |_| count += 1);
            self.object(Counted {
                at,
                id: class.id,
                index,
                class: reading.classes.class_class(),
                length: 0,
                references: count,
            });
        }
    }
}
