//! The lists of what all rooms offer. A room appears here once.

use crate::finding::RuleMeta;
use crate::input::{Certainty, Kind, Sample, Sniffer};
use crate::{access, events, gc, heap, host, incident, threads};

/// A report that `diag` wrote itself.
const SAVED_REPORT: Sniffer = Sniffer {
    kind: Kind::Report,
    format: "diag report",
    sniff: saved_report,
    telltales: &[],
};

fn saved_report(sample: &Sample<'_>) -> Certainty {
    let starts = sample.head.trim_ascii_start().starts_with(b"{");
    match starts && sample.contains("\"schema_version\"") && sample.contains("\"diag_version\"") {
        true => Certainty::Sure,
        false => Certainty::No,
    }
}

/// All formats of all rooms. The order breaks ties: signatures that nothing else has come first.
pub fn sniffers() -> Vec<Sniffer> {
    let rooms = [
        &[SAVED_REPORT][..],
        heap::SNIFFERS,
        threads::SNIFFERS,
        gc::SNIFFERS,
        access::SNIFFERS,
        host::SNIFFERS,
        events::SNIFFERS,
    ];
    rooms.concat()
}

/// All rules and hypotheses, by room.
pub fn rules() -> Vec<&'static RuleMeta> {
    [
        incident::rules(),
        heap::rules(),
        threads::rules(),
        gc::rules(),
        access::rules(),
        events::rules(),
        host::rules(),
    ]
    .concat()
}
