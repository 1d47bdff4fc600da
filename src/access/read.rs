//! One source to one shard: choose the formats, then read pieces of the text in parallel.

use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::bounded::hash;
use super::collect::{Collector, Reading};
use super::formats;
use super::pattern::{Expected, Layout};
use super::request::{Field, Request};
use super::scalar::Clock;
use super::semantics::{self, Demand, Semantics};
use super::summary::{Place, Summary};
use super::{FormatChoice, LogStart, Options, log_starts};
use crate::finding::Locator;
use crate::input::{Chunks, Coverage, Lines, ParseIssue, Progress, Source, split_at_lines};

/// The summary of one source, with what identifies it and how it was read.
#[derive(Debug, Clone)]
pub(super) struct Shard {
    pub(super) name: String,
    pub(super) size: u64,
    pub(super) fingerprint: u64,
    pub(super) formats: Vec<FormatChoice>,
    pub(super) coverage: Coverage,
    pub(super) log_starts: Vec<LogStart>,
    pub(super) summary: Summary,
}

/// Pieces of this many bytes are read by one thread at a time.
const PIECE: usize = 4 << 20;

/// A layout in use.
struct Used {
    layout: Layout,
    semantics: Semantics,
}

/// Which layouts hold from a byte on.
struct Section {
    from: usize,
    layouts: Vec<usize>,
}

/// How a source is read.
struct Plan {
    used: Vec<Used>,
    sections: Vec<Section>,
    /// Lines that begin with `#` are directives.
    directives: bool,
    /// Where the log begins anew.
    log_starts: Vec<LogStart>,
    /// What the lines of a wrapper (a syslog daemon, `docker compose`) have before the line itself.
    wrapper: Option<&'static [u8]>,
}

/// What one thread made of its pieces.
#[derive(Default)]
struct Part {
    collector: Collector,
    /// Piece and number of its lines.
    pieces: Vec<(usize, u64)>,
    /// Lines read by each layout.
    read: Vec<u64>,
    rejected: u64,
    /// The first rejected lines: place, text, what was expected.
    samples: Vec<(u64, Vec<u8>, Expected)>,
}

/// Reads a source.
pub(super) fn read(source: &Source, options: &Options, progress: &dyn Progress) -> Shard {
    let text = source
        .bytes
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(&source.bytes);
    let server = server_of(&source.name);
    let plan = plan(text, &source.name, options);
    let pieces = split_at_lines(text, PIECE);
    let next = AtomicUsize::new(0);
    let workers = rayon::current_num_threads().clamp(1, pieces.len().max(1));
    let chunks = Chunks::new(&source.bytes);
    let readings: Vec<Reading<'_>> = plan
        .used
        .iter()
        .map(|used| Reading {
            stamp: used.semantics.stamp,
            server: server.as_bytes(),
            apdex: &options.apdex,
            since: options
                .since
                .map_or([i64::MIN; 2], |at| [at.wall.0, at.instant.0]),
            until: options
                .until
                .map_or([i64::MAX; 2], |at| [at.wall.0, at.instant.0]),
        })
        .collect();
    let skipped = source.bytes.len() - text.len();
    let parts: Vec<Part> = (0..workers)
        .into_par_iter()
        .map(|_| {
            let mut part = Part {
                read: vec![0; plan.used.len()],
                ..Part::default()
            };
            let mut buffer = Vec::new();
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(piece) = pieces.get(index) else {
                    return part;
                };
                let mut at = piece.start;
                let mut number = 1;
                while at < piece.end {
                    let text = chunks.lines(at + skipped..piece.end + skipped, &mut buffer);
                    let lines = Lines::from_line(text, number, at as u64);
                    number = part.lines(lines, at, index, &plan, &readings);
                    at += text.len();
                }
                part.pieces.push((index, number - 1));
                progress.advance(piece.len() as u64);
            }
        })
        .collect();
    assemble(source, &server, plan, parts)
}

impl Part {
    /// Reads lines that begin at byte `start`; gives the number of the line behind them.
    fn lines(
        &mut self,
        lines: Lines<'_>,
        start: usize,
        index: usize,
        plan: &Plan,
        readings: &[Reading<'_>],
    ) -> u64 {
        let after = plan
            .sections
            .partition_point(|section| section.from <= start);
        let mut section = after.checked_sub(1);
        let mut following = plan.sections.get(after);
        let mut clock = Clock::default();
        let mut request = Request::NONE;
        let mut preferred = 0;
        let mut number = lines.number();
        for line in lines {
            number = line.number + 1;
            while following.is_some_and(|begins| begins.from as u64 <= line.offset) {
                section = Some(section.map_or(0, |now| now + 1));
                following = section.and_then(|now| plan.sections.get(now + 1));
                preferred = 0;
            }
            let mut body = line.text;
            if let [0, ..] = body {
                // A file that lost its tail with the power begins its next line with NULs.
                body = &body[body.iter().take_while(|byte| **byte == 0).count()..];
            }
            if body.is_empty() && !line.text.is_empty() {
                self.reject(index, line.number, line.text, "a line of text, not NULs");
                continue;
            }
            if body.is_empty()
                || plan.directives && body.first() == Some(&b'#')
                || body.trim_ascii().is_empty()
            {
                continue;
            }
            if let Some(wrapper) = plan.wrapper {
                body = formats::unwrap(body, wrapper);
            }
            let layouts = section.map_or(&[][..], |now| &plan.sections[now].layouts);
            let mut outcome = Err("a known format");
            // The layout that read the line before first, then the others.
            let others = (0..layouts.len()).filter(|choice| *choice != preferred);
            for choice in std::iter::once(preferred).chain(others) {
                let Some(&used) = layouts.get(choice) else {
                    break;
                };
                outcome = plan.used[used]
                    .layout
                    .read(body, &mut clock, &mut request)
                    .map(|()| used);
                if outcome.is_ok() {
                    preferred = choice;
                    break;
                }
            }
            match outcome {
                Ok(used) => {
                    self.read[used] += 1;
                    let place = Place {
                        source: index as u64,
                        line: line.number,
                    };
                    self.collector.add(&request, readings[used], place.pack());
                }
                Err(expected) => self.reject(index, line.number, line.text, expected),
            }
        }
        number
    }

    fn reject(&mut self, piece: usize, line: u64, text: &[u8], expected: Expected) {
        self.rejected += 1;
        let place = Place {
            source: piece as u64,
            line,
        };
        // A thread sees its pieces in ascending order, so its first three are its earliest.
        if self.samples.len() < 3 {
            let shown = &text[..text.len().min(600)];
            self.samples.push((place.pack(), shown.to_vec(), expected));
        }
    }
}

fn assemble(source: &Source, server: &str, plan: Plan, parts: Vec<Part>) -> Shard {
    let mut counts: Vec<(usize, u64)> = parts.iter().flat_map(|part| part.pieces.clone()).collect();
    counts.sort_unstable();
    let mut bases = Vec::with_capacity(counts.len());
    let mut lines = 0;
    for (_, count) in counts {
        bases.push(lines);
        lines += count;
    }
    let line_of = |packed: u64| {
        let place = Place::unpack(packed);
        bases.get(place.source as usize).copied().unwrap_or(0) + place.line
    };
    let mut summary = Summary::default();
    let mut read = vec![0; plan.used.len()];
    let mut samples = Vec::new();
    let mut rejected = 0;
    for part in parts {
        summary.merge(part.collector.finish());
        read.iter_mut()
            .zip(&part.read)
            .for_each(|(sum, more)| *sum += more);
        samples.extend(part.samples);
        rejected += part.rejected;
    }
    summary.renumber(line_of);
    samples.sort_unstable();
    let formats: Vec<FormatChoice> = plan
        .used
        .into_iter()
        .zip(&read)
        .filter(|(_, lines)| **lines > 0)
        .map(|(used, lines)| choice(&source.name, server, used, *lines))
        .collect();
    let name = match formats.as_slice() {
        [] => "no format fits".to_owned(),
        formats => {
            let mut names: Vec<&str> = formats
                .iter()
                .map(|choice| choice.format.as_str())
                .collect();
            names.dedup();
            names.join(", ")
        }
    };
    let size = source.bytes.len() as u64;
    let mut coverage = Coverage::new(&source.name, name, size);
    coverage.records = read.iter().sum();
    coverage.lines = lines;
    for (place, text, expected) in samples.into_iter().take(3) {
        coverage.line_not_understood(line_of(place), &text, expected);
    }
    let more = rejected - coverage.not_understood;
    coverage.not_understood += more;
    coverage.issues_total += more;
    let shrunk = source.bytes.shrunk_by();
    if shrunk > 0 {
        let problem = format!("the file lost {shrunk} bytes while it was read");
        coverage.report(ParseIssue::new(Locator::whole(&source.name), problem));
    }
    Shard {
        name: source.name.clone(),
        size,
        fingerprint: fingerprint(&source.bytes),
        formats,
        coverage,
        log_starts: plan.log_starts,
        summary,
    }
}

fn choice(source: &str, server: &str, used: Used, lines: u64) -> FormatChoice {
    let timed = used.layout.timed();
    let names_server = used.layout.has(Field::Upstream);
    FormatChoice {
        source: source.to_owned(),
        format: used.layout.name,
        pattern: used.layout.pattern,
        unit: timed.then_some(used.semantics.unit),
        unit_reason: used.semantics.unit_reason,
        stamp: used.semantics.stamp,
        stamp_reason: used.semantics.stamp_reason,
        stamp_assumed: used.semantics.stamp_assumed,
        names_server,
        instance: server.to_owned(),
        lines,
    }
}

/// Size and the first and last 64 KiB: the same file under another name is recognised.
pub(super) fn fingerprint(text: &[u8]) -> u64 {
    const EDGE: usize = 64 * 1024;
    let head = &text[..text.len().min(EDGE)];
    let tail = &text[text.len().saturating_sub(EDGE)..];
    hash(head) ^ hash(tail).rotate_left(1) ^ (text.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

fn plan(text: &[u8], name: &str, options: &Options) -> Plan {
    let demand = Demand {
        unit: options.unit,
        stamp: options.stamp,
    };
    let use_layout = |layout: Layout| {
        let semantics = semantics::decide(&layout, text, name, demand);
        Used {
            layout: Layout {
                unit: Some(semantics.unit),
                ..layout
            },
            semantics,
        }
    };
    let lines = sample(text);
    let (ranked, wrapper) = formats::choose_wrapped(&lines, &options.given.0);
    // A log that other formats read, and whose beginning, middle and end have no directive, is not searched for one.
    let read: usize = ranked.iter().map(|one| one.own).sum();
    let directives = lines.iter().any(|line| line.starts_with(b"#"));
    let announced = match options.given.0.is_empty() && (directives || read * 2 < lines.len()) {
        true => formats::w3c_sections(text),
        false => Vec::new(),
    };
    if announced.iter().any(|section| section.layout.is_some()) {
        let begins: Vec<usize> = announced.iter().map(|section| section.from).collect();
        let mut used: Vec<Used> = Vec::new();
        let sections = announced
            .into_iter()
            .map(|section| {
                let layout = section.layout.map(|layout| {
                    // The same columns are announced again at every restart of the server.
                    let known = used
                        .iter()
                        .position(|used| used.layout.pattern == layout.pattern);
                    known.unwrap_or_else(|| {
                        used.push(use_layout(layout));
                        used.len() - 1
                    })
                });
                Section {
                    from: section.from,
                    layouts: layout.into_iter().collect(),
                }
            })
            .collect();
        return Plan {
            used,
            sections,
            directives: true,
            log_starts: log_starts::find(text, name, &begins),
            wrapper: None,
        };
    }
    let used: Vec<Used> = ranked
        .into_iter()
        .map(|one| use_layout(one.layout))
        .collect();
    Plan {
        sections: vec![Section {
            from: 0,
            layouts: (0..used.len()).collect(),
        }],
        used,
        directives: false,
        log_starts: Vec::new(),
        wrapper,
    }
}

/// 200 lines each from the beginning, the middle and the end: formats change on redeployment.
fn sample(text: &[u8]) -> Vec<&[u8]> {
    const COUNT: usize = 200;
    let after_line = |from: usize| match from {
        0 => 0,
        _ => memchr::memchr(b'\n', &text[from..]).map_or(text.len(), |at| from + at + 1),
    };
    let starts = match text.len() {
        0..200_000 => vec![0],
        size => vec![0, after_line(size / 2), after_line(size - 100_000)],
    };
    let mut out: Vec<&[u8]> = Vec::new();
    for start in starts {
        let lines = Lines::new(&text[start..]).map(|line| line.text);
        out.extend(
            lines
                .filter(|line| !line.trim_ascii().is_empty())
                .take(COUNT),
        );
    }
    out
}

/// The server a file belongs to: its name without rotation, date, compression and ending.
pub(super) fn server_of(name: &str) -> String {
    let mut rest = name;
    for ending in [".gz", ".zst", ".bz2", ".xz", ".zip"] {
        rest = rest.strip_suffix(ending).unwrap_or(rest);
    }
    let rotation = |text: &str| {
        let kept =
            text.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '-' | '_' | '.'));
        let cut = &text[kept.len()..];
        let digits = cut.bytes().filter(u8::is_ascii_digit).count();
        (digits > 0).then(|| (kept.to_owned(), digits))
    };
    let mut out = rest.to_owned();
    // `access.log.3` and `access.log-20261122`: the number follows the ending.
    if let Some((kept, _)) = rotation(&out)
        && [".log", ".txt", "_log", "access"]
            .iter()
            .any(|ending| kept.ends_with(ending))
    {
        out = kept;
    }
    for ending in [".log", ".txt", ".json", ".jsonl", ".tsv"] {
        out = out.strip_suffix(ending).unwrap_or(&out).to_owned();
    }
    // `localhost_access_log.2026-11-22.txt`: a whole date, not the number of an instance.
    if let Some((kept, digits)) = rotation(&out)
        && digits >= 6
        && !kept.is_empty()
    {
        out = kept;
    }
    match out.is_empty() {
        true => name.to_owned(),
        false => out,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotated_files_belong_to_one_server() {
        for (name, server) in [
            (
                "localhost_access_log.2026-11-22.txt",
                "localhost_access_log",
            ),
            ("access.log.3.gz", "access"),
            ("access.log-20261122", "access"),
            ("pod-a/access.log", "pod-a/access"),
            ("multi.1.log", "multi.1"),
            ("-", "-"),
        ] {
            assert_eq!(server_of(name), server, "{name}");
        }
    }
}
