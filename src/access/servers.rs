//! Servers, counted while a log is read: most lines have the server of the line before.

use super::bounded::{ByHash, Tally, hash};
use super::summary::Summary;
use super::tallies::{Server, coarser_server};

/// Servers counted here at the same time; when there are more, all go to the table of the summary.
const SERVERS: usize = 256;

/// Servers on their way to the table of a summary.
#[derive(Default)]
pub(super) struct Servers {
    list: Vec<(Box<[u8]>, Server)>,
    by_hash: ByHash<u32>,
    /// Index of the server that answered last.
    last: usize,
}

impl Servers {
    /// The tally of a server.
    #[inline]
    pub(super) fn of(&mut self, name: &[u8], summary: &mut Summary) -> &mut Server {
        if self.list.get(self.last).is_none_or(|last| *last.0 != *name) {
            self.last = self.find(name, hash(name), summary);
        }
        &mut self.list[self.last].1
    }

    fn find(&mut self, name: &[u8], hashed: u64, summary: &mut Summary) -> usize {
        if let Some(index) = self.by_hash.get(&hashed) {
            return *index as usize;
        }
        if self.list.len() == SERVERS {
            self.close(summary);
        }
        self.by_hash.insert(hashed, self.list.len() as u32);
        self.list.push((name.into(), Server::default()));
        self.list.len() - 1
    }

    /// Hands everything counted to the summary.
    pub(super) fn close(&mut self, summary: &mut Summary) {
        for (name, server) in self.list.drain(..) {
            let tally = summary.servers.tally(&name, hash(&name), coarser_server);
            tally.merge(&server);
        }
        self.by_hash.clear();
        self.last = 0;
    }
}
