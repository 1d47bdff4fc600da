//! Who asked, counted while a log is read: clients and agents.

use super::bounded::{Tally, hash};
use super::request::Request;
use super::shape;
use super::summary::Summary;
use super::tallies::{Visits, coarser_agent, coarser_client};

/// A visit of a client that waits to be counted. The table of clients is large, so visits are counted many at a time:
/// then the processor waits for several places of memory at once instead of one after the other.
struct Visit<'a> {
    client: &'a [u8],
    hashed: u64,
    visits: Visits,
}

/// Visits that wait at most.
const WAITING: usize = 256;

/// An agent that was seen lately.
struct Agent<'a> {
    name: &'a [u8],
    hashed: u64,
    probe: bool,
    visits: Visits,
}

/// Agents seen lately, by the low bits of their hash.
const AGENTS: usize = 64;

/// Clients seen lately, by the low bits of their hash.
const CLIENTS: usize = 1024;

/// Visits on their way to the tables of a summary.
pub(super) struct Visitors<'a> {
    /// A client that comes back soon is counted here, and in the large table once for all its visits.
    lately: Vec<Option<Visit<'a>>>,
    waiting: Vec<Visit<'a>>,
    agents: Vec<Option<Agent<'a>>>,
}

impl Default for Visitors<'_> {
    fn default() -> Self {
        Self {
            lately: std::iter::repeat_with(|| None).take(CLIENTS).collect(),
            waiting: Vec::with_capacity(WAITING),
            agents: std::iter::repeat_with(|| None).take(AGENTS).collect(),
        }
    }
}

impl<'a> Visitors<'a> {
    /// Counts who made a request; `client` is the hash of its address. Gives whether the agent is that of a probe.
    #[inline]
    pub(super) fn count(
        &mut self,
        summary: &mut Summary,
        request: &Request<'a>,
        client: u64,
    ) -> bool {
        let visits = Visits {
            requests: 1,
            errors: u64::from(request.status >= 400),
            bytes: request.bytes,
            busy: request.duration.unwrap_or(0),
        };
        if !request.client.is_empty() {
            summary.distinct.add(client);
            match &mut self.lately[client as usize % CLIENTS] {
                Some(known) if known.hashed == client => known.visits.merge(&visits),
                place => {
                    let visit = Visit {
                        client: request.client,
                        hashed: client,
                        visits,
                    };
                    self.waiting.extend(place.replace(visit));
                    if self.waiting.len() == WAITING {
                        self.count_waiting(summary);
                    }
                }
            }
        }
        if request.agent.is_empty() {
            return false;
        }
        let hashed = hash(request.agent);
        let slot = &mut self.agents[hashed as usize % AGENTS];
        if slot.as_ref().is_none_or(|agent| agent.hashed != hashed) {
            let agent = Agent {
                name: request.agent,
                hashed,
                probe: shape::is_probe_agent(request.agent),
                visits: Visits::default(),
            };
            if let Some(old) = slot.replace(agent) {
                old.hand_over(summary);
            }
        }
        match slot {
            Some(agent) => {
                agent.visits.merge(&visits);
                agent.probe
            }
            None => false,
        }
    }

    fn count_waiting(&mut self, summary: &mut Summary) {
        for visit in self.waiting.drain(..) {
            summary
                .clients
                .tally(visit.client, visit.hashed, coarser_client)
                .merge(&visit.visits);
        }
    }

    /// Counts what still waits.
    pub(super) fn finish(mut self, summary: &mut Summary) {
        self.waiting.extend(self.lately.drain(..).flatten());
        self.count_waiting(summary);
        for agent in self.agents.into_iter().flatten() {
            agent.hand_over(summary);
        }
    }
}

impl Agent<'_> {
    fn hand_over(self, summary: &mut Summary) {
        summary
            .agents
            .tally(self.name, self.hashed, coarser_agent)
            .merge(&self.visits);
    }
}
