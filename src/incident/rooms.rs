//! Asks every evidence room for its report, all at the same time.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::layout::{self, Layout};
use crate::access::{self, AccessReport};
use crate::events::{self, EventsReport};
use crate::finding::Finding;
use crate::gc::{self, GcReport};
use crate::heap::{self, HeapReport};
use crate::host::{self, HostReport};
use crate::input::{Bundle, Coverage, Kind, Progress};
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
            events,
            host,
            layout,
        } = &mut rooms;
        *layout = layout::find(bundle);
        rayon::scope(|scope| {
            scope.spawn(|_| {
                *heap = bundle
                    .holding(Kind::HeapDump)
                    .into_iter()
                    .map(|dump| heap::analyse(dump, &heap::Options::default(), progress))
                    .collect();
            });
            scope.spawn(|_| {
                let sources = bundle.holding(Kind::ThreadDump);
                if !sources.is_empty() {
                    *threads = threads::analyse(&sources, &threads::Options::default(), progress);
                }
            });
            scope.spawn(|_| {
                let sources = bundle.holding(Kind::GcLog);
                if !sources.is_empty() {
                    *gc = gc::analyse(&sources, &gc::Options::default(), progress);
                }
            });
            scope.spawn(|_| {
                let sources = bundle.holding(Kind::AccessLog);
                if !sources.is_empty() {
                    *access = access::analyse(&sources, &access::Options::default(), progress);
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
        if let Some(load) = super::load::load(&rooms.access) {
            rooms.threads.size(load);
        }
        rooms
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
