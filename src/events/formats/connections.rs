//! Dependencies that could not be reached or did not answer, storage and descriptors that ran out, as exceptions name them.

use super::logs::{Candidate, Found};
use crate::events::event::{Subject, What};
use crate::events::kinds::ConnectionFailure;

/// See [`super::logs`].
pub(super) const TRIGGERS: &[&str] = &[
    "java.net.ConnectException",
    "Connection refused",
    "onnect timed out",
    "connection timed out",
    "Read timed out",
    "SocketTimeoutException",
    "ReadTimeoutException",
    "ConnectTimeoutException",
    "UnknownHostException",
    "NoRouteToHostException",
    "Connection reset",
    "Communications link failure",
    "CommunicationsException",
    "RedisConnection",
    "Unable to connect to Redis",
    "JedisConnectionException",
    "Command timed out after ",
    "The connection attempt failed",
    "Network Adapter could not establish",
    "HttpTimeoutException",
    "PSQLException: Connection to ",
    "too many clients already",
    "Too many connections",
    "No space left on device",
    "Disk quota exceeded",
    "Too many open files",
];

/// Remembers the last failure, so that a record counts once however many causes it lists.
#[derive(Debug, Default)]
pub(super) struct Failures {
    last: Option<usize>,
}

impl Failures {
    /// The event that a line holds.
    pub(super) fn line(&mut self, line: &Candidate<'_>) -> Option<Found> {
        let text = line.message;
        let subject = Subject::default();
        if text.trim_start().starts_with("at ") {
            return None;
        }
        if text.contains("No space left on device") || text.contains("Disk quota exceeded") {
            return Some((What::StorageFull, subject));
        }
        if text.contains("Too many open files") {
            return Some((What::DescriptorsExhausted, subject));
        }
        let why = why(text)?;
        if self.last == Some(line.record) {
            return None;
        }
        self.last = Some(line.record);
        let remote = remote(text);
        Some((What::ConnectionFailed { remote, why }, subject))
    }
}

fn why(text: &str) -> Option<ConnectionFailure> {
    let has = |words: &str| text.contains(words);
    Some(
        if has("onnect timed out") || has("connection timed out") || has("ConnectTimeoutException")
        {
            ConnectionFailure::ConnectTimeout
        } else if has("Read timed out")
            || has("ReadTimeoutException")
            || has("SocketTimeoutException")
            || has("HttpTimeoutException")
            || has("Command timed out")
        {
            ConnectionFailure::ReadTimeout
        } else if has("Connection refused") || (has("PSQLException") && has(" refused")) {
            ConnectionFailure::Refused
        } else if has("UnknownHostException") {
            ConnectionFailure::UnknownHost
        } else if has("Connection reset") {
            ConnectionFailure::Reset
        } else if TRIGGERS.iter().any(|trigger| has(trigger)) {
            ConnectionFailure::Other
        } else {
            return None;
        },
    )
}

/// Host and port where a message names them: `Connection refused: db/10.0.0.5:5432`, `Connect to db:5432 [db/10.0.0.5]
/// failed`, `UnknownHostException: db`, `Unable to connect to Redis … localhost/127.0.0.1:6379`.
fn remote(text: &str) -> Option<String> {
    const BEFORE: [&str; 10] = [
        "Connection refused: ",
        "UnknownHostException: ",
        "Connect to ",
        "resolved for DNS name ",
        "connection timed out: ",
        "connect timed out: ",
        "Connection to ",
        "Unable to connect to [",
        "Unable to connect to ",
        "Connect timed out: ",
    ];
    for words in BEFORE {
        let Some((_, rest)) = text.split_once(words) else {
            continue;
        };
        let name: String = rest
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '/'))
            .collect();
        let name = name.trim_end_matches([':', '.', '/']);
        let named = name.contains(['.', ':', '/']) || words == "UnknownHostException: ";
        if named && !name.is_empty() && name.len() < 200 {
            return Some(name.to_owned());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remotes_are_named_where_written() {
        let netty = "io.netty.channel.AbstractChannel$AnnotatedConnectException: Connection refused: pay/10.0.0.5:8443";
        assert_eq!(remote(netty).as_deref(), Some("pay/10.0.0.5:8443"));
        let apache = "org.apache.http.conn.HttpHostConnectException: Connect to db:5432 [db/10.0.0.5] failed: Connection refused";
        assert_eq!(remote(apache).as_deref(), Some("db:5432"));
        assert_eq!(why(apache), Some(ConnectionFailure::Refused));
        assert_eq!(
            remote("java.net.UnknownHostException: db"),
            Some("db".to_owned())
        );
        assert_eq!(
            remote("java.net.ConnectException: Connection refused (Connection refused)"),
            None
        );
        assert_eq!(
            why("java.net.SocketTimeoutException: Read timed out"),
            Some(ConnectionFailure::ReadTimeout)
        );
    }
}
