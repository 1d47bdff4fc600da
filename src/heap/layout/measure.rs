//! What the distances between objects say about their sizes.

use super::{
    MODES_32, MODES_64, MODES_BEFORE, MODES_MAT, Mode, PADDED, PADDING, Shape, Sizes, describe,
};
use crate::heap::classes::Classes;
use crate::heap::graph::ids::IdMap;
use crate::heap::hprof::Type;
use crate::heap::report::RetainedAs;

/// What the addresses say about the instances of a class.
#[derive(Debug, Clone, Copy)]
struct Distances {
    smallest: u64,
    /// How often the smallest distance occurs.
    times: u32,
    instances: u32,
}

impl Distances {
    const NONE: Self = Self {
        smallest: u64::MAX,
        times: 0,
        instances: 0,
    };

    #[inline]
    fn add(&mut self, other: Self) {
        self.instances += other.instances;
        match other.smallest.cmp(&self.smallest) {
            std::cmp::Ordering::Less => {
                self.smallest = other.smallest;
                self.times = other.times;
            }
            std::cmp::Ordering::Equal => self.times += other.times,
            std::cmp::Ordering::Greater => {}
        }
    }
}

/// What was seen of the distances. The order in which they are seen does not matter.
#[derive(Debug)]
pub(in crate::heap) struct Evidence {
    /// By class.
    distances: Vec<Distances>,
    /// How many objects were held against every layout.
    seen: u64,
    /// By layout: objects that would reach into the next one, and such that would just touch it.
    violations: Vec<u64>,
    exact: Vec<u64>,
}

impl Evidence {
    /// How many objects of each class were seen, by number of the class.
    pub(in crate::heap) fn instances(&self) -> impl Iterator<Item = u64> + '_ {
        let instances = self.distances.iter();
        instances.map(|distances| u64::from(distances.instances))
    }

    /// Both together.
    pub(in crate::heap) fn and(mut self, other: Self) -> Self {
        let pairs = self.distances.iter_mut().zip(other.distances);
        pairs.for_each(|(own, other)| own.add(other));
        self.seen += other.seen;
        let add = |own: &mut [u64], other: &[u64]| {
            own.iter_mut()
                .zip(other)
                .for_each(|(own, other)| *own += other);
        };
        add(&mut self.violations, &other.violations);
        add(&mut self.exact, &other.exact);
        self
    }
}

/// The layouts that a dump may have, until its addresses have chosen.
#[derive(Debug)]
pub(in crate::heap) struct Candidates<'a> {
    classes: &'a Classes,
    modes: &'static [Mode],
    /// Bytes of an instance of every class, by layout.
    tables: Vec<Vec<u64>>,
    alignment: u64,
    /// Whether identifiers are addresses: the old agent gave serial numbers, and nothing can be measured.
    addresses: bool,
    id_size: usize,
    retained_as: RetainedAs,
}

impl<'a> Candidates<'a> {
    /// All layouts that the identifiers allow.
    pub(in crate::heap) fn new(
        ids: &IdMap,
        classes: &'a Classes,
        id_size: usize,
        retained_as: RetainedAs,
    ) -> Self {
        // HotSpot loads java.lang.Record at its start since JDK 14. Without it no field fills a gap of a superclass, which
        // the addresses alone do not tell where objects lie far apart.
        let named = |class: &str| !classes.named(class).is_empty();
        let before = named("java.lang.System") && !named("java.lang.Record");
        let modes: &[Mode] = match (id_size, retained_as) {
            (4, _) => &MODES_32,
            (_, RetainedAs::Collector) if before => &MODES_BEFORE,
            (_, RetainedAs::Mat) => &MODES_MAT,
            (_, RetainedAs::Collector) => &MODES_64,
        };
        let step = ids.alignment();
        let alignment = step.clamp(8, 256);
        let injected = retained_as == RetainedAs::Collector;
        Self {
            classes,
            modes,
            tables: modes
                .iter()
                .map(|mode| mode.instances(classes, alignment, injected))
                .collect(),
            alignment,
            addresses: step >= 4,
            id_size,
            retained_as,
        }
    }

    /// Nothing seen yet.
    pub(in crate::heap) fn no_evidence(&self) -> Evidence {
        Evidence {
            distances: vec![Distances::NONE; self.classes.len()],
            seen: 0,
            violations: vec![0; self.modes.len()],
            exact: vec![0; self.modes.len()],
        }
    }

    /// Takes in an object of `length` elements that lies `distance` before the next one. It is held against every
    /// layout if `vote`: the class alone is cheaper, and some millions of votes say as much as all.
    #[inline]
    pub(in crate::heap) fn observe(
        &self,
        evidence: &mut Evidence,
        class: u32,
        length: u32,
        distance: u64,
        vote: bool,
    ) {
        evidence.distances[class as usize].add(Distances {
            smallest: distance,
            times: 1,
            instances: 1,
        });
        let choice = self.addresses && self.modes.len() > 1;
        if !vote || !choice || class == self.classes.class_class() {
            return;
        }
        evidence.seen += 1;
        let shape = self.classes.get(class).shape;
        for (number, mode) in self.modes.iter().enumerate() {
            let size = match shape {
                Shape::Instance => self.tables[number][class as usize],
                Shape::ObjectArray => mode.array(Type::Object, length, self.alignment),
                Shape::PrimitiveArray(kind) => mode.array(kind, length, self.alignment),
            };
            evidence.violations[number] += u64::from(size > distance);
            evidence.exact[number] += u64::from(size == distance);
        }
    }

    /// Chooses the layout that the addresses prove, and corrects single classes by them.
    pub(in crate::heap) fn choose(mut self, evidence: &Evidence) -> Sizes {
        // A handful of violations is noise (injected fields, padding); a wrong layout has many.
        let best = (0..self.modes.len())
            .min_by_key(|number| {
                let violations = evidence.violations[*number];
                let many = violations > evidence.seen / 1000;
                (many, std::cmp::Reverse(evidence.exact[*number]), violations)
            })
            .unwrap_or(0);
        let mode = self.modes[best];
        let share = evidence.exact[best] as f64 / evidence.seen.max(1) as f64;
        let measured = self.addresses && (self.modes.len() == 1 || evidence.seen > 0);
        let mut sizes = Sizes {
            instance: std::mem::take(&mut self.tables[best]),
            mode,
            alignment: self.alignment,
            description: describe(
                mode,
                self.id_size,
                self.alignment,
                measured,
                self.retained_as,
            ),
        };
        if measured && self.retained_as == RetainedAs::Collector {
            self.correct(&mut sizes, &evidence.distances, share > 0.97);
        }
        sizes
    }

    /// Takes the distance for the size of classes where all instances say so: fields that the VM adds, `@Contended`.
    /// Where objects do not lie `close` together, that says little, except when it is as much as padding takes.
    fn correct(&self, sizes: &mut Sizes, distances: &[Distances], close: bool) {
        let padded = self.classes.all_that_are(&PADDED);
        for (number, class) in self.classes.iter() {
            let found = distances[number as usize];
            let size = &mut sizes.instance[number as usize];
            let plain = class.shape == Shape::Instance
                && number != self.classes.class_class()
                && Some(number) != self.classes.stack_chunk();
            let padded = padded[number as usize];
            let least = if padded { 1 } else { 4 };
            let agreed = found.instances >= least && found.times * 4 >= found.instances * 3;
            let plausible = found.smallest < *size + 4 * PADDING;
            let heard = close || padded && found.smallest >= *size + PADDING;
            if plain && heard && plausible && (found.smallest < *size || agreed) {
                *size = found.smallest;
            }
        }
    }
}
