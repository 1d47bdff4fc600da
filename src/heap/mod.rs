//! The heap room: what fills the heap, who holds it, why it cannot be freed.

mod document;
pub mod report;

pub use report::{
    ClassRow, Consumer, Consumers, DirectMemory, HeapLock, HeapReport, HeapThread, JvmInfo,
    OwnerKind, PathStep, RetainedAs, RootCount, Suspect, ThreadLocalVariable, Waste,
};

use crate::finding::RuleMeta;
use crate::input::{Certainty, Kind, Progress, Sniffer, Source};

/// How the formats of this room are recognised, in order of preference.
pub const SNIFFERS: &[Sniffer] = &[Sniffer {
    kind: Kind::HeapDump,
    format: "HPROF heap dump",
    sniff: |sample| match sample.head.starts_with(b"JAVA PROFILE 1.0") {
        true => Certainty::Sure,
        false => Certainty::No,
    },
    telltales: &[],
}];

/// What a person can choose about the analysis.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Which references count as strong.
    pub retained_as: RetainedAs,
    /// Which dump of a file that holds several, counted from 1; the last when not given.
    pub dump: Option<u32>,
}

/// The rules of this room.
pub fn rules() -> Vec<&'static RuleMeta> {
    Vec::new()
}

/// Analyses one heap dump.
pub fn analyse(source: &Source, options: &Options, _progress: &dyn Progress) -> HeapReport {
    HeapReport {
        source: source.name.clone(),
        retained_as: options.retained_as,
        ..HeapReport::default()
    }
}
