//! Pools and workers that have nothing left to give, and the freeze that HikariCP's housekeeper notices.

use super::logs::{Candidate, Found};
use super::quantity;
use crate::events::event::{Subject, What};
use crate::events::kinds::PoolExhausted;
use crate::time::SECOND;

/// See [`super::logs`].
pub(super) const TRIGGERS: &[&str] = &[
    "Connection is not available, request timed out after ",
    "Thread starvation or clock leap detected",
    "Apparent connection leak detected",
    "Timeout waiting for idle object",
    "PoolExhaustedException",
    "Timeout waiting for connection from pool",
    "Could not get a resource from the pool",
    "Could not get a resource since the pool is exhausted",
    "ConnectionRequestTimeoutException",
    "PoolAcquireTimeoutException",
    "No managed connections available within",
    "are currently busy, waiting",
    ") has been active for [",
    "[STUCK] ",
    "may be hung",
];

/// The event that a line holds.
pub(super) fn line(line: &Candidate<'_>) -> Option<Found> {
    Some((what(line.message)?, Subject::default()))
}

fn what(text: &str) -> Option<What> {
    if let Some((before, rest)) =
        text.split_once("Connection is not available, request timed out after ")
    {
        return Some(What::PoolExhausted(hikari(before, rest)));
    }
    if text.contains("Thread starvation or clock leap detected") {
        // `(housekeeper delta=51s20ms282µs452ns)`
        let (_, rest) = text.split_once("housekeeper delta=")?;
        let delta = rest
            .split([')', ','])
            .next()
            .and_then(quantity::go_duration)?;
        return Some(What::HousekeeperStarved { delta });
    }
    if text.contains("Apparent connection leak detected") {
        return Some(What::ConnectionLeak);
    }
    if text.contains("PoolExhaustedException") {
        // Tomcat JDBC: `… Unable to fetch a connection in 30 seconds, none available[size:20; busy:20; idle:0; lastwait:30000].`
        let field = |name: &str| after_number(text, name);
        let waited = field("lastwait:").map(millis);
        return Some(What::PoolExhausted(PoolExhausted {
            waited,
            total: field("size:"),
            active: field("busy:"),
            idle: field("idle:"),
            ..PoolExhausted::default()
        }));
    }
    // DBCP, HttpClient 4 and 5, Jedis before and since 4, Reactor Netty, IronJacamar (WildFly).
    const WORDLESS: [&str; 7] = [
        "Timeout waiting for idle object",
        "Timeout waiting for connection from pool",
        "ConnectionRequestTimeoutException",
        "Could not get a resource from the pool",
        "Could not get a resource since the pool is exhausted",
        "PoolAcquireTimeoutException",
        "No managed connections available within",
    ];
    if WORDLESS.iter().any(|words| text.contains(words)) {
        return Some(What::PoolExhausted(PoolExhausted::default()));
    }
    if text.contains("are currently busy, waiting") {
        let max = after_number(text, "All threads (");
        return Some(What::WorkersBusy { max });
    }
    // Tomcat StuckThreadDetectionValve: `Thread [x] (id=[n]) has been active for [m] milliseconds`
    if let Some((before, rest)) = text.split_once(") has been active for [") {
        let thread = before
            .split_once("Thread [")
            .and_then(|(_, name)| name.split(']').next())
            .map(str::to_owned);
        let busy = rest.split(']').next().and_then(|number| {
            let digits: String = number.chars().filter(char::is_ascii_digit).collect();
            digits.parse::<u64>().ok().map(millis)
        });
        return Some(What::StuckThread { thread, busy });
    }
    // WebLogic BEA-000337, WebSphere WSVR0605W
    if let Some((_, rest)) = text.split_once("[STUCK] ExecuteThread: '") {
        let number = rest.split('\'').next().unwrap_or("");
        let thread = Some(format!("ExecuteThread: '{number}'"));
        return Some(What::StuckThread { thread, busy: None });
    }
    if text.contains("WSVR0605W") && text.contains("may be hung") {
        let thread = text
            .split_once("Thread \"")
            .and_then(|(_, name)| name.split('"').next())
            .map(str::to_owned);
        return Some(What::StuckThread { thread, busy: None });
    }
    None
}

/// `HikariPool-1 - Connection is not available, request timed out after 30000ms (total=20, active=20, idle=0, waiting=360)`
fn hikari(before: &str, rest: &str) -> PoolExhausted {
    let name = before
        .trim_end()
        .strip_suffix('-')
        .and_then(|before| before.trim_end().rsplit([' ', ':']).next())
        .filter(|name| !name.is_empty())
        .map(str::to_owned);
    PoolExhausted {
        pool: name,
        waited: after_number(rest, "").map(millis),
        total: after_number(rest, "total="),
        active: after_number(rest, "active="),
        idle: after_number(rest, "idle="),
        waiting: after_number(rest, "waiting="),
    }
}

/// The number right behind `name`.
fn after_number(text: &str, name: &str) -> Option<u64> {
    let at = text.find(name)? + name.len();
    let rest = &text[at..];
    let digits = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    rest[..digits].parse().ok()
}

fn millis(number: u64) -> i64 {
    i64::try_from(number)
        .unwrap_or(i64::MAX)
        .saturating_mul(SECOND / 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pools_say_how_full_they_are() {
        let text = "java.sql.SQLTransientConnectionException: HikariPool-1 - Connection is not available, request timed out \
                    after 30000ms (total=20, active=20, idle=0, waiting=360)";
        let Some(What::PoolExhausted(pool)) = what(text) else {
            panic!("no pool");
        };
        assert_eq!(pool.pool.as_deref(), Some("HikariPool-1"));
        assert_eq!(pool.waited, Some(30 * SECOND));
        assert_eq!(
            (pool.total, pool.active, pool.idle, pool.waiting),
            (Some(20), Some(20), Some(0), Some(360))
        );
    }

    #[test]
    fn the_housekeeper_measures_a_freeze() {
        let text = "HikariPool-1 - Thread starvation or clock leap detected (housekeeper delta=51s20ms282µs452ns).";
        assert_eq!(
            what(text),
            Some(What::HousekeeperStarved { delta: 51_020_282 })
        );
    }

    #[test]
    fn busy_and_stuck() {
        let text = "All threads (200) are currently busy, waiting. Increase maxThreads (200) or check the servlet status";
        assert_eq!(what(text), Some(What::WorkersBusy { max: Some(200) }));
        let text = "Thread [http-nio-8080-exec-1] (id=[33]) has been active for [61,234] milliseconds (since [x]) to serve";
        let thread = Some("http-nio-8080-exec-1".to_owned());
        assert_eq!(
            what(text),
            Some(What::StuckThread {
                thread,
                busy: Some(61_234_000)
            })
        );
    }
}
