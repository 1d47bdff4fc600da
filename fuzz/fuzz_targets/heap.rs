//! Reads any bytes as a heap dump, analyses them and renders the report.
#![no_main]

use diag::heap::{self, Options, RetainedAs};
use diag::input::{Kind, Silent, Source};
use diag_fuzz::show;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let source = Source::of("fuzz.hprof", bytes, Kind::HeapDump);
    for retained_as in [RetainedAs::Collector, RetainedAs::Mat] {
        let options = Options {
            retained_as,
            ..Options::default()
        };
        let report = heap::analyse(&source, &options, &Silent);
        show(report.document());
    }
});
