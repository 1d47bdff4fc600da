//! The objects of classes that have few: analyses and rules ask for all threads, all pools, all locks, and to look at the class
//! of every object of a large heap for each of them takes longer than what is then done with those few.

use rayon::prelude::*;

use super::columns;
use super::model::Heap;

/// Of how many objects one may stand in the list: 8 bytes for each that does.
const SHARE: u32 = 256;
/// Objects that may stand in it in any case.
const LEAST: u32 = 1 << 12;

/// The objects of as many classes as fit, those with the fewest first.
#[derive(Debug, Default)]
pub(super) struct Rare {
    /// Whether a class is among them, by number.
    classes: Vec<bool>,
    /// Numbers of the class and index of all their objects, sorted.
    objects: Vec<(u32, u32)>,
}

impl Rare {
    /// `instances` says how many objects each class has, by number.
    pub(super) fn of(heap: &Heap<'_>, instances: &[u64]) -> Self {
        let room = u64::from(heap.len() / SHARE + LEAST);
        Self::within(room, heap.len(), instances, |index| {
            heap.class_number(index)
        })
    }

    fn within(
        room: u64,
        objects: u32,
        instances: &[u64],
        class: impl Fn(u32) -> u32 + Sync,
    ) -> Self {
        let mut order: Vec<usize> = (0..instances.len()).collect();
        order.sort_by_key(|number| instances[*number]);
        let mut classes = vec![false; instances.len()];
        let mut left = room;
        for number in order {
            let Some(rest) = left.checked_sub(instances[number]) else {
                break;
            };
            left = rest;
            classes[number] = true;
        }
        let mut objects = columns::gather(objects, |indices| {
            let pairs = indices.map(|index| (class(index), index));
            let rare = pairs.filter(|(class, _)| classes[*class as usize]);
            rare.collect()
        });
        objects.par_sort_unstable();
        Self { classes, objects }
    }

    /// The objects of the classes that are `wanted`, by number, in address order; `None` if one of these has more.
    pub(super) fn find(&self, wanted: &[bool]) -> Option<Vec<u32>> {
        let mut found = Vec::new();
        for (number, _) in (0..).zip(wanted).filter(|(_, wanted)| **wanted) {
            if !*self.classes.get(number as usize)? {
                return None;
            }
            let start = self.objects.partition_point(|(class, _)| *class < number);
            let of_class = self.objects[start..].iter();
            let of_class = of_class.take_while(|(class, _)| *class == number);
            found.extend(of_class.map(|(_, index)| *index));
        }
        found.sort_unstable();
        Some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn finds_all_objects_of_a_class_or_says_that_there_are_more(
            class_of in proptest::collection::vec(0_u32..8, 0..200),
            wanted in proptest::collection::vec(any::<bool>(), 8),
            room in 0_u64..250,
        ) {
            let mut instances = vec![0; 8];
            class_of.iter().for_each(|class| instances[*class as usize] += 1);
            let objects = class_of.len() as u32;
            let rare = Rare::within(room, objects, &instances, |index| class_of[index as usize]);
            prop_assert!(rare.objects.len() as u64 <= room);
            let all = (0..objects).filter(|index| wanted[class_of[*index as usize] as usize]);
            match rare.find(&wanted) {
                Some(found) => prop_assert_eq!(found, all.collect::<Vec<u32>>()),
                None => prop_assert!(objects as u64 > room),
            }
        }
    }
}
