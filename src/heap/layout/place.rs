//! Places fields as HotSpot does: one by one (`FieldLayoutBuilder`, since JDK 15), or those of a class together
//! (`ClassFileParser::layout_fields`, before).

use super::round;

/// Where the fields of a class end, and the gaps between them (start and length).
#[derive(Debug, Clone)]
pub(super) struct Level {
    pub(super) end: u64,
    pub(super) gaps: Vec<(u64, u64)>,
}

impl Level {
    /// Places a field in the smallest gap that takes it, else at the end.
    pub(super) fn put(&mut self, width: u64) {
        let fits = |(start, length): (u64, u64)| round(start, width) + width <= start + length;
        let best = (0..self.gaps.len())
            .filter(|gap| fits(self.gaps[*gap]))
            .min_by_key(|gap| self.gaps[*gap].1);
        let (start, length) = match best {
            Some(gap) => self.gaps.remove(gap),
            None => {
                let start = self.end;
                self.end = round(start, width) + width;
                (start, self.end - start)
            }
        };
        let at = round(start, width);
        for gap in [
            (start, at - start),
            (at + width, start + length - at - width),
        ] {
            if gap.1 > 0 {
                self.gaps.push(gap);
            }
        }
    }
}

/// The fields that a class declares itself: how many of each width, and how many references.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Own {
    pub(super) longs: u64,
    pub(super) ints: u64,
    pub(super) shorts: u64,
    pub(super) bytes: u64,
    pub(super) references: u64,
}

impl Own {
    pub(super) fn add(&mut self, width: u64) {
        match width {
            8 => self.longs += 1,
            4 => self.ints += 1,
            2 => self.shorts += 1,
            _ => self.bytes += 1,
        }
    }

    /// Where the fields end that begin at `start`, with references `reference` bytes wide. Wide fields come first; what
    /// alignment leaves free before them goes to narrower ones (`-XX:+CompactFields`, the default).
    pub(super) fn end(mut self, start: u64, reference: u64) -> u64 {
        let mut at = start;
        if self.longs > 0 {
            at = round(start, 8);
            let mut free = at - start;
            let mut fill = |count: &mut u64, width: u64| {
                let taken = (*count).min(free / width);
                *count -= taken;
                free -= taken * width;
            };
            fill(&mut self.ints, 4);
            fill(&mut self.shorts, 2);
            fill(&mut self.bytes, 1);
            fill(&mut self.references, reference);
        }
        at += self.longs * 8 + self.ints * 4 + self.shorts * 2 + self.bytes;
        if self.references > 0 {
            at = round(at, reference);
        }
        round(at + self.references * reference, reference)
    }

    /// The same for the classes of the VM whose references come first.
    pub(super) fn end_references_first(self, start: u64, reference: u64) -> u64 {
        let mut at = start + self.references * reference;
        if self.longs > 0 {
            at = round(at, 8);
        }
        at += self.longs * 8 + self.ints * 4 + self.shorts * 2 + self.bytes;
        round(at, reference)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_fill_the_gaps_of_their_superclasses() {
        // class A { long a } class B extends A { boolean b } class C extends B { int c } with 12-byte headers.
        let mut level = Level {
            end: 12,
            gaps: Vec::new(),
        };
        level.put(8);
        assert_eq!((level.end, level.gaps.as_slice()), (24, &[(12, 4)][..]));
        level.put(1);
        assert_eq!(level.end, 24);
        level.put(4);
        assert_eq!(level.end, 28);
        level.put(1);
        assert_eq!(level.end, 28);
    }

    #[test]
    fn before_jdk_15_a_class_begins_behind_its_superclass() {
        // class One { byte a } class Two extends One { long b } class Three extends Two { short c; boolean d }
        let one = Own {
            bytes: 1,
            ..Own::default()
        };
        let two = Own {
            longs: 1,
            ..Own::default()
        };
        let three = Own {
            shorts: 1,
            bytes: 1,
            ..Own::default()
        };
        let end = one.end(12, 4);
        assert_eq!(end, 16);
        assert_eq!(two.end(end, 4), 24);
        assert_eq!(three.end(24, 4), 28);
        // class Last { Object e, h; int f; long i } behind a 12-byte header: the int goes before the long.
        let last = Own {
            longs: 1,
            ints: 1,
            references: 2,
            ..Own::default()
        };
        assert_eq!(last.end(12, 4), 32);
        assert_eq!(last.end_references_first(12, 4), 36);
    }
}
