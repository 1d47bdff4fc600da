//! What a thread is doing, in one word.

use crate::key;
use crate::text::said;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a thread is doing, judged by its stack. The first that applies, in the order of `classify`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Activity {
    /// A thread of the garbage collector.
    Gc,
    /// A compiler thread or another thread of the VM.
    Vm,
    /// Waits for work: an empty queue, a selector without events, an accept.
    Idle,
    /// Waits to enter a monitor.
    Monitor,
    /// Waits for a `java.util.concurrent` lock.
    Lock,
    /// Waits for another thread to initialise a class.
    ClassInit,
    /// Waits for a connection or another object from a pool.
    PoolWait,
    /// Talks to a database.
    Database,
    /// Talks HTTP to another service.
    HttpClient,
    /// Talks to Redis.
    Redis,
    /// Talks to Kafka or another broker.
    Messaging,
    /// Asks a directory (LDAP).
    Directory,
    /// Resolves a host name.
    Dns,
    /// Opens a connection.
    Connect,
    /// Reads from or writes to a socket of unknown use.
    Socket,
    /// Writes a log.
    Logging,
    /// Loads or defines classes.
    ClassLoading,
    /// Reads or writes a file.
    File,
    /// Waits for another process.
    Process,
    /// Gathers entropy.
    Entropy,
    /// Asks for a garbage collection.
    ExplicitGc,
    /// Sleeps.
    Sleep,
    /// Waits for a result, a condition or another thread.
    Wait,
    /// Runs.
    Run,
    /// Has no stack to judge by.
    Unknown,
}

impl Activity {
    /// A few words that complete "the thread …".
    pub fn words(self) -> &'static str {
        said(match self {
            Self::Gc => key!("collects garbage"),
            Self::Vm => key!("works for the VM"),
            Self::Idle => key!("waits for work"),
            Self::Monitor => key!("waits to enter a monitor"),
            Self::Lock => key!("waits for a lock"),
            Self::ClassInit => key!("waits for a class to be initialised"),
            Self::PoolWait => key!("waits for an object from a pool"),
            Self::Database => key!("waits for a database"),
            Self::HttpClient => key!("waits for an HTTP service"),
            Self::Redis => key!("waits for Redis"),
            Self::Messaging => key!("waits for a message broker"),
            Self::Directory => key!("waits for a directory server"),
            Self::Dns => key!("resolves a host name"),
            Self::Connect => key!("opens a connection"),
            Self::Socket => key!("reads from or writes to a socket"),
            Self::Logging => key!("writes a log"),
            Self::ClassLoading => key!("loads classes"),
            Self::File => key!("reads or writes a file"),
            Self::Process => key!("waits for another process"),
            Self::Entropy => key!("gathers entropy"),
            Self::ExplicitGc => key!("asks for a garbage collection"),
            Self::Sleep => key!("sleeps"),
            Self::Wait => key!("waits for a result or a condition"),
            Self::Run => key!("runs"),
            Self::Unknown => key!("does something its stack does not show"),
        })
    }

    /// Whether the thread waits for something other than input, the network or the processor.
    pub fn waits(self) -> bool {
        matches!(
            self,
            Self::Monitor
                | Self::Lock
                | Self::ClassInit
                | Self::PoolWait
                | Self::Process
                | Self::Sleep
                | Self::Wait
        )
    }
}
