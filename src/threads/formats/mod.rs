//! The formats of thread dumps: bytes to dumps.

mod banner;
mod companions;
mod coroutines;
mod deadlocks;
mod dump_to_file;
mod header;
mod hs_err;
mod javacore;
mod json;
mod locks;
mod prefix;
mod text;

use std::collections::BTreeMap;

use memchr::memmem;

pub(super) use banner::java_release;

use super::dump::Dump;
use super::frames::Frames;
use super::virtual_threads::SchedulerState;
use crate::input::{Certainty, Coverage, Kind, Sample, Sniffer, Source};

/// How the formats are recognised, in order of preference.
pub(super) const SNIFFERS: &[Sniffer] = &[
    sniffer(
        "HotSpot thread dump",
        hotspot,
        &[banner::BANNER, banner::JROCKIT],
    ),
    sniffer(
        javacore::FORMAT,
        |sample| sure(javacore::is_javacore(sample.head)),
        &[javacore::MARK],
    ),
    sniffer(
        json::HOTSPOT,
        |sample| sure(json::is_json(sample.head)),
        &[],
    ),
    sniffer(
        dump_to_file::FORMAT,
        |sample| sure(json::is_text(sample.head)),
        &[],
    ),
    sniffer(
        "jhsdb thread dump",
        |sample| {
            sure(
                sample.contains("Debugger attached successfully.")
                    && sample.contains("JVM version is "),
            )
        },
        &[],
    ),
    sniffer(
        coroutines::FORMAT,
        |sample| {
            sure(
                sample.contains(", state: ")
                    && sample
                        .lines(50)
                        .any(|line| line.starts_with(coroutines::MARK.as_bytes())),
            )
        },
        &[],
    ),
    sniffer(hs_err::FORMAT, |_| Certainty::No, &[hs_err::MARK]),
    sniffer(
        companions::TOP,
        |sample| sure(companions::is_top(sample.head)),
        &[],
    ),
    sniffer(
        companions::SCHEDULER,
        |sample| sure(companions::is_scheduler(sample.head)),
        &[],
    ),
];

const fn sniffer(
    format: &'static str,
    sniff: fn(&Sample<'_>) -> Certainty,
    telltales: &'static [&'static str],
) -> Sniffer {
    Sniffer {
        kind: Kind::ThreadDump,
        format,
        sniff,
        telltales,
    }
}

fn sure(is: bool) -> Certainty {
    match is {
        true => Certainty::Sure,
        false => Certainty::No,
    }
}

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

/// What a source holds for this room.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) dumps: Vec<Dump>,
    pub(super) schedulers: Vec<SchedulerState>,
    /// `%CPU` of `top -H` by native thread id.
    pub(super) top: BTreeMap<u64, f64>,
}

/// Reads a source in the format that its bytes show, and says how much of it was understood.
pub(super) fn read(source: &Source, frames: &mut Frames) -> (Found, Coverage) {
    let (name, bytes) = (source.name.as_str(), &source.bytes[..]);
    let head = &bytes[..bytes.len().min(64 * 1024)];
    let has = |mark: &str| memmem::find(bytes, mark.as_bytes()).is_some();
    let of_dumps = |(dumps, coverage)| {
        (
            Found {
                dumps,
                ..Found::default()
            },
            coverage,
        )
    };
    if json::is_json(head) {
        of_dumps(json::read(name, bytes, frames))
    } else if javacore::is_javacore(head) {
        of_dumps(javacore::read(name, bytes, frames))
    } else if json::is_text(head) {
        of_dumps(dump_to_file::read(name, bytes, frames))
    } else if has(banner::BANNER) || has(banner::JROCKIT) {
        of_dumps(text::read(name, bytes, frames))
    } else if companions::is_top(head) {
        let (top, coverage) = companions::top(name, bytes);
        (
            Found {
                top,
                ..Found::default()
            },
            coverage,
        )
    } else if companions::is_scheduler(head) {
        let (schedulers, coverage) = companions::schedulers(name, bytes);
        (
            Found {
                schedulers,
                ..Found::default()
            },
            coverage,
        )
    } else if has(hs_err::MARK) {
        of_dumps(hs_err::read(name, bytes, frames))
    } else if has(coroutines::MARK) {
        of_dumps(coroutines::read(name, bytes, frames))
    } else {
        of_dumps(text::read(name, bytes, frames))
    }
}
