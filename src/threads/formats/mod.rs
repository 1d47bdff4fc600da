//! The formats of thread dumps: bytes to dumps.

mod banner;
mod deadlocks;
mod header;
mod locks;
mod prefix;
mod text;

pub(super) use banner::java_release;

use super::dump::Dump;
use super::frames::Frames;
use crate::input::{Certainty, Coverage, Kind, Sample, Sniffer, Source};

/// How the formats are recognised, in order of preference.
pub(super) const SNIFFERS: &[Sniffer] = &[Sniffer {
    kind: Kind::ThreadDump,
    format: "HotSpot thread dump",
    sniff: hotspot,
    telltales: &[banner::BANNER, banner::JROCKIT],
}];

fn hotspot(sample: &Sample<'_>) -> Certainty {
    let starts = sample.lines(6).any(|line| {
        line.starts_with(banner::BANNER.as_bytes()) || line.starts_with(banner::JROCKIT.as_bytes())
    });
    if starts {
        return Certainty::Sure;
    }
    let mut headers = sample.lines(400).filter(|line| line.starts_with(b"\""));
    match headers.any(|line| header::parse(line).is_some_and(|header| header.certain)) {
        true => Certainty::Likely,
        false => Certainty::No,
    }
}

/// The dumps in a source, and how much of it was understood.
pub(super) fn read(source: &Source, frames: &mut Frames) -> (Vec<Dump>, Coverage) {
    text::read(&source.name, &source.bytes, frames)
}
