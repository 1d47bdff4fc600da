//! Lines of `journalctl -o json`: what systemd, the kernel and container runtimes say of others. The lines of other
//! programs are sources of their own, without this wrapping.

use serde::Deserialize;

use crate::input::Sample;
use crate::time::{Instant, Moment, Stamp};

/// Those who speak of others.
const MACHINE: [&str; 6] = [
    "systemd",
    "systemd-oomd",
    "kernel",
    "containerd",
    "dockerd",
    "kubelet",
];

/// What a line says, and when.
pub(super) struct Line {
    pub(super) at: Stamp,
    pub(super) message: String,
    /// The unit it is about.
    pub(super) unit: Option<String>,
}

#[derive(Deserialize)]
struct Fields {
    #[serde(rename = "__REALTIME_TIMESTAMP")]
    micros: String,
    #[serde(rename = "MESSAGE")]
    message: serde_json::Value,
    #[serde(rename = "SYSLOG_IDENTIFIER")]
    identifier: Option<String>,
    #[serde(rename = "UNIT")]
    unit: Option<String>,
}

/// How a message begins that is written as numbers, because its bytes are no UTF-8 or hold control characters: the words
/// that [`super::logs`] looks for are not seen in it.
pub(super) const TRIGGERS: &[&str] = &["\"MESSAGE\":[", "\"MESSAGE\" : ["];

/// A line of the machine; `None` for everything else.
pub(super) fn line(text: &str) -> Option<Line> {
    if !text.starts_with('{') || !text.contains("\"__REALTIME_TIMESTAMP\"") {
        return None;
    }
    let fields: Fields = serde_json::from_str(text).ok()?;
    let identifier = fields.identifier?;
    MACHINE.contains(&identifier.as_str()).then_some(())?;
    let message = match fields.message {
        serde_json::Value::String(text) => text,
        // Bytes that are no UTF-8 are written as numbers.
        serde_json::Value::Array(bytes) => {
            let bytes = bytes
                .iter()
                .filter_map(|byte| byte.as_u64()?.try_into().ok());
            String::from_utf8_lossy(&bytes.collect::<Vec<u8>>()).into_owned()
        }
        _ => return None,
    };
    let at = Instant(fields.micros.parse().ok()?);
    Some(Line {
        at: Stamp::Zoned(Moment::exact(at)),
        message: message.replace('\n', " "),
        unit: fields.unit,
    })
}

/// Whether a sample is an export of the journal.
pub(super) fn looks_like(sample: &Sample<'_>) -> bool {
    let mut lines = sample.lines(3);
    lines.all(|line| line.starts_with(b"{")) && sample.contains("\"__REALTIME_TIMESTAMP\"")
}
