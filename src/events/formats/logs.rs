//! Log lines of any kind: one pass finds the lines that can hold an event, each family of formats judges its own.
//!
//! A log is mostly lines without events, and may be gigabytes long. So an automaton over all triggers finds the few
//! lines that matter; only those, and the nearest stamped lines around them, are looked at.

use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use rayon::prelude::*;

use super::near::{Near, continuation};
use super::stamps::{When, leading};
use super::{
    connections, containerd, journal, kernel, kubelet, memory, pools, servers, storage, systemd,
};
use crate::events::event::{Event, Rough, Subject, What};
use crate::events::outputs;
use crate::events::reading::Reading;
use crate::finding::Locator;
use crate::input::{Certainty, ParseIssue, Progress, Sample, split_at_lines};
use crate::time::Stamp;

/// Strings one of which every line with an event holds.
fn triggers() -> Vec<&'static str> {
    [
        kernel::TRIGGERS,
        journal::TRIGGERS,
        systemd::TRIGGERS,
        containerd::TRIGGERS,
        kubelet::TRIGGERS,
        memory::TRIGGERS,
        servers::TRIGGERS,
        pools::TRIGGERS,
        storage::TRIGGERS,
        connections::TRIGGERS,
    ]
    .concat()
}

/// Bytes scanned by one worker at a time.
const PIECE: usize = 4 << 20;
/// Bytes of a line that are examined; an event stands at its beginning.
const LONGEST: usize = 16 << 10;

/// One line that may hold an event, with what surrounds it.
#[derive(Debug, Clone)]
pub(super) struct Candidate<'a> {
    /// The whole line as text.
    pub(super) text: &'a str,
    /// The line behind its stamp, and behind host and program in a syslog or journal line.
    pub(super) message: &'a str,
    /// The line after it, for what only two lines together say.
    pub(super) next: &'a [u8],
    /// Identifies the log record: lines of one record (a message and the stack trace under it) share it.
    pub(super) record: usize,
    /// The thread, where the stamped line of the record names one.
    pub(super) thread: Option<&'a str>,
}

/// Judges log lines and keeps what must be remembered between them.
#[derive(Debug, Default)]
pub(super) struct Judge {
    kernel: kernel::Kills,
    containers: containerd::Containers,
    kubelet: kubelet::Kubelet,
    memory: memory::Errors,
    connections: connections::Failures,
}

/// An event without a time, and the line it stands on.
pub(super) type Found = (What, Subject);

impl Judge {
    /// The events that a line holds, in order.
    pub(super) fn line(&mut self, line: &Candidate<'_>) -> Vec<Found> {
        // Others with such a head (the node problem detector) repeat what the kernel said.
        if let Some(body) = kubelet::body(line.message) {
            return self.kubelet.line(body, line).into_iter().collect();
        }
        if kernel::mine(line) {
            return self.kernel.line(line);
        }
        let one = systemd::line(line)
            .or_else(|| self.containers.line(line))
            .or_else(|| self.memory.line(line))
            .or_else(|| servers::line(line))
            .or_else(|| pools::line(line))
            .or_else(|| storage::line(line))
            .or_else(|| self.connections.line(line));
        one.into_iter().collect()
    }

    /// What was begun but not ended when the source ends.
    pub(super) fn finish(&mut self) -> Vec<Found> {
        self.kernel.finish()
    }
}

/// Reads a source of this format.
pub(super) fn read(reading: &mut Reading<'_>, progress: &dyn Progress) {
    let source = reading.source;
    let bytes: &[u8] = &source.bytes;
    let automaton = AhoCorasick::builder()
        .match_kind(MatchKind::Standard)
        .kind(Some(AhoCorasickKind::DFA))
        .build(triggers());
    let automaton = match automaton {
        Ok(automaton) => automaton,
        Err(error) => {
            let problem = format!("cannot prepare the search: {error}");
            let locator = Locator::whole(source.name.clone());
            reading.coverage.report(ParseIssue::new(locator, problem));
            return;
        }
    };
    let pieces = split_at_lines(bytes, PIECE);
    let found: Vec<Hits> = pieces
        .par_iter()
        .map(|piece| {
            let hits = hits(&automaton, bytes, piece);
            progress.advance(piece.len() as u64);
            hits
        })
        .collect();

    let mut judge = Judge::default();
    let mut near = Near::new(bytes);
    let mut first = 1;
    let mut last = None;
    for hits in &found {
        for (skipped, hit) in &hits.places {
            near.to(hit.clone());
            last = Some(hit.clone());
            candidate(bytes, hit, first + skipped, &mut near, &mut judge, reading);
        }
        first += hits.lines;
    }
    if let Some(hit) = last {
        for (what, subject) in judge.finish() {
            let number = first.saturating_sub(1).max(1);
            let text = text_of(bytes, &hit);
            let mut event = reading.event(what, subject, &text, number);
            set_time(&mut event, &near, number, reading);
            reading.push(event);
        }
    }
    let unended = bytes.last().is_some_and(|byte| *byte != b'\n');
    reading.coverage.lines = first - 1 + u64::from(unended);
}

fn candidate(
    bytes: &[u8],
    hit: &Range<usize>,
    number: u64,
    near: &mut Near<'_>,
    judge: &mut Judge,
    reading: &mut Reading<'_>,
) {
    let text = text_of(bytes, hit);
    let journal = journal::line(&text);
    let own = leading(text.as_bytes());
    let behind = own.map_or(0, |(_, used)| used);
    let rest = text.get(behind..).unwrap_or(&text);
    let (host, message) = host_and_message(rest, own.map(|(when, _)| when));
    let thread = thread_of(near.record_line());
    let next = near.next_line();
    let message = journal.as_ref().map_or(message, |line| &line.message);
    let line = Candidate {
        text: &text,
        message,
        next,
        record: near.record,
        thread: thread.as_deref(),
    };
    let found = judge.line(&line);
    if found.is_empty() {
        return;
    }
    let owner = outputs::owner(&reading.source.name);
    for (what, mut subject) in found {
        if subject.node.is_none() {
            subject.node = host.map(str::to_owned);
        }
        if let (None, Some(line)) = (&subject.unit, &journal) {
            subject.unit.clone_from(&line.unit);
        }
        if let (None, Some(owner)) = (&subject.pod, &owner) {
            subject.namespace = subject.namespace.or_else(|| owner.namespace.clone());
            subject.pod.clone_from(&owner.pod);
            subject.uid = subject.uid.or_else(|| owner.uid.clone());
            subject.container = subject.container.or_else(|| owner.container.clone());
        }
        let detail = journal.as_ref().map_or(&text, |line| &line.message);
        let mut event = reading.event(what, subject, detail, number);
        match (&journal, containerd::time(&text)) {
            (Some(line), _) => event.at = Some(line.at),
            (None, Some(stamp)) => event.at = Some(stamp),
            (None, None) => set_time(&mut event, near, number, reading),
        }
        reading.push(event);
    }
}

fn text_of(bytes: &[u8], hit: &Range<usize>) -> String {
    let end = hit.end.min(hit.start + LONGEST);
    String::from_utf8_lossy(&bytes[hit.start..end])
        .trim_end()
        .to_owned()
}

/// The time of a line: its own stamp or that of the envelope, whichever knows the zone; else that of its record; else
/// between the stamps around it.
fn set_time(event: &mut Event, near: &Near<'_>, number: u64, reading: &Reading<'_>) {
    let envelope = reading.source.envelope_time(number);
    let own = near.time();
    match (own, envelope) {
        (Some(When::Stamp(Stamp::Zoned(moment))), _) if near.exact => {
            event.at = Some(Stamp::Zoned(moment));
        }
        (_, Some(stamp)) => event.at = Some(stamp),
        (Some(When::Stamp(stamp)), None) => event.at = Some(stamp),
        (Some(When::Rough(rough)), None) => event.rough = Some(rough),
        (None, None) => {}
    }
}

/// The lines of a piece that hold a trigger.
struct Hits {
    /// Lines of the piece before each, and where it stands.
    places: Vec<(u64, Range<usize>)>,
    /// Lines of the whole piece.
    lines: u64,
}

/// Whole lines with a trigger, each once, in order.
fn hits(automaton: &AhoCorasick, bytes: &[u8], piece: &Range<usize>) -> Hits {
    let ends = |range: Range<usize>| memchr::memchr_iter(b'\n', &bytes[range]).count() as u64;
    let mut places = Vec::new();
    let mut lines = 0;
    let mut at = piece.start;
    while at < piece.end {
        let Some(found) = automaton.find(&bytes[at..piece.end]) else {
            break;
        };
        let place = at + found.start();
        let start = memchr::memrchr(b'\n', &bytes[at..place]).map_or(at, |end| at + end + 1);
        let end =
            memchr::memchr(b'\n', &bytes[place..piece.end]).map_or(piece.end, |end| place + end);
        lines += ends(at..start);
        places.push((lines, start..end));
        at = (end + 1).min(piece.end);
        lines += ends(end..at);
    }
    lines += ends(at..piece.end);
    Hits { places, lines }
}

/// `host program[pid]: message` behind the stamp of a syslog or journal line.
fn host_and_message(rest: &str, when: Option<When>) -> (Option<&str>, &str) {
    let rest = rest.trim_start();
    let syslog = matches!(
        when,
        Some(When::Rough(Rough::WithoutYear(_)) | When::Stamp(Stamp::Zoned(_)))
    );
    // A local time with its year is mostly an application's (`ERROR Checkout: …`); `journalctl -o short-full` has it, too.
    let ends = if syslog { ":" } else { "]:" };
    if when.is_none() {
        return (None, rest);
    }
    let mut words = rest.splitn(3, ' ');
    match (words.next(), words.next(), words.next()) {
        (Some(host), Some(program), Some(message)) if program.ends_with(ends) => {
            let name = program.trim_end_matches(':');
            let name = name.split('[').next().unwrap_or(name);
            let plain =
                |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | '@');
            if !name.is_empty() && name.chars().all(plain) && host.chars().all(plain) {
                return (Some(host), message.trim_start());
            }
            (None, rest)
        }
        _ => (None, rest),
    }
}

/// `[http-nio-8080-exec-3]` in the stamped line of a record: the first bracket that is a thread and not a level.
fn thread_of(line: &[u8]) -> Option<String> {
    let head = &line[..line.len().min(300)];
    let text = String::from_utf8_lossy(head);
    let (_, used) = leading(line)?;
    let mut rest = text.get(used..)?;
    while let Some(open) = rest.find('[') {
        let close = rest[open..].find(']')? + open;
        let name = rest[open + 1..close].trim();
        let level =
            name.chars().all(|c| c.is_ascii_uppercase()) || name.contains(' ') || name.is_empty();
        if !level && !name.contains('=') {
            return Some(name.to_owned());
        }
        rest = &rest[close + 1..];
    }
    None
}

/// Judges the beginning of a source: stamped lines with a level are the mark of a logging framework.
pub(super) fn sniff(sample: &Sample<'_>) -> Certainty {
    if sample.head.contains(&0) {
        return Certainty::No;
    }
    let mut stamped = 0_u32;
    let mut levelled = 0_u32;
    let mut lines = 0_u32;
    for line in sample.lines(200) {
        lines += 1;
        if let Some((_, used)) = leading(line) {
            stamped += 1;
            levelled += u32::from(level(&line[used.min(line.len())..]));
        } else if continuation(line) {
            lines -= 1;
        }
    }
    if journal::looks_like(sample) || (levelled > 0 && levelled * 2 > lines) {
        Certainty::Likely
    } else if stamped > 0
        || super::TELLTALES
            .iter()
            .any(|telltale| sample.contains(telltale))
    {
        Certainty::Maybe
    } else {
        Certainty::No
    }
}

/// Whether a level stands among the first words, as frameworks write them: in capitals.
fn level(rest: &[u8]) -> bool {
    const LEVELS: [&[u8]; 10] = [
        b"INFO", b"WARN", b"ERROR", b"DEBUG", b"TRACE", b"SEVERE", b"WARNING", b"FATAL", b"FINE",
        b"CONFIG",
    ];
    let head = &rest[..rest.len().min(80)];
    head.split(|byte| !byte.is_ascii_alphabetic())
        .any(|word| LEVELS.contains(&word))
}
