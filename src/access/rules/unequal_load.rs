//! Servers of one group get different shares of the load.

use crate::access::model::Model;
use crate::access::tallies::Server;
use crate::finding::{Confidence, Evidence, Finding, Locator, Rule, RuleMeta, Severity};
use crate::t;
use crate::text::{count, percent};

pub(super) struct UnequalLoad;

static META: RuleMeta = RuleMeta {
    id: "access/unequal-load",
    title: "Unequal load over servers",
    severity: Severity::Low,
    means: "One server carries clearly more than its share. It is the first to run out of threads, memory or CPU, and its death \
            hands the same load to the next one.",
    detected: "At least two servers (from the lines, or one a file) with at least 200 transactions together: the largest share is \
               at least 1.4 times an equal one and more than six standard deviations of chance above it. Which way of balancing \
               it looks like is judged by the sum of distinct clients per server over the distinct clients in all: about 1 \
               means that a client always meets the same server.",
    advice: "With sticky sessions or hashing by address a few large clients make the difference: balance by least connections, or \
             hash by something finer. With round robin look at weights and at servers that were out for a while.",
    false_positives: "Servers of different size with weights on purpose, logs that cover different stretches of time.",
    sources: &["Azar et al., Balanced allocations, 1999"],
};

impl Rule<Model> for UnequalLoad {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, model: &Model) -> Vec<Finding> {
        let rows = model.fold.summary.servers.rows();
        let servers: Vec<(&[u8], &Server)> = rows
            .into_iter()
            .filter(|(name, server)| {
                let counted = &model.fold.counted;
                server.transactions > 0 && (counted.is_empty() || counted.contains(*name))
            })
            .collect();
        let total: u64 = servers.iter().map(|(_, server)| server.transactions).sum();
        let Some((name, most)) = servers
            .iter()
            .max_by_key(|(name, server)| (server.transactions, std::cmp::Reverse(*name)))
        else {
            return Vec::new();
        };
        let fair = total as f64 / servers.len() as f64;
        let chance = 6.0 * (fair * (1.0 - 1.0 / servers.len() as f64)).sqrt();
        let above = most.transactions as f64 - fair;
        if servers.len() < 2 || total < 200 || above < 0.4 * fair || above <= chance {
            return Vec::new();
        }
        let clients: u64 = servers
            .iter()
            .map(|(_, server)| server.clients.estimate())
            .sum();
        let spread = clients as f64 / model.report.distinct_clients.max(1) as f64;
        let name = String::from_utf8_lossy(name);
        let mut finding = Finding::new(
            &META,
            t!(
                "{server} has {share} of the load of {count} servers",
                server = name,
                share = percent(most.transactions as f64, total as f64),
                count = servers.len()
            ),
        );
        finding.confidence = Confidence::Likely;
        let kind = if model.report.distinct_clients < 20 {
            t!("There are too few clients to tell how they are distributed.")
        } else if spread < 1.25 {
            t!(
                "A client almost always meets the same server: hashing by address or sticky sessions."
            )
        } else if spread > 1.0 + 0.5 * (servers.len() as f64 - 1.0).min(2.0) {
            t!(
                "Clients meet several servers: round robin, random or least connections, with unequal weights or times of service."
            )
        } else {
            t!(
                "Clients meet more than one server, but not all: sessions that are sticky for a while."
            )
        };
        finding.summary = t!(
            "An equal share would be {fair} transactions; {server} has {most}. {kind}",
            fair = count(fair as u64),
            server = name,
            most = count(most.transactions),
            kind
        );
        let source = model
            .fold
            .sources
            .iter()
            .find(|known| known.server == name)
            .or(model.fold.sources.first());
        for (server, tally) in servers.iter().take(6) {
            finding.evidence.push(Evidence::new(
                t!(
                    "{server}: {transactions} transactions of about {clients} clients",
                    server = String::from_utf8_lossy(server),
                    transactions = count(tally.transactions),
                    clients = count(tally.clients.estimate())
                ),
                Locator::whole(source.map_or("-", |known| known.name.as_str())),
            ));
        }
        finding.advice = vec![t!(
            "Check weights, stickiness and the hash key of the load balancer; least connections evens out long requests."
        )];
        vec![finding]
    }
}
