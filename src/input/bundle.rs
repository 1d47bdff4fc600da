//! Everything given on the command line, as one ordered list of sources.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::OnceLock;

use rayon::prelude::*;

use super::envelope::{self, Worth};
use super::recognise::{Claims, Recogniser};
use super::source::Envelope;
use super::unpack::{self, Piece};
use super::walk::{Found, Place, Walk};
use super::{
    Bytes, Certainty, Kind, ParseIssue, Sample, Sniffer, Source, encoding, journal, series,
};
use crate::finding::Locator;
use crate::t;
use crate::time::Instant;

/// Envelopes in envelopes: `kubectl logs --prefix --timestamps`.
const LAYERS: usize = 3;
/// Kinds whose rooms never read lines with an envelope.
const BARE: [Kind; 3] = [Kind::ThreadDump, Kind::GcLog, Kind::AccessLog];

/// The evidence of one run.
#[derive(Debug, Default)]
pub struct Bundle {
    /// Readable sources in the order of the paths given, within a folder in the order of their names.
    pub sources: Vec<Source>,
    /// What could not be opened or unpacked and why, and what was left out.
    pub issues: Vec<ParseIssue>,
    /// The mapped files, to see later whether they stayed whole.
    pub watch: Watch,
    /// What [`Bundle::search`] looks for.
    sniffers: Vec<Sniffer>,
}

/// Remembers the files of a bundle, to tell after the analysis which of them lost content meanwhile.
#[derive(Debug, Clone, Default)]
pub struct Watch(Vec<(String, Bytes)>);

impl Watch {
    /// The files that became shorter since they were opened, with the range that may have been read as zeros.
    pub fn shrunk(&self) -> Vec<ParseIssue> {
        let shrunk = self.0.iter().filter_map(|(name, bytes)| {
            let from = bytes.lost_from()?;
            let locator = Locator::bytes(name, from, bytes.len() as u64);
            let problem =
                t!("the file became shorter while it was read; these bytes count as zeros");
            Some(ParseIssue::new(locator, problem))
        });
        shrunk.collect()
    }
}

impl Bundle {
    /// Opens files, folders, archives and `-` (standard input). Folders are walked in the order of names; links to
    /// folders are not followed. Never fails: what cannot be read is an issue. Files are opened in parallel; the
    /// result does not depend on the number of threads.
    pub fn open(paths: &[PathBuf], sniffers: &[Sniffer]) -> Self {
        let bundle = Self::open_unsearched(paths, sniffers);
        bundle.search(|_| false);
        bundle
    }

    /// The same, but sources that surely are what they are by their beginning are not searched for evidence of other
    /// kinds before [`Bundle::search`]: heap dumps and access logs can be read before that, and whoever reads a source
    /// may be able to say that there is nothing else in it.
    pub fn open_unsearched(paths: &[PathBuf], sniffers: &[Sniffer]) -> Self {
        let walk = Walk::over(paths);
        let mut bundle = Self::of_files(walk.found, sniffers);
        bundle.issues.splice(0..0, walk.issues);
        bundle
    }

    /// The same for files that are in memory already, by name: for tests and fuzzing.
    pub fn from_buffers(files: Vec<(String, Vec<u8>)>, sniffers: &[Sniffer]) -> Self {
        let found = files.into_iter().map(|(name, buffer)| Found {
            name,
            place: Place::Memory(Bytes::from(buffer)),
        });
        let bundle = Self::of_files(found.collect(), sniffers);
        bundle.search(|_| false);
        bundle
    }

    /// Searches what was not searched yet, except the sources that are `known` to hold nothing else. Once searched or
    /// known, a source stays so.
    pub fn search(&self, known: impl Fn(&Source) -> bool + Sync) {
        let waits = |source: &&Source| source.found.get().is_none();
        let waiting: Vec<&Source> = self.sources.iter().filter(waits).collect();
        if waiting.is_empty() {
            return;
        }
        // It could be prepared when the bundle was opened.
        let Ok(recogniser) = Recogniser::new(&self.sniffers) else {
            return;
        };
        waiting.into_par_iter().for_each(|source| {
            let mut claims = Claims::unsearched(&source.kinds);
            if !known(source) {
                recogniser.search(&source.bytes, &mut claims);
            }
            let found = claims.kinds().skip(source.kinds.len()).collect();
            source.found.get_or_init(|| found);
        });
    }

    fn of_files(files: Vec<Found>, sniffers: &[Sniffer]) -> Self {
        let recogniser = match Recogniser::new(sniffers) {
            Ok(recogniser) => recogniser,
            Err(error) => {
                let problem = t!("recognition cannot be prepared: {error}", error);
                return Self {
                    issues: vec![ParseIssue::new(Locator::whole("-"), problem)],
                    ..Self::default()
                };
            }
        };
        let opened: Vec<Self> = files
            .par_iter()
            .map(|found| open(found, &recogniser))
            .collect();
        let mut bundle = Self {
            sniffers: sniffers.to_vec(),
            ..Self::default()
        };
        for part in opened {
            bundle.sources.extend(part.sources);
            bundle.issues.extend(part.issues);
            bundle.watch.0.extend(part.watch.0);
        }
        bundle.drop_copies();
        series::group(&mut bundle.sources);
        bundle
    }

    /// The sources that hold evidence of `kind`.
    pub fn holding(&self, kind: Kind) -> Vec<&Source> {
        let holds = |source: &&Source| source.holds(kind);
        self.sources.iter().filter(holds).collect()
    }

    /// Leaves out sources with the content of an earlier one: a log beside its own `.gz` must not count twice. What
    /// carries no times of its own (snapshots, unknown files) may be alike and still be two observations.
    fn drop_copies(&mut self) {
        let mut by_size: BTreeMap<(usize, Kind), Vec<usize>> = BTreeMap::new();
        let mut copy_of: BTreeMap<usize, usize> = BTreeMap::new();
        for (index, source) in self.sources.iter().enumerate() {
            let kind = source.kind();
            if matches!(kind, Kind::Unknown | Kind::HostSnapshot | Kind::Empty) {
                continue;
            }
            let alike = by_size.entry((source.bytes.len(), kind)).or_default();
            let earlier = alike
                .iter()
                .find(|&&earlier| self.sources[earlier].bytes[..] == source.bytes[..]);
            match earlier {
                Some(&earlier) => {
                    copy_of.insert(index, earlier);
                }
                None => alike.push(index),
            }
        }
        for (&index, &earlier) in &copy_of {
            let original = &self.sources[earlier].name;
            let problem = t!("has the same content as {original}; left out", original);
            let locator = Locator::whole(&self.sources[index].name);
            self.issues.push(ParseIssue::new(locator, problem));
        }
        let mut index = 0;
        self.sources.retain(|_| {
            index += 1;
            !copy_of.contains_key(&(index - 1))
        });
    }
}

fn open(found: &Found, recogniser: &Recogniser<'_>) -> Bundle {
    let mut part = Bundle::default();
    let name = &found.name;
    let mut issue = |problem: String| {
        part.issues
            .push(ParseIssue::new(Locator::whole(name), problem));
    };
    let bytes = match found.place.open() {
        Ok((bytes, problem)) => {
            problem.into_iter().for_each(&mut issue);
            bytes
        }
        Err(problem) => {
            issue(t!("cannot be read: {problem}", problem));
            return part;
        }
    };
    if bytes.is_mapped() {
        part.watch.0.push((name.clone(), bytes.clone()));
    }
    let unpacked = unpack::unpack(name, bytes);
    part.issues.extend(unpacked.issues);
    part.sources = unpacked
        .pieces
        .into_par_iter()
        .flat_map_iter(|piece| look_into(piece, recogniser))
        .collect();
    part
}

/// Removes byte order marks and envelopes, and recognises what is left.
fn look_into(piece: Piece, recogniser: &Recogniser<'_>) -> Vec<Source> {
    let view = View {
        name: piece.name,
        bytes: journal::to_lines(encoding::to_utf8(piece.bytes)),
        envelope: None,
        modified: piece.modified,
    };
    let claims = recogniser.recognise_head(&view.name, &view.bytes);
    let mut sources = Vec::new();
    settle(view, claims, recogniser, LAYERS, &mut sources);
    sources
}

/// A text at some depth of envelopes.
struct View {
    name: String,
    bytes: Bytes,
    envelope: Option<Envelope>,
    modified: Option<Instant>,
}

impl View {
    fn into_source(self, claims: Claims) -> Source {
        Source {
            name: self.name,
            bytes: self.bytes,
            format: claims.format,
            found: match claims.searched {
                true => OnceLock::from(Vec::new()),
                false => OnceLock::new(),
            },
            kinds: claims.into_kinds(),
            series: None,
            envelope: self.envelope,
            modified: self.modified,
        }
    }
}

/// Decides whether the view is shown as it is, without its envelope, or (for the log of a machine) both.
fn settle(
    view: View,
    mut claims: Claims,
    recogniser: &Recogniser<'_>,
    layers: usize,
    out: &mut Vec<Source>,
) {
    let sample = Sample::new(&view.name, &view.bytes);
    let format = match claims.is_binary() || layers == 0 {
        true => None,
        false => envelope::detect(&sample),
    };
    let Some(format) = format else {
        if claims.best() < Certainty::Sure {
            recogniser.search(&view.bytes, &mut claims);
        }
        out.push(view.into_source(claims));
        return;
    };
    recogniser.search(&view.bytes, &mut claims);
    let streams = envelope::unwrap(format, &view.bytes);
    let several = streams.len() > 1;
    let inner = streams.into_par_iter().map(|stream| {
        let name = match stream.name {
            Some(writer) if several => format!("{}[{writer}]", view.name),
            _ => view.name.clone(),
        };
        let mut envelope = stream.envelope;
        if let (true, Some(outer)) = (envelope.times.is_empty(), &view.envelope) {
            envelope = outer.clone();
        }
        let inner = View {
            name,
            bytes: Bytes::from(stream.text),
            envelope: Some(envelope),
            modified: view.modified,
        };
        let claims = recogniser.recognise(&inner.name, &inner.bytes);
        (inner, claims)
    });
    let inner: Vec<_> = inner.collect();
    match format.worth {
        Worth::Nothing => {}
        Worth::LittleDoubt => {
            let best = inner.iter().map(|(_, claims)| claims.best()).max();
            if best.unwrap_or(Certainty::No) < claims.best() {
                out.push(view.into_source(claims));
                return;
            }
        }
        Worth::Evidence => {
            beside(view, format, &mut claims, inner, out);
            return;
        }
    }
    for (inner, claims) in inner {
        settle(inner, claims, recogniser, layers - 1, out);
    }
}

/// Shows the log of a machine, and beside it each log in it that is recognised better without the envelope. What the
/// machine says itself is in none of those.
fn beside(
    mut view: View,
    format: &envelope::Format,
    outer: &mut Claims,
    inner: Vec<(View, Claims)>,
    out: &mut Vec<Source>,
) {
    let mut shown = Vec::new();
    let mut taken = Vec::new();
    for (inner, mut claims) in inner {
        claims.retain(|kind, certainty| match BARE.contains(&kind) {
            true => certainty >= outer.of(kind),
            false => certainty > outer.of(kind),
        });
        if !claims.is_empty() {
            taken.extend(claims.kinds());
            shown.push(inner.into_source(claims));
        }
    }
    let was_empty = outer.is_empty();
    let own = match taken.contains(&Kind::Events) {
        true => envelope::machine_lines(format, &view.bytes),
        false => Vec::new(),
    };
    let speaks = !own.is_empty();
    if speaks {
        view.bytes = Bytes::from(own);
    }
    outer.retain(|kind, _| !taken.contains(&kind) || (speaks && kind == Kind::Events));
    if shown.is_empty() || (!was_empty && !outer.is_empty()) {
        let claims = std::mem::take(outer);
        out.push(view.into_source(claims));
    }
    out.append(&mut shown);
}
