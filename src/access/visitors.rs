//! Who asked, counted while a log is read: clients and agents.

use super::bounded::{Tally, hash};
use super::clients::Clients;
use super::request::Request;
use super::shape;
use super::summary::Summary;
use super::tallies::{Visits, coarser_agent};

/// An agent that was seen lately.
struct Agent {
    name: Vec<u8>,
    probe: bool,
    visits: Visits,
}

/// Agents seen lately, by their [`place`].
const AGENTS: usize = 64;

/// Visits on their way to the tables of a summary.
pub(super) struct Visitors {
    clients: Clients,
    agents: Vec<Agent>,
}

impl Default for Visitors {
    fn default() -> Self {
        let nobody = || Agent {
            name: Vec::new(),
            probe: false,
            visits: Visits::default(),
        };
        Self {
            clients: Clients::default(),
            agents: std::iter::repeat_with(nobody).take(AGENTS).collect(),
        }
    }
}

impl Visitors {
    /// Counts who made a request; `client` is the hash of its address. Gives whether the agent is that of a probe.
    #[inline]
    pub(super) fn count(
        &mut self,
        summary: &mut Summary,
        request: &Request<'_>,
        client: u64,
    ) -> bool {
        let visits = Visits {
            requests: 1,
            errors: u64::from(request.status >= 400),
            bytes: request.bytes,
            busy: request.duration.unwrap_or(0),
        };
        if !request.client.is_empty() {
            self.clients.count(summary, request.client, client, &visits);
        }
        if request.agent.is_empty() {
            return false;
        }
        let agent = &mut self.agents[place(request.agent)];
        if agent.name != request.agent {
            agent.hand_over(summary);
            agent.name.clear();
            agent.name.extend_from_slice(request.agent);
            agent.probe = shape::is_probe_agent(request.agent);
        }
        agent.visits.merge(&visits);
        agent.probe
    }

    /// Counts what still waits.
    pub(super) fn finish(mut self, summary: &mut Summary) {
        self.clients.finish(summary);
        for agent in &mut self.agents {
            agent.hand_over(summary);
        }
    }
}

/// A place for an agent, from its length and eight bytes each of its middle and end: all of it would cost more to hash than
/// to compare.
#[inline]
fn place(agent: &[u8]) -> usize {
    let middle = agent.get(agent.len() / 2..).and_then(<[u8]>::first_chunk);
    let word = |bytes: Option<&[u8; 8]>| bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes));
    let mixed = word(middle) ^ word(agent.last_chunk()).rotate_left(17) ^ agent.len() as u64;
    (mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 58) as usize % AGENTS
}

impl Agent {
    fn hand_over(&mut self, summary: &mut Summary) {
        let visits = std::mem::take(&mut self.visits);
        if visits.requests > 0 {
            summary
                .agents
                .tally(&self.name, hash(&self.name), coarser_agent)
                .merge(&visits);
        }
    }
}
