//! Envelopes: what container runtimes, `kubectl`, syslog and the journal write before every line of a log.
//!
//! The lines of the result are the lines of the original, one for one, so that line numbers hold. Where one file
//! carries the lines of several pods or programs, each becomes a stream of its own with empty lines in between.

mod container;
mod system;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::source::Envelope;
use super::{Lines, Sample};

/// Lines of the sample that are looked at.
const LOOKED_AT: usize = 200;
/// Streams that one file may fall into; the lines of further ones stay together in the last.
const STREAMS: usize = 64;
/// A line in parts is joined up to this length, then given as it is.
const MOST_JOINED: usize = 16 << 20;

/// A line with its envelope taken apart.
#[derive(Debug, PartialEq, Eq)]
struct Wrapped<'a> {
    /// Microseconds since 1970, and whether that is in UTC (otherwise local time held as UTC).
    time: Option<(i64, bool)>,
    /// Who wrote it, when the envelope tells lines of several writers apart.
    stream: Option<Cow<'a, [u8]>>,
    /// What it was written to, when parts of lines are told apart by that.
    channel: Channel,
    text: Cow<'a, [u8]>,
    /// The line goes on in the next one of the same channel.
    partial: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Channel {
    Output,
    Error,
}

/// What an envelope is worth by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Worth {
    /// Nothing: a container runtime put it around the log of one container. It always goes.
    Nothing,
    /// Nothing, but its shape is not unmistakable: it goes unless the lines mean more with it.
    LittleDoubt,
    /// Evidence of its own: the log of a whole machine. It stays, and recognised logs in it are seen as well.
    Evidence,
}

/// One kind of envelope.
pub(super) struct Format {
    name: &'static str,
    pub(super) worth: Worth,
    /// Percentage of the looked-at lines that must have it.
    share: usize,
    parse: fn(&[u8]) -> Option<Wrapped<'_>>,
}

/// All envelopes, the more specific before the more general.
const FORMATS: &[Format] = &[
    container::CRI,
    container::DOCKER_JSON,
    container::KUBECTL_PREFIX,
    container::KUBECTL_TIMESTAMPS,
    system::RFC5424,
    system::JOURNAL_JSON,
    system::JOURNAL_ISO,
    system::SYSLOG,
];

/// The lines of one writer.
#[derive(Debug)]
pub(super) struct Stream {
    /// Pod and container, or program; `None` when the envelope does not tell.
    pub(super) name: Option<String>,
    pub(super) text: Vec<u8>,
    pub(super) envelope: Envelope,
}

/// The envelope that nearly all lines of a sample have.
pub(super) fn detect(sample: &Sample<'_>) -> Option<&'static Format> {
    FORMATS.iter().find(|format| {
        let (mut seen, mut wrapped) = (0, 0);
        for line in sample.lines(LOOKED_AT) {
            seen += 1;
            wrapped += usize::from((format.parse)(line).is_some());
        }
        seen > 0 && wrapped * 100 >= seen * format.share
    })
}

/// Takes the envelope from every line. Lines without one stay as they are, with the writer of the line before.
pub(super) fn unwrap(format: &'static Format, text: &[u8]) -> Vec<Stream> {
    let mut streams = Streams::default();
    let mut times = Vec::new();
    let mut zoned = true;
    let mut any_time = false;
    let mut current = None;
    for line in Lines::new(text) {
        let index = line.number - 1;
        let Some(wrapped) = (format.parse)(line.text) else {
            times.push(Envelope::NO_TIME);
            if !line.text.is_empty() {
                let writer = *current.get_or_insert_with(|| streams.of(None));
                streams.add(writer, index, Channel::Output, line.text, false);
            }
            continue;
        };
        times.push(wrapped.time.map_or(Envelope::NO_TIME, |(micros, _)| micros));
        if let Some((_, in_utc)) = wrapped.time {
            any_time = true;
            zoned &= in_utc;
        }
        let writer = streams.of(wrapped.stream.as_deref());
        current = Some(writer);
        if format.worth == Worth::Evidence && is_machine(wrapped.stream.as_deref()) {
            continue;
        }
        streams.add(
            writer,
            index,
            wrapped.channel,
            &wrapped.text,
            wrapped.partial,
        );
    }
    let envelope = Envelope {
        format: format.name,
        times: Arc::new(if any_time { times } else { Vec::new() }),
        zoned,
    };
    streams.finish(&envelope)
}

/// The lines of the machine itself as they are, with empty lines in place of the others.
pub(super) fn machine_lines(format: &Format, text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut any = false;
    for line in Lines::new(text) {
        let wrapped = (format.parse)(line.text);
        if wrapped.is_some_and(|wrapped| is_machine(wrapped.stream.as_deref())) {
            out.extend_from_slice(line.text);
            any = true;
        }
        out.push(b'\n');
    }
    if any { out } else { Vec::new() }
}

/// Whether the lines of a writer are evidence in themselves, which no log of a JVM can be.
fn is_machine(writer: Option<&[u8]>) -> bool {
    const MACHINE: [&[u8]; 6] = [
        b"kernel",
        b"kubelet",
        b"containerd",
        b"dockerd",
        b"crio",
        b"systemd",
    ];
    writer.is_some_and(|name| MACHINE.contains(&name) || name.starts_with(b"systemd-"))
}

/// Lines sorted by writer while the text is read once.
#[derive(Default)]
struct Streams {
    writers: Vec<Writer>,
    by_name: BTreeMap<Vec<u8>, usize>,
    unnamed: Option<usize>,
}

#[derive(Default)]
struct Writer {
    name: Option<String>,
    text: Vec<u8>,
    lines: u64,
    /// First parts of a line, of output and of errors.
    begun: [Vec<u8>; 2],
}

impl Streams {
    /// The writer of that name, made if it is new.
    fn of(&mut self, name: Option<&[u8]>) -> usize {
        let known = match name {
            Some(name) => self.by_name.get(name).copied(),
            None => self.unnamed,
        };
        if let Some(known) = known {
            return known;
        }
        if self.writers.len() >= STREAMS {
            return self.writers.len() - 1;
        }
        let index = self.writers.len();
        self.writers.push(Writer {
            name: name.map(|name| String::from_utf8_lossy(name).replace(char::is_control, "?")),
            ..Writer::default()
        });
        match name {
            Some(name) => {
                self.by_name.insert(name.to_owned(), index);
            }
            None => self.unnamed = Some(index),
        }
        index
    }

    fn add(&mut self, writer: usize, index: u64, channel: Channel, text: &[u8], partial: bool) {
        let writer = &mut self.writers[writer];
        writer.catch_up(index);
        let begun = &mut writer.begun[channel as usize];
        if partial && begun.len() + text.len() <= MOST_JOINED {
            begun.extend_from_slice(text);
        } else {
            begun.extend_from_slice(text);
            append_line(&mut writer.text, begun);
            begun.clear();
        }
        writer.text.push(b'\n');
        writer.lines += 1;
    }

    fn finish(self, envelope: &Envelope) -> Vec<Stream> {
        let mut out = Vec::new();
        for mut writer in self.writers {
            let begun = writer.begun.concat();
            if !begun.is_empty() {
                // The log ends inside a line; the last line so far is the empty one that stood for it.
                writer.text.pop();
                append_line(&mut writer.text, &begun);
                writer.text.push(b'\n');
            }
            if !writer.text.is_empty() {
                out.push(Stream {
                    name: writer.name,
                    text: writer.text,
                    envelope: envelope.clone(),
                });
            }
        }
        out
    }
}

impl Writer {
    /// Empty lines for the lines of others before line `index`.
    fn catch_up(&mut self, index: u64) {
        let missing = index.saturating_sub(self.lines) as usize;
        self.text.resize(self.text.len() + missing, b'\n');
        self.lines = self.lines.max(index);
    }
}

/// A message may hold line ends of its own (journal, Docker JSON); they become spaces so that lines stay lines.
fn append_line(out: &mut Vec<u8>, text: &[u8]) {
    let start = out.len();
    out.extend_from_slice(text.strip_suffix(b"\r").unwrap_or(text));
    let line = &mut out[start..];
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'\n', &line[at..]) {
        line[at + found] = b' ';
        at += found + 1;
    }
}

/// The first word and what follows the one space behind it.
fn word(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = memchr::memchr(b' ', text)?;
    Some((&text[..end], &text[end + 1..]))
}

#[cfg(test)]
mod tests;
