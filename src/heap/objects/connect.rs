//! The third reading: the references themselves.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use super::Reading;
use crate::heap::columns;
use crate::heap::graph::ids::IdMap;
use crate::heap::graph::rows::{Rows, TooManyReferences};
use crate::heap::graph::{LAST, NONE};
use crate::heap::hprof::Type;
use crate::heap::hprof::class_dump::ClassDump;
use crate::heap::hprof::sub::Visit;
use crate::input::Progress;

impl Reading<'_> {
    /// Reads the references. Also returns how many lead nowhere.
    pub(in crate::heap) fn connect(
        &self,
        degrees: Vec<u32>,
        progress: &dyn Progress,
    ) -> Result<(Rows, u64), TooManyReferences> {
        let mut rows = Rows::with_lengths(degrees)?;
        let targets = columns::shared(&mut rows.targets);
        let visitor = || Connect {
            reading: self,
            start: &rows.start,
            targets,
            dangling: 0,
        };
        let dangling = self.visit(progress, visitor, Connect::and).dangling;
        Ok((rows, dangling))
    }
}

struct Connect<'a> {
    reading: &'a Reading<'a>,
    start: &'a [u32],
    targets: &'a [AtomicU32],
    dangling: u64,
}

/// Fills the row of one object.
struct Row<'a> {
    targets: &'a [AtomicU32],
    ids: &'a IdMap,
    owner: u32,
    next: usize,
    end: usize,
    dangling: u64,
}

impl Row<'_> {
    #[inline]
    fn put(&mut self, target: u32) {
        if let Some(slot) = self.targets.get(self.next) {
            let last = if self.next + 1 == self.end { LAST } else { 0 };
            slot.store(target | last, Relaxed);
        }
        self.next += 1;
    }

    #[inline]
    fn refer(&mut self, id: u64) {
        let target = self.ids.index(id);
        self.dangling += u64::from(target.is_none());
        self.put(target.unwrap_or(self.owner));
    }
}

impl<'a> Connect<'a> {
    fn and(mut self, other: Self) -> Self {
        self.dangling += other.dangling;
        self
    }

    #[inline]
    fn fill(&mut self, index: u32, class: u32, references: impl FnOnce(&mut Row<'a>)) {
        let reading = self.reading;
        let mut row = Row {
            targets: self.targets,
            ids: reading.ids,
            owner: index,
            next: self.start[index as usize] as usize,
            end: self.start[index as usize + 1] as usize,
            dangling: 0,
        };
        references(&mut row);
        let kept = reading.kept_classes[class as usize];
        if kept != NONE {
            row.put(kept);
        }
        if !reading.locals.is_empty()
            && let Some(locals) = reading.locals.get(&index)
        {
            locals.iter().for_each(|local| row.put(*local));
        }
        self.dangling += row.dangling;
    }
}

impl Visit for Connect<'_> {
    #[inline]
    fn instance(&mut self, at: usize, id: u64, class: u64, fields: &[u8]) {
        let reading = self.reading;
        if let Some((index, number)) = reading.object(at, id).zip(reading.classes.number(class)) {
            let class = reading.classes.get(number);
            self.fill(index, number, |row| {
                reading.of_instance(class, fields, |id| row.refer(id));
            });
        }
    }

    #[inline]
    fn objects(&mut self, at: usize, id: u64, class: u64, elements: &[u8]) {
        let reading = self.reading;
        if let Some((index, number)) = reading.object(at, id).zip(reading.classes.number(class)) {
            self.fill(index, number, |row| {
                reading.of_array(elements, |id| row.refer(id));
            });
        }
    }

    #[inline]
    fn primitives(&mut self, at: usize, id: u64, element: Type, _: u32) {
        let reading = self.reading;
        let number = reading.classes.primitive_array(element);
        if reading.kept_classes[number as usize] != NONE
            && let Some(index) = reading.object(at, id)
        {
            self.fill(index, number, |_| {});
        }
    }

    fn class(&mut self, at: usize, class: ClassDump) {
        let reading = self.reading;
        if let Some((index, number)) = reading
            .object(at, class.id)
            .zip(reading.classes.number(class.id))
        {
            self.fill(index, reading.classes.class_class(), |row| {
                reading.of_class(number, |id| row.refer(id));
            });
        }
    }
}
