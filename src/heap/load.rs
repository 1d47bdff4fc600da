//! From the bytes of a file to a [`Heap`].

use rustc_hash::{FxHashMap, FxHashSet};

use super::Options;
use super::census::Census;
use super::classes::Classes;
use super::graph::NONE;
use super::graph::dominators;
use super::graph::id_list::IdList;
use super::graph::ids::{IdMap, TooMany};
use super::graph::rows::TooManyReferences;
use super::graph::search::{Search, Unsearched};
use super::graph::tree::DomTree;
use super::hprof::records::{self, HeaderError, Records};
use super::hprof::sub::{Problem, RootKind};
use super::layout::Candidates;
use super::memory::{self, Demand, Limit, TooLittle};
use super::model::Heap;
use super::objects::{self, Counts, Objects, Reading};
use super::rare::Rare;
use super::reached::Reached;
use super::report::{ClassRow, RetainedAs};
use super::roots::Roots;
use super::waste::{self, Interest};
use crate::finding::Locator;
use crate::input::{Coverage, ParseIssue, Progress, Source};
use crate::t;

/// Why a source cannot be analysed at all.
#[derive(Debug, thiserror::Error)]
pub(super) enum LoadError {
    #[error(transparent)]
    Header(#[from] HeaderError),
    #[error("there is no heap segment in it")]
    NoHeap,
    #[error("it holds {0} dumps; there is no dump {1}")]
    NoSuchDump(usize, u32),
    #[error(transparent)]
    TooManyObjects(#[from] TooMany),
    #[error(transparent)]
    TooManyReferences(#[from] TooManyReferences),
    #[error("{0}")]
    TooLittleMemory(TooLittle),
    #[error("there is memory for a histogram only")]
    Histogram(Box<Histogram>),
}

/// What fits where the graph does not.
#[derive(Debug)]
pub(super) struct Histogram {
    pub(super) rows: Vec<ClassRow>,
    /// Classes in the dump.
    pub(super) classes: u64,
    /// How sizes were computed.
    pub(super) layout: String,
    pub(super) why: TooLittle,
}

/// What the loading learned besides the heap itself.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    /// Why and where the dump ends early.
    pub(super) truncated: Option<String>,
    /// Roots by kind.
    pub(super) roots: Vec<(RootKind, u64)>,
}

/// Reads a dump. `coverage` and `loaded` receive what is known, also when loading fails. One thread alone can search the
/// graph: `searching` looks at the contents of objects meanwhile. So with the dominators: `dominating` looks at what is
/// known by then. Neither has a tree.
pub(super) fn load<'a, T: Send, U: Send>(
    source: &'a Source,
    options: &Options,
    progress: &dyn Progress,
    coverage: &mut Coverage,
    loaded: &mut Loaded,
    searching: impl FnOnce(&Heap<'a>) -> T + Send,
    dominating: impl FnOnce(&Reached<'_, 'a>, T) -> U + Send,
) -> Result<(Heap<'a>, U), LoadError> {
    let bytes: &[u8] = &source.bytes;
    let header = records::header(bytes)?;
    coverage.format = t!(
        "HPROF {version}, {size}-byte identifiers",
        version = header.version,
        size = header.id_size
    );
    let mut records = Records::read(bytes, &header);
    loaded.truncated = report_issues(&records, source, coverage);
    let dumps = std::mem::take(&mut records.dumps);
    let number = options.dump.unwrap_or(dumps.len() as u32) as usize;
    let segments = match dumps.get(number.wrapping_sub(1)) {
        _ if dumps.iter().all(Vec::is_empty) => return Err(LoadError::NoHeap),
        None => return Err(LoadError::NoSuchDump(dumps.len(), number as u32)),
        Some(segments) => segments,
    };
    let total: u64 = segments.iter().map(|segment| segment.len() as u64).sum();
    progress.phase("reading objects", total);
    let mut census = Census::take(
        bytes,
        header.id_size,
        segments,
        |id| records.is_class(id),
        progress,
    );
    report_faults(&census, source, loaded, coverage);

    let limit = Limit(options.memory);
    let objects = census.ids.iter().map(IdList::len).sum();
    limit
        .for_identifiers(objects)
        .map_err(LoadError::TooLittleMemory)?;
    let (ids, repeated) = IdMap::build(&census.ids)?;
    census.ids = Vec::new();
    let repeated_at = objects::last_records(bytes, header.id_size, &census.pieces, &repeated);
    let classes = Classes::build(
        std::mem::take(&mut census.classes),
        &census.used,
        bytes,
        &records,
        header.id_size,
    );
    let class_objects: FxHashMap<u32, u32> = classes
        .iter()
        .filter(|(_, class)| !class.made_up)
        .filter_map(|(number, class)| Some((ids.index(class.id)?, number)))
        .collect();
    let mut roots = Roots::resolve(&census.roots, &ids);
    if roots.list.is_empty() {
        roots.stand_in(
            bytes,
            header.id_size,
            &census,
            &classes,
            &ids,
            &class_objects,
        );
        let note = t!("the dump has no roots: classes and threads stand in for them");
        coverage.report(ParseIssue::new(Locator::whole(&source.name), note));
    } else if !census
        .roots
        .iter()
        .any(|root| root.kind == RootKind::SystemClass)
    {
        // jmap of JDK 5 wrote none.
        roots.add_boot_classes(&classes, &class_objects);
    }
    if options.retained_as == RetainedAs::Collector {
        roots.keep_boot_arrays(&classes, &class_objects);
    }
    let root_indices = roots.indices();
    let is_root: FxHashSet<u32> = root_indices.iter().copied().collect();
    // A class that was made up has no object.
    let mut kept_classes = vec![NONE; classes.len()];
    for (index, number) in &class_objects {
        if !is_root.contains(index) {
            kept_classes[*number as usize] = *index;
        }
    }

    let reading = Reading {
        bytes,
        id_size: header.id_size,
        pieces: &census.pieces,
        ids: &ids,
        classes: &classes,
        repeated: &repeated_at,
        kept_classes: &kept_classes,
        locals: &roots.locals,
        retained_as: options.retained_as,
    };
    progress.phase("counting references", total);
    let candidates = Candidates::new(&ids, &classes, header.id_size, options.retained_as);
    let mut demand = Demand {
        objects: ids.len() as u64,
        kept: Objects::bytes_each(classes.len(), bytes.len()),
        ..Demand::default()
    };
    let enough = limit.for_analysis(demand);
    let Counts {
        objects,
        degrees,
        evidence,
    } = reading.count(&candidates, enough.is_ok(), progress);
    demand.references = degrees.iter().map(|degree| u64::from(*degree)).sum();
    let instances: Vec<u64> = evidence.instances().collect();
    let of_contents = classes.iter().zip(&instances);
    for ((number, class), instances) in of_contents {
        match waste::looks_at(&classes, number, class) {
            Some(Interest::Value) => demand.values += instances,
            Some(Interest::Collection) => demand.collections += instances,
            None => {}
        }
    }
    let enough = enough.and_then(|()| limit.for_analysis(demand));
    let sizes = candidates.choose(&evidence);
    let class_object_sizes: Vec<u64> = classes
        .iter()
        .map(|(_, class)| sizes.of_class(class, &classes, &records, bytes, options.retained_as))
        .collect();
    if let Err(why) = enough {
        progress.phase("reading sizes", total);
        drop((degrees, objects));
        report_objects(&census, repeated.len(), 0, roots.dangling, source, coverage);
        coverage.records = ids.len() as u64;
        let real = classes.iter().filter(|(_, class)| !class.made_up);
        return Err(LoadError::Histogram(Box::new(Histogram {
            rows: memory::histogram(&reading, &classes, &sizes, &class_object_sizes, progress),
            classes: real.count() as u64,
            layout: sizes.description.clone(),
            why,
        })));
    }
    progress.phase("reading references", total);
    let (rows, dangling) = reading.connect(degrees, progress)?;
    report_objects(
        &census,
        repeated.len(),
        dangling,
        roots.dangling,
        source,
        coverage,
    );
    coverage.records = ids.len() as u64;
    loaded.roots = roots.counts();
    let mut heap = Heap {
        source: &source.name,
        bytes,
        header,
        records,
        classes,
        ids,
        objects,
        tree: DomTree::default(),
        rare: Rare::default(),
        retained_as: options.retained_as,
        sizes,
        class_objects,
        roots: roots.list,
        locals: roots.locals,
    };
    progress.phase("finding dominators", 0);
    let unsearched = Unsearched::new(rows, &root_indices);
    let (search, seen) = rayon::join(|| unsearched.search(), || searching(&heap));
    let Search {
        numbers,
        parent,
        start,
        referrers,
    } = search;
    let reached = || {
        let reached = Reached::new(&heap, &numbers, &class_object_sizes);
        let seen = dominating(&reached, seen);
        (reached.into_sizes(), seen)
    };
    let dominators = || dominators::immediate(parent, start, referrers);
    let (dominators, (sizes, seen)) = rayon::join(dominators, reached);
    let build = || DomTree::build(numbers, dominators);
    let (mut tree, rare) = rayon::join(build, || Rare::of(&heap, &instances));
    tree.weigh(&sizes);
    drop(sizes);
    heap.tree = tree;
    heap.rare = rare;
    progress.phase("analysing", 0);
    Ok((heap, seen))
}

fn report_issues(records: &Records, source: &Source, coverage: &mut Coverage) -> Option<String> {
    let mut truncated = None;
    for issue in &records.issues {
        let locator = Locator::bytes(&source.name, issue.from as u64, issue.to as u64);
        coverage.not_understood += (issue.to - issue.from) as u64;
        coverage.report(ParseIssue::new(locator, issue.problem.clone()));
        if issue.truncated && truncated.is_none() {
            truncated = Some(t!(
                "{problem}, at byte {at}",
                problem = issue.problem,
                at = crate::text::count(issue.from as u64)
            ));
        }
    }
    truncated
}

fn report_faults(census: &Census, source: &Source, loaded: &mut Loaded, coverage: &mut Coverage) {
    for (fault, end) in &census.faults {
        let problem = match fault.problem {
            Problem::Tag(tag) => t!("expected an object or root, found tag {tag}", tag),
            Problem::ElementType(kind) => t!("no element type has the number {kind}", kind),
            Problem::CutShort => t!("an object goes on where its segment ends"),
        };
        let (from, to) = (fault.at as u64, *end as u64);
        coverage.not_understood += to - from;
        let locator = Locator::bytes(&source.name, from, to);
        coverage.report(ParseIssue::new(locator, problem));
        if *end == source.bytes.len() && fault.problem == Problem::CutShort {
            let at = crate::text::count(from);
            loaded.truncated = Some(t!("the file ends inside an object, at byte {at}", at));
        }
    }
}

fn report_objects(
    census: &Census,
    repeated: usize,
    dangling: u64,
    dangling_roots: u64,
    source: &Source,
    coverage: &mut Coverage,
) {
    let mut note = |count: u64, text: String| {
        if count > 0 {
            coverage.report(ParseIssue::new(Locator::whole(&source.name), text));
        }
    };
    let number = crate::text::count;
    note(
        census.nameless,
        t!(
            "{count} objects have the identifier 0 and are left out",
            count = number(census.nameless)
        ),
    );
    note(
        repeated as u64,
        t!(
            "{count} identifiers have several records; the last one counts",
            count = number(repeated as u64)
        ),
    );
    note(
        dangling,
        t!(
            "{count} references lead to objects that are not in the dump",
            count = number(dangling)
        ),
    );
    // Roots of classes that were never initialised and the like are normal in small numbers.
    note(
        dangling_roots,
        t!(
            "{count} roots lead to objects that are not in the dump",
            count = number(dangling_roots)
        ),
    );
}
