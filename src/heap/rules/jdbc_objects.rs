//! Statements and result sets that JDBC drivers keep.

use super::Model;
use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::t;
use crate::text;

/// Smallest share of the reachable bytes.
const SHARE: f64 = 0.05;
/// From this number on, open statements are a leak whatever they retain.
const OPEN: usize = 2_000;

/// Statements and result sets of the common drivers.
const CLASSES: [&str; 10] = [
    "com.mysql.cj.jdbc.StatementImpl",
    "com.mysql.cj.jdbc.result.ResultSetImpl",
    "com.mysql.jdbc.StatementImpl",
    "com.mysql.jdbc.ResultSetImpl",
    "org.mariadb.jdbc.Statement",
    "org.postgresql.jdbc.PgStatement",
    "org.postgresql.jdbc.PgResultSet",
    "oracle.jdbc.driver.OracleStatement",
    "com.microsoft.sqlserver.jdbc.SQLServerStatement",
    "org.h2.jdbc.JdbcStatement",
];

pub(super) struct JdbcObjects;

const META: RuleMeta = RuleMeta {
    id: "heap/jdbc-objects",
    title: "Statements and result sets stay open",
    severity: Severity::High,
    means: "A JDBC connection keeps every statement that is not closed, and a result set keeps its rows: most drivers read all rows of a query into memory at once. In a pool the connection, and so the statements, never die.",
    detected: "Statements and result sets of the MySQL, MariaDB, PostgreSQL, Oracle, SQL Server and H2 drivers that together retain at least 5 % of the reachable bytes, or at least 2,000 of them.",
    advice: "Close statements and result sets in try-with-resources; set a fetch size so that the driver reads rows in parts (PostgreSQL also needs auto-commit off, MySQL useCursorFetch=true); limit the query.",
    false_positives: "A prepared-statement cache that is meant to be this large.",
    sources: &["JDBC 4.3 specification, 13.1.4 Closing Statement Objects"],
};

impl Rule<Model<'_>> for JdbcObjects {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, model: &Model<'_>) -> Vec<Finding> {
        let heap = model.heap;
        let open = model.instances(&CLASSES);
        let Some(heaviest) = model.heaviest(&open) else {
            return Vec::new();
        };
        let retained = model.retained_together(&open);
        if model.share(retained) < SHARE && open.len() < OPEN {
            return Vec::new();
        }
        let class = heap.name_of(heaviest);
        let count = text::count(open.len() as u64);
        let mut finding = Finding::new(
            &META,
            t!(
                "{count} JDBC statements and result sets retain {bytes}, {share} of the heap",
                count,
                bytes = text::bytes(retained),
                share = text::percent(model.share(retained), 1.0)
            ),
        );
        finding.summary = t!(
            "The heaviest is a {class} that retains {bytes}: the rows of a query that was read as a whole, or statements that were never closed.",
            class,
            bytes = text::bytes(heap.retained(heaviest))
        );
        let statement = t!(
            "{class} retains {bytes}",
            class,
            bytes = text::bytes(heap.retained(heaviest))
        );
        finding
            .evidence
            .push(Evidence::new(statement, model.object(heaviest)));
        finding.advice = vec![
            t!("Close statements and result sets in try-with-resources."),
            t!(
                "Set a fetch size (Statement.setFetchSize, spring.jpa hibernate.jdbc.fetch_size) and page large queries."
            ),
        ];
        vec![finding]
    }
}
