//! Any bytes as GC logs: parsed, analysed and rendered.

#![no_main]

use diag::gc;
use diag::input::{Kind, Silent, Source};
use diag_fuzz::show;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    // The first byte cuts the input into two files of a rotated set.
    let (cut, data) = data
        .split_first()
        .map_or((0, data), |(cut, rest)| (usize::from(*cut), rest));
    let (first, second) = data.split_at(cut.min(data.len()));
    let sources = [
        Source::of("gc.log.0", first, Kind::GcLog),
        Source::of("gc.log", second, Kind::GcLog),
    ];
    let sources: Vec<&Source> = sources.iter().collect();
    let report = gc::analyse(&sources, &gc::Options::default(), &Silent);
    show(report.document());
});
