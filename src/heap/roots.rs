//! Why objects are alive by themselves.

use rustc_hash::FxHashMap;

use super::census::Census;
use super::classes::{Classes, Shape};
use super::graph::ids::IdMap;
use super::hprof::sub::{Root, RootKind, Visit, walk};

/// Roots with their objects.
#[derive(Debug, Default)]
pub(super) struct Roots {
    pub(super) list: Vec<(Root, u32)>,
    threads: FxHashMap<u32, u32>,
    /// What the stack of a thread refers to, by index of the thread object.
    pub(super) locals: FxHashMap<u32, Vec<u32>>,
    /// Roots whose object is not in the dump.
    pub(super) dangling: u64,
    /// Class objects that no root record names, although nothing ever frees them.
    lasting: Vec<u32>,
}

impl Roots {
    /// Finds the objects of all roots.
    pub(super) fn resolve(all: &[Root], ids: &IdMap) -> Self {
        let mut roots = Self::default();
        for root in all {
            match ids.index(root.id) {
                Some(index) => roots.list.push((*root, index)),
                None => roots.dangling += u64::from(root.id != 0),
            }
        }
        for (root, index) in &roots.list {
            if let (RootKind::Thread, Some(serial)) = (root.kind, root.thread) {
                roots.threads.insert(serial, *index);
            }
        }
        for (root, index) in &roots.list {
            if let Some(thread) = roots.thread_of(root) {
                roots.locals.entry(thread).or_default().push(*index);
            }
        }
        for locals in roots.locals.values_mut() {
            locals.sort_unstable();
            locals.dedup();
        }
        roots
    }

    /// The thread from whose stack a root is referred to. Such roots are references of the thread object.
    fn thread_of(&self, root: &Root) -> Option<u32> {
        match root.kind.is_on_stack() {
            true => self.threads.get(&root.thread?).copied(),
            false => None,
        }
    }

    /// Indices of the objects that are roots by themselves, sorted.
    pub(super) fn indices(&self) -> Vec<u32> {
        let own = self
            .list
            .iter()
            .filter(|(root, _)| self.thread_of(root).is_none());
        let own = own.map(|(_, index)| *index);
        let mut indices: Vec<u32> = own.chain(self.lasting.iter().copied()).collect();
        indices.sort_unstable();
        indices.dedup();
        indices
    }

    /// HotSpot names the classes of the boot loader as roots, but of those only the ones of instances: the classes of
    /// their arrays live as long as they do, not as long as an array.
    pub(super) fn keep_boot_arrays(
        &mut self,
        classes: &Classes,
        class_objects: &FxHashMap<u32, u32>,
    ) {
        let lasting = class_objects.iter().filter(|(_, number)| {
            let class = classes.get(**number);
            class.loader == 0 && class.shape != Shape::Instance
        });
        self.lasting = lasting.map(|(index, _)| *index).collect();
    }

    fn add(&mut self, kind: RootKind, id: u64, index: u32) {
        let root = Root {
            kind,
            id,
            thread: None,
            frame: None,
        };
        self.list.push((root, index));
    }

    /// jmap of JDK 5 wrote no system classes: those of the boot loader are taken for them.
    pub(super) fn add_boot_classes(
        &mut self,
        classes: &Classes,
        class_objects: &FxHashMap<u32, u32>,
    ) {
        let mut boot: Vec<u32> = class_objects
            .iter()
            .filter(|(_, number)| {
                let class = classes.get(**number);
                class.loader == 0 && class.shape == Shape::Instance
            })
            .map(|(index, _)| *index)
            .collect();
        boot.sort_unstable();
        for index in boot {
            self.add(RootKind::SystemClass, 0, index);
        }
    }

    /// JDK 8 to 17 write roots last, so a dump that was cut off has none: all classes and threads are taken for roots.
    pub(super) fn stand_in(
        &mut self,
        bytes: &[u8],
        id_size: usize,
        census: &Census,
        classes: &Classes,
        ids: &IdMap,
        class_objects: &FxHashMap<u32, u32>,
    ) {
        struct Threads<'a> {
            classes: &'a Classes,
            is_thread: Vec<bool>,
            found: Vec<u64>,
        }
        impl Visit for Threads<'_> {
            fn instance(&mut self, _: usize, id: u64, class: u64, _: &[u8]) {
                let number = self.classes.number(class);
                if number.is_some_and(|number| self.is_thread[number as usize]) {
                    self.found.push(id);
                }
            }
        }
        let mut threads = Threads {
            classes,
            is_thread: classes.all_that_are(&["java.lang.Thread"]),
            found: Vec::new(),
        };
        for piece in &census.pieces {
            let _ = walk(bytes, id_size, piece, &mut threads);
        }
        let threads = threads.found.iter().filter_map(|id| ids.index(*id));
        let mut indices: Vec<u32> = class_objects.keys().copied().chain(threads).collect();
        indices.sort_unstable();
        indices.dedup();
        for index in indices {
            self.add(RootKind::StandIn, 0, index);
        }
    }

    /// Roots by kind, most first.
    pub(super) fn counts(&self) -> Vec<(RootKind, u64)> {
        let mut counts = std::collections::BTreeMap::new();
        for (root, _) in &self.list {
            *counts.entry(root.kind).or_insert(0) += 1;
        }
        let mut counts: Vec<(RootKind, u64)> = counts.into_iter().collect();
        counts.sort_by_key(|(kind, count)| (std::cmp::Reverse(*count), *kind));
        counts
    }
}
