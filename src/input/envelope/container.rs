//! Envelopes that container runtimes and `kubectl logs` put around the output of one container.

use std::borrow::Cow;

use serde::Deserialize;

use super::{Channel, Format, Worth, Wrapped, word};
use crate::time::{Stamp, iso8601};

/// `2026-11-22T01:02:03.123456789Z stdout F text` (Kubernetes CRI logging, KEP "kubelet CRI logging"; tags are separated
/// by colons, the first says whether the line is whole or partial).
pub(super) const CRI: Format = Format {
    name: "CRI",
    worth: Worth::Nothing,
    share: 90,
    parse: cri,
};

/// `{"log":"text\n","stream":"stdout","time":"…"}` (Docker's json-file driver; lines over 16 KiB come in parts, of which
/// only the last ends with `\n`).
pub(super) const DOCKER_JSON: Format = Format {
    name: "Docker JSON",
    worth: Worth::Nothing,
    share: 90,
    parse: docker_json,
};

/// `[pod/shop-0/app] text` of `kubectl logs --prefix`.
pub(super) const KUBECTL_PREFIX: Format = Format {
    name: "kubectl --prefix",
    worth: Worth::Nothing,
    share: 90,
    parse: kubectl_prefix,
};

/// `2026-11-22T01:02:03.123456789Z text` of `kubectl logs --timestamps` and `docker logs -t`: nine digits always, which
/// hardly any logger writes.
pub(super) const KUBECTL_TIMESTAMPS: Format = Format {
    name: "kubectl --timestamps",
    worth: Worth::LittleDoubt,
    share: 90,
    parse: kubectl_timestamps,
};

fn cri(line: &[u8]) -> Option<Wrapped<'_>> {
    let (time, rest) = stamp(line)?;
    let (channel, rest) = word(rest)?;
    let channel = match channel {
        b"stdout" => Channel::Output,
        b"stderr" => Channel::Error,
        _ => return None,
    };
    // A line without text may have lost the space behind its tag.
    let (tags, text) = word(rest).unwrap_or((rest, b""));
    let partial = match tags.split(|&byte| byte == b':').next()? {
        b"F" => false,
        b"P" => true,
        _ => return None,
    };
    Some(Wrapped {
        time: Some(time),
        stream: None,
        channel,
        text: Cow::Borrowed(text),
        partial,
    })
}

#[derive(Deserialize)]
struct DockerLine<'a> {
    #[serde(borrow)]
    log: Cow<'a, str>,
    #[serde(borrow, default)]
    stream: Option<Cow<'a, str>>,
    #[serde(borrow)]
    time: Cow<'a, str>,
}

fn docker_json(line: &[u8]) -> Option<Wrapped<'_>> {
    if !line.starts_with(b"{") {
        return None;
    }
    let parsed: DockerLine<'_> = serde_json::from_slice(line).ok()?;
    let (Stamp::Zoned(moment), _) = iso8601(parsed.time.as_bytes())? else {
        return None;
    };
    let channel = match parsed.stream.as_deref() {
        Some("stderr") => Channel::Error,
        _ => Channel::Output,
    };
    let partial = !parsed.log.ends_with('\n');
    let mut text = parsed.log.into_owned().into_bytes();
    if !partial {
        text.pop();
    }
    Some(Wrapped {
        time: Some((moment.lo.0, true)),
        stream: None,
        channel,
        text: Cow::Owned(text),
        partial,
    })
}

fn kubectl_prefix(line: &[u8]) -> Option<Wrapped<'_>> {
    let rest = line.strip_prefix(b"[pod/")?;
    let end = memchr::memchr(b']', rest)?;
    let stream = &rest[..end];
    let (pod, container) = stream.split_at(memchr::memchr(b'/', stream)?);
    if pod.is_empty() || container.len() < 2 || stream.contains(&b' ') {
        return None;
    }
    let text = &rest[end + 1..];
    Some(Wrapped {
        time: None,
        stream: Some(Cow::Borrowed(stream)),
        channel: Channel::Output,
        text: Cow::Borrowed(text.strip_prefix(b" ").unwrap_or(text)),
        partial: false,
    })
}

fn kubectl_timestamps(line: &[u8]) -> Option<Wrapped<'_>> {
    // `2026-11-22T01:02:03.` is followed by nine digits.
    let digits = line.get(20..29)?;
    if line[19] != b'.' || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let (time, text) = match stamp(line) {
        Some(split) => split,
        None => (whole(line)?, &line[line.len()..]),
    };
    Some(Wrapped {
        time: Some(time),
        stream: None,
        channel: Channel::Output,
        text: Cow::Borrowed(text),
        partial: false,
    })
}

/// An ISO time with a zone and the one space behind it.
fn stamp(line: &[u8]) -> Option<((i64, bool), &[u8])> {
    let (stamp, used) = iso8601(line)?;
    let moment = stamp.zoned()?;
    let rest = line.get(used..)?.strip_prefix(b" ")?;
    Some(((moment.lo.0, true), rest))
}

/// A line that is nothing but its time: the container wrote an empty line.
fn whole(line: &[u8]) -> Option<(i64, bool)> {
    let (stamp, used) = iso8601(line)?;
    (used == line.len()).then_some((stamp.zoned()?.lo.0, true))
}
