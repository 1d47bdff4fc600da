//! The log formats. Each turns lines into [`Run`]s; this file recognises them and orders the files of a rotated set.

mod jstat;
mod legacy;
pub(super) mod number;
mod openj9;
mod sets;
mod unified;

pub(super) use sets::{Set, sets};

use crate::finding::Locator;
use crate::gc::run::Run;
use crate::input::{
    Certainty, Coverage, Kind, Line, Lines, ParseIssue, Progress, Sample, Sniffer, Source,
};
use unified::Outcome;

/// How the formats of this room are recognised.
pub const SNIFFERS: &[Sniffer] = &[
    Sniffer {
        kind: Kind::GcLog,
        format: "unified GC log",
        sniff: |sample| certainty(sample, Format::Unified),
        telltales: &["[gc", "] GC("],
    },
    Sniffer {
        kind: Kind::GcLog,
        format: "legacy GC log",
        sniff: |sample| certainty(sample, Format::Legacy),
        telltales: &["[GC (", "[Full GC", "[GC pause", "[GC ["],
    },
    Sniffer {
        kind: Kind::GcLog,
        format: "OpenJ9 verbose GC",
        sniff: |sample| certainty(sample, Format::OpenJ9),
        telltales: &["<exclusive-start ", "<verbosegc "],
    },
    Sniffer {
        kind: Kind::GcLog,
        format: "jstat output",
        sniff: sniff_jstat,
        telltales: &[],
    },
];

/// A log format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Format {
    /// JDK 9 and later.
    Unified,
    /// JDK 5 to 8.
    Legacy,
    /// OpenJ9 and IBM J9.
    OpenJ9,
    /// Samples of `jstat -gc`.
    Jstat,
}

impl Format {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Unified => "unified GC log",
            Self::Legacy => "legacy GC log",
            Self::OpenJ9 => "OpenJ9 verbose GC",
            Self::Jstat => "jstat output",
        }
    }
}

/// Progress is reported per this many bytes.
const CHUNK: u64 = 8 << 20;

/// Here crash files and `jcmd VM.info` tell what the collector did last, in the words of a log (vmError.cpp).
const HISTORY: &[u8] = b"GC Heap History (";

/// Judges the beginning of a source for one format.
fn certainty(sample: &Sample<'_>, format: Format) -> Certainty {
    let (mut seen, mut ours) = (0_u32, 0_u32);
    let history = |line: &&[u8]| line.starts_with(HISTORY);
    for line in sample.lines(400).take_while(|line| !history(line)) {
        seen += 1;
        ours += u32::from(is_line_of(format, line));
    }
    match ours {
        0 => Certainty::No,
        _ if ours * 2 >= seen => Certainty::Sure,
        _ => Certainty::Likely,
    }
}

/// The header of the table is one line among many numbers.
fn sniff_jstat(sample: &Sample<'_>) -> Certainty {
    match sample.lines(3).any(jstat::is_gc_line) {
        true => Certainty::Sure,
        false => Certainty::No,
    }
}

fn is_line_of(format: Format, line: &[u8]) -> bool {
    match format {
        Format::Unified => unified::is_gc_line(line),
        Format::Legacy => legacy::is_gc_line(line),
        Format::OpenJ9 => openj9::is_gc_line(line),
        Format::Jstat => jstat::is_gc_line(line),
    }
}

/// The format of a source: that of its beginning, or of the first place where one appears.
pub(super) fn detect(bytes: &[u8]) -> Option<Format> {
    const FORMATS: [Format; 4] = [
        Format::Unified,
        Format::Legacy,
        Format::OpenJ9,
        Format::Jstat,
    ];
    // Looking at every line of a file that holds none is linear, and stops at the first hit otherwise.
    Lines::new(bytes).find_map(|line| {
        let text = line.text;
        FORMATS.into_iter().find(|format| is_line_of(*format, text))
    })
}

/// What the readers of all formats do.
trait Reader {
    /// The next lines are of this file of the set.
    fn begin_file(&mut self, file: u32);
    /// Takes a line.
    fn line(&mut self, line: &Line<'_>) -> Outcome;
    /// All runs, in the order of the files.
    fn finish(self) -> Vec<Run>;
}

/// Reads a set of files in the order of time.
pub(super) fn read(set: &Set<'_>, progress: &dyn Progress) -> (Vec<Run>, Vec<Coverage>) {
    match set.format {
        Format::Unified => read_with(unified::Reader::new(), set, progress),
        Format::Legacy => read_with(legacy::Reader::new(), set, progress),
        Format::OpenJ9 => read_with(openj9::Reader::new(), set, progress),
        Format::Jstat => read_with(jstat::Reader::new(), set, progress),
    }
}

fn read_with(
    mut reader: impl Reader,
    set: &Set<'_>,
    progress: &dyn Progress,
) -> (Vec<Run>, Vec<Coverage>) {
    let mut coverage = Vec::with_capacity(set.sources.len());
    for (file, source) in set.sources.iter().enumerate() {
        reader.begin_file(file as u32);
        coverage.push(lines(source, set.format, progress, |line| {
            reader.line(line)
        }));
    }
    (reader.finish(), coverage)
}

/// Feeds the lines of a source to `take` and keeps the account of what became of them.
fn lines(
    source: &Source,
    format: Format,
    progress: &dyn Progress,
    mut take: impl FnMut(&Line<'_>) -> Outcome,
) -> Coverage {
    let size = source.bytes.len() as u64;
    let mut coverage = Coverage::new(source.name.clone(), format.word(), size);
    let mut reported = 0;
    for line in source.lines() {
        coverage.lines += 1;
        match take(&line) {
            Outcome::Used => coverage.records += 1,
            Outcome::Quiet => {}
            Outcome::Unknown => {
                let expected = "a line this format is known to write";
                coverage.line_not_understood(line.number, line.text, expected);
            }
        }
        if line.offset - reported >= CHUNK {
            progress.advance(line.offset - reported);
            reported = line.offset;
        }
    }
    progress.advance(size - reported);
    coverage
}

/// The account of a source in which no line looks like a GC log.
pub(super) fn not_recognised(source: &Source) -> Coverage {
    let mut coverage = Coverage::new(
        source.name.clone(),
        "not a GC log",
        source.bytes.len() as u64,
    );
    coverage.lines = source.lines().count() as u64;
    coverage.not_understood = coverage.lines;
    let problem = match source.bytes.is_empty() {
        true => "the file is empty",
        false => "no line looks like a GC log",
    };
    coverage.report(ParseIssue::new(
        Locator::whole(source.name.clone()),
        problem,
    ));
    coverage
}
