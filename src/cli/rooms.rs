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

#[cfg(test)]
mod tests {
    /// The search for telltales takes the first of those that overlap: one inside another of a different kind would
    /// never be found.
    #[test]
    fn no_telltale_hides_one_of_another_kind() {
        let all: Vec<_> = super::sniffers()
            .iter()
            .flat_map(|sniffer| sniffer.telltales.iter().map(|text| (sniffer.kind, *text)))
            .collect();
        for (kind, text) in &all {
            for (other, inside) in &all {
                let hides = kind != other && text.contains(inside);
                assert!(!hides, "{text:?} ({kind:?}) hides {inside:?} ({other:?})");
            }
        }
    }
}
