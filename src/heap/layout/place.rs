//! Places fields one by one, as HotSpot's `FieldLayoutBuilder` does.

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
}
