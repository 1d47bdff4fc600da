//! Clients while a log is read. There are many, every request touches one, and which one nobody can foretell: what counts is
//! how much of the table the processor's cache can hold, and that it waits for several places of memory at once.

use std::hint::black_box;
use std::ops::Range;

use super::bounded::Tally;
use super::index::Index;
use super::summary::Summary;
use super::tallies::{Visits, coarser_client};

/// Clients counted here at the same time; when there are more, all go to the table of the summary.
const CLIENTS: usize = 131_072;
/// Visits that wait at most.
const WAITING: usize = 256;

/// A client; two of them share a line of the processor's cache.
#[derive(Debug, Clone, Copy)]
#[repr(align(32))]
struct Client {
    hashed: u64,
    requests: u32,
    errors: u32,
    bytes: u64,
    busy: i64,
}

/// A visit that waits to be counted.
struct Visit {
    /// The row of its client, as far as the index alone can tell.
    row: usize,
    /// Where its client ends among the names of those that wait.
    end: usize,
    hashed: u64,
    failed: bool,
    bytes: u64,
    busy: i64,
}

/// Clients on their way to the table of a summary.
#[derive(Default)]
pub(super) struct Clients {
    waiting: Vec<Visit>,
    /// The clients of the visits that wait.
    names: Vec<u8>,
    index: Index,
    rows: Vec<Client>,
    /// The names of all rows, and where each ends.
    keys: Vec<u8>,
    ends: Vec<usize>,
}

impl Clients {
    /// Counts a visit of `client`, whose hash is given.
    #[inline]
    pub(super) fn count(
        &mut self,
        summary: &mut Summary,
        client: &[u8],
        hashed: u64,
        visit: &Visits,
    ) {
        self.names.extend_from_slice(client);
        self.waiting.push(Visit {
            row: usize::MAX,
            end: self.names.len(),
            hashed,
            failed: visit.errors > 0,
            bytes: visit.bytes,
            busy: visit.busy,
        });
        if self.waiting.len() == WAITING {
            self.count_waiting(summary);
        }
    }

    fn count_waiting(&mut self, summary: &mut Summary) {
        let mut waiting = std::mem::take(&mut self.waiting);
        self.index.fetch(waiting.iter().map(|visit| visit.hashed));
        let mut fetched = 0;
        for visit in &mut waiting {
            visit.row = self
                .index
                .find(visit.hashed, |_| visit.hashed)
                .unwrap_or(usize::MAX);
            fetched ^= self.rows.get(visit.row).map_or(0, |row| row.hashed);
        }
        black_box(fetched);
        let mut from = 0;
        for visit in &waiting {
            let name = std::mem::replace(&mut from, visit.end)..visit.end;
            let row = match self.rows.get(visit.row) {
                Some(row) if row.hashed == visit.hashed => visit.row,
                _ => self.find_or_insert(name, visit.hashed, summary),
            };
            let client = &mut self.rows[row];
            client.requests += 1;
            client.errors += u32::from(visit.failed);
            client.bytes = client.bytes.saturating_add(visit.bytes);
            client.busy = client.busy.saturating_add(visit.busy);
            if client.requests == u32::MAX {
                self.hand_over(summary);
            }
        }
        self.waiting = waiting;
        self.waiting.clear();
        self.names.clear();
    }

    /// The row of a client among those that wait, made if need be.
    fn find_or_insert(&mut self, name: Range<usize>, hashed: u64, summary: &mut Summary) -> usize {
        if let Some(row) = self.index.find(hashed, |row| self.rows[row].hashed) {
            return row;
        }
        if self.rows.len() == CLIENTS {
            self.hand_over(summary);
        }
        summary.distinct.add(hashed);
        self.keys.extend_from_slice(&self.names[name]);
        self.ends.push(self.keys.len());
        self.rows.push(Client {
            hashed,
            requests: 0,
            errors: 0,
            bytes: 0,
            busy: 0,
        });
        let rows = &self.rows;
        self.index.push(rows.len(), |row| rows[row].hashed);
        rows.len() - 1
    }

    fn hand_over(&mut self, summary: &mut Summary) {
        let mut from = 0;
        for (client, end) in self.rows.drain(..).zip(self.ends.drain(..)) {
            let name = &self.keys[std::mem::replace(&mut from, end)..end];
            let tally = summary.clients.tally(name, client.hashed, coarser_client);
            tally.merge(&Visits {
                requests: client.requests.into(),
                errors: client.errors.into(),
                bytes: client.bytes,
                busy: client.busy,
            });
        }
        self.keys.clear();
        self.index.clear();
    }

    /// Hands everything counted to the summary.
    pub(super) fn finish(mut self, summary: &mut Summary) {
        self.count_waiting(summary);
        self.hand_over(summary);
    }
}

#[cfg(test)]
mod tests {
    use super::super::bounded::hash;
    use super::*;

    #[test]
    fn more_clients_than_there_is_room_for_are_counted_as_in_the_table() {
        let (mut direct, mut counted) = (Summary::default(), Summary::default());
        let mut clients = Clients::default();
        for visit in 0..300_000_u64 {
            // The second half comes again, after the table was handed over.
            let number = visit % 150_000;
            let name = format!("10.{}.{}.{}", number >> 16, number >> 8 & 255, number & 255);
            let hashed = hash(name.as_bytes());
            let visits = Visits {
                requests: 1,
                errors: visit % 3 / 2,
                bytes: visit,
                busy: 7,
            };
            clients.count(&mut counted, name.as_bytes(), hashed, &visits);
            let tally = direct
                .clients
                .tally(name.as_bytes(), hashed, coarser_client);
            tally.merge(&visits);
            direct.distinct.add(hashed);
        }
        clients.finish(&mut counted);
        assert_eq!(counted.clients.rows(), direct.clients.rows());
        assert_eq!(counted.distinct, direct.distinct);
    }
}
