//! Shards joined into one summary. Shards are added in the order of their names, each file once.

use std::collections::BTreeSet;

use super::cells::Mark;
use super::layers;
use super::read::Shard;
use super::series::Series;
use super::summary::{Place, Summary};
use super::tallies::{coarser_probe, coarser_server};
use super::{FormatChoice, Layer, LogStart};
use crate::finding::Locator;
use crate::input::Coverage;

/// What is known of a source beside its requests.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) name: String,
    pub(super) server: String,
    pub(super) formats: Vec<FormatChoice>,
    pub(super) coverage: Coverage,
    pub(super) log_starts: Vec<LogStart>,
    /// Lines by ten seconds.
    pub(super) lines: Series<Mark, 400>,
}

/// The sum of shards.
#[derive(Debug, Clone, Default)]
pub(super) struct Fold {
    /// Everything, or while shards are added what is not of proxies.
    pub(super) summary: Summary,
    /// What is of proxies, while shards are added.
    front: Option<Box<Summary>>,
    /// Layers of the same requests, of which one is counted.
    pub(super) layers: Vec<Layer>,
    /// Servers of the layer that is counted, if there are two.
    pub(super) counted: BTreeSet<Vec<u8>>,
    pub(super) sources: Vec<Known>,
    pub(super) duplicates: Vec<String>,
    seen: BTreeSet<(u64, u64)>,
}

impl Fold {
    /// Whether a file of this size and fingerprint is in already; then its name is noted.
    pub(super) fn has(&mut self, name: &str, size: u64, fingerprint: u64) -> bool {
        // Empty files have one content; their names tell them apart.
        let identity = match size {
            0 => super::read::fingerprint(name.as_bytes()),
            _ => fingerprint,
        };
        let known = !self.seen.insert((size, identity));
        if known {
            self.duplicates.push(name.to_owned());
        }
        known
    }

    /// Adds a shard; one that is in already only by name.
    pub(super) fn add(&mut self, shard: Shard) {
        if !self.has(&shard.name, shard.size, shard.fingerprint) {
            self.add_new(shard);
        }
    }

    /// Adds a shard that is known not to be in yet.
    pub(super) fn add_new(&mut self, mut shard: Shard) {
        let source = self.sources.len() as u64;
        let place = |line| Place { source, line }.pack();
        shard.summary.renumber(place);
        let lines = std::mem::replace(&mut shard.summary.lines, Series::new(1));
        let front = layers::is_front(&shard.formats);
        self.sources.push(Known {
            server: super::read::server_of(&shard.name),
            name: shard.name,
            formats: shard.formats,
            coverage: shard.coverage,
            log_starts: shard.log_starts,
            lines,
        });
        match front {
            true => self.front.get_or_insert_default().merge(shard.summary),
            false => self.summary.merge(shard.summary),
        }
    }

    /// Makes one summary of the two sides. When they hold the same requests, it is that of the proxy, unless only the servers
    /// behind it write durations; what each side alone can tell of servers and probes is kept.
    pub(super) fn join(&mut self) {
        let Some(front) = self.front.take() else {
            return;
        };
        let mut other = *front;
        if !layers::same_requests(&other, &self.summary) {
            self.summary.merge(other);
            return;
        }
        let by_front = other.timed > 0 || self.summary.timed == 0;
        for (front, requests) in [(true, other.requests), (false, self.summary.requests)] {
            let ours = |known: &&Known| layers::is_front(&known.formats) == front;
            let logs: BTreeSet<String> = self
                .sources
                .iter()
                .filter(ours)
                .map(|known| known.server.clone())
                .collect();
            self.layers.push(Layer {
                front,
                logs: logs.into_iter().collect(),
                requests,
                counted: front == by_front,
            });
        }
        if by_front {
            std::mem::swap(&mut self.summary, &mut other);
        }
        let counted = self.summary.servers.rows();
        self.counted = counted.into_iter().map(|(name, _)| name.to_vec()).collect();
        self.summary.servers.merge(other.servers, coarser_server);
        self.summary.probes.merge(other.probes, coarser_probe);
    }

    /// A packed place as people find it.
    pub(super) fn locator(&self, packed: u64) -> Locator {
        let place = Place::unpack(packed);
        let source = self.sources.get(place.source as usize);
        Locator::line(source.map_or("-", |known| known.name.as_str()), place.line)
    }

    /// The last line of a server up to one instant and its first from another, later one on: the edges of a silence. Where
    /// both lie in one cell of the index, the lines of that cell.
    pub(super) fn edges(
        &self,
        server: &str,
        from: i64,
        to: i64,
    ) -> (Option<Locator>, Option<Locator>) {
        let some = self.sources.iter().any(|known| known.server == server);
        let ours: Vec<&Known> = self
            .sources
            .iter()
            .filter(|known| !some || known.server == server)
            .collect();
        let at = |micros: i64| {
            ours.iter()
                .filter_map(move |known| Some((*known, *known.lines.get(micros)?)))
        };
        let whole = |(known, mark): (&Known, Mark)| {
            let line = |packed| Place::unpack(packed).line;
            Locator::lines(&known.name, line(mark.first), line(mark.last))
        };
        let (Some(before), Some(after)) = (at(from).next_back(), at(to).next()) else {
            return (None, None);
        };
        if before.1 == after.1 {
            return (Some(whole(before)), Some(whole(after)));
        }
        (
            Some(self.locator(before.1.last)),
            Some(self.locator(after.1.first)),
        )
    }

    /// The lines of all sources between two instants, one stretch a source.
    pub(super) fn lines_between(&self, from: i64, to: i64) -> Vec<Locator> {
        let mut out = Vec::new();
        for known in &self.sources {
            let step = known.lines.step();
            let mut whole = Mark::default();
            for (number, mark) in known.lines.cells() {
                if (number + 1) * step > from && number * step <= to {
                    whole.cover(mark.first);
                    whole.cover(mark.last);
                }
            }
            if whole.first <= whole.last {
                let line = |packed| Place::unpack(packed).line;
                out.push(Locator::lines(
                    &known.name,
                    line(whole.first),
                    line(whole.last),
                ));
            }
        }
        out
    }
}
