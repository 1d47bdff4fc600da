//! Saved summaries: what `--partial` writes and `diag merge` reads.
//!
//! A file holds one shard per source, each whole in itself, so that a shard that arrives twice is counted once and merging
//! in any grouping and order gives the report of a single run. Layout: magic, version, parameters, shards with their
//! lengths, and a hash of everything before it.

use super::bounded::hash;
use super::fold::Fold;
use super::read::Shard;
use super::wire::{Reader, Wire};
use super::{
    AccessReport, DurationUnit, FormatChoice, LogStart, Options, StampMeaning, Thresholds,
};
use crate::finding::{Locator, Place};
use crate::input::{Coverage, ParseIssue};
use crate::time::Instant;

const MAGIC: &[u8] = b"diag access partial\n";
/// Raised when the layout of a summary changes.
const VERSION: u64 = 3;

/// The parameters that change a summary.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Parameters {
    apdex: Thresholds,
    since: Option<(i64, i64)>,
    until: Option<(i64, i64)>,
}

/// A saved summary in memory.
#[derive(Debug, Clone)]
pub struct Partial {
    parameters: Parameters,
    shards: Vec<Shard>,
}

/// Why partials cannot be merged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// Not a partial at all.
    #[error("{0}: not a partial written by diag access --partial")]
    Other(String),
    /// Written by a version whose summaries are laid out differently.
    #[error(
        "{name}: written in version {version} of the format, this diag reads version {VERSION}; run diag access --partial again"
    )]
    Version {
        /// The file.
        name: String,
        /// Its version.
        version: u64,
    },
    /// The end is missing or bytes have changed.
    #[error("{0}: damaged: its check sum does not fit its content")]
    Damaged(String),
    /// Made with other options than the first one.
    #[error(
        "{name}: made with {found}, but {first} with {expected}; partials must be made with the same options"
    )]
    Parameters {
        /// The file.
        name: String,
        /// Its options.
        found: String,
        /// The first file.
        first: String,
        /// Its options.
        expected: String,
    },
    /// Nothing was given.
    #[error("no partial was given")]
    Nothing,
}

impl Partial {
    pub(super) fn new(options: &Options, shards: Vec<Shard>) -> Self {
        Self {
            parameters: Parameters::of(options),
            shards,
        }
    }

    /// The bytes of the file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        VERSION.put(&mut out);
        self.parameters.put(&mut out);
        self.shards.len().put(&mut out);
        for shard in &self.shards {
            let mut body = Vec::new();
            shard.put(&mut body);
            shard.name.put(&mut out);
            shard.size.put(&mut out);
            shard.fingerprint.put(&mut out);
            body.put(&mut out);
        }
        let sum = hash(&out);
        out.extend_from_slice(&sum.to_le_bytes());
        out
    }
}

/// Merges saved summaries, given by name and content, into the report of one run over all their sources.
pub fn merge(files: &[(&str, &[u8])]) -> Result<AccessReport, MergeError> {
    let mut headers = Vec::new();
    let mut first: Option<(&str, Parameters)> = None;
    for (name, bytes) in files {
        let (parameters, shards) = open(name, bytes)?;
        match first {
            None => first = Some((name, parameters)),
            Some((other, ref expected)) if *expected != parameters => {
                return Err(MergeError::Parameters {
                    name: (*name).to_owned(),
                    found: parameters.describe(),
                    first: other.to_owned(),
                    expected: expected.describe(),
                });
            }
            Some(_) => {}
        }
        headers.extend(shards.into_iter().map(|shard| (shard, *name)));
    }
    let Some((_, parameters)) = first else {
        return Err(MergeError::Nothing);
    };
    headers
        .sort_by(|a, b| (&a.0.name, a.0.fingerprint, a.1).cmp(&(&b.0.name, b.0.fingerprint, b.1)));
    let mut fold = Fold::default();
    for (header, file) in headers {
        if fold.has(&header.name, header.size, header.fingerprint) {
            continue;
        }
        let shard = Shard::take(&mut Reader(header.body))
            .ok_or_else(|| MergeError::Damaged(file.to_owned()))?;
        fold.add_new(shard);
    }
    Ok(super::report(fold, &parameters.options()))
}

/// A shard not yet read.
struct Header<'a> {
    name: String,
    size: u64,
    fingerprint: u64,
    body: &'a [u8],
}

fn open<'a>(name: &str, bytes: &'a [u8]) -> Result<(Parameters, Vec<Header<'a>>), MergeError> {
    let damaged = || MergeError::Damaged(name.to_owned());
    let body = bytes
        .strip_prefix(MAGIC)
        .ok_or_else(|| MergeError::Other(name.to_owned()))?;
    let mut reader = Reader(body);
    let version = u64::take(&mut reader).ok_or_else(damaged)?;
    if version != VERSION {
        return Err(MergeError::Version {
            name: name.to_owned(),
            version,
        });
    }
    let (content, sum) = bytes.split_last_chunk::<8>().ok_or_else(damaged)?;
    if hash(content) != u64::from_le_bytes(*sum) {
        return Err(damaged());
    }
    header(&mut reader).ok_or_else(damaged)
}

fn header<'a>(reader: &mut Reader<'a>) -> Option<(Parameters, Vec<Header<'a>>)> {
    let parameters = Parameters::take(reader)?;
    let mut shards = Vec::new();
    for _ in 0..usize::take(reader)? {
        let (name, size, fingerprint) = (
            Wire::take(reader)?,
            Wire::take(reader)?,
            Wire::take(reader)?,
        );
        let length = usize::take(reader)?;
        shards.push(Header {
            name,
            size,
            fingerprint,
            body: reader.bytes(length)?,
        });
    }
    Some((parameters, shards))
}

impl Parameters {
    fn of(options: &Options) -> Self {
        Self {
            apdex: options.apdex.clone(),
            since: options.since.map(|at| (at.instant.0, at.wall.0)),
            until: options.until.map(|at| (at.instant.0, at.wall.0)),
        }
    }

    fn options(self) -> Options {
        Options {
            apdex: self.apdex,
            ..Options::default()
        }
    }

    fn describe(&self) -> String {
        let time = |at: Option<(i64, i64)>| {
            at.map_or("none".to_owned(), |at| crate::time::Instant(at.0).rfc3339())
        };
        let own: Vec<String> = self
            .apdex
            .routes
            .iter()
            .map(|(route, threshold)| format!(" ({route}: {})", crate::text::duration(*threshold)))
            .collect();
        format!(
            "Apdex threshold {}{}, since {}, until {}",
            crate::text::duration(self.apdex.all_us),
            own.concat(),
            time(self.since),
            time(self.until)
        )
    }
}

impl Wire for Parameters {
    fn put(&self, out: &mut Vec<u8>) {
        self.apdex.put(out);
        self.since.put(out);
        self.until.put(out);
    }

    fn take(from: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            apdex: Wire::take(from)?,
            since: Wire::take(from)?,
            until: Wire::take(from)?,
        })
    }
}

super::wire::wire!(Shard {
    name,
    size,
    fingerprint,
    formats,
    coverage,
    log_starts,
    summary
});
super::wire::wire!(LogStart { at, locator });
super::wire::wire!(FormatChoice {
    source,
    format,
    pattern,
    unit,
    unit_reason,
    stamp,
    stamp_reason,
    stamp_assumed,
    names_server,
    instance,
    lines
});
super::wire::wire!(Coverage {
    source,
    format,
    bytes,
    records,
    lines,
    not_understood,
    issues,
    issues_total
});
super::wire::wire!(ParseIssue { locator, problem });

/// Enumerations without content, by their position in a list.
macro_rules! listed {
    ($name:ty, [$($variant:path),*]) => {
        impl Wire for $name {
            fn put(&self, out: &mut Vec<u8>) {
                let list = [$($variant),*];
                let index = list.iter().position(|known| known == self).unwrap_or(0);
                (index as u8).put(out);
            }

            fn take(from: &mut Reader<'_>) -> Option<Self> {
                [$($variant),*].get(usize::from(u8::take(from)?)).copied()
            }
        }
    };
}

listed!(StampMeaning, [StampMeaning::Start, StampMeaning::End]);
listed!(
    DurationUnit,
    [
        DurationUnit::Seconds,
        DurationUnit::Millis,
        DurationUnit::Micros,
        DurationUnit::Nanos
    ]
);

impl Wire for Instant {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
    }

    fn take(from: &mut Reader<'_>) -> Option<Self> {
        Wire::take(from).map(Self)
    }
}

/// Of all places a summary has only whole sources and lines.
impl Wire for Locator {
    fn put(&self, out: &mut Vec<u8>) {
        self.source.put(out);
        let lines = match self.place {
            Place::Line(line) => Some((line, line)),
            Place::Lines(first, last) => Some((first, last)),
            Place::Whole | Place::Bytes(..) | Place::Object(_) => None,
        };
        lines.put(out);
    }

    fn take(from: &mut Reader<'_>) -> Option<Self> {
        let source = String::take(from)?;
        let lines: Option<(u64, u64)> = Wire::take(from)?;
        Some(match lines {
            Some((first, last)) => Self::lines(source, first, last),
            None => Self::whole(source),
        })
    }
}
