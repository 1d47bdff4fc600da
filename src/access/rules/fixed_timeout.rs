//! Many requests take the same round time: a horizontal line on the response-time map.

use crate::access::histogram::{Histogram, lower};
use crate::access::model::Model;
use crate::finding::{Confidence, Evidence, Finding, Rule, RuleMeta, Severity};
use crate::t;
use crate::text::{count, duration};
use crate::time::SECOND;

pub(super) struct FixedTimeout;

static META: RuleMeta = RuleMeta {
    id: "access/fixed-timeout",
    title: "Requests end at a fixed timeout",
    severity: Severity::Medium,
    means: "Requests give up after a configured time: waiting for a connection of a pool, for a socket, for a lock. What they \
            wait for did not come.",
    detected: "In the durations of all transactions, per round value of 1, 2, 3, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180 and \
               300 s: at least ten requests from 0.5 % below to 2 % above, at five times the density of the ranges 3-12 % \
               below and above.",
    advice: "Search the configuration for this value: pool (connectionTimeout 30 s is HikariCP's default), HTTP client, \
             proxy_read_timeout (60 s is nginx's default), load balancer idle timeout (60 s on AWS).",
    false_positives: "Long polling and server-sent events end at a fixed time on purpose.",
    sources: &[
        "HikariCP, connectionTimeout",
        "nginx, proxy_read_timeout",
        "AWS, idle timeout of load balancers",
    ],
};

const VALUES: [i64; 14] = [1, 2, 3, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300];

impl Rule<Model> for FixedTimeout {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, model: &Model) -> Vec<Finding> {
        let rows = model.fold.summary.routes.rows();
        let transactions = rows.iter().filter(|(name, _)| name.starts_with('t'));
        let mut all = Histogram::default();
        transactions
            .clone()
            .for_each(|(_, stats)| all.merge(&stats.durations));
        let peak = VALUES
            .iter()
            .filter_map(|value| Some((line(&all, value * SECOND)?, value * SECOND)));
        let Some((times, value)) = peak.max_by_key(|(times, value)| (*times, *value)) else {
            return Vec::new();
        };
        let mut routes: Vec<(u64, &str)> = transactions
            .map(|(name, stats)| {
                (
                    within(&stats.durations, value, 995, 1020),
                    name.get(2..).unwrap_or(name),
                )
            })
            .filter(|(times, _)| *times > 0)
            .collect();
        routes.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
        let mut finding = Finding::new(
            &META,
            t!(
                "{times} requests ended at a timeout of {value}",
                times = count(times),
                value = duration(value)
            ),
        );
        finding.confidence = Confidence::Likely;
        let top: Vec<String> = routes
            .iter()
            .take(3)
            .map(|(times, route)| format!("{route} ({})", count(*times)))
            .collect();
        finding.summary = t!(
            "Their durations lie within 2 % of {value}, where chance would put a few. Routes: {routes}.",
            value = duration(value),
            routes = top.join(", ")
        );
        let slow = &model.report.slowest;
        let exact = slow
            .iter()
            .find(|slow| (slow.duration_us - value).abs() * 50 <= value);
        match exact {
            Some(slow) => finding.evidence.push(Evidence::new(
                t!(
                    "{route} took {took}",
                    route = slow.route,
                    took = duration(slow.duration_us)
                ),
                slow.locator.clone(),
            )),
            None => {
                let source = model
                    .fold
                    .sources
                    .first()
                    .map_or("-", |known| known.name.as_str());
                finding.evidence.push(Evidence::new(
                    t!(
                        "{times} durations within 2 % of {value}",
                        times = count(times),
                        value = duration(value)
                    ),
                    crate::finding::Locator::whole(source),
                ));
            }
        }
        finding.advice = vec![t!(
            "Search the configuration of the application, its connection pool, its HTTP clients and the proxies for {value}.",
            value = duration(value)
        )];
        vec![finding]
    }
}

/// Requests at a value, if they stand out.
fn line(all: &Histogram, value: i64) -> Option<u64> {
    let at = within(all, value, 995, 1020);
    // Densities per width: 25, 90 and 90 thousandths.
    let density = at * 90 / 25;
    let below = within(all, value, 880, 970);
    let above = within(all, value, 1030, 1120);
    (at >= 10 && density >= 5 * below.max(above).max(1)).then_some(at)
}

/// Durations from and up to so many thousandths of a value, by the buckets whose lower edge is inside.
fn within(durations: &Histogram, value: i64, from: i64, to: i64) -> u64 {
    let inside = |bucket: u16| {
        let edge = lower(usize::from(bucket));
        // A bucket is up to 1.6 % wide; the one that holds the value itself counts.
        let next = lower(usize::from(bucket) + 1);
        next > value / 1000 * from && edge < value / 1000 * to
    };
    durations
        .0
        .iter()
        .filter(|cell| inside(cell.0))
        .map(|cell| cell.1)
        .sum()
}
