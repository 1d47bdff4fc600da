//! What is known of each JDBC driver: its classes, where a result set keeps its rows, how to read fewer of them.

use crate::heap::containers;
use crate::heap::model::Heap;
use crate::t;

/// A driver.
pub(super) struct Driver {
    pub(super) name: &'static str,
    /// Statements and result sets.
    pub(super) classes: &'static [&'static str],
    /// Where the rows are: the fields from the result set on.
    rows: &'static [(&'static [&'static str], Rows)],
    pub(super) advice: fn() -> String,
}

/// How rows are counted at the end of a path of fields.
enum Rows {
    /// By a number.
    Counted(&'static str),
    /// They are in a list.
    Listed(&'static str),
}

pub(super) const DRIVERS: [Driver; 7] = [
    Driver {
        name: "MySQL",
        classes: &[
            "com.mysql.cj.jdbc.StatementImpl",
            "com.mysql.cj.jdbc.result.ResultSetImpl",
            "com.mysql.jdbc.StatementImpl",
            "com.mysql.jdbc.ResultSetImpl",
        ],
        rows: &[(&["rowData"], Rows::Listed("rows"))],
        advice: || {
            t!(
                "MySQL reads all rows at once unless the URL says useCursorFetch=true and the statement has a fetch size, or the fetch size is Integer.MIN_VALUE (row by row)."
            )
        },
    },
    Driver {
        name: "MariaDB",
        classes: &[
            "org.mariadb.jdbc.Statement",
            "org.mariadb.jdbc.MariaDbStatement",
            "org.mariadb.jdbc.client.result.Result",
            "org.mariadb.jdbc.internal.com.read.resultset.SelectResultSet",
        ],
        rows: &[(&[], Rows::Counted("dataSize"))],
        advice: || {
            t!(
                "MariaDB reads all rows at once unless the statement has a fetch size (Statement.setFetchSize)."
            )
        },
    },
    Driver {
        name: "PostgreSQL",
        classes: &[
            "org.postgresql.jdbc.PgStatement",
            "org.postgresql.jdbc.PgResultSet",
        ],
        rows: &[(&[], Rows::Listed("rows"))],
        advice: || {
            t!(
                "PostgreSQL reads all rows at once unless auto-commit is off and the statement has a fetch size (defaultRowFetchSize in the URL sets it for all)."
            )
        },
    },
    Driver {
        name: "Oracle",
        classes: &["oracle.jdbc.driver.OracleStatement"],
        rows: &[],
        advice: || {
            t!(
                "Oracle allocates buffers for a whole fetch of the widest possible rows: lower the fetch size (defaultRowPrefetch) of statements with wide columns, and the size of the statement cache."
            )
        },
    },
    Driver {
        name: "SQL Server",
        classes: &["com.microsoft.sqlserver.jdbc.SQLServerStatement"],
        rows: &[],
        advice: || {
            t!(
                "SQL Server keeps a whole response in memory with responseBuffering=full; adaptive is the default."
            )
        },
    },
    Driver {
        name: "H2",
        classes: &["org.h2.jdbc.JdbcStatement", "org.h2.jdbc.JdbcResultSet"],
        rows: &[
            (&["result"], Rows::Counted("rowCount")),
            (&["result"], Rows::Listed("rows")),
        ],
        advice: || {
            t!(
                "H2 keeps results of up to MAX_MEMORY_ROWS rows in memory: lower it, or page large queries."
            )
        },
    },
    Driver {
        name: "HSQLDB",
        classes: &[
            "org.hsqldb.jdbc.JDBCStatementBase",
            "org.hsqldb.jdbc.JDBCResultSet",
        ],
        rows: &[(&["navigator"], Rows::Counted("size"))],
        advice: || {
            t!(
                "HSQLDB keeps whole results in memory: set hsqldb.result_max_memory_rows, or page large queries."
            )
        },
    },
];

impl Driver {
    /// How many rows a result set holds in memory.
    pub(super) fn rows(&self, heap: &Heap<'_>, set: u32) -> Option<u64> {
        self.rows.iter().find_map(|(path, rows)| {
            let end = path
                .iter()
                .try_fold(set, |at, field| heap.reference(at, field))?;
            match rows {
                Rows::Counted(field) => heap
                    .int(end, field)
                    .and_then(|rows| u64::try_from(rows).ok()),
                Rows::Listed(field) => {
                    let list = containers::describe(heap, heap.reference(end, field)?)?;
                    Some(list.count)
                }
            }
        })
    }
}
