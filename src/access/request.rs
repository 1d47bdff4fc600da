//! One request as a line tells it, in borrowed bytes.

use super::{DurationUnit, StampMeaning};

/// A request. Absent text is empty.
#[derive(Debug, Clone, Copy)]
pub(super) struct Request<'a> {
    /// Stamp of the line in microseconds, lower end.
    pub(super) at: i64,
    /// Microseconds per unit of the last digit of the stamp.
    pub(super) resolution: i64,
    /// Whether the stamp carried a zone.
    pub(super) zoned: bool,
    /// Duration in microseconds, when the line has one.
    pub(super) duration: Option<i64>,
    /// Status code; 0 when the connection ended before an answer.
    pub(super) status: u16,
    /// The client had gone.
    pub(super) aborted: bool,
    /// Address of the client, or its name.
    pub(super) client: &'a [u8],
    /// `GET`
    pub(super) method: &'a [u8],
    /// Path with query, or a whole URL.
    pub(super) target: &'a [u8],
    /// User agent.
    pub(super) agent: &'a [u8],
    /// The server behind this one that answered.
    pub(super) upstream: &'a [u8],
    /// Bytes sent.
    pub(super) bytes: u64,
}

impl Request<'_> {
    /// Nothing known.
    pub(super) const NONE: Self = Self {
        at: i64::MIN,
        resolution: crate::time::SECOND,
        zoned: false,
        duration: None,
        status: 0,
        aborted: false,
        client: b"",
        method: b"",
        target: b"",
        agent: b"",
        upstream: b"",
        bytes: 0,
    };

    /// The client gave up: 499 of nginx, 460 of ALB, or the server said so.
    pub(super) fn client_gone(&self) -> bool {
        self.aborted || matches!(self.status, 460 | 499)
    }

    /// An error of any kind, which few requests are.
    #[inline]
    pub(super) fn went_wrong(&self) -> bool {
        self.status >= 400 || self.aborted
    }

    /// The server failed.
    pub(super) fn failed(&self) -> bool {
        (500..600).contains(&self.status)
    }
}

/// What a field of a line means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    /// Not needed.
    Skip,
    /// `22/Nov/2026:01:02:03 +0900`
    TimeClf,
    /// ISO 8601.
    TimeIso,
    /// Seconds, milliseconds or microseconds since 1970.
    TimeEpoch,
    /// Any of the three above, by its look.
    TimeAny,
    /// `Sun Mar 13 22:49:12 2016`
    TimeAscii,
    /// `2026-11-22`, completed by `TimeOfDay`.
    Date,
    /// `01:02:03`
    TimeOfDay,
    /// `GET /path HTTP/1.1`
    RequestLine,
    Method,
    /// Path with or without query, or a whole URL.
    Target,
    Status,
    /// Bytes sent.
    Bytes,
    /// Duration in the unit of the layout.
    Duration,
    Client,
    /// `X-Forwarded-For`: the first of the list, if there is one, is the client.
    Forwarded,
    /// Address with a port, as `10.0.0.1:54321`.
    ClientPort,
    Agent,
    /// The server that answered.
    Upstream,
    /// Termination state of HAProxy or response flags of Envoy: says whether the client had gone.
    Ending,
    /// `X` means aborted (`%X` of httpd and Tomcat).
    Connection,
}

/// Nanoseconds in one unit.
pub(super) fn nanos(unit: DurationUnit) -> i64 {
    match unit {
        DurationUnit::Seconds => 1_000_000_000,
        DurationUnit::Millis => 1_000_000,
        DurationUnit::Micros => 1_000,
        DurationUnit::Nanos => 1,
    }
}

impl DurationUnit {
    /// `ms`, `µs`, `s` or `ns`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Seconds => "s",
            Self::Millis => "ms",
            Self::Micros => "µs",
            Self::Nanos => "ns",
        }
    }
}

impl StampMeaning {
    /// `start` or `end`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::End => "end",
        }
    }
}
