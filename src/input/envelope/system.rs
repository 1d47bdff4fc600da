//! Envelopes of the machine's own log: syslog and the systemd journal. They are evidence in themselves (who killed
//! what, when), so the text inside is taken out beside them, not instead of them.

use std::borrow::Cow;

use serde::Deserialize;

use super::{Channel, Format, Worth, Wrapped, word};
use crate::time::{Stamp, iso8601, syslog};

/// `<13>1 2026-11-22T01:02:03.000Z host java 123 - - text` (RFC 5424).
pub(super) const RFC5424: Format = Format {
    name: "syslog",
    worth: Worth::Evidence,
    share: 80,
    parse: rfc5424,
};

/// `Nov 22 01:02:03 host java[123]: text` (RFC 3164, `journalctl -o short`), with or without `<13>`. It has no year, so
/// its times are not kept.
pub(super) const SYSLOG: Format = Format {
    name: "syslog",
    worth: Worth::Evidence,
    share: 80,
    parse: rfc3164,
};

/// `2026-11-22T01:02:03+0000 host java[123]: text` (`journalctl -o short-iso`, rsyslog's file format).
pub(super) const JOURNAL_ISO: Format = Format {
    name: "journal",
    worth: Worth::Evidence,
    share: 80,
    parse: journal_iso,
};

/// One object a line, as `journalctl -o json` writes it.
pub(super) const JOURNAL_JSON: Format = Format {
    name: "journal JSON",
    worth: Worth::Evidence,
    share: 80,
    parse: journal_json,
};

/// What loggers write where syslog has the host.
const LEVELS: [&[u8]; 8] = [
    b"TRACE", b"DEBUG", b"INFO", b"WARN", b"WARNING", b"ERROR", b"SEVERE", b"FATAL",
];

fn rfc5424(line: &[u8]) -> Option<Wrapped<'_>> {
    let rest = without_priority(line)?.strip_prefix(b"1 ")?;
    let (time, rest) = word(rest)?;
    let time = match time {
        b"-" => None,
        time => Some(in_utc(iso8601(time)?.0)?),
    };
    let (_host, rest) = word(rest)?;
    let (program, rest) = word(rest)?;
    let (_process, rest) = word(rest)?;
    let (_message_id, rest) = word(rest)?;
    let text = after_structured_data(rest)?;
    Some(line_of(program, time, text))
}

fn rfc3164(line: &[u8]) -> Option<Wrapped<'_>> {
    let line = without_priority(line).unwrap_or(line);
    // Any leap year: the stamp is only recognised, not used.
    let (_, used) = syslog(line, 2000)?;
    let (program, text) = program_and_text(line.get(used..)?)?;
    Some(line_of(program, None, text))
}

fn journal_iso(line: &[u8]) -> Option<Wrapped<'_>> {
    let (stamp, used) = iso8601(line)?;
    let time = in_utc(stamp)?;
    let (program, text) = program_and_text(line.get(used..)?)?;
    Some(line_of(program, Some(time), text))
}

#[derive(Deserialize)]
struct JournalLine<'a> {
    #[serde(rename = "__REALTIME_TIMESTAMP", borrow)]
    micros: Cow<'a, str>,
    #[serde(rename = "MESSAGE", borrow)]
    message: Option<Message<'a>>,
    #[serde(rename = "SYSLOG_IDENTIFIER", borrow, default)]
    identifier: Option<Cow<'a, str>>,
    #[serde(rename = "_COMM", borrow, default)]
    command: Option<Cow<'a, str>>,
}

/// Bytes that are no UTF-8 are written as numbers.
#[derive(Deserialize)]
#[serde(untagged)]
enum Message<'a> {
    #[serde(borrow)]
    Text(Cow<'a, str>),
    Bytes(Vec<u8>),
}

fn journal_json(line: &[u8]) -> Option<Wrapped<'_>> {
    if !line.starts_with(b"{") {
        return None;
    }
    let parsed: JournalLine<'_> = serde_json::from_slice(line).ok()?;
    let micros = parsed.micros.parse().ok()?;
    let text = match parsed.message {
        Some(Message::Text(text)) => text.into_owned().into_bytes(),
        Some(Message::Bytes(bytes)) => bytes,
        None => Vec::new(),
    };
    let program = parsed.identifier.or(parsed.command).unwrap_or_default();
    Some(Wrapped {
        time: Some((micros, true)),
        stream: Some(Cow::Owned(program.into_owned().into_bytes())),
        channel: Channel::Output,
        text: Cow::Owned(text),
        partial: false,
    })
}

fn line_of<'a>(program: &'a [u8], time: Option<(i64, bool)>, text: &'a [u8]) -> Wrapped<'a> {
    Wrapped {
        time,
        stream: Some(Cow::Borrowed(program)),
        channel: Channel::Output,
        text: Cow::Borrowed(text),
        partial: false,
    }
}

/// What stands behind `<13>`.
fn without_priority(line: &[u8]) -> Option<&[u8]> {
    let rest = line.strip_prefix(b"<")?;
    let digits = rest.iter().take(4).position(|&byte| byte == b'>')?;
    let number = digits > 0 && rest[..digits].iter().all(u8::is_ascii_digit);
    number.then(|| &rest[digits + 1..])
}

/// ` host java[123]: text`: the program without its number, and the text.
fn program_and_text(rest: &[u8]) -> Option<(&[u8], &[u8])> {
    let (host, rest) = word(rest.strip_prefix(b" ")?)?;
    let colon = memchr::memchr(b':', &rest[..rest.len().min(128)])?;
    let tag = &rest[..colon];
    let program = &tag[..memchr::memchr(b'[', tag).unwrap_or(tag.len())];
    // `2026-11-22T01:02:03Z INFO com.acme.Shop: text` is the line of a logger.
    let is_level = LEVELS.contains(&host);
    if host.is_empty() || is_level || program.is_empty() || tag.contains(&b' ') {
        return None;
    }
    let text = &rest[colon + 1..];
    Some((program, text.strip_prefix(b" ").unwrap_or(text)))
}

/// `-` or `[id key="value" …][…]` and the space behind it; quotes and brackets inside values are escaped by `\`.
fn after_structured_data(rest: &[u8]) -> Option<&[u8]> {
    let end = match rest.first()? {
        b'-' => 1,
        b'[' => {
            let (mut at, mut quoted) = (0, false);
            loop {
                match rest.get(at)? {
                    b'\\' if quoted => at += 1,
                    b'"' => quoted = !quoted,
                    b']' if !quoted && rest.get(at + 1) != Some(&b'[') => break at + 1,
                    _ => {}
                }
                at += 1;
            }
        }
        _ => return None,
    };
    let text = rest.get(end..)?;
    let text = text.strip_prefix(b" ").unwrap_or(text);
    Some(text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text))
}

fn in_utc(stamp: Stamp) -> Option<(i64, bool)> {
    match stamp {
        Stamp::Zoned(moment) => Some((moment.lo.0, true)),
        Stamp::Local(moment) => Some((moment.lo.0, false)),
        Stamp::Uptime(_) => None,
    }
}
