//! Statements and result sets that JDBC drivers keep.

mod drivers;

use super::Model;
use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::heap::paths;
use crate::t;
use crate::text;
use drivers::{DRIVERS, Driver};

/// Smallest share of the reachable bytes.
const SHARE: f64 = 0.05;
/// From this number on, open statements are a leak whatever they retain.
const OPEN: usize = 2_000;

pub(super) struct JdbcObjects;

const META: RuleMeta = RuleMeta {
    id: "heap/jdbc-objects",
    title: "Statements and result sets stay open",
    severity: Severity::High,
    means: "A JDBC connection keeps every statement that is not closed, and a result set keeps its rows: most drivers read all rows of a query into memory at once. In a pool the connection, and so the statements, never die.",
    detected: "Statements and result sets of the MySQL, MariaDB, PostgreSQL, Oracle, SQL Server, H2 or HSQLDB driver that together retain at least 5 % of the reachable bytes, or at least 2,000 of them.",
    advice: "Close statements and result sets in try-with-resources; set a fetch size so that the driver reads rows in parts (PostgreSQL also needs auto-commit off, MySQL useCursorFetch=true); limit the query.",
    false_positives: "A prepared-statement cache that is meant to be this large.",
    sources: &["JDBC 4.3 specification, 13.1.4 Closing Statement Objects"],
};

impl Rule<Model<'_>> for JdbcObjects {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, model: &Model<'_>) -> Vec<Finding> {
        let findings = DRIVERS.iter().filter_map(|driver| finding(model, driver));
        findings.collect()
    }
}

fn finding(model: &Model<'_>, driver: &Driver) -> Option<Finding> {
    let heap = model.heap;
    let open = model.instances(driver.classes);
    let heaviest = model.heaviest(&open)?;
    let retained = model.retained_together(&open);
    if model.share(retained) < SHARE && open.len() < OPEN {
        return None;
    }
    let class = heap.name_of(heaviest);
    let count = text::count(open.len() as u64);
    let mut finding = Finding::new(
        &META,
        t!(
            "Open statements and result sets of {driver} ({count}) retain {bytes}, {share} of the heap",
            count,
            driver = driver.name,
            bytes = text::bytes(retained),
            share = text::percent(model.share(retained), 1.0)
        ),
    );
    finding.summary = t!(
        "The heaviest, of class {class}, retains {bytes}: the rows of a query that was read as a whole, or statements that were never closed.",
        class,
        bytes = text::bytes(heap.retained(heaviest))
    );
    let sets = open
        .iter()
        .filter_map(|object| Some((driver.rows(heap, *object)?, *object)));
    let most = sets.max_by_key(|(rows, object)| (*rows, std::cmp::Reverse(*object)));
    if let Some((rows, set)) = most {
        let statement = t!(
            "a result set of class {class} holds {rows} rows",
            class = heap.name_of(set),
            rows = text::count(rows)
        );
        finding
            .evidence
            .push(Evidence::new(statement, model.object(set)));
    }
    let holder = paths::holder(heap, heaviest);
    let statement = t!(
        "{class} held by {holder} retains {bytes}",
        class,
        holder,
        bytes = text::bytes(heap.retained(heaviest))
    );
    finding
        .evidence
        .push(Evidence::new(statement, model.object(heaviest)));
    finding.advice = vec![
        t!("Close statements and result sets in try-with-resources."),
        (driver.advice)(),
    ];
    Some(finding)
}
