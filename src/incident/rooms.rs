//! Asks every evidence room for its report, all at the same time.

use std::collections::BTreeMap;

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::instances::Instances;
use super::layout::{self, Layout};
use crate::access::{self, AccessReport};
use crate::events::{self, EventsReport};
use crate::finding::Finding;
use crate::gc::{self, GcReport};
use crate::heap::{self, HeapReport};
use crate::host::{self, HostReport};
use crate::input::{Bundle, Coverage, Kind, Progress, Source};
use crate::threads::{self, ThreadsReport};

/// What the evidence rooms found. A room without evidence has an empty report.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Rooms {
    /// Heap dumps, one report each.
    pub heap: Vec<HeapReport>,
    /// Thread dumps.
    pub threads: ThreadsReport,
    /// GC logs.
    pub gc: GcReport,
    /// Access logs.
    pub access: AccessReport,
    /// The access logs of each instance by themselves, where folders hold one instance each and not all logs lie in one.
    #[serde(default)]
    pub access_of: Vec<AccessReport>,
    /// Restart evidence.
    pub events: EventsReport,
    /// Snapshots of the host and the process.
    #[serde(default)]
    pub host: HostReport,
    /// The collector that made the bundle, where its file names tell.
    #[serde(default)]
    pub layout: Option<Layout>,
}

impl Rooms {
    /// Reads all evidence of `bundle`.
    pub(super) fn read(bundle: &Bundle, progress: &dyn Progress) -> Self {
        let mut rooms = Self::default();
        let Self {
            heap,
            threads,
            gc,
            access,
            access_of: _,
            events,
            host,
            layout,
        } = &mut rooms;
        *layout = layout::find(bundle);
        let heaps = || {
            *heap = bundle
                .holding(Kind::HeapDump)
                .into_iter()
                .map(|dump| heap::analyse(dump, &heap::Options::default(), progress))
                .collect();
        };
        let logs = || {
            let sources = bundle.holding(Kind::AccessLog);
            if !sources.is_empty() {
                *access = access::analyse(&sources, &access::Options::default(), progress);
            }
            // Where each line is a request there is nothing else, and nobody has to read the log again to know that.
            bundle.search(|source| only_requests(source, access));
            // A room that was begun is helped before the next is.
            while rayon::yield_now() == Some(rayon::Yield::Executed) {}
            rayon::scope(|scope| {
                scope.spawn(|_| {
                    let mut sources = bundle.holding(Kind::ThreadDump);
                    let all = sources.clone();
                    sources.retain(|source| !layout::repeated(source, &all));
                    if !sources.is_empty() {
                        *threads =
                            threads::analyse(&sources, &threads::Options::default(), progress);
                    }
                });
                scope.spawn(|_| {
                    let sources = bundle.holding(Kind::GcLog);
                    if !sources.is_empty() {
                        *gc = gc::analyse(&sources, &gc::Options::default(), progress);
                    }
                });
                scope.spawn(|_| {
                    let sources = bundle.holding(Kind::Events);
                    if !sources.is_empty() {
                        *events = events::analyse(&sources, &events::Options::default(), progress);
                    }
                });
                scope.spawn(|_| {
                    let sources = bundle.holding(Kind::HostSnapshot);
                    if !sources.is_empty() {
                        *host = host::analyse(&sources, &host::Options::default(), progress);
                    }
                });
            });
        };
        // The heap is most of the time one chain of steps: whoever has it must not begin with a log meanwhile, and as long
        // as another thread has logs it does not have to.
        rayon::join(logs, heaps);
        rooms.access_of = access_of(bundle, &Instances::find(&rooms), progress);
        if let Some(load) = super::load::load(&rooms.access) {
            rooms.threads.size(load);
        }
        rooms
    }

    /// The access logs, apart where they are known apart.
    pub(super) fn access_logs(&self) -> &[AccessReport] {
        match self.access_of.as_slice() {
            [] => std::slice::from_ref(&self.access),
            apart => apart,
        }
    }

    /// All findings of all rooms.
    pub(super) fn findings(&self) -> impl Iterator<Item = &Finding> {
        let rest = [
            &self.threads.findings,
            &self.gc.findings,
            &self.access.findings,
            &self.events.findings,
            &self.host.findings,
        ];
        let heap = self.heap.iter().map(|report| &report.findings);
        heap.chain(rest).flatten()
    }

    /// What all rooms read.
    pub(super) fn coverage(&self) -> impl Iterator<Item = &Coverage> {
        let rest = [
            &self.threads.coverage,
            &self.gc.coverage,
            &self.access.coverage,
            &self.events.coverage,
            &self.host.coverage,
        ];
        let heap = self.heap.iter().map(|report| &report.coverage);
        heap.chain(rest).flatten()
    }
}

/// Whether each line of a source was read as a request. A request in JSON may carry any other field, an error too.
fn only_requests(source: &Source, access: &AccessReport) -> bool {
    let mut coverage = access.coverage.iter();
    let read = coverage.find(|read| read.source == source.name);
    let all = read.is_some_and(|read| read.records == read.lines);
    all && !source.bytes.trim_ascii_start().starts_with(b"{")
}

/// Reads the access logs again, those of each folder by themselves: who answered how much and when is then known for each
/// instance.
fn access_of(bundle: &Bundle, instances: &Instances, progress: &dyn Progress) -> Vec<AccessReport> {
    let mut groups: BTreeMap<Option<&str>, Vec<&Source>> = BTreeMap::new();
    for source in bundle.holding(Kind::AccessLog) {
        let group = groups.entry(instances.of(&source.name)).or_default();
        group.push(source);
    }
    if groups.len() < 2 {
        return Vec::new();
    }
    groups
        .par_iter()
        .map(|(_, sources)| access::analyse(sources, &access::Options::default(), progress))
        .collect()
}
