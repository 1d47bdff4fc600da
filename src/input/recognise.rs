//! Recognition by content: every room lists how its formats look, the surest claim wins.

use std::sync::atomic::{AtomicUsize, Ordering};

use aho_corasick::{AhoCorasick, BuildError, MatchKind};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::split_at_lines;

/// What a source holds.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// An HPROF heap dump.
    HeapDump,
    /// One or more thread dumps.
    ThreadDump,
    /// A garbage-collection log.
    GcLog,
    /// An access log of a web server or proxy.
    AccessLog,
    /// What started, suffered and died: Kubernetes, Docker, systemd, kernel, Azure, hs_err, application log.
    Events,
    /// A snapshot of the host or the process.
    HostSnapshot,
    /// A report that `diag` wrote as JSON.
    Report,
    /// No room claims it.
    Unknown,
    /// Nothing in it.
    Empty,
}

impl Kind {
    /// The word used in every output.
    pub fn word(self) -> &'static str {
        match self {
            Self::HeapDump => "heap dump",
            Self::ThreadDump => "thread dump",
            Self::GcLog => "GC log",
            Self::AccessLog => "access log",
            Self::Events => "events",
            Self::HostSnapshot => "host snapshot",
            Self::Report => "diag report",
            Self::Unknown => "not recognised",
            Self::Empty => "empty",
        }
    }
}

/// How sure a format is that a source is its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// It is not.
    No,
    /// It could be, if nobody knows better.
    Maybe,
    /// Several lines look like it.
    Likely,
    /// A signature nothing else has.
    Sure,
}

/// The beginning of a source, for recognition.
#[derive(Debug, Clone, Copy)]
pub struct Sample<'a> {
    /// Name of the source; content decides, the name only breaks ties.
    pub name: &'a str,
    /// Up to the first 64 KiB, unpacked and unwrapped; text ends at a line end where it was cut.
    pub head: &'a [u8],
}

impl<'a> Sample<'a> {
    const SIZE: usize = 64 * 1024;

    pub(super) fn new(name: &'a str, bytes: &'a [u8]) -> Self {
        let head = &bytes[..bytes.len().min(Self::SIZE)];
        let head = match memchr::memrchr(b'\n', head) {
            Some(end) if head.len() < bytes.len() => &head[..=end],
            _ => head,
        };
        Self { name, head }
    }

    /// The first `count` lines that are not blank.
    pub fn lines(&self, count: usize) -> impl Iterator<Item = &'a [u8]> {
        super::Lines::new(self.head)
            .map(|line| line.text)
            .filter(|text| !text.trim_ascii().is_empty())
            .take(count)
    }

    /// Whether the head holds `text`.
    pub fn contains(&self, text: &str) -> bool {
        memchr::memmem::find(self.head, text.as_bytes()).is_some()
    }
}

/// How one format of a room is recognised.
#[derive(Debug, Clone, Copy)]
pub struct Sniffer {
    /// The kind of evidence it is.
    pub kind: Kind,
    /// The name of the format for the list of sources.
    pub format: &'static str,
    /// Judges the beginning of a source.
    pub sniff: fn(&Sample<'_>) -> Certainty,
    /// Strings that anywhere in a text source mean that it also holds this kind: a thread dump inside an application
    /// log. Empty when the format never occurs inside another.
    pub telltales: &'static [&'static str],
}

/// Bytes searched by one thread at a time.
const PIECE: usize = 4 << 20;

/// Runs the contest of all formats over sources.
pub(super) struct Recogniser<'a> {
    sniffers: &'a [Sniffer],
    telltales: Telltales,
}

/// A search for the telltales of some kinds.
struct Telltales {
    search: AhoCorasick,
    kinds: Vec<Kind>,
}

impl Telltales {
    fn new(sniffers: &[Sniffer], wanted: impl Fn(Kind) -> bool) -> Result<Self, BuildError> {
        let (mut patterns, mut kinds) = (Vec::new(), Vec::new());
        for sniffer in sniffers.iter().filter(|sniffer| wanted(sniffer.kind)) {
            for telltale in sniffer.telltales {
                patterns.push(*telltale);
                kinds.push(sniffer.kind);
            }
        }
        // Of the kinds of search, the leftmost ones skip stretches without a first byte of any telltale in wide steps; no
        // telltale of one kind lies inside that of another, so the kinds found are the same.
        let search = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostFirst)
            .build(patterns)?;
        Ok(Self { search, kinds })
    }

    /// Where in `bytes` the first telltale of each of `wanted` stands; the end of the address space where there is none.
    /// Pieces of a long text are searched side by side; one stops when all that it could find stands before it.
    fn first(&self, wanted: &[Kind], bytes: &[u8]) -> Vec<usize> {
        let first: Vec<AtomicUsize> = wanted
            .iter()
            .map(|_| AtomicUsize::new(usize::MAX))
            .collect();
        let known_before = |at: usize| {
            let mut all = first.iter().map(|first| first.load(Ordering::Relaxed));
            all.all(|first| first <= at)
        };
        let pieces = split_at_lines(bytes, PIECE);
        pieces.into_par_iter().for_each(|piece| {
            if known_before(piece.start) {
                return;
            }
            let start = piece.start;
            for found in self.search.find_iter(&bytes[piece]) {
                let at = start + found.start();
                let kind = self.kinds[found.pattern().as_usize()];
                if let Some(index) = wanted.iter().position(|wanted| *wanted == kind) {
                    first[index].fetch_min(at, Ordering::Relaxed);
                }
                if known_before(at) {
                    break;
                }
            }
        });
        first.into_iter().map(AtomicUsize::into_inner).collect()
    }
}

impl<'a> Recogniser<'a> {
    pub(super) fn new(sniffers: &'a [Sniffer]) -> Result<Self, BuildError> {
        Ok(Self {
            sniffers,
            telltales: Telltales::new(sniffers, |_| true)?,
        })
    }

    /// What a source holds.
    pub(super) fn recognise(&self, name: &str, bytes: &[u8]) -> Claims {
        let mut claims = self.recognise_head(name, bytes);
        self.search(bytes, &mut claims);
        claims
    }

    /// What a source is by its beginning.
    pub(super) fn recognise_head(&self, name: &str, bytes: &[u8]) -> Claims {
        if bytes.is_empty() {
            return Claims {
                kinds: vec![(Kind::Empty, Certainty::Sure)],
                format: Kind::Empty.word(),
                searched: true,
            };
        }
        let sample = Sample::new(name, bytes);
        let mut claims: Vec<_> = self
            .sniffers
            .iter()
            .map(|sniffer| ((sniffer.sniff)(&sample), sniffer))
            .filter(|(certainty, _)| *certainty > Certainty::No)
            .collect();
        // Stable: among equals the order of the registry decides.
        claims.sort_by_key(|(certainty, _)| std::cmp::Reverse(*certainty));
        let mut out = Claims::default();
        for (index, (certainty, sniffer)) in claims.iter().enumerate() {
            let counts = index == 0 || *certainty >= Certainty::Likely;
            if counts && out.of(sniffer.kind) == Certainty::No {
                out.kinds.push((sniffer.kind, *certainty));
            }
        }
        if let Some((_, first)) = claims.first() {
            out.format = first.format;
        }
        out.searched = out.is_binary();
        out
    }

    /// Adds the kinds of evidence of which telltales stand anywhere in the source, once.
    pub(super) fn search(&self, bytes: &[u8], claims: &mut Claims) {
        if std::mem::replace(&mut claims.searched, true) {
            return;
        }
        let mut missing = self.telltales.kinds.clone();
        missing.sort_unstable();
        missing.dedup();
        missing.retain(|kind| claims.of(*kind) == Certainty::No);
        if missing.is_empty() {
            return;
        }
        // The telltales of a kind that is there already stand on every line of it, and each of them halts the search.
        let fewer = match claims.is_empty() {
            true => None,
            false => Telltales::new(self.sniffers, |kind| missing.contains(&kind)).ok(),
        };
        let telltales = fewer.as_ref().unwrap_or(&self.telltales);
        let first = telltales.first(&missing, bytes);
        let mut found: Vec<_> = first.into_iter().zip(missing).collect();
        found.retain(|(at, _)| *at < bytes.len());
        found.sort_unstable();
        let kinds = found.into_iter().map(|(_, kind)| (kind, Certainty::Maybe));
        claims.kinds.extend(kinds);
    }
}

/// What the contest over one source came to.
#[derive(Debug, Clone)]
pub(super) struct Claims {
    /// Most certain first, each kind once.
    kinds: Vec<(Kind, Certainty)>,
    /// The format that won.
    pub(super) format: &'static str,
    /// Whether all of the source was searched for telltales.
    pub(super) searched: bool,
}

impl Default for Claims {
    fn default() -> Self {
        Self {
            kinds: Vec::new(),
            format: Kind::Unknown.word(),
            searched: false,
        }
    }
}

impl Claims {
    /// The claims of a source that was not searched yet.
    pub(super) fn unsearched(kinds: &[Kind]) -> Self {
        Self {
            kinds: kinds.iter().map(|kind| (*kind, Certainty::Sure)).collect(),
            ..Self::default()
        }
    }

    /// How sure it is that the source holds `kind`.
    pub(super) fn of(&self, kind: Kind) -> Certainty {
        let claim = self.kinds.iter().find(|(known, _)| *known == kind);
        claim.map_or(Certainty::No, |(_, certainty)| *certainty)
    }

    /// The surest claim.
    pub(super) fn best(&self) -> Certainty {
        let certainties = self.kinds.iter().map(|(_, certainty)| *certainty);
        certainties.max().unwrap_or(Certainty::No)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// Whether it has no lines.
    pub(super) fn is_binary(&self) -> bool {
        self.kinds
            .first()
            .is_some_and(|(kind, _)| *kind == Kind::HeapDump)
    }

    pub(super) fn retain(&mut self, keep: impl Fn(Kind, Certainty) -> bool) {
        self.kinds
            .retain(|&(kind, certainty)| keep(kind, certainty));
    }

    pub(super) fn kinds(&self) -> impl Iterator<Item = Kind> + '_ {
        self.kinds.iter().map(|(kind, _)| *kind)
    }

    /// The kinds, most certain first; `Unknown` when nobody claimed it.
    pub(super) fn into_kinds(self) -> Vec<Kind> {
        match self.kinds.is_empty() {
            true => vec![Kind::Unknown],
            false => self.kinds().collect(),
        }
    }
}
