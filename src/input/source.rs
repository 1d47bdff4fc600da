//! One file, archive member or stream, unpacked and recognised.

use std::sync::{Arc, OnceLock};

use super::{Bytes, Kind, Lines};
use crate::time::{Instant, Moment, Stamp};

/// One piece of evidence as the rooms see it: decompressed, envelope removed, recognised.
#[derive(Debug, Clone)]
pub struct Source {
    /// Path inside the bundle with `/`, archive members as `archive.zip/member`; `-` for standard input. Where one
    /// file carries the lines of several pods or programs, each is a source of its own: `logs.txt[shop-0/app]`.
    pub name: String,
    /// The content. Its lines are the lines of the original, one for one, so line numbers hold for both: the parts of
    /// a line that its envelope had split are empty lines before the joined one, and lines of others are empty.
    pub bytes: Bytes,
    /// What it is by its beginning, and what was found anywhere in it when it was opened, most certain first; never empty.
    pub(super) kinds: Vec<Kind>,
    /// What was found in it later, once that was looked for.
    pub(super) found: OnceLock<Vec<Kind>>,
    /// The format that claimed it, for the list of sources: `Kubernetes describe`.
    pub format: &'static str,
    /// The rotated set it belongs to, when there are several pieces: `pod/gc.log` for `pod/gc.log.0` and
    /// `pod/gc.log.1.current`. The order within a set is the order of the first stamps, not of the names.
    pub series: Option<String>,
    /// The envelope that was removed from every line, with its times.
    pub envelope: Option<Envelope>,
    /// When it was last written, as the tar that it lay in says: the only time with a zone that some bundles carry.
    pub modified: Option<Instant>,
}

/// What the removed envelope of a source said.
#[derive(Debug, Clone)]
pub struct Envelope {
    /// Its name for the list of sources: `CRI`, `Docker JSON`.
    pub format: &'static str,
    /// One entry a line: microseconds since 1970, [`Envelope::NO_TIME`] where the line has none. Empty when the
    /// envelope carries no full dates (RFC 3164 syslog writes no year).
    pub(super) times: Arc<Vec<i64>>,
    /// Whether the times had a zone; without one they are held as if they were UTC.
    pub(super) zoned: bool,
}

impl Envelope {
    /// Stands in the list of times for a line without one.
    pub(super) const NO_TIME: i64 = i64::MIN;

    /// When the line, counted from 1, was received by whoever wrote the envelope: not before it was written.
    pub fn time(&self, line: u64) -> Option<Stamp> {
        let index = usize::try_from(line.checked_sub(1)?).ok()?;
        let micros = *self.times.get(index)?;
        if micros == Self::NO_TIME {
            return None;
        }
        let moment = Moment::exact(Instant(micros));
        Some(match self.zoned {
            true => Stamp::Zoned(moment),
            false => Stamp::Local(moment),
        })
    }
}

impl Source {
    /// A source made of a buffer, of a known kind: for tests and benches.
    pub fn of(name: impl Into<String>, bytes: impl Into<Vec<u8>>, kind: Kind) -> Self {
        Self {
            name: name.into(),
            bytes: Bytes::from(bytes.into()),
            kinds: vec![kind],
            found: OnceLock::from(Vec::new()),
            format: kind.word(),
            series: None,
            envelope: None,
            modified: None,
        }
    }

    /// Whether evidence of this kind was seen anywhere in it.
    pub fn holds(&self, kind: Kind) -> bool {
        self.kinds().any(|held| held == kind)
    }

    /// What it holds, most certain first; never empty.
    pub fn kinds(&self) -> impl Iterator<Item = Kind> + '_ {
        let found = self.found.get().into_iter().flatten();
        self.kinds.iter().chain(found).copied()
    }

    /// What it mainly is.
    pub fn kind(&self) -> Kind {
        self.kinds.first().copied().unwrap_or(Kind::Unknown)
    }

    /// Its lines.
    pub fn lines(&self) -> Lines<'_> {
        Lines::new(&self.bytes)
    }

    /// The time that the removed envelope gave a line, counted from 1: container logs often have times only there.
    pub fn envelope_time(&self, line: u64) -> Option<Stamp> {
        self.envelope.as_ref()?.time(line)
    }
}
