//! Broken input is normal input: every file of every captured incident is damaged in every way that files get damaged,
//! and the rest of the report must stand.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on says so"
)]

mod common;

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use common::{files, nothing_wrong, root};
use diag::document::redact::Profile;
use diag::input::{Bundle, Coverage, Kind, Silent, Sniffer};
use diag::report::{Envelope, Report};
use diag::{cli, incident, render};
use rayon::prelude::*;

/// Positions at which a file is cut, beside its first bytes.
const CUTS: usize = 100;
/// First bytes at which a file is cut.
const FIRST: usize = 20;

/// Bytes kept of the files around a damaged one.
const NEIGHBOUR: usize = 16 * 1024;
/// Bytes kept of a text that is damaged: a rotated log of megabytes repeats itself.
const DAMAGED: usize = 256 * 1024;

/// The files of a captured incident by name.
type Files = BTreeMap<String, Vec<u8>>;

/// Something that happens to files.
#[derive(Debug, Clone, Copy)]
enum Damage {
    CutAt(usize),
    RandomBytes,
    AnotherFile,
    Nuls,
    CarriageReturns,
    InvalidUtf8,
    OneByteFlipped(usize),
}

impl fmt::Display for Damage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self:?}")
    }
}

impl Damage {
    /// Whether nobody could take the file for whole, so that the report has to say something about it.
    fn is_noticeable(self) -> bool {
        matches!(self, Self::RandomBytes | Self::CutAt(0))
    }

    fn apply(self, name: &str, original: &[u8], all: &Files) -> Vec<u8> {
        match self {
            Self::CutAt(at) => original[..at.min(original.len())].to_vec(),
            Self::RandomBytes => noise(original.len().min(1 << 20)),
            Self::AnotherFile => {
                let other = all
                    .keys()
                    .find(|other| *other != name && !is_packed(all, other));
                other.map_or_else(Vec::new, |other| all[other].clone())
            }
            Self::Nuls => {
                let mut out = original.to_vec();
                out.iter_mut()
                    .skip(7)
                    .step_by(61)
                    .for_each(|byte| *byte = 0);
                out
            }
            Self::CarriageReturns => {
                let lines = original.split(|&byte| byte == b'\n');
                lines.collect::<Vec<_>>().join(&b"\r\n"[..])
            }
            Self::InvalidUtf8 => {
                let mut out = original.to_vec();
                out.iter_mut()
                    .skip(3)
                    .step_by(97)
                    .for_each(|byte| *byte = 0xff);
                out
            }
            Self::OneByteFlipped(at) => {
                let mut out = original.to_vec();
                if let Some(byte) = out.get_mut(at) {
                    *byte ^= 0x55;
                }
                out
            }
        }
    }
}

/// The same bytes on every run.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as u8
    };
    (0..length).map(|_| next()).collect()
}

const GZIP: &[u8] = &[0x1f, 0x8b];

fn is_packed(all: &Files, name: &str) -> bool {
    all[name].starts_with(GZIP)
}

/// The captured incidents.
fn incidents() -> Vec<(String, Files)> {
    let mut out: BTreeMap<String, Files> = BTreeMap::new();
    for path in files("fixtures/incidents") {
        let Some((incident, name)) = path.split_once("/evidence/") else {
            continue;
        };
        let content = fs::read(root().join(&path)).unwrap();
        let evidence = out.entry(incident.to_owned()).or_default();
        evidence.insert(name.to_owned(), content);
    }
    out.into_iter().collect()
}

/// What a report says about the sources, as far as these tests compare it.
struct Told {
    coverage: Vec<Coverage>,
    /// Sources that no room claims, or that hold nothing.
    unclaimed: Vec<String>,
    /// Sources that an issue names.
    complained_about: Vec<String>,
}

impl Told {
    /// Whether the report says that something is wrong with the file.
    fn names(&self, file: &str) -> bool {
        let is_about = |source: &str| source == file || belongs(source, file);
        let flawed = |coverage: &Coverage| {
            coverage.issues_total > 0 || coverage.not_understood > 0 || coverage.records == 0
        };
        self.unclaimed.iter().any(|source| is_about(source))
            || self.complained_about.iter().any(|source| is_about(source))
            || self
                .coverage
                .iter()
                .any(|coverage| is_about(&coverage.source) && flawed(coverage))
    }
}

/// Whether a source came out of a file.
fn belongs(source: &str, file: &str) -> bool {
    source
        .strip_prefix(file)
        .is_some_and(|rest| rest.starts_with('/') || rest.starts_with('['))
}

/// All of `diag incident`: open, analyse, seal, render.
fn run(bundle: &Bundle, with_outputs: bool) -> Told {
    let report = incident::analyse(bundle, &Silent);
    let told = Told {
        coverage: report.coverage.clone(),
        unclaimed: bundle
            .sources
            .iter()
            .filter(|source| matches!(source.kind(), Kind::Unknown | Kind::Empty))
            .map(|source| source.name.clone())
            .collect(),
        complained_about: bundle
            .issues
            .iter()
            .map(|issue| issue.locator.source.clone())
            .collect(),
    };
    if with_outputs {
        let sealed = Report::Incident(Box::new(report));
        let (envelope, _) = Envelope::seal(sealed, "UTC", Profile::Ticket).unwrap();
        let documents = envelope.report.documents();
        let style = render::Style {
            colour: true,
            width: 100,
            details: true,
        };
        render::terminal(&documents, style);
        render::markdown(&documents, "");
        render::html(&documents, "");
    }
    told
}

/// Which damages a file gets.
fn damages(content: &[u8]) -> Vec<Damage> {
    let mut out: Vec<_> = (0..FIRST).map(Damage::CutAt).collect();
    let positions = (1..=CUTS).map(|step| content.len() / (CUTS + 1) * step + step % 7);
    out.extend(positions.map(Damage::CutAt));
    out.extend([
        Damage::RandomBytes,
        Damage::AnotherFile,
        Damage::Nuls,
        Damage::CarriageReturns,
        Damage::InvalidUtf8,
        Damage::OneByteFlipped(content.len() / 2),
        Damage::OneByteFlipped(content.len() / 3),
    ]);
    out
}

/// What is wrong with the report on a bundle whose `file` was damaged.
fn judge(
    bundle: &Bundle,
    whole: &Told,
    file: &str,
    damage: Damage,
    with_outputs: bool,
) -> Option<String> {
    let work = AssertUnwindSafe(|| run(bundle, with_outputs));
    let Ok(told) = catch_unwind(work) else {
        return Some(format!("{file} {damage}: panicked"));
    };
    if damage.is_noticeable() && !told.names(file) {
        return Some(format!("{file} {damage}: the report does not say so"));
    }
    let others = |told: &Told| -> Vec<Coverage> {
        let all = told.coverage.iter();
        all.filter(|coverage| coverage.source != file && !belongs(&coverage.source, file))
            .cloned()
            .collect()
    };
    let (before, after) = (others(whole), others(&told));
    let lost = before.iter().find(|coverage| !after.contains(coverage));
    lost.map(|coverage| {
        let now = after.iter().find(|now| now.source == coverage.source);
        format!(
            "{file} {damage}: the reading of {} changed from {coverage:?} to {now:?}",
            coverage.source
        )
    })
}

/// The evidence with one file opened from other bytes; everything else is shared with the whole bundle.
fn with_damage(whole: &Bundle, file: &str, bytes: Vec<u8>, sniffers: &[Sniffer]) -> Bundle {
    let damaged = Bundle::from_buffers(vec![(file.to_owned(), bytes)], sniffers);
    let is_other = |source: &str| source != file && !belongs(source, file);
    let mut bundle = Bundle::default();
    let others = whole.sources.iter().filter(|source| is_other(&source.name));
    bundle.sources = others.cloned().chain(damaged.sources).collect();
    bundle
        .sources
        .sort_by(|left, right| left.name.cmp(&right.name));
    bundle.issues = damaged.issues;
    bundle
}

/// The evidence around a file: small files whole, the beginning of large ones, no large packed ones. What is read of
/// them must not change, and that needs not all of them.
fn neighbours(all: &Files, file: &str) -> Vec<(String, Vec<u8>)> {
    let others = all.iter().filter(|(name, _)| *name != file);
    others
        .filter(|(name, content)| content.len() <= NEIGHBOUR || !is_packed(all, name))
        .map(|(name, content)| (name.clone(), beginning(content, NEIGHBOUR).to_vec()))
        .collect()
}

/// Whole lines of about `size` bytes.
fn beginning(content: &[u8], size: usize) -> &[u8] {
    let head = &content[..content.len().min(size)];
    match memchr::memrchr(b'\n', head) {
        Some(end) if content.len() > size => &head[..=end],
        _ => head,
    }
}

fn damage_all(incident: &str, all: &Files) -> Vec<String> {
    let sniffers = cli::sniffers();
    let mut complaints = Vec::new();
    for (file, content) in all {
        let content = match is_packed(all, file) {
            true => &content[..],
            false => beginning(content, DAMAGED),
        };
        let mut files = neighbours(all, file);
        files.push((file.clone(), content.to_vec()));
        files.sort();
        let whole = Bundle::from_buffers(files, &sniffers);
        let told = run(&whole, true);
        let found: Vec<_> = damages(content)
            .par_iter()
            .enumerate()
            .filter_map(|(index, &damage)| {
                let bytes = damage.apply(file, content, all);
                let bundle = with_damage(&whole, file, bytes, &sniffers);
                judge(&bundle, &told, file, damage, index % 10 == 0)
            })
            .collect();
        complaints.extend(found.into_iter().map(|text| format!("{incident}: {text}")));
    }
    complaints
}

#[test]
fn damage_to_one_file_leaves_the_rest_of_the_report_standing() {
    let incidents = incidents();
    if incidents.is_empty() {
        println!("skipped: no captured incidents under fixtures/incidents");
        return;
    }
    let mut complaints = Vec::new();
    for (incident, files) in &incidents {
        complaints.extend(damage_all(incident, files));
    }
    nothing_wrong("damaged evidence", &complaints);
}

/// What nobody captures but everybody meets some day.
#[test]
fn hopeless_evidence_is_answered_calmly() {
    let long_line = vec![b'a'; 3 << 20];
    let deep = [vec![b'['; 200_000], vec![b'{'; 200_000]].concat();
    let lines = b"\n".repeat(1 << 20);
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("empty", Vec::new()),
        ("one zero", vec![0]),
        ("zeros", vec![0; 1 << 20]),
        ("noise", noise(1 << 20)),
        ("one long line", long_line),
        ("nested brackets", deep),
        ("empty lines", lines),
        ("only a mark", b"\xef\xbb\xbf".to_vec()),
        ("half a character", b"\xff\xfe\x00".to_vec()),
        (
            "only a dump header",
            b"JAVA PROFILE 1.0.2\0\0\0\0\x08".to_vec(),
        ),
        (
            "only a dump heading",
            b"Full thread dump OpenJDK 64-Bit Server VM".to_vec(),
        ),
        ("only a log line", b"[0.001s][info][gc] Using G1".to_vec()),
        ("only a bracket", b"{".to_vec()),
        ("only a list", b"{\"kind\":\"List\",\"items\":[".to_vec()),
    ];
    let sniffers = cli::sniffers();
    let mut complaints = Vec::new();
    for (what, bytes) in cases {
        let begun = Instant::now();
        let files = vec![(what.to_owned(), bytes)];
        let work = AssertUnwindSafe(|| run(&Bundle::from_buffers(files, &sniffers), true));
        if catch_unwind(work).is_err() {
            complaints.push(format!("{what}: panicked"));
        }
        if begun.elapsed() > Duration::from_secs(20) {
            complaints.push(format!("{what}: took {:?}", begun.elapsed()));
        }
    }
    nothing_wrong("hopeless evidence", &complaints);
}
